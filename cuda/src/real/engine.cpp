#include "multispin/cuda/real/engine.hpp"

#include <algorithm>
#include <cmath>

#include "device/foreign_spins.hpp"
#include "multispin/checks.hpp"
#include "real/on_device.hpp"

namespace multispin::cuda {
namespace {

const RealOptions& checked(const RealOptions& options) {
  check_real_options(options);
  return options;
}

std::string shape_text(const RealOptions& o) {
  return "replicas: " + std::to_string(o.replicas) + " of " + std::to_string(o.sites) + " sites";
}

// Bits of all spins.
std::size_t spin_bytes(std::int64_t sites, std::int64_t replicas) {
  return sizeof(std::uint64_t) * static_cast<std::size_t>(sites * ((replicas + 63) / 64));
}

RealNumbers numbers_for(const RealOptions& o, const Memory& noise) {
  return {random::stream_keys(o.seed, 0, random::Purpose::real_aes, random::Purpose::real_philox),
          o.first_stream, noise.data<ReplicaNoise>()};
}

}  // namespace

SpinBits spin_bits(const RealOptions& o, const Memory& memory) {
  return {memory.data<std::uint32_t>(), static_cast<std::uint32_t>(2 * ((o.replicas + 63) / 64)),
          static_cast<std::uint32_t>(o.replicas), static_cast<std::uint32_t>(o.sites)};
}

std::unique_ptr<Memory> spin_memory(const RealOptions& o, int device) {
  return std::make_unique<Memory>(device, spin_bytes(o.sites, o.replicas), shape_text(o));
}

std::size_t real_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                       std::int64_t replicas, Storage storage) {
  const std::size_t spins = spin_bytes(sites, replicas);
  if (storage == Storage::dense) return spins + dense_bytes(sites, samples, replicas);
  // A neighbour and its coupling, at both ends; of a site, where its neighbours begin and its turn.
  return spins + static_cast<std::size_t>(2 * edges * (4 + 4 * samples) + sites * (8 + 8 + 4));
}

RealEngine::Detail::Detail(const RealOptions& o, const DeviceInfo& info)
    : metropolis{o.dynamics == RealDynamics::metropolis},
      multiprocessors{info.multiprocessors},
      sites{o.sites},
      replicas{o.replicas},
      samples{o.samples},
      pairs{coupled_pairs(o)},
      unit{o.unit},
      of_patterns{field_of_patterns(o)},
      lazy(static_cast<std::size_t>(o.samples)),
      queue{info.index},
      noise{info.index, sizeof(ReplicaNoise) * static_cast<std::size_t>(o.replicas),
            "temperatures"} {
  const RealSystemParts parts{o,         pairs, multiprocessors, stream(), numbers_for(o, noise),
                              this->held};
  system = o.storage == Storage::dense    ? dense_system(parts)
           : o.storage == Storage::sparse ? sparse_system(parts)
                                          : pattern_system(parts);
  set(couplings_of(o), o.fields);
}

void RealEngine::Detail::set(std::span<const double> couplings, std::span<const double> fields) {
  step = step_for(pairs, couplings, fields, samples, unit, of_patterns);
  check_pattern_step(of_patterns, step, unit);
  rounding_error = 0.0;
  known.clear();
  system->clear_couplings();
  for (std::int64_t k = 0; k < samples; ++k) {
    const auto of_one = couplings.subspan(static_cast<std::size_t>(k) * pairs.size(), pairs.size());
    RoundedSites sites_of_sample = rounded_sites(pairs, of_one, fields, step);
    sites_of_sample.largest += std::llround(of_patterns / step);
    rounding_error = std::max(rounding_error, sites_of_sample.error);
    lazy[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(sites_of_sample.largest >> 10);
    system->set_couplings(k, sites_of_sample, {of_one, step});
  }
  system->couplings_are_set();
}

void RealEngine::Detail::set_noise(std::span<const double> temperatures) {
  if (known.crowded(replicas)) known.clear();
  const auto scale_of = [&](double t) { return noise_scale(t, step); };
  std::vector<ReplicaNoise> of_replicas;
  for (std::int64_t r = 0; r < replicas; ++r) {
    const double temperature = temperatures[static_cast<std::size_t>(r)];
    // None is known for a temperature of zero, which most engines refuse.
    const rules::NoiseScale scale =
        temperature == 0.0 ? scale_of(0.0) : known[known.number(temperature, scale_of)];
    const auto sample = static_cast<std::size_t>(r / (replicas / samples));
    of_replicas.push_back({scale.cap, scale.factor, scale.shift, lazy[sample]});
  }
  stream().copy(noise.data<void>(), of_replicas.data(), noise.bytes());
  stream().synchronize();  // the table goes
}

// Sweeps that are put into the queue between two marks.
std::uint64_t RealEngine::Detail::sweeps_of_piece() const {
  constexpr std::int64_t attempts_of_piece = std::int64_t{1} << 28;
  constexpr std::int64_t most_launches = 128;  // those of small systems take longer than their work
  const std::int64_t most_sweeps =
      std::max<std::int64_t>(1, most_launches / system->launches_of_sweep());
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(attempts_of_piece / (replicas * sites), 1, most_sweeps));
}

void RealEngine::Detail::sums_from(const std::int64_t* totals, Sums* sums) const {
  for (std::int64_t r = 0; r < replicas; ++r) {
    sums[r] = {totals[2 * r] / 2, totals[2 * r + 1]};  // a pair's coupling is in two fields
  }
}

