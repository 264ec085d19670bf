#include "multispin/cuda/replica/engine.hpp"

#include <algorithm>
#include <map>

#include "device/foreign_spins.hpp"
#include "multispin/checks.hpp"
#include "multispin/replica/signs.hpp"
#include "replica/on_device.hpp"

namespace multispin::cuda {
namespace {

const ReplicaOptions& checked(const ReplicaOptions& options) {
  check_replica_options(options);
  return options;
}

UsedLanes used_lanes(const ReplicaOptions& o) {
  return {static_cast<std::uint32_t>(o.first_stream % 64), static_cast<std::uint32_t>(o.replicas)};
}

std::uint32_t words_for(UsedLanes used) {
  return (used.before + used.replicas + 63) / 64;
}

// The position after the last counts as one.
std::size_t spin_bytes(std::int64_t sites, std::uint32_t words) {
  return sizeof(std::uint64_t) * static_cast<std::size_t>(sites + 1) * words;
}

// Of all positions, or none if no site has many bonds.
std::vector<ManyBondsSite> sites_with_many_bonds(const GraphOrder& order) {
  std::vector<ManyBondsSite> sites;
  for (const OrderedRun& run : order.runs) {
    if (run.slot_size != model::many_bonds) continue;
    sites.resize(order.site_at.size());
    for (std::int64_t p = run.begin; p < run.end; ++p) {
      sites[static_cast<std::size_t>(p)] = {run.first_bond + (p - run.begin) * run.slots(),
                                            run.slots(), run.degree};
    }
  }
  return sites;
}

std::string shape_text(const ReplicaOptions& o) {
  return "replicas: " + std::to_string(o.replicas) + " of " + std::to_string(o.sites) + " sites";
}

}  // namespace

std::size_t replica_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                          std::int64_t replicas, std::uint64_t first_stream, bool /*shared*/) {
  const auto before = static_cast<std::int64_t>(first_stream % 64);
  const std::int64_t words = (replicas + before + 63) / 64;
  const std::int64_t sign_words = samples > 1 ? words * (edges + 1) : 0;
  // A bond is kept at both ends and once by itself.
  const std::int64_t graph = sites * 4 + edges * (2 * 8 + 12);
  return static_cast<std::size_t>(8 * (words * (sites + 1) + sign_words) + graph);
}

ReplicaEngine::Detail::Detail(const ReplicaOptions& o, const DeviceInfo& info)
    : model{o.dynamics, o.J, o.h},
      shared{o.shared_random_numbers},
      used{used_lanes(o)},
      words{words_for(used)},
      first_word{o.first_stream / 64},
      coarse_planes{lane_coarse_planes(o.generator)},
      multiprocessors{info.multiprocessors},
      sites{o.sites},
      edge_count{static_cast<std::int64_t>(o.edges.size())},
      keys{random::lane_keys(o.seed, o.shared_random_numbers)},
      order{order_graph(o.sites, o.edges, model.zero_field_flip())},
      queue{info.index},
      spins{info.index, spin_bytes(o.sites, words), shape_text(o)} {
  upload_graph(o);
  std::int64_t threshold_count = 0;
  for (const rules::SiteKind& kind : order.kinds) {
    field.push_back(rules::make_field_signs(model, kind.degree));
    first_threshold.push_back(threshold_count);
    threshold_count += threshold_words(kind);
  }
  if (!shared) {
    thresholds = std::make_unique<Memory>(
        info.index, sizeof(std::uint64_t) * static_cast<std::size_t>(threshold_count),
        "temperatures");
  }
  stream().clear(spins.data<void>(), spins.bytes());
}

