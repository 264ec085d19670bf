"""Samples of visible units as an RBM takes them: packed where all are 0 or 1, with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import pack, unpack
from multispin.learn.names import names_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[Any]
    Bits = NDArray[np.uint64]

_ALLOWED = "an array (M, N) of numbers from 0 to 1, M and N >= 1"


@dataclass(frozen=True)
class Observations:
    """Samples (M, N): bits where all values are 0 or 1, else numbers between, as probabilities."""

    n_features: int
    bits: Bits | None
    values: Reals | None
    weights: Reals | None  # (M,) float64, all > 0
    names: tuple[str, ...] | None
    dtype: np.dtype[Any]  # float32, or float64

    def __len__(self) -> int:
        kept = self.values if self.bits is None else self.bits
        assert kept is not None
        return len(kept)

    @classmethod
    def of_states(cls, bits: Bits, n_features: int, weights: Reals | None = None) -> Observations:
        """Return states that are packed as samples."""
        return cls(n_features, bits, None, weights, None, np.dtype(np.float64))

    def taken(self, rows: NDArray[np.intp]) -> Observations:
        """Return some of the samples."""
        bits, values, weights = (
            None if part is None else part[rows] for part in (self.bits, self.values, self.weights)
        )
        return Observations(self.n_features, bits, values, weights, self.names, self.dtype)

    def numbers(self) -> Reals:
        """Return the samples as numbers, (M, N), of `dtype`."""
        if self.bits is not None:
            return unpack(self.bits, self.n_features).astype(self.dtype)
        assert self.values is not None
        return self.values

    @property
    def weight(self) -> float:
        """Sum of the weights, M where there are none."""
        return float(len(self) if self.weights is None else self.weights.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Weights that add up to 1, (M,)."""
        if self.weights is None:
            return np.full(len(self), 1.0 / len(self))
        return np.asarray(self.weights / self.weights.sum())

    def mean(self) -> NDArray[np.float64]:
        """Return the mean of each unit, (N,)."""
        if self.bits is not None and self.weights is None:
            return np.asarray(_counts(unpack(self.bits, self.n_features)) / len(self))
        # Not a product of matrices: that may depend on the number of threads.
        values = self.numbers().astype(np.float64)
        return np.asarray(np.einsum("r,ri->i", self.shares, values))


def observed(X: Any, sample_weight: ArrayLike | None = None, name: str = "X") -> Observations:
    """Take samples as they come: dense, sparse, a DataFrame, lists; of bool or of real numbers.

    Parameters
    ----------
    X
        (M, N) of numbers from 0 to 1. Between them they are probabilities of 1.
    sample_weight
        (M,) finite numbers >= 0, not all 0.
    name
        What messages call the samples.

    Raises
    ------
    TypeError, ValueError
        If samples are not of this kind; the message says which value is where.
    """
    names = names_of(X)
    if hasattr(X, "toarray"):
        X = X.toarray()
    given = _numbers(name, checks.array(name, X, _ALLOWED))
    dtype = np.dtype(np.float32 if given.dtype == np.float32 else np.float64)
    n, up = given.shape[1], given != 0
    values = None if bool((given == up).all()) else _probabilities(name, given).astype(dtype)
    weights = None
    if sample_weight is not None:
        weights = checks.sample_weights("sample_weight", sample_weight, len(given)).copy()
        with np.errstate(over="ignore"):
            if not np.isfinite(weights.sum()):
                weights /= weights.max()
        if not weights.all():
            # What has no weight has not been seen; nothing may depend on it.
            seen = weights > 0
            up, weights = up[seen], weights[seen]
            values = None if values is None else values[seen]
    if values is None:
        return Observations(n, pack(up), None, weights, names, dtype)
    return Observations(n, None, values, weights, names, dtype)


def _counts(units: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how often each unit is 1: bytes are added as bytes while no sum can overflow."""
    total = np.zeros(units.shape[1], dtype=np.int64)
    for first in range(0, len(units), 255):
        total += units[first : first + 255].sum(axis=0, dtype=np.uint8)
    return total


def _numbers(name: str, given: NDArray[Any]) -> NDArray[Any]:
    """Return an array (M, N) of numbers, or refuse it."""
    if given.ndim != 2:
        hint = "; Reshape your data: one sample is X[None, :]" if given.ndim == 1 else ""
        got = f"an array of shape {given.shape}"
        raise ValueError(f"{name}: got {got}, allowed: {_ALLOWED}{hint}")
    for size, what in zip(given.shape, ("sample", "feature"), strict=True):
        if size == 0:
            raise ValueError(
                f"{name}: got an array with 0 {what}(s) (shape={given.shape}) while a minimum of 1 "
                f"is required, allowed: {_ALLOWED}"
            )
    if given.dtype.kind == "O":  # what a DataFrame with columns of several kinds becomes
        try:
            given = given.astype(np.float64)
        except (TypeError, ValueError) as error:
            message = f"{name}: got an array of objects ({error}), allowed: {_ALLOWED}"
            raise type(error)(message) from error
    if given.dtype.kind == "c":
        raise ValueError(
            f"{name}: got {given.dtype}, allowed: {_ALLOWED}: Complex data not supported"
        )
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got an array of {given.dtype}, allowed: {_ALLOWED}")
    return given


def _probabilities(name: str, given: NDArray[Any]) -> NDArray[Any]:
    """Return numbers from 0 to 1, or refuse them."""
    wrong = ~((given >= 0) & (given <= 1))
    if bool(wrong.any()):
        i, j = np.argwhere(wrong)[0]
        value = "NaN" if np.isnan(given[i, j]) else given[i, j]
        raise ValueError(f"{name}: got {value} in row {i}, column {j}, allowed: {_ALLOWED}")
    return given
