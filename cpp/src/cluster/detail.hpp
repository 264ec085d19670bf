// What the engine of clusters keeps.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cluster/system.hpp"
#include "host/spin_memory.hpp"

namespace multispin {

struct ClusterEngine::Detail {
  explicit Detail(ClusterOptions& options);

  std::uint64_t* spins(std::int64_t replica) const {
    return memory.data() + replica * system->layout.words();
  }
  std::int64_t sample_of(const ClusterOptions& o, std::int64_t replica) const {
    return replica / (o.replicas / o.samples);
  }

  // Wolff's clusters that are a sweep, of a chain that begins with all spins up; 0 if it was
  // stopped. `spins` are the chain's.
  std::uint64_t measured_clusters(double temperature, std::int64_t sample,
                                  std::vector<std::uint64_t>& spins, Decomposition& own,
                                  const Poll& poll) const;

  std::unique_ptr<ClusterSystem> system;
  SpinMemory memory;
  std::vector<random::StreamKeys> keys;  // by replica
  // Sweeps that a replica has done, and how far the next one has come.
  std::vector<std::uint64_t> done;
  std::vector<WolffWay> way;
  std::vector<Decomposition> decompositions;  // by thread
  // Of a temperature and a sample.
  std::map<std::pair<double, std::int64_t>, std::uint64_t> clusters_per_sweep;
};

}  // namespace multispin
