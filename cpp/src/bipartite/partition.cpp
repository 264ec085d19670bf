#include "multispin/bipartite/partition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "bipartite/kernels_of.hpp"
#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"

namespace multispin {
namespace {

using kernels::term_bits;
using kernels::terms;
using Doubles = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Numbers a, b >= 0 whose sum is at most this have exp(a) exp(b) and its like within doubles, and
// so do products of 1 + exp(x) if the sum of log(1 + exp(x)) is.
constexpr double most_exponent = 690.0;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

// sums[s * stride + i] of each state s of `count` bits: what numbers(bit, i) of its bits add up to.
template <class Numbers>
Doubles sums_of_states(std::int64_t count, std::int64_t size, const Numbers& numbers) {
  Doubles sums(index((std::int64_t{1} << count) * size), 0.0);
  for (std::int64_t bit = 0; bit < count; ++bit) {
    const std::int64_t half = std::int64_t{1} << bit;
    for (std::int64_t s = 0; s < half; ++s) {
      for (std::int64_t i = 0; i < size; ++i) {
        sums[index((half + s) * size + i)] = sums[index(s * size + i)] + numbers(bit, i);
      }
    }
  }
  return sums;
}

// The layer that is enumerated, and the other one.
struct Layers {
  const double* weights;
  std::int64_t row;  // of weights
  bool rows_enumerated;
  std::int64_t enumerated, others;
  const double* enumerated_offsets;
  const double* other_offsets;

  double weight(std::int64_t unit, std::int64_t other) const {
    return rows_enumerated ? weights[unit * row + other] : weights[other * row + unit];
  }
};

// Units of the other layer whose terms are multiplied before a logarithm is taken.
struct Group {
  std::int64_t first, count;
  bool by_products;  // of exponentials of two parts of the field; or else of each field
};

// The enumerated units are cut into low, middle and top ones. A chunk has all states of the low and
// the middle ones for one of the top ones. A field is the sum of three parts, and its exponential
// the product of three.
class Enumeration {
 public:
  Enumeration(const Layers& layers, Isa isa)
      : layers_(layers),
        kernels_(bipartite_kernels(isa)),
        low_(std::min<std::int64_t>(layers.enumerated, term_bits)),
        middle_(std::min<std::int64_t>(layers.enumerated - low_, term_bits)),
        top_(layers.enumerated - low_ - middle_) {
    arrange();
    make_tables();
  }

  std::int64_t chunks() const { return std::int64_t{1} << top_; }

  // The largest exponent of a chunk's terms, and the sum of exponentials less that.
  std::pair<double, double> chunk(std::int64_t top) const {
    const std::int64_t n = layers_.others;
    Doubles fields(index(n)), powers(index(n));
    double offset = 0.0;
    for (std::int64_t i = 0; i < n; ++i) fields[index(i)] = layers_.other_offsets[order_[index(i)]];
    for (std::int64_t bit = 0; bit < top_; ++bit) {
      if ((top >> bit & 1) == 0) continue;
      const std::int64_t unit = low_ + middle_ + bit;
      offset += layers_.enumerated_offsets[unit];
      for (std::int64_t i = 0; i < n; ++i) fields[index(i)] += weight(unit, i);
    }
    for (std::int64_t i = 0; i < fast_; ++i) powers[index(i)] = std::exp(fields[index(i)]);
    const std::int64_t middles = std::int64_t{1} << middle_;
    std::vector<kernels::TermSums> sums(index(middles));
    for (kernels::TermSums& each : sums) {
      std::fill_n(each.products, terms, 1.0);
      std::fill_n(each.exponents, terms, 0.0);
      std::fill_n(each.sums, terms, 0.0);
    }
    // A group's table of the low units stays in the L1 cache.
    Doubles part;
    for (const Group& group : groups_) {
      part.resize(index(group.count));
      for (std::int64_t m = 0; m < middles; ++m) {
        const std::int64_t at = m * n + group.first;
        for (std::int64_t i = 0; i < group.count; ++i) {
          const std::size_t unit = index(group.first + i);
          part[index(i)] = group.by_products ? powers[unit] * middle_table_[index(at + i)]
                                             : fields[unit] + middle_table_[index(at + i)];
        }
        (group.by_products ? kernels_.multiply_terms : kernels_.add_terms)(
            part.data(), low_table_.data() + group.first * terms, group.count, &sums[index(m)]);
      }
    }
    return exponential_sum(sums, offset);
  }

 private:
  double weight(std::int64_t unit, std::int64_t place) const {
    return layers_.weight(unit, order_[index(place)]);
  }

  // Units whose parts of fields have exponentials go first.
  void arrange() {
    std::vector<std::int64_t> slow;
    Doubles bounds;
    for (std::int64_t i = 0; i < layers_.others; ++i) {
      double low = 0.0, high = std::abs(layers_.other_offsets[i]);
      for (std::int64_t unit = 0; unit < layers_.enumerated; ++unit) {
        (unit < low_ ? low : high) += std::abs(layers_.weight(unit, i));
      }
      const double bound = low + high + std::log(2.0);  // >= log(1 + exp(low + high))
      if (bound <= most_exponent) {
        order_.push_back(i);
        bounds.push_back(bound);
      } else {
        slow.push_back(i);
      }
    }
    fast_ = static_cast<std::int64_t>(order_.size());
    order_.insert(order_.end(), slow.begin(), slow.end());
    constexpr std::int64_t most_units = 64;
    double bound = infinity;
    for (std::int64_t i = 0; i < layers_.others; ++i) {
      const bool by_products = i < fast_;
      const double own = by_products ? bounds[index(i)] : 0.0;
      if (bound + own > most_exponent || groups_.back().count == most_units || i == fast_) {
        groups_.push_back({i, 0, by_products});
        bound = 0.0;
      }
      bound += own;
      ++groups_.back().count;
    }
  }

