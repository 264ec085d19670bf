"""Couplings in files and in other packages' objects, and problems of optimisation.

================================================= ===========================================
`read_edges`, `write_edges`                       text, ``i j J`` and ``i i h``, sites from 0
`read_max_cut`, `write_max_cut`, `cut_value`      max-cut instances, whose weights are −J
`read_dimacs`, `write_dimacs`                     graphs of DIMACS, as max-cut instances
`read_qubo`, `write_qubo`                         Biq Mac, McSparse, OR-Library: x in {0, 1}
`read_problem`, `recognize`                       any of the files above
`read_adabm_dca`, `write_adabm_dca`               learned: ``J i j a b value``, ``h i a value``
`read_ace`, `write_ace`                           learned: fields, then couplings, of 0 and 1
`read_ace_moments`, `write_ace_moments`           means and second moments, of 0 and 1
`from_qubo`, `to_qubo`                            matrices and dicts of x^T Q x
`from_dimod`, `to_dimod`                          binary quadratic models of dimod
`Pairwise`, `to_sparse`                           scipy.sparse
`from_networkx`, `to_networkx`                    graphs of NetworkX
================================================= ===========================================

What is read becomes a `Pairwise`; where energies have a constant, or variables are 0 and 1, a
`Problem` or a `Qubo`, whose ``model`` is one and whose ``offset`` is the rest of the energy. Every
model can be written; of one with disorder samples it is ``model.sample(k)``. Double bonds, as along
a side of 2, are added up, and a sum of 0 is left out.
"""

from multispin.couplings.ace import read_ace, read_ace_moments, write_ace, write_ace_moments
from multispin.couplings.adabm_dca import read_adabm_dca, write_adabm_dca
from multispin.couplings.dimacs import read_dimacs, write_dimacs
from multispin.couplings.edges import read_edges, write_edges
from multispin.couplings.max_cut import cut_value, read_max_cut, write_max_cut
from multispin.couplings.objects import from_networkx, to_networkx, to_sparse
from multispin.couplings.problem import Problem
from multispin.couplings.quadratic_models import from_dimod, to_dimod
from multispin.couplings.qubo import Qubo, from_qubo, to_qubo
from multispin.couplings.qubo_files import read_qubo, write_qubo
from multispin.couplings.recognition import read_problem, recognize

__all__ = [
    "Problem",
    "Qubo",
    "cut_value",
    "from_dimod",
    "from_networkx",
    "from_qubo",
    "read_ace",
    "read_ace_moments",
    "read_adabm_dca",
    "read_dimacs",
    "read_edges",
    "read_max_cut",
    "read_problem",
    "read_qubo",
    "recognize",
    "to_dimod",
    "to_networkx",
    "to_qubo",
    "to_sparse",
    "write_ace",
    "write_ace_moments",
    "write_adabm_dca",
    "write_dimacs",
    "write_edges",
    "write_max_cut",
    "write_qubo",
]
