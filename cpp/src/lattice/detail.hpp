// What a lattice engine owns, shared by the engine's own source files.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "host/spin_memory.hpp"
#include "host/threads.hpp"
#include "lattice/kernels.hpp"
#include "lattice/plan.hpp"
#include "multispin/known_temperatures.hpp"
#include "multispin/lattice/engine.hpp"
#include "multispin/lattice/pairs.hpp"

namespace multispin {

struct LatticeEngine::Detail {
  explicit Detail(const LatticeOptions& options);

  // Row 0 of one colour of one replica. On the square lattice the rows before the first and after
  // the last are copies.
  std::uint64_t* colour(std::int64_t replica, int c) const {
    return memory.data() + (2 * replica + c) * colour_stride + front;
  }
  kernels::RowRange rows(std::int64_t replica, int c, std::int64_t begin, std::int64_t end) const {
    return {lattice,
            packed ? packed_rows.data() : nullptr,
            colour(replica, c),
            colour(replica, 1 - c),
            begin,
            end,
            c};
  }
  LatticeWords words(std::int64_t replica) const {
    return {{colour(replica, 0), colour(replica, 1)}, lattice.stride};
  }
  void wrap_rows(std::int64_t replica, int c, std::int64_t begin, std::int64_t end) const;
  Sums sums(std::int64_t replica, std::int64_t begin, std::int64_t end) const;
  std::vector<Sums> band_sums(std::int64_t replica) const;
  // visit(colour, row, whether it looks right) for every row, by several threads, each the
  // first to touch the memory of bands of its own; then the copies of the edge rows are made good.
  template <class Visit>
  void for_rows(std::int64_t replica, const Visit& visit) const {
    for_each_index(usable(threads), static_cast<std::int64_t>(plan.size()), [&](std::int64_t b) {
      const BandPlan& band = plan[static_cast<std::size_t>(b)];
      for (int c = 0; c < 2; ++c) {
        for (std::int64_t row = band.begin; row < band.end; ++row) {
          visit(c, row, model::looks_right(row / lattice.rows, row, c));
        }
      }
    });
    for (int c = 0; c < 2; ++c) wrap_rows(replica, c, 0, lattice.all_rows());
  }
  const std::vector<BandPlan>& plan_now() const;
  bool is_large() const { return lattice.spins() > std::int64_t{1} << 25; }
  // One step of a sweep of one replica.
  void step(const SweepStep& step, std::int64_t replica, std::uint64_t sweep) const;

  const model::Lattice lattice;
  const int threads;
  const kernels::LatticeKernels& kernels;
  const bool packed;         // several rows in a wide word
  const std::int64_t front;  // words before row 0, a multiple of a cache line
  const std::int64_t colour_stride;
  std::array<kernels::PackedRows, 2> packed_rows;
  std::vector<BandPlan> plan;
  std::vector<BandPlan> whole;  // one band, for a thread that finds no processor for another
  SpinMemory memory;
  std::vector<random::StreamKeys> keys;
  // What follows from a temperature.
  struct Rates {
    rules::Acceptance acceptance;
    kernels::UpdateRows update;
  };
  KnownTemperatures<Rates> known;
  std::vector<rules::Acceptance> acceptance;
  std::vector<kernels::UpdateRows> update;
  // Steps that each band of each replica (with `whole`, each replica) has done since sweeps_done,
  // draws that it has measured in a run, and whether a thread works on it. Each has a cache line to
  // itself: threads that share one slow each other down at every step.
  struct alignas(64) Cursor : std::atomic<std::uint64_t> {
    std::atomic<std::uint64_t> draws{0};
    std::atomic<bool> taken{false};
  };
  std::vector<Cursor> cursor;
  const std::vector<BandPlan>* unfinished = nullptr;  // the plan of a run that was stopped
};

}  // namespace multispin
