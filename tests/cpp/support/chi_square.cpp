#include "support/chi_square.hpp"

#include <cmath>
#include <cstddef>
#include <numeric>

namespace multispin::test {

// Regularised upper incomplete gamma function Q(a, x): a series where it converges fast, else a
// continued fraction (Abramowitz & Stegun 6.5.29 and 6.5.31).
double chi_square_tail(double chi_square, double degrees) {
  const double a = degrees / 2, x = chi_square / 2;
  if (x <= 0) return 1;
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > 1e-17 * sum; ++n) sum += term *= x / n;
    return 1 - front * sum;
  }
  // x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ...)), from the far end.
  double fraction = 0;
  for (int n = 10000; n > 0; --n) fraction = n * (n - a) / (x + 2 * n + 1 - a - fraction);
  return front / (x + 1 - a - fraction);
}

double chi_square_p(const std::vector<std::int64_t>& counts,
                    const std::vector<double>& probabilities) {
  const auto total =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  double chi_square = 0, rest_expected = 0, rest_count = 0, cells = 0;
  const auto add = [&](double count, double expected) {
    chi_square += (count - expected) * (count - expected) / expected;
    cells += 1;
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = static_cast<double>(counts[i]);
    const double expected = total * probabilities[i];
    if (expected <= 0 && count > 0) return 0;
    if (expected >= 10) {
      add(count, expected);
    } else {
      rest_expected += expected;
      rest_count += count;
    }
  }
  if (rest_expected > 0) add(rest_count, rest_expected);
  return chi_square_tail(chi_square, cells - 1);
}

}  // namespace multispin::test
