"""Objectives that are sums over spins of a loss of P(s_i | others): no sum over states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.conditionals import Conditionals, Loss
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]


class Losses:
    """Σ_i of a loss of spin i given the others.

    Parameters
    ----------
    conditionals
        Samples, as bits.
    support
        Pairs that may be coupled.
    loss
        "logistic": the mean of −ln P(s_i | others); "exponential": the mean of exp(−s_i f_i),
        f_i = h_i + Σ_j J_ij s_j; "log_exponential": its logarithm.
    joint
        Whether J_ij and J_ji are one parameter. If not, spins have nothing to do with each other,
        and the first parameters are all J_ij, i ≠ j, row by row.
    """

    def __init__(
        self, conditionals: Conditionals, support: Support, loss: str, joint: bool
    ) -> None:
        self._conditionals, self.support, self.joint = conditionals, support, joint
        self._kernel: Loss = "logistic" if loss == "logistic" else "exponential"
        self._raised = loss == "exponential"
        self._rows, self._columns = np.nonzero(support.mask)
        self.n_couplings = support.n_pairs * (1 if joint else 2)
        self.size = self.n_couplings + support.n

    def matrix(self, x: Array) -> Array:
        """Return J (N, N) of parameters; symmetric if joint."""
        if self.joint:
            return self.support.matrix(x)
        J = np.zeros((self.support.n, self.support.n))
        J[self._rows, self._columns] = x[: self.n_couplings]
        return J

    def vector(self, J: Array, h: Array) -> Array:
        """Return couplings and fields as parameters."""
        if self.joint:
            return self.support.vector(J, h)
        return np.concatenate([J[self._rows, self._columns], h])

    def symmetric(self, x: Array) -> tuple[Array, Array]:
        """Return J, the mean of J_ij and J_ji, and h."""
        J = self.matrix(x)
        return (J + J.T) / 2, x[self.n_couplings :].copy()

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        values, couplings, fields = self._losses(x)
        if self._raised:
            values = np.exp(values)
            couplings *= values[:, None]
            fields *= values
        return float(values.sum()), self._gradient(couplings, fields)

    def curvature(self, x: Array, direction: Array) -> Array:
        """Return the Hessian times a direction."""
        J, h = self.matrix(x), x[self.n_couplings :]
        dJ, dh = self.matrix(direction), direction[self.n_couplings :]
        couplings, fields = self._conditionals.curvature(J, h, self._kernel, dJ, dh)
        if self._raised:
            # Of exp(v): v'' + v' v'^T, times exp(v).
            values, first, of_h = self._losses(x)
            along = (first * dJ).sum(axis=1) + of_h * dh
            raised = np.exp(values)
            couplings = raised[:, None] * (couplings + first * along[:, None])
            fields = raised * (fields + of_h * along)
        return self._gradient(couplings, fields)

    def _losses(self, x: Array) -> tuple[Array, Array, Array]:
        return self._conditionals.losses(self.matrix(x), x[self.n_couplings :], self._kernel)

    def _gradient(self, couplings: Array, fields: Array) -> Array:
        if self.joint:
            return self.support.vector(couplings + couplings.T, fields)
        return np.concatenate([couplings[self._rows, self._columns], fields])
