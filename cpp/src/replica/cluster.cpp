// Swapping clusters between replicas (Houdayer, Eur. Phys. J. B 22, 479 (2001)).
#include <bit>

#include "replica/detail.hpp"

namespace multispin {
namespace {

// Number of the n-th bit that is set, 0 being the first; there are more than n.
std::uint32_t nth_one(std::span<const std::uint64_t> words, std::uint64_t n) {
  std::size_t w = 0;
  for (; n >= static_cast<std::uint64_t>(std::popcount(words[w])); ++w) {
    n -= static_cast<std::uint64_t>(std::popcount(words[w]));
  }
  std::uint64_t word = words[w];
  for (; n > 0; --n) word &= word - 1;
  return static_cast<std::uint32_t>(64 * w) + static_cast<std::uint32_t>(std::countr_zero(word));
}

}  // namespace

void ReplicaEngine::move_cluster(std::int64_t a, std::int64_t b, std::uint64_t number) {
  const Detail& d = *detail_;
  const auto place_a = d.place(a);
  const auto place_b = d.place(b);
  // Where they differ, a bit a position; those that the cluster has reached are taken out.
  std::vector<std::uint64_t> differ(static_cast<std::size_t>((d.sites + 63) / 64));
  std::uint64_t count = 0;
  for (std::int64_t p = 0; p < d.sites; ++p) {
    const std::uint64_t bit = (place_a.words[p * place_a.step] >> place_a.bit ^
                               place_b.words[p * place_b.step] >> place_b.bit) &
                              1U;
    differ[static_cast<std::size_t>(p / 64)] |= bit << (p % 64);
    count += bit;
  }
  if (count == 0) return;
  std::vector<std::uint32_t> open;
  const auto reach = [&](std::uint32_t p) {
    std::uint64_t& word = differ[p / 64];
    const std::uint64_t bit = std::uint64_t{1} << (p % 64);
    if ((word & bit) == 0) return;
    word ^= bit;
    open.push_back(p);
  };
  reach(nth_one(differ, number % count));
  while (!open.empty()) {
    const auto p = static_cast<std::int64_t>(open.back());
    open.pop_back();
    place_a.words[p * place_a.step] ^= std::uint64_t{1} << place_a.bit;
    place_b.words[p * place_b.step] ^= std::uint64_t{1} << place_b.bit;
    for (const model::Bond& bond : d.bonds_of(p)) reach(bond.position);
  }
}

}  // namespace multispin
