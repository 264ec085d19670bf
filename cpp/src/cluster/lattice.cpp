// Clusters of periodic lattices, a word of sites at a time.
//
// In a row, neighbours that active bonds join are runs of bits. A run is known by its first bit,
// and is cut where a word begins, so that the first bit of a site's run is found in its own word;
// only runs are joined, by bonds along other axes and across words. A bond next to another one that
// joins the same two runs is left out.
#include <algorithm>
#include <bit>
#include <cmath>

#include "cluster/system.hpp"
#include "cluster/wolff.hpp"
#include "host/in_turn.hpp"

namespace multispin {
namespace {

Label label_at(std::int64_t word) {
  return static_cast<Label>(word * 64);
}

// The first bit of the run that the highest bit of `up_to` lies in. Every word has a start.
Label run_of(std::uint64_t starts, std::int64_t word, std::uint64_t up_to) {
  return label_at(word) + (63U ^ static_cast<Label>(__builtin_clzll(starts & up_to)));
}

// What two words of runs have to do with each other: bit b joins what lies there.
struct WordBonds {
  std::int64_t from, to;  // numbers of the words
  std::uint64_t starts_from, starts_to;
  std::uint64_t bits;
};

// By itself, so that all it needs is in registers.
[[gnu::noinline]] void join_words(Label* parents, const WordBonds& words) {
  const WordBonds w = words;
  for (std::uint64_t bits = w.bits; bits != 0; bits &= bits - 1) {
    const std::uint64_t up_to = bits ^ (bits - 1);
    join(parents, run_of(w.starts_to, w.to, up_to), run_of(w.starts_from, w.from, up_to));
  }
}

class LatticeClusters final : public ClusterSystem {
 public:
  LatticeClusters(const ClusterOptions& o, const kernels::ClusterRandom& random)
      : ClusterSystem({o.planes * o.rows, o.columns}, random),
        planes_(o.planes),
        rows_(o.rows),
        J_(o.J),
        h_(o.h),
        differ_(o.J < 0.0 ? ~std::uint64_t{0} : 0) {}

  void reserve(Decomposition& d) const override {
    const std::size_t words = at(layout.words());
    d.parents.resize(64 * words);
    for (auto& bonds : d.bonds) bonds.resize(words);
    d.coins.resize(words);
    if (h_ != 0.0) d.field.resize(words);
  }

  bool decompose(const ClusterSweep& sweep, const std::uint64_t* spins, Decomposition& d,
                 const ClusterMeans& means) const override {
    reserve(d);
    const std::int64_t slabs = slab_count();
    const bool labelled = in_turn(means.threads, slabs, means.poll,
                                  [&](std::int64_t slab, int /*thread*/, StopWatch& /*watch*/) {
                                    label_slab(sweep, spins, d, slab);
                                  });
    if (!labelled) return false;
    for (std::int64_t slab = 1; slab < slabs; ++slab) {
      const Slab rows = slab_at(slab);
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        join_back(spins, d, row, 0, rows.begin);
      }
    }
    if (h_ != 0.0) {
      return in_turn(means.threads, slabs, means.poll,
                     [&](std::int64_t slab, int /*thread*/, StopWatch& /*watch*/) {
                       hold_slab(spins, d, slab);
                     });
    }
    return true;
  }

  void turn(Decomposition& d, std::uint64_t* spins, int threads) const override {
    for_slabs(threads, [&](const Slab& slab) {
      const std::int64_t row_words = layout.row_words();
      for (std::int64_t w = slab.begin * row_words; w < slab.end * row_words; ++w) {
        spins[w] ^= turning(d, w) & layout.mask(w % row_words);
      }
    });
  }

  bool grow(const ClusterSweep& sweep, const WolffEnd& end, WolffWay& way, std::uint64_t* spins,
            Decomposition& memory, const Poll& poll) const override {
    const Neighbours neighbours(*this, sweep.temperature);
    return WolffClusters(*this, neighbours, sweep, way, spins, memory.parents, poll).grow(end);
  }

