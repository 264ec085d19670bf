"""The modern Hopfield network, whose states are real and whose update is attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, overload

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_SWEEPS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["modern_hopfield_energy", "modern_hopfield_update"]


class _Problem(NamedTuple):
    patterns: Floats  # (P, N)
    state: Floats  # (M, N)
    beta: float


@overload
def modern_hopfield_update(
    patterns: ArrayLike,
    state: ArrayLike,
    beta: float,
    steps: int = ...,
    return_weights: Literal[False] = ...,
) -> NDArray[np.float64]: ...


@overload
def modern_hopfield_update(
    patterns: ArrayLike,
    state: ArrayLike,
    beta: float,
    steps: int = ...,
    *,
    return_weights: Literal[True],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


def modern_hopfield_update(
    patterns: ArrayLike,
    state: ArrayLike,
    beta: float,
    steps: int = 1,
    return_weights: bool = False,
) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Update states of the continuous modern Hopfield network.

    .. math:: \xi \leftarrow X^T \operatorname{softmax}(\beta X \xi)

    X are the patterns, a row each. It lowers `modern_hopfield_energy`, and one step retrieves a
    pattern that is well apart from the others. Exponents are those of differences to the largest.

    Parameters
    ----------
    patterns
        ``(P, N)`` finite numbers, P and N >= 1; taken as float64.
    state
        ``(M, N)`` finite numbers, M >= 1; taken as float64.
    beta
        Inverse temperature, a finite number > 0.
    steps
        How many updates, an integer from 1 to 2⁴⁸.
    return_weights
        Whether to return the weights of the patterns in the last update too.

    Returns
    -------
    ndarray, or two
        The new states ``(M, N)`` float64; with `return_weights` also the softmax ``(M, P)``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind, shape or value, or numbers so large that their products
        are not finite.
    MemoryError
        If states times patterns do not fit.

    Notes
    -----
    H. Ramsauer et al., "Hopfield networks is all you need", ICLR (2021), arXiv:2008.02217.

    Examples
    --------
    >>> import multispin as ms
    >>> patterns = [[1.0, 1.0, 1.0], [1.0, -1.0, 0.0]]
    >>> ms.modern_hopfield_update(patterns, [[0.9, 0.5, 0.2]], beta=8.0).round(3)
    array([[1., 1., 1.]])
    """
    given = _checked(patterns, state, beta)
    steps = checks.count("steps", steps, 1, MOST_SWEEPS)
    wanted = checks.flag("return_weights", return_weights)
    found = given.state
    for _ in range(steps):
        shifted, _ = _shifted(given.patterns, found, given.beta)
        weights = np.exp(shifted)
        weights /= weights.sum(axis=1, keepdims=True)
        found = weights @ given.patterns
    return (found, weights) if wanted else found


def modern_hopfield_energy(
    patterns: ArrayLike, state: ArrayLike, beta: float
) -> NDArray[np.float64]:
    r"""Energies of states of the continuous modern Hopfield network.

    .. math:: E(\xi) = -\frac1\beta \ln \sum_{\mu=1}^{P} e^{\beta x^\mu \cdot \xi}
              + \tfrac12 \xi \cdot \xi + \frac{\ln P}{\beta} + \tfrac12 \max_\mu |x^\mu|^2 \ge 0

    `modern_hopfield_update` never raises it.

    Parameters
    ----------
    patterns
        ``(P, N)`` finite numbers, P and N >= 1; taken as float64.
    state
        ``(M, N)`` finite numbers, M >= 1; taken as float64.
    beta
        Inverse temperature, a finite number > 0.

    Returns
    -------
    ndarray
        ``(M,)`` float64.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind, shape or value, or numbers so large that energies are
        not finite.
    MemoryError
        If states times patterns do not fit.

    Notes
    -----
    H. Ramsauer et al., "Hopfield networks is all you need", ICLR (2021), arXiv:2008.02217.

    Examples
    --------
    >>> from multispin.learn import modern_hopfield_energy
    >>> patterns = [[1.0, 1.0, 1.0], [1.0, -1.0, 0.0]]
    >>> modern_hopfield_energy(patterns, [[0.9, 0.5, 0.2], [1.0, 1.0, 1.0]], beta=8.0).round(3)
    array([0.537, 0.087])
    """
    given = _checked(patterns, state, beta)
    shifted, largest = _shifted(given.patterns, given.state, given.beta)
    # The mean of exponentials of small numbers is close to 1, and what is more is what counts.
    mean = np.log1p(np.expm1(shifted).mean(axis=1)) / given.beta
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (given.patterns**2).sum(axis=1).max() + (given.state**2).sum(axis=1)
        energy: Floats = 0.5 * squares - largest - mean
    if not bool(np.isfinite(energy).all()):
        raise ValueError(_too_large(given.state))
    return energy


def _shifted(patterns: Floats, state: Floats, beta: float) -> tuple[Floats, Floats]:
    """Return exponents (M, P), the largest of each state 0, and the largest products (M,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        products = state @ patterns.T
        if not bool(np.isfinite(products).all()):
            raise ValueError(_too_large(state))
        largest = products.max(axis=1)
        products -= largest[:, None]
        products *= beta
    return products, largest


def _too_large(state: Floats) -> str:
    allowed = "numbers whose products with the patterns, and squares, are finite"
    return checks.describe("state", float(state.flat[np.abs(state).argmax()]), allowed)


def _checked(patterns: object, state: object, beta: object) -> _Problem:
    of_patterns = "an array (P, N) of finite numbers, P and N >= 1"
    X = checks.numbers("patterns", patterns, of_patterns)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"patterns: got an array of shape {X.shape}, allowed: {of_patterns}")
    of_states = f"an array (M, {X.shape[1]}) of finite numbers, M >= 1"
    xi = checks.numbers("state", state, of_states)
    if xi.ndim != 2 or xi.shape[1] != X.shape[1] or not len(xi):
        raise ValueError(f"state: got an array of shape {xi.shape}, allowed: {of_states}")
    check_memory("state: products with patterns", 8 * (3 * len(xi) * len(X) + 2 * xi.size + X.size))
    return _Problem(X, xi, checks.positive_finite("beta", beta))
