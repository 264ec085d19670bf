#include "host/processor.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "host/demand.hpp"
#include "host/threads.hpp"

namespace multispin {

void check_processor(int threads, Isa isa) {
  const std::string given = "threads: got " + std::to_string(threads);
  demand(threads >= 1, given + ", allowed: at least 1");
  demand(threads == 1 || threads_usable(),
         given +
             ", allowed: 1 in a process forked from one that has used threads (start workers with "
             "'spawn' or 'forkserver' to give them threads)");
  const std::vector<Isa> isas = available_isas();
  demand(std::find(isas.begin(), isas.end(), isa) != isas.end(),
         "isa: '" + std::string(name(isa)) + "' cannot run here");
}

}  // namespace multispin
