// Several draws at a time, in which groups of samples go on threads of their own: what comes out is
// what one draw after the other gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/tempered.hpp"

namespace multispin::test {
namespace {

std::vector<Draw> draws_at_once(Tempered& tempered, const Ladders& setup, std::size_t count) {
  std::vector<Draw> draws(count, Draw{setup});
  std::vector<TemperingRecord> records;
  for (Draw& one : draws) records.push_back(one.record());
  EXPECT_TRUE(tempered.tempering.draw_all(records));
  return draws;
}

// 576 walkers are bundles of 256, 256 and 64 on several threads. Samples of 64 and 32 walkers make
// three groups of them; of 96 or 192 one, and then there is nothing to share out.
TEST(Tempering, SeveralDrawsAtOnceAreThoseOneByOne) {
  for (const std::int64_t samples : {9, 6, 3, 18}) {
    Ladders setup;
    setup.samples = samples;
    setup.temperatures = {0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7};
    setup.ladders = 576 / (samples * 8);
    setup.exchanges_per_draw = 2;
    Tempered one_by_one{setup};
    std::vector<Draw> expected;
    for (int i = 0; i < 9; ++i) expected.push_back(draw(one_by_one, setup));
    for (const int threads : {1, 2, 3}) {
      setup.threads = threads;
      Tempered at_once{setup};
      std::vector<Draw> draws = draws_at_once(at_once, setup, 4);
      draws.push_back(draw(at_once, setup));  // the two ways follow each other
      for (Draw& one : draws_at_once(at_once, setup, 4)) draws.push_back(std::move(one));
      EXPECT_TRUE(draws == expected) << samples << " samples, " << threads << " threads";
      EXPECT_TRUE(at_once.tempering.state() == one_by_one.tempering.state());
      EXPECT_EQ(at_once.engine.sweeps_done(), one_by_one.engine.sweeps_done());
      EXPECT_TRUE(packed_of(at_once.engine) == packed_of(one_by_one.engine));
      EXPECT_TRUE(
          std::ranges::equal(at_once.engine.temperatures(), one_by_one.engine.temperatures()));
    }
  }
}

TEST(Tempering, SeveralDrawsAtOnceGoOnFromBetweenExchanges) {
  Ladders setup;
  setup.samples = 6;
  setup.temperatures = {0.6, 0.8, 1.0, 1.3};
  setup.ladders = 16;
  setup.swap_interval = 3;
  setup.exchanges_per_draw = 2;
  setup.threads = 2;
  Tempered stopped{setup}, again{setup};
  for (Tempered* one : {&stopped, &again}) one->engine.sweep(4);  // past the first exchange
  std::vector<Draw> one_by_one;
  for (int i = 0; i < 3; ++i) one_by_one.push_back(draw(again, setup));
  EXPECT_TRUE(draws_at_once(stopped, setup, 3) == one_by_one);
  EXPECT_TRUE(stopped.tempering.state() == again.tempering.state());
  EXPECT_EQ(stopped.engine.sweeps_done(), again.engine.sweeps_done());
  EXPECT_TRUE(packed_of(stopped.engine) == packed_of(again.engine));
}

}  // namespace
}  // namespace multispin::test