  void first_sites(const Decomposition& d, std::uint32_t* to) const override {
    const std::int64_t row_words = layout.row_words();
    for (std::int64_t w = 0; w < layout.words(); ++w) {
      const std::int64_t in_row = w % row_words;
      const std::int64_t count = std::min<std::int64_t>(64, layout.sites - 64 * in_row);
      for (std::int64_t b = 0; b < count; ++b) {
        const Label run = run_of(d.bonds[0][at(w)], w, ~std::uint64_t{0} >> (63 - b));
        *to++ = layout.site_of(root_of(d.parents.data(), run));
      }
    }
  }

  Sums sums(const std::uint64_t* spins, std::int64_t /*sample*/) const override {
    Sums sums;
    for_links(spins, [&](std::uint64_t unequal) { sums.bonds -= 2 * std::popcount(unequal); });
    sums.bonds += bonds();
    for (std::int64_t w = 0; w < layout.words(); ++w) sums.spins += 2 * std::popcount(spins[w]);
    sums.spins -= layout.all_sites();
    return sums;
  }
  double energy(const Sums& sums) const override { return energy_of(sums, J_, h_); }
  std::int64_t bonds() const override {
    return layout.all_sites() * ((layout.sites > 1) + (rows_ > 1) + (planes_ > 1));
  }
  std::int64_t unequal_links(const std::uint64_t* a, const std::uint64_t* b) const override {
    std::vector<std::uint64_t> links;
    for_links(a, [&](std::uint64_t unequal) { links.push_back(unequal); });
    std::int64_t count = 0;
    std::size_t k = 0;
    for_links(b, [&](std::uint64_t unequal) { count += std::popcount(unequal ^ links[k++]); });
    return count;
  }

 private:
  struct Slab {
    std::int64_t begin, end;  // rows
  };
  // Of Wolff's clusters: by the bits of their spins.
  class Neighbours {
   public:
    struct Hold {
      std::uint32_t limit;
      bool up;
    };
    Neighbours(const LatticeClusters& l, double temperature)
        : l_(l),
          row_bits_(static_cast<Label>(l.layout.row_words() * 64)),
          limit_(logarithm_limit(2.0 * std::fabs(l.J_), temperature)),
          hold_{logarithm_limit(2.0 * std::fabs(l.h_), temperature), l.h_ > 0.0} {}
    Hold hold(Label /*bit*/) const { return hold_; }
    template <class Act>
    void each(Label bit, const Act& act) const {
      const std::int64_t row = bit / row_bits_;
      const Label column = bit % row_bits_;
      const bool alike = l_.J_ > 0.0;
      if (l_.layout.sites > 1) {
        const auto last = static_cast<Label>(l_.layout.sites - 1);
        act(column == last ? bit - last : bit + 1, limit_, alike);
        act(column == 0 ? bit + last : bit - 1, limit_, alike);
      }
      for (int axis = 1; axis < 3; ++axis) {
        if (l_.side(axis) == 1) continue;
        act(static_cast<Label>(l_.next(row, axis)) * row_bits_ + column, limit_, alike);
        act(static_cast<Label>(l_.previous(row, axis)) * row_bits_ + column, limit_, alike);
      }
    }

   private:
    const LatticeClusters& l_;
    Label row_bits_;
    std::uint32_t limit_;
    Hold hold_;
  };

  static std::size_t at(std::int64_t word) { return static_cast<std::size_t>(word); }

  // --- rows -----------------------------------------------------------------------------------

