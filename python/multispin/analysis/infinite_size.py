"""What a quantity is of infinitely many spins, from several sizes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks

__all__ = ["Extrapolation", "extrapolate"]

Array = npt.NDArray[np.float64]

_LARGEST_POWER = 20.0
_MOST_TERMS = 4
_LARGEST, _SMALLEST = 1e100, 1e-100  # whose squares are numbers
_TOLD_APART = 1e-10  # of singular values: beyond, what is left of float64 says little


class Extrapolation(NamedTuple):
    """A quantity at infinite size, and how well the corrections describe the sizes there are."""

    limit: Array
    """y of infinitely many spins, of the shape of `values` without its last axis."""
    limit_error: Array
    """Its standard error."""
    corrections: Array
    """a_k, ``(..., terms)``."""
    chi_squared: Array
    """Sum of squared deviations in units of the errors: about `degrees_of_freedom`, or the
    corrections are of another form."""
    degrees_of_freedom: int
    """Sizes less parameters; 0 says nothing of the form."""


def extrapolate(
    sizes: npt.ArrayLike,
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    power: float = 1.0,
    terms: int = 1,
) -> Extrapolation:
    r"""Extrapolate a quantity to infinite size by least squares.

    .. math:: y(N) = y_\infty + \sum_{k=1}^{K} a_k N^{-k\omega}

    Powers ω are those of theory: 1 in N for a mean field away from its transition, as of overlaps
    of a Hopfield network that retrieves; 2/3 in N for energies of the Sherrington-Kirkpatrick glass
    up to its transition and below it (G. Parisi, F. Ritort & F. Slanina, J. Phys. A 26, 247
    (1993)); 1/ν in L for what crosses at a continuous transition.

    Parameters
    ----------
    sizes : array_like
        N, or L, (n,), 1e-100 to 1e100 and distinct, more of them than terms.
    values : array_like
        y, (..., n), by size on the last axis, up to 1e100.
    errors : array_like
        Their standard errors, 1e-100 to 1e100, of the same shape; independent of size to size.
    power : float
        ω, above 0 and up to 20.
    terms : int
        K, 1 to 4.

    Returns
    -------
    Extrapolation
        The limit with its error, the corrections, and χ².

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or sizes are so equal, or errors so unequal, that the
        corrections cannot be told from the limit.

    Examples
    --------
    Overlaps of a Hopfield network at a load of 0.1, whose patterns hold at 0.967 in theory:

    >>> import multispin as ms
    >>> from multispin.analysis.infinite_size import extrapolate
    >>> from multispin.learn import capacity_sweep
    >>> N = [500, 1000, 2000]
    >>> data = capacity_sweep(0.1, n_neurons=N, draws=8, random_state=1).squeeze()
    >>> found = extrapolate(N, data.overlap, data.overlap_error)
    >>> exact = ms.theory.hopfield.retrieval(0.1, 0.0).m
    >>> bool(abs(found.limit - exact) < 3 * found.limit_error)
    True
    """
    terms = checks.count("terms", terms, 1, _MOST_TERMS)
    power = checks.positive_finite("power", power)
    if power > _LARGEST_POWER:
        allowed = f"a number above 0 and up to {_LARGEST_POWER:g}"
        raise ValueError(checks.describe("power", power, allowed))
    n = _sizes(sizes, terms)
    y = _by_size("values", values, len(n), f"numbers up to {_LARGEST:g}")
    sigma = _by_size("errors", errors, len(n), f"numbers from {_SMALLEST:g} to {_LARGEST:g}")
    if sigma.shape != y.shape or not (sigma >= _SMALLEST).all():
        allowed = f"numbers from {_SMALLEST:g}, of the shape {y.shape} of values"
        raise ValueError(checks.describe("errors", errors, allowed))
    # In units of the smallest: large sizes and powers leave the numbers that there are otherwise.
    columns = (n[:, np.newaxis] / n.min()) ** (-power * np.arange(terms + 1))
    weighted = columns / sigma[..., np.newaxis]  # (..., n, parameters)
    scale = np.linalg.norm(weighted, axis=-2, keepdims=True)
    singular = np.linalg.svd(weighted / scale, compute_uv=False)
    if not (singular[..., -1] > _TOLD_APART * singular[..., 0]).all():
        allowed = "sizes whose values, with their errors, tell the terms of this power apart"
        raise ValueError(checks.describe("sizes", sizes, allowed))
    orthogonal, triangle = np.linalg.qr(weighted)
    inverse = np.linalg.inv(triangle)
    projected = np.swapaxes(orthogonal, -1, -2) @ (y / sigma)[..., np.newaxis]
    found = np.linalg.solve(triangle, projected)[..., 0]
    deviations = y / sigma - (weighted @ found[..., np.newaxis])[..., 0]
    with np.errstate(over="ignore"):  # infinite: no form describes that
        chi_squared = (deviations**2).sum(axis=-1)
    return Extrapolation(
        found[..., 0],
        np.sqrt((inverse[..., 0, :] ** 2).sum(axis=-1)),
        found[..., 1:] * n.min() ** (power * np.arange(1, terms + 1)),
        chi_squared,
        len(n) - terms - 1,
    )


def _sizes(sizes: npt.ArrayLike, terms: int) -> Array:
    span = f"{_SMALLEST:g} to {_LARGEST:g}"
    allowed = f"at least {terms + 1} distinct numbers of {span}, one more than terms"
    found = checks.numbers("sizes", sizes, allowed)
    if found.ndim != 1 or len(np.unique(found)) != found.size or found.size <= terms:
        raise ValueError(checks.describe("sizes", sizes, allowed))
    if not ((found >= _SMALLEST) & (found <= _LARGEST)).all():
        raise ValueError(checks.describe("sizes", sizes, allowed))
    return found


def _by_size(name: str, given: npt.ArrayLike, n: int, what: str) -> Array:
    allowed = f"{what}, (..., {n}), one for each size on the last axis"
    found = checks.numbers(name, given, allowed)
    if found.ndim == 0 or found.shape[-1] != n or not (np.abs(found) <= _LARGEST).all():
        raise ValueError(checks.describe(name, given, allowed))
    return found
