"""Tasks of the tests of studies, in a file of their own because workers import them."""

from __future__ import annotations

import itertools
import math
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import multispin as ms

if TYPE_CHECKING:
    import xarray as xr


def ising(L: int, seed: int, sweeps: int) -> xr.Dataset:
    """Measure a small lattice, as users would."""
    return ms.simulate(
        ms.Ising((L, L)), [1.5, 3.0], sweeps, thermalization=2, interval=2, seed=seed, threads=1
    )


def square(x: int) -> dict[str, Any]:
    return {"y": x * x}


calls = itertools.count()  # of slow_square
most_calls = math.inf  # after which it takes an hour


def slow_square(x: int) -> dict[str, Any]:
    time.sleep(0.002 if next(calls) < most_calls else 3600)
    return {"y": x * x, "powers": float(x) ** np.arange(3)}


def fails_at_three(x: int) -> dict[str, Any]:
    if x == 3:
        raise ArithmeticError("three is too many")
    return {"y": x * x}


def exits_at_three(x: int) -> dict[str, Any]:
    if x == 3:
        raise SystemExit(1)
    return {"y": x * x}


def dies_at_three(x: int) -> dict[str, Any]:
    if x == 3:
        os._exit(1)
    return {"y": x * x}
