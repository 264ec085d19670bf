// Golden trajectories of the engine of real couplings: a change of one of these numbers is a change
// of every user's results. It has to be meant, and belongs in docs/trajectory.md and in the change
// log.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/hash.hpp"
#include "support/real.hpp"

namespace multispin::test {
namespace {

enum class Kind { pairs, edges, samples };

struct Golden {
  Generator generator;
  RealDynamics dynamics;
  SiteOrder order;
  Kind kind;
  const char *start, *after_ten_sweeps;  // hashes of the packed words
};

constexpr Golden golden[] = {
    {Generator::aes, RealDynamics::metropolis, SiteOrder::fixed, Kind::pairs, "466bb5ba2b8c21eb",
     "7e02b535d3f039ba"},
    {Generator::aes, RealDynamics::metropolis, SiteOrder::random, Kind::edges, "9adab4cf10d3fc1f",
     "a3b7e377c601796a"},
    {Generator::aes, RealDynamics::glauber, SiteOrder::fixed, Kind::samples, "9adab4cf10d3fc1f",
     "835d384938e428ed"},
    {Generator::aes, RealDynamics::glauber, SiteOrder::random, Kind::pairs, "466bb5ba2b8c21eb",
     "9eeae4adba4b3a1f"},
    {Generator::aes, RealDynamics::parallel, SiteOrder::fixed, Kind::edges, "9adab4cf10d3fc1f",
     "dc47bdea4f369a0f"},
    {Generator::philox, RealDynamics::metropolis, SiteOrder::fixed, Kind::pairs, "466bb5ba2b8c21eb",
     "89551eb133c7ed94"},
    {Generator::philox, RealDynamics::metropolis, SiteOrder::random, Kind::edges,
     "9adab4cf10d3fc1f", "c20eb086960dfee1"},
    {Generator::philox, RealDynamics::glauber, SiteOrder::fixed, Kind::samples, "9adab4cf10d3fc1f",
     "3c842cf6c364288c"},
    {Generator::philox, RealDynamics::glauber, SiteOrder::random, Kind::pairs, "466bb5ba2b8c21eb",
     "706b9e01fc74e3d2"},
    {Generator::philox, RealDynamics::parallel, SiteOrder::fixed, Kind::edges, "9adab4cf10d3fc1f",
     "b28d664aaa9acedb"},
};

RealOptions golden_options(const Golden& g) {
  const Graph graph = g.kind == Kind::pairs ? all_pairs(150) : any_pairs(530, 1600);
  RealOptions o =
      make_real(graph, 70, Storage::sparse, g.generator, g.kind == Kind::samples ? 2 : 1);
  o.dynamics = g.dynamics;
  o.order = g.order;
  o.seed = 2025;
  o.first_stream = 3;
  return o;
}

TEST(RealGolden, Trajectories) {
  for (const Golden& g : golden) {
    for (const Isa isa : available_isas()) {
      for (const Storage storage : storages) {
        RealOptions options = golden_options(g);
        options.isa = isa;
        options.storage = storage;
        RealEngine engine{options};
        prepare(engine);
        EXPECT_EQ(hash(packed_of(engine)), g.start) << describe(options);
        engine.sweep(10);
        EXPECT_EQ(hash(packed_of(engine)), g.after_ten_sweeps) << describe(options);
      }
    }
  }
}

}  // namespace
}  // namespace multispin::test
