// Tempering over engines of all families and devices: lattices against exchanges driven by hand,
// GPUs against CPUs. Equality is exact.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "multispin/cuda/lattice/engine.hpp"
#include "multispin/cuda/replica/engine.hpp"
#include "multispin/engine.hpp"
#include "multispin/tempering.hpp"
#include "support/engines.hpp"
#include "support/expect_message.hpp"
#include "support/slowness.hpp"
#include "support/tempered.hpp"

namespace multispin::test {
namespace {

static_assert(Engine<LatticeEngine>);
static_assert(Engine<ReplicaEngine>);
static_assert(Engine<cuda::LatticeEngine>);
static_assert(Engine<cuda::ReplicaEngine>);

// Lattices have one sample.
Ladders ladders_of(std::vector<std::int64_t> shape) {
  Ladders setup;
  setup.shape = std::move(shape);
  setup.samples = 1;
  setup.temperatures = {1.8, 2.1, 2.4, 2.9};
  setup.swap_interval = 2;
  return setup;
}

LatticeOptions lattice_of(const Ladders& setup, double J, double h) {
  const std::vector<std::int64_t>& shape = setup.shape;
  LatticeOptions o = make_cubic(shape.size() == 3 ? shape[0] : 1, shape[shape.size() - 2],
                                shape.back(), Generator::philox);
  o.replicas = setup.ladders * static_cast<std::int64_t>(setup.temperatures.size());
  o.J = J;
  o.h = h;
  return o;
}

// Sweeps, energies, the ladder, temperatures: what a draw is, one after the other.
struct ByHand {
  ByHand(const Ladders& setup, const LatticeOptions& o)
      : engine(o),
        ladder(setup.temperatures, setup.ladders, 1, o.replicas, tempering_of(setup).seed) {
    engine.randomize();
    set_temperatures();
  }
  void set_temperatures() {
    std::vector<double> t;
    for (std::int64_t r = 0; r < engine.options().replicas; ++r)
      t.push_back(ladder.temperature_of(r));
    engine.set_temperatures(t);
  }
  // Energies by walker, before the exchange.
  std::vector<double> step(std::uint64_t sweeps) {
    engine.sweep(sweeps);
    std::vector<double> energies;
    for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
      const Sums sums = naive_sums(spins_of(engine, r), engine.options().rows,
                                   engine.options().columns, engine.options().planes);
      energies.push_back(-engine.options().J * static_cast<double>(sums.bonds) -
                         engine.options().h * static_cast<double>(sums.spins));
    }
    ladder.exchange(energies);
    set_temperatures();
    return energies;
  }
  LatticeEngine engine;
  Ladder ladder;
};

void expect_by_hand(const Ladders& setup, const LatticeOptions& options) {
  ByHand by_hand{setup, options};
  LatticeEngine engine{options};
  Tempering tempering{engine, tempering_of(setup), setup.shape};
  engine.randomize();
  for (int draws = 0; draws < 12; ++draws) {
    const LadderState before = by_hand.ladder.state();
    const std::vector<double> energies = by_hand.step(setup.swap_interval);
    Draw drawn{setup};
    ASSERT_TRUE(tempering.draw(drawn.record()));
    EXPECT_EQ(drawn.temperature_index, before.temperature_index);
    for (std::size_t r = 0; r < energies.size(); ++r) {
      const std::size_t ladder = r / setup.temperatures.size();
      const auto t = static_cast<std::size_t>(before.temperature_index[r]);
      EXPECT_EQ(drawn.energies[t * static_cast<std::size_t>(setup.ladders) + ladder], energies[r]);
    }
    EXPECT_TRUE(tempering.state().ladder == by_hand.ladder.state());
    for (std::size_t r = 0; r < energies.size(); ++r) {
      EXPECT_EQ(engine.temperatures()[r], by_hand.engine.temperatures()[r]);
      const auto replica = static_cast<std::int64_t>(r);
      EXPECT_EQ(packed_of(engine, replica), packed_of(by_hand.engine, replica));
    }
  }
  std::int64_t accepted = 0, refused = 0;
  for (std::size_t gap = 0; gap + 1 < setup.temperatures.size(); ++gap) {
    accepted += by_hand.ladder.state().accepted[gap];
    refused += by_hand.ladder.state().attempted[gap] - by_hand.ladder.state().accepted[gap];
  }
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, 0);
}

TEST(TemperingOfLattices, IsExchangesDrivenByHand) {
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{12, 16}, {4, 6, 10}}) {
    const Ladders setup = ladders_of(shape);
    for (const double J : {1.0, -1.0}) {
      for (const double h : {0.0, 0.3}) expect_by_hand(setup, lattice_of(setup, J, h));
    }
  }
}

