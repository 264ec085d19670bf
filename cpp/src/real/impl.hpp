// The kernels of real couplings, for the word type MULTISPIN_WORD of the including unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "real/common_impl.hpp"
#include "real/kernels.hpp"
#include "real/pattern_blocks_impl.hpp"

namespace multispin::kernels {
namespace {

// --- couplings of all pairs
// -----------------------------------------------------------------------

MULTISPIN_HD const std::int32_t* coupling_of(const DenseReplicas& r, std::int64_t i,
                                             std::int64_t j) {
  return r.couplings + (j / tile * r.sites + i) * tile + j % tile;
}
MULTISPIN_HD std::int32_t* state_of(const DenseReplicas& r, std::int64_t replica, std::int64_t j) {
  return r.states + (j / tile * r.replicas + replica) * tile + j % tile;
}

// Sites of a block: neighbours in number, whose states lie in whole tiles, or sites of any order.
// Where the block is one tile, its states stay in registers, and go back complete.
struct InTiles {
  static constexpr bool complete = false;
  MULTISPIN_HD static void load(const DenseBlock& b, std::int64_t replica, int count,
                                std::int32_t* to) {
    for (int k = 0; k < count; k += lanes) {
      Lanes::store(to + k, Lanes::load(state_of(b.replicas, replica, b.positions.first + k)));
    }
  }
  MULTISPIN_HD static std::uint64_t free(const DenseBlock& b, const std::uint64_t* words, int k) {
    return words[(b.positions.first + k) / 64];
  }
  // Couplings to 64 sites of the block, from `first` on, where they lie anyway.
  class Rows {
   public:
    explicit Rows(const DenseBlock& b) : b_(b) {}
    MULTISPIN_HD void turn_to(int first) {
      from_ = coupling_of(b_.replicas, b_.positions.first, b_.positions.first + first);
    }
    MULTISPIN_HD const std::int32_t* operator[](int k) const { return from_ + k * tile; }
    MULTISPIN_HD void need(int /*k*/) const {}

   private:
    const DenseBlock& b_;
    const std::int32_t* from_ = nullptr;
  };
};

struct InOneTile : InTiles {
  static constexpr bool complete = true;
};

struct Anywhere {
  static constexpr bool complete = false;
  MULTISPIN_HD static void load(const DenseBlock& b, std::int64_t replica, int count,
                                std::int32_t* to) {
    for (int k = 0; k < count; ++k) to[k] = *state_of(b.replicas, replica, b.flips->site[k]);
  }
  MULTISPIN_HD static std::uint64_t free(const DenseBlock& b, const std::uint64_t* words, int k) {
    std::uint64_t out = 0;
    for (int i = 0; i < 64 && b.positions.first + k + i < b.positions.end; ++i) {
      const std::uint32_t site = b.flips->site[k + i];
      out |= (words[site / 64] >> (site % 64) & 1U) << i;
    }
    return out;
  }
  // Couplings to 64 sites of the block, from `first` on. They are gathered when the first replica
  // asks for them: of a few replicas most are asked for by none.
  class Rows {
   public:
    explicit Rows(const DenseBlock& b) : b_(b) {}
    MULTISPIN_HD void turn_to(int first) { first_ = first; }
    MULTISPIN_HD const std::int32_t* operator[](int k) const {
      return b_.couplings + k * block + first_;
    }
    MULTISPIN_HD void need(int k) {
      std::uint64_t& have = have_[k / 64];
      const std::uint64_t bit = std::uint64_t{1} << (k % 64);
      if ((have & bit) != 0) return;
      have |= bit;
      const int count = static_cast<int>(b_.positions.end - b_.positions.first);
      for (int l = 0; l < count; ++l) {
        b_.couplings[k * block + l] =
            *coupling_of(b_.replicas, b_.flips->site[k], b_.flips->site[l]);
      }
    }

