// Pearson's chi-square test.
#pragma once

#include <cstdint>
#include <vector>

namespace multispin::test {

// P(X >= chi_square) for a chi-square variable of that many degrees of freedom.
double chi_square_tail(double chi_square, double degrees);

// p-value of counts against the probabilities of their cells. Cells expected to hold fewer than ten
// are thrown together; a count in a cell of probability zero gives zero.
double chi_square_p(const std::vector<std::int64_t>& counts,
                    const std::vector<double>& probabilities);

}  // namespace multispin::test
