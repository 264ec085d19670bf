// A bipartite machine on a GPU: what multispin::Bipartite does, and the same numbers, bit for bit.
//
// Weights stay on the device, and chains stay there for all steps of `gibbs`. Rows come from the
// host's memory and go back there: functions return when what was asked for is there.
#pragma once

#include <cstdint>
#include <memory>

#include "multispin/bipartite/machine.hpp"
#include "multispin/cuda/device.hpp"

namespace multispin::cuda {

// Not for several threads at once: one machine, one caller. Functions that return a bool return
// false if `poll` asked for a stop; what was written then means nothing. All throw
// std::invalid_argument, DeviceError when a GPU call fails, and OutOfMemory.
class Bipartite {
 public:
  // As in multispin::Bipartite.
  Bipartite(std::int64_t visible, std::int64_t hidden, int device);
  ~Bipartite();
  Bipartite(const Bipartite&) = delete;
  Bipartite& operator=(const Bipartite&) = delete;

  int device() const { return device_; }
  std::int64_t units(Layer layer) const {
    return layer == Layer::visible ? sizes_.visible : sizes_.hidden;
  }
  std::int64_t words_of(Layer layer) const { return (units(layer) + 63) / 64; }
  std::int64_t levels() const { return levels_; }
  double step() const { return step_; }

  // As in multispin::Bipartite. `isa` is for what the host does: it looks for the step.
  void set(const float* weights, const double* visible, const double* hidden, Isa isa);
  void set(const double* weights, const double* visible, const double* hidden, Isa isa);
  void set_levels(std::int64_t levels, const double* scales, const double* visible,
                  const double* hidden);
  bool fields(Layer to, const UnitRows& from, float* out, const Poll& poll = {});
  bool probabilities(Layer to, const UnitRows& from, float* out, const Poll& poll = {});
  bool draw(Layer to, const UnitRows& from, const RowNumbers& numbers, std::uint64_t* out,
            const Poll& poll = {});
  bool softplus(Layer to, const UnitRows& from, const std::int64_t* levels, std::int64_t count,
                double* out, const Poll& poll = {});
  // If `poll` asks for a stop, what is in the queue by then still runs: some 20 ms, or two steps.
  bool gibbs(const UnitRows& from, std::int64_t steps, const RowNumbers& numbers,
             const HeldUnits& held, std::uint64_t* visible, std::uint64_t* hidden,
             const Poll& poll = {});

 private:
  struct Detail;  // memory, queue
  template <class T>
  void set_numbers(const T* weights, const double* visible, const double* hidden, Isa isa);
  void put_in_place(const UnitLevels& levels);
  bool write_floats(Layer to, const UnitRows& from, bool probabilities, float* out,
                    const Poll& poll);

  LayerSizes sizes_;
  int device_;
  std::int64_t levels_ = 0;
  double step_ = 1.0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin::cuda
