"""Means and connected correlations as closed formulas take them, and their inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: What rounding, of text files too, may leave between numbers that are to be equal.
_ROUNDING = 1e-6
#: Probabilities of two spins up to here are none: rounding leaves as much of an empty cell.
EMPTY = 1e-14


class NoSolutionError(ValueError):
    """Moments that have no finite couplings and fields, as data with too few samples may have.

    Attributes
    ----------
    spins
        Numbers of those that it is about, from 0: one, a pair, or more that depend on each other.
    count
        Of how many spins or pairs it is true.
    """

    def __init__(self, message: str, spins: tuple[int, ...], count: int = 1) -> None:
        super().__init__(message)
        self.spins, self.count = spins, count

    def __reduce__(self) -> tuple[type[NoSolutionError], tuple[object, ...]]:
        return type(self), (str(self), self.spins, self.count)


class Centred(NamedTuple):
    """Means m (N,), variances 1 − m² (N,), and connected correlations without a diagonal (N, N)."""

    mean: Floats
    variance: Floats
    connected: Floats

    def inverse(self) -> Floats:
        """Return C⁻¹, (N, N), by way of the matrix of correlation coefficients.

        Raises
        ------
        NoSolutionError
            If C is singular to rounding, or has negative eigenvalues; it names the spins.
        """
        width = np.sqrt(self.variance)
        scale = np.outer(width, width)
        values, vectors = np.linalg.eigh(self.connected / scale + np.eye(len(width)))
        least = len(width) * np.finfo(float).eps * values[-1]
        # Rounding is worth some units in the last place.
        (dependent,) = np.nonzero(values <= 8.0 * least)
        if len(dependent):
            raise _singular(float(values[0]), vectors[:, 0], len(dependent))
        inverse = (vectors / values) @ vectors.T / scale
        # Sums of products may differ in the last digit, and couplings are to be symmetric.
        symmetric: Floats = 0.5 * (inverse + inverse.T)
        return symmetric


def checked(mean: ArrayLike, covariance: ArrayLike) -> Centred:
    """Return moments that are of spins ±1, none of which is constant.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant.
    """
    allowed = "means (N,) from -1 to 1, N >= 1"
    m = checks.numbers("mean", mean, allowed)
    if m.ndim != 1 or not len(m):
        raise ValueError(checks.describe("mean", f"an array of shape {m.shape}", allowed))
    if float(np.abs(m).max()) > 1.0:
        raise ValueError(checks.describe("mean", float(m[np.abs(m).argmax()]), allowed))
    C = _checked_covariance(covariance, m)
    (constant,) = np.nonzero(1.0 - np.abs(m) <= EMPTY)
    if len(constant):
        i = int(constant[0])
        message = (
            f"mean: got {m[i]:g} of spin {i}, allowed: means between -1 and 1, as the field of a "
            f"spin that never changes is infinite ({len(constant)} of {len(m)} are constant)"
        )
        raise NoSolutionError(message, (i,), len(constant))
    np.fill_diagonal(C, 0.0)
    return Centred(m, (1.0 - m) * (1.0 + m), C)


def _checked_covariance(covariance: ArrayLike, m: Floats) -> Floats:
    n = len(m)
    allowed = f"connected correlations ({n}, {n}), symmetric, with 1 - mean**2 on the diagonal"
    C = checks.numbers("covariance", covariance, allowed)
    if C.shape != (n, n):
        raise ValueError(checks.describe("covariance", f"an array of shape {C.shape}", allowed))
    diagonal = np.diagonal(C)
    off = np.abs(diagonal - (1.0 - m**2))
    if float(off.max()) > _ROUNDING:
        i = int(off.argmax())
        got = f"{diagonal[i]:g} at [{i}, {i}]"
        raise ValueError(
            f"covariance: got {got}, allowed: {1.0 - m[i] ** 2:g} there, as of spins of this mean"
        )
    i, j = np.unravel_index(np.abs(C - C.T).argmax(), C.shape)
    if abs(C[i, j] - C[j, i]) > _ROUNDING:
        got = f"{C[i, j]:g} at [{i}, {j}] and {C[j, i]:g} at [{j}, {i}]"
        raise ValueError(f"covariance: got {got}, allowed: {allowed}")
    symmetric: Floats = 0.5 * (C + C.T)
    return symmetric


def _singular(value: float, vector: Floats, count: int) -> NoSolutionError:
    """Return the error about a covariance that has no inverse, of which one zero mode is known."""
    size = np.abs(vector)
    spins = tuple(int(i) for i in np.argsort(-size, kind="stable") if size[i] > 0.1 * size.max())
    some = ", ".join(map(str, sorted(spins)[:6])) + (", …" if len(spins) > 6 else "")
    why = "each of them follows from the others" if value > -1e-10 else "no spins have such moments"
    message = (
        f"covariance: got {count} eigenvalues that are 0 or less, of spins {some}: {why}; allowed: "
        "a positive definite matrix, as of more samples, or of samples with a pseudocount"
    )
    return NoSolutionError(message, tuple(sorted(spins)), count)
