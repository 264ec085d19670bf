"""The equations of the multiple-histogram method, solved.

Ferrenberg & Swendsen, Phys. Rev. Lett. 63, 1195 (1989), eqs. (6) and (7), with histograms whose
bins are single energies: they are then those of the multistate Bennett acceptance ratio (Shirts &
Chodera, J. Chem. Phys. 129, 124105 (2008), eqs. (11) and (C3)). With a_k = ln Z_k and draws n::

    D(E) = Σ_k N_k exp(−a_k − β_k E),   p_k(E) = N_k exp(−a_k − β_k E) / D(E)
    N_k  = Σ_n p_k(E_n)

The a_k are where Σ_n ln D(E_n) + Σ_k N_k a_k is least (Zhu & Hummer, J. Comput. Chem. 33, 453
(2012)), a convex function of which Newton's method finds the minimum in a few steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[np.float64]

_CHUNK = 1 << 16  # energies that are held against all temperatures at a time
_MOST_STEPS = 200
_TOLERANCE = 1e-11  # of N_k, relative


class Solution(NamedTuple):
    """The a_k = ln Z_k, but for one constant: the first is 0."""

    log_partition: Array  # (temperatures,)
    hessian: Array  # (temperatures, temperatures), of the function that is least: Σ p_k (δ − p_l)
    log_density: Array  # (bins,): ln D(E)


def solve(beta: Array, draws: int, energy: Array, count: Array, averages: Array) -> Solution:
    """Solve for the a_k.

    Parameters
    ----------
    beta
        (temperatures,): inverse temperatures, in any order.
    draws
        N_k, the same at all temperatures.
    energy, count
        (bins,): energies, and how often each was seen at all temperatures together.
    averages
        (temperatures,): average energies, from which the search begins.
    """
    order = np.argsort(beta)
    steps = np.diff(beta[order]) * (averages[order][1:] + averages[order][:-1]) / 2
    a = np.zeros(len(beta))
    a[order[1:]] = -np.cumsum(steps)  # d ln Z / dβ = −⟨E⟩
    a -= a[0]
    gradient, hessian = _derivatives(beta, draws, energy, count, a)
    for _ in range(_MOST_STEPS):
        size = float(np.abs(gradient).max())
        if size <= _TOLERANCE * draws:
            break
        # One a_k is free. What no draw decides is left where it is.
        step = np.zeros_like(a)
        ridge = 1e-12 * draws * np.eye(len(a) - 1)
        step[1:] = np.linalg.solve(hessian[1:, 1:] + ridge, -gradient[1:])
        found = _shorter(beta, draws, energy, count, a, step, size)
        if found is None:  # rounding allows no more
            break
        a, gradient, hessian = found
    return Solution(a, hessian, log_density(beta, draws, energy, a))


def log_density(beta: Array, draws: int, energy: Array, a: Array) -> Array:
    """Return ln D(E) of energies (bins,)."""
    found = np.empty(len(energy))
    for part in _parts(len(energy)):
        found[part] = _log_sum(_terms(beta, draws, energy[part], a))
    return found


def _parts(size: int) -> Iterator[slice]:
    for first in range(0, size, _CHUNK):
        yield slice(first, first + _CHUNK)


def _terms(beta: Array, draws: int, energy: Array, a: Array) -> Array:
    return np.asarray(np.log(draws) - a - energy[:, None] * beta)


def _log_sum(terms: Array) -> Array:
    top = terms.max(axis=1)
    return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))


def _shorter(
    beta: Array, draws: int, energy: Array, count: Array, a: Array, step: Array, size: float
) -> tuple[Array, Array, Array] | None:
    """Return where a step, or a share of it, leads to a gradient below `size`, and what is there.

    Newton's step does, if it is short enough: along it all of the gradient shrinks alike.
    """
    share = 1.0
    while share > 1e-9:
        there = a + share * step
        gradient, hessian = _derivatives(beta, draws, energy, count, there)
        if float(np.abs(gradient).max()) < size:
            return there, gradient, hessian
        share /= 2
    return None


def _derivatives(
    beta: Array, draws: int, energy: Array, count: Array, a: Array
) -> tuple[Array, Array]:
    """Return the gradient and the Hessian of the function that is to be least."""
    first = np.full(len(a), float(draws))
    second = np.zeros((len(a), len(a)))
    for part in _parts(len(energy)):
        terms = _terms(beta, draws, energy[part], a)
        p = np.exp(terms - _log_sum(terms)[:, None])
        weighted = count[part, None] * p
        first -= weighted.sum(axis=0)
        second -= weighted.T @ p
    second[np.diag_indices(len(a))] += draws - first
    return first, second