// Draws, states and spins.
template <class Cpu, class Gpu>
void expect_equal(Cpu& cpu, Gpu& gpu, const Ladders& setup) {
  Tempering expected{cpu, tempering_of(setup), setup.shape};
  Tempering tempering{gpu, tempering_of(setup), setup.shape};
  cpu.randomize();
  gpu.randomize();
  for (int draws = 0; draws < 6; ++draws) {
    Draw drawn{setup}, drawn_there{setup};
    ASSERT_TRUE(expected.draw(drawn.record()));
    ASSERT_TRUE(tempering.draw(drawn_there.record()));
    EXPECT_TRUE(drawn_there == drawn);
    EXPECT_TRUE(tempering.state() == expected.state());
  }
  const auto sizes = cpu.packed_shape();
  std::size_t count = 1;
  for (const std::int64_t size : sizes) count *= static_cast<std::size_t>(size);
  std::vector<std::uint64_t> words(count), words_there(count);
  cpu.get_packed(words.data());
  gpu.get_packed(words_there.data());
  EXPECT_EQ(words_there, words);
}

TEST(TemperingOnDevices, LatticesGiveTheSame) {
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{12, 16}, {4, 6, 10}}) {
    const Ladders setup = ladders_of(shape);
    const LatticeOptions options = lattice_of(setup, -1.0, 0.3);
    LatticeEngine cpu{options};
    cuda::LatticeEngine gpu{options, 0};
    expect_equal(cpu, gpu, setup);
  }
}

TEST(TemperingOnDevices, ReplicasGiveTheSame) {
  for (const double h : {0.0, 0.4}) {
    Ladders setup;
    setup.h = h;
    setup.exchanges_per_draw = 2;
    ReplicaEngine cpu{glass_of(setup)};
    cuda::ReplicaEngine gpu{glass_of(setup), 0};
    expect_equal(cpu, gpu, setup);
  }
}

TEST(TemperingOnDevices, GoesOnFromAStateElsewhere) {
  const Ladders setup;
  ReplicaEngine cpu{glass_of(setup)};
  cuda::ReplicaEngine gpu{glass_of(setup), 0};
  Tempering there{gpu, tempering_of(setup), setup.shape};
  gpu.randomize();
  for (int draws = 0; draws < 3; ++draws) ASSERT_TRUE(there.draw({}));
  std::vector<std::uint64_t> words(packed_of(cpu).size());
  gpu.get_packed(words.data());
  Tempering here{cpu, tempering_of(setup), setup.shape};
  cpu.set_packed(words.data());
  cpu.set_sweeps_done(gpu.sweeps_done());
  here.set_state(there.state());
  for (int draws = 0; draws < 3; ++draws) {
    Draw drawn{setup}, drawn_there{setup};
    ASSERT_TRUE(here.draw(drawn.record()));
    ASSERT_TRUE(there.draw(drawn_there.record()));
    EXPECT_TRUE(drawn == drawn_there);
  }
}

// A stop anywhere, and then on: lattices complete what they have begun before they count sweeps.
TEST(TemperingOfLattices, AStopLeavesNoTrace) {
  Ladders setup = ladders_of({64, 64});
  setup.swap_interval = 20000 / static_cast<int>(slowness);
  const LatticeOptions options = lattice_of(setup, 1.0, 0.0);
  LatticeEngine engine{options}, other{options};
  Tempering stopped{engine, tempering_of(setup), setup.shape};
  Tempering whole{other, tempering_of(setup), setup.shape};
  engine.randomize();
  other.randomize();
  Draw drawn{setup}, expected{setup};
  int stops = 0;
  while (!stopped.draw(drawn.record(), [] { return true; })) ++stops;
  ASSERT_TRUE(whole.draw(expected.record()));
  EXPECT_GT(stops, 0);
  EXPECT_TRUE(drawn == expected);
  EXPECT_EQ(engine.sweeps_done(), other.sweeps_done());
  EXPECT_TRUE(stopped.state() == whole.state());
}

TEST(TemperingErrors, ClustersWhereThereAreNone) {
  Ladders setup = ladders_of({4, 6});
  setup.cluster_moves = true;
  LatticeEngine lattice{lattice_of(setup, 1.0, 0.0)};
  const Ladders glass;
  cuda::ReplicaEngine replicas{glass_of(glass), 0};
  expect_message([&] { (Tempering{lattice, tempering_of(setup), {}}); }, {"cluster_moves"});
  Ladders clusters = glass;
  clusters.cluster_moves = true;
  expect_message([&] { (Tempering{replicas, tempering_of(clusters), {}}); },
                 {"cluster_moves", "replica engine on the CPU"});
}

}  // namespace
}  // namespace multispin::test
