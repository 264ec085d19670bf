// Couplings that patterns make: the spins of the same couplings, all of them kept; overlaps.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "multispin/real/layout.hpp"
#include "support/patterns.hpp"
#include "support/real.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

std::vector<std::uint64_t> after(const RealOptions& options, std::uint64_t sweeps = 3) {
  RealEngine engine{options};
  prepare(engine);
  engine.sweep(sweeps);
  return packed_of(engine);
}

// A site in a strong field makes both steps the same one, and with it all thresholds.
TEST(RealPatterns, HaveTheSpinsOfTheCouplingsThatTheyMake) {
  for (const std::int64_t sites : {1, 2, 63, 64, 65, 130, 300}) {
    for (const std::int64_t count : {1, 2, 15, 17, 255, 513}) {
      const std::vector<std::uint64_t> patterns = random_patterns(sites, count);
      RealOptions o = with_patterns(sites, patterns, 5);
      const double most = static_cast<double>(count * sites) * o.unit;
      o.fields[0] = std::ldexp(1.0, std::ilogb(most) + 9);
      const RealOptions all = with_couplings(o, patterns);
      for (const RealDynamics dynamics : {RealDynamics::glauber, RealDynamics::parallel}) {
        for (const SiteOrder order : orders) {
          RealOptions one = o, other = all;
          one.dynamics = other.dynamics = dynamics;
          one.order = other.order = order;
          RealEngine engine{one}, expected{other};
          ASSERT_EQ(engine.step(), expected.step());
          EXPECT_LE(engine.rounding_error(), engine.step());
          for (RealEngine* const e : {&engine, &expected}) {
            prepare(*e);
            e->sweep(4);
          }
          ASSERT_EQ(packed_of(engine), packed_of(expected)) << describe(one) << count;
          ASSERT_EQ(sums_of(engine), sums_of(expected)) << describe(one) << count;
        }
      }
    }
  }
}

TEST(RealPatterns, InstructionSetThreadsAndBundlesChangeNothing) {
  for (const std::int64_t count : {3, 300}) {
    const std::vector<std::uint64_t> patterns = random_patterns(201, count);
    for (const Generator generator : generators) {
      for (const RealDynamics dynamics : all_real_dynamics) {
        RealOptions o = with_patterns(201, patterns, 70);
        o.generator = generator;
        o.dynamics = dynamics;
        o.isa = Isa::portable;
        const std::vector<std::uint64_t> expected = after(o);
        for (const Isa isa : available_isas()) {
          for (const int threads : {1, 3}) {
            o.isa = isa;
            o.threads = threads;
            ASSERT_EQ(after(o), expected) << describe(o);
          }
        }
      }
    }
  }
}

std::vector<std::int64_t> overlaps_of(const RealEngine& engine, std::int64_t patterns) {
  std::vector<std::int64_t> overlaps(
      static_cast<std::size_t>(engine.options().replicas * patterns));
  engine.pattern_overlaps(overlaps.data());
  return overlaps;
}

void expect_right(const RealEngine& engine, const std::vector<std::uint64_t>& patterns) {
  const std::int64_t sites = engine.sites();
  const auto count = static_cast<std::int64_t>(patterns.size()) / ((sites + 63) / 64);
  const std::vector<std::int64_t> overlaps = overlaps_of(engine, count);
  const std::vector<Sums> sums = sums_of(engine);
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
    const Spins spins = spins_of(engine, r);
    std::int64_t squares = 0;
    for (std::int64_t p = 0; p < count; ++p) {
      std::int64_t overlap = 0;
      for (std::int64_t i = 0; i < sites; ++i) {
        overlap += spin_of(patterns, sites, p, i) * spins[static_cast<std::size_t>(i)];
      }
      ASSERT_EQ(overlaps[static_cast<std::size_t>(r * count + p)], overlap) << r << ", " << p;
      squares += overlap * overlap - sites;
    }
    const double energy = -static_cast<double>(squares) / 2.0 / static_cast<double>(sites);
    ASSERT_NEAR(engine.energy(sums[static_cast<std::size_t>(r)]), energy,
                1e-9 * (1.0 + std::abs(energy)));
  }
}

