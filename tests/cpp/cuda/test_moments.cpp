// Moments of bits on GPUs, compiled for the host, over an emulated device (tests/emulation). The
// oracle adds up those in the host's memory. Equality is exact.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "multispin/cuda/moments/moment_sums.hpp"
#include "multispin/cuda/replica/engine.hpp"
#include "multispin/moments/moment_sums.hpp"
#include "multispin/moments/sample_bits.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

using Bounds = std::vector<std::int64_t>;
using Integers = std::vector<std::int64_t>;

// Bits of replicas, in the host's memory and in that of a GPU, where an engine has put them.
struct Bits {
  Bits(std::int64_t spin_count, std::int64_t replicas)
      : spins(spin_count), row((replicas + 63) / 64) {
    std::mt19937_64 generator{7};
    for (std::int64_t i = 0; i < spins * row; ++i) words.push_back(generator());
    ReplicaOptions options;
    options.sites = spins;
    options.replicas = replicas;
    engine = std::make_unique<cuda::ReplicaEngine>(options, 0);
    engine->set_packed(words.data());
  }

  std::int64_t spins, row;
  std::vector<std::uint64_t> words;
  std::unique_ptr<cuda::ReplicaEngine> engine;
};

struct Sums {
  Sums(std::int64_t spins, std::size_t groups)
      : first(static_cast<std::size_t>(spins) * groups, -7),
        second(static_cast<std::size_t>(spins * spins) * groups, -7) {}
  bool operator==(const Sums&) const = default;

  Integers first, second;
};

Sums expected(const Bits& bits, const Bounds& bounds) {
  Sums out(bits.spins, bounds.size() - 1);
  for (std::size_t g = 0; g + 1 < bounds.size(); ++g) {
    SampleBits samples{bounds[g + 1] - bounds[g], bits.spins};
    samples.set_bits(bits.words.data(), bits.row, bounds[g]);
    const auto spins = static_cast<std::size_t>(bits.spins);
    const MomentSums sums{&out.first[g * spins], &out.second[g * spins * spins]};
    EXPECT_TRUE(moment_sums(samples, {}, 1, Isa::portable, sums));
  }
  return out;
}

Sums computed(const Bits& bits, const Bounds& bounds) {
  Sums out(bits.spins, bounds.size() - 1);
  EXPECT_TRUE(
      cuda::moment_sums(bits.engine->packed(), bounds, {out.first.data(), out.second.data()}));
  return out;
}

TEST(CudaMoments, AreThoseOfTheCpu) {
  for (const std::int64_t spins : {1, 31, 32, 33, 64, 100}) {
    for (const std::int64_t replicas : {1, 64, 65, 3000}) {
      SCOPED_TRACE(std::to_string(replicas) + " replicas of " + std::to_string(spins));
      const Bits bits(spins, replicas);
      EXPECT_TRUE(computed(bits, {0, replicas}) == expected(bits, {0, replicas}));
    }
  }
}

TEST(CudaMoments, OfGroupsAreThoseOfTheCpu) {
  const Bits bits(40, 400);
  const Bounds bounds{3, 4, 63, 64, 65, 128, 130, 399};
  EXPECT_TRUE(computed(bits, bounds) == expected(bits, bounds));
}

TEST(CudaMoments, StopWhenAskedTo) {
  setenv("MULTISPIN_EMULATED_DELAY", "1000", 1);
  const Bits bits(40, 400);
  Sums out(40, 1);
  const bool whole = cuda::moment_sums(bits.engine->packed(), Bounds{0, 400},
                                       {out.first.data(), out.second.data()}, [] { return true; });
  unsetenv("MULTISPIN_EMULATED_DELAY");
  EXPECT_FALSE(whole);
}

TEST(CudaMoments, RefuseWhatIsNotThere) {
  const Bits bits(3, 64);
  Sums out(3, 3);
  const MomentSums sums{out.first.data(), out.second.data()};
  for (const Bounds& wrong : {Bounds{}, Bounds{0}, Bounds{0, 5, 5}, Bounds{-1, 3}, Bounds{0, 65}}) {
    expect_message([&] { cuda::moment_sums(bits.engine->packed(), wrong, sums); },
                   {"bounds: allowed: ", "from 0 to 64"});
  }
  expect_message([&] { cuda::moment_sums(bits.engine->spins(), Bounds{0, 3}, sums); },
                 {"rows: allowed: words (spins, words)"});
}

}  // namespace
}  // namespace multispin::test
