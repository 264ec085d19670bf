// Sums of log(1 + exp(x)) on their way: what is multiplied until logarithms are taken.
#pragma once

namespace multispin {

// Lane u % soft_lanes, u the number of the unit, adds up positive fields and multiplies
// 1 + exp(-|x|) (rules::add_softplus), in the order of units. So many words of units may be
// multiplied before logarithms are taken: a word is 2^8 at most.
inline constexpr int soft_lanes = 8;
inline constexpr int soft_words = 100;
struct SoftSums {
  double sums[soft_lanes], products[soft_lanes];
};

double logarithm_of(const SoftSums& sums);

}  // namespace multispin
