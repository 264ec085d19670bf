#include "multispin/cuda/lattice/engine.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "device/foreign_spins.hpp"
#include "device/queue.hpp"
#include "device/runtime.hpp"
#include "lattice/launch.hpp"
#include "multispin/known_temperatures.hpp"
#include "multispin/lattice/pairs.hpp"

namespace multispin::cuda {
namespace {

std::string plural(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string shape_text(const LatticeOptions& o) {
  return "shape: " + plural(o.replicas, "replica") + " of " +
         (o.planes == 1 ? "" : std::to_string(o.planes) + " x ") + std::to_string(o.rows) + " x " +
         std::to_string(o.columns);
}

const LatticeOptions& checked(const LatticeOptions& options) {
  check_lattice(options);
  const model::Lattice l = model::make_lattice(options.rows, options.columns, options.planes);
  // Threads number rows with 32 bits.
  if (l.all_rows() > (std::int64_t{1} << 31)) {
    throw std::invalid_argument("shape: got " + std::to_string(l.all_rows()) +
                                " rows in all planes, allowed on a GPU: up to 2^31");
  }
  // Copies of rows have this limit; only rows of many words with few lanes are longer.
  if (8 * l.stride > std::numeric_limits<std::int32_t>::max()) {
    throw std::invalid_argument("shape: " + std::to_string(options.columns) +
                                " columns make rows of " + std::to_string(8 * l.stride) +
                                " bytes a colour, allowed on a GPU: less than 2^31");
  }
  return options;
}

}  // namespace

std::size_t lattice_bytes(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                          std::int64_t planes) {
  const model::Lattice l = model::make_lattice(rows, columns, planes);
  return 2 * sizeof(std::uint64_t) * static_cast<std::size_t>(replicas * l.colour_words());
}

struct LatticeEngine::Detail {
  Detail(const LatticeOptions& options, const model::Lattice& lattice_, const DeviceInfo& info)
      : lattice{lattice_},
        multiprocessors{info.multiprocessors},
        replicas{static_cast<std::uint32_t>(options.replicas)},
        queue{info.index},
        spins{std::make_shared<Memory>(
            info.index,
            lattice_bytes(options.rows, options.columns, options.replicas, options.planes),
            shape_text(options))},
        device_keys{info.index, replicas * sizeof(random::StreamKeys), "replicas"},
        device_acceptance{info.index, replicas * sizeof(rules::Acceptance), "replicas"},
        acceptance(replicas),
        rules(replicas) {
    for (std::uint32_t r = 0; r < replicas; ++r) {
      keys.push_back(random::stream_keys(options.seed, options.first_stream + r));
    }
    queue.stream->copy(device_keys.data<void>(), keys.data(), keys.size() * sizeof(keys[0]));
    // Padding words are part of what others may see.
    queue.stream->clear(spins->data<void>(), spins->bytes());
  }

  Stream& stream() const { return *queue.stream; }
  State state() const { return {lattice, multiprocessors, replicas, spins->data<std::uint64_t>()}; }
  // One replica.
  State state(std::int64_t replica) const {
    return {lattice, multiprocessors, 1,
            spins->data<std::uint64_t>() + 2 * replica * lattice.colour_words()};
  }
  void enqueue(Generator generator, std::uint64_t first_sweep, std::uint64_t sweeps) {
    for (std::uint32_t first = 0; first < replicas;) {
      std::uint32_t last = first + 1;
      while (last < replicas && rules[last] == rules[first]) ++last;
      const ReplicaRun run{lattice,
                           multiprocessors,
                           last - first,
                           state(first).spins,
                           keys.data() + first,
                           device_keys.data<random::StreamKeys>() + first,
                           acceptance.data() + first,
                           device_acceptance.data<rules::Acceptance>() + first};
      enqueue_sweeps(*queue.stream, generator, rules[first], run, first_sweep, sweeps);
      first = last;
    }
  }
  // Sweeps that are put into the queue between two marks.
  std::uint64_t sweeps_of_piece() const {
    constexpr std::int64_t spins_of_piece = std::int64_t{1} << 33;
    constexpr std::int64_t most_sweeps = 64;  // launches of small lattices take longer than work
    return static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(spins_of_piece / (lattice.spins() * replicas), 1, most_sweeps));
  }
  std::size_t totals_of_draw() const { return 2 * std::size_t{replicas}; }
  void measure(std::int64_t* totals) { enqueue_measure(*queue.stream, state(), totals); }
  void sums_from(const std::int64_t* totals, Sums* sums) const {
    const std::int64_t bonds = lattice.neighbours() / 2 * lattice.spins();
    for (std::uint32_t r = 0; r < replicas; ++r) {
      sums[r] = {bonds - 2 * totals[2 * r], 2 * totals[2 * r + 1] - lattice.spins()};
    }
  }