// Overlaps that leave what 16 bits hold, and come back.
TEST(RealPatterns, OverlapsOfManySites) {
  const std::int64_t sites = 100'000 / slowness + 3;
  for (const Isa isa : available_isas()) {
    const std::vector<std::uint64_t> patterns = random_patterns(sites, 20);
    RealOptions o = with_patterns(sites, patterns, 3);
    o.fields.assign(o.fields.size(), 0.0);
    o.dynamics = RealDynamics::glauber;
    o.isa = isa;
    RealEngine engine{o};
    for (std::int64_t r = 0; r < 3; ++r) {
      Spins spins;
      for (std::int64_t i = 0; i < sites; ++i) {
        const std::int64_t sign = r == 0 ? 1 : -1;
        spins.push_back(static_cast<std::int8_t>(sign * spin_of(patterns, sites, 7 * r, i)));
      }
      engine.set_spins(r, spins.data());
    }
    expect_right(engine, patterns);
    engine.set_temperatures(std::vector<double>{0.5, 4.0, 1e6});
    for (int sweep = 0; sweep < 3; ++sweep) {
      engine.sweep(1);
      expect_right(engine, patterns);
    }
    // A step at a time through the boundary: of all spins of one pattern.
    Spins spins;
    for (std::int64_t i = 0; i < sites; ++i) {
      spins.push_back(static_cast<std::int8_t>(spin_of(patterns, sites, 1, i)));
    }
    engine.set_spins(1, spins.data());
    for (std::size_t i = 0; i < spins.size() / 2; ++i)
      spins[i] = static_cast<std::int8_t>(-spins[i]);
    engine.set_spins(1, spins.data());
    expect_right(engine, patterns);
  }
}

TEST(RealPatterns, HeldSpinsFieldsAndStops) {
  const std::vector<std::uint64_t> patterns = random_patterns(150, 9);
  for (const RealDynamics dynamics : all_real_dynamics) {
    RealOptions o = with_patterns(150, patterns, 12);
    o.dynamics = dynamics;
    RealEngine engine{o}, whole{o};
    prepare(engine);
    prepare(whole);
    std::vector<std::uint64_t> held(150);
    for (std::size_t i = 0; i < 150; i += 3) held[i] = 0x555;
    const std::vector<std::uint64_t> before = packed_of(engine);
    for (RealEngine* const e : {&engine, &whole}) e->hold(held.data());
    engine.sweep(2);
    engine.sweep(3);
    whole.sweep(5);
    const std::vector<std::uint64_t> now = packed_of(engine);
    EXPECT_EQ(now, packed_of(whole));
    for (std::size_t i = 0; i < 150; ++i) EXPECT_EQ((before[i] ^ now[i]) & held[i], 0U);
    EXPECT_NE(now, before);
    // Other fields, in place.
    engine.hold(nullptr);
    const std::vector<double> fields = real_numbers(150, 8);
    engine.set_couplings({}, fields);
    o.fields = fields;
    RealEngine other{o};
    other.set_temperatures(engine.temperatures());
    other.set_sweeps_done(engine.sweeps_done());
    other.set_packed(packed_of(engine).data());
    engine.sweep(2);
    other.sweep(2);
    EXPECT_EQ(packed_of(engine), packed_of(other));
  }
}

TEST(RealPatterns, WithoutTemperatureTheyDescend) {
  const std::vector<std::uint64_t> patterns = random_patterns(400, 60);
  RealOptions o = with_patterns(400, patterns, 20);
  o.dynamics = RealDynamics::glauber;
  RealEngine engine{o};
  engine.set_temperatures(std::vector<double>(20, 0.0));
  engine.randomize();
  std::vector<Sums> last = sums_of(engine);
  std::vector<std::uint64_t> spins;
  for (int sweep = 0; sweep < 60 && spins != packed_of(engine); ++sweep) {
    spins = packed_of(engine);
    engine.sweep(1);
    const std::vector<Sums> now = sums_of(engine);
    for (std::size_t r = 0; r < 20; ++r) ASSERT_GE(now[r].bonds, last[r].bonds);
    last = now;
  }
  EXPECT_EQ(spins, packed_of(engine));
}

}  // namespace
}  // namespace multispin::test
