// How those who wait for a long call can stop it.
#pragma once

#include <functional>

namespace multispin {

// Called from time to time by the calling thread; true asks for a stop. Must not throw.
using Poll = std::function<bool()>;

}  // namespace multispin