  void make_tables() {
    const std::int64_t n = layers_.others;
    const Doubles low =
        sums_of_states(low_, n, [&](std::int64_t bit, std::int64_t i) { return weight(bit, i); });
    middle_table_ = sums_of_states(
        middle_, n, [&](std::int64_t bit, std::int64_t i) { return weight(low_ + bit, i); });
    low_table_.assign(index(n * terms), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t t = 0; t < std::int64_t{1} << low_; ++t) {
        const double sum = low[index(t * n + i)];
        low_table_[index(i * terms + t)] = i < fast_ ? std::exp(sum) : sum;
      }
    }
    for (std::int64_t m = 0; m < std::int64_t{1} << middle_; ++m) {
      for (std::int64_t i = 0; i < fast_; ++i) {
        double& entry = middle_table_[index(m * n + i)];
        entry = std::exp(entry);
      }
    }
    const auto offset_of = [&](std::int64_t first) {
      return [this, first](std::int64_t bit, std::int64_t) {
        return layers_.enumerated_offsets[first + bit];
      };
    };
    low_offsets_ = sums_of_states(low_, 1, offset_of(0));
    middle_offsets_ = sums_of_states(middle_, 1, offset_of(low_));
  }

  std::pair<double, double> exponential_sum(const std::vector<kernels::TermSums>& sums,
                                            double offset) const {
    Doubles exponents;
    for (std::size_t m = 0; m < sums.size(); ++m) {
      for (std::size_t t = 0; t < low_offsets_.size(); ++t) {
        exponents.push_back(sums[m].sums[t] +
                            (std::log(sums[m].products[t]) + sums[m].exponents[t] * std::log(2.0)) +
                            (offset + (middle_offsets_[m] + low_offsets_[t])));
      }
    }
    const double most = *std::max_element(exponents.begin(), exponents.end());
    double sum = 0.0;
    for (const double exponent : exponents) sum += std::exp(exponent - most);
    return {most, sum};
  }

  const Layers layers_;
  const kernels::BipartiteKernels& kernels_;
  const std::int64_t low_, middle_, top_;  // bits
  std::vector<std::int64_t> order_;        // of units of the other layer
  std::int64_t fast_ = 0;                  // so many of them by products
  std::vector<Group> groups_;
  // By units in that order: exponentials of those that are fast, sums of weights of the others;
  // [i * terms + t], [m * others + i].
  Doubles low_table_, middle_table_;
  Doubles low_offsets_, middle_offsets_;
};

}  // namespace

bool log_partition(const double* weights, std::int64_t visible, std::int64_t hidden,
                   const double* visible_offsets, const double* hidden_offsets, double* out,
                   const Means& means) {
  check_processor(means.threads, means.isa);
  demand(visible >= 1 && hidden >= 1, "weights: got no units, allowed: at least one in each layer");
  demand(std::min(visible, hidden) <= most_enumerated,
         "weights: got layers of " + std::to_string(visible) + " and " + std::to_string(hidden) +
             " units, allowed: one of at most " + std::to_string(most_enumerated));
  // Sums of all of them are finite if that of their moduli is.
  double moduli = 0.0;
  for (std::int64_t i = 0; i < visible * hidden; ++i) moduli += std::abs(weights[i]);
  demand(std::isfinite(moduli), "weights: allowed: finite numbers, of a finite sum of moduli");
  for (std::int64_t i = 0; i < visible; ++i) moduli += std::abs(visible_offsets[i]);
  demand(std::isfinite(moduli), "visible_offsets: allowed: finite numbers, of a finite sum");
  for (std::int64_t j = 0; j < hidden; ++j) moduli += std::abs(hidden_offsets[j]);
  demand(std::isfinite(moduli), "hidden_offsets: allowed: finite numbers, of a finite sum");
  const bool of_hidden = hidden <= visible;
  const Layers layers =
      of_hidden ? Layers{weights, visible, true, hidden, visible, hidden_offsets, visible_offsets}
                : Layers{weights, visible, false, visible, hidden, visible_offsets, hidden_offsets};
  const Enumeration enumeration{layers, means.isa};
  const std::int64_t chunks = enumeration.chunks();
  std::vector<std::pair<double, double>> sums(index(chunks));
  const int threads = worth(chunks * terms * layers.others, means.threads);
  const auto act = [&](std::int64_t chunk, int, StopWatch&) {
    sums[index(chunk)] = enumeration.chunk(chunk);
  };
  if (!in_turn(threads, chunks, means.poll, act)) return false;
  const double most = std::max_element(sums.begin(), sums.end())->first;
  double sum = 0.0;
  for (const auto& [own, part] : sums) sum += part * std::exp(own - most);
  *out = most + std::log(sum);
  return true;
}

}  // namespace multispin
