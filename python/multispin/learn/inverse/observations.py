"""Samples of spins as estimators take them: ±1 whatever they came as, with weights and names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.moments import moment_sums
from multispin.learn.inverse.units import moments_from_binary
from multispin.learn.names import names_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

UNITS = ("spin", "binary")

#: The two values of a unit.
_VALUES = {"spin": (-1, 1), "binary": (0, 1)}
_WORDS = {"spin": "-1 and +1", "binary": "0 and 1"}


@dataclass(frozen=True)
class PackedSamples:
    """Samples (M, N) as bits: bit j % 8 of byte j // 8 in row m is unit j of sample m.

    What ``np.packbits(samples > 0, axis=1, bitorder="little")`` makes, (M, ⌈N/8⌉) uint8, with the
    number of units that the last byte does not tell.
    """

    bits: NDArray[np.uint8]
    n_features: int

    def __post_init__(self) -> None:
        n = checks.count("n_features", self.n_features, 1, checks.MOST_SITES)
        allowed = f"(M, {-(-n // 8)}) uint8, M >= 1, for {n} units"
        bits = checks.array("bits", self.bits, allowed)
        if bits.dtype != np.uint8:
            raise TypeError(checks.describe("bits", f"an array of {bits.dtype}", allowed))
        if bits.ndim != 2 or len(bits) == 0 or bits.shape[1] != -(-n // 8):
            raise ValueError(f"bits: got shape {bits.shape}, allowed: {allowed}")


@dataclass(frozen=True)
class Moments:
    """Means (N,), second moments (N, N), and of how many samples: what is known of them."""

    mean: NDArray[np.float64]
    second: NDArray[np.float64]
    n_samples: float

    @property
    def covariance(self) -> NDArray[np.float64]:
        """⟨s_i s_j⟩ − ⟨s_i⟩⟨s_j⟩, with 1 − ⟨s_i⟩² on its diagonal."""
        found: NDArray[np.float64] = self.second - np.outer(self.mean, self.mean)
        return found

    def with_pseudocount(self, count: float) -> Moments:
        """As if `count` samples more had been seen, in which all states are equally frequent."""
        if count == 0.0:
            return self
        share = self.n_samples / (self.n_samples + count)
        second = share * self.second
        np.fill_diagonal(second, 1.0)
        return Moments(share * self.mean, second, self.n_samples)


@dataclass(frozen=True)
class Observations:
    """Samples of ±1, (M, N) int8, 0 where a value is missing; their weights, and names of units."""

    spins: NDArray[np.int8]
    weights: NDArray[np.float64] | None
    names: tuple[str, ...] | None
    incomplete: bool

    @property
    def n_features(self) -> int:
        """Number of units N."""
        return int(self.spins.shape[1])

    @cached_property
    def n_samples(self) -> float:
        """Sum of weights, M where there are none."""
        return float(len(self.spins) if self.weights is None else self.weights.sum())

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Weights that add up to 1, (M,)."""
        if self.weights is None:
            return np.full(len(self.spins), 1.0 / len(self.spins))
        found: NDArray[np.float64] = self.weights / self.weights.sum()
        return found

    def moments(self, threads: int) -> Moments:
        """Means and second moments of samples that are complete."""
        first, second, total = moment_sums(self.spins, self.weights, threads)
        return Moments(first / total, second / total, self.n_samples)

    def taken(self, rows: NDArray[np.intp], weights: NDArray[np.float64] | None) -> Observations:
        """Return some of the samples, with weights of their own."""
        return Observations(self.spins[rows], weights, self.names, self.incomplete)


def observed(
    samples: Any,
    sample_weight: ArrayLike | None,
    units: str,
    missing: bool = False,
    name: str = "samples",
) -> Observations:
    """Take samples as they come.

    Parameters
    ----------
    samples
        (M, N) of the two values of `units`, as integers, floats or bool (True is +1 or 1); a
        DataFrame, whose columns give the names; or `PackedSamples`. NaN is a missing value.
    sample_weight
        (M,) finite numbers >= 0, not all 0; for a histogram, the counts of its states.
    units
        "spin", -1 and +1, or "binary", 0 and 1.
    missing
        Whether values may be missing.
    name
        What messages call the samples.

    Raises
    ------
    TypeError, ValueError
        If samples are not of this kind; the message says which value is where.
    """
    checks.choice("units", units, UNITS)
    names = names_of(samples)
    if isinstance(samples, PackedSamples):
        bits = np.unpackbits(samples.bits, axis=1, count=samples.n_features, bitorder="little")
        spins, incomplete = (2 * bits.astype(np.int8) - 1), False
    else:
        allowed = f"an array (M, N) of {_WORDS[units]}"
        if hasattr(samples, "toarray"):
            raise TypeError(f"{name}: got a sparse matrix, allowed: {allowed}: samples.toarray()")
        given = checks.array(name, samples, allowed)
        spins, incomplete = _spins(name, given, units, missing)
    weights = None
    if sample_weight is not None:
        weights = checks.sample_weights("sample_weight", sample_weight, len(spins)).copy()
    if weights is not None and not weights.all():
        # What has no weight has not been seen; nothing may depend on it.
        spins, weights = spins[weights > 0], weights[weights > 0]
    return Observations(np.ascontiguousarray(spins), weights, names, incomplete)


