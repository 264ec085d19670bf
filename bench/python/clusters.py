"""Clusters: their speed beside peapods, and what single flips cannot reach.

Independent states beside single flips, energies at T_c, critical points and exponents.

    python bench/python/clusters.py --only speed configurations kaufman square cubic
    python bench/python/clusters.py --only square --visits 1e11 1e11 4e11 1.2e12 --keep FOLDER

``speed`` needs peapods 0.2.0 (bench/python/requirements.txt). Its cluster moves come on top of a
sweep of single flips; what is timed is the difference. With a folder, runs for a critical point go
on where they were stopped, and longer ones where shorter ones ended.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

CRITICAL = 2 / np.log1p(np.sqrt(2))
CUBIC = 4.511523  # Ferrenberg, Xu & Landau, Phys. Rev. E 97, 043301 (2018): 1/0.221654626(5)
SEED = 20261128


def seconds(act: Callable[[], object], rounds: int = 3) -> float:
    """Return the least processor time of some rounds."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        act()
        times.append(time.process_time() - begin)
    return min(times)


def speed() -> None:
    """Print flips/ns of lattices at their critical temperatures, beside peapods."""
    for shape, T in (((1024, 1024), CRITICAL), ((256, 256), CRITICAL), ((128, 128, 128), CUBIC)):
        n = int(np.prod(shape))
        sweeps = max(5, 2**24 // n)
        rates = {}
        for dynamics in ("swendsen-wang", "wolff"):
            sampler = ms.Sampler(ms.Ising(shape), T, 1, dynamics, "up", SEED, threads=1)
            sampler.sweep(20)
            rates[dynamics] = n * sweeps / seconds(partial(sampler.sweep, sweeps)) * 1e-9
        theirs = _peapods(shape, T, sweeps)
        print(
            f"{shape}: Swendsen-Wang {rates['swendsen-wang']:.3f} flips/ns, "
            f"{rates['swendsen-wang'] / theirs:.1f} x peapods'; Wolff {rates['wolff']:.3f}"
        )


def _peapods(shape: tuple[int, ...], T: float, sweeps: int) -> float:
    from peapods import Ising

    model = Ising(shape, temperatures=np.array([T]))

    def go(every: int | None) -> float:
        return seconds(lambda: model.sample(sweeps, cluster_update_interval=every, sequential=True))

    go(1)
    return float(np.prod(shape)) * sweeps / (go(1) - go(None)) * 1e-9


def configurations() -> None:
    """Print integrated autocorrelation times of |m| at T_c, and independent states a second."""
    print("L, dynamics: tau of |m| in sweeps, error; independent states a second")
    for L in (32, 64, 128, 256, 512, 1024):
        for dynamics in ("swendsen-wang", "wolff", "metropolis"):
            if dynamics == "metropolis" and L > 128:
                continue  # its times are those of L = 32 to 128 times L^2.17
            sampler = ms.Sampler(ms.Ising((L, L)), CRITICAL, 1, dynamics, "up", SEED, threads=1)
            interval = L * L // 64 if dynamics == "metropolis" else 1
            draws = 20_000 if L <= 128 else 2000
            sampler.sweep(draws // 10 * interval)
            begin = time.process_time()
            m = np.abs(sampler.record(draws, interval)[1][:, 0])
            spent = time.process_time() - begin
            tau = ms.analysis.statistics.autocorrelation_time(m)
            rate = draws / spent / (2 * tau.tau)
            time_, error = tau.tau * interval, tau.error * interval
            print(f"{L:5} {dynamics:14} {time_:9.1f} {error:7.1f} {rate:9.2f}")


def kaufman() -> None:
    """Print energies at T_c itself beside those of the finite torus."""
    for L, sweeps in ((256, 4000), (1024, 400)):
        run = _chains((L, L), CRITICAL, sweeps, 1, None)
        energy = run.energy.mean(axis=0)
        error = energy.std(ddof=1) / np.sqrt(len(energy))
        exact = ms.exact.ising_2d(L, CRITICAL).energy_per_spin
        print(
            f"L = {L}: {energy.mean():.6f} +- {error:.6f}, exact {exact:.6f}, "
            f"{(energy.mean() - exact) / error:+.1f} errors"
        )


class Chains(NamedTuple):
    """Energies and magnetizations a spin, (draws, replicas)."""

    energy: np.ndarray
    m: np.ndarray


def _chains(
    shape: tuple[int, ...], T: float, sweeps: int, interval: int, keep: Path | None
) -> Chains:
    run = ms.simulate(
        ms.Ising(shape), T, sweeps, 100, interval, 16, SEED, "swendsen-wang", "up",
        checkpoint=keep and keep / ("x".join(map(str, shape)) + ".ckpt"),
    )  # fmt: skip
    energy, m = (run[name].values[0].T for name in ("energy", "magnetization"))
    return Chains(energy / np.prod(shape), m)


class Binder(NamedTuple):
    """U = 1 - <m^4> / 3<m^2>^2, ln chi, their slopes; of all replicas and without each in turn."""

    value: np.ndarray
    slope: np.ndarray
    log_chi: np.ndarray
    log_chi_slope: np.ndarray


def _binder(run: Chains, n: int, T: float) -> Binder:
    E, m2, m4 = run.energy * n, run.m**2, run.m**4
    sums = np.stack([x.mean(axis=0) for x in (E, m2, m4, m2 * E, m4 * E)])
    k = sums.shape[1]
    without = [sums.mean(axis=1), *((sums.sum(axis=1) - sums[:, r]) / (k - 1) for r in range(k))]
    e, a, b, ae, be = np.array(without).T
    slope_a, slope_b = (ae - a * e) / T**2, (be - b * e) / T**2
    value = 1 - b / (3 * a**2)
    slope = -(slope_b / (3 * a**2) - 2 * b * slope_a / (3 * a**3))
    return Binder(value, slope, np.log(n * a / T), slope_a / a - 1 / T)


def _with_error(values: np.ndarray) -> str:
    k = len(values) - 1
    error = np.sqrt((k - 1) / k * ((values[1:] - values[1:].mean()) ** 2).sum())
    return f"{values[0]:.6f} +- {error:.6f}"


def critical(
    shapes: list[tuple[int, ...]], T: float, visits: list[float], keep: Path | None, exact: float
) -> None:
    """Print where Binder's curves of sizes cross, 1/nu and gamma/nu, from runs at one T nearby."""
    found: list[Binder] = []
    for shape, seen in zip(shapes, visits, strict=True):
        n = int(np.prod(shape))
        run = _chains(shape, T, int(seen / n / 16), 3, keep)  # states of 3 sweeps differ little
        found.append(_binder(run, n, T))
        print(f"{shape}: U = {_with_error(found[-1].value)}, {run.m.size} states", flush=True)
    for second in range(1, len(found)):
        for first in range(second):
            one, two = found[first], found[second]
            crossing = T + (one.value - two.value) / (two.slope - one.slope)
            ratio = np.log(shapes[second][0] / shapes[first][0])
            # Where the curves cross: a little beside it the larger lattice is another one already.
            log_chi = [b.log_chi + b.log_chi_slope * (crossing - T) for b in (one, two)]
            print(
                f"{shapes[first][0]} and {shapes[second][0]}: "
                f"crossing {_with_error(crossing)} (exact or best known {exact:.6f}), "
                f"1/nu {_with_error(np.log(two.slope / one.slope) / ratio)}, "
                f"gamma/nu {_with_error((log_chi[1] - log_chi[0]) / ratio)}"
            )


def square(visits: list[float], keep: Path | None) -> None:
    """Square lattices of 64 to 512; exact: 1/nu = 1, gamma/nu = 7/4."""
    critical([(L, L) for L in (64, 128, 256, 512)], 2.2692, visits, keep, CRITICAL)


def cubic(visits: list[float], keep: Path | None) -> None:
    """Cubic lattices of 8 to 64; 1/nu = 1.5874, gamma/nu = 1.9637."""
    critical([(L, L, L) for L in (8, 16, 32, 64)], 4.5115, visits, keep, CUBIC)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ["speed", "configurations", "kaufman", "square", "cubic"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument(
        "--visits", type=float, nargs=4, default=[2e10] * 4, help="sites that each size visits"
    )
    parser.add_argument("--keep", type=Path, help="folder of the runs for a critical point")
    arguments = parser.parse_args()
    print(ms.info()["instruction_set"], ms.__version__)
    for part in arguments.only:
        print(f"\n{part}")
        if part in ("square", "cubic"):
            globals()[part](arguments.visits, arguments.keep)
        else:
            globals()[part]()


if __name__ == "__main__":
    main()
