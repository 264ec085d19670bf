// Setting, reading and measuring spins: how many threads do it.
#include <algorithm>

#include "device/launch.hpp"
#include "lattice/launch.hpp"
#include "lattice/plan.hpp"
#include "lattice/state_threads.hpp"

namespace multispin::cuda {
namespace {

Spins spins_of(const State& state) {
  return {Geometry{state.lattice}, state.spins};
}

Strips strips_of(const State& state) {
  return strips_for(Geometry{state.lattice}, state.replicas, state.multiprocessors);
}

std::uint32_t threads_of(const State& state) {
  return strips_of(state).threads(Geometry{state.lattice});
}

}  // namespace

void enqueue_fill(Stream& stream, const State& state, bool up) {
  const Fill body{spins_of(state), strips_of(state), up ? bits::ones<Word>() : bits::zero<Word>()};
  launch(stream, "fill", threads_of(state), state.replicas, body);
}

void enqueue_randomize(Stream& stream, const State& state, std::uint64_t seed,
                       std::uint64_t first_stream) {
  const Randomize body{spins_of(state), strips_of(state), seed, first_stream};
  launch(stream, "randomize", threads_of(state), state.replicas, body);
}

void enqueue_clear_unused(Stream& stream, const State& state) {
  const ClearUnused body{spins_of(state), strips_of(state)};
  launch(stream, "clear_unused", threads_of(state), state.replicas, body);
}

void enqueue_unpack(Stream& stream, const State& state, std::int64_t first_row, std::int64_t rows,
                    std::int8_t* out) {
  const std::int64_t columns = state.lattice.columns;
  by_rows(rows, columns / 2, [&](std::int64_t done, std::uint32_t threads) {
    const Unpack body{spins_of(state), static_cast<std::uint32_t>(first_row + done),
                      out + done * columns};
    launch(stream, "unpack", threads, 1, body);
  });
}

void enqueue_pack(Stream& stream, const State& state, std::int64_t first_row, std::int64_t rows,
                  const std::int8_t* in) {
  const std::int64_t columns = state.lattice.columns;
  by_rows(rows, state.lattice.words, [&](std::int64_t done, std::uint32_t threads) {
    const Pack body{spins_of(state), static_cast<std::uint32_t>(first_row + done),
                    in + done * columns};
    launch(stream, "pack", threads, 1, body);
  });
}

void enqueue_measure(Stream& stream, const State& state, std::int64_t* totals) {
  const auto launch = [&](const auto& body) {
    launch_sum(stream, "measure", threads_of(state), state.replicas, body, totals);
  };
  if (state.lattice.cubic()) {
    launch(Measure<6>{spins_of(state), strips_of(state)});
  } else {
    launch(Measure<4>{spins_of(state), strips_of(state)});
  }
}

void enqueue_correlation(Stream& stream, const State& state, int axis, std::int64_t* unequal) {
  const auto words = static_cast<std::uint32_t>(state.lattice.words);
  const auto distances = static_cast<std::uint32_t>(state.lattice.side(axis) / 2 + 1);
  if (axis == 2) {
    launch_sum(stream, "correlate_along", words, distances, CorrelateAlong{spins_of(state)},
               unequal);
  } else {
    launch_sum(stream, "correlate_across", words, distances,
               CorrelateAcross{spins_of(state), axis == 0}, unequal);
  }
}

void enqueue_count_blocks(Stream& stream, const State& state, std::int64_t height,
                          std::int64_t width, std::int64_t* up) {
  const CountBlocks body{spins_of(state), static_cast<std::uint32_t>(height),
                         static_cast<std::uint32_t>(width), up};
  launch(stream, "count_blocks", static_cast<std::uint32_t>(state.lattice.words),
         static_cast<std::uint32_t>(state.lattice.all_rows() / height), body);
}

}  // namespace multispin::cuda