void ReplicaEngine::Detail::upload_graph(const ReplicaOptions& o) {
  if (o.samples == 1) {
    name_signs(order, o.signs);
  } else {
    std::vector<std::uint64_t> packed((o.edges.size() + 1) * words);
    pack_signs(o, order, -std::int64_t{used.before}, words, packed.data());
    signs = uploaded(stream(), packed, "signs");
    stream().synchronize();  // `packed` goes
  }
  bonds = uploaded(stream(), order.bonds, "bonds");
  edges = uploaded(stream(), order.edges, "bonds");
  position_of = uploaded(stream(), order.position_of, "sites");
  const std::vector<ManyBondsSite> many = sites_with_many_bonds(order);
  if (!many.empty()) many_bonds = uploaded(stream(), many, "sites");
  stream().synchronize();
  order.bonds = {};
  order.edges = {};
}

AllLanes ReplicaEngine::Detail::all() const {
  return {{spins.data<std::uint64_t>(), signs ? signs->data<std::uint64_t>() : nullptr, words,
           first_word},
          used,
          sites,
          multiprocessors};
}

std::int64_t ReplicaEngine::Detail::threshold_words(const rules::SiteKind& kind) const {
  const int planes = coarse_planes + random::tail_planes;
  return std::int64_t{planes + 1} * classes_of(model, kind) * words;
}

SweptRun ReplicaEngine::Detail::swept(const OrderedRun& run) const {
  const auto number = static_cast<std::size_t>(run.kind);
  const bool many = run.slot_size == model::many_bonds;
  SweptRun out{all().lanes,
               {run.begin, run.end, bonds->data<model::Bond>() + (many ? 0 : run.first_bond),
                run.slots(), run.degree},
               many ? many_bonds->data<ManyBondsSite>() : nullptr,
               run.slot_size,
               !model.zero_field_flip(),
               shared,
               {},
               {},
               field[number]};
  if (shared) {
    out.shared_thresholds = shared_thresholds[number];
    return out;
  }
  const auto* const planes = thresholds->data<std::uint64_t>() + first_threshold[number];
  const std::int64_t classes = classes_of(model, order.kinds[number]);
  out.thresholds = {planes, planes + (coarse_planes + random::tail_planes) * classes * words,
                    words};
  return out;
}

// Sites with many bonds of one colour and kind are swept together: random graphs have few of the
// same degree.
std::vector<SweptRun> ReplicaEngine::Detail::launches() const {
  std::vector<SweptRun> launches;
  const OrderedRun* before = nullptr;
  for (const OrderedRun& run : order.runs) {
    const bool together = before != nullptr && run.slot_size == model::many_bonds &&
                          before->slot_size == model::many_bonds && before->kind == run.kind &&
                          before->colour == run.colour;
    if (together) {
      launches.back().run.end = run.end;
    } else {
      launches.push_back(swept(run));
    }
    before = &run;
  }
  return launches;
}

void ReplicaEngine::Detail::enqueue(Generator generator, std::uint64_t first_sweep,
                                    std::uint64_t sweeps) {
  const std::vector<SweptRun> runs = launches();
  for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
    for (const SweptRun& run : runs) {
      enqueue_sweep_of_run(stream(), generator, run, keys, sweep);
    }
  }
}

// Sweeps that are put into the queue between two marks.
std::uint64_t ReplicaEngine::Detail::sweeps_of_piece() const {
  constexpr std::int64_t spins_of_piece = std::int64_t{1} << 33;
  constexpr std::int64_t most_launches = 128;  // those of small graphs take longer than their work
  const auto runs = static_cast<std::int64_t>(launches().size());
  const std::int64_t most_sweeps = std::max<std::int64_t>(1, most_launches / runs);
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(spins_of_piece / (64 * words * sites), 1, most_sweeps));
}

void ReplicaEngine::Detail::measure(std::int64_t* counts) {
  enqueue_measure_lanes(stream(), all(), edges->data<model::Edge>(), edge_count, counts);
}

