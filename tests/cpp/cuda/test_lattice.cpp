// The CUDA engine's own code, compiled for the host: every thread's indices, the plans of launches,
// and the host API, over an emulated device (tests/emulation). The oracle is the engine of the CPU,
// which has its own (test_engine). Equality is exact.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "multispin/cuda/lattice/engine.hpp"
#include "support/engines.hpp"

namespace multispin::test {
namespace {

using CudaEngine = cuda::LatticeEngine;

// Sets an environment variable of the emulated device for as long as it lives.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_{name} {
    setenv(name, value.c_str(), 1);
  }
  ~Setting() { unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

std::vector<std::uint64_t> packed_of(CudaEngine& engine, std::int64_t replica) {
  const std::int64_t each = 2 * engine.lattice().all_rows() * engine.lattice().words;
  std::vector<std::uint64_t> words(static_cast<std::size_t>(engine.options().replicas * each));
  engine.get_packed(words.data());
  const auto first = words.begin() + replica * each;
  return {first, first + each};
}

Spins spins_of(CudaEngine& engine, std::int64_t replica) {
  Spins spins(static_cast<std::size_t>(engine.lattice().spins()));
  engine.get_spins(replica, spins.data());
  return spins;
}

std::vector<Sums> sums_of(CudaEngine& engine) {
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  engine.sums(sums.data());
  return sums;
}

std::vector<double> spread(double temperature, std::int64_t replicas) {
  std::vector<double> temperatures;
  for (std::int64_t r = 0; r < replicas; ++r) {
    temperatures.push_back(temperature * (1.0 + 0.1 * static_cast<double>(r)));
  }
  return temperatures;
}

// A random start, sweeps and measurements, on both.
void expect_equal(const LatticeOptions& options, double temperature) {
  LatticeEngine expected{options};
  CudaEngine engine{options, 0};
  const std::vector<double> temperatures = spread(temperature, options.replicas);
  expected.set_temperatures(temperatures);
  engine.set_temperatures(temperatures);
  expected.randomize();
  engine.randomize();
  std::vector<Sums> sums(static_cast<std::size_t>(2 * options.replicas));
  std::vector<Sums> expected_sums(sums.size());
  ASSERT_TRUE(expected.run(2, 2, expected_sums.data()));
  ASSERT_TRUE(engine.run(2, 2, sums.data()));
  ASSERT_TRUE(engine.sweep(1));
  ASSERT_TRUE(expected.sweep(1));
  EXPECT_EQ(sums, expected_sums) << describe(options);
  const std::vector<Sums> now = sums_of(engine);
  for (std::int64_t r = 0; r < options.replicas; ++r) {
    EXPECT_TRUE(same_spins(test::spins_of(expected, r), spins_of(engine, r), options.columns))
        << describe(options) << ", replica " << r;
    EXPECT_EQ(test::packed_of(expected, r), packed_of(engine, r)) << describe(options);
    EXPECT_EQ(now[static_cast<std::size_t>(r)], test::sums_of(expected, r)) << describe(options);
  }
}

constexpr Physics physics[] = {
    {"critical", Dynamics::metropolis, 1, 0, 2.269},
    {"criticalOfTheCube", Dynamics::metropolis, 1, 0, 4.5115},
    {"antiferromagnet", Dynamics::metropolis, -1, 0, 1.7},
    {"cold", Dynamics::metropolis, 1, 0, 0.05},
    {"alwaysAccepting", Dynamics::metropolis, 1, 0, 1e20},
    {"free", Dynamics::metropolis, 0, 0, 1},
    {"field", Dynamics::metropolis, 1, 0.3, 2.5},
    {"fieldDown", Dynamics::metropolis, -0.7, -1.1, 1.3},
    {"fieldAgainstNeighbours", Dynamics::metropolis, 1, 4, 3},
    {"glauber", Dynamics::glauber, 1, 0, 2.269},
    {"glauberAntiferromagnet", Dynamics::glauber, -1, 0, 1.9},
    {"glauberHot", Dynamics::glauber, 1, 0, 1e12},
    {"glauberField", Dynamics::glauber, 0.5, -2, 1.5},
};

class CudaTrajectory : public ::testing::TestWithParam<std::tuple<Generator, Physics>> {};

TEST_P(CudaTrajectory, IsThatOfTheCpu) {
  const auto& [generator, p] = GetParam();
  // One word a row and more, all lanes and fewer, rows that end strips early; by one block.
  for (const std::int64_t rows : {2, 6, 34}) {
    for (const std::int64_t columns : {2, 4, 6, 94, 126, 128, 130, 148, 256, 378, 384, 640}) {
      expect_equal(with_physics(make_options(rows, columns, generator), p), p.temperature);
    }
  }
  // Enough words for launches of strips, of several heights: 2176, 4352, 16640 words; a block for
  // each replica.
  for (const auto& [rows, columns, replicas] :
       {std::tuple{1088, 256, 1}, {34, 16384, 1}, {130, 16384, 1}, {1088, 256, 11}}) {
    LatticeOptions options = with_physics(make_options(rows, columns, generator), p);
    options.replicas = generator == Generator::philox ? replicas : 1;
    expect_equal(options, p.temperature);
  }
}

TEST_P(CudaTrajectory, IsThatOfTheCpuInACube) {
  const auto& [generator, p] = GetParam();
  // By one block: one strip a plane and several, all lanes and fewer.
  for (const auto& [planes, rows] : {std::pair{2, 2}, {4, 6}, {2, 34}, {6, 4}}) {
    for (const std::int64_t columns : {2, 6, 94, 128, 130, 378, 640}) {
      expect_equal(with_physics(make_cubic(planes, rows, columns, generator), p), p.temperature);
    }
  }
  // By strips, of several heights, which planes end early; a block for each replica.
  for (const auto& [planes, rows, columns, replicas] :
       {std::tuple{32, 34, 256, 1}, {2, 10, 16384, 1}, {2, 66, 16384, 1}, {16, 68, 256, 11}}) {
    LatticeOptions options = with_physics(make_cubic(planes, rows, columns, generator), p);
    options.replicas = generator == Generator::philox ? replicas : 1;
    expect_equal(options, p.temperature);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaTrajectory,
                         ::testing::Combine(::testing::ValuesIn(generators),
                                            ::testing::ValuesIn(physics)),
                         [](const ::testing::TestParamInfo<CudaTrajectory::ParamType>& info) {
                           return ::testing::PrintToString(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param).name;
                         });

// Streams, temperatures and rules of their own: the hottest needs another rule than the others.
TEST(CudaEngine, Replicas) {
  // By blocks; by one block each, as there are replicas for all multiprocessors; by strips, more
  // replicas than a launch takes.
  for (const auto& [rows, columns] : {std::pair{6, 130}, {1088, 256}, {258, 16384}}) {
    for (const std::int64_t replicas : {2, 9}) {
      LatticeOptions options = make_options(rows, columns, Generator::philox);
      options.replicas = replicas;
      options.first_stream = (std::uint64_t{1} << 32) - 2;
      std::vector<double> temperatures = spread(1.5, replicas);
      temperatures.back() = 1e20;
      LatticeEngine expected{options};
      CudaEngine engine{options, 1};
      for (auto set : {0, 1}) {
        if (set == 1) temperatures.front() = 1e20;
        expected.set_temperatures(temperatures);
        engine.set_temperatures(temperatures);
        expected.sweep(3);
        engine.sweep(3);
      }
      for (std::int64_t r = 0; r < replicas; ++r) {
        EXPECT_EQ(test::packed_of(expected, r), packed_of(engine, r)) << replicas << ' ' << r;
      }
    }
  }
}

TEST(CudaEngine, SweepNumbersBeyond32Bits) {
  for (const auto& [rows, columns] : {std::pair{6, 640}, {1088, 256}}) {
    for (const Generator generator : generators) {
      const LatticeOptions options = make_options(rows, columns, generator);
      LatticeEngine expected{options};
      CudaEngine engine{options, 0};
      expected.set_sweeps_done((std::uint64_t{1} << 32) - 2);
      engine.set_sweeps_done((std::uint64_t{1} << 32) - 2);
      expected.sweep(4);
      engine.sweep(4);
      EXPECT_EQ(engine.sweeps_done(), expected.sweeps_done());
      EXPECT_EQ(test::packed_of(expected, 0), packed_of(engine, 0));
    }
  }
}

TEST(CudaEngine, SetsAndGetsSpins) {
  for (const auto& [planes, columns] :
       {std::pair{1, 2}, {1, 94}, {1, 128}, {1, 378}, {1, 640}, {4, 6}, {2, 378}, {6, 640}}) {
    LatticeOptions options = make_cubic(planes, 6, columns, Generator::philox);
    options.replicas = 3;
    LatticeEngine expected{options};
    expected.randomize();
    CudaEngine by_spins{options, 0};
    CudaEngine by_words{options, 0};
    std::vector<std::uint64_t> words;
    for (std::int64_t r = 0; r < 3; ++r) {
      by_spins.set_spins(r, test::spins_of(expected, r).data());
      const std::vector<std::uint64_t> of_one = test::packed_of(expected, r);
      words.insert(words.end(), of_one.begin(), of_one.end());
    }
    for (auto& word : words) word |= ~bits::lane_mask(expected.lattice().lanes);  // rubbish
    by_words.set_packed(words.data());
    for (std::int64_t r = 0; r < 3; ++r) {
      EXPECT_EQ(packed_of(by_spins, r), test::packed_of(expected, r)) << columns;
      EXPECT_EQ(packed_of(by_words, r), test::packed_of(expected, r)) << columns;
    }
    by_words.fill(false);
    expected.fill(false);
    EXPECT_EQ(packed_of(by_words, 2), test::packed_of(expected, 2)) << columns;
  }
}

TEST(CudaEngine, Correlation) {
  for (const auto& [planes, rows, columns] : {std::tuple{1, 2, 2},
                                              {1, 6, 94},
                                              {1, 34, 128},
                                              {1, 10, 378},
                                              {1, 18, 640},
                                              {2, 2, 2},
                                              {6, 4, 378},
                                              {4, 10, 128}}) {
    LatticeOptions options = make_cubic(planes, rows, columns, Generator::philox);
    options.replicas = 2;
    LatticeEngine expected{options};
    CudaEngine engine{options, 0};
    expected.randomize();
    engine.randomize();
    for (const int axis : {0, 1, 2}) {
      const std::int64_t distances = engine.lattice().side(axis) / 2 + 1;
      std::vector<std::int64_t> sums(static_cast<std::size_t>(distances)), expected_sums = sums;
      expected.correlation(1, axis, expected_sums.data());
      engine.correlation(1, axis, sums.data());
      EXPECT_EQ(sums, expected_sums) << describe(options) << ", axis " << axis;
    }
  }
}

TEST(CudaEngine, BlockAverage) {
  for (const std::int64_t planes : {1, 4}) {
    LatticeOptions options = make_cubic(planes, 12, 384, Generator::philox);
    options.replicas = 2;
    LatticeEngine expected{options};
    CudaEngine engine{options, 0};
    expected.randomize();
    engine.randomize();
    for (const auto& [height, width] : {std::pair{1, 2}, {3, 6}, {12, 384}, {4, 64}}) {
      std::vector<float> means(static_cast<std::size_t>(planes * 12 * 384 / (height * width)));
      std::vector<float> expected_means = means;
      expected.block_average(1, height, width, expected_means.data());
      engine.block_average(1, height, width, means.data());
      EXPECT_EQ(means, expected_means) << height << " x " << width;
    }
    EXPECT_THROW(engine.block_average(0, 5, 2, nullptr), std::invalid_argument);
  }
}

TEST(CudaEngine, ArraysOnTheDevice) {
  LatticeOptions options = make_options(6, 378, Generator::philox);  // 3 words in strides of 4
  options.replicas = 2;
  CudaEngine engine{options, 1};
  engine.randomize();
  const cuda::DeviceArray spins = engine.spins();
  const cuda::DeviceArray snapshot = engine.packed(true);
  const cuda::DeviceArray view = engine.packed(false);
  EXPECT_EQ(spins.shape, (std::vector<std::int64_t>{2, 6, 378}));
  EXPECT_EQ(view.shape, (std::vector<std::int64_t>{2, 2, 6, 3}));
  EXPECT_EQ(view.strides, (std::vector<std::int64_t>{48, 24, 4, 1}));
  EXPECT_EQ(view.device, 1);
  std::vector<std::uint64_t> before = packed_of(engine, 0);
  const std::vector<std::uint64_t> second = packed_of(engine, 1);
  before.insert(before.end(), second.begin(), second.end());
  Spins unpacked(static_cast<std::size_t>(spins.size()));
  cuda::copy_to_host(spins, unpacked.data());
  engine.sweep(5);
  std::vector<std::uint64_t> words(before.size());
  cuda::copy_to_host(snapshot, words.data());
  EXPECT_EQ(words, before);
  cuda::copy_to_host(view, words.data());
  EXPECT_NE(words, before);
  std::vector<std::uint64_t> after = packed_of(engine, 1);
  EXPECT_TRUE(std::equal(after.begin(), after.end(), words.begin() + 36));

  // Back in, all replicas and one for all.
  const auto foreign = [](const cuda::DeviceArray& array) {
    return cuda::ForeignArray{static_cast<const std::int8_t*>(array.data), array.shape,
                              cuda::ForeignArray::Filled::by_somebody, nullptr};
  };
  engine.set_spins(foreign(spins));
  EXPECT_EQ(packed_of(engine, 1), second);
  cuda::ForeignArray one = foreign(spins);
  one.shape = {6, 378};
  engine.set_spins(one);
  EXPECT_EQ(packed_of(engine, 1), packed_of(engine, 0));
  EXPECT_EQ(spins_of(engine, 1), Spins(unpacked.begin(), unpacked.begin() + 6 * 378));

  // Not like this; the spins stay.
  const std::vector<std::uint64_t> kept = packed_of(engine, 0);
  one.shape = {378, 6};
  EXPECT_THROW(engine.set_spins(one), std::invalid_argument);
  one = foreign(spins);
  one.data = unpacked.data();
  EXPECT_THROW(engine.set_spins(one), std::invalid_argument) << "the host's memory";
  static_cast<std::int8_t*>(spins.data)[7] = 0;
  EXPECT_THROW(engine.set_spins(foreign(spins)), std::invalid_argument) << "a value of 0";
  CudaEngine elsewhere{options, 0};
  EXPECT_THROW(elsewhere.set_spins(foreign(spins)), std::invalid_argument) << "another device";
  EXPECT_EQ(packed_of(engine, 0), kept);
}

TEST(CudaEngine, ArraysOfACube) {
  LatticeOptions options = make_cubic(4, 6, 378, Generator::philox);
  options.replicas = 2;
  CudaEngine engine{options, 0};
  engine.randomize();
  const cuda::DeviceArray spins = engine.spins();
  const cuda::DeviceArray view = engine.packed(false);
  EXPECT_EQ(spins.shape, (std::vector<std::int64_t>{2, 4, 6, 378}));
  EXPECT_EQ(spins.strides, (std::vector<std::int64_t>{9072, 2268, 378, 1}));
  EXPECT_EQ(view.shape, (std::vector<std::int64_t>{2, 2, 4, 6, 3}));
  EXPECT_EQ(view.strides, (std::vector<std::int64_t>{192, 96, 24, 4, 1}));
  Spins unpacked(static_cast<std::size_t>(spins.size()));
  cuda::copy_to_host(spins, unpacked.data());
  EXPECT_EQ(spins_of(engine, 1), Spins(unpacked.begin() + 9072, unpacked.end()));
  CudaEngine copy{options, 0};
  copy.set_spins({static_cast<const std::int8_t*>(spins.data), spins.shape,
                  cuda::ForeignArray::Filled::by_somebody, nullptr});
  EXPECT_EQ(packed_of(copy, 1), packed_of(engine, 1));
}

TEST(CudaEngine, StopsAtOnceAndGoesOn) {
  const LatticeOptions options = make_options(64, 128, Generator::philox);
  CudaEngine engine{options, 0};
  LatticeEngine expected{options};
  engine.randomize();
  expected.randomize();
  {
    const Setting slow{"MULTISPIN_EMULATED_DELAY", "300"};
    // Each call ends with the question that is answered with yes; no other one follows.
    int asked = 0;
    const auto at_second = [&asked] { return ++asked == 2; };
    EXPECT_FALSE(engine.sweep(1 << 30, at_second));
    EXPECT_EQ(std::exchange(asked, 1), 2);
    std::vector<Sums> sums(3);
    EXPECT_FALSE(engine.run(3, 1, sums.data(), at_second));
    EXPECT_EQ(std::exchange(asked, 1), 2);
    EXPECT_FALSE(engine.finish(at_second));
    EXPECT_EQ(asked, 2);
  }
  EXPECT_TRUE(engine.finish());
  const std::uint64_t sweeps = engine.sweeps_done();
  EXPECT_GT(sweeps, 0U);
  EXPECT_LT(sweeps, 10000U);
  expected.sweep(sweeps);
  EXPECT_EQ(packed_of(engine, 0), test::packed_of(expected, 0));
}

template <class Error, class Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(CudaEngine, RefusesDevices) {
  const LatticeOptions options = make_options(4, 4, Generator::philox);
  const auto make = [&](int device) {
    return message_of<cuda::DeviceError>([&] { CudaEngine{options, device}; });
  };
  EXPECT_NE(make(2).find("allowed are 'cuda:0' to 'cuda:1'"), std::string::npos) << make(2);
  {
    const Setting setting{"MULTISPIN_EMULATED_DRIVER", "0"};
    EXPECT_NE(make(0).find("no driver"), std::string::npos) << make(0);
    EXPECT_TRUE(cuda::devices().empty());
  }
  {
    const Setting setting{"MULTISPIN_EMULATED_DEVICES", "0"};
    EXPECT_NE(make(0).find("no device"), std::string::npos) << make(0);
  }
  {
    const Setting setting{"MULTISPIN_EMULATED_CAPABILITY", "7"};
    EXPECT_NE(make(0).find("unsupported architecture"), std::string::npos) << make(0);
  }
  EXPECT_EQ(cuda::devices().size(), 2U);
}

TEST(CudaEngine, RefusesWhatItCannotHold) {
  LatticeOptions options = make_options(1024, 1024, Generator::philox);
  EXPECT_EQ(cuda::lattice_bytes(1024, 1024, 3), 3U * 1024 * 1024 / 8);
  const Setting setting{"MULTISPIN_EMULATED_MEMORY", "200000"};
  CudaEngine engine{options, 0};
  EXPECT_EQ(cuda::free_memory(1), 200000U);
  const std::string message = message_of<cuda::OutOfMemory>([&] { CudaEngine{options, 0}; });
  EXPECT_NE(message.find("shape: 1 replica of 1024 x 1024: needed 131072"), std::string::npos)
      << message;
  // Nor can it hand out spins; it goes on as if nothing had been asked.
  EXPECT_THROW(engine.spins(), cuda::OutOfMemory);
  EXPECT_THROW(engine.packed(true), cuda::OutOfMemory);
  engine.sweep(1);
  EXPECT_EQ(engine.sweeps_done(), 1U);
  options.columns = 2 * std::int64_t{536870909};  // a prime: one lane, rows of 4 GiB a colour
  EXPECT_THROW((CudaEngine{options, 0}), std::invalid_argument);
  const std::int64_t many = std::int64_t{1} << 20;
  EXPECT_THROW((CudaEngine{make_cubic(many, many, 2), 0}), std::invalid_argument);
}

// A sampler whose half sweep could not be started has spins of no whole sweep, and says so from
// then on; one that only could not be measured goes on.
TEST(CudaEngine, NamesTheKernelThatFailed) {
  for (const auto& [columns, kernel] :
       {std::pair{128, "small_sweeps"}, {8192, "half_sweep"}, {128, "measure"}}) {
    const LatticeOptions options = make_options(64, columns, Generator::philox);
    CudaEngine engine{options, 0};
    std::vector<Sums> sums(1);
    {
      const Setting setting{"MULTISPIN_EMULATED_FAILURE", kernel};
      const std::string message =
          message_of<cuda::DeviceError>([&] { engine.run(1, 1, sums.data()); });
      EXPECT_NE(message.find(kernel), std::string::npos) << message;
    }
    if (std::string{kernel} == "measure") {
      EXPECT_TRUE(engine.run(1, 1, sums.data()));
      continue;
    }
    const auto refused = [](const auto& act) {
      return message_of<cuda::DeviceError>(act).find("make a new one") != std::string::npos;
    };
    EXPECT_TRUE(refused([&] { engine.sweep(1); })) << kernel;
    EXPECT_TRUE(refused([&] { packed_of(engine, 0); })) << kernel;
    EXPECT_TRUE(refused([&] { engine.packed(false); })) << kernel;
    EXPECT_TRUE(refused([&] { sums_of(engine); })) << kernel;
  }
}

TEST(CudaEngine, ChecksItsArguments) {
  EXPECT_THROW((CudaEngine{make_options(3, 4), 0}), std::invalid_argument);
  CudaEngine engine{make_options(4, 4), 0};
  const std::vector<double> temperatures = {1.0, 2.0};
  EXPECT_THROW(engine.set_temperatures(temperatures), std::invalid_argument);
  const Spins spins(16, 0);
  EXPECT_THROW(engine.set_spins(0, spins.data()), std::invalid_argument);
}

}  // namespace
}  // namespace multispin::test
