r"""The Hopfield model of infinitely many neurons, with α patterns a neuron.

.. math:: E(s) = -\tfrac12 \sum_{i \ne j} J_{ij} s_i s_j, \qquad
          J_{ij} = \frac1N \sum_{\mu=1}^{\alpha N} \xi_i^\mu \xi_j^\mu

Patterns ξ = ±1 are random. All replicas are taken to be alike.
"""

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
    "PhaseDiagram",
    "State",
    "T_c",
    "T_g",
    "alpha_c",
    "phase_diagram",
    "retrieval",
    "spin_glass",
]
