// Losses of conditional probabilities against plain loops, at sizes around those of bytes, words,
// tiles and blocks, at every instruction set.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "multispin/conditional/losses.hpp"
#include "support/expect_message.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

using Numbers = std::vector<double>;
using Bytes = std::vector<std::uint8_t>;
using Real = long double;

constexpr ConditionalLoss both_losses[] = {ConditionalLoss::logistic, ConditionalLoss::exponential};
constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t size(std::int64_t a, std::int64_t b = 1) {
  return static_cast<std::size_t>(a * b);
}

Numbers gaussians(std::int64_t count, double scale, std::uint64_t seed) {
  std::mt19937_64 generator{seed};
  std::normal_distribution<double> normal{0, scale};
  Numbers out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(normal(generator));
  return out;
}

Bytes random_bytes(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator{seed};
  Bytes out;
  for (std::int64_t i = 0; i < count; ++i) {
    out.push_back(static_cast<std::uint8_t>(generator() & generator() >> 8));
  }
  return out;
}

struct Point {
  Numbers couplings, fields;
  ConditionalParameters get() const { return {couplings.data(), fields.data()}; }
};

struct Problem {
  // A seventh of the samples has the weight 0, a quarter of the bits is set in a mask.
  Problem(std::int64_t m, std::int64_t k, std::int64_t n, double scale = 0.3)
      : samples(m),
        inputs(k),
        targets(n),
        input_bits(random_bytes(m * ((k + 7) / 8), 1)),
        target_bits(random_bytes(m * ((n + 7) / 8), 2)),
        skip_bits(random_bytes(m * ((n + 7) / 8), 3)),
        at{gaussians(n * k, scale, 4), gaussians(n, scale, 5)},
        direction{gaussians(n * k, 1, 6), gaussians(n, 1, 7)} {
    for (std::int64_t i = 0; i < m; ++i) {
      weights.push_back(i % 7 == 3 ? 0 : 0.25 * static_cast<double>(i % 5 + 1));
    }
  }
  ConditionalSamples get() const {
    return {samples,
            inputs,
            targets,
            input_bits.data(),
            target_bits.data(),
            weights.data(),
            skipping ? skip_bits.data() : nullptr};
  }
  static int sign(const Bytes& bits, std::int64_t width, std::int64_t m, std::int64_t i) {
    return (bits[size(m * ((width + 7) / 8) + i / 8)] >> (i % 8) & 1) != 0 ? 1 : -1;
  }
  bool counts(std::int64_t m, std::int64_t i) const {
    return weights[size(m)] > 0 && !(skipping && sign(skip_bits, targets, m, i) > 0);
  }
  Real field(const Point& p, std::int64_t m, std::int64_t i) const {
    Real field = p.fields[size(i)];
    for (std::int64_t j = 0; j < inputs; ++j) {
      field += sign(input_bits, inputs, m, j) * Real{p.couplings[size(i * inputs + j)]};
    }
    return field;
  }

  std::int64_t samples, inputs, targets;
  Bytes input_bits, target_bits, skip_bits;
  Numbers weights;
  Point at, direction;
  bool skipping = true;
};

// Of all targets: values, gradient or what a direction changes of it.
struct Result {
  explicit Result(const Problem& p)
      : values(size(p.targets), -7),
        couplings(size(p.targets, p.inputs), -7),
        fields(size(p.targets), -7) {}
  ConditionalGradient gradient() { return {couplings.data(), fields.data()}; }
  bool operator==(const Result&) const = default;

  Numbers values, couplings, fields;
};

Result losses_of(const Problem& p, ConditionalLoss loss, Isa isa, int threads = 1) {
  Result out{p};
  EXPECT_TRUE(conditional_losses(p.get(), loss, p.at.get(), threads, isa, out.values.data(),
                                 out.gradient()));
  return out;
}

Result curvature_of(const Problem& p, ConditionalLoss loss, Isa isa, int threads = 1) {
  Result out{p};
  EXPECT_TRUE(conditional_curvature(p.get(), loss, p.at.get(), p.direction.get(), threads, isa,
                                    out.gradient()));
  return out;
}

// --- plain loops ---------------------------------------------------------------------------------