void ReplicaEngine::Detail::sums_from(const std::int64_t* counts, Sums* sums) const {
  const std::int64_t* const unsatisfied = counts + lanes();
  for (std::uint32_t r = 0; r < used.replicas; ++r) {
    const std::uint32_t lane = r + used.before;
    const std::size_t at = std::size_t{lane % 64} * words + lane / 64;
    sums[r] = {edge_count - 2 * unsatisfied[at], 2 * counts[at] - sites};
  }
}

ReplicaEngine::ReplicaEngine(ReplicaOptions options, int device)
    : options_{std::move(options)},
      device_{device},
      temperatures_(static_cast<std::size_t>(checked(options_).replicas), 1.0) {
  const DeviceInfo info = demand_device(device);
  const DeviceGuard guard{device_};
  detail_ = std::make_unique<Detail>(options_, info);
  set_temperatures(std::vector<double>(temperatures_));
  fill(true);
  detail_->queue.stream->synchronize();
}

ReplicaEngine::~ReplicaEngine() = default;

ReplicaEngine::Detail& ReplicaEngine::sound() const {
  demand_whole_sweeps(!detail_->queue.broken);
  return *detail_;
}

int ReplicaEngine::colours() const {
  return detail_->order.colours;
}

bool ReplicaEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  const DeviceGuard guard{device_};
  return run_in_queue(sound(), options_.generator, detail_->used.replicas, draws, interval, sums,
                      sweeps_done_, poll);
}

bool ReplicaEngine::finish(const Poll& poll) {
  const DeviceGuard guard{device_};
  return wait_for(sound().queue, poll);
}

void ReplicaEngine::Detail::set_lane_temperatures(std::span<const double> temperatures) {
  if (known.crowded(static_cast<std::int64_t>(used.replicas))) known.clear();
  const auto bits = [&](double t) {
    std::vector<rules::ClassBits> of_kinds;
    for (const rules::SiteKind& kind : order.kinds) {
      of_kinds.push_back(rules::class_bits(model, kind, t, coarse_planes));
    }
    return of_kinds;
  };
  std::vector<std::uint32_t> number_of_lane;
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    // Unused lanes do as the nearest that is used.
    const std::size_t replica =
        std::clamp<std::size_t>(lane, used.before, used.before + used.replicas - 1) - used.before;
    number_of_lane.push_back(known.number(temperatures[replica], bits));
  }
  std::vector<rules::ClassBits> bits_of_known;  // (temperature, kind)
  for (std::uint32_t number = 0; number < known.size(); ++number) {
    bits_of_known.insert(bits_of_known.end(), known[number].begin(), known[number].end());
  }
  const auto table = uploaded(stream(), bits_of_known, "temperatures");
  const auto numbers = uploaded(stream(), number_of_lane, "temperatures");
  const auto row = static_cast<std::int64_t>(order.kinds.size() * classes_of_kind);
  for (std::size_t i = 0; i < order.kinds.size(); ++i) {
    const LaneNumbers of_kind{(table->data<rules::ClassBits>() + i)->of, row,
                              numbers->data<std::uint32_t>(), words};
    enqueue_turn_thresholds(stream(), of_kind, classes_of(model, order.kinds[i]),
                            coarse_planes + random::tail_planes,
                            thresholds->data<std::uint64_t>() + first_threshold[i]);
  }
  stream().synchronize();  // the tables go
}

void ReplicaEngine::set_temperatures(std::span<const double> temperatures) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  if (!d.shared) {
    check_temperature_count(temperatures.size(), options_.replicas);
    d.set_lane_temperatures(temperatures);
  } else {
    check_replica_temperatures(options_, temperatures);
    d.shared_thresholds.clear();
    for (const rules::SiteKind& kind : d.order.kinds) {
      d.shared_thresholds.push_back(rules::make_shared_thresholds(d.model, kind, temperatures[0]));
    }
  }
  std::ranges::copy(temperatures, temperatures_.begin());
}

void ReplicaEngine::randomize() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  enqueue_randomize_lanes(d.stream(), d.all(), options_.seed);
}

void ReplicaEngine::fill(bool up) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  enqueue_fill_lanes(d.stream(), d.all(), up);
}

