"""Couplings in files and in other packages' objects.

=================================================== =======================================
`read_edges`, `write_edges`                         text, ``i j J`` with sites from 0
`read_max_cut`, `write_max_cut`, `cut_value`        max-cut instances, whose weights are −J
`Pairwise`, `to_sparse`                             scipy.sparse
`from_networkx`, `to_networkx`                      graphs of NetworkX
`from_dimod_negating`, `to_dimod_negating`          binary quadratic models of dimod
=================================================== =======================================

What is read becomes a `Pairwise`. Every model can be written; of one with disorder samples it is
``model.sample(k)``. Double bonds, as along a side of 2, are added up, and a sum of 0 is left out.
"""

from multispin.couplings.edges import read_edges, write_edges
from multispin.couplings.max_cut import cut_value, read_max_cut, write_max_cut
from multispin.couplings.objects import (
    from_dimod_negating,
    from_networkx,
    to_dimod_negating,
    to_networkx,
    to_sparse,
)

__all__ = [
    "cut_value",
    "from_dimod_negating",
    "from_networkx",
    "read_edges",
    "read_max_cut",
    "to_dimod_negating",
    "to_networkx",
    "to_sparse",
    "write_edges",
    "write_max_cut",
]
