"""How walkers move through the temperatures of a tempering run.

A *walker* is a configuration that swaps take from temperature to temperature. Only one that has
been at the highest temperature is new at the lowest: what a run is worth is its number of round
trips.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory

__all__ = ["RoundTrips", "round_trips"]

Array = npt.NDArray[np.float64]


class RoundTrips(NamedTuple):
    """Round trips between the lowest and the highest temperature.

    ``trips`` (..., walkers) is the number of whole round trips of each walker, ``time`` (...) the
    mean time of one in draws, and ``from_top`` (..., M) the fraction of walkers at each temperature
    that were at the highest one more recently than at the lowest.
    """

    trips: npt.NDArray[np.int64]
    time: Array
    from_top: Array


def round_trips(temperature_index: npt.ArrayLike, n_temperatures: int) -> RoundTrips:
    """Round trips, their mean time, and where walkers come from, from a history of temperatures.

    A walker carries the label of the end at which it was last; a passage is a change of label, and
    two make a round trip, whichever end it starts from. The mean time is ::

        time = 2 × (draws of labelled walkers after the one that labelled them) / (passages)

    so that unfinished trips count too: finished ones alone are too short on average, as long ones
    do not finish.

    Visits between draws are not seen. A walker that touches an end and leaves it before the next
    draw keeps its old label, so that trips are missed, times come out too long, and ``from_top``
    is off near the ends. `temper` counts at every exchange itself, whatever its ``interval``.

    Parameters
    ----------
    temperature_index : array_like
        Integers 0 (lowest) … M − 1 (highest), (..., walkers, draws): where each walker was, after
        every exchange.
    n_temperatures : int
        Number of temperatures M, at least 2.

    Returns
    -------
    RoundTrips
        ``time`` is ``inf`` without a passage; its relative error is about 1/√passages.
        ``from_top`` is 0 at the lowest and 1 at the highest temperature, ``nan`` where no labelled
        walker was.

    Raises
    ------
    TypeError
        If the history does not hold integers.
    ValueError
        If an index is out of range or an axis is missing or empty.
    MemoryError
        If results for so many temperatures do not fit.

    Notes
    -----
    H. G. Katzgraber, S. Trebst, D. A. Huse & M. Troyer, J. Stat. Mech. P03018 (2006), section 2,
    whose f is 1 − ``from_top``.

    Examples
    --------
    >>> from multispin.analysis.round_trips import round_trips
    >>> found = round_trips([[0, 1, 2, 1, 1, 0], [1, 2, 1, 0, 1, 2]], 3)
    >>> found.trips.tolist(), float(found.time), found.from_top.tolist()
    ([1, 1], 4.5, [0.0, 0.6, 1.0])
    """
    top = checks.count("n_temperatures", n_temperatures, 2, checks.MOST_SITES) - 1
    history = checks.array("temperature_index", temperature_index, "integers from 0 on")
    if history.dtype.kind not in "iu":
        raise TypeError(f"temperature_index: got an array of {history.dtype}, allowed: integers")
    if history.ndim < 2 or history.size == 0:
        allowed = "(..., walkers, draws), none of them empty"
        raise ValueError(f"temperature_index: got shape {history.shape}, allowed: {allowed}")
    if history.min() < 0 or history.max() > top:
        found = f"{history.min()} to {history.max()}"
        raise ValueError(f"temperature_index: got {found}, allowed: 0 to {top}")
    history = history.astype(np.int64)
    before = history.shape[:-2]
    what = f"n_temperatures: {top + 1} for each history"
    check_memory(what, 8 * (top + 1) * (math.prod(before) + 4))
    trips = np.empty(history.shape[:-1], dtype=np.int64)
    time, from_top = np.empty(before), np.empty((*before, top + 1))
    for index in np.ndindex(*before):
        trips[index], time[index], from_top[index] = _one(history[index], top)
    return RoundTrips(trips, time[()], from_top)


def _one(history: npt.NDArray[np.int_], top: int) -> tuple[npt.NDArray[np.int64], float, Array]:
    """Round trips (walkers,), mean time and from_top (M,) of a history (walkers, draws)."""
    label = _labels(history, top)
    labelled = label != 0
    passages = (label[:, 1:] * label[:, :-1] < 0).sum(axis=1)
    steps = (labelled[:, 1:] & labelled[:, :-1]).sum()
    time = 2 * steps / passages.sum() if passages.any() else np.inf
    high = np.bincount(history[label > 0], minlength=top + 1)
    low = np.bincount(history[label < 0], minlength=top + 1)
    with np.errstate(invalid="ignore"):
        return passages // 2, float(time), high / (high + low)


def _labels(history: npt.NDArray[np.int_], top: int) -> npt.NDArray[np.int8]:
    """1 if a walker (walkers, draws) was at the top last, −1 if at the bottom, 0 if at neither."""
    ends = (history == top).astype(np.int8) - (history == 0).astype(np.int8)
    last = np.where(ends != 0, np.arange(history.shape[1]), 0)
    return np.take_along_axis(ends, np.maximum.accumulate(last, axis=1), axis=1)
