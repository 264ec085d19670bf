"""Energy and magnetization in a field against the transfer matrix, for both signs of J.

Standard errors of the energy per spin are 3e-5 to 2e-4, and each test would notice a temperature
that is wrong by 0.2 % from the energy alone.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest

import multispin as ms
from multispin import exact
from validation.comparison import REPLICAS, compare

pytestmark = pytest.mark.slow

VISIBLE = 2e-3
COPIES = 16  # small lattices: so many chains are averaged into one of the REPLICAS


class Point(NamedTuple):
    """A torus with one short side in a field."""

    rows: int
    columns: int
    T: float
    J: float
    h: float
    weight: float = 1.0  # of the number of updates


POINTS = [
    Point(8, 128, T=2.3, J=1.0, h=0.1),
    Point(6, 256, T=1.5, J=-0.7, h=0.9),
    Point(10, 128, T=3.0, J=-1.0, h=-2.0),  # a site with three neighbours up has no field
    Point(64, 10, T=2.5, J=1.0, h=-0.4, weight=0.25),  # few lanes
]
UPDATES = {
    ("metropolis", "aes"): 1.2e10,
    ("glauber", "aes"): 1.2e10,
    ("metropolis", "philox"): 4e9,
    ("glauber", "philox"): 4e9,
}


@pytest.mark.parametrize(("point", "rule"), list(itertools.product(POINTS, UPDATES)), ids=str)
def test_energy_and_magnetization(point: Point, rule: tuple[str, str]) -> None:
    rows, columns, T, J, h, weight = point
    n = rows * columns
    sampler = ms.Sampler(
        ms.Ising((rows, columns), J, h),
        temperature=T,
        replicas=REPLICAS * COPIES,
        dynamics=rule[0],
        rng=rule[1],
        seed=43,
    )
    sampler.sweep(500)
    interval = 6
    draws = round(weight * UPDATES[rule] / (REPLICAS * COPIES * n * interval))
    energy, magnetization = (
        x.mean(axis=0).reshape(REPLICAS, COPIES).mean(axis=1)
        for x in sampler.record(draws, interval)
    )
    colder, strip, warmer = (
        exact.transfer_matrix(rows, columns, T * f, J, h) for f in (0.9995, 1.0, 1.0005)
    )
    print()
    slope = (warmer.energy_per_spin - colder.energy_per_spin) / 1e-3
    compare("energy", energy / n, strip.energy_per_spin, slope, VISIBLE)
    slope = (warmer.magnetization - colder.magnetization) / 1e-3
    compare("magnetization", magnetization, strip.magnetization, slope, visible=np.inf)
