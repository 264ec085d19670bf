// Bad input to the engine of real couplings: a typed error that names the argument, says what was
// given and what is allowed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/expect_message.hpp"
#include "support/real.hpp"

namespace multispin::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double most = std::numeric_limits<double>::max();

RealOptions good(std::int64_t replicas = 4) {
  return make_real(torus({3, 4}), replicas, Storage::sparse);
}

void expect_refused(RealOptions options, const std::vector<std::string>& parts) {
  for (const Storage storage : storages) {
    options.storage = storage;
    expect_message([&] { RealEngine{options}; }, parts);
  }
}

TEST(RealErrors, Sites) {
  for (const std::int64_t sites : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 28}) {
    RealOptions o = good();
    o.edges.clear();
    o.couplings.clear();
    o.sites = sites;
    expect_refused(o, {"sites", std::to_string(sites), "2^28"});
  }
}

TEST(RealErrors, Edges) {
  RealOptions o = good();
  for (const GraphEdge bad : {GraphEdge{5, 12}, GraphEdge{12, 5}, GraphEdge{7, 7}}) {
    o.edges[3] = bad;
    expect_refused(o, {"edges", std::to_string(bad.first), std::to_string(bad.second), "0 to 11"});
  }
}

TEST(RealErrors, AllPairs) {
  RealOptions o = good();
  o.all_pairs = true;
  expect_refused(o, {"edges", std::to_string(o.edges.size()), "beside all pairs"});
  o.edges.clear();
  expect_refused(o, {"couplings", std::to_string(o.couplings.size()), "allowed: 66"});
}

TEST(RealErrors, Counts) {
  for (const int count : {0, -1}) {
    RealOptions o = good();
    o.replicas = count;
    expect_refused(o, {"replicas", std::to_string(count), "multiple"});
    o = good();
    o.samples = count;
    expect_refused(o, {"replicas", "disorder samples"});
    o = good();
    o.threads = count;
    expect_refused(o, {"threads", std::to_string(count), "at least 1"});
  }
  RealOptions o = good(7);
  o.samples = 3;
  expect_refused(o, {"replicas", "got 7", "multiple of the 3"});
}

TEST(RealErrors, Streams) {
  constexpr std::uint64_t end = std::uint64_t{1} << 22;
  for (const std::uint64_t first : {end - 3, end, ~std::uint64_t{0}, ~std::uint64_t{0} - 3}) {
    RealOptions o = good();
    o.first_stream = first;
    expect_refused(o, {"first_stream", std::to_string(first), "4 replicas", "2^22"});
  }
  RealOptions o = good();
  o.first_stream = end - 4;
  EXPECT_NO_THROW(RealEngine{o});
  o.first_stream = 0;
  o.replicas = static_cast<std::int64_t>(end) + 1;
  expect_refused(o, {"first_stream", "2^22"});
}

TEST(RealErrors, CouplingsAndFields) {
  RealOptions o = good();
  o.couplings.pop_back();
  expect_refused(o, {"couplings", std::to_string(o.couplings.size()), "each edge and sample"});
  o = good();
  o.samples = 2;
  expect_refused(o, {"couplings", std::to_string(o.couplings.size()), "each edge and sample"});
  o = good();
  o.fields.push_back(1);
  expect_refused(o, {"fields", "got 13", "12", "each site"});
  for (const double bad : {nan, infinity, -infinity}) {
    o = good();
    o.couplings[5] = bad;
    expect_refused(o, {"couplings", std::to_string(bad), "at 5", "finite"});
    o = good();
    o.fields[6] = bad;
    expect_refused(o, {"fields", std::to_string(bad), "at 6", "finite"});
  }
}

TEST(RealErrors, SumsThatAreNotFinite) {
  RealOptions o = good();
  o.couplings[0] = o.couplings[1] = most;  // of different sites, or together two of one site
  o.fields.assign(o.fields.size(), most);
  expect_refused(o, {"couplings", "add up", "finite"});
  o.fields.assign(o.fields.size(), 0.0);
  o.couplings.assign(o.couplings.size(), most / 4.01);
  EXPECT_NO_THROW(RealEngine{o});
}

TEST(RealErrors, SumsThatAreTooSmallForSteps) {
  RealOptions o = good();
  o.fields.assign(o.fields.size(), 0.0);
  for (const double tiny : {5e-324, 1e-310, 1e-293}) {
    o.couplings.assign(o.couplings.size(), 0.0);
    o.couplings[0] = tiny;
    expect_refused(o, {"couplings", "add up", "1e-292"});
  }
  o.couplings[0] = 1e-292;
  const RealEngine engine{o};
  EXPECT_GT(engine.step(), 0.0);
  EXPECT_LE(engine.rounding_error(), 0.5 * engine.step());
}

TEST(RealErrors, InstructionSetThatCannotRun) {
  RealOptions o = good();
  o.isa = static_cast<Isa>(99);
  expect_refused(o, {"isa"});
}

// A temperature of zero is one.
TEST(RealErrors, Temperatures) {
  RealEngine engine{good(2)};
  engine.set_temperatures(std::vector<double>{0.0, 2.0});
  for (const double bad : {-1.0, -1e-300, nan, infinity}) {
    expect_message([&] { engine.set_temperatures(std::vector<double>{3.0, bad}); },
                   {"temperature", "above 0"});
  }
  expect_message([&] { engine.set_temperatures(std::vector<double>{3.0}); },
                 {"temperature", "got 1", "2"});
  EXPECT_EQ(engine.temperatures()[0], 0.0);  // a refused call changes nothing
  EXPECT_EQ(engine.temperatures()[1], 2.0);
}

TEST(RealErrors, RefusedCouplingsChangeNothing) {
  const RealOptions o = good();
  for (const Storage storage : storages) {
    RealOptions options = o;
    options.storage = storage;
    RealEngine engine{options}, same{options};
    prepare(engine);
    prepare(same);
    const std::vector<double> couplings(o.couplings.size(), 1.0), fields(o.fields.size(), most);
    const auto with = [](std::vector<double> values, double bad) {
      values[1] = bad;
      return values;
    };
    const auto refuse = [&](const std::vector<double>& J, const std::vector<double>& h,
                            const std::vector<std::string>& parts) {
      expect_message([&] { engine.set_couplings(J, h); }, parts);
    };
    refuse(with(couplings, nan), o.fields, {"couplings", "finite"});
    refuse(couplings, with(fields, infinity), {"fields", "finite"});
    refuse({1.0, 2.0}, o.fields, {"couplings", "got 2"});
    refuse(couplings, {}, {"fields", "got 0"});
    refuse(with(couplings, most), with(fields, most), {"couplings", "add up"});
    engine.sweep(3);
    same.sweep(3);
    EXPECT_EQ(engine.step(), same.step());
    EXPECT_EQ(engine.rounding_error(), same.rounding_error());
    EXPECT_EQ(packed_of(engine), packed_of(same));
    EXPECT_EQ(sums_of(engine), sums_of(same));
  }
}

TEST(RealErrors, Spins) {
  RealEngine engine{good()};
  engine.randomize();
  const std::vector<std::uint64_t> before = packed_of(engine);
  for (const int bad : {0, 2, -2, 127, -128}) {
    Spins spins(12, 1);
    spins[7] = static_cast<std::int8_t>(bad);
    expect_message([&] { engine.set_spins(1, spins.data()); }, {"init", std::to_string(bad)});
  }
  EXPECT_EQ(packed_of(engine), before);
}

}  // namespace
}  // namespace multispin::test