   private:
    const DenseBlock& b_;
    int first_ = 0;
    std::uint64_t have_[block / 64] = {};
  };
};

constexpr int tile_vectors = tile / lanes;

// One replica's spins of a block, one after the other.
template <class Rule, class Sites>
class DenseScan {
 public:
  using Rows = typename Sites::Rows;
  DenseScan(const DenseBlock& b, Rows& rows, std::int64_t replica)
      : b_(b), rows_(rows), replica_(replica) {}
  template <class Planes>
  MULTISPIN_HD void go(const Planes& planes) {
    const int count = static_cast<int>(b_.positions.end - b_.positions.first);
    find_free(count);
    b_.flips->counts[replica_][0] = b_.flips->counts[replica_][1] = 0;
    if (none_is_free(count)) return;  // and no number is drawn in vain
    Sites::load(b_, replica_, count, state_);
    draw<Planes, Rule>(planes, b_.noise, replica_, b_.positions.first, count, draw_);
    for (int k = (count + lanes - 1) / lanes * lanes; k % tile != 0; k += lanes) {
      Lanes::store(state_ + k, Lanes::splat(0));
    }
    for (int first = 0; first < count; first += tile) {
      I state[tile_vectors];
      for (int v = 0; v < tile_vectors; ++v) state[v] = Lanes::load(state_ + first + v * lanes);
      if (b_.at_once) {
        all_at_once(first, state);
      } else {
        rows_.turn_to(first);
        add_noted(state);
        one_by_one(first, state);
        if constexpr (Sites::complete) keep(count, state);
      }
    }
    b_.flips->counts[replica_][0] = static_cast<std::uint8_t>(ups_);
    b_.flips->counts[replica_][1] = static_cast<std::uint8_t>(downs_);
  }

 private:
  MULTISPIN_HD void find_free(int count) {
    const std::int64_t words = (b_.replicas.sites + 63) / 64;
    for (int k = 0; k < count; k += 64) {
      free_[k / 64] = b_.replicas.free == nullptr
                          ? ~std::uint64_t{0}
                          : Sites::free(b_, b_.replicas.free + replica_ * words, k);
      if (count - k < 64) free_[k / 64] &= bits::lane_mask(count - k);
    }
  }
  MULTISPIN_HD bool none_is_free(int count) const {
    std::uint64_t free = 0;
    for (int k = 0; k < count; k += 64) free |= free_[k / 64];
    return free == 0;
  }
  // Of the sites from `first` on.
  MULTISPIN_HD unsigned free_of(int first) const {
    return static_cast<unsigned>(free_[first / 64] >> (first % 64)) & ((1U << lanes) - 1U);
  }
  MULTISPIN_HD unsigned flips_of(int first, I state) const {
    const I drawn = Lanes::load(draw_ + first);
    return Lanes::signs(Rule::template flips<Lanes>(state, drawn, b_.noise.lazy));
  }
  // True if the spin turns up. No branch: which way it turns nobody foresees.
  MULTISPIN_HD bool note(int k) {
    const int down = state_[k] & 1;
    const int place = down != 0 ? block - 1 - downs_ : ups_;
    b_.flips->rows[replica_][place] = static_cast<std::uint8_t>(k);
    downs_ += down;
    ups_ += 1 - down;
    return down == 0;
  }
  MULTISPIN_HD void all_at_once(int first, const I (&state)[tile_vectors]) {
    for (int v = 0; v < tile_vectors; ++v) {
      const int begin = first + v * lanes;
      unsigned flips = flips_of(begin, state[v]) & free_of(begin);
      for (; flips != 0; flips &= flips - 1) note(begin + __builtin_ctz(flips));
    }
  }
  // Brings the flips of the tiles before into those of a tile.
  MULTISPIN_HD void add_noted(I (&state)[tile_vectors]) const {
    const std::uint8_t* const noted = b_.flips->rows[replica_];
    for (int i = 0; i < ups_; ++i) {
      const std::int32_t* const from = rows_[noted[i]];
      for (int v = 0; v < tile_vectors; ++v)
        state[v] = sum(state[v], Lanes::load(from + v * lanes));
    }
    for (int i = block - downs_; i < block; ++i) {
      const std::int32_t* const from = rows_[noted[i]];
      for (int v = 0; v < tile_vectors; ++v) {
        state[v] = difference(state[v], Lanes::load(from + v * lanes));
      }
    }
  }
  MULTISPIN_HD void keep(int count, const I (&state)[tile_vectors]) const {
    std::int32_t* const states = state_of(b_.replicas, replica_, b_.positions.first);
    for (int k = 0; k < count; k += lanes) Lanes::store(states + k, state[k / lanes]);
  }
  // A tile's states stay in registers. If they are not to be complete, those of sites that have had
  // their turn are left behind: all flips are brought into all states afterwards.
  template <int v = 0>
  MULTISPIN_HD void one_by_one(int first, I (&state)[tile_vectors]) {
    if constexpr (v < tile_vectors) {
      const int begin = first + v * lanes;
      unsigned left = free_of(begin);
      unsigned flips = flips_of(begin, state[v]) & left;
      while (flips != 0) {
        const int place = __builtin_ctz(flips);
        rows_.need(begin + place);
        const std::int32_t* const from = rows_[begin + place];
        const I sign = Lanes::splat(note(begin + place) ? 0 : -1);
#pragma GCC unroll 16
        for (int u = Sites::complete ? 0 : v; u < tile_vectors; ++u) {
          state[u] = sum(state[u], difference(Lanes::load(from + u * lanes) ^ sign, sign));
        }
        left &= ~((2U << place) - 1U);
        flips = flips_of(begin, state[v]) & left;
      }
      one_by_one<v + 1>(first, state);
    }
  }

