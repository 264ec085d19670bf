"""Covariances of features over chains, and steps of conjugate gradients in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.standardization import Coordinates
    from multispin.learn.inverse.strata import Strata
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]

#: Conjugate-gradient steps for a direction.
_SOLVER_STEPS = 20


class Metric:
    """The covariances of features over chains, which is the Hessian of the likelihood.

    Where states have kinds, what a potential of them takes away is not in it: covariances are of
    states of one kind, and along what is the same for all pairs, or spins, those of all states.
    """

    def __init__(self, support: Support, spins: NDArray[np.int8], strata: Strata) -> None:
        self._support, self._plain = support, len(strata) == 1
        self._spins = spins.astype(np.float32)
        self._kinds, self._weights = strata.weights(spins)
        n, c = support.n, support.n_pairs
        self._same = np.zeros((2, support.size))
        if not self._plain:
            self._same[0, :c], self._same[1, c:] = 1 / math.sqrt(c), 1 / math.sqrt(n)
            whole = spins.sum(axis=1, dtype=np.int64)
            self._along_same = np.stack([(whole**2 - n) / 2 / math.sqrt(c), whole / math.sqrt(n)])
            self._of_same = np.cov(self._along_same, bias=True)

    def product(self, v: Array) -> Array:
        """Return the covariances times a vector."""
        s, along = self._spins, self._along(v)
        of_kinds = np.maximum(np.bincount(self._kinds, self._weights), 1e-300)
        means = np.bincount(self._kinds, self._weights * along) / of_kinds
        weights = (self._weights * (along - means[self._kinds])).astype(np.float32)
        second = s.T @ (weights[:, None] * s)
        found = self._support.vector(second.astype(np.float64), np.zeros(self._support.n))
        found[self._support.n_pairs :] = weights @ s
        if self._plain:
            return found
        found += self._same.T @ (self._of_same @ (self._same @ v))
        return found

    def _along(self, v: Array) -> NDArray[np.float32]:
        """Return Σ_i<j v_ij s_i s_j + Σ_i v_i s_i of each state."""
        J = self._support.matrix(v).astype(np.float32)
        h = self._support.fields(v).astype(np.float32)
        found: NDArray[np.float32] = ((self._spins @ J) * self._spins).sum(axis=1) / 2
        found += self._spins @ h
        return found

    def solved(
        self,
        right: Array,
        free: NDArray[np.bool_],
        coordinates: Coordinates,
        ridge: Array,
        damping: float,
    ) -> tuple[Array, float]:
        """Some conjugate-gradient steps from 0; and how far the result moves chains.

        In standardized coordinates, in which covariances are near to 1 and damping means the same
        for all; of those that are free, as others stay where they are.
        """

        def whole(v: Array) -> Array:
            x = coordinates.parameters(v)
            return free * coordinates.gradient(self.product(x) + ridge * x) + damping * v

        x, residual = np.zeros_like(right), free * right
        direction, square = residual.copy(), float(residual @ residual)
        first = square
        for _ in range(_SOLVER_STEPS):
            if square <= 1e-4 * first or square == 0.0:
                break
            image = whole(direction)
            share = square / float(direction @ image)
            x += share * direction
            residual -= share * image
            left = float(residual @ residual)
            direction = residual + (left / square) * direction
            square = left
        step = coordinates.parameters(x)
        if not self._plain:
            step -= self._carried(step)
        return coordinates.standardized(step), float(self._along(step).std())

    def _carried(self, step: Array) -> Array:
        """Return what moves the number of spins up as the rest of a step, the same for all."""
        rest = self._along(step - self._same.T @ (self._same @ step))
        both = np.cov(self._along_same, rest, bias=True)[:2, 2]
        found: Array = self._same.T @ np.linalg.solve(self._of_same, both)
        return found
