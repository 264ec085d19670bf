"""Metropolis where neighbours cancel the field, from every start: against exact sums.

Spins without a local field that flip for certain make an antiferromagnet in h = 4|J| take turns
with a period of 3 sweeps until heat breaks it; when it is cold that is never. 2048 replicas are
independent, so a mean has a plain standard error. The limit of 6 of them, for fewer than 1000
means, is a chance of 2e-6 for the file.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

import multispin as ms

LIMIT = 6.0
REPLICAS = 2048
SWEEPS = 200  # nothing lasts so long here, but a trap

# Shape, engine, J, temperatures: ferromagnets in such fields have to be hot to have spins against
# them. A side of 2 has double bonds.
SYSTEMS = [
    ((4, 4), "lattice", -1.0, 2.0),
    ((4, 4), "lattice", -1.0, 0.6),
    ((4, 4), "lattice", 1.0, 8.0),
    ((4, 4), "replica", -1.0, 2.0),
    ((4, 4), "replica", -1.0, 0.6),
    ((2, 2, 4), "lattice", -1.0, 2.0),
    ((2, 2, 4), "replica", 1.0, 12.0),
    ((3, 3), "replica", -1.0, 2.0),
    ((3, 5), "replica", -1.0, 0.6),
]
BESIDE = (0.0, 1e-15, -1e-4)  # relative distances from the fields that neighbours cancel


@functools.cache
def exact(shape: tuple[int, ...], J: float, h: float, T: float) -> tuple[float, float]:
    found = ms.exact.enumerate(ms.Ising(shape, J=J, h=h), T)
    return found.energy, found.magnetization


@pytest.mark.one_in(17)
@pytest.mark.parametrize(("shape", "engine", "J", "T"), SYSTEMS)
@pytest.mark.parametrize(
    "start", ["up", "down", pytest.param("random", marks=pytest.mark.thorough)]
)
def test_means_are_those_of_enumeration(
    shape: tuple[int, ...], engine: str, J: float, T: float, start: str
) -> None:
    bonds = 2 * len(shape)
    # When it is cold, only in the field of all bonds does nothing else keep a state for long.
    for cancelled in range(2 if T > 1 else bonds, bonds + 1, 2):
        for beside in BESIDE:
            h = cancelled * (1 + beside)
            model = ms.Ising(shape, J=J, h=h)
            sampler = ms.Sampler(
                model, T, replicas=REPLICAS, init=start, engine=engine, seed=cancelled
            )
            sampler.sweep(SWEEPS)
            measured = sampler.energy(), sampler.magnetization()
            for values, expected in zip(measured, exact(shape, J, round(h, 9), T), strict=True):
                error = values.std(ddof=1) / REPLICAS**0.5
                assert abs(values.mean() - expected) < LIMIT * error, (h, values.mean(), expected)


@pytest.mark.parametrize(
    ("shape", "J", "h"),
    [((128, 128), -1.0, 4.0), ((32, 16, 64), -0.7, 4.2), ((128, 192), -1.0, 2.0)],
)
def test_large_lattices_forget_their_start(shape: tuple[int, ...], J: float, h: float) -> None:
    def means(dynamics: str, init: str) -> tuple[float, float]:
        sampler = ms.Sampler(
            ms.Ising(shape, J=J, h=h), 2.0, replicas=16, dynamics=dynamics, init=init, seed=3
        )
        sampler.sweep(300)
        energies, _ = sampler.record(20, 50)
        each = energies.mean(axis=0)
        return float(each.mean()), float(each.std(ddof=1) / 4)

    expected, its_error = means("glauber", "random")
    for start in ("up", "down", "random"):
        value, error = means("metropolis", start)
        # Errors have some 30 degrees of freedom: 7 are a chance of 1e-7.
        assert abs(value - expected) < 7 * np.hypot(error, its_error), start