Real sigma(Real y) {
  return 1 / (1 + std::exp(-y));
}

// Terms of a target, one for each sample: what is multiplied by inputs and added up.
struct Terms {
  Real value = 0;
  std::vector<Real> slopes, changes;
  Real slope_size = 0, change_size = 0;  // of all, without signs, and of what they are made of
};

Terms logistic_terms(const Problem& p, std::int64_t i) {
  Terms out;
  for (std::int64_t m = 0; m < p.samples; ++m) {
    const int t = Problem::sign(p.target_bits, p.targets, m, i);
    const Real w = p.counts(m, i) ? p.weights[size(m)] : 0;
    const Real y = -2 * t * p.field(p.at, m, i), u = p.field(p.direction, m, i);
    out.value += w * (std::max(y, Real{0}) + std::log1p(std::exp(-std::fabs(y))));
    out.slopes.push_back(-2 * w * t * sigma(y));
    out.changes.push_back(4 * w * sigma(y) * sigma(-y) * u);
    out.slope_size += std::fabs(out.slopes.back());
    out.change_size += std::fabs(out.changes.back());
  }
  return out;
}

Terms exponential_terms(const Problem& p, std::int64_t i) {
  std::vector<Real> weights;
  Real highest = -infinity, sum = 0, mean = 0;
  for (std::int64_t m = 0; m < p.samples; ++m) {
    const Real y = -Problem::sign(p.target_bits, p.targets, m, i) * p.field(p.at, m, i);
    weights.push_back(p.counts(m, i) ? y : -Real{infinity});
    highest = std::max(highest, weights.back());
  }
  Terms out;
  for (std::int64_t m = 0; m < p.samples; ++m) {
    Real& w = weights[size(m)];
    const Real t = Problem::sign(p.target_bits, p.targets, m, i);
    w = std::isinf(w) ? 0 : p.weights[size(m)] * std::exp(w - highest);
    sum += w;
    mean -= w * t * p.field(p.direction, m, i);
  }
  out.value = sum > 0 ? highest + std::log(sum) : -Real{infinity};
  const Real over = sum > 0 ? sum : 1;
  for (std::int64_t m = 0; m < p.samples; ++m) {
    const Real t = Problem::sign(p.target_bits, p.targets, m, i), w = weights[size(m)] / over;
    out.slopes.push_back(-t * w);
    const Real u = p.field(p.direction, m, i);
    out.changes.push_back(w * (u + t * mean / over));
    out.slope_size += w;
    out.change_size += w * (std::fabs(u) + std::fabs(mean / over));
  }
  return out;
}

// How far sums of terms times inputs are from what a kernel gives, next to `scale`.
double error_of(const Problem& p, std::int64_t i, const std::vector<Real>& terms, Real scale,
                const Result& got) {
  Real error = 0;
  for (std::int64_t j = 0; j <= p.inputs; ++j) {
    Real sum = 0;
    for (std::int64_t m = 0; m < p.samples; ++m) {
      const int s = j == p.inputs ? 1 : Problem::sign(p.input_bits, p.inputs, m, j);
      sum += s * terms[size(m)];
    }
    const double own = j == p.inputs ? got.fields[size(i)] : got.couplings[size(i * p.inputs + j)];
    error = std::max(error, std::fabs(sum - own));
  }
  return static_cast<double>(error / std::max(scale, Real{1e-300L}));
}

void expect_near(const Problem& p, ConditionalLoss loss, Isa isa, int threads,
                 const std::string& what, double allowed = 3e-15) {
  const Result losses = losses_of(p, loss, isa, threads);
  const Result changes = curvature_of(p, loss, isa, threads);
  for (std::int64_t i = 0; i < p.targets; ++i) {
    const Terms terms =
        loss == ConditionalLoss::logistic ? logistic_terms(p, i) : exponential_terms(p, i);
    const auto value = static_cast<double>(terms.value);
    if (std::isinf(value)) {
      ASSERT_EQ(losses.values[size(i)], value) << what;
    } else {
      // Of a logarithm the error is absolute.
      const double scale = loss == ConditionalLoss::logistic ? value : 1 + std::fabs(value);
      ASSERT_NEAR(losses.values[size(i)], value, allowed * scale) << what;
    }
    ASSERT_LE(error_of(p, i, terms.slopes, terms.slope_size, losses), allowed) << what;
    ASSERT_LE(error_of(p, i, terms.changes, terms.change_size, changes), allowed) << what;
  }
}

