#include "device/foreign_spins.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>

#include "device/launch.hpp"

namespace multispin::cuda {

// How many items are neither +1 nor -1; a thread those that lie `threads` apart.
struct CountOthers {
  static constexpr int sums = 1;
  const std::int8_t* in;
  std::int64_t items;
  std::uint32_t threads;

  MULTISPIN_HD Sums<1> operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    Sums<1> others{};
    for (std::int64_t i = thread; i < items; i += threads) {
      if (in[i] != 1 && in[i] != -1) ++others.value[0];
    }
    return others;
  }
};

namespace {

void demand_device_memory(const void* data, int device) {
  const int on = device_of(data);
  if (on == device) return;
  throw std::invalid_argument(
      "init: got an array " +
      (on < 0 ? "whose memory is not (or no longer) a GPU's" : "on cuda:" + std::to_string(on)) +
      ", allowed: one on cuda:" + std::to_string(device));
}

void wait_until_filled(Stream& stream, const ForeignArray& spins) {
  using Filled = ForeignArray::Filled;
  if (spins.filled == Filled::by_stream) stream.wait_for(spins.stream);
  if (spins.filled == Filled::by_somebody) synchronize_device(stream.device());
}

void demand_ones(Stream& stream, Totals& totals, int multiprocessors, const std::int8_t* in,
                 std::int64_t items) {
  const std::int64_t at_once =
      multiprocessors * std::int64_t{block_threads * blocks_at_once<CountOthers>};
  const auto threads = static_cast<std::uint32_t>(std::min(items, at_once));
  std::int64_t others = 0;
  std::int64_t* const total = totals.cleared(stream, 1);
  launch_sum(stream, "count_others", threads, 1, CountOthers{in, items, threads}, total);
  stream.copy(&others, total, sizeof others);
  stream.synchronize();
  if (others == 0) return;
  throw std::invalid_argument("init: got an array with " + std::to_string(others) +
                              " other values, allowed: +1 and -1");
}

}  // namespace

std::int64_t step_of_checked_spins(Stream& stream, Totals& totals, int multiprocessors,
                                   const ForeignArray& spins, const std::vector<std::int64_t>& one,
                                   std::int64_t replicas) {
  std::vector<std::int64_t> all = one;
  all.insert(all.begin(), replicas);
  if (spins.shape != one && spins.shape != all) {
    throw std::invalid_argument(
        "init: got a GPU array of another shape, allowed: that of one replica or (replicas, ...)");
  }
  demand_device_memory(spins.data, stream.device());
  wait_until_filled(stream, spins);
  const auto product = [](const std::vector<std::int64_t>& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  };
  demand_ones(stream, totals, multiprocessors, spins.data, product(spins.shape));
  return spins.shape == all ? product(one) : 0;
}

}  // namespace multispin::cuda