  const model::Lattice lattice;
  const int multiprocessors;
  const std::uint32_t replicas;
  Queue queue;
  std::shared_ptr<Memory> spins;
  Memory device_keys, device_acceptance;
  std::vector<random::StreamKeys> keys;
  std::vector<rules::Acceptance> acceptance;
  std::vector<rules::Rule> rules;
  // What follows from a temperature.
  struct Rates {
    rules::Acceptance acceptance;
    rules::Rule rule;
  };
  KnownTemperatures<Rates> known;
};

LatticeEngine::LatticeEngine(const LatticeOptions& options, int device)
    : options_{checked(options)},
      lattice_{model::make_lattice(options.rows, options.columns, options.planes)},
      device_{device},
      temperatures_(static_cast<std::size_t>(options.replicas), 1.0) {
  const DeviceInfo info = demand_device(device);
  const DeviceGuard guard{device_};
  detail_ = std::make_unique<Detail>(options, lattice_, info);
  set_temperatures(std::vector<double>(temperatures_));
  fill(true);
  detail_->queue.stream->synchronize();
}

LatticeEngine::~LatticeEngine() = default;

LatticeEngine::Detail& LatticeEngine::sound() const {
  demand_whole_sweeps(!detail_->queue.broken);
  return *detail_;
}

bool LatticeEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  const DeviceGuard guard{device_};
  return run_in_queue(sound(), options_.generator, detail_->replicas, draws, interval, sums,
                      sweeps_done_, poll);
}

bool LatticeEngine::finish(const Poll& poll) {
  const DeviceGuard guard{device_};
  return wait_for(sound().queue, poll);
}

void LatticeEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperature_count(temperatures.size(), options_.replicas);
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const LatticeOptions& o = options_;
  const int coarse = coarse_planes(o.generator);
  const int neighbours = lattice_.neighbours();
  const auto rates = [&](double t) -> Detail::Rates {
    return {rules::make_acceptance(o.dynamics, neighbours, o.J, o.h, t, coarse),
            rules::rule_for(o.dynamics, neighbours, o.J, o.h, t, coarse)};
  };
  if (d.known.crowded(o.replicas)) d.known.clear();
  std::vector<std::uint32_t> numbers;
  for (const double t : temperatures) numbers.push_back(d.known.number(t, rates));
  for (std::size_t r = 0; r < numbers.size(); ++r) {
    temperatures_[r] = temperatures[r];
    d.acceptance[r] = d.known[numbers[r]].acceptance;
    d.rules[r] = d.known[numbers[r]].rule;
  }
  d.stream().copy(d.device_acceptance.data<void>(), d.acceptance.data(),
                  d.acceptance.size() * sizeof(d.acceptance[0]));
  d.stream().synchronize();  // the next call changes what is copied
}

void LatticeEngine::randomize() {
  const DeviceGuard guard{device_};
  const Detail& d = sound();
  enqueue_randomize(d.stream(), d.state(), options_.seed, options_.first_stream);
}

void LatticeEngine::fill(bool up) {
  const DeviceGuard guard{device_};
  const Detail& d = sound();
  enqueue_fill(d.stream(), d.state(), up);
}

void LatticeEngine::sums(Sums* of_each_replica) {
  const DeviceGuard guard{device_};
  measure_now(sound(), detail_->replicas, of_each_replica);
}

