// The order in which the sites of a graph are kept and updated.
//
// Colours: site by site in the order of their numbers, each gets the lowest colour that no
// neighbour has yet. On lattices of even sides that is the checkerboard. A sweep updates colour
// after colour; within a colour the order makes no difference to the chain, so sites of equal
// degree are put together, in the order of their numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/model/graph.hpp"
#include "multispin/replica_engine.hpp"

namespace multispin {

struct OrderedRun {
  std::int64_t begin, end;  // positions
  int colour;
  int degree;
  int degree_number;        // where the degree is in GraphOrder::degrees
  int slot_size;            // index of the number of slots (model/graph.hpp)
  std::int64_t first_bond;  // of position `begin`
};

struct GraphOrder {
  std::vector<std::uint32_t> site_at;      // of a position
  std::vector<std::uint32_t> position_of;  // a site
  std::vector<OrderedRun> runs;
  std::vector<int> degrees;  // that occur
  std::vector<model::Bond> bonds;
  std::vector<model::Edge> edges;      // sorted by position
  std::vector<std::uint32_t> edge_at;  // the number that edges[i] was given with
  int colours = 0;
};

// The smallest number of slots that holds a degree.
int slots_for(int degree);

// Signs are numbered like `edges`. A slot without a bond has sign number edges.size() and leads to
// the site itself, or, if `to_nowhere`, to the position after the last.
GraphOrder order_graph(std::int64_t sites, std::span<const GraphEdge> edges, bool to_nowhere);

}  // namespace multispin
