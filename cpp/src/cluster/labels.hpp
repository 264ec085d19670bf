// Disjoint sets of sites, kept as a forest: a site's parent is one of its set before it, and the
// first of a set, its root, is its own parent. So what is the root does not depend on the order in
// which sets are joined.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace multispin {

using Label = std::uint32_t;

// Some threads look sites up while others, each among its own sites, put their roots in place.
inline Label parent_of(const Label* parents, Label site) {
  return __atomic_load_n(parents + site, __ATOMIC_RELAXED);
}
inline void set_parent(Label* parents, Label site, Label parent) {
  __atomic_store_n(parents + site, parent, __ATOMIC_RELAXED);
}

// Mostly a site's parent or its parent's parent.
inline Label root_of(const Label* parents, Label site) {
  Label root = parent_of(parents, parent_of(parents, site));
  for (;;) {
    const Label parent = parent_of(parents, root);
    if (parent == root) return root;
    root = parent;
  }
}

// By one thread. M. Rem's algorithm (Dijkstra, A Discipline of Programming, chapter 23): both go
// towards their roots, the one whose parent is later by a step, which is cut short on the way.
// Which one that is nobody can foretell, so it is chosen without a branch.
inline void join(Label* parents, Label a, Label b) {
  Label of_a = parents[a], of_b = parents[b];
  while (of_a != of_b) {
    const Label of_first = of_a > of_b ? ~Label{0} : 0;
    const Label later = b ^ ((a ^ b) & of_first);
    const Label next = std::max(of_a, of_b);
    b = a ^ b ^ later;
    of_b = std::min(of_a, of_b);
    parents[later] = of_b;
    if (next == later) return;
    a = next;
    of_a = parents[a];
  }
}

}  // namespace multispin