def _spins(
    name: str, given: NDArray[Any], units: str, missing: bool
) -> tuple[NDArray[np.int8], bool]:
    allowed = f"an array (M, N) of {_WORDS[units]}, M and N >= 1"
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(_wrong_shape(name, given, allowed))
    if given.dtype == np.bool_:
        return np.where(given, 1, -1).astype(np.int8), False
    if given.dtype.kind == "O":  # what a DataFrame with columns of several kinds becomes
        try:
            given = given.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name}: got objects, allowed: {allowed}: {error}") from error
    if given.dtype.kind == "c":
        raise ValueError(
            f"{name}: got {given.dtype}, allowed: {allowed}: Complex data not supported"
        )
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{name}: got an array of {given.dtype}, allowed: {allowed}")
    low, high = _VALUES[units]
    up, down = given == high, given == low
    absent = np.isnan(given) if given.dtype.kind == "f" else np.zeros((), dtype=np.bool_)
    wrong = ~(up | down | absent)
    if bool(wrong.any()):
        raise ValueError(_wrong_value(name, given, wrong, units))
    if bool(absent.any()) and not missing:
        i, j = np.argwhere(absent)[0]
        what = "observed values, or NaN with a method that takes missing ones"
        raise ValueError(f"{name}: got NaN in row {i}, column {j}, allowed: {what}")
    return up.astype(np.int8) - down.astype(np.int8), bool(absent.any())


def _wrong_shape(name: str, given: NDArray[Any], allowed: str) -> str:
    """Return the message; what there is to do about it in the words of scikit-learn."""
    message = f"{name}: got an array of shape {given.shape}, allowed: {allowed}"
    if given.ndim == 1 and given.size:
        return f"{message}. Reshape your data: one sample is {name}[None, :]"
    if given.ndim == 2 and len(given):
        return f"{message}: 0 feature(s) (shape={given.shape}) while a minimum of 1 is required."
    return message


def _wrong_value(name: str, given: NDArray[Any], wrong: NDArray[np.bool_], units: str) -> str:
    i, j = np.argwhere(wrong)[0]
    message = f"{name}: got {given[i, j]} in row {i}, column {j}, allowed: {_WORDS[units]}"
    for other, values in _VALUES.items():
        if other != units and bool(np.all(np.isin(given[wrong], values))):
            return f"{message}; units={other!r} takes {_WORDS[other]}"
    return message


def moments_given(mean: ArrayLike, second: ArrayLike, n_samples: object, units: str) -> Moments:
    """Take moments in these units, and return those of ±1.

    Raises
    ------
    TypeError, ValueError
        If they are not moments of two-valued units: not of matching shapes, not symmetric, or of
        a pair one of whose four probabilities would be below -1e-6.
    """
    first = checks.numbers("mean", mean, "(N,) finite numbers")
    if first.ndim != 1 or len(first) == 0:
        raise ValueError(f"mean: got shape {first.shape}, allowed: (N,), N >= 1")
    n = len(first)
    pairs = checks.numbers("second_moments", second, f"({n}, {n}) finite numbers")
    if pairs.shape != (n, n):
        raise ValueError(f"second_moments: got shape {pairs.shape}, allowed: ({n}, {n})")
    if not np.allclose(pairs, pairs.T, rtol=0.0, atol=1e-9):
        raise ValueError("second_moments: got one that is not symmetric, allowed: ⟨s_i s_j⟩")
    pairs = (pairs + pairs.T) / 2
    if units == "binary":
        first, pairs = moments_from_binary(first, pairs)
    pairs = pairs.copy()
    np.fill_diagonal(pairs, 1.0)
    _check_possible(first, pairs)
    count = checks.positive_finite("n_samples", n_samples)
    return Moments(first.astype(np.float64), pairs, count)


def _check_possible(mean: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    """Refuse moments that no units of two values have; what rounding does passes."""
    for one in (1, -1):
        for other in (1, -1):
            cell = (1 + one * mean[:, None] + other * mean + one * other * second) / 4
            np.fill_diagonal(cell, 0.0 if one != other else 1.0)
            least = np.unravel_index(np.argmin(cell), cell.shape)
            if cell[least] < -1e-6:
                i, j = (int(k) for k in least)
                raise ValueError(
                    f"second_moments: got a probability of {cell[least]:.3g} for unit {i} at "
                    f"{one:+d} and unit {j} at {other:+d}, allowed: moments of two-valued units"
                )
