#include "multispin/conditional/losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"

namespace multispin {
namespace {

bool bit(const std::uint8_t* bits, std::int64_t width, std::int64_t m, std::int64_t i) {
  return (bits[m * ((width + 7) / 8) + i / 8] >> (i % 8) & 1) != 0;
}

struct Target {
  const ConditionalSamples& samples;
  std::int64_t i;

  double sign(std::int64_t m) const {
    return bit(samples.target_bits, samples.targets, m, i) ? 1.0 : -1.0;
  }
  bool left_out(std::int64_t m) const {
    return samples.weights[m] == 0 ||
           (samples.skip_bits != nullptr && bit(samples.skip_bits, samples.targets, m, i));
  }
  double field(const ConditionalParameters& at, std::int64_t m) const {
    double field = at.fields[i];
    for (std::int64_t j = 0; j < samples.inputs; ++j) {
      const double J = at.couplings[i * samples.inputs + j];
      field += bit(samples.input_bits, samples.inputs, m, j) ? J : -J;
    }
    return field;
  }
  void add(std::int64_t m, double slope, const ConditionalGradient& to) const {
    to.fields[i] += slope;
    for (std::int64_t j = 0; j < samples.inputs; ++j) {
      to.couplings[i * samples.inputs + j] +=
          bit(samples.input_bits, samples.inputs, m, j) ? slope : -slope;
    }
  }
  double highest(const ConditionalParameters& at) const {
    double highest = -std::numeric_limits<double>::infinity();
    for (std::int64_t m = 0; m < samples.samples; ++m) {
      if (!left_out(m)) highest = std::max(highest, -sign(m) * field(at, m));
    }
    return highest;
  }
};

double sigma(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

double logistic(const Target& t, const ConditionalParameters& at, const ConditionalGradient& out) {
  double value = 0;
  for (std::int64_t m = 0; m < t.samples.samples; ++m) {
    if (t.left_out(m)) continue;
    const double x = t.sign(m) * t.field(at, m), w = t.samples.weights[m];
    value += w * (std::max(-2 * x, 0.0) + std::log1p(std::exp(-2 * std::fabs(x))));
    t.add(m, -2 * w * t.sign(m) * sigma(-2 * x), out);
  }
  return value;
}

double exponential(const Target& t, const ConditionalParameters& at,
                   const ConditionalGradient& out) {
  const double highest = t.highest(at);
  double sum = 0;
  for (std::int64_t pass = 0; pass < 2; ++pass) {
    for (std::int64_t m = 0; m < t.samples.samples; ++m) {
      if (t.left_out(m)) continue;
      const double y = -t.sign(m) * t.field(at, m);
      const double w = t.samples.weights[m] * std::exp(y - highest);
      if (pass == 0) sum += w;
      if (pass == 1) t.add(m, -t.sign(m) * w / sum, out);
    }
  }
  return std::log(sum) + highest;
}

void bend(const Target& t, ConditionalLoss loss, const ConditionalParameters& at,
          const ConditionalParameters& direction, const ConditionalGradient& out) {
  const double highest = t.highest(at);
  double sum = 0, mean = 0;
  for (std::int64_t pass = 0; pass < 2; ++pass) {
    for (std::int64_t m = 0; m < t.samples.samples; ++m) {
      if (t.left_out(m)) continue;
      const double x = t.sign(m) * t.field(at, m), u = t.field(direction, m);
      if (loss == ConditionalLoss::logistic) {
        if (pass == 0) t.add(m, t.samples.weights[m] * 4 * sigma(2 * x) * sigma(-2 * x) * u, out);
        continue;
      }
      const double w = t.samples.weights[m] * std::exp(-x - highest);
      if (pass == 0) {
        sum += w;
        mean += w * -t.sign(m) * u;
      } else {
        t.add(m, w / sum * (u + t.sign(m) * mean / sum), out);
      }
    }
  }
}

void check(const ConditionalSamples& samples) {
  demand(samples.inputs >= 0 && samples.targets >= 0 && samples.samples >= 0,
         "samples: allowed: sizes of at least 0");
  double total = 0;
  for (std::int64_t m = 0; m < samples.samples; ++m) {
    demand(samples.weights[m] >= 0, "weights: allowed: finite numbers >= 0");
    total += samples.weights[m];
  }
  demand(std::isfinite(total), "weights: allowed: finite numbers >= 0 of a finite sum");
}

void check(const ConditionalSamples& samples, const ConditionalParameters& at,
           const std::string& prefix = "") {
  const auto all_finite = [](const double* from, std::int64_t count) {
    return std::all_of(from, from + count, [](double x) { return std::isfinite(x); });
  };
  demand(all_finite(at.couplings, samples.targets * samples.inputs),
         prefix + "couplings: allowed: finite numbers");
  demand(all_finite(at.fields, samples.targets), prefix + "fields: allowed: finite numbers");
}

void clear(const ConditionalSamples& samples, const ConditionalGradient& out) {
  std::fill_n(out.couplings, samples.targets * samples.inputs, 0.0);
  std::fill_n(out.fields, samples.targets, 0.0);
}

}  // namespace

bool conditional_losses(const ConditionalSamples& samples, ConditionalLoss loss,
                        const ConditionalParameters& at, int threads, Isa isa, double* values,
                        const ConditionalGradient& gradient, const Poll& poll) {
  check_processor(threads, isa);
  check(samples);
  check(samples, at);
  clear(samples, gradient);
  return in_turn(threads, samples.targets, poll, [&](std::int64_t i, int, StopWatch&) {
    const Target target{samples, i};
    values[i] = loss == ConditionalLoss::logistic ? logistic(target, at, gradient)
                                                  : exponential(target, at, gradient);
  });
}

bool conditional_curvature(const ConditionalSamples& samples, ConditionalLoss loss,
                           const ConditionalParameters& at, const ConditionalParameters& direction,
                           int threads, Isa isa, const ConditionalGradient& change,
                           const Poll& poll) {
  check_processor(threads, isa);
  check(samples);
  check(samples, at);
  check(samples, direction, "direction_");
  clear(samples, change);
  return in_turn(threads, samples.targets, poll, [&](std::int64_t i, int, StopWatch&) {
    bend({samples, i}, loss, at, direction, change);
  });
}

}  // namespace multispin
