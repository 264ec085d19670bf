// Python's lock (the GIL), for threads that may outlive the interpreter.
//
// A daemon thread that asks for the GIL while Python is ending is ended by Python in a way that
// unwinds its stack by force, which C++ answers by ending the process. Here such a thread waits for
// the end of the process instead.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace multispin {

namespace py = pybind11;

// Of this module.
class Leaving {
 public:
  // To be called before a thread takes the GIL, and `taken` when it has it.
  static void before_taking() {
    taking_.fetch_add(1);
    if (!begun_ || std::this_thread::get_id() == by_) return;
    taking_.fetch_sub(1);
    // Functions that were registered before this module run after `begin`, and may wait for this
    // thread. While they do, Python is whole; when they are done, it is not.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    while (Py_IsInitialized() == 0) std::this_thread::sleep_for(std::chrono::hours(1));
    taking_.fetch_add(1);
  }
  static void taken() { taking_.fetch_sub(1); }

  // From here on only the calling thread, which has the GIL, takes it.
  static void begin() {
    by_ = std::this_thread::get_id();
    begun_ = true;
    const py::gil_scoped_release release;
    while (taking_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  static void begin_at_exit() {
    py::module_::import("atexit").attr("register")(py::cpp_function(&Leaving::begin));
    // Threads do not survive a fork.
    const py::cpp_function none_taking([] { taking_ = 0; });
    py::module_::import("os").attr("register_at_fork")(py::arg("after_in_child") = none_taking);
  }

 private:
  inline static std::atomic<bool> begun_ = false;
  inline static std::atomic<int> taking_ = 0;  // threads that have asked for the GIL
  inline static std::thread::id by_;
};

class WithGil {
 public:
  WithGil() {
    Leaving::before_taking();
    gil_.emplace();
    Leaving::taken();
  }

 private:
  std::optional<py::gil_scoped_acquire> gil_;
};

class WithoutGil {
 public:
  WithoutGil() { release_.emplace(); }
  ~WithoutGil() {
    Leaving::before_taking();
    release_.reset();
    Leaving::taken();
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  std::optional<py::gil_scoped_release> release_;
};

}  // namespace multispin