  // Axis 1 goes through the rows of a plane, axis 2 through planes.
  std::int64_t side(int axis) const { return axis == 1 ? rows_ : planes_; }
  std::int64_t next(std::int64_t row, int axis) const {
    if (axis == 1) return (row + 1) % rows_ == 0 ? row + 1 - rows_ : row + 1;
    const std::int64_t all = layout.rows;
    return row + rows_ < all ? row + rows_ : row + rows_ - all;
  }
  std::int64_t previous(std::int64_t row, int axis) const {
    if (axis == 1) return row % rows_ == 0 ? row + rows_ - 1 : row - 1;
    return row >= rows_ ? row - rows_ : row - rows_ + layout.rows;
  }
  // An even number of rows, so that slabs begin with words of even numbers.
  std::int64_t slab_rows() const {
    return std::max<std::int64_t>(2, cluster_slab_words / layout.row_words() / 2 * 2);
  }
  std::int64_t slab_count() const { return (layout.rows + slab_rows() - 1) / slab_rows(); }
  Slab slab_at(std::int64_t slab) const {
    return {slab * slab_rows(), std::min((slab + 1) * slab_rows(), layout.rows)};
  }
  template <class Act>
  void for_slabs(int threads, const Act& act) const {
    for_each_index(threads, slab_count(), [&](std::int64_t slab) { act(slab_at(slab)); });
  }
  // The right neighbours of a word's sites.
  std::uint64_t right(const std::uint64_t* row, std::int64_t w) const {
    const std::int64_t last = layout.row_words() - 1;
    if (w < last) return row[w] >> 1 | row[w + 1] << 63;
    return row[w] >> 1 | (row[0] & 1U) << ((layout.sites - 1) % 64);
  }

  // --- clusters -------------------------------------------------------------------------------

