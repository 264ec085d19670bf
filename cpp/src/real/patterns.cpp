// Couplings that patterns make: overlaps are maintained, and no coupling is ever kept.
#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <numeric>
#include <vector>

#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/line_vector.hpp"
#include "multispin/real/patterns.hpp"
#include "real/bundle.hpp"

namespace multispin {
namespace {

constexpr std::int64_t block = model::block_sites;

// The patterns at each site.
struct PatternRows {
  PatternRows(std::int64_t sites, std::span<const std::uint64_t> words)
      : count(static_cast<std::int64_t>(words.size()) / ((sites + 63) / 64)),
        row(pattern_row(count)),
        memory(static_cast<std::size_t>(sites * row / 4)) {
    write_pattern_rows(sites, words, memory.data());
  }

  const std::int16_t* rows() const { return reinterpret_cast<const std::int16_t*>(memory.data()); }

  std::int64_t count, row;
  SpinMemory memory;
};

class PatternBundle : public RealBundle {
 public:
  PatternBundle(const RealPlan& plan, const RoundedSites& rounded, const PatternRows& patterns,
                const int& shift, std::int64_t first_replica, std::int64_t replicas,
                std::uint64_t first_stream)
      : RealBundle(plan, rounded, first_replica, replicas, first_stream),
        patterns_(patterns),
        shift_(shift),
        words_((plan.sites + 63) / 64),
        spins_(count(words_ * replicas)),
        low_(count(patterns.row * model::pattern_bits * replicas / 4)),
        high_(count(patterns.count * replicas)),
        overlaps_(count(replicas)),
        shorts_(count(Room::all_overlaps + Room::all_sums)),
        numbers_(count(Room::all_sums + Room::all_couplings)),
        pattern_words_(count(patterns.row / 4 * block)) {
    for (std::int64_t r = 0; r < replicas; ++r) {
      overlaps_[count(r)] = {
          reinterpret_cast<std::int16_t*>(low_.data()) + r * patterns.row * model::pattern_bits, 0,
          high_.data() + r * patterns.count, 0, false};
    }
    if (plan.parallel) turns_.resize(count(words_ * replicas));
    wake();
  }

  std::int64_t steps() const override { return plan_.parallel ? 2 * blocks() : blocks(); }

  SiteBits spins(std::int64_t replica) const override {
    const std::uint64_t* const own = spins_.data() + replica * words_;
    return {own, own + words_};
  }
  void set_scale(std::int64_t replica, const rules::NoiseScale& scale) override {
    RealBundle::set_scale(replica, scale);
    wake();
  }
  void set_spins(std::int64_t first, std::span<const SiteBits> spins) override {
    wake();
    for (std::size_t i = 0; i < spins.size(); ++i) {
      const std::int64_t replica = first + static_cast<std::int64_t>(i);
      std::ranges::copy(spins[i], spins_.begin() + replica * words_);
      if (i > 0 && spins[i] == spins[i - 1]) {
        copy_overlaps(replica - 1, replica);
      } else {
        plan_.kernels.add_up_patterns(view(), replica);
      }
    }
  }
  void hold(std::span<const SiteBits> held) override {
    wake();
    free_.clear();
    for (const SiteBits& bits : held) {
      for (const std::uint64_t word : bits) free_.push_back(~word);
    }
  }
  void pattern_overlaps(std::int64_t replica, std::int64_t* sums) const override {
    const kernels::PatternOverlaps& o = overlaps_[count(replica)];
    for (std::int64_t p = 0; p < patterns_.count; ++p) sums[p] = o.low[model::overlap_place(p)];
    for (std::int64_t h = 0; h < o.high_count; ++h) sums[o.high[h].pattern] += o.high[h].value;
  }
  // Twice the pairs' sum is sum_mu M^2 less what a spin would have with itself.
  Sums sums(std::int64_t replica) const override {
    std::vector<std::int64_t> overlaps(count(patterns_.count));
    pattern_overlaps(replica, overlaps.data());
    std::int64_t squares = -patterns_.count * plan_.sites;
    for (const std::int64_t overlap : overlaps) squares += overlap * overlap;
    Sums out;
    out.bonds = squares / 2 * (std::int64_t{1} << shift_);
    const SiteBits own = spins(replica);
    std::int64_t up = 0;
    for (std::int64_t w = 0; w < words_; ++w) {
      const int here = static_cast<int>(std::min<std::int64_t>(64, plan_.sites - 64 * w));
      up += std::popcount(own[count(w)] & bits::lane_mask(here));
    }
    out.spins = 2 * up - plan_.sites;
    if (std::ranges::all_of(rounded_.fields, [](std::int32_t field) { return field == 0; })) {
      return out;
    }
    for (std::int64_t j = 0; j < plan_.sites; ++j) {
      const std::int64_t field = rounded_.fields[count(j)];
      out.bonds += bit_of(own, j) ? field : -field;
    }
    return out;
  }

