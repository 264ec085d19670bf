// Running sweeps of clusters: threads, measurements, and stopping in the middle of a sweep.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "cluster/detail.hpp"
#include "host/in_turn.hpp"

namespace multispin {
namespace {

// The mean over the clusters that visit all sites four times, after as many that are left out.
constexpr std::int64_t visits = 4;

// Asks for a stop within a piece of work that threads take in turn.
Poll stop_of(StopWatch& watch, int thread) {
  return [&watch, thread] {
    if (thread == 0) watch.look();
    return watch.stopped();
  };
}

}  // namespace

// Some replicas' way to a number of sweeps.
class ClusterEngine::Run {
 public:
  explicit Run(ClusterEngine& engine) : engine_(engine), d_(*engine.detail_) {}

  // `draws` times `interval` sweeps after `first`, measured if there are `sums`.
  bool take(std::uint64_t first, std::uint64_t draws, std::uint64_t interval, Sums* sums,
            const Poll& poll) {
    const ClusterOptions& o = engine_.options_;
    if (!engine_.know_clusters(poll)) return false;
    const auto go = [&](std::int64_t r, std::size_t memory, const ClusterMeans& means) {
      for (std::uint64_t draw = 0; draw < draws; ++draw) {
        if (!advance(r, first + (draw + 1) * interval, memory, means)) return false;
        if (sums == nullptr) continue;
        sums[draw * static_cast<std::uint64_t>(o.replicas) + static_cast<std::uint64_t>(r)] =
            d_.system->sums(d_.spins(r), d_.sample_of(o, r));
      }
      return true;
    };
    const int threads = worth(sites_of(draws * interval), o.threads);
    if (o.replicas < threads && o.dynamics == ClusterDynamics::swendsen_wang) {
      for (std::int64_t r = 0; r < o.replicas; ++r) {
        if (!go(r, 0, {threads, poll})) return false;
      }
      return true;
    }
    std::atomic<bool> all = true;
    const auto act = [&](std::int64_t r, int thread, StopWatch& watch) {
      const Poll stop = stop_of(watch, thread);
      if (!go(r, static_cast<std::size_t>(thread), {1, stop})) all = false;
    };
    const auto busy = static_cast<int>(std::min<std::int64_t>(threads, o.replicas));
    return in_turn(busy, o.replicas, poll, act) && all;
  }

 private:
  // What the sweeps of all replicas go through, as words of other engines' work.
  std::int64_t sites_of(std::uint64_t sweeps) const {
    const double sites = static_cast<double>(engine_.options_.replicas) *
                         static_cast<double>(engine_.sites()) * static_cast<double>(sweeps);
    return static_cast<std::int64_t>(std::min(sites, 0x1p60));
  }
  bool advance(std::int64_t replica, std::uint64_t target, std::size_t memory,
               const ClusterMeans& means) {
    const auto r = static_cast<std::size_t>(replica);
    ClusterSweep sweep{&d_.keys[r], 0, engine_.temperatures_[r],
                       d_.sample_of(engine_.options_, replica)};
    std::uint64_t* const spins = d_.spins(replica);
    for (std::uint64_t& done = d_.done[r]; done < target; ++done) {
      if (means.poll && means.poll()) return false;
      sweep.number = done;
      if (engine_.options_.dynamics == ClusterDynamics::wolff) {
        const WolffEnd end{d_.clusters_per_sweep.at({sweep.temperature, sweep.sample}),
                           std::numeric_limits<std::int64_t>::max()};
        Decomposition& own = d_.decompositions[memory];
        if (!d_.system->grow(sweep, end, d_.way[r], spins, own, means.poll)) return false;
        d_.way[r] = {};
      } else {
        Decomposition& clusters = d_.decompositions[memory];
        if (!d_.system->decompose(sweep, spins, clusters, means)) return false;
        d_.system->turn(clusters, spins, means.threads);
      }
    }
    return true;
  }

  ClusterEngine& engine_;
  Detail& d_;
};

bool ClusterEngine::execute(std::uint64_t first, std::uint64_t draws, std::uint64_t interval,
                            Sums* sums, const Poll& poll) {
  const bool completed = Run(*this).take(first, draws, interval, sums, poll);
  sweeps_done_ = std::ranges::min(detail_->done);
  return completed;
}

bool ClusterEngine::finish(const Poll& poll) {
  std::uint64_t furthest = 0;
  for (std::size_t r = 0; r < detail_->done.size(); ++r) {
    const std::uint64_t begun = detail_->way[r].clusters > 0 ? 1 : 0;
    furthest = std::max(furthest, detail_->done[r] + begun);
  }
  return furthest == sweeps_done_ ||
         execute(sweeps_done_, 1, furthest - sweeps_done_, nullptr, poll);
}

bool ClusterEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& ask) {
  if (!finish(ask)) return false;
  // One for all pieces, which may be shorter than the time from one look to the next.
  StopWatch watch{ask};
  const Poll poll = [&watch] { return watch.look_stopped(); };
  // Pieces: after a stop, no replica is further ahead of another than that.
  constexpr std::int64_t piece_sites = 1 << 22;
  const auto most = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, piece_sites / (options_.replicas * sites())));
  const auto replicas = static_cast<std::uint64_t>(options_.replicas);
  for (std::uint64_t draw = 0; draw < draws;) {
    if (poll()) return false;
    if (interval <= most) {
      const std::uint64_t together = interval == 0 ? draws : most / interval;
      const std::uint64_t piece = std::min(together, draws - draw);
      Sums* const to = sums == nullptr ? nullptr : sums + draw * replicas;
      if (!execute(sweeps_done_, piece, interval, to, poll)) return false;
      draw += piece;
      continue;
    }
    for (std::uint64_t left = interval; left > 0;) {
      if (poll()) return false;
      const std::uint64_t piece = std::min(left, most);
      if (!execute(sweeps_done_, 1, piece, nullptr, poll)) return false;
      left -= piece;
    }
    if (sums != nullptr) this->sums(sums + draw * replicas);
    ++draw;
  }
  return true;
}

