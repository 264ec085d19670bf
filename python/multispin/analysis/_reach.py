"""How far from their temperatures and fields runs can say something."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from multispin.errors import ReweightingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.analysis._states import States
    from multispin.analysis._weighted import Weighted

Array = npt.NDArray[np.float64]

FEWEST = 30
"""Independent draws that an average is to be worth."""

FEWEST_SHARED = 10
"""Independent draws that are to be of two neighbouring temperatures alike."""

_BETWEEN = 8  # steps from one temperature to the next at which a gap would be seen
_FARTHER = 1.02 ** (2.0 ** np.arange(9))  # steps outwards, as factors: 1.02 to 159
_BISECTIONS = 12


def demand_overlap(states: States, shared: Array, worth: Array) -> None:
    """Refuse K states that do not all hang together by draws (K, K) that two of them share.

    Each of them by itself is worth so many independent draws (K,).
    """
    known = np.zeros(len(shared), dtype=bool)
    known[0] = True
    while not known.all():
        across = np.where(known[:, None] & ~known, shared, -np.inf)
        if across.max() < FEWEST_SHARED:
            raise _far_apart(states, known, shared, worth)
        known[np.argmax(across.max(axis=0))] = True


def _far_apart(
    states: States, known: npt.NDArray[np.bool_], shared: Array, worth: Array
) -> ReweightingError:
    """Return what to say of the closest two states of which only one is among those `known`."""
    T, h = states.temperature, states.field
    apart = np.abs(np.subtract.outer(T, T)) / max(float(np.ptp(T)), 1e-300)
    if h is not None:
        apart = apart + np.abs(np.subtract.outer(h, h)) / max(float(np.ptp(h)), 1e-300)
    apart[~(known[:, None] & ~known)] = np.inf
    near, far = np.unravel_index(np.argmin(apart), apart.shape)
    slow = min(near, far, key=lambda k: worth[k])
    if states.in_fields:
        assert h is not None
        got = f"run: got T = {T[near]:g}, h = {h[near]:g} and T = {T[far]:g}, h = {h[far]:g}"
        what = "energies and magnetizations"
    else:
        got, what = f"run.temperature: got {T[near]:g} and {T[far]:g}", "energies"
    allowed = f"neighbours that share at least {FEWEST_SHARED}"
    if worth[slow] < FEWEST:  # as where magnetizations seldom change sign: no state between helps
        allowed += (
            f"; at T = {T[slow]:g} there are {worth[slow]:.2g} in all, which takes a longer run or "
            "dynamics that forget sooner"
        )
    return ReweightingError(
        f"{got}, whose {what} overlap in {shared[near, far]:.2g} independent draws, "
        f"allowed: {allowed}"
    )


def demand(draws: Weighted, temperature: Array, shift: float) -> Array:
    """Return the independent draws that averages at temperatures (M,) are worth; refuse too few."""
    view = draws.view(shift != 0.0, shift != 0.0)
    effective = np.array([view.effective(T, shift) for T in temperature])
    few = effective < FEWEST
    if not few.any():
        return effective
    wrong = float(temperature[few][0])
    worth = f"worth {effective[few][0]:.2g} independent draws"
    if draws.in_fields:
        raise _out_of_fields(draws, wrong, shift, worth)
    if shift != 0.0 and draws.view(True, True).effective(wrong) >= FEWEST:
        step = abs(shift)
        ends = [_end(lambda x: view.effective(wrong, x) >= FEWEST, 0.0, s) for s in (-step, step)]
        change = f"a change of {ends[0]:.3g} to {ends[1]:.3g}"
        raise ReweightingError(
            f"h: got a change of {shift:.3g}, {worth} at temperature {wrong:g}, allowed: {change}, "
            f"worth at least {FEWEST}"
        )
    found = ranges(draws, shift)
    allowed = f"{_listed(found, wrong) or 'none of so short a run'}, worth at least {FEWEST}"
    raise ReweightingError(f"temperature: got {wrong:g}, {worth}, allowed: {allowed}")


def _out_of_fields(draws: Weighted, T: float, shift: float, worth: str) -> ReweightingError:
    """Return what to say of a temperature and a field out of reach of runs in several fields."""
    field = draws.field + shift
    there = f"{worth} at temperature {T:g} in a field of {field:g}"
    of_fields = draws.field + field_ranges(draws, T)
    if len(of_fields):
        allowed = f"{_listed(of_fields, field)} at this temperature, worth at least {FEWEST}"
        return ReweightingError(f"h: got {field:g}, {there}, allowed: {allowed}")
    found = _listed(ranges(draws, shift), T) or "none in this field"
    allowed = f"{found}, worth at least {FEWEST}"
    return ReweightingError(f"temperature: got {T:g}, {there}, allowed: {allowed}")


def ranges(draws: Weighted, shift: float) -> Array:
    """Return ranges (R, 2) of temperatures at which averages are worth enough."""
    view = draws.view(shift != 0.0, shift != 0.0)
    T = np.unique(1 / draws.beta)
    at = np.concatenate([T[0] / _FARTHER[::-1], _between(T), T[-1] * _FARTHER])
    return _ranges(at, lambda one: view.effective(one, shift) >= FEWEST)


def field_ranges(draws: Weighted, temperature: float) -> Array:
    """Return ranges (R, 2) of shifts of the field at which averages are worth enough."""
    view, shift = draws.view(), np.unique(draws.shift)
    # In a field of T/N all magnetizations are about as probable.
    outwards = temperature / draws.n_spins * 2.0 ** np.arange(-3, 9)
    at = np.concatenate([shift[0] - outwards[::-1], _between(shift), shift[-1] + outwards])
    return _ranges(at, lambda one: view.effective(temperature, one) >= FEWEST)


def _between(of_run: Array) -> Array:
    """Return numbers of a run, ascending, and some between them."""
    parts = [np.linspace(a, b, _BETWEEN, endpoint=False) for a, b in itertools.pairwise(of_run)]
    return np.concatenate([*parts, of_run[-1:]])


def _ranges(at: Array, enough: Callable[[float], bool]) -> Array:
    """Return ranges (R, 2) in which there is enough, looked for at numbers in ascending order."""
    good = np.array([enough(one) for one in at])
    found = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    for first, after in edges.reshape(-1, 2):
        low, high = at[first], at[after - 1]
        if first > 0:
            low = _end(enough, low, at[first - 1])
        if after < len(at):
            high = _end(enough, high, at[after])
        found.append((low, high))
    return np.array(found).reshape(-1, 2)


def _end(enough: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return a number close to where `enough` ends, on the side where it holds."""
    if enough(outside):
        return outside
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if enough(middle) else (inside, middle)
    return inside


def _listed(found: Array, wrong: float) -> str:
    """Return the two ranges that are next to a number, of which there may be fewer, as text."""
    distance = np.maximum(found[:, 0] - wrong, wrong - found[:, 1])
    nearest = found[sorted(np.argsort(distance)[:2])]
    return " or ".join(f"{low:.4g} to {high:.4g}" for low, high in nearest.tolist())
