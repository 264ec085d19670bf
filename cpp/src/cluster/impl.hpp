// The kernels of cluster updates, for the word type MULTISPIN_WORD of the including translation
// unit, in an anonymous namespace (moments/impl.hpp says why).
#pragma once

#include <cstdint>

#include "cluster/kernels.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/rules/logarithm.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
constexpr int words = Word::words;

// All lanes have one threshold.
struct Uniform {
  MULTISPIN_HD static Word all(bool yes) { return bits::splat<Word>(yes ? ~std::uint64_t{0} : 0); }
  MULTISPIN_HD Word mask(const rules::Threshold& t, int k) const { return all(t.plane(k) != 0); }
  MULTISPIN_HD Word always(const rules::Threshold& t) const { return all(t.always()); }
};

// make(planes, number of the first word) of all words, as many at once as there is room for.
template <class Planes, class Make>
MULTISPIN_HD void for_words(const RandomWords& at, std::uint64_t* out, const Make& make) {
  const Planes planes(*at.keys, at.sweep, at.sublattice);
  for (std::int64_t w = 0; w < at.count; w += words) {
    const Word word = make(planes, at.first + static_cast<std::uint64_t>(w));
    if (at.count - w >= words) {
      bits::store(out + w, word);
    } else {
      bits::store_masked(out + w, word, (1U << (at.count - w)) - 1U);
    }
  }
}

template <template <class> class Planes>
void chosen(const RandomWords& at, const rules::Threshold& t, std::uint64_t* out) {
  constexpr int coarse = Planes<Word>::coarse_planes;
  for_words<Planes<Word>>(at, out, [&](const Planes<Word>& planes, std::uint64_t number) {
    auto state = planes.start(number);
    const Uniform uniform;
    Word less = uniform.always(t);
    for (int k = 0; k < coarse; ++k) {
      const Word r = planes.next(state, k);
      less = t.plane(k) != 0 ? less | ~r : less & ~r;
    }
    const Word plane = planes.next(state, coarse);
    return rules::with_redrawn_lanes(planes, state, uniform, t, plane, less);
  });
}

template <template <class> class Planes>
void coins(const RandomWords& at, std::uint64_t* out) {
  for_words<Planes<Word>>(at, out, [](const Planes<Word>& planes, std::uint64_t number) {
    auto state = planes.start(number);
    return planes.next(state, 0);
  });
}

template <template <class> class Planes>
void logarithms(const RandomWords& at, std::uint64_t* out) {
  using Numbers = bits::Numbers<Word>;
  for_words<Planes<Word>>(at, out, [](const Planes<Word>& planes, std::uint64_t number) {
    auto state = planes.start(number);
    const auto uniform = Numbers::number(planes.next(state, 0));
    return Numbers::word(rules::exponential_logarithm<Numbers>(uniform));
  });
}

template <template <class> class Planes>
constexpr ClusterRandom random_of() {
  return {Planes<Word>::coarse_planes, chosen<Planes>, coins<Planes>, logarithms<Planes>};
}

constexpr ClusterKernels make_cluster_kernels() {
  return {random_of<random::AesPlanes>(), random_of<random::PhiloxPlanes>()};
}

}  // namespace
}  // namespace multispin::kernels
