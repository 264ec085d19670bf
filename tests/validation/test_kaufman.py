"""Energy, specific heat and magnetization of large lattices against Kaufman, Onsager and Yang.

Kaufman's formulas are exact for the finite torus, so nothing is extrapolated and sizes need not be
large compared with anything. T_c is visited up to L = 256 only: at L = 1024 the autocorrelation
times there, 10^4 to 10^5 sweeps, would leave too few independent measurements for an honest error.

Standard errors of the energy per spin are 1e-5 to 4e-5 off T_c and 1e-4 to 5e-4 at it. What that is
good for is asserted: each test would notice a temperature that is wrong by 0.2 %. A Metropolis
acceptance exp(-dE/T) that is wrong by 1 % is a temperature that is wrong by 0.5 % or more.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

import multispin as ms
from multispin import exact
from validation.comparison import REPLICAS, compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.slow

T_C = exact.critical_temperature
VISIBLE = 2e-3


class Point(NamedTuple):
    """A lattice at a temperature; thermalization in sweeps, interval of measurements."""

    L: int
    T: float
    thermalization: int
    interval: int
    weight: float = 1.0  # of the number of updates
    J: float = 1.0


# The energy's autocorrelation times are 2 to 16 sweeps off T_c, at T_c 200 (Metropolis) and 1,000
# (Glauber) for L = 128, 900 and 2,700 for L = 256; those of |m| are 4 times as long. Thermalization
# is by Metropolis dynamics, at least 10 times of |m|.
POINTS = [
    Point(128, 1.8, 1_000, 2),
    Point(128, 2.15, 2_000, 6),
    Point(128, T_C, 20_000, 100, weight=2),
    Point(128, 2.4, 2_000, 6),
    Point(128, 3.2, 1_000, 2),
    Point(256, 2.0, 1_000, 2),
    Point(256, T_C, 40_000, 300, weight=2),
    Point(256, 2.6, 1_000, 4),
    Point(1024, 2.1, 500, 4),
    Point(1024, 2.45, 500, 4),
    Point(128, 2.15, 2_000, 6, J=-1.0),
    Point(128, 2.4, 2_000, 6, J=-1.0),
]
UPDATES = {
    ("metropolis", "aes"): 1.5e11,
    ("glauber", "aes"): 1.5e11,
    ("metropolis", "philox"): 4e10,
    ("glauber", "philox"): 4e10,
}
RUNS = list(itertools.product(POINTS, UPDATES))


def name(value: object) -> str:
    if isinstance(value, Point):
        return f"L={value.L}-T={value.T:.4g}" + ("-J=-1" if value.J < 0 else "")
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


@functools.lru_cache(maxsize=1)
def equilibrium(point: Point) -> NDArray[np.int8]:
    """Spins that every run at this point starts from; thermalized by the fastest kernel."""
    ordered = np.ones((point.L, point.L), dtype=np.int8)
    if point.J < 0:
        ordered[(np.indices(ordered.shape).sum(axis=0) % 2) == 1] = -1
    sampler = ms.Sampler(
        ms.Ising(ordered.shape, point.J),
        temperature=point.T,
        replicas=REPLICAS,
        init=ordered if point.T <= T_C else "random",
        seed=41,
    )
    sampler.sweep(point.thermalization)
    return sampler.spins()


def measure(
    point: Point, dynamics: str, rng: str, updates: float, temperature: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energies (total) and magnetizations, (draws, replicas)."""
    sampler = ms.Sampler(
        ms.Ising((point.L, point.L), point.J),
        temperature=temperature or point.T,
        replicas=REPLICAS,
        dynamics=dynamics,
        rng=rng,
        init=equilibrium(point),
        seed=42,
    )
    sampler.sweep(20 * point.interval)
    draws = round(updates / (REPLICAS * point.L**2 * point.interval))
    return sampler.record(draws, point.interval)


@pytest.mark.parametrize(("point", "rule"), RUNS, ids=name)
def test_energy_and_specific_heat(point: Point, rule: tuple[str, str]) -> None:
    energy, magnetization = measure(point, *rule, point.weight * UPDATES[rule])
    n, T = point.L**2, point.T
    torus = exact.ising_2d(point.L, T, point.J)
    warmer = exact.ising_2d(point.L, T * 1.0005, point.J)
    colder = exact.ising_2d(point.L, T * 0.9995, point.J)
    print()
    slope = float(torus.specific_heat) * T
    compare("energy", energy.mean(axis=0) / n, float(torus.energy_per_spin), slope, VISIBLE)
    # With the exact mean energy, each replica's variance is an unbiased estimate.
    heat = ((energy - float(torus.energy)) ** 2).mean(axis=0) / (n * T**2)
    slope = float(warmer.specific_heat - colder.specific_heat) / 1e-3
    compare("specific heat", heat, float(torus.specific_heat), slope, visible=np.inf)
    if point.L == 1024 and T < T_C:
        # So far below T_c and with L that large, the magnetization is that of the infinite lattice.
        yang = [float(exact.onsager(T * f).magnetization) for f in (0.9995, 1.0, 1.0005)]
        slope = (yang[2] - yang[0]) / 1e-3
        compare("magnetization", np.abs(magnetization).mean(axis=0), yang[1], slope, VISIBLE)


@pytest.mark.parametrize("factor", [0.99, 1.01])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("point", [POINTS[1], POINTS[3]], ids=name)
def test_a_temperature_one_percent_off_is_noticed(
    point: Point, dynamics: str, factor: float
) -> None:
    energy, _ = measure(point, dynamics, "aes", 1e10, factor * point.T)
    torus = exact.ising_2d(point.L, point.T)
    means, expected = energy.mean(axis=0) / point.L**2, float(torus.energy_per_spin)
    slope = float(torus.specific_heat) * point.T
    with pytest.raises(AssertionError, match="deviates from the exact value"):
        compare("wrong", means, expected, slope, VISIBLE)
    there = float(exact.ising_2d(point.L, factor * point.T).energy_per_spin)
    compare("at its own temperature", means, there, slope, VISIBLE)
