"""Couplings that are no more than noise, by a test of each; and fits without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks, extras
from multispin.errors import NotFittedError
from multispin.learn.inverse import supports
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.solving import like

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True, eq=False, repr=False)
class Pruned:
    """Tests of couplings, and a fit of those that passed.

    Attributes
    ----------
    estimator
        `multispin.InverseIsing`, fitted on `support`.
    support
        Pairs that are coupled, (N, N) bool, symmetric.
    z
        Couplings in units of their standard errors before, (N, N); 0 where there were none.
    p_value
        Probability of a z at least as large where there is no coupling, (N, N); 1 where none was
        tested.
    q_value
        Smallest `level` at which each coupling stays, (N, N): p-values as Benjamini and Hochberg
        adjust them; 1 where none was tested.
    level
        False-discovery rate.
    """

    estimator: InverseIsing
    support: NDArray[np.bool_]
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    level: float

    @property
    def edges(self) -> int:
        """Number of couplings that are left."""
        return int(self.support.sum()) // 2

    def __repr__(self) -> str:
        tested = int((self.p_value < 1.0).sum()) // 2
        return f"Pruned({self.edges} of {tested} couplings are left at level {self.level:g})"


def prune(
    fit: InverseIsing,
    samples: Any,
    sample_weight: ArrayLike | None = None,
    level: float = 0.05,
) -> Pruned:
    r"""Test each coupling of a fit, and fit again without those that may be noise.

    Wald's test: without a coupling, :math:`z = J_{ij} / \sigma(J_{ij})` is normal for many samples,
    with the standard errors of `InverseIsing.standard_errors`. Of the p-values
    :math:`p_{(1)} \le \dots \le p_{(m)}` those up to the last with

    .. math:: p_{(k)} \le \frac{k}{m} \, \mathrm{level}

    stay, so that of couplings that stay a share `level`, in the mean, is none: Benjamini and
    Hochberg's false-discovery rate.

    Parameters
    ----------
    fit
        A fit without `l1`, of a method that has standard errors, on many samples for each of its
        parameters. It stays as it is.
    samples
        (M, N), those that were fitted.
    sample_weight
        (M,): how often each was seen.
    level
        False-discovery rate, between 0 and 1.

    Returns
    -------
    Pruned
        The new fit, with z, p- and q-values.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this kind, or a fit that has no standard errors.
    NotFittedError
        If nothing has been learned.

    Notes
    -----
    Y. Benjamini & Y. Hochberg, J. R. Stat. Soc. B 57, 289 (1995). Where a pair lacks one of its
    four states its coupling is as large as the fit went and its error larger, so that it does not
    pass: W. W. Hauck & A. Donner, J. Am. Stat. Assoc. 72, 851 (1977). With `l2` couplings are
    tested that are too small.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin.learn.inverse.pruning import prune
    >>> samples = np.random.default_rng(1).choice([-1, 1], size=(1000, 4))
    >>> samples[:, 1] = np.where(np.arange(1000) % 3 > 0, samples[:, 0], -samples[:, 0])
    >>> found = prune(ms.InverseIsing("exact").fit(samples), samples)
    >>> found
    Pruned(1 of 6 couplings are left at level 0.05)
    >>> np.argwhere(np.triu(found.support)).tolist()
    [[0, 1]]
    """
    checks.instance("fit", fit, InverseIsing, "a fitted InverseIsing")
    number = checks.positive_finite("level", level)
    if number >= 1.0:
        raise ValueError(checks.describe("level", level, "a number between 0 and 1"))
    if not hasattr(fit, "J_"):
        raise NotFittedError("fit: got an InverseIsing that is not fitted, allowed: one that is")
    errors = fit.standard_errors(samples, sample_weight).J
    before = supports.given(fit.support, fit.n_features_in_)
    pairs = before.rows, before.columns
    z = fit.J_[pairs] / errors[pairs]
    special = extras.require("scipy.special", "learn")
    p_values = special.erfc(np.abs(z) / np.sqrt(2.0))
    q_values = _adjusted(p_values)
    support = _matrix(q_values <= number, pairs, np.zeros_like(before.mask))
    estimator = like(fit, support=support)
    estimator.fit(samples, sample_weight=sample_weight)
    zeros, ones = np.zeros(support.shape), np.ones(support.shape)
    return Pruned(
        estimator,
        support,
        _matrix(z, pairs, zeros),
        _matrix(p_values, pairs, ones.copy()),
        _matrix(q_values, pairs, ones),
        number,
    )


def _adjusted(p_values: Array) -> Array:
    """Smallest level at which each p-value passes: min over those as large of m p / rank."""
    m = len(p_values)
    order = np.argsort(p_values)[::-1]
    ranked = p_values[order] * m / np.arange(m, 0, -1)
    found = np.empty(m)
    found[order] = np.minimum(np.minimum.accumulate(ranked), 1.0)
    # Where rounding of p m/m would be below p.
    return np.maximum(found, p_values)


def _matrix(
    values: NDArray[Any], pairs: tuple[NDArray[np.intp], NDArray[np.intp]], found: NDArray[Any]
) -> NDArray[Any]:
    """Put numbers of pairs into a symmetric matrix."""
    i, j = pairs
    found[i, j] = found[j, i] = values
    return found
