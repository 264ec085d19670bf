// What the engines ask of a device, without CUDA's types: memory, queues, events.
//
// runtime.cu does it with CUDA. A build for machines without a GPU, for tests, does it in the
// host's memory and runs kernels thread by thread (tests/emulation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "multispin/cuda/device.hpp"

namespace multispin::cuda {

// Makes a device the calling thread's for as long as it lives.
class DeviceGuard {
 public:
  explicit DeviceGuard(int device);
  ~DeviceGuard();
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  int before_;
};

class Memory {
 public:
  // `what` is for the message of OutOfMemory, which comes before anything is allocated.
  Memory(int device, std::size_t bytes, const std::string& what);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  template <class T>
  T* data() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  int device_;
  std::size_t bytes_;
  void* data_ = nullptr;
};

// A queue: what is put there runs in this order. The copies take memory of the host or the device
// on either side.
class Stream {
 public:
  explicit Stream(int device);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int device() const { return device_; }
  void* handle() const { return handle_; }
  // Whether kernels wait for each other themselves (launch.hpp), so that they may come early.
  bool launches_early() const { return launches_early_; }

  void copy(void* to, const void* from, std::size_t bytes);
  // `rows` times `width` bytes.
  void copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                 std::size_t width, std::size_t rows);
  void clear(void* at, std::size_t bytes);
  void synchronize();
  // What is put into this queue from now on waits for what is in the other now, and the reverse.
  void wait_for(void* other);
  void hold_back(void* other);

 private:
  int device_;
  void* handle_ = nullptr;
  bool launches_early_ = false;
};

// A mark in a queue.
class Event {
 public:
  explicit Event(int device);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(Stream& stream);
  bool done() const;  // everything before the mark; true if there is none

 private:
  int device_;
  void* handle_ = nullptr;
};

int multiprocessors_of(int device);

// Waits for everything on a device, whoever has put it there.
void synchronize_device(int device);

// Throws DeviceError, naming the kernel, if it could not be started.
void check_launch(const char* kernel);

// The device that a pointer's memory is on, or -1.
int device_of(const void* pointer);

}  // namespace multispin::cuda