void check(const Problem& p, double allowed = 3e-15) {
  for (const Isa isa : available_isas()) {
    for (const ConditionalLoss loss : both_losses) {
      const std::string what = std::to_string(p.samples) + " samples, " + std::to_string(p.inputs) +
                               " inputs, " + std::to_string(p.targets) + " targets, " +
                               std::string(name(isa)) +
                               (loss == ConditionalLoss::logistic ? ", logistic" : ", exponential");
      expect_near(p, loss, isa, 1, what, allowed);
    }
  }
}

// --- tests ---------------------------------------------------------------------------------------

// Bytes and words of inputs; the one that is always there makes one more.
TEST(ConditionalLosses, OfAnyInputs) {
  for (const std::int64_t k :
       few<std::int64_t>({0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 62, 63, 64, 65, 127, 128, 129})) {
    for (const std::int64_t m : {1, 70}) check({m, k, 3});
  }
}

TEST(ConditionalLosses, OfAnyTargets) {
  for (const std::int64_t n : few<std::int64_t>({1, 7, 8, 9, 15, 16, 17, 63, 64, 65})) {
    check({20, 10, n});
  }
}

// Words and blocks of samples, and as many as are gathered; a seventh of them does not count.
TEST(ConditionalLosses, OfAnySamples) {
  for (const std::int64_t m :
       few<std::int64_t>({1,   63,  64,  65,  73,  74,   75,   76,   255,  256,
                          257, 297, 298, 299, 300, 4777, 4778, 4779, 4780, 9000})) {
    for (const bool skipping : {false, true}) {
      Problem p{m, 6, 9};
      p.skipping = skipping;
      check(p);
    }
  }
}

TEST(ConditionalLosses, OfEqualWeights) {
  for (const std::int64_t m : few<std::int64_t>({255, 256, 257, 4095, 4096, 4097})) {
    Problem p{m, 20, 8};
    p.skipping = false;
    p.weights.assign(size(m), 1.0);
    check(p);
  }
}

// Exponents of up to 10^4 and more; what the couplings are is known to 10^-16 of them only.
TEST(ConditionalLosses, OfAnyCouplings) {
  for (const double scale : {0.0, 1e-9, 1.0, 30.0, 1e3, 1e5}) {
    check({400, 20, 9, scale}, 1e-14 + 1e-14 * scale);
  }
}

// Each sample's exponent is higher than all before, so that sums are scaled in every block.
TEST(ConditionalLosses, OfGrowingExponents) {
  Problem p{1500, 16, 8};
  p.skipping = false;
  for (std::int64_t m = 0; m < p.samples; ++m) {
    p.weights[size(m)] = 1;
    p.target_bits[size(m)] = 0;
    for (int b = 0; b < 2; ++b)
      p.input_bits[size(2 * m + b)] = static_cast<std::uint8_t>(m >> 8 * b);
  }
  for (std::int64_t i = 0; i < p.targets; ++i) {
    for (std::int64_t j = 0; j < p.inputs; ++j) {
      p.at.couplings[size(i * p.inputs + j)] =
          std::ldexp(0.05 * static_cast<double>(i + 1), int(j));
    }
  }
  check(p, 2e-12);
}

// The largest that fields can be, as differences between exponents are not numbers any more.
TEST(ConditionalLosses, OfTheLargestFields) {
  Problem p{2, 0, 1};
  p.skipping = false;
  p.weights = {1, 1};
  p.target_bits = {1, 0};
  for (const double h : {800.0, 1e300, std::numeric_limits<double>::max()}) {
    p.at.fields = {h};
    for (const Isa isa : available_isas()) {
      const Result got = losses_of(p, ConditionalLoss::exponential, isa);
      EXPECT_EQ(got.values[0], h);
      EXPECT_EQ(got.fields[0], 1);  // it is the second sample's
      EXPECT_EQ(curvature_of(p, ConditionalLoss::exponential, isa).fields[0], 0);
    }
  }
}