void ReplicaEngine::get_spins(std::int64_t replica, std::int8_t* spins) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const Memory out{device_, static_cast<std::size_t>(d.sites), "spins"};
  enqueue_unpack_lane(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), replica,
                      out.data<std::int8_t>());
  d.stream().copy(spins, out.data<void>(), out.bytes());
  d.stream().synchronize();
}

void ReplicaEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  check_spins({spins, static_cast<std::size_t>(options_.sites)});
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const Memory in{device_, static_cast<std::size_t>(d.sites), "spins"};
  d.stream().copy(in.data<void>(), spins, in.bytes());
  enqueue_pack_lane(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), replica,
                    in.data<std::int8_t>());
  d.stream().synchronize();
}

namespace {

// Sites whose packed words pass through the device's memory at a time.
std::int64_t sites_at_once(std::int64_t sites, std::int64_t words) {
  constexpr std::int64_t most_words = std::int64_t{1} << 22;
  return std::clamp<std::int64_t>(most_words / words, 1, sites);
}

}  // namespace

void ReplicaEngine::get_packed(std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t row = packed_words();
  const std::int64_t at_once = sites_at_once(d.sites, row);
  const Memory part{device_, sizeof(*words) * static_cast<std::size_t>(at_once * row), "packed"};
  for (std::int64_t site = 0; site < d.sites; site += at_once) {
    const std::int64_t count = std::min(at_once, d.sites - site);
    enqueue_get_packed(d.stream(), d.all(), d.position_of->data<std::uint32_t>() + site, count,
                       part.data<std::uint64_t>());
    d.stream().copy(words + site * row, part.data<void>(),
                    sizeof(*words) * static_cast<std::size_t>(count * row));
  }
  d.stream().synchronize();
}

void ReplicaEngine::set_packed(const std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t row = packed_words();
  const std::int64_t at_once = sites_at_once(d.sites, row);
  const Memory part{device_, sizeof(*words) * static_cast<std::size_t>(at_once * row), "packed"};
  for (std::int64_t site = 0; site < d.sites; site += at_once) {
    const std::int64_t count = std::min(at_once, d.sites - site);
    d.stream().copy(part.data<void>(), words + site * row,
                    sizeof(*words) * static_cast<std::size_t>(count * row));
    enqueue_set_packed(d.stream(), d.all(), d.position_of->data<std::uint32_t>() + site, count,
                       part.data<std::uint64_t>());
  }
  d.stream().synchronize();
}

DeviceArray ReplicaEngine::spins() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto bytes = static_cast<std::size_t>(options_.replicas * d.sites);
  auto memory = std::make_shared<Memory>(device_, bytes, "spins: " + shape_text(options_));
  auto* const out = memory->data<std::int8_t>();
  enqueue_unpack_lanes(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), out);
  return {out,          DeviceArray::Type::int8, device_,       {options_.replicas, d.sites},
          {d.sites, 1}, std::move(memory),       d.queue.stream};
}

DeviceArray ReplicaEngine::packed() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t row = packed_words();
  const std::size_t bytes = sizeof(std::uint64_t) * static_cast<std::size_t>(d.sites * row);
  auto memory = std::make_shared<Memory>(device_, bytes, "packed: " + shape_text(options_));
  auto* const out = memory->data<std::uint64_t>();
  enqueue_get_packed(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), d.sites, out);
  return {out,      DeviceArray::Type::uint64, device_,       {d.sites, row},
          {row, 1}, std::move(memory),         d.queue.stream};
}

void ReplicaEngine::set_spins(const ForeignArray& spins) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t step = step_of_checked_spins(d.stream(), d.queue.totals, d.multiprocessors,
                                                  spins, {d.sites}, options_.replicas);
  enqueue_pack_lanes(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), spins.data, step);
  d.stream().synchronize();  // the array may be gone once this returns
}

}  // namespace multispin::cuda
