"""Feed-forward networks: the mean-field pass along a stack of RBMs, up and down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.learn.rbm.estimator import RBM
    from multispin.learn.rbm.units import Units

    Reals = NDArray[Any]


@dataclass(frozen=True)
class Dense:
    """Units that see all of those below: means of units in the fields W x + b.

    Attributes
    ----------
    weights, bias
        (n_out, n_in) and (n_out,), of one type.
    units
        What a field makes of them, as machines take them.
    spins
        Whether they are spins: of mean tanh(x).
    """

    weights: Reals
    bias: Reals
    units: Units
    spins: bool = False

    def means(self, values: Reals) -> Reals:
        """Return the means (M, n_out) given values (M, n_in)."""
        fields = values @ self.weights.T + self.bias
        return np.tanh(fields) if self.spins else self.units.mean(fields)

    def of(self, weights: Reals, bias: Reals) -> Dense:
        """Return other numbers of the same units."""
        return Dense(weights, bias, self.units, self.spins)


@dataclass(frozen=True)
class Network:
    """Up a stack and down again: an autoencoder whose code is the top layer.

    Attributes
    ----------
    encoder
        From visible units to the code, the lowest first.
    decoder
        From the code to visible units, the highest first.
    """

    encoder: tuple[Dense, ...]
    decoder: tuple[Dense, ...]

    @classmethod
    def of(cls, rbms: Sequence[RBM]) -> Network:
        """Return the mean-field pass of RBMs: W and c upwards, Wᵀ and b downwards.

        A top layer with label units has no part in it: it sees more than what is below.
        """
        encoder, decoder = [], []
        for rbm in rbms:
            at = rbm._parameters()
            if rbm.n_labels:
                break
            encoder.append(Dense(at.weights, at.hidden, at.layers.hidden, at.layers.spins[1]))
            down = Dense(at.weights.T, at.visible, at.layers.visible, at.layers.spins[0])
            decoder.append(down)
        return cls(tuple(encoder), tuple(decoder[::-1]))

    def arrays(self) -> list[Reals]:
        """Return all weights and biases."""
        return [part for one in (*self.encoder, *self.decoder) for part in (one.weights, one.bias)]

    @property
    def n_code(self) -> int:
        """Number of units of the code."""
        return len(self.encoder[-1].bias)

    def up(self, values: Reals, depth: int) -> Reals:
        """Return means of hidden units at a depth."""
        return passed(self.encoder[:depth], values)

    def down(self, values: Reals, depth: int) -> Reals:
        """Return means of visible units, given hidden ones at a depth."""
        return passed(self.decoder[len(self.decoder) - depth :], values)

    def again(self, values: Reals) -> Reals:
        """Return what the autoencoder makes of visible units."""
        return passed(self.decoder, passed(self.encoder, values))


@dataclass(frozen=True)
class Classifier:
    """An encoder and, on top of it, a unit for each class: P(y) ~ exp(W x + b)."""

    encoder: tuple[Dense, ...]
    head: tuple[Reals, Reals]  # weights (n_classes, n_code) and biases

    def arrays(self) -> list[Reals]:
        """Return all weights and biases."""
        return [*(part for one in self.encoder for part in (one.weights, one.bias)), *self.head]

    def probabilities(self, values: Reals) -> NDArray[np.float64]:
        """Return P(y | v) of samples, (M, n_classes)."""
        weights, bias = self.head
        fields = np.asarray(passed(self.encoder, values) @ weights.T + bias, np.float64)
        found = np.exp(fields - fields.max(axis=1, keepdims=True))
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def passed(layers: Sequence[Dense], values: Reals) -> Reals:
    """Return what layers, one after the other, make of values."""
    for layer in layers:
        values = layer.means(values)
    return values
