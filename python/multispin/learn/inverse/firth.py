"""Firth's penalty: of few samples, parameters that are finite and whose bias is of order 1/n²."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from multispin.learn.inverse import enumeration
from multispin.learn.inverse._states import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Moments, Observations
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]

#: Spins of which ln det of the Fisher information is a sum over all states, again and again.
MOST_SPINS = 12

_LONGEST, _SHORTER = 2.0, 30  # largest change of a parameter in a step; how often it is halved
_ROUNDING = 1e-13  # of values, by which steps close to the end seem to lead downwards


class Found(NamedTuple):
    """Where the penalized likelihood is largest."""

    x: Array
    n_iter: int
    optimality: float  # largest slope, per sample
    values: list[float]  # minus the mean penalized log-likelihood, one an iteration


class _Penalized(Protocol):
    """Minus a log-likelihood, less ½ ln det of its information."""

    def value(self, x: Array) -> float: ...

    def slope(self, x: Array) -> tuple[Array, Array]:
        """Return minus the gradient, and the information."""
        ...


def of_spin(
    observations: Observations, mask: NDArray[np.bool_], i: int, tol: float, max_iter: int
) -> Found:
    """Couplings (those of the mask, in order) and field of a spin, by logistic regression.

    Of a sample with leverage ℓ, the diagonal of the hat matrix, the score is that of 1 + ℓ samples
    of which ℓ are up as often as down: G. Heinze & M. Schemper, Stat. Med. 21, 2409 (2002).

    Raises
    ------
    ValueError
        If the samples do not tell the couplings apart.
    """
    spins, place = distinct(observations.spins)
    weights = np.ones(len(place)) if observations.weights is None else observations.weights
    counts = np.bincount(place, weights, minlength=len(spins))
    inputs = np.concatenate([spins[:, mask], np.ones((len(spins), 1))], axis=1).astype(np.float64)
    if np.linalg.matrix_rank(inputs) < inputs.shape[1]:
        got = f"some in which the neighbours of spin {i} are constant or follow from each other"
        allowed = "with firth=True, samples that tell their couplings apart; or l2 instead"
        raise ValueError(f"samples: got {got}, allowed: {allowed}")
    logistic = _Logistic(inputs, spins[:, i].astype(np.float64), counts.astype(np.float64))
    return _ascended(logistic, np.zeros(inputs.shape[1]), float(counts.sum()), tol, max_iter)


def of_all_states(moments: Moments, support: Support, tol: float, max_iter: int) -> Found:
    """Couplings and fields of few spins, by sums over all states: the mode with Jeffreys' prior."""
    family = _Exponential(moments, support)
    return _ascended(family, np.zeros(support.size), moments.n_samples, tol, max_iter)


class _Logistic:
    def __init__(self, inputs: Array, spin: Array, counts: Array) -> None:
        self._inputs, self._spin, self._counts = inputs, spin, counts

    def value(self, x: Array) -> float:
        field = self._inputs @ x
        loss = float(self._counts @ np.logaddexp(0.0, -2 * self._spin * field))
        return loss - _half_log_det(self._information(np.tanh(field)))

    def slope(self, x: Array) -> tuple[Array, Array]:
        mean = np.tanh(self._inputs @ x)
        information = self._information(mean)
        inverse = np.linalg.inv(information)
        leverage = self._counts * (1 - mean**2)
        leverage *= ((self._inputs @ inverse) * self._inputs).sum(axis=1)
        return (self._counts * (self._spin - mean) - leverage * mean) @ self._inputs, information

    def _information(self, mean: Array) -> Array:
        weights = self._counts * (1 - mean**2)
        found: Array = self._inputs.T @ (weights[:, None] * self._inputs)
        return found


class _Exponential:
    def __init__(self, moments: Moments, support: Support) -> None:
        states = enumeration.States(support.n)
        s = states.spins(np.arange(1 << support.n)).astype(np.float64)
        self._features = np.concatenate([s[:, support.rows] * s[:, support.columns], s], axis=1)
        self._mean, self._n = support.vector(moments.second, moments.mean), moments.n_samples

    def value(self, x: Array) -> float:
        exponent = self._features @ x
        highest = float(exponent.max())
        log_partition = highest + float(np.log(np.exp(exponent - highest).sum()))
        likelihood = self._n * (float(self._mean @ x) - log_partition)
        return -likelihood - _half_log_det(self._centred(x)[2])

    def slope(self, x: Array) -> tuple[Array, Array]:
        """½ ∂ ln det is ½ of the third cumulants with the inverse: a covariance of all features."""
        p, centred, information = self._centred(x)
        distance = ((centred @ np.linalg.inv(information)) * centred).sum(axis=1) * self._n
        mean = self._features.T @ p
        return self._n * (self._mean - mean) + (p * distance) @ centred / 2, information

    def _centred(self, x: Array) -> tuple[Array, Array, Array]:
        exponent = self._features @ x
        p = np.exp(exponent - exponent.max())
        p /= p.sum()
        centred = self._features - p @ self._features
        return p, centred, self._n * (centred.T @ (p[:, None] * centred))


def _ascended(of: _Penalized, x: Array, n: float, tol: float, max_iter: int) -> Found:
    """Fisher's scoring, with steps that are shortened until they lead upwards."""
    value, (slope, information) = of.value(x), of.slope(x)
    values = [value / n]
    while _steepest(slope) > tol * n and len(values) <= max_iter:
        step = np.asarray(np.linalg.solve(information, slope), dtype=np.float64)
        step = step * min(1.0, _LONGEST / _steepest(step))
        for _ in range(_SHORTER):
            closer = x + step
            gained = value - of.value(closer)
            rounding = _ROUNDING * (1.0 + abs(value))
            if gained >= -rounding:
                there, of_there = of.slope(closer)
                # Where values are equal but for rounding, slopes still tell.
                if gained > rounding or _steepest(there) < _steepest(slope):
                    break
            step = step / 2
        else:
            break
        x, value, slope, information = closer, value - gained, there, of_there
        values.append(value / n)
    return Found(x, len(values) - 1, _steepest(slope) / n, values)


def _steepest(slope: Array) -> float:
    return float(np.abs(slope).max())


def _half_log_det(matrix: Array) -> float:
    sign, found = np.linalg.slogdet(matrix)
    return float(found) / 2 if sign > 0 else -np.inf
