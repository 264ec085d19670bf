"""Samples of visible units as an RBM takes them: packed where all are 0 or 1, with weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import unpack
from multispin.learn.names import names_of
from multispin.learn.rbm.visible import BINARY, Visible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[Any]
    Bits = NDArray[np.uint64]

_ROWS = 4096  # numbers of which are made together


@dataclass(frozen=True)
class Observations:
    """Samples of units as machines take them: bits, or numbers (M, n_units).

    Numbers are values of units that are not packed, or means of those that are, from 0 to 1.
    """

    n_units: int
    n_features: int  # columns that people see
    bits: Bits | None
    values: Reals | None
    weights: Reals | None  # (M,) float64, all > 0
    names: tuple[str, ...] | None
    dtype: np.dtype[Any]  # float32, or float64

    def __len__(self) -> int:
        return len(self.states)

    @property
    def states(self) -> NDArray[Any]:
        """Bits where there are some, else numbers."""
        kept = self.values if self.bits is None else self.bits
        assert kept is not None
        return kept

    @classmethod
    def of_states(
        cls, states: NDArray[Any], n_units: int, weights: Reals | None = None
    ) -> Observations:
        """Return states of a machine as samples."""
        bits, values = (states, None) if states.dtype == np.uint64 else (None, states)
        return cls(n_units, n_units, bits, values, weights, None, np.dtype(np.float64))

    def taken(self, rows: NDArray[np.intp]) -> Observations:
        """Return some of the samples."""
        bits, values, weights = (
            None if part is None else part[rows] for part in (self.bits, self.values, self.weights)
        )
        return replace(self, bits=bits, values=values, weights=weights)

    def numbers(self) -> Reals:
        """Return the samples as numbers, (M, n_units), of `dtype`."""
        if self.bits is not None:
            return unpack(self.bits, self.n_units).astype(self.dtype)
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
            return np.asarray(_counts(unpack(self.bits, self.n_units)) / len(self))
        # Not a product of matrices: that may depend on the number of threads.
        shares, found = self.shares, np.zeros(self.n_units)
        for first in range(0, len(self), _ROWS):
            rows = np.arange(first, min(first + _ROWS, len(self)))
            values = self.taken(rows).numbers().astype(np.float64)
            found += np.einsum("r,ri->i", shares[rows], values)
        return found


def observed(
    X: Any, sample_weight: ArrayLike | None = None, name: str = "X", visible: Visible = BINARY
) -> Observations:
    """Take samples as they come: dense, sparse, a DataFrame, lists; of bool or of real numbers.

    Parameters
    ----------
    X
        (M, N), of values that `visible` allows.
    sample_weight
        (M,) finite numbers >= 0, not all 0.
    name
        What messages call the samples.
    visible
        What they are samples of.

    Raises
    ------
    TypeError, ValueError
        If samples are not of this kind; the message says which value is where.
    """
    names = names_of(X)
    given = numbers_of(X, name, visible.allowed)
    dtype = np.dtype(np.float32 if given.dtype == np.float32 else np.float64)
    bits, values = visible.encode(name, given)
    values = None if values is None else values.astype(dtype)
    weights = None
    if sample_weight is not None:
        weights = checks.sample_weights("sample_weight", sample_weight, len(given)).copy()
        with np.errstate(over="ignore"):
            if not np.isfinite(weights.sum()):
                weights /= weights.max()
        if not weights.all():
            # What has no weight has not been seen; nothing may depend on it.
            seen = weights > 0
            weights = weights[seen]
            bits, values = (None if part is None else part[seen] for part in (bits, values))
    n = given.shape[1]
    return Observations(visible.n_units(n), n, bits, values, weights, names, dtype)


def _counts(units: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how often each unit is 1: bytes are added as bytes while no sum can overflow."""
    total = np.zeros(units.shape[1], dtype=np.int64)
    for first in range(0, len(units), 255):
        total += units[first : first + 255].sum(axis=0, dtype=np.uint8)
    return total


def numbers_of(X: Any, name: str, allowed: str) -> NDArray[Any]:
    """Return an array (M, N) of numbers, or refuse it."""
    if hasattr(X, "toarray"):
        X = X.toarray()
    given = checks.array(name, X, allowed)
    if given.ndim != 2:
        hint = "; Reshape your data: one sample is X[None, :]" if given.ndim == 1 else ""
        got = f"an array of shape {given.shape}"
        raise ValueError(f"{name}: got {got}, allowed: {allowed}{hint}")
    for size, what in zip(given.shape, ("sample", "feature"), strict=True):
        if size == 0:
            raise ValueError(
                f"{name}: got an array with 0 {what}(s) (shape={given.shape}) while a minimum of 1 "
                f"is required, allowed: {allowed}"
            )
    if given.dtype.kind == "O":  # what a DataFrame with columns of several kinds becomes
        try:
            given = given.astype(np.float64)
        except (TypeError, ValueError) as error:
            message = f"{name}: got an array of objects ({error}), allowed: {allowed}"
            raise type(error)(message) from error
    if given.dtype.kind == "c":
        raise ValueError(
            f"{name}: got {given.dtype}, allowed: {allowed}: Complex data not supported"
        )
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got an array of {given.dtype}, allowed: {allowed}")
    return given
