#include "threads.hpp"

#include <unistd.h>

namespace multispin {

bool threads_usable() {
  static const pid_t first_user = getpid();
  return first_user == getpid();
}

}  // namespace multispin