  const DenseBlock& b_;
  Rows& rows_;
  std::int64_t replica_;
  int ups_ = 0, downs_ = 0;
  alignas(64) std::int32_t state_[block];
  alignas(64) std::int32_t draw_[block];
  std::uint64_t free_[block / 64];
};

template <class Planes, class Rule, class Sites>
MULTISPIN_HD void scan_all(const DenseBlock& b, const Planes& planes) {
  typename Sites::Rows rows(b);
  for (std::int64_t replica = 0; replica < b.replicas.replicas; ++replica) {
    DenseScan<Rule, Sites>(b, rows, replica).go(planes);
  }
}

template <template <class> class Planes, class Rule>
void update_dense(const DenseBlock& b) {
  const Planes<Word> planes(*b.noise.keys, b.noise.sweep, 0);
  for (std::int64_t p = b.positions.first; p < b.positions.end; ++p) {
    b.flips->site[p - b.positions.first] = site_at(b.positions, p);
  }
  if (b.positions.order != nullptr) {
    scan_all<Planes<Word>, Rule, Anywhere>(b, planes);
  } else if (b.completes) {
    scan_all<Planes<Word>, Rule, InOneTile>(b, planes);
  } else {
    scan_all<Planes<Word>, Rule, InTiles>(b, planes);
  }
}

// One replica's states of a part of a tile.
constexpr int at_a_time = tile / lanes < 8 ? tile / lanes : 8;

MULTISPIN_HD void apply_list(const std::int32_t* couplings, const DenseFlips& flips,
                             std::int64_t replica, I (&state)[at_a_time]) {
  const std::uint8_t* const row = flips.rows[replica];
  const std::uint8_t* const ups = row + flips.counts[replica][0];
  const std::uint8_t* const end = row + block;
  for (const std::uint8_t* k = row; k != ups; ++k) {
    const std::int32_t* const from = couplings + std::int64_t{flips.site[*k]} * tile;
    for (int v = 0; v < at_a_time; ++v) state[v] = sum(state[v], Lanes::load(from + v * lanes));
  }
  for (const std::uint8_t* k = end - flips.counts[replica][1]; k != end; ++k) {
    const std::int32_t* const from = couplings + std::int64_t{flips.site[*k]} * tile;
    for (int v = 0; v < at_a_time; ++v) {
      state[v] = difference(state[v], Lanes::load(from + v * lanes));
    }
  }
}

// Calls the rows of a tile, the sites of a block, into the second cache: the part that is due when
// `replica` is at work on what comes before. Flips ask for them in no order that a processor sees.
MULTISPIN_HD void fetch(const std::int32_t* couplings, const DenseFlips& flips,
                        std::int64_t replica, std::int64_t replicas) {
  for (std::int64_t i = block * replica / replicas; i < block * (replica + 1) / replicas; ++i) {
    const auto* const row =
        reinterpret_cast<const char*>(couplings + std::int64_t{flips.site[i]} * tile);
    for (int line = 0; line < tile * 4; line += 64) __builtin_prefetch(row + line, 0, 2);
  }
}

// The rows of a block stay in the innermost cache while all replicas ask for them.
MULTISPIN_HD void apply_block(const DenseReplicas& r, const DenseFlips& flips,
                              const DenseFlips* next, const std::int32_t* next_couplings,
                              std::int64_t t) {
  const std::int32_t* const couplings = r.couplings + t * r.sites * tile;
  for (std::int64_t replica = 0; replica < r.replicas; ++replica) {
    if (next != nullptr) fetch(next_couplings, *next, replica, r.replicas);
    std::int32_t* const states = r.states + (t * r.replicas + replica) * tile;
    for (int part = 0; part < tile; part += at_a_time * lanes) {
      I state[at_a_time];
      for (int v = 0; v < at_a_time; ++v) state[v] = Lanes::load(states + part + v * lanes);
      apply_list(couplings + part, flips, replica, state);
      for (int v = 0; v < at_a_time; ++v) Lanes::store(states + part + v * lanes, state[v]);
    }
  }
}

MULTISPIN_HD void apply_tile(const DenseReplicas& r, const DenseFlips* flips, int count,
                             std::int64_t t) {
  const std::int32_t* const couplings = r.couplings + t * r.sites * tile;
  // Of a few replicas most rows are asked for by none.
  const bool fetches = r.replicas >= 32;
  const bool last = (t + 1) * tile >= r.sites;
  for (int b = 0; b < count; ++b) {
    const bool ends = b + 1 == count;
    const DenseFlips* const next =
        !fetches || (ends && last) ? nullptr : flips + (ends ? 0 : b + 1);
    apply_block(r, flips[b], next, ends ? couplings + r.sites * tile : couplings, t);
  }
}

void apply_dense(const DenseReplicas& r, const DenseFlips* flips, int count, Tiles into,
                 Tiles but) {
  for (std::int64_t t = into.first; t < into.end; ++t) {
    if (t < but.first || t >= but.end) apply_tile(r, flips, count, t);
  }
}

// --- couplings of some pairs
// ----------------------------------------------------------------------

// Of a bundle there are up to 32 replicas: two or four registers, or eight.
constexpr int spread_at_once = lanes < 16 ? 4 : 2;

// The turns of a site of some replicas, +1, -1 or 0, times its couplings, are added to the states
// of its neighbours.
template <int count>
MULTISPIN_HD void spread_part(const SparseReplicas& r, std::int64_t site, const std::int32_t* turns,
                              std::int64_t first) {
  I turn[count];
  for (int v = 0; v < count; ++v) turn[v] = Lanes::load(turns + first + v * lanes);
  const std::int64_t row = r.lanes;
  const Neighbour* const end = r.neighbours + r.first[site + 1];
  std::int32_t* const all = r.states + first;
  for (const Neighbour* n = r.neighbours + r.first[site]; n != end; ++n) {
    std::int32_t* const states = all + std::int64_t{n->site} * row;
    const I coupling = Lanes::splat(n->coupling);
    for (int v = 0; v < count; ++v) {
      std::int32_t* const at = states + v * lanes;
      Lanes::store(at, sum(Lanes::load(at), product(coupling, turn[v])));
    }
  }
}

MULTISPIN_HD void spread(const SparseReplicas& r, std::int64_t site, const std::int32_t* turns) {
  std::int64_t l = 0;
  for (; l + spread_at_once * lanes <= r.lanes; l += spread_at_once * lanes) {
    spread_part<spread_at_once>(r, site, turns, l);
  }
  for (; l < r.lanes; l += lanes) spread_part<1>(r, site, turns, l);
}

// The draws of 64 positions of all replicas, by position. `rows` has room for those of as many
// replicas as a vector has numbers.
template <class Planes, class Rule>
MULTISPIN_HD void draw_lanes(const Planes& planes, const SparseBlock& b, std::int64_t first,
                             std::int32_t* draws, std::int32_t* rows) {
  for (std::int64_t begin = 0; begin < b.replicas.replicas; begin += lanes) {
    for (int i = 0; i < lanes; ++i) {
      std::int32_t* const row = rows + i * group;
      if (begin + i < b.replicas.replicas) {
        draw<Planes, Rule>(planes, b.noise, begin + i, first, group, row);
      } else {
        for (int k = 0; k < group; ++k) row[k] = 0;  // lanes that never flip
      }
    }
    for (int k = 0; k < group; k += lanes) {
      I square[lanes];
      for (int i = 0; i < lanes; ++i) square[i] = Lanes::load(rows + i * group + k);
      Lanes::turn_over(square);
      for (int i = 0; i < lanes; ++i) {
        Lanes::store(draws + (k + i) * b.replicas.lanes + begin, square[i]);
      }
    }
  }
}

template <class Rule>
MULTISPIN_HD void attempt(const SparseBlock& b, std::int64_t site, const std::int32_t* draws,
                          std::int32_t* turns) {
  const SparseReplicas& r = b.replicas;
  std::int32_t* const states = r.states + site * r.lanes;
  I any{};
  for (std::int64_t l = 0; l < r.lanes; l += lanes) {
    const I state = Lanes::load(states + l);
    I flips = Rule::template flips<Lanes>(state, Lanes::load(draws + l), b.noise.lazy);
    if (r.free != nullptr) flips &= Lanes::load(r.free + site * r.lanes + l);
    any |= flips;
    Lanes::store(turns + l, flips & (-(state & 1) | 1));
  }
  if (b.turns != nullptr || Lanes::signs(any) == 0) return;
  for (std::int64_t l = 0; l < r.lanes; l += lanes) {
    Lanes::store(states + l, sum(Lanes::load(states + l), Lanes::load(turns + l)));
  }
  spread(r, site, turns);
}

template <template <class> class Planes, class Rule>
void update_sparse(const SparseBlock& b) {
  const Planes<Word> planes(*b.noise.keys, b.noise.sweep, 0);
  const std::int64_t row = b.replicas.lanes;
  std::int32_t* const own_turns = b.draws + group * row;
  std::int32_t* const rows = own_turns + row;
  for (std::int64_t first = b.positions.first; first < b.positions.end; first += group) {
    draw_lanes<Planes<Word>, Rule>(planes, b, first, b.draws, rows);
    const std::int64_t left = b.positions.end - first;
    for (std::int64_t k = 0; k < (left < group ? left : group); ++k) {
      const std::int64_t site = site_at(b.positions, first + k);
      attempt<Rule>(b, site, b.draws + k * row,
                    b.turns == nullptr ? own_turns : b.turns + site * row);
    }
  }
}

void apply_sparse(const SparseReplicas& r, const std::int32_t* turns, std::int64_t first,
                  std::int64_t end) {
  for (std::int64_t site = first; site < end; ++site) {
    std::int32_t* const states = r.states + site * r.lanes;
    const std::int32_t* const own = turns + (site - first) * r.lanes;
    for (std::int64_t l = 0; l < r.lanes; l += lanes) {
      Lanes::store(states + l, sum(Lanes::load(states + l), Lanes::load(own + l)));
    }
    spread(r, site, own);
  }
}

template <template <class> class Planes, class Rule>
constexpr RealRuleKernels rule_kernels() {
  return {&update_dense<Planes, Rule>, &update_sparse<Planes, Rule>,
          &update_patterns<Planes, Rule>};
}

constexpr RealKernels make_real_kernels() {
  return {lanes,
          {rule_kernels<random::AesPlanes, rules::Metropolis>(),
           rule_kernels<random::AesPlanes, rules::HeatBath>()},
          {rule_kernels<random::PhiloxPlanes, rules::Metropolis>(),
           rule_kernels<random::PhiloxPlanes, rules::HeatBath>()},
          &apply_dense,
          &apply_sparse,
          &turn_patterns,
          &add_up_patterns};
}

}  // namespace
}  // namespace multispin::kernels
