"""Losses of conditional probabilities, their gradients and curvatures, as sums over samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


class Samples(NamedTuple):
    """Inputs (M, K) and targets (M, N) of ±1, weights (M,), and what is left out (M, N)."""

    inputs: NDArray[Any]
    targets: NDArray[Any]
    weights: Doubles
    skip: NDArray[np.bool_]


def losses(
    samples: Samples, couplings: Doubles, fields: Doubles, loss: str
) -> tuple[Doubles, Doubles, Doubles]:
    """Return values (N,), and gradients by couplings (N, K) and by fields (N,)."""
    x = samples.targets * _fields(samples, couplings, fields)
    w = _weights(samples)
    if loss == "logistic":
        values = (w * np.logaddexp(0.0, -2.0 * x)).sum(axis=0)
        slopes = -2.0 * samples.targets * w * _sigma(-2.0 * x)
    else:
        values, p = _distribution(w, -x)
        slopes = -samples.targets * p
    return values, slopes.T @ samples.inputs.astype(np.float64), slopes.sum(axis=0)


def curvature(
    samples: Samples,
    couplings: Doubles,
    fields: Doubles,
    loss: str,
    direction_couplings: Doubles,
    direction_fields: Doubles,
) -> tuple[Doubles, Doubles]:
    """Return Hessians times a direction: the parts of couplings (N, K) and of fields (N,)."""
    x = samples.targets * _fields(samples, couplings, fields)
    u = _fields(samples, direction_couplings, direction_fields)
    w = _weights(samples)
    if loss == "logistic":
        changes = 4.0 * w * _sigma(2.0 * x) * _sigma(-2.0 * x) * u
    else:
        p = _distribution(w, -x)[1]
        mean = (p * samples.targets * u).sum(axis=0)
        changes = p * (u - samples.targets * mean)
    return changes.T @ samples.inputs.astype(np.float64), changes.sum(axis=0)


def _fields(samples: Samples, couplings: Doubles, fields: Doubles) -> Doubles:
    return samples.inputs.astype(np.float64) @ couplings.T + fields


def _weights(samples: Samples) -> Doubles:
    """Weights (M, N) of each sample in the sum of each target."""
    return np.where(samples.skip, 0.0, samples.weights[:, None])


def _sigma(y: Doubles) -> Doubles:
    e = np.exp(-np.abs(y))
    return np.where(y > 0, 1.0, e) / (1.0 + e)


def _distribution(w: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
    """Return log sum_m w exp(y) (N,), and w exp(y) over that sum (M, N), or 0 where it is 0."""
    counted = np.where(w > 0, y, -np.inf)
    highest = counted.max(axis=0, initial=-np.inf)
    e = w * np.exp(counted - np.where(np.isfinite(highest), highest, 0.0))
    total = e.sum(axis=0)
    with np.errstate(divide="ignore"):
        values = np.where(total > 0, highest, 0.0) + np.log(total)
    return values, e / np.where(total > 0, total, 1.0)
