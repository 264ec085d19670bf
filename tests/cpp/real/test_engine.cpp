// Trajectories of the engine of real couplings: those of one storage, instruction set, number of
// threads and of replicas are those of all others. What they should be, the twin says
// (tests/python/engines/test_real_twin.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "support/expect_message.hpp"
#include "support/real.hpp"

namespace multispin::test {
namespace {

std::vector<Graph> graphs() {
  return {{1, {}},
          {70, {}},
          torus({2, 2}),
          torus({130}),
          all_pairs(65),
          any_pairs(128, 400),
          any_pairs(129, 700),
          any_pairs(520, 900),
          all_pairs(131)};
}

void for_all_dynamics(RealOptions o, const std::function<void(const RealOptions&)>& act) {
  for (const RealDynamics dynamics : all_real_dynamics) {
    for (const SiteOrder order : orders) {
      o.dynamics = dynamics;
      o.order = order;
      act(o);
    }
  }
}

std::vector<std::uint64_t> after(const RealOptions& options, std::uint64_t sweeps = 3) {
  RealEngine engine{options};
  prepare(engine);
  engine.sweep(sweeps);
  return packed_of(engine);
}

TEST(RealEngine, StorageAndInstructionSetChangeNothing) {
  for (const Graph& graph : graphs()) {
    for (const std::int64_t replicas : {1, 17, 70}) {
      const RealOptions options = make_real(graph, replicas, Storage::sparse);
      for_all_dynamics(options, [](RealOptions o) {
        o.isa = Isa::portable;
        const std::vector<std::uint64_t> expected = after(o);
        for (const Isa isa : available_isas()) {
          for (const Storage storage : storages) {
            o.isa = isa;
            o.storage = storage;
            ASSERT_EQ(after(o), expected) << describe(o);
          }
        }
      });
    }
  }
}

TEST(RealEngine, AListOfAllPairsChangesNothing) {
  for (const std::uint32_t sites : {1U, 2U, 65U, 130U}) {
    for (const Storage storage : storages) {
      const RealOptions listed =
          make_real(all_pairs_in_order(sites), 18, storage, Generator::philox, 2);
      ASSERT_EQ(after(unlisted(listed)), after(listed)) << describe(listed);
      RealEngine one{listed}, other{unlisted(listed)};
      EXPECT_EQ(one.step(), other.step());
      EXPECT_EQ(one.rounding_error(), other.rounding_error());
      const std::vector<double> couplings = real_numbers(listed.couplings.size(), 5);
      for (RealEngine* const engine : {&one, &other}) {
        engine->set_couplings(couplings, listed.fields);
        prepare(*engine);
        engine->sweep(2);
      }
      EXPECT_EQ(packed_of(one), packed_of(other));
    }
  }
}

TEST(RealEngine, ThreadsAndCallsChangeNothing) {
  for (const Storage storage : storages) {
    for (const std::int64_t samples : {1, 3}) {
      RealOptions options = make_real(any_pairs(140, 500), 600, storage, Generator::aes, samples);
      for_all_dynamics(options, [](RealOptions o) {
        const std::vector<std::uint64_t> expected = after(o, 6);
        for (const int threads : {2, 3, 7}) {
          o.threads = threads;
          RealEngine engine{o};
          prepare(engine);
          for (const std::uint64_t sweeps : {0, 1, 3, 2}) engine.sweep(sweeps);
          ASSERT_EQ(engine.sweeps_done(), 6U);
          ASSERT_EQ(packed_of(engine), expected) << describe(o);
        }
      });
    }
  }
}

// Replicas of any others, by their streams.
TEST(RealEngine, AReplicaDoesNotDependOnOthers) {
  for (const Storage storage : storages) {
    for (const Generator generator : generators) {
      RealOptions o = make_real(any_pairs(70, 300), 300, storage, generator);
      o.first_stream = 1000;
      RealEngine all{o};
      prepare(all);
      all.sweep(4);
      for (const std::int64_t replica : {0, 1, 31, 32, 255, 299}) {
        o.replicas = 1;
        o.first_stream = 1000 + static_cast<std::uint64_t>(replica);
        RealEngine one{o};
        prepare(one);
        one.sweep(4);
        ASSERT_EQ(spins_of(one, 0), spins_of(all, replica)) << describe(o);
      }
    }
  }
}

// Each sample is as by itself, if the steps are the same.
TEST(RealEngine, SamplesHaveTheirOwnCouplings) {
  for (const Storage storage : storages) {
    RealOptions o = make_real(any_pairs(70, 300), 60, storage, Generator::philox, 3);
    RealEngine all{o};
    prepare(all);
    all.sweep(4);
    RealOptions one = o;
    one.samples = 1;
    one.replicas = 20;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto first = o.couplings.begin() + static_cast<std::ptrdiff_t>(k * o.edges.size());
      one.couplings.assign(first, first + static_cast<std::ptrdiff_t>(o.edges.size()));
      one.first_stream = 20 * k;
      RealEngine alone{one};
      ASSERT_EQ(alone.step(), all.step());
      prepare(alone);
      alone.sweep(4);
      for (std::int64_t r = 0; r < 20; ++r) {
        ASSERT_EQ(spins_of(alone, r), spins_of(all, 20 * static_cast<std::int64_t>(k) + r));
      }
    }
  }
}

TEST(RealEngine, StepAndRoundingError) {
  for (const Storage storage : storages) {
    RealOptions o = make_real(any_pairs(70, 300), 2, storage);
    const auto largest = [&] {
      std::vector<double> sum(70);
      for (std::size_t i = 0; i < 70; ++i) sum[i] = std::abs(o.fields[i]);
      for (std::size_t e = 0; e < o.edges.size(); ++e) {
        sum[o.edges[e].first] += std::abs(o.couplings[e]);
        sum[o.edges[e].second] += std::abs(o.couplings[e]);
      }
      return *std::ranges::max_element(sum);
    };
    RealEngine engine{o};
    EXPECT_LT(largest() / engine.step(), 0x1p30);
    EXPECT_GT(largest() / engine.step(), 0x1p28);
    int exponent = 0;
    EXPECT_EQ(std::frexp(engine.step(), &exponent), 0.5);  // a power of two
    // Half a step each, uniformly: the worst of 70 sites with some ten numbers.
    EXPECT_GT(engine.rounding_error(), 0.3 * engine.step());
    EXPECT_LT(engine.rounding_error(), 3.0 * engine.step());
    for (const double size : {0x1p-40, 0x1p700, 0x1p-900}) {  // squares of the last two are none
      RealOptions other = o;
      for (double& J : other.couplings) J *= size;
      for (double& h : other.fields) h *= size;
      RealEngine scaled{other};
      EXPECT_EQ(scaled.step(), size * engine.step());
      EXPECT_EQ(scaled.rounding_error(), size * engine.rounding_error());
    }
    for (double& J : o.couplings) J = J > 0 ? 1.5 : -1.5;
    for (double& h : o.fields) h = 0.25;
    EXPECT_EQ(RealEngine{o}.rounding_error(), 0.0);
    for (double& J : o.couplings) J = 0.0;
    for (double& h : o.fields) h = 0.0;
    RealEngine none{o};
    EXPECT_EQ(none.step(), 1.0);
    EXPECT_EQ(none.rounding_error(), 0.0);
    none.randomize();
    none.sweep(5);
    EXPECT_EQ(sums_of(none)[0].bonds, 0);
  }
}

// --- what is changed on the way
// -------------------------------------------------------------------

TEST(RealEngine, OthersInPlaceAreAsThoughTheyHadAlwaysBeen) {
  for (const Storage storage : storages) {
    for (const std::int64_t samples : {1, 2}) {
      RealOptions o = make_real(any_pairs(150, 500), 140, storage, Generator::aes, samples);
      o.threads = 2;
      RealEngine engine{o};
      prepare(engine);
      engine.sweep(2);
      o.couplings = real_numbers(o.couplings.size(), 8);
      for (double& J : o.couplings) J *= 1e-3;
      o.fields = real_numbers(o.fields.size(), 9);
      engine.set_couplings(o.couplings, o.fields);
      RealEngine fresh{o};
      prepare(fresh);
      fresh.set_packed(packed_of(engine).data());
      fresh.set_sweeps_done(2);
      EXPECT_EQ(engine.step(), fresh.step());
      EXPECT_EQ(engine.rounding_error(), fresh.rounding_error());
      EXPECT_EQ(sums_of(engine), sums_of(fresh));
      engine.sweep(3);
      fresh.sweep(3);
      EXPECT_EQ(packed_of(engine), packed_of(fresh));
      EXPECT_EQ(sums_of(engine), sums_of(fresh));
    }
  }
}

// Whole blocks of held spins, in some replicas or in all, are passed over.
TEST(RealEngine, StorageChangesNothingOfWhatIsHeld) {
  for_all_dynamics(make_real(any_pairs(300, 900), 70, Storage::sparse), [](RealOptions o) {
    const auto moved = [&](Storage storage) {
      o.storage = storage;
      RealEngine engine{o};
      prepare(engine);
      std::vector<std::uint64_t> held(packed_of(engine).size(), 0);
      for (std::size_t w = 0; w < held.size(); ++w) {
        if (w < 2 * 256) held[w] = w % 2 == 0 ? ~std::uint64_t{0} : 0x15;
      }
      engine.hold(held.data());
      engine.sweep(4);
      return packed_of(engine);
    };
    const std::vector<std::uint64_t> expected = moved(Storage::sparse);
    for (const Storage storage : storages) ASSERT_EQ(moved(storage), expected) << describe(o);
  });
}

// Set one by one and together.
TEST(RealEngine, SpinsOfAllReplicas) {
  for (const Storage storage : storages) {
    const RealOptions o = make_real(any_pairs(150, 300), 70, storage);
    std::vector<std::int8_t> spins(150 * 70);
    for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = i * 7 % 11 < 5 ? 1 : -1;
    RealEngine together{o}, each{o};
    together.set_all_spins(spins.data());
    for (std::int64_t r = 0; r < 70; ++r) each.set_spins(r, spins.data() + 150 * r);
    EXPECT_EQ(packed_of(together), packed_of(each));
    EXPECT_EQ(sums_of(together), sums_of(each));
    std::vector<std::int8_t> got(150);
    together.get_spins(69, got.data());
    EXPECT_TRUE(std::equal(got.begin(), got.end(), spins.begin() + 150 * 69));
    together.sweep(2);
    each.sweep(2);
    EXPECT_EQ(packed_of(together), packed_of(each));
    spins[3] = 0;
    expect_message([&] { together.set_all_spins(spins.data()); }, {"init: got the value 0"});
    EXPECT_EQ(packed_of(together), packed_of(each));
  }
}

TEST(RealEngine, HeldSpinsStayAndOthersDoNot) {
  for (const Storage storage : storages) {
    for_all_dynamics(make_real(any_pairs(150, 300), 70, storage), [](const RealOptions& o) {
      RealEngine engine{o};
      prepare(engine);
      engine.set_temperatures(std::vector<double>(70, 50.0));
      std::vector<std::uint64_t> held(packed_of(engine).size());
      for (std::size_t w = 0; w < held.size(); ++w) held[w] = 0x9e3779b97f4a7c15U * (w + 1);
      engine.hold(held.data());
      const std::vector<std::uint64_t> before = packed_of(engine);
      std::vector<std::uint64_t> moved(before.size());
      for (int sweep = 0; sweep < 20; ++sweep) {
        engine.sweep(1);
        const std::vector<std::uint64_t> now = packed_of(engine);
        for (std::size_t w = 0; w < now.size(); ++w) moved[w] |= now[w] ^ before[w];
      }
      for (std::size_t w = 0; w < held.size(); ++w) {
        const std::uint64_t used = w % 2 == 0 ? ~std::uint64_t{0} : 0x3f;  // 70 replicas
        ASSERT_EQ(moved[w], ~held[w] & used) << describe(o);
      }
      engine.hold(nullptr);
      for (int sweep = 0; sweep < 20; ++sweep) {
        engine.sweep(1);
        const std::vector<std::uint64_t> now = packed_of(engine);
        for (std::size_t w = 0; w < now.size(); ++w) moved[w] |= now[w] ^ before[w];
      }
      for (std::size_t w = 0; w < moved.size(); ++w) {
        ASSERT_EQ(moved[w], w % 2 == 0 ? ~std::uint64_t{0} : 0x3f);
      }
    });
  }
}

// --- without temperature
// --------------------------------------------------------------------------

TEST(RealEngine, WithoutTemperatureItDescends) {
  for (const Storage storage : storages) {
    for (const RealDynamics dynamics : {RealDynamics::metropolis, RealDynamics::glauber}) {
      for (const SiteOrder order : orders) {
        RealOptions o = make_real(all_pairs(150), 40, storage);
        o.dynamics = dynamics;
        o.order = order;
        RealEngine engine{o};
        engine.set_temperatures(std::vector<double>(40, 0.0));
        engine.randomize();
        std::vector<Sums> last = sums_of(engine);
        const std::vector<Sums> start = last;
        for (int sweep = 0; sweep < 100; ++sweep) {
          engine.sweep(1);
          const std::vector<Sums> now = sums_of(engine);
          for (std::size_t r = 0; r < 40; ++r) ASSERT_GE(now[r].bonds, last[r].bonds);
          last = now;
        }
        // To a state that no spin would leave.
        for (std::int64_t r = 0; r < 40; ++r) {
          ASSERT_GT(last[static_cast<std::size_t>(r)].bonds,
                    start[static_cast<std::size_t>(r)].bonds);
          const Spins spins = spins_of(engine, r);
          std::vector<double> field = o.fields;
          for (std::size_t e = 0; e < o.edges.size(); ++e) {
            field[o.edges[e].first] += o.couplings[e] * spins[o.edges[e].second];
            field[o.edges[e].second] += o.couplings[e] * spins[o.edges[e].first];
          }
          for (std::size_t i = 0; i < 150; ++i) ASSERT_GT(field[i] * spins[i], -1e-6);
        }
      }
    }
  }
}

// Parallel dynamics without temperature is a map: here of two spins that follow each other.
TEST(RealEngine, ParallelWithoutTemperatureTakesTurns) {
  for (const Storage storage : storages) {
    RealOptions o = make_real({2, {{0, 1}}}, 3, storage);
    o.couplings = {1.0};
    o.fields = {0.0, 0.0};
    o.dynamics = RealDynamics::parallel;
    RealEngine engine{o};
    engine.set_temperatures(std::vector<double>(3, 0.0));
    engine.set_spins(0, Spins{1, -1}.data());
    engine.set_spins(1, Spins{-1, -1}.data());
    for (int sweep = 1; sweep <= 5; ++sweep) {
      engine.sweep(1);
      const std::int8_t first = sweep % 2 == 0 ? 1 : -1;
      EXPECT_EQ(spins_of(engine, 0), (Spins{first, static_cast<std::int8_t>(-first)}));
      EXPECT_EQ(spins_of(engine, 1), (Spins{-1, -1}));
      EXPECT_EQ(spins_of(engine, 2), (Spins{1, 1}));
    }
  }
}

// Where no number decides: without a temperature, spins that feel nothing stay, whatever the seed.
TEST(RealEngine, HeatBathWithoutTemperatureKnowsNoSeed) {
  for (const Storage storage : storages) {
    for (const RealDynamics dynamics : {RealDynamics::glauber, RealDynamics::parallel}) {
      RealOptions o =
          make_real(torus({12, 12}), 20, storage);  // four bonds of one size often cancel
      o.couplings.assign(o.couplings.size(), 1.0);
      o.fields.assign(o.fields.size(), 0.0);
      o.dynamics = dynamics;
      RealEngine one{o};
      one.randomize();
      o.seed = 77;
      RealEngine other{o};
      other.set_packed(packed_of(one).data());
      for (RealEngine* const engine : {&one, &other}) {
        engine->set_temperatures(std::vector<double>(20, 0.0));
        engine->sweep(3);
      }
      EXPECT_EQ(packed_of(one), packed_of(other));
    }
  }
}

// A ferromagnet of spins without fields would take turns for ever, were none of them lazy.
TEST(RealEngine, SpinsWithoutAFieldAreLazy) {
  for (const Storage storage : storages) {
    RealOptions o = make_real({100, {}}, 64, storage);
    o.fields.assign(100, 0.0);
    RealEngine engine{o};
    std::vector<std::uint64_t> last = packed_of(engine);
    std::int64_t flips = 0;
    for (int sweep = 0; sweep < 100; ++sweep) {
      engine.sweep(1);
      const std::vector<std::uint64_t> now = packed_of(engine);
      for (std::size_t w = 0; w < now.size(); ++w) flips += __builtin_popcountll(now[w] ^ last[w]);
      last = now;
    }
    EXPECT_NEAR(static_cast<double>(flips), 320'000.0, 5 * 400.0);  // 5 standard deviations
  }
}

}  // namespace
}  // namespace multispin::test
