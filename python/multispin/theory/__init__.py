"""What theory says of models, mostly of many spins, as numbers to hold a simulation against.

=========================== ====================================================================
`bethe`                     the Bethe lattice of any coordination, and T_c: random regular graphs
                            have this limit, and lattices this approximation
`curie_weiss`               mean field: the equation of state, and the exact sum of N spins
`hopfield`                  patterns stored in the couplings of all pairs: the states that retrieve
                            one and those that do not, the phase diagram; capacities of other rules
`nishimori`                 ±J glasses at any share of ferromagnetic bonds: the exact energy where
                            the temperature belongs to the share
`recall`                    how a pattern is retrieved: the first steps of parallel dynamics, the
                            flow of random sequential dynamics
`sherrington_kirkpatrick`   all spins coupled at random: the replica-symmetric solution, where it is
                            unstable, Parisi's with broken symmetry; the spectrum of the couplings
=========================== ====================================================================

What is exact of Ising models, `exact` has: Onsager's and Yang's square lattice, Kaufman's torus,
the chain.

Conventions are those of the package: s = ±1, P(s) ∝ exp(−E/T), k_B = 1, energies per spin.
"""

from multispin.theory import (
    bethe,
    curie_weiss,
    hopfield,
    nishimori,
    recall,
    sherrington_kirkpatrick,
)

__all__ = [
    "bethe",
    "curie_weiss",
    "hopfield",
    "nishimori",
    "recall",
    "sherrington_kirkpatrick",
]
