"""How far from its temperatures and its field a run can say something."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from multispin.errors import ReweightingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.analysis._weighted import Weighted

Array = npt.NDArray[np.float64]

FEWEST = 30
"""Independent draws that an average is to be worth."""

FEWEST_SHARED = 10
"""Independent draws that are to be of two neighbouring temperatures alike."""

_BETWEEN = 8  # steps from one temperature to the next at which a gap would be seen
_FARTHER = 1.02 ** (2.0 ** np.arange(9))  # steps outwards, as factors: 1.02 to 159
_BISECTIONS = 12


def demand_overlap(temperature: Array, shared: Array) -> None:
    """Refuse temperatures (K,), ascending, that share too few draws (K, K) with those above."""
    for below in range(len(temperature) - 1):
        most = float(shared[: below + 1, below + 1 :].max())
        if most < FEWEST_SHARED:
            pair = f"{temperature[below]:g} and {temperature[below + 1]:g}"
            allowed = f"neighbours that share at least {FEWEST_SHARED}"
            raise ReweightingError(
                f"run.temperature: got {pair}, whose energies overlap in {most:.2g} independent "
                f"draws, allowed: {allowed}"
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
    if shift != 0.0 and draws.view(True, True).effective(wrong) >= FEWEST:
        step = abs(shift)
        ends = [_end(lambda x: view.effective(wrong, x) >= FEWEST, 0.0, s) for s in (-step, step)]
        change = f"a change of {ends[0]:.3g} to {ends[1]:.3g}"
        raise ReweightingError(
            f"h: got a change of {shift:.3g}, {worth} at temperature {wrong:g}, allowed: {change}, "
            f"worth at least {FEWEST}"
        )
    found = ranges(draws, shift)
    listed = " or ".join(f"{low:.4g} to {high:.4g}" for low, high in _nearest(found, wrong))
    allowed = f"{listed or 'none of so short a run'}, worth at least {FEWEST}"
    raise ReweightingError(f"temperature: got {wrong:g}, {worth}, allowed: {allowed}")


def ranges(draws: Weighted, shift: float) -> Array:
    """Return ranges (R, 2) of temperatures at which averages are worth enough."""
    view = draws.view(shift != 0.0, shift != 0.0)

    def enough(T: float) -> bool:
        return view.effective(T, shift) >= FEWEST

    T = np.unique(1 / draws.beta)
    between = [np.linspace(a, b, _BETWEEN, endpoint=False) for a, b in itertools.pairwise(T)]
    at = np.concatenate([T[0] / _FARTHER[::-1], *between, T[-1:], T[-1] * _FARTHER])
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


def _nearest(found: Array, wrong: float) -> list[tuple[float, float]]:
    """Return the two ranges that are next to a temperature, of which there may be fewer."""
    distance = np.maximum(found[:, 0] - wrong, wrong - found[:, 1])
    return [(float(found[k, 0]), float(found[k, 1])) for k in sorted(np.argsort(distance)[:2])]
