// What an engine of real couplings owns, shared by the engine's own source files.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "multispin/real/engine.hpp"
#include "real/bundle.hpp"

namespace multispin {

struct RealEngine::Detail {
  explicit Detail(const RealOptions& options);

  // Rounds; `couplings` and `fields` as in the options.
  void set(std::span<const double> given, std::span<const double> fields);
  void make_bundles(const RealOptions& options);
  RealBundle& bundle_of(std::int64_t replica) const;
  void set_scales(std::span<const double> temperatures);
  // act(bundle) for all of them, by up to so many threads if that is worth it.
  template <class Act>
  void for_each_bundle(int threads, const Act& act) const;
  std::uint64_t furthest() const;
  std::uint64_t take_completed();

  RealPlan plan;
  CoupledPairs pairs;
  double unit;
  double of_patterns;                                     // what patterns may add to a local field
  std::vector<std::unique_ptr<RealCouplings>> couplings;  // of each sample
  std::vector<std::unique_ptr<RealBundle>> bundles;
  double step = 1.0, rounding_error = 0.0;
  // Steps that each bundle has done since sweeps_done, draws that it has measured in a run, and
  // whether a thread works on it. Each has a cache line to itself.
  struct alignas(64) Cursor : std::atomic<std::uint64_t> {
    std::atomic<std::uint64_t> draws{0};
    std::atomic<bool> taken{false};
  };
  std::vector<Cursor> cursor;
  bool unfinished = false;
};

}  // namespace multispin