  void label_slab(const ClusterSweep& sweep, const std::uint64_t* spins, Decomposition& d,
                  std::int64_t number) const {
    const Slab slab = slab_at(number);
    draw(sweep, d, slab);
    for (std::int64_t row = slab.begin; row < slab.end; ++row) {
      begin_runs(spins, d, row);
      join_back(spins, d, row, slab.begin, slab.end);
    }
  }
  void draw(const ClusterSweep& sweep, Decomposition& d, const Slab& slab) const {
    const std::int64_t first = slab.begin * layout.row_words();
    const std::int64_t count = (slab.end - slab.begin) * layout.row_words();
    const auto words_of = [&](int sublattice) {
      return kernels::RandomWords{sweep.keys, sweep.number, sublattice,
                                  static_cast<std::uint64_t>(first), count};
    };
    const auto threshold = [&](double strength) {
      const double p = -std::expm1(-2.0 * std::fabs(strength) / sweep.temperature);
      return rules::make_threshold(p, random.coarse_planes);
    };
    const rules::Threshold active = threshold(J_);
    random.chosen(words_of(of_bonds), active, d.bonds[0].data() + first);
    for (int axis = 1; axis < 3; ++axis) {
      if (side(axis) == 1) continue;
      random.chosen(words_of(of_bonds + axis), active, d.bonds[axis].data() + first);
    }
    if (h_ != 0.0) random.chosen(words_of(of_fields), threshold(h_), d.field.data() + first);
    random.coins(words_of(of_coins), d.coins.data() + first);
  }
  // Makes starts of runs of a row's bonds.
  void begin_runs(const std::uint64_t* spins, Decomposition& d, std::int64_t row) const {
    const std::int64_t row_words = layout.row_words(), first = row * row_words;
    Label* const parents = d.parents.data();
    std::uint64_t active = 0;
    for (std::int64_t w = 0; w < row_words; ++w) {
      std::uint64_t& starts = d.bonds[0][at(first + w)];
      const bool goes_on = active >> 63 != 0;
      const std::uint64_t unequal = spins[first + w] ^ right(spins + first, w) ^ differ_;
      active = layout.sites > 1 ? starts & ~unequal & layout.mask(w) : 0;
      starts = (~(active << 1) | 1U) & layout.mask(w);
      const Label label = label_at(first + w);
      Label* const own = parents + label;
      for (Label b = 0; b < 64; ++b) own[b] = label + b;
      if (goes_on) join(parents, label, last_run(d, first + w - 1));
    }
    if ((active >> ((layout.sites - 1) % 64) & 1U) != 0) {
      join(parents, last_run(d, first + row_words - 1), label_at(first));
    }
  }
  Label last_run(const Decomposition& d, std::int64_t word) const {
    return run_of(d.bonds[0][at(word)], word, ~std::uint64_t{0});
  }
  // Joins a row to those before it from which it is one step away, if they lie in [begin, end) of
  // a slab that holds the row, or anywhere before `end`, where the slab begins.
  void join_back(const std::uint64_t* spins, Decomposition& d, std::int64_t row, std::int64_t begin,
                 std::int64_t end) const {
    for (int axis = 1; axis < 3; ++axis) {
      if (side(axis) == 1) continue;
      const std::int64_t before = previous(row, axis), after = next(row, axis);
      const auto there = [&](std::int64_t other) {
        return other >= begin && other < end && other < row;
      };
      if (there(before)) join_rows(spins, d, before, row, axis);
      if (there(after)) join_rows(spins, d, row, after, axis);
    }
  }
  // By the bonds that go from one row to the next.
  void join_rows(const std::uint64_t* spins, Decomposition& d, std::int64_t from, std::int64_t to,
                 int axis) const {
    const std::int64_t row_words = layout.row_words();
    for (std::int64_t w = 0; w < row_words; ++w) {
      const std::int64_t a = from * row_words + w, b = to * row_words + w;
      const std::uint64_t unequal = spins[a] ^ spins[b] ^ differ_;
      const std::uint64_t active = d.bonds[axis][at(a)] & ~unequal & layout.mask(w);
      const std::uint64_t starts_a = d.bonds[0][at(a)], starts_b = d.bonds[0][at(b)];
      const std::uint64_t again = active << 1 & ~starts_a & ~starts_b;
      join_words(d.parents.data(), {a, b, starts_a, starts_b, active & ~again});
    }
  }
  // Clusters that the field holds do not turn.
  void hold_slab(const std::uint64_t* spins, Decomposition& d, std::int64_t number) const {
    const Slab slab = slab_at(number);
    const std::uint64_t down = h_ > 0.0 ? 0 : ~std::uint64_t{0};
    const std::int64_t row_words = layout.row_words();
    for (std::int64_t w = slab.begin * row_words; w < slab.end * row_words; ++w) {
      const std::uint64_t starts = d.bonds[0][at(w)];
      std::uint64_t held = d.field[at(w)] & (spins[w] ^ down) & layout.mask(w % row_words);
      for (; held != 0; held &= held - 1) {
        const Label root = root_of(d.parents.data(), run_of(starts, w, held ^ (held - 1)));
        __atomic_fetch_and(&d.coins[root / 64], ~(std::uint64_t{1} << (root % 64)),
                           __ATOMIC_RELAXED);
      }
    }
  }
  // The bits of a word's runs whose clusters turn; the runs learn their roots.
  std::uint64_t turning(Decomposition& d, std::int64_t w) const {
    Label* const parents = d.parents.data();
    const std::uint64_t* const coins = d.coins.data();
    std::uint64_t out = 0, before = 0;
    for (std::uint64_t bits = d.bonds[0][at(w)]; bits != 0; bits &= bits - 1) {
      const int b = std::countr_zero(bits);
      const Label run = label_at(w) + static_cast<Label>(b);
      const Label root = root_of(parents, run);
      set_parent(parents, run, root);
      // All bits, or none.
      const std::uint64_t coin = -(coins[root / 64] >> (root % 64) & 1U);
      // From this run on, if it is not as the one before.
      out ^= (coin ^ before) << b;
      before = coin;
    }
    return out;
  }

  // act(word whose bits are bonds of unequal spins) of all axes.
  template <class Act>
  void for_links(const std::uint64_t* spins, const Act& act) const {
    const std::int64_t row_words = layout.row_words();
    for (std::int64_t row = 0; row < layout.rows; ++row) {
      const std::uint64_t* const words = spins + row * row_words;
      for (std::int64_t w = 0; w < row_words; ++w) {
        if (layout.sites > 1) act((words[w] ^ right(words, w)) & layout.mask(w));
        for (int axis = 1; axis < 3; ++axis) {
          if (side(axis) > 1) act(words[w] ^ spins[next(row, axis) * row_words + w]);
        }
      }
    }
  }

  std::int64_t planes_, rows_;
  double J_, h_;
  std::uint64_t differ_;  // all bits where bonds want spins to differ
};

}  // namespace

std::unique_ptr<ClusterSystem> lattice_clusters(const ClusterOptions& o,
                                                const kernels::ClusterRandom& random) {
  return std::make_unique<LatticeClusters>(o, random);
}

}  // namespace multispin
