"""The gradient of the likelihood: what units do together in the data, less what the model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin._engines.bipartite import outer
from multispin.learn.rbm.parameters import sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.parameters import Machine

    Array = NDArray[np.float64]
    Floats = NDArray[np.float32]


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
        ⟨h_j⟩ μ_i less, it is the gradient by W of centred units.
    visible, hidden
        ⟨v_i⟩ and ⟨h_j⟩ of the data less those of the model.
    means
        ⟨v_i⟩ and ⟨h_j⟩, half of the data and half of the model.

    Notes
    -----
    J. Melchior, A. Fischer & L. Wiskott, J. Mach. Learn. Res. 17(99), 1 (2016), eqs. (8)-(10).
    """

    sums: Array
    visible: Array
    hidden: Array
    means: tuple[Array, Array]


def difference(
    machine: Machine, data: Observations, model: Observations, offsets: Offsets
) -> Gradient:
    """Average over samples of the data and of the model, each with its weight."""
    parts = [_hidden(machine, samples) for samples in (data, model)]
    threads = machine.kernel.threads
    visible = [samples.mean() for samples in (data, model)]
    means = [shares @ hidden for hidden, shares in parts]
    lam = offsets.hidden.astype(np.float32)
    values = [
        (hidden - lam) * (sign * shares.astype(np.float32))[:, None]
        for (hidden, shares), sign in zip(parts, (np.float32(1), np.float32(-1)), strict=True)
    ]
    n, (of_data, of_model) = data.n_features, (data.bits, model.bits)
    assert of_model is not None
    if of_data is not None:
        sums = outer(np.concatenate([of_data, of_model]), n, np.concatenate(values), threads)
    else:
        sums = outer(of_model, n, values[1], threads)
        sums += data.numbers().T @ values[0].astype(np.float64)
    return Gradient(
        sums, visible[0] - visible[1], means[0] - means[1],
        ((visible[0] + visible[1]) / 2, (means[0] + means[1]) / 2),
    )  # fmt: skip


def _hidden(machine: Machine, samples: Observations) -> tuple[Floats, Array]:
    """Return the probabilities of hidden units, (R, n_hidden), and weights that add up to 1."""
    if samples.bits is not None:
        hidden = machine.kernel.probabilities(samples.bits, "hidden")
    else:
        hidden = sigmoid(machine.parameters.fields(samples.numbers())).astype(np.float32)
    return hidden, samples.shares
