"""Weights and biases of two layers, and what they say of a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._engines.bipartite import Bipartite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[Any]


@dataclass
class Parameters:
    """Weights (n_hidden, n_visible) and biases, all of one type, float32 or float64."""

    weights: Reals
    visible: Reals
    hidden: Reals

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of units, hidden and visible."""
        return len(self.hidden), len(self.visible)

    def copy(self) -> Parameters:
        """Return the same numbers in arrays of their own."""
        return Parameters(self.weights.copy(), self.visible.copy(), self.hidden.copy())

    def kernel(self, threads: int | None) -> Bipartite:
        """Return what samples these layers."""
        return Bipartite(self.weights, self.visible, self.hidden, threads)

    def fields(self, visible: Reals) -> Reals:
        """Return what hidden units see of visible ones of any numbers, (R, n_hidden)."""
        found: Reals = visible @ self.weights.T + self.hidden
        return found

    def fields_of_visible(self, hidden: Reals) -> Reals:
        """Return what visible units see of hidden ones of any numbers, (R, n_visible)."""
        found: Reals = hidden @ self.weights + self.visible
        return found

    def free_energy(self, visible: Reals) -> NDArray[np.float64]:
        """Return −b·v − Σ_j ln(1 + exp(c_j + Σ_i W_ji v_i)), (R,)."""
        visible = np.asarray(visible, dtype=np.float64)
        weights, b, c = (
            np.asarray(part, dtype=np.float64) for part in (self.weights, self.visible, self.hidden)
        )
        found: NDArray[np.float64] = -visible @ b - softplus(visible @ weights.T + c).sum(axis=1)
        return found


class Machine(NamedTuple):
    """Parameters, and what samples them; whoever changes the one puts it in place in the other."""

    parameters: Parameters
    kernel: Bipartite


def sigmoid(x: Reals) -> Reals:
    """Return 1 / (1 + e^−x), of any x."""
    small = np.exp(-np.abs(x))
    found: Reals = np.where(x >= 0, 1, small) / (1 + small)
    return found


def softplus(x: Reals) -> Reals:
    """Return ln(1 + e^x), of any x."""
    found: Reals = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found
