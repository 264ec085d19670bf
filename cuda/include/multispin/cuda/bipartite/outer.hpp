// Sums over samples of bits times numbers, on a GPU: what multispin::outer does, and the same sums,
// bit for bit.
#pragma once

#include <cstdint>
#include <memory>

#include "multispin/bipartite/machine.hpp"
#include "multispin/cuda/device.hpp"

namespace multispin::cuda {

// Keeps the memory that it has worked with. One caller at a time; throws what Bipartite does.
class Outer {
 public:
  explicit Outer(int device);
  ~Outer();
  Outer(const Outer&) = delete;
  Outer& operator=(const Outer&) = delete;

  // As multispin::outer; `isa` is for the step, which the host looks for.
  bool add_up(const UnitRows& samples, std::int64_t units, const float* values, std::int64_t width,
              double* out, Isa isa, const Poll& poll = {});
  bool add_up(const UnitRows& samples, std::int64_t units, const double* values, std::int64_t width,
              double* out, Isa isa, const Poll& poll = {});

 private:
  struct Detail;  // memory, queue
  template <class T>
  bool add_up_of(const UnitRows& samples, std::int64_t units, const T* values, std::int64_t width,
                 double* out, Isa isa, const Poll& poll);

  int device_;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin::cuda
