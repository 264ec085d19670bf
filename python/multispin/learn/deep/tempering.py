"""Stacked tempering: chains of all RBMs of a stack, exchanged between neighbours.

The lowest RBM of a stack is often slow: its chains stay at one kind of samples. Those above see
data through its hidden units, which are fewer and mix faster. Hidden units of one and visible units
of the next are the same, so that they can be exchanged: each machine keeps its own law, and what a
machine above has found becomes a sample of the one below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._engines.bipartite import Numbers
from multispin.learn.rbm.layers import Layers
from multispin.learn.rbm.parameters import Parameters
from multispin.learn.rbm.randomness import streams, uniforms
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.learn.deep.stack import Stack
    from multispin.learn.rbm.kernel import Kernel, States

    Array = NDArray[np.float64]

#: What seeds and uniform numbers are for.
_EXCHANGED, _ACCEPTED = 0x73776170, 0x61636365707465


@dataclass(frozen=True)
class StackedTempering:
    """Samples of the lowest RBM of a stack, and how well chains were exchanged.

    Attributes
    ----------
    samples
        (n, N) of the values that visible units have.
    acceptance
        Share of exchanges that were accepted between each RBM and the next, (layers − 1,).
    """

    samples: NDArray[Any]
    acceptance: Array


def turned(at: Parameters) -> Parameters:
    """Return the same machine with hidden units for visible ones: −F is of hidden states then."""
    layers: Any = Layers(at.layers.hidden, at.layers.visible)  # type: ignore[arg-type]
    return Parameters(at.weights.T, at.hidden, at.visible, layers, at.constant)


@dataclass(frozen=True)
class Pair:
    """Two RBMs, the hidden units of the lower of which are like the visible ones of the upper."""

    lower: Kernel
    lower_turned: Kernel
    upper: Kernel

    @classmethod
    def of(cls, stack: Stack, k: int) -> Pair:
        """Return RBMs k and k + 1 of a stack."""
        of_hidden = turned(stack.parameters[k]).kernel(stack.places[k])
        return cls(stack.kernel(k), of_hidden, stack.kernel(k + 1))

    def log_acceptance(self, hidden: States, visible: States) -> Array:
        """Return ln of P(v') P'(h) / P(h) P'(v'), (R,).

        Of hidden states h of the lower RBM, by their law P without its visible units, and visible
        states v' of the upper one, by their law P' without its hidden units. An exchange is
        accepted with a probability of this, or of 1 where it is larger.
        """
        own = self.lower_turned.log_weights(hidden)[0] + self.upper.log_weights(visible)[0]
        other = self.lower_turned.log_weights(visible)[0] + self.upper.log_weights(hidden)[0]
        return np.asarray(other - own)

    def exchanged(
        self, below: States, above: States, numbers: Numbers, uniform: Array
    ) -> tuple[States, States, float]:
        """Return visible states of both after an exchange, and the share that was accepted.

        Hidden units of the lower RBM are drawn, exchanged or not, and its visible units drawn
        given them: so each keeps its own joint law.
        """
        hidden = self.lower.draw(below, "hidden", numbers)
        taken = np.log(uniform) < self.log_acceptance(hidden, above)
        swap = taken[:, None]
        above, hidden = np.where(swap, hidden, above), np.where(swap, above, hidden)
        return self.lower.draw(hidden, "visible", numbers), above, float(taken.mean())


def advance(
    stack: Stack, bases: Sequence[Array], chains: int, steps: int, seed: int
) -> tuple[States, Array]:
    """Return visible states of the lowest RBM after some steps, and acceptances.

    A step is a Gibbs step of each RBM, and an exchange of each with the next: first of pairs
    (0, 1), (2, 3) and so on.

    Parameters
    ----------
    stack
        Machines, without label units.
    bases
        Fields of visible units that chains of each begin with, independent.
    chains
        How many.
    steps
        How many, >= 1.
    seed
        Of all that is drawn.
    """
    kernels = [stack.kernel(k) for k in range(len(stack))]
    pairs = [Pair.of(stack, k) for k in range(len(stack) - 1)]
    rows = [streams(k * chains, chains) for k in range(len(stack))]
    states = [
        kernel.independent(base, Numbers(seed, own, 0))
        for kernel, base, own in zip(kernels, bases, rows, strict=True)
    ]
    accepted, swaps = np.zeros(len(pairs)), seed_for(seed, _EXCHANGED)
    for step in range(1, steps + 1):
        for k, kernel in enumerate(kernels):
            states[k], _ = kernel.gibbs(states[k], 1, Numbers(seed, rows[k], step))
        uniform = uniforms(swaps, step, _ACCEPTED, (len(pairs), chains))
        for k in [*range(0, len(pairs), 2), *range(1, len(pairs), 2)]:
            states[k], states[k + 1], share = pairs[k].exchanged(
                states[k], states[k + 1], Numbers(swaps, rows[k], step), uniform[k]
            )
            accepted[k] += share
    return states[0], accepted / steps
