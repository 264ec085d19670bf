"""The likelihood of transitions of spins: value, curvature, errors, and maxima at infinity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base.callers import warn
from multispin._engines.conditionals import Conditionals
from multispin.errors import InfiniteMaximumWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse._series import Transitions

    Array = NDArray[np.float64]

_BLOCK = 1 << 14  # transitions whose weights are held at a time
_SHOWN = 3  # in a message
#: Of a curvature whose diagonal is 1: what rounding leaves of one that is 0, and how much of a
#: parameter may lie where there is none.
_FLAT, _UNKNOWN = 1e-10, 1e-6


class Likelihood:
    """The mean over transitions of −ln P(s(t+1) | s(t)), as a function of J, row by row, and h."""

    def __init__(self, given: Transitions, threads: int) -> None:
        n = given.before.shape[1]
        self.n_couplings, self.size = n * n, n * n + n
        weights = np.full(given.number, 1.0 / given.number)
        self._conditionals = Conditionals.of_spins(
            given.before, given.after, weights, threads=threads
        )

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        values, couplings, fields = self._conditionals.losses(*self._parts(x), "logistic")
        return float(values.sum()), np.concatenate([couplings.ravel(), fields])

    def curvature(self, x: Array, direction: Array) -> Array:
        """Return the Hessian times a direction."""
        couplings, fields = self._conditionals.curvature(
            *self._parts(x), "logistic", *self._parts(direction)
        )
        return np.concatenate([couplings.ravel(), fields])

    def _parts(self, x: Array) -> tuple[Array, Array]:
        n = self.size - self.n_couplings
        return np.ascontiguousarray(x[: n * n]).reshape(n, n), np.ascontiguousarray(x[n * n :])


def curvatures(given: Transitions, J: Array, h: Array) -> Array:
    """Return Σ_t (1 − tanh² f_i) x xᵀ of all spins, with x = (s(t), 1): (N, N + 1, N + 1)."""
    n = len(h)
    found = np.zeros((n, n + 1, n + 1))
    for first in range(0, given.number, _BLOCK):
        x = np.ones((min(_BLOCK, given.number - first), n + 1))
        x[:, :n] = given.before[first : first + _BLOCK]
        e = np.exp(-np.abs(x[:, :n] @ J.T + h))
        root = 2.0 * e / (1.0 + e * e)
        for i in range(n):
            weighted = root[:, i, None] * x
            found[i] += weighted.T @ weighted  # of one matrix: half the work
    return found


def errors(curvature: Array, penalized: Array) -> Array:
    """Return roots of the diagonal of H⁻¹ F H⁻¹; infinite where H is flat."""
    size = np.sqrt(np.maximum(np.diagonal(penalized), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(penalized / np.outer(size, size))
    flat = values < _FLAT
    inverse = (vectors[:, ~flat] / values[~flat]) @ vectors[:, ~flat].T
    variance = np.diagonal(inverse @ (curvature / np.outer(size, size)) @ inverse)
    unknown = (vectors[:, flat] ** 2).sum(axis=1) > _UNKNOWN
    return np.where(unknown, np.inf, np.sqrt(np.maximum(variance, 0.0)) / size)


def warn_of_infinite(learned: Transitions, penalized: bool) -> None:
    """Warn if some spin never changes, or some state of one never follows a state of another."""
    half, mean = 0.5 / learned.number, learned.after.mean(axis=0)
    constant = np.minimum(1 + mean, 1 - mean) / 2 < half
    of = [
        f"{_named(i, learned.names)} is always {mean[i]:+.0f}"
        for i in np.flatnonzero(constant).tolist()
    ]
    if not penalized:
        before, second = learned.before.mean(axis=0), learned.second()
        varied = ~constant[:, None] & (np.minimum(1 + before, 1 - before) / 2 >= half)
        for a in (1, -1):
            for b in (1, -1):
                cell = (1 + a * mean[:, None] + b * before + a * b * second) / 4
                of += [
                    f"{_named(i, learned.names)} is never {a:+d} after {_named(j, learned.names)} "
                    f"was {b:+d}"
                    for i, j in np.argwhere((cell < half) & varied).tolist()
                ]
    if of:
        more = f", and {len(of) - _SHOWN} more" if len(of) > _SHOWN else ""
        cure = "l2" if not constant.any() else "leaving out what is constant"
        warn(
            f"the maximum of the likelihood is at infinite parameters: {'; '.join(of[:_SHOWN])}"
            f"{more}. Those returned are large, and where the fit stopped; {cure} makes them "
            "finite",
            InfiniteMaximumWarning,
        )


def _named(i: int, names: tuple[str, ...] | None) -> str:
    return f"spin {i}" if names is None else f"spin {i} ({names[i]})"
