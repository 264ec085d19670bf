// Bad input to the replica engine: a typed error that names the argument, says what was given and
// what is allowed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/expect_message.hpp"
#include "support/replicas.hpp"

namespace multispin::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

ReplicaOptions good(std::int64_t replicas = 4) {
  return make_replicas(torus({3, 4}), replicas);
}

void expect_refused(const ReplicaOptions& options, const std::vector<std::string>& parts) {
  expect_message([&] { ReplicaEngine{options}; }, parts);
}

TEST(ReplicaErrors, Sites) {
  for (const std::int64_t sites : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 28}) {
    ReplicaOptions o = good();
    o.edges.clear();
    o.signs.clear();
    o.sites = sites;
    expect_refused(o, {"sites", std::to_string(sites), "2^28"});
  }
}

TEST(ReplicaErrors, Edges) {
  ReplicaOptions o = good();
  o.edges[3] = {5, 12};
  expect_refused(o, {"edges", "5", "12", "0 to 11"});
  o.edges[3] = {12, 5};
  expect_refused(o, {"edges", "5", "12", "0 to 11"});
  o.edges[3] = {7, 7};
  expect_refused(o, {"edges", "site 7", "its own neighbour"});
}

// Twelve bonds are allowed, at the same two sites or not; more for Metropolis without a field.
TEST(ReplicaErrors, TooManyEdgesOfASite) {
  Graph graph{14, {}};
  for (std::uint32_t i = 1; i <= 11; ++i) graph.edges.push_back({i, 0});
  graph.edges.push_back({1, 0});
  const auto others = [&] {
    std::vector<ReplicaOptions> all(3, make_replicas(graph, 1));
    all[0].h = 0.5;
    all[1].dynamics = Dynamics::glauber;
    all[2].shared_random_numbers = true;
    return all;
  };
  for (const ReplicaOptions& o : others()) EXPECT_NO_THROW(ReplicaEngine{o});
  graph.edges.push_back({0, 12});
  EXPECT_NO_THROW(ReplicaEngine{make_replicas(graph, 1)});
  for (const ReplicaOptions& o : others()) {
    expect_refused(o, {"edges", "more than 12 of site 0", "at most 12"});
  }
  expect_refused(make_replicas(hubs({131072}), 1), {"more than 131071 of site 0"});
}

TEST(ReplicaErrors, Counts) {
  for (const int count : {0, -1}) {
    ReplicaOptions o = good();
    o.replicas = count;
    expect_refused(o, {"replicas", std::to_string(count), "multiple"});
    o = good();
    o.samples = count;
    expect_refused(o, {"replicas", "disorder samples"});
    o = good();
    o.threads = count;
    expect_refused(o, {"threads", std::to_string(count), "at least 1"});
  }
  ReplicaOptions o = good(7);
  o.samples = 3;
  o.signs = random_signs(3 * o.edges.size());
  expect_refused(o, {"replicas", "got 7", "multiple of the 3"});
}

TEST(ReplicaErrors, Streams) {
  constexpr std::uint64_t end = std::uint64_t{1} << 26;
  for (const std::uint64_t first : {end - 3, end, ~std::uint64_t{0}, ~std::uint64_t{0} - 3}) {
    ReplicaOptions o = good();
    o.first_stream = first;
    expect_refused(o, {"first_stream", std::to_string(first), "4 replicas", "2^26"});
  }
  ReplicaOptions o = good();
  o.first_stream = end - 4;
  EXPECT_NO_THROW(ReplicaEngine{o});
  o.first_stream = 0;
  o.replicas = static_cast<std::int64_t>(end) + 1;
  expect_refused(o, {"first_stream", "2^26"});
}

TEST(ReplicaErrors, SharedRandomNumbersOfOneDisorderSample) {
  ReplicaOptions o = good();
  o.shared_random_numbers = true;
  expect_refused(o, {"shared_random_numbers", "one replica each"});
  o.replicas = 1;
  EXPECT_NO_THROW(ReplicaEngine{o});
}

TEST(ReplicaErrors, Signs) {
  ReplicaOptions o = good();
  o.signs.pop_back();
  expect_refused(o, {"signs", std::to_string(o.signs.size()), "one for each edge and sample"});
  o = with_own_signs(good());
  o.signs.push_back(1);
  expect_refused(o, {"signs", std::to_string(o.signs.size()), "one for each edge and sample"});
  for (const int bad : {0, 2, -2, 127, -128}) {
    o = good();
    o.signs[5] = static_cast<std::int8_t>(bad);
    expect_refused(o, {"signs", "+1 and -1"});
  }
}

TEST(ReplicaErrors, Couplings) {
  for (const double bad : {0.0, -1.0, nan, infinity, -infinity}) {
    ReplicaOptions o = good();
    o.J = bad;
    expect_refused(o, {"J", "finite", "above 0"});
    if (std::isfinite(bad)) continue;
    o = good();
    o.h = bad;
    expect_refused(o, {"h", "finite"});
  }
}

TEST(ReplicaErrors, InstructionSetThatCannotRun) {
  ReplicaOptions o = good();
  o.isa = static_cast<Isa>(99);
  expect_refused(o, {"isa"});
}

TEST(ReplicaErrors, Temperatures) {
  ReplicaEngine engine{good(2)};
  engine.set_temperatures(std::vector<double>{1.0, 2.0});
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    expect_message([&] { engine.set_temperatures(std::vector<double>{3.0, bad}); },
                   {"temperature", "above 0"});
  }
  expect_message([&] { engine.set_temperatures(std::vector<double>{3.0}); },
                 {"temperature", "got 1", "2"});
  EXPECT_EQ(engine.temperatures()[0], 1.0);  // a refused call changes nothing
  EXPECT_EQ(engine.temperatures()[1], 2.0);
}

TEST(ReplicaErrors, SeveralTemperaturesForSharedRandomNumbers) {
  ReplicaOptions o = with_own_signs(good());
  o.shared_random_numbers = true;
  ReplicaEngine engine{o};
  expect_message([&] { engine.set_temperatures(std::vector<double>{2.0, 2.0, 2.5, 2.0}); },
                 {"temperature", "shared_random_numbers"});
  EXPECT_EQ(engine.temperatures()[0], 1.0);
}

TEST(ReplicaErrors, Spins) {
  ReplicaEngine engine{good()};
  engine.randomize();
  const std::vector<Spins> before = all_spins(engine);
  for (const int bad : {0, 2, -2, 127, -128}) {
    Spins spins(12, 1);
    spins[7] = static_cast<std::int8_t>(bad);
    expect_message([&] { engine.set_spins(1, spins.data()); }, {"init", std::to_string(bad)});
  }
  EXPECT_EQ(all_spins(engine), before);
}

}  // namespace
}  // namespace multispin::test
