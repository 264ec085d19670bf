"""What theory says of models in the limit of many spins, as numbers to hold a simulation against.

=========================== ====================================================================
`hopfield`                  patterns stored in the couplings of all pairs: the states that retrieve
                            one and those that do not, the phase diagram; capacities of other rules
`recall`                    how a pattern is retrieved: the first steps of parallel dynamics, the
                            flow of random sequential dynamics
`sherrington_kirkpatrick`   all spins coupled at random: the replica-symmetric solution, where it is
                            unstable, Parisi's with broken symmetry; the spectrum of the couplings
=========================== ====================================================================

Conventions are those of the package: s = ±1, P(s) ∝ exp(−E/T), k_B = 1, energies per spin.
"""

from multispin.theory import hopfield, recall, sherrington_kirkpatrick

__all__ = ["hopfield", "recall", "sherrington_kirkpatrick"]
