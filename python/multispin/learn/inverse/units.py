r"""Parameters and moments of spins ±1 as those of variables 0 and 1, and back.

With x = (1 + s) / 2 the same states have, but for a constant, the same energies:

.. math:: E(s) = -\sum_{i<j} J_{ij} s_i s_j - \sum_i h_i s_i, \qquad
          E^{01}(x) = -\sum_{i<j} J^{01}_{ij} x_i x_j - \sum_i h^{01}_i x_i
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.couplings.qubo import Qubo, to_qubo
from multispin.models import Pairwise, fields

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["Converted", "from_binary", "moments_from_binary", "moments_to_binary", "to_binary"]


class Converted(NamedTuple):
    """Couplings (N, N), symmetric with a zero diagonal, fields (N,), and what energies lack."""

    J: NDArray[np.float64]
    h: NDArray[np.float64]
    constant: float


def to_binary(J: ArrayLike, h: ArrayLike) -> Converted:
    r"""Write couplings and fields of spins ±1 as those of variables 0 and 1.

    .. math:: J^{01}_{ij} = 4 J_{ij}, \quad h^{01}_i = 2 h_i - 2 \sum_j J_{ij}, \quad
              E(s) = E^{01}(x) + \sum_i h_i - \sum_{i<j} J_{ij}

    Parameters
    ----------
    J
        Couplings, (N, N), symmetric with a zero diagonal.
    h
        Fields, (N,), or one number for all.

    Returns
    -------
    Converted
        J⁰¹, h⁰¹, and the constant by which E(s) is larger, in the units of the couplings.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.

    Examples
    --------
    >>> from multispin.learn.inverse.units import to_binary
    >>> J, h, constant = to_binary([[0.0, 0.5], [0.5, 0.0]], [0.25, 0.0])
    >>> J.tolist(), h.tolist(), constant
    ([[0.0, 2.0], [2.0, 0.0]], [-0.5, -1.0], -0.25)
    """
    qubo = to_qubo(Pairwise(J, h))
    couplings = _matrix(len(qubo.linear), qubo.pairs, -qubo.quadratic)
    return Converted(couplings, -qubo.linear + 0.0, qubo.constant)


def from_binary(J: ArrayLike, h: ArrayLike) -> Converted:
    r"""Write couplings and fields of variables 0 and 1 as those of spins ±1.

    .. math:: J_{ij} = \tfrac14 J^{01}_{ij}, \quad
              h_i = \tfrac12 h^{01}_i + \tfrac14 \sum_j J^{01}_{ij}, \quad
              E^{01}(x) = E(s) - \tfrac12 \sum_i h^{01}_i - \tfrac14 \sum_{i<j} J^{01}_{ij}

    Parameters
    ----------
    J
        Couplings J⁰¹, (N, N), symmetric with a zero diagonal.
    h
        Fields h⁰¹, (N,), or one number for all.

    Returns
    -------
    Converted
        J, h, and the constant by which E⁰¹(x) is larger, in the units of the couplings.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.

    Examples
    --------
    >>> from multispin.learn.inverse.units import from_binary
    >>> J, h, constant = from_binary([[0.0, 2.0], [2.0, 0.0]], [-0.5, -1.0])
    >>> J.tolist(), h.tolist(), constant
    ([[0.0, 0.5], [0.5, 0.0]], [0.25, 0.0], 0.25)
    """
    given = Pairwise(J, h)  # it checks them; its energies are those of spins, and of no use
    linear = -fields.at_sites(given.h, given.n_spins)
    qubo = Qubo(linear, given.edges, -given.couplings)
    model = qubo.model
    couplings = _matrix(model.n_spins, model.edges, model.couplings)
    return Converted(couplings, fields.at_sites(model.h, model.n_spins).copy(), qubo.offset)


def moments_to_binary(mean: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    r"""Write moments of spins ±1 as those of variables 0 and 1.

    .. math:: \langle x_i \rangle = \frac{1 + \langle s_i \rangle}{2}, \qquad
              \langle x_i x_j \rangle = \frac{1 + \langle s_i \rangle + \langle s_j \rangle
              + \langle s_i s_j \rangle}{4}

    Parameters
    ----------
    mean
        ⟨s_i⟩, (N,), N >= 1.
    second
        ⟨s_i s_j⟩, (N, N); what stands on the diagonal is taken to be 1.

    Returns
    -------
    mean, second
        ⟨x_i⟩ (N,) and ⟨x_i x_j⟩ (N, N), with ⟨x_i⟩ on the diagonal, float64.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or shape.

    Examples
    --------
    >>> from multispin.learn.inverse.units import moments_to_binary
    >>> mean, second = moments_to_binary([0.5, 0.0], [[1.0, 0.25], [0.25, 1.0]])
    >>> mean.tolist(), second.tolist()
    ([0.75, 0.5], [[0.75, 0.4375], [0.4375, 0.5]])
    """
    m, q = _checked(mean, second)
    x = (1.0 + m) / 2.0
    xx = (1.0 + m[:, None] + m + q) / 4.0
    np.fill_diagonal(xx, x)
    return x, xx


def moments_from_binary(mean: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    r"""Write moments of variables 0 and 1 as those of spins ±1.

    .. math:: \langle s_i \rangle = 2 \langle x_i \rangle - 1, \qquad
              \langle s_i s_j \rangle = 4 \langle x_i x_j \rangle - 2 \langle x_i \rangle
              - 2 \langle x_j \rangle + 1

    Parameters
    ----------
    mean
        ⟨x_i⟩, (N,), N >= 1.
    second
        ⟨x_i x_j⟩, (N, N); what stands on the diagonal is taken to be ⟨x_i⟩.

    Returns
    -------
    mean, second
        ⟨s_i⟩ (N,) and ⟨s_i s_j⟩ (N, N), with ones on the diagonal, float64.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or shape.

    Examples
    --------
    >>> from multispin.learn.inverse.units import moments_from_binary
    >>> mean, second = moments_from_binary([0.75, 0.5], [[0.75, 0.4375], [0.4375, 0.5]])
    >>> mean.tolist(), second.tolist()
    ([0.5, 0.0], [[1.0, 0.25], [0.25, 1.0]])
    """
    x, xx = _checked(mean, second)
    q = 4.0 * xx - 2.0 * x[:, None] - 2.0 * x + 1.0
    np.fill_diagonal(q, 1.0)
    return 2.0 * x - 1.0, q


def _checked(mean: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    allowed = "finite numbers (N,), N >= 1"
    first = checks.numbers("mean", mean, allowed)
    if first.ndim != 1 or not len(first):
        raise ValueError(checks.describe("mean", f"an array of shape {first.shape}", allowed))
    allowed = f"finite numbers {len(first), len(first)}, one for each two of mean"
    pairs = checks.numbers("second", second, allowed)
    if pairs.shape != (len(first), len(first)):
        raise ValueError(checks.describe("second", f"an array of shape {pairs.shape}", allowed))
    return first, pairs


def _matrix(n: int, pairs: NDArray[np.int64], values: Floats) -> Floats:
    """Return the symmetric matrix of numbers of pairs."""
    found = np.zeros((n, n))
    i, j = pairs.T
    found[i, j] = found[j, i] = values
    return found
