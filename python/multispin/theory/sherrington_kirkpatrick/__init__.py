r"""The Sherrington-Kirkpatrick glass of infinitely many spins.

.. math:: E(s) = -\sum_{i<j} J_{ij} s_i s_j - h \sum_i s_i, \qquad
          \langle J_{ij} \rangle = 0, \ \langle J_{ij}^2 \rangle = 1/N

Gaussian and bimodal couplings have the same limit. Without a field the glass orders below T = 1.
"""

from multispin.theory.sherrington_kirkpatrick._parisi import BrokenSymmetry, parisi
from multispin.theory.sherrington_kirkpatrick._replica_symmetric import (
    ReplicaSymmetric,
    de_almeida_thouless_field,
    replica_symmetric,
)
from multispin.theory.sherrington_kirkpatrick._spectrum import semicircle

__all__ = [
    "BrokenSymmetry",
    "ReplicaSymmetric",
    "de_almeida_thouless_field",
    "parisi",
    "replica_symmetric",
    "semicircle",
]
