// Every test shares its work out to all threads it asks for, however little that is: small systems
// show the same mistakes as large ones. So do bands and pieces of a run that are small.
#include "host/threads.hpp"
#include "lattice/plan.hpp"

namespace {

const bool all_is_shared = [] {
  multispin::least_shared_words = 0;
  multispin::band_digits = 16;
  multispin::piece_digits = 20;
  return true;
}();

}  // namespace