RealEngine::RealEngine(RealOptions options, int device)
    : options_{std::move(options)},
      device_{device},
      patterns_{pattern_count(options_)},
      temperatures_(static_cast<std::size_t>(checked(options_).replicas), 1.0) {
  const DeviceInfo info = demand_device(device);
  const DeviceGuard guard{device_};
  detail_ = std::make_unique<Detail>(options_, info);
  options_.edges = {};
  options_.couplings = {};
  options_.borrowed_couplings = {};
  options_.patterns = {};
  options_.fields = {};
  detail_->set_noise(temperatures_);
  fill(true);
  detail_->stream().synchronize();
}

RealEngine::~RealEngine() = default;

RealEngine::Detail& RealEngine::sound() const {
  demand_whole_sweeps(!detail_->queue.broken);
  return *detail_;
}

double RealEngine::step() const {
  return detail_->step;
}

double RealEngine::rounding_error() const {
  return detail_->rounding_error;
}

bool RealEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  const DeviceGuard guard{device_};
  return run_in_queue(sound(), options_.generator, static_cast<std::size_t>(options_.replicas),
                      draws, interval, sums, sweeps_done_, poll);
}

bool RealEngine::finish(const Poll& poll) {
  const DeviceGuard guard{device_};
  return wait_for(sound().queue, poll);
}

void RealEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperature_count(temperatures.size(), options_.replicas);
  for (const double t : temperatures) {
    if (t != 0.0) check_temperature(t);
  }
  const DeviceGuard guard{device_};
  sound().set_noise(temperatures);
  std::ranges::copy(temperatures, temperatures_.begin());
}

void RealEngine::set_couplings(std::span<const double> couplings, std::span<const double> fields) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  check_real_couplings(options_, d.pairs.size(), couplings, fields);
  d.system->spins();  // as they are with the old ones
  d.set(couplings, fields);
  d.set_noise(temperatures_);
  d.take_all();
}

void RealEngine::pattern_overlaps(std::int64_t* sums) {
  const DeviceGuard guard{device_};
  sound().system->pattern_overlaps(sums);
}

void RealEngine::hold(const std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  d.stream().synchronize();  // sweeps in the queue have the spins that are held now
  if (words == nullptr) return d.held.reset();
  if (!d.held) {
    d.held = std::make_unique<Memory>(device_, spin_bytes(d.sites, d.replicas), "held spins");
  }
  d.stream().copy(d.held->data<void>(), words, d.held->bytes());
  d.stream().synchronize();
}

void RealEngine::randomize() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  enqueue_randomize_spins(d.stream(), d.system->room_for_spins(), options_.seed,
                          options_.first_stream);
  d.take_all();
}

void RealEngine::fill(bool up) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  enqueue_fill_spins(d.stream(), d.system->room_for_spins(), up);
  d.take_all();
}

void RealEngine::get_spins(std::int64_t replica, std::int8_t* spins) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const Memory out{device_, static_cast<std::size_t>(d.sites), "spins"};
  enqueue_unpack_replica(d.stream(), d.system->spins(), replica, out.data<std::int8_t>());
  d.stream().copy(spins, out.data<void>(), out.bytes());
  d.stream().synchronize();
}

void RealEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  check_spins({spins, static_cast<std::size_t>(options_.sites)});
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const Memory in{device_, static_cast<std::size_t>(d.sites), "spins"};
  d.stream().copy(in.data<void>(), spins, in.bytes());
  enqueue_pack_replica(d.stream(), d.system->room_for_spins(), replica, in.data<std::int8_t>());
  d.system->take(replica, 1);
  d.stream().synchronize();
}

void RealEngine::get_packed(std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  d.stream().copy(words, d.system->spins().spins, spin_bytes(d.sites, d.replicas));
  d.stream().synchronize();
}

void RealEngine::set_packed(const std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const SpinBits bits = d.system->room_for_spins();
  d.stream().copy(bits.spins, words, spin_bytes(d.sites, d.replicas));
  enqueue_clear_unused(d.stream(), bits);
  d.take_all();
  d.stream().synchronize();
}

DeviceArray RealEngine::spins() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto bytes = static_cast<std::size_t>(d.replicas * d.sites);
  auto memory = std::make_shared<Memory>(device_, bytes, "spins: " + shape_text(options_));
  auto* const out = memory->data<std::int8_t>();
  enqueue_unpack_replicas(d.stream(), d.system->spins(), out);
  return {out,          DeviceArray::Type::int8, device_,       {d.replicas, d.sites},
          {d.sites, 1}, std::move(memory),       d.queue.stream};
}

DeviceArray RealEngine::packed() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t row = packed_words();
  auto memory = std::make_shared<Memory>(device_, spin_bytes(d.sites, d.replicas),
                                         "packed: " + shape_text(options_));
  auto* const out = memory->data<std::uint64_t>();
  d.stream().copy(out, d.system->spins().spins, memory->bytes());
  return {out,      DeviceArray::Type::uint64, device_,       {d.sites, row},
          {row, 1}, std::move(memory),         d.queue.stream};
}

void RealEngine::set_spins(const ForeignArray& spins) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t step = step_of_checked_spins(d.stream(), d.queue.totals, d.multiprocessors,
                                                  spins, {d.sites}, d.replicas);
  enqueue_pack_replicas(d.stream(), d.system->room_for_spins(), spins.data, step);
  d.take_all();
  d.stream().synchronize();  // the array may be gone once this returns
}

}  // namespace multispin::cuda
