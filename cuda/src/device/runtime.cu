// runtime.hpp with CUDA.
#include "device/runtime.hpp"

#include <cuda_runtime.h>

#include <cstdio>
#include <string>

namespace multispin::cuda {
namespace {

std::string text(cudaError_t error) {
  std::string message =
      std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
  if (error == cudaErrorInitializationError) {
    message +=
        "; a process forked from one that has used a GPU cannot use it (start workers with "
        "'spawn' or 'forkserver')";
  }
  return message;
}

// Errors that a GPU does not recover from within this process.
bool lasting(cudaError_t error) {
  switch (error) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorMisalignedAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
      return true;
    default:
      return false;
  }
}

[[noreturn]] void fail(cudaError_t error, const std::string& doing) {
  cudaGetLastError();  // or the next call would report it again
  std::string message = "GPU, " + doing + ": " + text(error);
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorUnsupportedPtxVersion) {
    message += "; this build has no code for the GPU's architecture";
  }
  if (lasting(error)) {
    message += "; no sampler of this process can use this GPU any more: start a new process";
  }
  throw DeviceError(message);
}

void check(cudaError_t error, const char* doing) {
  if (error != cudaSuccess) fail(error, doing);
}

cudaStream_t stream_of(void* handle) {
  return static_cast<cudaStream_t>(handle);
}

cudaEvent_t event_of(void* handle) {
  return static_cast<cudaEvent_t>(handle);
}

std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

std::string gibibytes(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f GiB", static_cast<double>(bytes) / (1 << 30));
  return text;
}

DeviceInfo info_of(int index) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, index), "asking for its properties");
  return {index,
          properties.name,
          properties.major,
          properties.minor,
          properties.multiProcessorCount,
          properties.totalGlobalMem};
}

// A mark that other queues wait for; CUDA keeps it until it has been passed.
void wait_for_now(cudaStream_t waiting, cudaStream_t other) {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
  cudaError_t error = cudaEventRecord(event, other);
  if (error == cudaSuccess) error = cudaStreamWaitEvent(waiting, event, 0);
  cudaEventDestroy(event);
  check(error, "ordering two streams");
}

// The driver's cuDevicePrimaryCtxGetState: the runtime has no such question.
bool has_context(int device) {
  using GetState = int (*)(int device, unsigned* flags, int* active);
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  constexpr unsigned since = 7000;  // CUDA 7.0
  if (cudaGetDriverEntryPointByVersion("cuDevicePrimaryCtxGetState", &function, since,
                                       cudaEnableDefault, &found) != cudaSuccess ||
      found != cudaDriverEntryPointSuccess) {
    return true;
  }
  unsigned flags = 0;
  int active = 0;
  return reinterpret_cast<GetState>(function)(device, &flags, &active) != 0 || active != 0;
}

// Back to a device only if it was in use: to choose one makes a context there, which takes hundreds
// of MiB of its memory.
void restore_device(int before) {
  int now = before;
  cudaGetDevice(&now);
  if (now != before && has_context(before)) cudaSetDevice(before);
  cudaGetLastError();
}

}  // namespace

std::string why_unavailable() {
  if (driver_version() == 0) return "no driver: the NVIDIA driver is not installed";
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  cudaGetLastError();
  if (error == cudaErrorInsufficientDriver) {
    return "no driver new enough: this build needs one for CUDA " + version(runtime_version()) +
           ", the one installed is for " + version(driver_version());
  }
  if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
    return "no device: the driver finds no GPU (is CUDA_VISIBLE_DEVICES set?)";
  }
  if (error != cudaSuccess) return "the driver does not answer: " + text(error);
  return "";
}

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> all;
  if (!why_unavailable().empty()) return all;
  int count = 0;
  check(cudaGetDeviceCount(&count), "counting devices");
  for (int index = 0; index < count; ++index) all.push_back(info_of(index));
  return all;
}

DeviceInfo demand_device(int index) {
  const std::string reason = why_unavailable();
  if (!reason.empty()) throw DeviceError(reason);
  int count = 0;
  check(cudaGetDeviceCount(&count), "counting devices");
  if (index < 0 || index >= count) {
    throw DeviceError("no device of this number: allowed are 'cuda:0' to 'cuda:" +
                      std::to_string(count - 1) + "'");
  }
  const DeviceInfo info = info_of(index);
  if (info.major < 8) {
    throw DeviceError("unsupported architecture: cuda:" + std::to_string(index) + " (" + info.name +
                      ") has compute capability " + std::to_string(info.major) + "." +
                      std::to_string(info.minor) + ", this build needs 8.0 or later");
  }
  return info;
}

