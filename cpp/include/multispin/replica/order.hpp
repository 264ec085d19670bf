// The order in which the sites of a graph are kept and updated.
//
// Colours: site by site in the order of their numbers, each gets the lowest colour that no
// neighbour has yet. On lattices of even sides that is the checkerboard. A sweep updates colour
// after colour; within a colour the order makes no difference to the chain, so sites of equal
// degree are put together, in the order of their numbers.
//
// Lazy sites: Metropolis without a field flips a spin without a local field for certain. On rings,
// double bonds, and where no spin of a part has a local field, nothing else would ever happen, so
// that states are never reached; there such spins flip with probability 1/2 (docs/trajectory.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/replica/engine.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"

namespace multispin {

struct OrderedRun {
  std::int64_t begin, end;  // positions
  int colour;
  int kind;                 // number in GraphOrder::kinds
  int degree;               // of each site
  int slot_size;            // index of the number of slots (replica/graph.hpp)
  std::int64_t first_bond;  // of position `begin`

  int slots() const {
    constexpr int block = model::slot_block;
    if (slot_size == model::many_bonds) return (degree + block - 1) / block * block;
    return model::slot_sizes[slot_size];
  }
  // What an update takes, in units of one with few bonds.
  std::int64_t effort() const { return 1 + degree / (model::most_slots + 1); }
};

struct GraphOrder {
  std::vector<std::uint32_t> site_at;      // of a position
  std::vector<std::uint32_t> position_of;  // a site
  std::vector<OrderedRun> runs;
  std::vector<rules::SiteKind> kinds;  // that occur
  std::vector<model::Bond> bonds;
  std::vector<model::Edge> edges;      // sorted by position
  std::vector<std::uint32_t> edge_at;  // the number that edges[i] was given with
  int colours = 0;
};

// Classes that sites of a kind have thresholds for.
int classes_of(const rules::BondModel& model, const rules::SiteKind& kind);

// Signs are numbered like `edges`. A slot without a bond has sign number edges.size() and leads to
// the site itself if spins flip without a field, and to the position after the last if not, or if
// there are many bonds.
GraphOrder order_graph(std::int64_t sites, std::span<const GraphEdge> edges, bool zero_field_flip);

}  // namespace multispin
