// An engine as Python sees it: used by one thread at a time, with the GIL released, and stopped by
// Ctrl-C.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <stdexcept>

#include "gil.hpp"

namespace multispin {

// An engine and whether a thread that has released the GIL is using it; guarded by the GIL.
template <class Base>
struct Guarded : Base {
  using Base::Base;
  bool in_use = false;
};

// Releases the GIL while it lives and keeps the engine to the thread that has it.
class Unlocked {
 public:
  template <class Engine>
  explicit Unlocked(Engine& engine) : in_use_{engine.in_use} {
    if (in_use_) {
      throw std::runtime_error(
          "sampler: another thread, or a call that this one interrupts, is using it; allowed: one "
          "call at a time");
    }
    in_use_ = true;
    release_.emplace();
  }
  ~Unlocked() {
    release_.reset();
    in_use_ = false;
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  bool& in_use_;
  std::optional<WithoutGil> release_;
};

// True when a signal (Ctrl-C) is waiting; its Python exception is then set.
inline bool signal_waiting() {
  const WithGil gil;
  return PyErr_CheckSignals() != 0;
}

template <class E>
void finish(E& engine) {
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.finish(signal_waiting);
  }
  if (!finished) throw py::error_already_set();
}

}  // namespace multispin
