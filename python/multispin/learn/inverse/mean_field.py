r"""Couplings and fields in closed form, from means and correlations alone.

Approximations of P(s) ∝ exp(Σ_{i<j} J_ij s_i s_j + Σ_i h_i s_i) that need one inverse of a matrix
at most. For couplings of size β the errors of J are of these orders, in fields that do not depend
on β, and in fields of size β too:

================= ======== ====== ==========================================================
`independent`     β        β      spins by themselves
`pair`            β²       β²     each two spins by themselves
`mean_field`      β²       β³     all spins in the mean of the others
`tap`             β³       β³     with the reaction of the others on it
`bethe`           β³       β⁴     exact on trees
`sessak_monasson` β⁴       β⁵     mean field and pairs, each added up to all orders
================= ======== ====== ==========================================================

Source of all of them: H. C. Nguyen, R. Zecchina & J. Berg, Adv. Phys. 66, 197 (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin.learn.inverse._covariance import EMPTY, Centred, NoSolutionError, checked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "NoSolutionError",
    "Solution",
    "bethe",
    "independent",
    "mean_field",
    "pair",
    "sessak_monasson",
    "tap",
]

#: What becomes of pairs for which an approximation has no solution.
UNSOLVED = ("raise", "pair")


class Solution(NamedTuple):
    """Couplings J (N, N), symmetric with a zero diagonal, and fields h (N,), float64."""

    J: NDArray[np.float64]
    h: NDArray[np.float64]


def independent(mean: ArrayLike, covariance: ArrayLike) -> Solution:
    r"""Fields of spins that do not interact.

    .. math:: J_{ij} = 0, \qquad h_i = \operatorname{artanh} m_i

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the diagonal.

    Returns
    -------
    Solution
        ``J``, all 0, and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant: its field is infinite.

    Examples
    --------
    >>> from multispin.learn.inverse.mean_field import independent
    >>> independent([0.5, 0.0], [[0.75, 0.3], [0.3, 1.0]]).h.round(6).tolist()
    [0.549306, 0.0]
    """
    given = checked(mean, covariance)
    return Solution(np.zeros_like(given.connected), np.arctanh(given.mean))


def pair(mean: ArrayLike, covariance: ArrayLike) -> Solution:
    r"""Couplings that each two spins would have if there were no others.

    .. math:: J_{ij} = \frac14 \ln \frac{p_{++} p_{--}}{p_{+-} p_{-+}}, \qquad
              h_i = \sum_{j \ne i} h_i^{(j)} - (N - 2) \operatorname{artanh} m_i, \qquad
              h_i^{(j)} = \frac14 \ln \frac{p_{++} p_{+-}}{p_{-+} p_{--}}

    with the probabilities p of spins i and j. Exact for two spins.

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the diagonal.

    Returns
    -------
    Solution
        ``J`` and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant, or two spins never have some values at the same time: a field or a
        coupling is infinite.

    Notes
    -----
    Nguyen, Zecchina & Berg (2017), section on the independent-pair approximation; Y. Roudi,
    S. Nirenberg & P. Latham, PLoS Comput. Biol. 5, e1000380 (2009).

    Examples
    --------
    Of 120 samples of two spins 50 are ++, 20 are +−, 10 are −+ and 40 are −−.

    >>> from multispin.learn.inverse.mean_field import pair
    >>> J, h = pair([1 / 6, 0], [[35 / 36, 1 / 2], [1 / 2, 1]])
    >>> J[0, 1].round(6), h.round(6).tolist()
    (np.float64(0.575646), [0.229073, -0.117501])
    """
    given = checked(mean, covariance)
    pairs = _Pairs.of(given, given.connected)
    if pairs.impossible.any():
        raise _empty_cell(given, pairs)
    return Solution(pairs.J, np.arctanh(given.mean) + pairs.fields.sum(axis=1))


def mean_field(mean: ArrayLike, covariance: ArrayLike) -> Solution:
    r"""Couplings of naive mean-field theory.

    .. math:: J_{ij} = -(C^{-1})_{ij}, \qquad
              h_i = \operatorname{artanh} m_i - \sum_{j \ne i} J_{ij} m_j

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations C_ij = ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the
        diagonal.

    Returns
    -------
    Solution
        ``J`` and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant, or C has no inverse.

    Notes
    -----
    H. J. Kappen & F. B. Rodríguez, Neural Comput. 10, 1137 (1998). The two spins of the example
    have J = 0.575646: not even two are exact.

    Examples
    --------
    >>> from multispin.learn.inverse.mean_field import mean_field
    >>> J, h = mean_field([1 / 6, 0], [[35 / 36, 1 / 2], [1 / 2, 1]])
    >>> J[0, 1].round(6), h.round(6).tolist()
    (np.float64(0.692308), [0.168236, -0.115385])
    """
    given = checked(mean, covariance)
    J = -given.inverse()
    np.fill_diagonal(J, 0.0)
    return Solution(J, np.arctanh(given.mean) - J @ given.mean)


def tap(mean: ArrayLike, covariance: ArrayLike, unsolved: str = "raise") -> Solution:
    r"""Couplings by the equations of Thouless, Anderson and Palmer.

    .. math:: -(C^{-1})_{ij} = J_{ij} + 2 J_{ij}^2 m_i m_j, \qquad
              h_i = \operatorname{artanh} m_i - \sum_{j \ne i} J_{ij} m_j
              + m_i \sum_{j \ne i} J_{ij}^2 (1 - m_j^2)

    Of the two solutions it is the one that is small where C⁻¹ is. Where means are 0 they are those
    of `mean_field`. Where 8 m_i m_j (C⁻¹)_ij > 1 there is none, which strong correlations and large
    means of one sign do: 24 of the 1225 pairs of 50 nerve cells in 40,000 samples, say.

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations C_ij = ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the
        diagonal.
    unsolved
        What becomes of pairs without a solution: ``"raise"`` an error, or ``"pair"``, with a
        warning, the couplings that `pair` gives them.

    Returns
    -------
    Solution
        ``J`` and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant, C has no inverse, or pairs have no solution.

    Warns
    -----
    UserWarning
        With ``unsolved="pair"``, if there are such pairs; it names one of them.

    Notes
    -----
    D. J. Thouless, P. W. Anderson & R. G. Palmer, Philos. Mag. 35, 593 (1977); T. Tanaka, Phys.
    Rev. E 58, 2302 (1998).

    Examples
    --------
    >>> from multispin.learn.inverse.mean_field import tap
    >>> J, h = tap([0.5, 0.25], [[0.75, 0.1], [0.1, 0.9375]])
    >>> J[0, 1].round(6), h.round(6).tolist()
    (np.float64(0.139415), [0.523563, 0.18935])
    """
    checks.choice("unsolved", unsolved, UNSOLVED)
    given = checked(mean, covariance)
    m = given.mean
    X = _without_diagonal(given.inverse())
    square = 1.0 - 8.0 * np.outer(m, m) * X
    # The quadratic's root in the form that needs no m_i m_j other than 0 and loses no digits.
    J = -2.0 * X / (1.0 + np.sqrt(np.maximum(square, 0.0)))
    if bool((square < 0.0).any()):
        J = _with_those_of_pairs(J, square < 0.0, given, "tap", unsolved)
    reaction = m * (J**2 @ given.variance)
    return Solution(J, np.arctanh(m) - J @ m + reaction)


def bethe(mean: ArrayLike, covariance: ArrayLike, unsolved: str = "raise") -> Solution:
    r"""Couplings by the Bethe-Peierls approximation, in closed form.

    The correlation that spins i and j have along their bond is the one that alone would give them
    their element of C⁻¹, and J_ij and h_i^(j) are those that `pair` has for it:

    .. math:: (C^{-1})_{ij} = \frac{-c_{ij}}{(1 - m_i^2)(1 - m_j^2) - c_{ij}^2}, \qquad
              c_{ij} = \frac{-2 L (C^{-1})_{ij}}{1 + \sqrt{1 + 4 L (C^{-1})_{ij}^2}}, \qquad
              L = (1 - m_i^2)(1 - m_j^2)

    This is the formula of the sources in a form that loses no digits where C⁻¹ is small. Where no
    pair has such a c there is no solution. Exact where the couplings form a tree.

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations C_ij = ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the
        diagonal.
    unsolved
        What becomes of pairs without a solution: ``"raise"`` an error, or ``"pair"``, with a
        warning, the couplings that `pair` gives them.

    Returns
    -------
    Solution
        ``J`` and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant, C has no inverse, or pairs have no solution.

    Warns
    -----
    UserWarning
        With ``unsolved="pair"``, if there are such pairs; it names one of them.

    Notes
    -----
    F. Ricci-Tersenghi, J. Stat. Mech. P08015 (2012); H. C. Nguyen & J. Berg, J. Stat. Mech. P03004
    (2012).

    Examples
    --------
    >>> from multispin.learn.inverse.mean_field import bethe
    >>> J, h = bethe([1 / 6, 0], [[35 / 36, 1 / 2], [1 / 2, 1]])
    >>> J[0, 1].round(6), h.round(6).tolist()
    (np.float64(0.575646), [0.229073, -0.117501])
    """
    checks.choice("unsolved", unsolved, UNSOLVED)
    given = checked(mean, covariance)
    X = _without_diagonal(given.inverse())
    L = np.outer(given.variance, given.variance)
    along = -2.0 * L * X / (1.0 + np.sqrt(1.0 + 4.0 * L * X**2))
    pairs = _Pairs.of(given, along)
    if pairs.impossible.any():
        instead = _those_of_pairs(pairs.impossible, given, "bethe", unsolved)
        pairs = _Pairs.of(given, np.where(pairs.impossible, instead, along))
    return Solution(pairs.J, np.arctanh(given.mean) + pairs.fields.sum(axis=1))


def sessak_monasson(mean: ArrayLike, covariance: ArrayLike) -> Solution:
    r"""Couplings by the expansion in small correlations, with loops and pairs to all orders.

    .. math:: J_{ij} = -(C^{-1})_{ij} + J_{ij}^{\mathrm{pair}}
              - \frac{C_{ij}}{(1 - m_i^2)(1 - m_j^2) - C_{ij}^2}

    The last term is what loops and pairs have in common. Fields follow from the same entropy,
    S = Σ S_i + ½ ln det c + Σ_{i<j} (S_ij − S_i − S_j − ½ ln(1 − c_ij²)) with the coefficients of
    correlation c and the entropies S_i and S_ij of one and of two spins, as h = −∂S/∂m at fixed
    ⟨s_i s_j⟩:

    .. math:: h_i = h_i^{\mathrm{pair}} + m_i \left[(C^{-1})_{ii} - \frac{1}{1 - m_i^2}\right]
              + \sum_{j \ne i} \left[(C^{-1})_{ij} m_j + \frac{C_{ij}}{L_{ij}} m_j
              - \frac{C_{ij}^2}{L_{ij}} \frac{m_i}{1 - m_i^2}\right], \quad
              L_{ij} = (1 - m_i^2)(1 - m_j^2) - C_{ij}^2

    Exact for two spins.

    Parameters
    ----------
    mean
        Means m_i of spins ±1, (N,), N >= 1, between -1 and 1.
    covariance
        Connected correlations C_ij = ⟨s_i s_j⟩ − m_i m_j, (N, N), symmetric with 1 − m_i² on the
        diagonal.

    Returns
    -------
    Solution
        ``J`` and ``h``, in units of the temperature.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    NoSolutionError
        If a spin is constant, C has no inverse, or two spins never have some values at the same
        time.

    Notes
    -----
    V. Sessak & R. Monasson, J. Phys. A 42, 055001 (2009), the sums over loops and over two spins;
    Y. Roudi, E. Aurell & J. A. Hertz, Front. Comput. Neurosci. 3, 22 (2009).

    Examples
    --------
    >>> from multispin.learn.inverse.mean_field import sessak_monasson
    >>> J, h = sessak_monasson([1 / 6, 0], [[35 / 36, 1 / 2], [1 / 2, 1]])
    >>> J[0, 1].round(6), h.round(6).tolist()
    (np.float64(0.575646), [0.229073, -0.117501])
    """
    given = checked(mean, covariance)
    inverse = given.inverse()
    pairs = _Pairs.of(given, given.connected)
    if pairs.impossible.any():
        raise _empty_cell(given, pairs)
    m, variance, C = given
    X = _without_diagonal(inverse)
    common = C / (np.outer(variance, variance) - C**2)
    h = np.arctanh(m) + pairs.fields.sum(axis=1)
    h += m * (np.diagonal(inverse) - 1.0 / variance) + (X + common) @ m
    h -= m / variance * (C * common).sum(axis=1)
    return Solution(pairs.J - (X + common), h)


# --- two spins by themselves ----------------------------------------------------------------------


class _Pairs(NamedTuple):
    """What each two spins have by themselves, (N, N) each; 0 on the diagonal."""

    J: Floats
    fields: Floats  # what spin j adds to the field of spin i
    impossible: NDArray[np.bool_]  # no probabilities, or some that are 0

    @classmethod
    def of(cls, given: Centred, connected: Floats) -> _Pairs:
        """Solve the pairs of these means and connected correlations (N, N)."""
        up, down = 1.0 + given.mean, 1.0 - given.mean
        cells = [np.outer(up, up), np.outer(down, down), np.outer(up, down), np.outer(down, up)]
        signs = (1.0, 1.0, -1.0, -1.0)
        least = np.min(
            [cell + sign * connected for cell, sign in zip(cells, signs, strict=True)], 0
        )
        impossible = least <= 4.0 * EMPTY
        np.fill_diagonal(impossible, False)
        c = np.where(impossible, 0.0, connected)
        # Against probabilities of independent spins, which cancel: digits of small c are kept.
        pp, mm, pm, mp = (
            np.log1p(sign * c / cell) for cell, sign in zip(cells, signs, strict=True)
        )
        # In this order J is symmetric to the last digit.
        return cls(0.25 * ((pp + mm) - (pm + mp)), 0.25 * (pp + pm - mp - mm), impossible)


def _empty_cell(given: Centred, pairs: _Pairs) -> NoSolutionError:
    i, j = (int(k) for k in np.argwhere(pairs.impossible)[0])
    count = int(pairs.impossible.sum()) // 2
    m, c = given.mean, given.connected[i, j]
    cells = {
        f"{'-+'[a > 0]}{'-+'[b > 0]}": (1 + a * m[i]) * (1 + b * m[j]) + a * b * c
        for a in (1, -1)
        for b in (1, -1)
    }
    cell = min(cells, key=lambda name: cells[name])
    message = (
        f"covariance: got none of {cell} of spins {i} and {j}, allowed: all four of ++, +-, -+ and "
        f"--, as their coupling is infinite ({count} such pairs); more samples, or a pseudocount, "
        "make it finite"
    )
    return NoSolutionError(message, (i, j), count)


# --- pairs without a solution ---------------------------------------------------------------------


def _with_those_of_pairs(
    J: Floats, unsolvable: NDArray[np.bool_], given: Centred, method: str, unsolved: str
) -> Floats:
    """Return couplings with those that `pair` has where there are none."""
    instead = _those_of_pairs(unsolvable, given, method, unsolved)
    found: Floats = np.where(unsolvable, _Pairs.of(given, instead).J, J)
    return found


def _those_of_pairs(
    unsolvable: NDArray[np.bool_], given: Centred, method: str, unsolved: str
) -> Floats:
    """Return the connected correlations of pairs that are to be solved by themselves, else 0."""
    i, j = (int(k) for k in np.argwhere(unsolvable)[0])
    count = int(unsolvable.sum()) // 2
    what = f"{method} has no coupling of spins {i} and {j} ({count} such pairs)"
    if unsolved == "raise":
        allowed = "moments for which it has, another approximation, or unsolved='pair'"
        raise NoSolutionError(
            f"covariance: got some of which {what}, allowed: {allowed}", (i, j), count
        )
    instead: Floats = np.where(unsolvable, given.connected, 0.0)
    pairs = _Pairs.of(given, instead)
    if pairs.impossible.any():
        raise _empty_cell(given, pairs)
    warn(f"{what}: theirs are those of two spins by themselves", UserWarning)
    return instead


def _without_diagonal(matrix: Floats) -> Floats:
    found: Floats = matrix.copy()
    np.fill_diagonal(found, 0.0)
    return found
