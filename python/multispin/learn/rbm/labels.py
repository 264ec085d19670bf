"""Labels given all other visible units: their probabilities, and how to make them right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.learn.rbm.units import Categorical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 22  # numbers of (row, label, hidden) in memory


def log_probabilities(parameters: Parameters, features: NDArray[Any]) -> Array:
    """Return ln P(y | v) of each label y, (R, labels); v are the units before the labels.

    It is d_y + Σ_j Γ(c_j + U_jy + Σ_i W_ji v_i), but for what all labels share.
    """
    found = np.empty((len(features), _labels(parameters)))
    for rows, fields in _blocks(parameters, features):
        found[rows] = _normalized(parameters, fields)
    return found


def gradient(
    parameters: Parameters, samples: NDArray[Any], shares: Array, loss: str = "pl"
) -> tuple[Array, Array, Array]:
    """Return how the mean of −loss over samples changes with weights and biases.

    Samples (R, n_visible) are of units before the labels and, last, of labels, of which one is 1.
    With P = P(· | v), loss "pl" is −ln P(y); "rm" is ½ Σ_y' (δ_yy' − P(y'))², the squared distance
    of conditional probabilities that ratio matching is about, of two labels (1 − P(y))².

    Notes
    -----
    "pl": H. Larochelle & Y. Bengio, ICML 2008, 536. "rm" of units of two values: A. Hyvärinen,
    Comput. Stat. Data Anal. 51, 2499 (2007). (1 − P(y))² alone would not be least in the mean at
    the probabilities that samples have, if there are more than two: G. W. Brier, Mon. Weather Rev.
    78, 1 (1950), takes all of them.
    """
    assert loss in ("pl", "rm")
    n = _labels(parameters)
    features, chosen = samples[:, :-n], samples[:, -n:].astype(np.float64)
    weights, visible, hidden = (
        np.zeros(part.shape) for part in (parameters.weights, parameters.visible, parameters.hidden)
    )
    for rows, fields in _blocks(parameters, features):
        probable = np.exp(_normalized(parameters, fields))
        missed = chosen[rows] - probable
        if loss == "rm":
            missed = probable * (missed - (missed * probable).sum(axis=1)[:, None])
        missed *= shares[rows, None]
        pull = missed[:, :, None] * parameters.layers.hidden.mean(fields)
        # Not products of matrices: they may depend on the number of threads.
        of_rows = pull.sum(axis=1)
        weights[:, :-n] += np.einsum("rj,ri->ji", of_rows, features[rows].astype(np.float64))
        weights[:, -n:] += pull.sum(axis=0).T
        visible[-n:] += missed.sum(axis=0)
        hidden += of_rows.sum(axis=0)
    return weights, visible, hidden


def _labels(parameters: Parameters) -> int:
    units = parameters.layers.visible
    assert isinstance(units, Categorical)
    return units.size


def _normalized(parameters: Parameters, fields: Array) -> Array:
    found = parameters.layers.hidden.normalizers(fields).sum(axis=2)
    found += parameters.visible[-_labels(parameters) :]
    found -= np.logaddexp.reduce(found, axis=1)[:, None]
    return np.asarray(found)


def _blocks(parameters: Parameters, features: NDArray[Any]) -> Iterator[tuple[slice, Array]]:
    """Yield rows, and their hidden fields with each label, (rows, labels, hidden)."""
    n, weights = _labels(parameters), np.asarray(parameters.weights, dtype=np.float64)
    height = max(1, _AT_ONCE // (n * len(weights)))
    for first in range(0, len(features), height):
        rows = slice(first, first + height)
        v = features[rows].astype(np.float64)
        fields = np.einsum("ri,ji->rj", v, weights[:, :-n]) + parameters.hidden
        yield rows, fields[:, None, :] + weights[:, -n:].T
