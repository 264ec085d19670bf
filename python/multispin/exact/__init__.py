"""Exact results to hold a simulation against.

Seven oracles, none of which knows the sampler:

``onsager``
    the infinite square lattice in zero field (Onsager 1944, Yang 1952);
``chain``
    the infinite chain in any field (Ising 1925);
``ising_2d``
    the finite torus in zero field (Kaufman 1949);
``transfer_matrix``
    a torus with one short side, in any field (Kramers & Wannier 1941);
``enumerate``, ``state_probabilities``
    any model of at most 24 or 16 spins, by summing over all its states;
``eliminate``
    any model on a sparse graph, by a transfer matrix that adds one spin at a time.

Conventions: s = ±1, P(s) ∝ exp(−E/T), k_B = 1, and on lattices E(s) = −J Σ_<ij> s_i s_j − h Σ_i s_i
with a bond to the right and a bond down at each site (so a side of length 2 has double bonds).

References
----------
E. Ising, Z. Phys. 31, 253 (1925). H. A. Kramers & G. H. Wannier, Phys. Rev. 60, 252 (1941). L.
Onsager, Phys. Rev. 65, 117 (1944). B. Kaufman, Phys. Rev. 76, 1232 (1949). C. N. Yang, Phys. Rev.
85, 808 (1952).
"""

from multispin.exact._square import critical_temperature
from multispin.exact.elimination import Elimination, eliminate
from multispin.exact.enumeration import (
    Enumeration,
    enumerate,  # noqa: A004 - its public name
    state_probabilities,
)
from multispin.exact.infinite import Infinite, onsager
from multispin.exact.infinite_chain import Chain, chain
from multispin.exact.torus import Torus, ising_2d
from multispin.exact.transfer import TransferMatrix, transfer_matrix

__all__ = [
    "Chain",
    "Elimination",
    "Enumeration",
    "Infinite",
    "Torus",
    "TransferMatrix",
    "chain",
    "critical_temperature",
    "eliminate",
    "enumerate",
    "ising_2d",
    "onsager",
    "state_probabilities",
    "transfer_matrix",
]
