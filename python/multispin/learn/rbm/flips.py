"""Losses of units given all others, pseudolikelihood and ratio matching, and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.learn.rbm import labels
from multispin.learn.rbm.units import Categorical, softplus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 22  # numbers of (row, visible, hidden) in memory


def log_conditionals(parameters: Parameters, visible: NDArray[Any]) -> Array:
    """Return ln P(v_i | all other v), (R, units), of a machine's states of 0 and 1.

    It is ln σ(F(v^i) − F(v)), v^i being v with unit i turned; of units before the labels.
    """
    found, hidden = np.empty((len(visible), _alone(parameters))), parameters.layers.hidden
    for rows, units, fields, turned in _blocks(parameters, visible):
        before = hidden.normalizers(fields).sum(axis=1)
        rise = before[:, None] - hidden.normalizers(turned).sum(axis=2)
        signs = 2.0 * visible[rows, units] - 1.0
        rise += signs * np.asarray(parameters.visible[units], np.float64)
        found[rows, units] = -softplus(-rise)
    return found


def log_pseudolikelihood(parameters: Parameters, visible: NDArray[Any]) -> Array:
    """Return Σ_i ln P(v_i | all other v), (R,); label units are one term, ln P(y | all other v)."""
    found, n = log_conditionals(parameters, visible).sum(axis=1), _alone(parameters)
    if n < parameters.shape[1]:
        of_labels = labels.log_probabilities(parameters, visible[:, :n])
        found += (of_labels * visible[:, n:]).sum(axis=1)
    return np.asarray(found)


def gradient(
    parameters: Parameters, visible: NDArray[Any], shares: Array, loss: str
) -> tuple[Array, Array, Array]:
    """Return how the mean of −loss over states of 0 and 1 changes with weights and biases.

    Loss "pl" is −Σ_i ln P(v_i | rest), "rm" Σ_i (1 − P(v_i | rest))². Label units are one more
    term, that of `labels.gradient`. Shares of states add up to 1.

    Notes
    -----
    "rm": A. Hyvärinen, Comput. Stat. Data Anal. 51, 2499 (2007). Both as in B. Marlin, K. Swersky,
    B. Chen & N. de Freitas, AISTATS 2010, PMLR 9, 509.
    """
    assert loss in ("pl", "rm")
    n = _alone(parameters)
    weights, biases, hidden = _of_single_units(parameters, visible, shares, loss)
    if n < parameters.shape[1]:
        of_labels = labels.gradient(parameters, visible, shares, loss)
        for part, more in zip((weights, biases, hidden), of_labels, strict=True):
            part += more
    return weights, biases, hidden


def _of_single_units(
    parameters: Parameters, visible: NDArray[Any], shares: Array, loss: str
) -> tuple[Array, Array, Array]:
    missed = -np.expm1(log_conditionals(parameters, visible))  # 1 − P(v_i | rest)
    pull = missed if loss == "pl" else 2 * missed**2 * (1 - missed)
    pull *= shares[:, None]
    n, mean = _alone(parameters), parameters.layers.hidden.mean
    signs = 1.0 - 2.0 * visible[:, :n]
    weights, biases, hidden = (
        np.zeros(part.shape) for part in (parameters.weights, parameters.visible, parameters.hidden)
    )
    biases[:n] = -(pull * signs).sum(axis=0)
    for rows, units, fields, turned in _blocks(parameters, visible):
        v, part = visible[rows], pull[rows, units]
        on = mean(turned)  # of hidden units, with visible unit i turned
        lost = mean(fields) * part.sum(axis=1)[:, None] - np.einsum("ri,rij->rj", part, on)
        # Not a product of matrices: that may depend on the number of threads.
        weights += np.einsum("rj,ri->ji", lost, v)
        weights[:, units] -= np.einsum("ri,rij->ji", part * signs[rows, units], on)
        hidden += lost.sum(axis=0)
    return weights, biases, hidden


def _alone(parameters: Parameters) -> int:
    """Return how many visible units there are before the labels."""
    units = parameters.layers.visible
    return units.alone if isinstance(units, Categorical) else parameters.shape[1]


def _blocks(
    parameters: Parameters, visible: NDArray[Any]
) -> Iterator[tuple[slice, slice, Array, Array]]:
    """Yield rows and visible units, hidden fields of the rows, and those with each unit turned."""
    weights = np.asarray(parameters.weights, dtype=np.float64)
    n_hidden, n = len(weights), _alone(parameters)
    columns = max(1, min(n, _AT_ONCE // n_hidden))
    height = max(1, _AT_ONCE // (n_hidden * columns))
    for first in range(0, len(visible), height):
        rows = slice(first, first + height)
        v = visible[rows].astype(np.float64)
        # Not a product of matrices: that may depend on the number of threads.
        fields = np.einsum("ri,ji->rj", v, weights) + parameters.hidden
        for left in range(0, n, columns):
            units = slice(left, min(left + columns, n))
            change = (1.0 - 2.0 * v[:, units, None]) * weights.T[units]
            yield rows, units, fields, fields[:, None, :] + change
