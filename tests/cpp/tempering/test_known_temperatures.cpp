// What is remembered of temperatures, and that forgetting it changes nothing.
#include "multispin/known_temperatures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "multispin/cuda/lattice/engine.hpp"
#include "multispin/cuda/replica/engine.hpp"
#include "support/engines.hpp"
#include "support/replicas.hpp"

namespace multispin::test {
namespace {

TEST(KnownTemperatures, MakesEachValueOnce) {
  KnownTemperatures<double> known;
  int made = 0;
  const auto make = [&](double t) {
    ++made;
    return 10.0 * t;
  };
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 3000; ++i) {
      const double t = 0.5 + 0.001 * i;
      EXPECT_EQ(known.number(t, make), i);
      EXPECT_EQ(known[i], 10.0 * t);
    }
  }
  EXPECT_EQ(made, 3000);
  known.clear();
  EXPECT_EQ(known.number(2.0, make), 0U);
}

TEST(KnownTemperatures, RefusesWhatIsNone) {
  KnownTemperatures<int> known;
  const auto make = [](double) { return 1; };
  for (const double t : {0.0, -0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                         std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(known.number(t, make), std::invalid_argument);
  }
  EXPECT_EQ(known.size(), 0U);
}

// Two replicas, of which one keeps its temperature and the other has had thousands.
template <class E>
void expect_fresh(E& old, E& fresh) {
  for (int i = 0; i < 5000; ++i) old.set_temperatures(std::vector<double>{2.5, 1.0 + 0.001 * i});
  for (E* const engine : {&old, &fresh}) engine->set_temperatures(std::vector<double>{2.5, 1.75});
  EXPECT_THROW(old.set_temperatures(std::vector<double>{1.5, -1.0}), std::invalid_argument);
  EXPECT_EQ(old.temperatures()[0], 2.5) << "a refused call changes nothing";
  Sums sums[2], expected[2];
  for (E* const engine : {&old, &fresh}) engine->randomize();
  old.run(1, 3, sums);
  fresh.run(1, 3, expected);
  for (int r = 0; r < 2; ++r) EXPECT_TRUE(sums[r] == expected[r]);
}

TEST(KnownTemperatures, ManyInOneEngineAreForgotten) {
  LatticeOptions lattice = make_options(16, 32, Generator::philox);
  lattice.replicas = 2;
  const ReplicaOptions replicas = make_replicas(torus({4, 4, 4}), 2, Generator::philox);
  {
    LatticeEngine old{lattice}, fresh{lattice};
    expect_fresh(old, fresh);
  }
  {
    ReplicaEngine old{replicas}, fresh{replicas};
    expect_fresh(old, fresh);
  }
  {
    cuda::LatticeEngine old{lattice, 0}, fresh{lattice, 0};
    expect_fresh(old, fresh);
  }
  cuda::ReplicaEngine old{replicas, 0}, fresh{replicas, 0};
  expect_fresh(old, fresh);
}

}  // namespace
}  // namespace multispin::test
