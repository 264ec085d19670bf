// cuda/src/runtime.hpp in the memory of the host: queues run at once, kernels thread by thread
// (launch.hpp). What it pretends to be can be changed at any time with environment variables:
//
//   MULTISPIN_EMULATED_DEVICES  how many devices there are (2)
//   MULTISPIN_EMULATED_DRIVER   0: no driver
//   MULTISPIN_EMULATED_MEMORY   bytes of each device (1 GiB)
//   MULTISPIN_EMULATED_DELAY    milliseconds until a mark in a queue is passed (0)
//   MULTISPIN_EMULATED_FAILURE  name of a kernel that cannot be started
//   MULTISPIN_EMULATED_CAPABILITY  compute capability, major (9)
#include "device/runtime.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace multispin::cuda {
namespace {

using Clock = std::chrono::steady_clock;

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

long long number(const char* name, const char* otherwise) {
  return std::stoll(setting(name, otherwise));
}

int device_count() {
  return static_cast<int>(number("MULTISPIN_EMULATED_DEVICES", "2"));
}

std::size_t memory_of_device() {
  return static_cast<std::size_t>(number("MULTISPIN_EMULATED_MEMORY", "1073741824"));
}

struct Allocation {
  int device;
  std::size_t bytes;
};

std::mutex mutex;
std::map<const char*, Allocation> allocations;  // by address

// The last blocks to be freed are kept from reuse, so that an address that dangles is not by chance
// that of new memory.
constexpr std::size_t most_freed = 32;
struct Free {
  void operator()(void* data) const { std::free(data); }
};
std::deque<std::unique_ptr<void, Free>> freed;

std::size_t used(int device) {
  std::size_t bytes = 0;
  for (const auto& [address, allocation] : allocations) {
    if (allocation.device == device) bytes += allocation.bytes;
  }
  return bytes;
}

constexpr int multiprocessors = 2;

DeviceInfo info_of(int index) {
  return {index, "emulated device", static_cast<int>(number("MULTISPIN_EMULATED_CAPABILITY", "9")),
          0,     multiprocessors,   memory_of_device()};
}

thread_local int current_device = 0;

}  // namespace

std::string why_unavailable() {
  if (driver_version() == 0) return "no driver: the NVIDIA driver is not installed";
  if (device_count() == 0) return "no device: the driver finds no GPU";
  return "";
}

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> all;
  if (!why_unavailable().empty()) return all;
  for (int index = 0; index < device_count(); ++index) all.push_back(info_of(index));
  return all;
}

DeviceInfo demand_device(int index) {
  const std::string reason = why_unavailable();
  if (!reason.empty()) throw DeviceError(reason);
  if (index < 0 || index >= device_count()) {
    throw DeviceError("no device of this number: allowed are 'cuda:0' to 'cuda:" +
                      std::to_string(device_count() - 1) + "'");
  }
  const DeviceInfo info = info_of(index);
  if (info.major < 8) throw DeviceError("unsupported architecture");
  return info;
}

std::size_t free_memory(int device) {
  const std::lock_guard lock{mutex};
  return memory_of_device() - std::min(memory_of_device(), used(device));
}

int runtime_version() {
  return 0;
}

int driver_version() {
  return static_cast<int>(number("MULTISPIN_EMULATED_DRIVER", "13000"));
}

DeviceGuard::DeviceGuard(int device) : before_{current_device} {
  current_device = device;
}

DeviceGuard::~DeviceGuard() {
  current_device = before_;
}

Memory::Memory(int device, std::size_t bytes, const std::string& what)
    : device_{device}, bytes_{bytes} {
  if (bytes == 0) return;
  const std::size_t available = free_memory(device);
  if (bytes > available) {
    throw OutOfMemory(what + ": needed " + std::to_string(bytes) + " bytes on cuda:" +
                      std::to_string(device) + ", free: " + std::to_string(available));
  }
  data_ = std::malloc(bytes);
  std::memset(data_, 0xa5, bytes);  // as full of rubbish as a device's
  const std::lock_guard lock{mutex};
  allocations[static_cast<const char*>(data_)] = {device, bytes};
}

Memory::~Memory() {
  const std::lock_guard lock{mutex};
  allocations.erase(static_cast<const char*>(data_));
  freed.emplace_back(data_);
  if (freed.size() > most_freed) freed.pop_front();
}

Stream::Stream(int device) : device_{device} {}
Stream::~Stream() = default;

void Stream::copy(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}

void Stream::copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                       std::size_t width, std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) {
    std::memcpy(static_cast<char*>(to) + row * to_pitch,
                static_cast<const char*>(from) + row * from_pitch, width);
  }
}

void Stream::clear(void* at, std::size_t bytes) {
  std::memset(at, 0, bytes);
}

void Stream::synchronize() {}
void Stream::wait_for(void* /*other*/) {}
void Stream::hold_back(void* /*other*/) {}

// The handle is the time at which the mark is passed.
Event::Event(int device) : device_{device}, handle_{new Clock::time_point} {}

Event::~Event() {
  delete static_cast<Clock::time_point*>(handle_);
}

void Event::record(Stream& /*stream*/) {
  const std::chrono::milliseconds delay{number("MULTISPIN_EMULATED_DELAY", "0")};
  *static_cast<Clock::time_point*>(handle_) = Clock::now() + delay;
}

bool Event::done() const {
  return Clock::now() >= *static_cast<const Clock::time_point*>(handle_);
}

int multiprocessors_of(int /*device*/) {
  return multiprocessors;
}

void synchronize_device(int /*device*/) {}

void check_launch(const char* kernel) {
  if (setting("MULTISPIN_EMULATED_FAILURE", "") == kernel) {
    throw DeviceError("GPU, starting kernel " + std::string(kernel) + ": emulated failure");
  }
}

int device_of(const void* pointer) {
  const std::lock_guard lock{mutex};
  const auto* const address = static_cast<const char*>(pointer);
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin()) return -1;
  const auto& [begin, allocation] = *--after;
  return address < begin + allocation.bytes ? allocation.device : -1;
}

}  // namespace multispin::cuda