std::size_t free_memory(int device) {
  const DeviceGuard guard{device};
  std::size_t available = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&available, &total), "asking for free memory");
  return available;
}

int runtime_version() {
  int number = 0;
  cudaRuntimeGetVersion(&number);
  return number;
}

int driver_version() {
  int number = 0;
  cudaDriverGetVersion(&number);
  return number;
}

DeviceGuard::DeviceGuard(int device) : before_{device} {
  check(cudaGetDevice(&before_), "asking for the current device");
  if (before_ != device) check(cudaSetDevice(device), "changing the device");
}

DeviceGuard::~DeviceGuard() {
  restore_device(before_);
}

Memory::Memory(int device, std::size_t bytes, const std::string& what)
    : device_{device}, bytes_{bytes} {
  if (bytes == 0) return;
  const DeviceGuard guard{device};
  const std::size_t available = free_memory(device);
  const auto refuse = [&] {
    throw OutOfMemory(what + ": needed " + gibibytes(bytes) + " on cuda:" + std::to_string(device) +
                      ", free: " + gibibytes(available));
  };
  if (bytes > available) refuse();
  const cudaError_t error = cudaMalloc(&data_, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    refuse();
  }
  check(error, "allocating memory");
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  int before = 0;
  cudaGetDevice(&before);
  if (before != device_) cudaSetDevice(device_);
  cudaFree(data_);  // waits for what still uses it
  cudaGetLastError();
  restore_device(before);
}

namespace {

// Code for an older GPU, compiled anew by the driver of a newer one, does not wait: what counts is
// what this file, like all others, was compiled for.
__global__ void any_kernel() {}

bool compiled_to_wait() {
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, any_kernel), "looking at a kernel");
  return attributes.ptxVersion >= 90;
}

}  // namespace

Stream::Stream(int device) : device_{device} {
  const DeviceGuard guard{device};
  launches_early_ = compiled_to_wait();
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  handle_ = stream;
}

Stream::~Stream() {
  cudaStreamDestroy(stream_of(handle_));
}

void Stream::copy(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_of(handle_)), "copying");
}

void Stream::copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                       std::size_t width, std::size_t rows) {
  if (to_pitch == width && from_pitch == width) {
    copy(to, from, width * rows);
    return;
  }
  check(cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, rows, cudaMemcpyDefault,
                          stream_of(handle_)),
        "copying rows");
}

void Stream::clear(void* at, std::size_t bytes) {
  check(cudaMemsetAsync(at, 0, bytes, stream_of(handle_)), "clearing memory");
}

void Stream::synchronize() {
  check(cudaStreamSynchronize(stream_of(handle_)), "waiting for it");
}

void Stream::wait_for(void* other) {
  wait_for_now(stream_of(handle_), stream_of(other));
}

void Stream::hold_back(void* other) {
  wait_for_now(stream_of(other), stream_of(handle_));
}

Event::Event(int device) : device_{device} {
  const DeviceGuard guard{device};
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
  handle_ = event;
}

Event::~Event() {
  cudaEventDestroy(event_of(handle_));
}

void Event::record(Stream& stream) {
  check(cudaEventRecord(event_of(handle_), stream_of(stream.handle())), "recording an event");
}

bool Event::done() const {
  const cudaError_t error = cudaEventQuery(event_of(handle_));
  if (error == cudaErrorNotReady) {
    cudaGetLastError();  // no error of a launch
    return false;
  }
  check(error, "running kernels");
  return true;
}

int multiprocessors_of(int device) {
  int count = 0;
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device),
        "asking for its multiprocessors");
  return count;
}

void synchronize_device(int device) {
  const DeviceGuard guard{device};
  check(cudaDeviceSynchronize(), "waiting for it");
}

void check_launch(const char* kernel) {
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) fail(error, std::string("starting kernel ") + kernel);
}

int device_of(const void* pointer) {
  cudaPointerAttributes attributes;
  if (cudaPointerGetAttributes(&attributes, pointer) != cudaSuccess) {
    cudaGetLastError();
    return -1;
  }
  const bool on_device =
      attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
  return on_device ? attributes.device : -1;
}

}  // namespace multispin::cuda
