#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bind.hpp"
#include "multispin/lattice_engine.hpp"
#include "numpy_bridge.hpp"

namespace py = pybind11;

namespace multispin {
namespace {

using namespace pybind11::literals;
using IntegerArrays = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;

struct Engine : LatticeEngine {
  using LatticeEngine::LatticeEngine;
  bool in_use = false;  // by a thread that has released the GIL; guarded by the GIL
};

// Releases the GIL while it lives and keeps the engine to the thread that has it.
class Unlocked {
 public:
  explicit Unlocked(Engine& engine) : engine_{engine} {
    if (engine.in_use) {
      throw std::runtime_error(
          "sampler: another thread, or a call that this one interrupts, is using it; allowed: one "
          "call at a time");
    }
    engine.in_use = true;
    release_.emplace();
  }
  ~Unlocked() {
    release_.reset();
    engine_.in_use = false;
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  Engine& engine_;
  std::optional<py::gil_scoped_release> release_;
};

// True when a signal (Ctrl-C) is waiting; its Python exception is then set.
bool signal_waiting() {
  const py::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

void finish(Engine& engine) {
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.finish(signal_waiting);
  }
  if (!finished) throw py::error_already_set();
}

std::int64_t checked_replica(const Engine& engine, std::int64_t replica) {
  if (replica >= 0 && replica < engine.options().replicas) return replica;
  throw std::invalid_argument("replica: got " + std::to_string(replica) + ", allowed: 0 to " +
                              std::to_string(engine.options().replicas - 1));
}

std::unique_ptr<Engine> make_engine(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                                    double J, double h, const std::string& dynamics,
                                    const std::string& rng, std::uint64_t seed,
                                    std::uint64_t first_stream, int threads) {
  LatticeOptions o;
  o.rows = rows;
  o.columns = columns;
  o.replicas = replicas;
  o.J = J;
  o.h = h;
  o.dynamics = dynamics == "glauber" ? Dynamics::glauber : Dynamics::metropolis;
  o.generator = rng == "philox" ? Generator::philox : Generator::aes;
  o.seed = seed;
  o.first_stream = first_stream;
  o.threads = threads;
  const py::gil_scoped_release release;
  return std::make_unique<Engine>(o);
}

void sweep(Engine& engine, std::uint64_t sweeps) {
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.sweep(sweeps, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
}

// -> bonds (draws, replicas), spins (draws, replicas)
IntegerArrays record(Engine& engine, std::uint64_t draws, std::uint64_t interval) {
  const auto replicas = static_cast<std::size_t>(engine.options().replicas);
  std::vector<LatticeSums> sums(draws * replicas);
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.run(draws, interval, sums.data(), signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  const Shape shape{static_cast<py::ssize_t>(draws), static_cast<py::ssize_t>(replicas)};
  auto bonds = new_array<std::int64_t>(shape);
  auto spins = new_array<std::int64_t>(shape);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    bonds.mutable_data()[i] = sums[i].bonds;
    spins.mutable_data()[i] = sums[i].spins;
  }
  return IntegerArrays(py::make_tuple(bonds, spins));
}

// Calls visit(replica, pointer to that replica's part) with the GIL released.
template <class T, class Visit>
void each_replica(Engine& engine, T* data, std::int64_t size, const Visit& visit) {
  const Unlocked unlocked{engine};
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) visit(r, data + r * size);
}

Shape spin_shape(const LatticeEngine& e) {
  return {e.options().replicas, e.lattice().rows, e.lattice().columns};
}
Shape packed_shape(const LatticeEngine& e) {
  return {e.options().replicas, 2, e.lattice().rows, e.lattice().words};
}

Array<std::int8_t> get_spins(Engine& engine) {
  finish(engine);
  auto out = new_array<std::int8_t>(spin_shape(engine));
  each_replica(engine, out.mutable_data(), engine.lattice().spins(),
               [&](std::int64_t r, std::int8_t* to) { engine.get_spins(r, to); });
  return out;
}

void set_spins(Engine& engine, const Array<std::int8_t>& spins) {
  demand_shape("init", spins, spin_shape(engine));
  finish(engine);
  each_replica(engine, spins.data(), engine.lattice().spins(),
               [&](std::int64_t r, const std::int8_t* from) { engine.set_spins(r, from); });
}

Array<std::uint64_t> get_packed(Engine& engine) {
  finish(engine);
  auto out = new_array<std::uint64_t>(packed_shape(engine));
  each_replica(engine, out.mutable_data(), 2 * engine.lattice().rows * engine.lattice().words,
               [&](std::int64_t r, std::uint64_t* to) { engine.get_packed(r, to); });
  return out;
}

// Everything that a checkpoint needs, of one moment: sweeps done, temperatures, packed.
py::typing::Tuple<std::uint64_t, Array<double>, Array<std::uint64_t>> state(Engine& engine) {
  finish(engine);
  const std::uint64_t sweeps = engine.sweeps_done();
  auto temperatures = new_array<double>({engine.options().replicas});
  std::ranges::copy(engine.temperatures(), temperatures.mutable_data());
  return py::make_tuple(sweeps, temperatures, get_packed(engine));
}

void set_packed(Engine& engine, const Array<std::uint64_t>& words) {
  demand_shape("packed", words, packed_shape(engine));
  finish(engine);
  each_replica(engine, words.data(), 2 * engine.lattice().rows * engine.lattice().words,
               [&](std::int64_t r, const std::uint64_t* from) { engine.set_packed(r, from); });
}

// -> bonds (replicas,), spins (replicas,)
IntegerArrays sums(Engine& engine) {
  finish(engine);
  auto bonds = new_array<std::int64_t>({engine.options().replicas});
  auto spins = new_array<std::int64_t>({engine.options().replicas});
  std::int64_t* const b = bonds.mutable_data();
  std::int64_t* const s = spins.mutable_data();
  each_replica(engine, b, 1, [&](std::int64_t r, std::int64_t* bond) {
    const LatticeSums sums = engine.sums(r);
    *bond = sums.bonds;
    s[r] = sums.spins;
  });
  return IntegerArrays(py::make_tuple(bonds, spins));
}

// -> down the columns (replicas, rows/2 + 1), along the rows (replicas, columns/2 + 1)
IntegerArrays correlation(Engine& engine) {
  finish(engine);
  const std::int64_t replicas = engine.options().replicas;
  const std::int64_t rows = engine.lattice().rows / 2 + 1;
  const std::int64_t columns = engine.lattice().columns / 2 + 1;
  auto down = new_array<std::int64_t>({replicas, rows});
  auto along = new_array<std::int64_t>({replicas, columns});
  std::int64_t* const a = along.mutable_data();
  each_replica(engine, down.mutable_data(), rows, [&](std::int64_t r, std::int64_t* to) {
    engine.correlation(r, to, a + r * columns);
  });
  return IntegerArrays(py::make_tuple(down, along));
}

Array<float> block_average(Engine& engine, std::int64_t replica, std::int64_t height,
                           std::int64_t width) {
  checked_replica(engine, replica);
  finish(engine);
  const model::Lattice& l = engine.lattice();
  if (height < 1 || width < 1) throw std::invalid_argument("block: sides must be at least 1");
  auto means = new_array<float>({l.rows / height, l.columns / width});
  float* const to = means.mutable_data();
  const Unlocked unlocked{engine};
  engine.block_average(replica, height, width, to);
  return means;
}

void set_temperatures(Engine& engine, const Array<double>& temperatures) {
  demand_shape("temperature", temperatures, {engine.options().replicas});
  finish(engine);
  engine.set_temperatures({temperatures.data(), static_cast<std::size_t>(temperatures.size())});
}

}  // namespace

void bind_lattice(py::module_& module) {
  module.def("lattice_bytes", &lattice_bytes, "rows"_a, "columns"_a, "replicas"_a);
  py::class_<Engine>(module, "LatticeEngine")
      .def(py::init(&make_engine), py::kw_only(), "rows"_a, "columns"_a, "replicas"_a, "J"_a, "h"_a,
           "dynamics"_a, "rng"_a, "seed"_a, "first_stream"_a, "threads"_a)
      .def("sweep", &sweep, "sweeps"_a)
      .def("record", &record, "draws"_a, "interval"_a)
      .def("finish", &finish)
      .def("randomize",
           [](Engine& e) {
             finish(e);
             e.randomize();
           })
      .def(
          "fill",
          [](Engine& e, bool up) {
            finish(e);
            e.fill(up);
          },
          "up"_a)
      .def_property_readonly("spins", &get_spins)
      .def("set_spins", &set_spins, "spins"_a.noconvert())
      .def_property_readonly("packed", &get_packed)
      .def("state", &state)
      .def("set_packed", &set_packed, "words"_a.noconvert())
      .def("sums", &sums)
      .def("correlation", &correlation)
      .def("block_average", &block_average, "replica"_a, "height"_a, "width"_a)
      .def("set_temperatures", &set_temperatures, "temperatures"_a.noconvert())
      .def_property(
          "sweeps_done",
          [](Engine& e) {
            finish(e);
            return e.sweeps_done();
          },
          [](Engine& e, std::uint64_t sweeps) {
            finish(e);
            e.set_sweeps_done(sweeps);
          })
      .def_property_readonly("isa",
                             [](const Engine& e) { return std::string(name(e.options().isa)); });
}

}  // namespace multispin
