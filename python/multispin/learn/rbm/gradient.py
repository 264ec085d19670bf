"""The gradient of the likelihood: what units do together in the data, less what the model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._engines.bipartite import outer
from multispin.learn.rbm.parameters import Machine, Parameters, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.bipartite import Bipartite
    from multispin.learn.rbm.observations import Observations

    Array = NDArray[np.float64]
    Bits = NDArray[np.uint64]


@dataclass(frozen=True)
class Phase:
    """Means over samples, hidden units averaged given visible ones.

    Attributes
    ----------
    together
        ⟨h_j v_i⟩, (n_hidden, n_visible).
    visible, hidden
        ⟨v_i⟩ and ⟨h_j⟩.
    """

    together: Array
    visible: Array
    hidden: Array


def phase_of(machine: Machine, samples: Observations) -> Phase:
    """Average over samples, each with its weight."""
    if samples.bits is not None:
        return phase_of_bits(machine.kernel, samples.bits, samples.n_features, samples.weights)
    values = samples.numbers()
    hidden = sigmoid(machine.parameters.fields(values)).astype(np.float64)
    shares = np.ones(len(values)) if samples.weights is None else samples.weights
    weighted = hidden * (shares / shares.sum())[:, None]
    return Phase(weighted.T @ values, samples.mean(), weighted.sum(axis=0))


def phase_of_bits(
    kernel: Bipartite, bits: Bits, n_visible: int, weights: Array | None = None
) -> Phase:
    """Average over visible states that are packed."""
    hidden = kernel.probabilities(bits, "hidden")
    # One more hidden unit, which is always on, has the visible units' own means.
    values = np.ones((len(hidden), hidden.shape[1] + 1), dtype=np.float64)
    values[:, :-1] = hidden
    if weights is None:
        total = float(len(hidden))
    else:
        values *= weights[:, None]
        total = float(weights.sum())
    sums = outer(bits, n_visible, values, kernel.threads) / total
    return Phase(sums[:, :-1].T, sums[:, -1], values[:, :-1].sum(axis=0) / total)


@dataclass
class Offsets:
    """What units are measured from: their means, as they have been of late."""

    visible: Array
    hidden: Array

    def follow(self, data: Phase, model: Phase, rate: float) -> None:
        """Move towards the means of both phases."""
        self.visible += rate * ((data.visible + model.visible) / 2 - self.visible)
        self.hidden += rate * ((data.hidden + model.hidden) / 2 - self.hidden)


def gradient(
    data: Phase, model: Phase, offsets: Offsets | None, dtype: np.dtype[Any]
) -> Parameters:
    """Return the direction in which the mean log-likelihood grows.

    Without offsets it is the gradient. With offsets μ and λ it is that of the parameters of centred
    units, E = −(v−μ)ᵀb − (h−λ)ᵀc − (h−λ)ᵀW(v−μ), as it moves W, b and c of units that are not.

    Notes
    -----
    J. Melchior, A. Fischer & L. Wiskott, J. Mach. Learn. Res. 17(99), 1 (2016), eqs. (8)-(10).
    """
    together = data.together - model.together
    visible, hidden = data.visible - model.visible, data.hidden - model.hidden
    if offsets is not None:
        together -= np.outer(offsets.hidden, visible)
        together -= np.outer(hidden, offsets.visible)
        # Sums of products, not a product of matrices: that may depend on the number of threads.
        visible = visible - (together * offsets.hidden[:, None]).sum(axis=0)
        hidden = hidden - (together * offsets.visible).sum(axis=1)
    return Parameters(together.astype(dtype), visible.astype(dtype), hidden.astype(dtype))