bool ClusterEngine::clusters(std::int64_t replica, std::uint32_t* first_sites, const Poll& poll) {
  const auto r = static_cast<std::size_t>(replica);
  const ClusterSweep sweep{&detail_->keys[r], detail_->done[r], temperatures_[r],
                           detail_->sample_of(options_, replica)};
  Decomposition& clusters = detail_->decompositions.front();
  const ClusterMeans means{worth(sites(), options_.threads), poll};
  if (!detail_->system->decompose(sweep, detail_->spins(replica), clusters, means)) return false;
  detail_->system->first_sites(clusters, first_sites);
  return true;
}

// Measures what is missing of clusters_per_sweep, each on a chain of its own.
bool ClusterEngine::know_clusters(const Poll& poll) {
  if (options_.dynamics != ClusterDynamics::wolff) return true;
  Detail& d = *detail_;
  std::map<std::pair<double, std::int64_t>, std::uint64_t> missing;  // 0 until it is known
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    const std::pair key{temperatures_[static_cast<std::size_t>(r)], d.sample_of(options_, r)};
    if (!d.clusters_per_sweep.contains(key)) missing.try_emplace(key);
  }
  if (missing.empty()) return true;
  std::vector<decltype(missing)::value_type*> each;
  for (auto& one : missing) each.push_back(&one);
  const auto count = std::ssize(each);
  const auto busy = static_cast<std::size_t>(
      std::min<std::int64_t>(worth(2 * visits * count * sites(), options_.threads), count));
  // Beforehand, as threads that share work must not throw.
  std::vector<std::vector<std::uint64_t>> spins(
      busy, std::vector<std::uint64_t>(static_cast<std::size_t>(d.system->layout.words())));
  const auto act = [&](std::int64_t k, int thread, StopWatch& watch) {
    auto& [key, clusters] = *each[static_cast<std::size_t>(k)];
    const auto own = static_cast<std::size_t>(thread);
    clusters = d.measured_clusters(key.first, key.second, spins[own], d.decompositions[own],
                                   stop_of(watch, thread));
  };
  const bool completed = in_turn(static_cast<int>(busy), count, poll, act);
  std::erase_if(missing, [](const auto& one) { return one.second == 0; });
  d.clusters_per_sweep.merge(missing);
  return completed;
}

std::uint64_t ClusterEngine::Detail::measured_clusters(double temperature, std::int64_t sample,
                                                       std::vector<std::uint64_t>& spins,
                                                       Decomposition& own, const Poll& poll) const {
  const random::StreamKeys pilot = random::stream_keys(0, 0, random::Purpose::cluster_pilot_aes,
                                                       random::Purpose::cluster_pilot_philox);
  const ClusterSweep sweep{&pilot, 0, temperature, sample};
  const BitRows& layout = system->layout;
  for (std::int64_t w = 0; w < layout.words(); ++w) {
    spins[static_cast<std::size_t>(w)] = layout.mask(w % layout.row_words());
  }
  constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
  const std::int64_t sites = layout.all_sites();
  WolffWay way;
  if (!system->grow(sweep, {any, visits * sites}, way, spins.data(), own, poll)) return 0;
  const WolffWay before = way;
  const WolffEnd end{any, before.visited + visits * sites};
  if (!system->grow(sweep, end, way, spins.data(), own, poll)) return 0;
  const double mean = static_cast<double>(way.visited - before.visited) /
                      static_cast<double>(way.clusters - before.clusters);
  const double needed = std::round(static_cast<double>(sites) / mean);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(needed));
}

bool ClusterEngine::clusters_per_sweep(std::int64_t* of_replicas, const Poll& poll) {
  if (!know_clusters(poll)) return false;
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    of_replicas[r] = static_cast<std::int64_t>(detail_->clusters_per_sweep.at(
        {temperatures_[static_cast<std::size_t>(r)], detail_->sample_of(options_, r)}));
  }
  return true;
}

}  // namespace multispin
