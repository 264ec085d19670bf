"""A stack of RBMs as machines take them: what is drawn upwards and downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._engines.bipartite import Numbers, pack, unpack
from multispin.learn.rbm.randomness import streams
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.learn.rbm.estimator import RBM
    from multispin.learn.rbm.kernel import Kernel, States
    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]
    Reals = NDArray[Any]

#: What seeds are made for.
_DOWN, _PASSED = 0x646F776E, 0x70617373


@dataclass(frozen=True)
class Stack:
    """Machines of a network, the lowest first; spins are units 0 and 1 here.

    The visible units of each are the hidden ones of that below; those of the top may have label
    units behind them.
    """

    parameters: tuple[Parameters, ...]
    places: tuple[Place, ...]
    n_labels: int

    @classmethod
    def of(cls, rbms: Sequence[RBM]) -> Stack:
        """Return what fitted RBMs are to machines."""
        parameters = tuple(rbm._parameters().of_machine() for rbm in rbms)
        return cls(parameters, tuple(rbm._place for rbm in rbms), rbms[-1].n_labels)

    def __len__(self) -> int:
        return len(self.parameters)

    def kernel(self, k: int) -> Kernel:
        """Return what samples a machine."""
        return self.parameters[k].kernel(self.places[k])

    def down(self, values: Reals, seed: int) -> States:
        """Draw visible units, layer by layer, given values of the top machine's visible units.

        Parameters
        ----------
        values
            (R, n) of a machine: 0 and 1, or numbers.
        seed
            Of what is drawn.
        """
        states = self.states(len(self) - 1, values[:, : values.shape[1] - self.n_labels])
        for k in range(len(self) - 2, -1, -1):
            numbers = Numbers(seed_for(seed, k, _DOWN), streams(0, len(states)), 0)
            states = self.kernel(k).draw(states, "visible", numbers)
        return states

    def states(self, k: int, values: Reals) -> States:
        """Return values of a machine's visible units, labels left out, as kernels take them."""
        packed = self.parameters[k].layers.visible.packed
        return pack(values != 0) if packed else np.asarray(values, np.float32)


def values_of(states: States, n: int) -> Array:
    """Return states of n units as numbers."""
    values = unpack(states, n) if states.dtype == np.uint64 else states
    return np.asarray(values, np.float64)


def passed_on(rbm: RBM, samples: Any, inputs: str) -> Reals:
    """Return what the next layer learns from: means of hidden units, or one state of them each.

    Of the type of the machine's parameters.
    """
    if inputs == "means":
        return rbm.transform(samples)
    seen = rbm._observed(samples)
    numbers = Numbers(seed_for(rbm._kept[0]["seed"], 0, _PASSED), streams(0, len(seen)), 0)
    states = rbm._kernel().draw(seen.states, "hidden", numbers)
    at = rbm._parameters()
    low, span = at.layers.lows[1], at.layers.spans[1]
    drawn = low + span * values_of(states, at.shape[0])
    return drawn.astype(at.weights.dtype)