namespace {

// Rows of int8 spins that pass through the device's memory at a time on their way to or from the
// host.
std::int64_t rows_at_once(const model::Lattice& lattice) {
  constexpr std::int64_t bytes = std::int64_t{1} << 26;
  return std::clamp<std::int64_t>(bytes / lattice.columns, 1, lattice.all_rows());
}

}  // namespace

void LatticeEngine::get_spins(std::int64_t replica, std::int8_t* spins) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t at_once = rows_at_once(lattice_);
  const Memory part{device_, static_cast<std::size_t>(at_once * lattice_.columns), "spins"};
  for (std::int64_t row = 0; row < lattice_.all_rows(); row += at_once) {
    const std::int64_t rows = std::min(at_once, lattice_.all_rows() - row);
    enqueue_unpack(d.stream(), d.state(replica), row, rows, part.data<std::int8_t>());
    d.stream().copy(spins + row * lattice_.columns, part.data<void>(),
                    static_cast<std::size_t>(rows * lattice_.columns));
  }
  d.stream().synchronize();
}

void LatticeEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  check_spins({spins, static_cast<std::size_t>(lattice_.spins())});
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t at_once = rows_at_once(lattice_);
  const Memory part{device_, static_cast<std::size_t>(at_once * lattice_.columns), "spins"};
  for (std::int64_t row = 0; row < lattice_.all_rows(); row += at_once) {
    const std::int64_t rows = std::min(at_once, lattice_.all_rows() - row);
    d.stream().copy(part.data<void>(), spins + row * lattice_.columns,
                    static_cast<std::size_t>(rows * lattice_.columns));
    enqueue_pack(d.stream(), d.state(replica), row, rows, part.data<std::int8_t>());
  }
  d.stream().synchronize();
}

void LatticeEngine::get_packed(std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto row = sizeof(std::uint64_t) * static_cast<std::size_t>(lattice_.words);
  d.stream().copy_rows(words, row, d.state().spins,
                       sizeof(std::uint64_t) * static_cast<std::size_t>(lattice_.stride), row,
                       static_cast<std::size_t>(2 * options_.replicas * lattice_.all_rows()));
  d.stream().synchronize();
}

void LatticeEngine::set_packed(const std::uint64_t* words) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto row = sizeof(std::uint64_t) * static_cast<std::size_t>(lattice_.words);
  const State state = d.state();
  d.stream().copy_rows(
      state.spins, sizeof(std::uint64_t) * static_cast<std::size_t>(lattice_.stride), words, row,
      row, static_cast<std::size_t>(2 * options_.replicas * lattice_.all_rows()));
  enqueue_clear_unused(d.stream(), state);
  d.stream().synchronize();
}

WordsOfReplica LatticeEngine::words_on_host() {
  const std::int64_t colour = lattice_.all_rows() * lattice_.words;
  const auto words = std::make_shared<std::vector<std::uint64_t>>(
      static_cast<std::size_t>(2 * options_.replicas * colour));
  get_packed(words->data());
  return [this, words, colour](std::int64_t replica) -> LatticeWords {
    const std::uint64_t* const first = words->data() + 2 * replica * colour;
    return {{first, first + colour}, lattice_.words};
  };
}

void LatticeEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  lattice_overlaps(lattice_, words_on_host(), pairs, options_.threads, sums);
}

void LatticeEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  lattice_link_overlaps(lattice_, words_on_host(), pairs, options_.threads, sums);
}

SlabOverlaps LatticeEngine::slab_overlaps(const std::vector<std::int64_t>& shape) {
  check_lattice_shape(lattice_, shape);
  return [this](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums) {
    lattice_slab_overlaps(lattice_, words_on_host(), pairs, axis, options_.threads, sums);
  };
}

