// Observables against the same sums over plain +1/-1 arrays.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "support/engines.hpp"

namespace multispin::test {
namespace {

struct Shape {
  std::int64_t rows, columns, planes = 1;
};

constexpr Shape shapes[] = {
    {2, 2},    {4, 6},    {6, 128},   {4, 148},   {8, 384},    {4, 130},    {6, 768},
    {2, 1152}, {2, 2, 2}, {6, 10, 4}, {4, 6, 10}, {2, 148, 6}, {4, 384, 2}, {6, 256, 4},
};

std::vector<std::int64_t> naive_correlation(const Spins& spins, const model::Lattice& l, int axis) {
  const auto at = [&](std::int64_t z, std::int64_t r, std::int64_t c) {
    const std::int64_t row = z % l.planes * l.rows + r % l.rows;
    return spins[static_cast<std::size_t>(row * l.columns + c % l.columns)];
  };
  std::vector<std::int64_t> sums;
  for (std::int64_t d = 0; d <= l.side(axis) / 2; ++d) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < l.spins(); ++i) {
      const std::int64_t z = i / l.columns / l.rows, r = i / l.columns % l.rows, c = i % l.columns;
      sum += at(z, r, c) *
             at(z + (axis == 0 ? d : 0), r + (axis == 1 ? d : 0), c + (axis == 2 ? d : 0));
    }
    sums.push_back(sum);
  }
  return sums;
}

TEST(Observables, Correlation) {
  for (const auto& [rows, columns, planes] : shapes) {
    for (const int threads : {1, 3}) {
      LatticeOptions options = make_cubic(planes, rows, columns);
      options.threads = threads;
      LatticeEngine engine{options};
      engine.randomize();
      const Spins spins = spins_of(engine);
      for (const int axis : {0, 1, 2}) {
        const std::int64_t side = engine.lattice().side(axis);
        std::vector<std::int64_t> sums(static_cast<std::size_t>(side / 2 + 1));
        engine.correlation(0, axis, sums.data());
        EXPECT_EQ(sums, naive_correlation(spins, engine.lattice(), axis))
            << describe(options) << ", axis " << axis;
      }
    }
  }
}

// In three dimensions, of every plane.
TEST(Observables, BlockAverage) {
  for (const auto& [rows, columns, planes] : shapes) {
    LatticeEngine engine{make_cubic(planes, rows, columns)};
    engine.randomize();
    const Spins spins = spins_of(engine);
    for (std::int64_t height = 1; height <= rows; ++height) {
      for (std::int64_t width = 2; width <= columns; width += 2) {
        if (rows % height != 0 || columns % width != 0) continue;
        const std::int64_t across = columns / width;
        std::vector<float> means(static_cast<std::size_t>(planes * rows / height * across));
        engine.block_average(0, height, width, means.data());
        std::vector<std::int64_t> sums(means.size());
        for (std::int64_t i = 0; i < planes * rows * columns; ++i) {
          const std::int64_t block = i / columns / height * across + i % columns / width;
          sums[static_cast<std::size_t>(block)] += spins[static_cast<std::size_t>(i)];
        }
        for (std::size_t i = 0; i < sums.size(); ++i) {
          ASSERT_NEAR(means[i], static_cast<double>(sums[i]) / static_cast<double>(height * width),
                      1e-6)
              << describe(engine.options()) << " in " << height << " x " << width;
        }
      }
    }
  }
}

// A run measures what one would by sweeping and measuring oneself.
TEST(Observables, RunMeasuresAfterEveryInterval) {
  for (const Isa isa : available_isas()) {
    LatticeOptions options = make_options(6, 320);
    options.replicas = 3;
    options.isa = isa;
    LatticeEngine recorded{options}, stepped{options};
    for (LatticeEngine* engine : {&recorded, &stepped}) {
      engine->set_temperatures(std::vector<double>{1.5, 2.3, 4.0});
      engine->randomize();
    }
    constexpr std::size_t draws = 5;
    std::vector<Sums> sums(draws * 3);
    recorded.run(draws, 4, sums.data());
    for (std::size_t draw = 0; draw < draws; ++draw) {
      stepped.sweep(4);
      for (std::size_t r = 0; r < 3; ++r) {
        const Spins spins = spins_of(stepped, static_cast<std::int64_t>(r));
        EXPECT_EQ(sums[3 * draw + r], naive_sums(spins, options.rows, options.columns));
      }
    }
    EXPECT_EQ(recorded.sweeps_done(), stepped.sweeps_done());
  }
}

// No sweeps between measurements: all of them see the same spins.
TEST(Observables, RunMayOnlyMeasure) {
  for (const int threads : {1, 4}) {
    LatticeOptions options = make_options(1024, 1024);
    options.threads = threads;
    LatticeEngine engine{options};
    engine.randomize();
    std::vector<Sums> sums(3);
    engine.run(3, 0, sums.data());
    EXPECT_EQ(sums, std::vector<Sums>(3, sums_of(engine)));
    EXPECT_EQ(engine.sweeps_done(), 0U);
  }
}

// Intervals longer than the pieces in which a run is done, as long, and shorter.
TEST(Observables, IntervalsAreOfAnyNumberOfPieces) {
  for (const auto& [replicas, threads] : {std::pair{1, 1}, {1, 2}, {3, 1}, {2, 3}}) {
    LatticeOptions options = make_options(512, 512);
    options.replicas = replicas;
    options.threads = threads;
    LatticeEngine engine{options}, other{options};
    for (LatticeEngine* e : {&engine, &other}) {
      e->set_temperatures(std::vector<double>(static_cast<std::size_t>(replicas), 3.0));
    }
    for (const std::uint64_t interval : {1U, 2U, 3U, 4U, 7U, 100U}) {
      std::vector<Sums> sums(static_cast<std::size_t>(5 * replicas)), expected;
      engine.run(5, interval, sums.data());
      for (int draw = 0; draw < 5; ++draw) {
        for (std::uint64_t i = 0; i < interval; ++i) other.sweep(1);
        std::vector<Sums> now(static_cast<std::size_t>(replicas));
        other.sums(now.data());
        expected.insert(expected.end(), now.begin(), now.end());
      }
      EXPECT_EQ(sums, expected) << interval << " sweeps of " << describe(options);
    }
    EXPECT_EQ(engine.sweeps_done(), other.sweeps_done());
    EXPECT_EQ(packed_of(engine), packed_of(other));
  }
}

}  // namespace
}  // namespace multispin::test
