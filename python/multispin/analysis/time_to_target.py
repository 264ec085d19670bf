"""How long until a search has succeeded, from how many of its runs did."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks

__all__ = ["SuccessProbability", "TimeToTarget", "success_probability", "time_to_target"]

Array = npt.NDArray[np.float64]

_MOST_RUNS = 2**53  # integers that are numbers of double precision


class SuccessProbability(NamedTuple):
    """Share of successful runs, and the ends of an interval for the true probability."""

    value: Array
    low: Array
    high: Array


class TimeToTarget(NamedTuple):
    """Time until one success is as likely as asked for, and the ends of an interval."""

    value: Array
    low: Array
    high: Array


def success_probability(
    hits: npt.ArrayLike, runs: int, confidence: float = 0.95
) -> SuccessProbability:
    r"""Probability of success of a run, of which `hits` out of `runs` succeeded.

    The interval is Wilson's: all p for which the hits are within z standard errors of p · runs,

    .. math:: \frac{\hat p + z^2 / 2R \pm z \sqrt{\hat p (1 - \hat p) / R + z^2 / 4 R^2}}
              {1 + z^2 / R}.

    It is inside 0 and 1 for any number of hits, none and all included.

    Parameters
    ----------
    hits : array_like of int
        Successful runs, of any shape, such as (samples,).
    runs : int
        Independent runs R, at least 1.
    confidence : float
        Probability that the interval contains the true one, between 0 and 1: z = 1.96 at 0.95.

    Returns
    -------
    SuccessProbability
        Three arrays of the shape of `hits`.

    Raises
    ------
    TypeError, ValueError
        If hits are not integers from 0 to `runs`, or another argument is not of this kind.

    Notes
    -----
    E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).

    Examples
    --------
    >>> from multispin.analysis.time_to_target import success_probability
    >>> found = success_probability([0, 23], runs=100)
    >>> found.value, found.low.round(3), found.high.round(3)
    (array([0.  , 0.23]), array([0.   , 0.158]), array([0.037, 0.322]))
    """
    runs = checks.count("runs", runs, 1, _MOST_RUNS)
    p = _hits(hits, runs) / runs
    z = NormalDist().inv_cdf(0.5 + 0.5 * _probability("confidence", confidence))
    share = z * z / runs
    half = np.sqrt(p * (1.0 - p) * share + share * share / 4.0)
    low, high = (
        (p + share / 2.0 - half) / (1.0 + share),
        (p + share / 2.0 + half) / (1.0 + share),
    )
    # Rounding is not to leave a chance where there is certainty.
    return SuccessProbability(p, np.where(p == 0.0, 0.0, low), np.where(p == 1.0, 1.0, high))


def time_to_target(
    hits: npt.ArrayLike,
    runs: int,
    run_time: float = 1.0,
    target: float = 0.99,
    confidence: float = 0.95,
) -> TimeToTarget:
    r"""Time until at least one run has succeeded with probability `target`.

    .. math:: t_\text{run} \max\left(1, \frac{\ln(1 - P)}{\ln(1 - p)}\right)

    for runs that succeed with probability p each, one after the other, and P the target. A run
    cannot be cut short: where p > P one is enough.

    **What counts as a hit is for you to say.** ``best_count`` of `multispin.anneal` counts the
    replicas that were as good as the best of them, at least one, whatever that is worth. Of a known
    energy it is ``(run.best_energy <= energy).sum("replica")``.

    Parameters
    ----------
    hits : array_like of int
        Successful runs, of any shape, such as (samples,).
    runs : int
        Independent runs, at least 1. Of an annealing, its replicas.
    run_time : float
        Time t_run of one run, in any unit: sweeps, or seconds. Of replicas that are run side by
        side, the time of all divided by their number. Times are not in a run's results, which must
        not depend on when they were made: take them around the call.
    target : float
        Probability P of success, between 0 and 1.
    confidence : float
        As for `success_probability`, whose interval becomes that of the time.

    Returns
    -------
    TimeToTarget
        Three arrays of the shape of `hits`, in the unit of `run_time`; inf without a hit, and for
        the upper end where p may be 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Notes
    -----
    T. F. Rønnow, Z. Wang, J. Job, S. Boixo, S. V. Isakov, D. Wecker, J. M. Martinis, D. A. Lidar &
    M. Troyer, Science 345, 420 (2014), eq. (3).

    Examples
    --------
    >>> from multispin.analysis.time_to_target import time_to_target
    >>> found = time_to_target(23, runs=100, run_time=0.034)
    >>> [round(float(time), 2) for time in found]
    [0.6, 0.4, 0.91]
    """
    run_time = checks.nonnegative_finite("run_time", run_time)
    target = _probability("target", target)
    p = success_probability(hits, runs, confidence)
    value, low, high = (_repeats(share, target) for share in (p.value, p.high, p.low))
    if run_time == 0.0:
        value, low, high = (np.where(np.isinf(one), np.inf, 0.0) for one in (value, low, high))
        return TimeToTarget(value, low, high)
    with np.errstate(over="ignore"):
        return TimeToTarget(*(np.asarray(run_time * one) for one in (value, low, high)))


def _repeats(p: Array, target: float) -> Array:
    """Return how many runs it takes, at least one."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(1.0, np.log1p(-target) / np.log1p(-p)))


def _hits(hits: npt.ArrayLike, runs: int) -> Array:
    allowed = f"integers from 0 to {runs}, as there are so many runs"
    given = checks.array("hits", hits, allowed)
    if given.dtype.kind not in "iu":
        raise TypeError(checks.describe("hits", hits, allowed))
    if bool(np.any((given < 0) | (given > runs))):
        raise ValueError(checks.describe("hits", hits, allowed))
    return given.astype(np.float64)


def _probability(name: str, value: object) -> float:
    allowed = "a number between 0 and 1, neither of them"
    number = checks.finite(name, value, allowed)
    # So near to an end that it is one once something has been added to it.
    if not 2.0**-52 <= number <= 1.0 - 2.0**-52:
        raise ValueError(checks.describe(name, value, allowed))
    return number