void LatticeEngine::correlation(std::int64_t replica, int axis, std::int64_t* sums) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto distances = static_cast<std::size_t>(lattice_.side(axis) / 2 + 1);
  const Memory unequal{device_, distances * sizeof(std::int64_t), "correlation"};
  auto* const at = unequal.data<std::int64_t>();
  d.stream().clear(at, unequal.bytes());
  enqueue_correlation(d.stream(), d.state(replica), axis, at);
  d.stream().copy(sums, at, unequal.bytes());
  d.stream().synchronize();
  std::for_each_n(sums, distances,
                  [&](std::int64_t& pairs) { pairs = lattice_.spins() - 2 * pairs; });
}

void LatticeEngine::block_average(std::int64_t replica, std::int64_t height, std::int64_t width,
                                  float* means) {
  check_block(lattice_, height, width);
  const DeviceGuard guard{device_};
  Detail& d = sound();
  std::vector<std::int64_t> up(static_cast<std::size_t>(lattice_.spins() / (height * width)));
  const Memory counts{device_, up.size() * sizeof(std::int64_t), "block"};
  d.stream().clear(counts.data<void>(), counts.bytes());
  enqueue_count_blocks(d.stream(), d.state(replica), height, width, counts.data<std::int64_t>());
  d.stream().copy(up.data(), counts.data<void>(), counts.bytes());
  d.stream().synchronize();
  for (std::size_t i = 0; i < up.size(); ++i) {
    const double share = static_cast<double>(up[i]) / static_cast<double>(height * width);
    means[i] = static_cast<float>(2.0 * share - 1.0);
  }
}

namespace {

// Of an array whose last axes are planes, rows and what a row has.
void drop_planes(std::vector<std::int64_t>& shape, std::vector<std::int64_t>& strides) {
  shape.erase(shape.end() - 3);
  strides.erase(strides.end() - 3);
}

}  // namespace

DeviceArray LatticeEngine::spins() {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto bytes = static_cast<std::size_t>(options_.replicas * lattice_.spins());
  auto memory = std::make_shared<Memory>(device_, bytes, "spins: " + shape_text(options_));
  auto* const out = memory->data<std::int8_t>();
  for (std::uint32_t r = 0; r < d.replicas; ++r) {
    enqueue_unpack(d.stream(), d.state(r), 0, lattice_.all_rows(), out + r * lattice_.spins());
  }
  const model::Lattice& l = lattice_;
  std::vector<std::int64_t> shape{options_.replicas, l.planes, l.rows, l.columns};
  std::vector<std::int64_t> strides{l.spins(), l.rows * l.columns, l.columns, 1};
  if (!l.cubic()) drop_planes(shape, strides);
  return {out,    DeviceArray::Type::int8, device_, std::move(shape), std::move(strides),
          memory, d.queue.stream};
}

DeviceArray LatticeEngine::packed(bool copy) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  std::shared_ptr<Memory> memory = d.spins;
  if (copy) {
    memory = std::make_shared<Memory>(device_, d.spins->bytes(), "packed: " + shape_text(options_));
    d.stream().copy(memory->data<void>(), d.spins->data<void>(), memory->bytes());
  }
  const model::Lattice& l = lattice_;
  const std::int64_t colour = l.colour_words();
  std::vector<std::int64_t> shape{options_.replicas, 2, l.planes, l.rows, l.words};
  std::vector<std::int64_t> strides{2 * colour, colour, l.rows * l.stride, l.stride, 1};
  if (!l.cubic()) drop_planes(shape, strides);
  return {memory->data<void>(), DeviceArray::Type::uint64, device_,
          std::move(shape),     std::move(strides),        memory,
          d.queue.stream};
}

void LatticeEngine::set_spins(const ForeignArray& spins) {
  std::vector<std::int64_t> one{lattice_.rows, lattice_.columns};
  if (lattice_.cubic()) one.insert(one.begin(), lattice_.planes);
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t step = step_of_checked_spins(d.stream(), d.queue.totals, d.multiprocessors,
                                                  spins, one, options_.replicas);
  for (std::uint32_t r = 0; r < d.replicas; ++r) {
    enqueue_pack(d.stream(), d.state(r), 0, lattice_.all_rows(), spins.data + r * step);
  }
  d.stream().synchronize();  // the array may be gone once this returns
}

}  // namespace multispin::cuda
