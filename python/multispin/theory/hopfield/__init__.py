r"""The Hopfield model of infinitely many neurons, with α patterns a neuron.

.. math:: E(s) = -\tfrac12 \sum_{i \ne j} J_{ij} s_i s_j, \qquad
          J_{ij} = \frac1N \sum_{\mu=1}^{\alpha N} \xi_i^\mu \xi_j^\mu

Patterns ξ = ±1 are random. All replicas are taken to be alike. Other rules and networks are there
with their capacities.
"""

from multispin.theory.hopfield._capacities import (
    Mixture,
    dense_capacity,
    dense_error,
    diluted_capacity,
    pseudo_inverse_energy,
    sequence_capacity,
    sparse_capacity,
    symmetric_mixture,
)
from multispin.theory.hopfield._lines import (
    T_M,
    PhaseDiagram,
    T_c,
    T_g,
    alpha_c,
    phase_diagram,
)
from multispin.theory.hopfield._states import State, retrieval, spin_glass

__all__ = [
    "T_M",
    "Mixture",
    "PhaseDiagram",
    "State",
    "T_c",
    "T_g",
    "alpha_c",
    "dense_capacity",
    "dense_error",
    "diluted_capacity",
    "phase_diagram",
    "pseudo_inverse_energy",
    "retrieval",
    "sequence_capacity",
    "sparse_capacity",
    "spin_glass",
    "symmetric_mixture",
]
