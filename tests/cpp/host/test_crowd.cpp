// How many threads are let in, by a clock of the tests' own.
#include "host/crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace multispin {
namespace {

using std::chrono::milliseconds;

Crowd::Clock::time_point now_here;

Crowd::Clock::time_point clock_here() {
  return now_here;
}

class CrowdTest : public ::testing::Test {
 protected:
  void SetUp() override { now_here = Crowd::Clock::time_point(std::chrono::hours(1)); }

  Crowd crowd_{&clock_here};
};

TEST_F(CrowdTest, LetsEverybodyInAtFirst) {
  EXPECT_EQ(crowd_.seats(1), 1);
  EXPECT_EQ(crowd_.seats(64), 64);
}

TEST_F(CrowdTest, OneFewerUntilThePauseIsOver) {
  crowd_.stalled(4);
  EXPECT_EQ(crowd_.seats(4), 3);
  EXPECT_EQ(crowd_.opens(), now_here + Crowd::shortest);
  now_here += Crowd::shortest - milliseconds(1);
  EXPECT_EQ(crowd_.seats(4), 3);
  EXPECT_EQ(crowd_.seats(2), 2);
  now_here += milliseconds(1);
  EXPECT_EQ(crowd_.seats(4), 4);
}

TEST_F(CrowdTest, LetsThemInOneByOne) {
  crowd_.stalled(4);
  crowd_.stalled(3);
  crowd_.stalled(2);
  EXPECT_EQ(crowd_.seats(4), 1);
  for (const int seats : {2, 3, 4}) {
    now_here = crowd_.opens();
    EXPECT_EQ(crowd_.seats(4), seats);
    EXPECT_EQ(crowd_.seats(4), seats) << "and no more at once";
  }
}

TEST_F(CrowdTest, HearsOfTheSameOnlyOnce) {
  crowd_.stalled(4);
  crowd_.stalled(4);
  EXPECT_EQ(crowd_.seats(4), 3);
}

TEST_F(CrowdTest, NobodyWaitsAlone) {
  crowd_.stalled(1);
  crowd_.stalled(0);
  EXPECT_EQ(crowd_.seats(1), 1);
  EXPECT_EQ(crowd_.seats(2), 2);
}

TEST_F(CrowdTest, OneIsLonelyOnceAPauseIsLong) {
  EXPECT_TRUE(crowd_.lonely(1));
  EXPECT_FALSE(crowd_.lonely(2));
  for (auto pause = Crowd::shortest; pause <= Crowd::lasting; pause *= 2) {
    crowd_.stalled(2);
    EXPECT_EQ(crowd_.lonely(2), pause == Crowd::lasting);
    now_here = crowd_.opens();
    EXPECT_FALSE(crowd_.lonely(2)) << "as somebody is let in";
  }
}

TEST_F(CrowdTest, PausesGrowWhileItGoesOn) {
  for (auto pause = Crowd::shortest; pause < 4 * Crowd::longest; pause *= 2) {
    crowd_.stalled(2);
    EXPECT_EQ(crowd_.opens() - now_here, std::min<Crowd::Duration>(pause, Crowd::longest));
    now_here = crowd_.opens();
    EXPECT_EQ(crowd_.seats(2), 2);
    now_here += milliseconds(1);
  }
  now_here += 2 * Crowd::longest;
  crowd_.stalled(2);
  EXPECT_EQ(crowd_.opens() - now_here, Crowd::shortest);
}

}  // namespace
}  // namespace multispin