TEST(ConditionalLosses, OfNothing) {
  for (const Isa isa : available_isas()) {
    for (const ConditionalLoss loss : both_losses) {
      for (int what = 0; what < 3; ++what) {
        Problem p{what == 0 ? 0 : 3, 2, 2};
        if (what == 1) p.weights.assign(3, 0.0);
        if (what == 2) p.skip_bits.assign(3, 0xff);
        const Result got = losses_of(p, loss, isa);
        const double value = loss == ConditionalLoss::logistic ? 0 : -infinity;
        EXPECT_EQ(got.values, Numbers(2, value));
        EXPECT_EQ(got.couplings, Numbers(4, 0.0));
        EXPECT_EQ(got.fields, Numbers(2, 0.0));
        EXPECT_EQ(curvature_of(p, loss, isa).couplings, Numbers(4, 0.0));
      }
    }
  }
}

// However high its exponent is.
TEST(ConditionalLosses, LeaveOutWhatHasNoWeight) {
  Problem with{40, 8, 8, 1e3}, without{0, 8, 8, 1e3};
  for (std::int64_t m = 0; m < with.samples; ++m) {
    with.weights[size(m)] = m % 2 == 0 ? 0 : 1;
    if (m % 2 == 0) continue;
    ++without.samples;
    without.weights.push_back(1);
    without.input_bits.push_back(with.input_bits[size(m)]);
    without.target_bits.push_back(with.target_bits[size(m)]);
    without.skip_bits.push_back(with.skip_bits[size(m)]);
  }
  for (const Isa isa : available_isas()) {
    for (const ConditionalLoss loss : both_losses) {
      EXPECT_TRUE(losses_of(with, loss, isa) == losses_of(without, loss, isa));
      EXPECT_TRUE(curvature_of(with, loss, isa) == curvature_of(without, loss, isa));
    }
  }
}

TEST(ConditionalLosses, DoNotDependOnThreads) {
  for (const std::int64_t n : few<std::int64_t>({1, 8, 33, 70})) {
    const Problem p{700, 40, n};
    for (const Isa isa : available_isas()) {
      for (const ConditionalLoss loss : both_losses) {
        const Result losses = losses_of(p, loss, isa), changes = curvature_of(p, loss, isa);
        for (const int threads : {2, 3, 7}) {
          ASSERT_TRUE(losses == losses_of(p, loss, isa, threads));
          ASSERT_TRUE(changes == curvature_of(p, loss, isa, threads));
        }
      }
    }
  }
}

TEST(ConditionalLosses, Refuse) {
  const auto refused = [](const Problem& p, const std::string& what) {
    expect_message([&] { losses_of(p, ConditionalLoss::logistic, Isa::portable); }, {what});
    expect_message([&] { curvature_of(p, ConditionalLoss::logistic, Isa::portable); }, {what});
  };
  for (const double weight : {-1.0, infinity, std::nan("")}) {
    Problem p{3, 2, 2};
    p.weights[1] = weight;
    refused(p, "weights: allowed: ");
  }
  for (const double number : {infinity, -infinity, std::nan("")}) {
    Problem p{3, 2, 2};
    p.at.couplings[3] = number;
    refused(p, "couplings: allowed: ");
    p = Problem{3, 2, 2};
    p.at.fields[1] = number;
    refused(p, "fields: allowed: ");
    p = Problem{3, 2, 2};
    p.direction.fields[1] = number;
    expect_message([&] { curvature_of(p, ConditionalLoss::logistic, Isa::portable); },
                   {"direction_fields: allowed: "});
  }
}

TEST(ConditionalLosses, Stop) {
  const auto at_once = [] { return true; };
  // The clock is asked, so what is short ends before.
  for (const int threads : {1, 3}) {
    bool stopped = false;
    for (std::int64_t samples = 10'000 / slowness; !stopped && samples < 10'000'000; samples *= 4) {
      const Problem p{samples, 200, 200};
      Result out{p};
      stopped =
          !conditional_losses(p.get(), ConditionalLoss::exponential, p.at.get(), threads,
                              available_isas().back(), out.values.data(), out.gradient(), at_once);
    }
    EXPECT_TRUE(stopped);
  }
}

}  // namespace
}  // namespace multispin::test
