"""The gradient of the likelihood: what units do together in the data, less what the model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin._engines.bipartite import Products, centre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.parameters import Machine

    Array = NDArray[np.float64]


@dataclass
class Offsets:
    """What units are measured from: their means, as they have been of late; 0 of plain units."""

    visible: Array
    hidden: Array

    def follow(self, visible: Array, hidden: Array, rate: float) -> None:
        """Move towards means."""
        self.visible += rate * (visible - self.visible)
        self.hidden += rate * (hidden - self.hidden)


@dataclass(frozen=True)
class Gradient:
    """Of the mean log-likelihood, hidden units averaged given visible ones.

    Attributes
    ----------
    sums
        ⟨v_i (h_j − λ_j)⟩ of the data less that of the model, (n_visible, n_hidden); with
        ⟨h_j⟩ μ_i less, it is the gradient by W of centred units. `Products` of it where all units
        are 0 or 1.
    visible, hidden
        ⟨v_i⟩ and ⟨h_j⟩ of the data less those of the model.
    means
        ⟨v_i⟩ and ⟨h_j⟩, half of the data and half of the model.

    Notes
    -----
    J. Melchior, A. Fischer & L. Wiskott, J. Mach. Learn. Res. 17(99), 1 (2016), eqs. (8)-(10).
    """

    sums: Array | Products
    visible: Array
    hidden: Array
    means: tuple[Array, Array]


def difference(
    machine: Machine, data: Observations, model: Observations, offsets: Offsets
) -> Gradient:
    """Average over samples of the data and of the model, each with its weight."""
    kernel, layers = machine.kernel, machine.parameters.layers
    m, shares = len(data), np.concatenate([data.shares, -model.shares])
    together = data.states.dtype == model.states.dtype
    if together:
        states = np.concatenate([data.states, model.states])
        hidden = kernel.means(states, "hidden")
    else:
        both = [kernel.means(part.states, "hidden") for part in (data, model)]
        hidden = np.concatenate(both)
    hidden = np.ascontiguousarray(hidden, np.float32)
    if layers.spins[1]:
        hidden = 2 * hidden - 1
    means = centre(hidden, shares, offsets.hidden)
    low, span = layers.lows[0], layers.spans[0]
    visible = low + span * data.mean(), low + span * model.mean()
    sums: Array | Products
    if together and not layers.spins[0]:
        sums = kernel.products(states, hidden)
    elif together:
        sums = kernel.outer(states, hidden)
    else:
        sums = kernel.outer(model.states, hidden[m:])
        sums += kernel.outer(data.states, hidden[:m])
    change = means[0] - means[1]
    if layers.spins[0]:
        assert isinstance(sums, np.ndarray)
        sums = low * change + span * sums
    return Gradient(
        sums, visible[0] - visible[1], change,
        ((visible[0] + visible[1]) / 2, (means[0] + means[1]) / 2),
    )  # fmt: skip
