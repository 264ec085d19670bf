// Every test shares its work out to all threads it asks for, however little that is: small systems
// show the same mistakes as large ones.
#include "host/threads.hpp"

namespace {

const bool all_is_shared = [] {
  multispin::least_shared_words = 0;
  return true;
}();

}  // namespace
