"""ln Z of layers that can be summed or integrated exactly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._engines import bipartite
from multispin.learn.rbm.units import Binary, Categorical, Gaussian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.learn.rbm.parameters import Parameters
    from multispin.learn.rbm.units import Units

    Array = NDArray[np.float64]

#: Units of the smaller layer whose states are summed, at most.
MOST_UNITS = 24
_AT_ONCE = 1 << 22  # numbers in memory


def bits_of(units: Units, n: int) -> float:
    """Return log2 of the number of states of n units; infinity of those that are not packed."""
    if isinstance(units, Categorical):
        return units.alone + units.groups * math.log2(units.size)
    return n if isinstance(units, Binary) else math.inf


def fewer_bits(parameters: Parameters) -> float:
    """Return log2 of the number of states that are summed."""
    n_hidden, n_visible = parameters.shape
    layers = parameters.layers
    if isinstance(layers.visible, Gaussian) and isinstance(layers.hidden, Gaussian):
        return 0.0
    return min(bits_of(layers.visible, n_visible), bits_of(layers.hidden, n_hidden))


def exact(parameters: Parameters, place: Place) -> float:
    """Return ln Z of parameters as a machine takes them, whose `fewer_bits` are few."""
    layers, (weights, b, c) = parameters.layers, _doubles(parameters)
    if isinstance(layers.visible, Binary) and isinstance(layers.hidden, Binary):
        found = bipartite.log_partition(weights, b, c, place.threads)
    elif isinstance(layers.visible, Gaussian) and isinstance(layers.hidden, Gaussian):
        found = _gaussian(weights, b, c)
    elif bits_of(layers.hidden, len(c)) <= bits_of(layers.visible, len(b)):
        found = _summed(layers.hidden, layers.visible, c, b, weights)
    else:
        found = _summed(layers.visible, layers.hidden, b, c, weights.T)
    return found + parameters.constant


def _gaussian(weights: Array, b: Array, c: Array) -> float:
    """Return ln Z of Gaussian units on both sides: +infinity where W is too large for one."""
    n = len(b) + len(c)
    precision = np.eye(n)
    precision[: len(b), len(b) :] = -weights.T
    precision[len(b) :, : len(b)] = -weights
    values, vectors = np.linalg.eigh(precision)
    if values[0] <= n * np.finfo(np.float64).eps:
        return math.inf
    along = vectors.T @ np.concatenate([b, c])
    squares = float((along**2 / values).sum())
    return n / 2 * math.log(2 * math.pi) + squares / 2 - float(np.log(values).sum()) / 2


def _summed(summed: Units, other: Units, own: Array, offsets: Array, weights: Array) -> float:
    """Return ln Σ e^(own·s + Σ Γ(offsets + s·weights)) over states s of one layer."""
    counts = _counts(summed, len(own))
    total = math.prod(counts)
    parts = []
    at_once = max(1, _AT_ONCE // max(weights.shape))
    for first in range(0, total, at_once):
        states = _states(summed, counts, np.arange(first, min(total, first + at_once)), len(own))
        found = states @ own + other.normalizers(states @ weights + offsets).sum(axis=1)
        parts.append(np.logaddexp.reduce(found))
    return float(np.logaddexp.reduce(parts))


def _counts(units: Units, n: int) -> list[int]:
    """Return how many states units and groups of units have."""
    if isinstance(units, Categorical):
        return [2] * units.alone + [units.size] * units.groups
    return [2] * n


def _states(units: Units, counts: list[int], numbers: NDArray[np.intp], n: int) -> Array:
    """Return states by their numbers, (numbers, n)."""
    found = np.zeros((len(numbers), n))
    digits = _digits(numbers, counts)
    alone, size = (units.alone, units.size) if isinstance(units, Categorical) else (n, 0)
    for k, digit in enumerate(digits):
        if k < alone:
            found[:, k] = digit
        else:
            found[np.arange(len(numbers)), alone + (k - alone) * size + digit] = 1.0
    return found


def _digits(numbers: NDArray[np.intp], counts: list[int]) -> list[NDArray[np.intp]]:
    found = []
    for count in reversed(counts):
        found.append(numbers % count)
        numbers = numbers // count
    return found[::-1]


def _doubles(parameters: Parameters) -> tuple[Array, Array, Array]:
    weights, b, c = (
        np.asarray(part, dtype=np.float64)
        for part in (parameters.weights, parameters.visible, parameters.hidden)
    )
    return weights, b, c


def diverges(parameters: Parameters) -> bool:
    """Return whether Z is infinite, as far as it is known: of numbers on both sides that pull.

    Gaussian visible units integrated out leave e^(−h (1 − W Wᵀ) h / 2); of rectified ones
    only h >= 0 count, among which the direction that is pulled most is looked for from several
    starts.
    """
    layers = parameters.layers
    if layers.visible.packed or layers.hidden.packed:
        return False
    weights = _doubles(parameters)[0]
    if isinstance(layers.hidden, Gaussian):
        return bool(np.linalg.norm(weights, 2) >= 1.0)
    h = np.concatenate([np.eye(len(weights)), np.ones((1, len(weights)))])
    for _ in range(200):
        h = np.maximum(h @ weights @ weights.T, 0.0)
        h /= np.maximum(np.linalg.norm(h, axis=1, keepdims=True), 1e-300)
    return bool((np.linalg.norm(h @ weights, axis=1) >= 1.0).any())
