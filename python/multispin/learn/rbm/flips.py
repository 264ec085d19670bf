"""Losses of units given all others, pseudolikelihood and ratio matching, and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.learn.rbm.units import softplus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 22  # numbers of (row, visible, hidden) in memory


def log_conditionals(parameters: Parameters, visible: NDArray[Any]) -> Array:
    """Return ln P(v_i | all other v), (R, n_visible), of a machine's states of 0 and 1.

    It is ln σ(F(v^i) − F(v)), v^i being v with unit i turned.
    """
    found, hidden = np.empty(visible.shape), parameters.layers.hidden
    for rows, units, fields, turned in _blocks(parameters, visible):
        before = hidden.normalizers(fields).sum(axis=1)
        rise = before[:, None] - hidden.normalizers(turned).sum(axis=2)
        signs = 2.0 * visible[rows, units] - 1.0
        rise += signs * np.asarray(parameters.visible[units], np.float64)
        found[rows, units] = -softplus(-rise)
    return found


def gradient(
    parameters: Parameters, visible: NDArray[Any], shares: Array, loss: str
) -> tuple[Array, Array, Array]:
    """Return how the mean of −loss over states of 0 and 1 changes with weights and biases.

    Loss "pl" is −Σ_i ln P(v_i | rest), "rm" Σ_i (1 − P(v_i | rest))². Shares of states add up to 1.

    Notes
    -----
    "rm": A. Hyvärinen, Comput. Stat. Data Anal. 51, 2499 (2007). Both as in B. Marlin, K. Swersky,
    B. Chen & N. de Freitas, AISTATS 2010, PMLR 9, 509.
    """
    assert loss in ("pl", "rm")
    missed = -np.expm1(log_conditionals(parameters, visible))  # 1 − P(v_i | rest)
    pull = missed if loss == "pl" else 2 * missed**2 * (1 - missed)
    pull *= shares[:, None]
    signs, mean = 1.0 - 2.0 * visible, parameters.layers.hidden.mean
    weights, hidden = np.zeros(parameters.shape), np.zeros(parameters.shape[0])
    for rows, units, fields, turned in _blocks(parameters, visible):
        v, part = visible[rows], pull[rows, units]
        on = mean(turned)  # of hidden units, with visible unit i turned
        lost = mean(fields) * part.sum(axis=1)[:, None] - np.einsum("ri,rij->rj", part, on)
        # Not a product of matrices: that may depend on the number of threads.
        weights += np.einsum("rj,ri->ji", lost, v)
        weights[:, units] -= np.einsum("ri,rij->ji", part * signs[rows, units], on)
        hidden += lost.sum(axis=0)
    return weights, -(pull * signs).sum(axis=0), hidden


def _blocks(
    parameters: Parameters, visible: NDArray[Any]
) -> Iterator[tuple[slice, slice, Array, Array]]:
    """Yield rows and visible units, hidden fields of the rows, and those with each unit turned."""
    weights = np.asarray(parameters.weights, dtype=np.float64)
    n_hidden, n_visible = weights.shape
    columns = max(1, min(n_visible, _AT_ONCE // n_hidden))
    height = max(1, _AT_ONCE // (n_hidden * columns))
    for first in range(0, len(visible), height):
        rows = slice(first, first + height)
        v = visible[rows].astype(np.float64)
        # Not a product of matrices: that may depend on the number of threads.
        fields = np.einsum("ri,ji->rj", v, weights) + parameters.hidden
        for left in range(0, n_visible, columns):
            units = slice(left, left + columns)
            change = (1.0 - 2.0 * v[:, units, None]) * weights.T[units]
            yield rows, units, fields, fields[:, None, :] + change
