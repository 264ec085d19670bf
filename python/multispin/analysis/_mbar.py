"""The equations of the multiple-histogram method, solved.

Ferrenberg & Swendsen, Phys. Rev. Lett. 63, 1195 (1989), eqs. (6) and (7), with histograms whose
bins are single energies: they are then those of the multistate Bennett acceptance ratio (Shirts &
Chodera, J. Chem. Phys. 129, 124105 (2008), eqs. (11) and (C3)). With a_k = ln Z_k and draws n::

    D(x) = Σ_k N_k exp(−a_k − f_k · x),   p_k(x) = N_k exp(−a_k − f_k · x) / D(x)
    N_k  = Σ_n p_k(x_n)

x is the energy, and f_k is β_k; in several fields x is (E, m), with the energy in one of them, and
f_k is (β_k, −β_k δ_k N), where δ_k is how much stronger the field is.

The a_k are where Σ_n ln D(x_n) + Σ_k N_k a_k is least (Zhu & Hummer, J. Comput. Chem. 33, 453
(2012)), a convex function of which Newton's method finds the minimum in a few steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[np.float64]

_CHUNK = 1 << 16  # bins that are held against all states at a time
_MOST_STEPS = 200
_TOLERANCE = 1e-11  # of N_k, relative


class Solution(NamedTuple):
    """The a_k = ln Z_k, but for one constant: the first is 0."""

    log_partition: Array  # (states,)
    hessian: Array  # (states, states), of the function that is least: Σ p_k (δ − p_l)
    log_density: Array  # (bins,): ln D(x)


def solve(force: Array, draws: int, x: Array, count: Array, averages: Array) -> Solution:
    """Solve for the a_k.

    Parameters
    ----------
    force
        (states, c): the f_k, in any order.
    draws
        N_k, the same in all states.
    x, count
        (bins, c) and (bins,): what was seen, and how often in all states together.
    averages
        (states, c): average x, from which the search begins.
    """
    a = _first_guess(force, averages)
    gradient, hessian = _derivatives(force, draws, x, count, a)
    for _ in range(_MOST_STEPS):
        size = float(np.abs(gradient).max())
        if size <= _TOLERANCE * draws:
            break
        # One a_k is free. What no draw decides is left where it is.
        step = np.zeros_like(a)
        ridge = 1e-12 * draws * np.eye(len(a) - 1)
        step[1:] = np.linalg.solve(hessian[1:, 1:] + ridge, -gradient[1:])
        found = _shorter(force, draws, x, count, a, step, size)
        if found is None:  # rounding allows no more
            break
        a, gradient, hessian = found
    return Solution(a, hessian, log_density(force, draws, x, a))


def _first_guess(force: Array, averages: Array) -> Array:
    """Return the a_k by d ln Z = −⟨x⟩ · df, from each state to the one that is most like it."""
    a = np.zeros(len(force))
    # ⟨ln P_k/P_l⟩_k + ⟨ln P_l/P_k⟩_l of states k and l.
    apart = -sum(
        np.subtract.outer(f, f) * np.subtract.outer(x, x)
        for f, x in zip(force.T, averages.T, strict=True)
    )
    known = np.zeros(len(force), dtype=bool)
    known[0] = True
    while not known.all():
        pairs = np.where(known[:, None] & ~known, apart, np.inf)
        near, far = np.unravel_index(np.argmin(pairs), pairs.shape)
        a[far] = a[near] - (force[far] - force[near]) @ (averages[far] + averages[near]) / 2
        known[far] = True
    return a


def log_density(force: Array, draws: int, x: Array, a: Array) -> Array:
    """Return ln D(x) of bins (bins, c)."""
    found = np.empty(len(x))
    for part in _parts(len(x)):
        found[part] = _log_sum(log_terms(force, draws, x[part], a))
    return found


def log_terms(force: Array, draws: int, x: Array, a: Array) -> Array:
    """Return ln N_k − a_k − f_k · x of bins (bins, c), (bins, states)."""
    terms = np.log(draws) - a - x[:, :1] * force[:, 0]
    for c in range(1, x.shape[1]):
        terms -= x[:, c : c + 1] * force[:, c]
    return np.asarray(terms)


def _parts(size: int) -> Iterator[slice]:
    for first in range(0, size, _CHUNK):
        yield slice(first, first + _CHUNK)


def _log_sum(terms: Array) -> Array:
    top = terms.max(axis=1)
    return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))


def _shorter(
    force: Array, draws: int, x: Array, count: Array, a: Array, step: Array, size: float
) -> tuple[Array, Array, Array] | None:
    """Return where a step, or a share of it, leads to a gradient below `size`, and what is there.

    Newton's step does, if it is short enough: along it all of the gradient shrinks alike.
    """
    share = 1.0
    while share > 1e-9:
        there = a + share * step
        gradient, hessian = _derivatives(force, draws, x, count, there)
        if float(np.abs(gradient).max()) < size:
            return there, gradient, hessian
        share /= 2
    return None


def _derivatives(force: Array, draws: int, x: Array, count: Array, a: Array) -> tuple[Array, Array]:
    """Return the gradient and the Hessian of the function that is to be least."""
    first = np.full(len(a), float(draws))
    second = np.zeros((len(a), len(a)))
    for part in _parts(len(x)):
        terms = log_terms(force, draws, x[part], a)
        p = np.exp(terms - _log_sum(terms)[:, None])
        weighted = count[part, None] * p
        first -= weighted.sum(axis=0)
        second -= weighted.T @ p
    second[np.diag_indices(len(a))] += draws - first
    return first, second