 protected:
  void update(std::int64_t step, std::uint64_t sweep) override {
    if (step == 0) begin_sweep();
    const std::int64_t first = step % blocks() * block;
    const std::int64_t end = std::min(first + block, plan_.sites);
    if (step >= blocks()) {
      plan_.kernels.turn_patterns(view(), turns_.data(), first, end);
    } else {
      if (plan_.parallel && step == 0) std::ranges::fill(turns_, std::uint64_t{0});
      plan_.rule.patterns({view(),
                           noise(sweep),
                           {order(), first, end},
                           plan_.parallel ? turns_.data() : nullptr,
                           room()});
    }
    if (step + 1 == steps()) end_sweep();
  }

 private:
  using Room = kernels::PatternRoom;

  static std::size_t count(std::int64_t items) { return static_cast<std::size_t>(items); }
  std::int64_t blocks() const { return (plan_.sites + block - 1) / block; }
  kernels::PatternReplicas view() {
    return {patterns_.rows(), patterns_.row,          patterns_.count,
            plan_.sites,      rounded_.fields.data(), shift_,
            overlaps_.data(), spins_.data(),          free_.empty() ? nullptr : free_.data(),
            moving_.data(),   std::ssize(moving_)};
  }
  // Without a temperature, the heat bath leaves a replica for ever as it is that it has left so for
  // a whole sweep: it is not looked at again, until anything is set.
  void wake() {
    moving_.resize(count(replicas()));
    std::iota(moving_.begin(), moving_.end(), 0U);
    whole_ = false;
  }
  void begin_sweep() {
    for (kernels::PatternOverlaps& o : overlaps_) o.turned = false;
    whole_ = plan_.heat_bath;
  }
  void end_sweep() {
    if (!whole_) return;
    std::erase_if(moving_, [&](std::uint32_t replica) {
      return cold(replica) && !overlaps_[count(replica)].turned;
    });
  }
  Room room() {
    return {shorts_.data(), shorts_.data() + Room::all_overlaps, numbers_.data(),
            numbers_.data() + Room::all_sums, pattern_words_.data()};
  }
  void copy_overlaps(std::int64_t from, std::int64_t to) {
    const kernels::PatternOverlaps& source = overlaps_[count(from)];
    kernels::PatternOverlaps& target = overlaps_[count(to)];
    std::copy_n(source.low, patterns_.row * model::pattern_bits, target.low);
    std::copy_n(source.high, source.high_count, target.high);
    target.high_count = source.high_count;
    target.sum = source.sum;
  }

  const PatternRows& patterns_;
  const int& shift_;
  std::int64_t words_;
  std::vector<std::uint64_t> spins_;
  SpinMemory low_;
  std::vector<kernels::HighPart> high_;
  std::vector<kernels::PatternOverlaps> overlaps_;
  std::vector<std::uint32_t> moving_;
  bool whole_ = false;  // whether nothing has been set since the sweep under way began
  std::vector<std::uint64_t> turns_, free_;
  LineVector<std::int16_t> shorts_;
  LineVector<std::int32_t> numbers_;
  LineVector<std::uint64_t> pattern_words_;
};

class PatternCouplings : public RealCouplings {
 public:
  PatternCouplings(std::int64_t sites, std::span<const std::uint64_t> patterns, double unit)
      : patterns_(sites, patterns), unit_(unit) {}

  std::unique_ptr<RealBundle> bundle(const RealPlan& plan, std::int64_t first_replica,
                                     std::int64_t replicas,
                                     std::uint64_t first_stream) const override {
    return std::make_unique<PatternBundle>(plan, rounded_, patterns_, shift_, first_replica,
                                           replicas, first_stream);
  }

 protected:
  // There is nothing to fill; but fields may have made the step another one.
  void fill(const RoundedCouplings& couplings, const CoupledPairs& /*pairs*/) override {
    shift_ = std::ilogb(unit_ / couplings.step());
  }

 private:
  PatternRows patterns_;
  double unit_;
  int shift_ = 0;
};

}  // namespace

// 64 patterns of 64 sites at a time.
void write_pattern_rows(std::int64_t sites, std::span<const std::uint64_t> words,
                        std::uint64_t* rows) {
  const std::int64_t of_pattern = (sites + 63) / 64;
  const auto count = static_cast<std::int64_t>(words.size()) / of_pattern;
  const std::int64_t row = pattern_row(count) / 4;
  for (std::int64_t w = 0; w < of_pattern; ++w) {
    for (std::int64_t first = 0; first < count; first += 64) {
      bits::Word128 square[64] = {};
      for (std::int64_t p = first; p < std::min(first + 64, count); ++p) {
        square[p - first].element[0] = words[static_cast<std::size_t>(p * of_pattern + w)];
      }
      bits::transpose(square);
      for (std::int64_t j = 64 * w; j < std::min(64 * w + 64, sites); ++j) {
        rows[j * row + first / 64] = square[j % 64].element[0];
      }
    }
  }
}

std::unique_ptr<RealCouplings> pattern_couplings(std::int64_t sites,
                                                 std::span<const std::uint64_t> patterns,
                                                 double unit) {
  return std::make_unique<PatternCouplings>(sites, patterns, unit);
}

}  // namespace multispin
