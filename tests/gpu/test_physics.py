"""Energies on a GPU against Kaufman's exact ones. Slow on anything but a GPU.

Each replica gives one mean over its own history, long against the autocorrelation time; replicas
are independent, so the standard error of their mean needs nothing else. The limit is four standard
errors: of the ten comparisons, one fails by chance with probability 6e-4 (seeds are fixed, so it
does so always or never). The errors asserted say what would be noticed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import multispin as ms

pytestmark = pytest.mark.slow

REPLICAS = 64
LIMIT = 4.0


class Point(NamedTuple):
    """A lattice at a temperature, and the largest standard error that tells something."""

    L: int
    T: float
    draws: int
    error: float
    dynamics: str = "metropolis"
    rng: str = "philox"


# The energy's autocorrelation times are 2 to 16 sweeps at these temperatures (half that for an
# interval of 4).
POINTS = [
    Point(256, 1.8, 4000, 1.4e-5),
    Point(256, 2.1, 4000, 2.8e-5),
    Point(256, 2.45, 4000, 3.7e-5),
    Point(256, 3.2, 4000, 1.8e-5),
    Point(256, 2.45, 4000, 8e-5, "glauber"),
    Point(256, 2.45, 500, 1.1e-4, "metropolis", "aes"),
    Point(1024, 2.1, 4000, 7e-6),
    Point(1024, 2.45, 4000, 9.5e-6),
    Point(4096, 2.0, 8000, 1e-6),
    Point(4096, 3.2, 8000, 1e-6),
]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_energy(point: Point) -> None:
    run = ms.simulate(
        ms.Ising((point.L, point.L)),
        [point.T],
        sweeps=4 * point.draws,
        thermalization=1000,
        interval=4,
        replicas=REPLICAS,
        seed=20,
        init="up" if point.T < ms.exact.critical_temperature else "random",
        dynamics=point.dynamics,
        rng=point.rng,
        device="cuda",
    )
    means = run.energy.mean("draw").values.ravel() / point.L**2
    error = means.std(ddof=1) / np.sqrt(REPLICAS)
    exact = float(ms.exact.ising_2d(point.L, point.T).energy_per_spin)
    deviation = (means.mean() - exact) / error
    print(f"{point}: {means.mean():.8f}({error:.1e}), exact {exact:.8f}: {deviation:+.2f} errors")
    assert error <= point.error
    assert abs(deviation) <= LIMIT
