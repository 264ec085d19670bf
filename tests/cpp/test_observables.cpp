// Observables against the same sums over plain +1/-1 arrays.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "support/engines.hpp"

namespace multispin::test {
namespace {

const std::pair<std::int64_t, std::int64_t> shapes[] = {{2, 2},   {4, 6},   {6, 128}, {4, 148},
                                                        {8, 384}, {4, 130}, {6, 768}, {2, 1152}};

std::vector<std::int64_t> naive_correlation(const Spins& spins, std::int64_t rows,
                                            std::int64_t columns, bool down) {
  std::vector<std::int64_t> sums;
  for (std::int64_t d = 0; d <= (down ? rows : columns) / 2; ++d) {
    std::int64_t sum = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t other =
            down ? (r + d) % rows * columns + c : r * columns + (c + d) % columns;
        sum += spins[static_cast<std::size_t>(r * columns + c)] *
               spins[static_cast<std::size_t>(other)];
      }
    }
    sums.push_back(sum);
  }
  return sums;
}

TEST(Observables, Correlation) {
  for (const auto& [rows, columns] : shapes) {
    for (const int threads : {1, 3}) {
      LatticeOptions options = make_options(rows, columns);
      options.threads = threads;
      LatticeEngine engine{options};
      engine.randomize();
      const Spins spins = spins_of(engine);
      std::vector<std::int64_t> down(static_cast<std::size_t>(rows / 2 + 1));
      std::vector<std::int64_t> along(static_cast<std::size_t>(columns / 2 + 1));
      engine.correlation(0, down.data(), along.data());
      EXPECT_EQ(down, naive_correlation(spins, rows, columns, true)) << describe(options);
      EXPECT_EQ(along, naive_correlation(spins, rows, columns, false)) << describe(options);
    }
  }
}

TEST(Observables, BlockAverage) {
  for (const auto& [rows, columns] : shapes) {
    LatticeEngine engine{make_options(rows, columns)};
    engine.randomize();
    const Spins spins = spins_of(engine);
    for (std::int64_t height = 1; height <= rows; ++height) {
      for (std::int64_t width = 2; width <= columns; width += 2) {
        if (rows % height != 0 || columns % width != 0) continue;
        const std::int64_t across = columns / width;
        std::vector<float> means(static_cast<std::size_t>(rows / height * across));
        engine.block_average(0, height, width, means.data());
        std::vector<std::int64_t> sums(means.size());
        for (std::int64_t i = 0; i < rows * columns; ++i) {
          const std::int64_t block = i / columns / height * across + i % columns / width;
          sums[static_cast<std::size_t>(block)] += spins[static_cast<std::size_t>(i)];
        }
        for (std::size_t i = 0; i < sums.size(); ++i) {
          ASSERT_NEAR(means[i], static_cast<double>(sums[i]) / static_cast<double>(height * width),
                      1e-6)
              << rows << " x " << columns << " in " << height << " x " << width;
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
    std::vector<LatticeSums> sums(draws * 3);
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
    std::vector<LatticeSums> sums(3);
    engine.run(3, 0, sums.data());
    EXPECT_EQ(sums, std::vector<LatticeSums>(3, engine.sums(0)));
    EXPECT_EQ(engine.sweeps_done(), 0U);
  }
}

// An interval longer than the pieces in which a run is done (2^27 spins).
TEST(Observables, LongIntervals) {
  const LatticeOptions options = make_options(256, 256);
  LatticeEngine engine{options}, other{options};
  for (LatticeEngine* e : {&engine, &other}) set_temperature(*e, 3.0);
  std::vector<LatticeSums> sums(2);
  engine.run(2, 3000, sums.data());
  other.sweep(3000);
  EXPECT_EQ(sums[0], other.sums(0));
  for (int i = 0; i < 30; ++i) other.sweep(100);
  EXPECT_EQ(sums[1], other.sums(0));
  EXPECT_EQ(packed_of(engine), packed_of(other));
}

}  // namespace
}  // namespace multispin::test
