// The kernels of the lattice engine, as its host code puts them into a queue. No CUDA types.
#pragma once

#include <cstdint>

#include "device/runtime.hpp"
#include "multispin/lattice/engine.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/rules/acceptance.hpp"

namespace multispin::cuda {

// Consecutive replicas that follow one rule. `spins` and the tables begin with the first of them.
struct ReplicaRun {
  const model::Lattice& lattice;
  int multiprocessors;
  std::uint32_t replicas;
  std::uint64_t* spins;
  const random::StreamKeys* keys;  // host
  const random::StreamKeys* device_keys;
  const rules::Acceptance* acceptance;  // host
  const rules::Acceptance* device_acceptance;
};

int coarse_planes(Generator generator);
void enqueue_sweeps(Stream& stream, Generator generator, rules::Rule rule, const ReplicaRun& run,
                    std::uint64_t first_sweep, std::uint64_t sweeps);

// Consecutive replicas; what is done with one of them is done with the first.
struct State {
  const model::Lattice& lattice;
  int multiprocessors;
  std::uint32_t replicas;
  std::uint64_t* spins;
};

void enqueue_fill(Stream& stream, const State& state, bool up);
void enqueue_randomize(Stream& stream, const State& state, std::uint64_t seed,
                       std::uint64_t first_stream);
void enqueue_clear_unused(Stream& stream, const State& state);
// Rows first_row .. first_row + rows - 1, counted through all planes, as int8 on the device.
void enqueue_unpack(Stream& stream, const State& state, std::int64_t first_row, std::int64_t rows,
                    std::int8_t* out);
void enqueue_pack(Stream& stream, const State& state, std::int64_t first_row, std::int64_t rows,
                  const std::int8_t* in);
// Adds unequal bonds and spins up of every replica to totals[2 * replica], totals[2 * replica + 1].
void enqueue_measure(Stream& stream, const State& state, std::int64_t* totals);
// Adds unequal pairs at distances 0 .. side / 2 along an axis, numbered as in LatticeEngine.
void enqueue_correlation(Stream& stream, const State& state, int axis, std::int64_t* unequal);
// Adds spins up of every block.
void enqueue_count_blocks(Stream& stream, const State& state, std::int64_t height,
                          std::int64_t width, std::int64_t* up);

}  // namespace multispin::cuda
