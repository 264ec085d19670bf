// Many replicas in couplings that patterns make, whose fields are made together, and replicas that
// are not looked at any more.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/patterns.hpp"
#include "support/real.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

constexpr RealDynamics heat_baths[] = {RealDynamics::glauber, RealDynamics::parallel};

TEST(PatternBlocks, HaveTheSpinsOfTheCouplingsThatTheyMake) {
  for (const std::int64_t sites : {1, 64, 129, 200}) {
    for (const std::int64_t count : {1, 65, 513}) {
      const std::vector<std::uint64_t> patterns = random_patterns(sites, count);
      RealOptions o = with_patterns(sites, patterns, 75);
      const double most = static_cast<double>(count * sites) * o.unit;
      o.fields[0] = std::ldexp(1.0, std::ilogb(most) + 9);
      const RealOptions all = with_couplings(o, patterns);
      for (const RealDynamics dynamics : heat_baths) {
        for (const SiteOrder order : orders) {
          RealOptions one = o, other = all;
          one.dynamics = other.dynamics = dynamics;
          one.order = other.order = order;
          RealEngine engine{one}, expected{other};
          ASSERT_EQ(engine.step(), expected.step());
          for (RealEngine* const e : {&engine, &expected}) {
            prepare(*e);
            e->sweep(3);
          }
          ASSERT_EQ(packed_of(engine), packed_of(expected)) << describe(one) << count;
          ASSERT_EQ(sums_of(engine), sums_of(expected)) << describe(one) << count;
        }
      }
    }
  }
}

// Each replica by itself, of whose fields none is made with another's.
void expect_as_one_by_one(const RealEngine& engine, RealOptions o, std::int64_t every,
                          const std::vector<Spins>& start, std::uint64_t sweeps) {
  const std::int64_t replicas = o.replicas;
  o.replicas = 1;
  for (std::int64_t r = 0; r < replicas; r += every) {
    o.first_stream = static_cast<std::uint64_t>(r);
    RealEngine one{o};
    one.set_temperatures(std::vector<double>{engine.temperatures()[static_cast<std::size_t>(r)]});
    one.set_spins(0, start[static_cast<std::size_t>(r)].data());
    one.sweep(sweeps);
    ASSERT_EQ(spins_of(one, 0), spins_of(engine, r)) << describe(o) << r;
  }
}

// Any number of replicas: of vectors, of parts of one, and those that are left.
TEST(PatternBlocks, ReplicasHaveTheSpinsThatTheyHaveAlone) {
  const std::vector<std::uint64_t> patterns = random_patterns(300, 130);
  for (const Isa isa : available_isas()) {
    for (const std::int64_t replicas : {2, 3, 4, 7, 8, 9, 16, 24, 31, 33, 40, 65, 101}) {
      for (const RealDynamics dynamics : all_real_dynamics) {
        RealOptions o = with_patterns(300, patterns, replicas);
        o.isa = isa;
        o.dynamics = dynamics;
        o.order = replicas % 2 == 0 ? SiteOrder::random : SiteOrder::fixed;
        RealEngine engine{o};
        prepare(engine);
        std::vector<Spins> start;
        for (std::int64_t r = 0; r < replicas; ++r) start.push_back(spins_of(engine, r));
        engine.sweep(3);
        expect_as_one_by_one(engine, o, slowness > 1 ? 7 : 3, start, 3);
      }
    }
  }
}

// Overlaps that 16 bits do not hold, and sums of them that do not fit either.
TEST(PatternBlocks, LargeOverlaps) {
  const std::int64_t sites = slowness > 1 ? 33'003 : 80'003;
  const std::int64_t replicas = 24;
  const std::vector<std::uint64_t> patterns = random_patterns(sites, 70);
  for (const Isa isa : available_isas()) {
    RealOptions o = with_patterns(sites, patterns, replicas);
    o.isa = isa;
    o.dynamics = RealDynamics::glauber;
    o.order = SiteOrder::random;
    RealEngine engine{o};
    std::vector<double> temperatures;
    std::vector<Spins> start;
    for (std::int64_t r = 0; r < replicas; ++r) {
      temperatures.push_back(0.3 * static_cast<double>(r % 4));
      Spins spins;
      // Parts of several patterns, the one or the other way round.
      for (std::int64_t i = 0; i < sites; ++i) {
        const std::int64_t pattern = i % (1 + r % 3) == 0 ? r : 69 - r;
        spins.push_back(
            static_cast<std::int8_t>((r % 2 == 0 ? 1 : -1) * spin_of(patterns, sites, pattern, i)));
      }
      engine.set_spins(r, spins.data());
      start.push_back(std::move(spins));
    }
    engine.set_temperatures(temperatures);
    engine.sweep(2);
    expect_as_one_by_one(engine, o, 3, start, 2);
  }
}

// Sweeps until nothing changes, and then once more.
void come_to_rest(RealEngine& engine) {
  std::vector<std::uint64_t> before;
  for (int sweep = 0; sweep < 200 && before != packed_of(engine); ++sweep) {
    before = packed_of(engine);
    engine.sweep(1);
  }
  ASSERT_EQ(before, packed_of(engine));
  engine.sweep(1);
}

// What is set wakes replicas that were at rest: they go on as in an engine that is new.
TEST(PatternBlocks, ReplicasAtRestAreWokenByWhatIsSet) {
  const std::int64_t sites = 260, replicas = 20;
  const std::vector<std::uint64_t> patterns = random_patterns(sites, 30);
  const std::vector<double> fields = real_numbers(static_cast<std::size_t>(sites), 5);
  std::vector<double> temperatures(static_cast<std::size_t>(replicas), 0.0);
  std::vector<std::uint64_t> held(static_cast<std::size_t>(sites));
  for (std::size_t i = 0; i < held.size(); i += 2) held[i] = 0xfff;
  for (int what = 0; what < 5; ++what) {
    RealOptions o = with_patterns(sites, patterns, replicas);
    o.dynamics = RealDynamics::glauber;
    o.order = SiteOrder::random;
    RealEngine engine{o};
    engine.set_temperatures(temperatures);
    engine.randomize();
    if (what == 4) engine.hold(held.data());
    come_to_rest(engine);
    const std::vector<std::uint64_t> rest = packed_of(engine);
    std::vector<double> others = temperatures;
    if (what == 0) others[7] = 2.0;
    if (what == 3) o.fields = fields;
    RealEngine expected{o};
    expected.set_temperatures(others);
    expected.set_packed(rest.data());
    expected.set_sweeps_done(engine.sweeps_done());
    if (what == 0) engine.set_temperatures(others);
    if (what == 1) {
      Spins spins = spins_of(engine, 3);
      for (std::size_t i = 0; i < spins.size(); i += 3)
        spins[i] = static_cast<std::int8_t>(-spins[i]);
      engine.set_spins(3, spins.data());
      expected.set_spins(3, spins.data());
    }
    if (what == 2) {
      std::vector<std::uint64_t> other = rest;
      for (std::size_t i = 0; i < other.size(); i += 3) other[i] ^= 0xf0f;
      engine.set_packed(other.data());
      expected.set_packed(other.data());
    }
    if (what == 3) engine.set_couplings({}, fields);
    if (what == 4) engine.hold(nullptr);
    engine.sweep(2);
    expected.sweep(2);
    EXPECT_EQ(packed_of(engine), packed_of(expected)) << what;
    EXPECT_NE(packed_of(engine), rest) << what;
  }
}

}  // namespace
}  // namespace multispin::test
