// Tempering as Python sees it: over whatever engine, which it keeps alive.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "guarded.hpp"
#include "multispin/tempering.hpp"

namespace multispin {

class BoundTempering {
 public:
  // `engine_in_use` is that of a Guarded engine; null for engines that guard themselves.
  BoundTempering(py::object engine, bool* engine_in_use, TemperedEngine parts,
                 TemperingOptions options)
      : engine_{std::move(engine)},
        in_use{engine_in_use == nullptr ? own_ : *engine_in_use},
        tempering{std::move(parts), std::move(options)} {}
  BoundTempering(const BoundTempering&) = delete;
  BoundTempering& operator=(const BoundTempering&) = delete;

  bool finish(const Poll& poll) { return tempering.finish(poll); }

 private:
  py::object engine_;  // outlives `tempering`
  bool own_ = false;

 public:
  bool& in_use;
  Tempering tempering;
};

inline TemperingOptions tempering_options(std::vector<double> temperatures, std::int64_t ladders,
                                          std::uint64_t swap_interval,
                                          std::uint64_t exchanges_per_draw, bool cluster_moves,
                                          std::uint64_t seed) {
  return {std::move(temperatures), ladders, swap_interval, exchanges_per_draw, cluster_moves, seed};
}

// engine.tempering(...), of a Guarded engine.
template <class E>
void bind_tempering_of_engine(py::class_<E>& type) {
  using namespace pybind11::literals;
  const auto make = [](const py::object& self, std::vector<double> temperatures,
                       std::int64_t ladders, std::uint64_t swap_interval,
                       std::uint64_t exchanges_per_draw, bool cluster_moves, std::uint64_t seed,
                       std::vector<std::int64_t> shape) {
    E& engine = self.cast<E&>();
    finish(engine);
    return std::make_unique<BoundTempering>(
        self, &engine.in_use, tempered(engine, std::move(shape)),
        tempering_options(std::move(temperatures), ladders, swap_interval, exchanges_per_draw,
                          cluster_moves, seed));
  };
  type.def("tempering", make, py::kw_only(), "temperatures"_a, "ladders"_a, "swap_interval"_a,
           "exchanges_per_draw"_a, "cluster_moves"_a, "seed"_a, "shape"_a);
}

}  // namespace multispin
