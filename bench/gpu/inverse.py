"""Inverse Ising by Monte Carlo on a GPU: the CPU's moments, and milliseconds of a gradient.

    python bench/gpu/inverse.py --output bench/results [--seconds 20]

A gradient is what learning does for each step: couplings put in place anew, 10 sweeps of 10,000
chains of N = 200 spins, all coupled, and their moments, added up where the chains are (8 threads on
the CPU). Chains are those of `bench/python/inverse.py`, part `gradient`. Each part is timed, with
the chains on the CPU and on the GPU; of one generator moments have to be the same, bit for bit. A
fit of `InverseIsing` is timed on both too. Prints a table and writes it to
<date>-inverse-<GPU>.md. Exit status 1: moments differ. What there are no seconds left for is left
out.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

import numpy as np
from report import Report, fastest

import multispin as ms

THREADS = 8
DEVICES = ("cpu", "cuda")


def glass(n: int, beta: float = 0.8) -> ms.Pairwise:
    """All spins coupled by Gaussian numbers, in fields."""
    random = np.random.default_rng(1)
    J = np.triu(random.normal(size=(n, n)), 1) * beta / np.sqrt(n)
    return ms.Pairwise(J + J.T, 0.2 * random.normal(size=n))


def gradient(dynamics: str, n: int, chains: int, sweeps: int) -> tuple[list[str], bool]:
    """Return rows of a table, and whether moments are the same on both devices."""
    model, rows, moments = glass(n), [], []
    for device, rng in (("cpu", "aes"), *((device, "philox") for device in DEVICES)):
        sampler = ms.Sampler(
            model, 1.0, replicas=chains, seed=1, threads=THREADS, engine="real", rng=rng,
            dynamics=dynamics, device=device,
        )  # fmt: skip

        def couplings(sampler: ms.Sampler = sampler) -> None:
            sampler.model = model
            sampler.synchronize()

        def swept(sampler: ms.Sampler = sampler) -> None:
            sampler.sweep(sweeps)
            sampler.synchronize()

        def whole(sampler: ms.Sampler = sampler) -> None:
            sampler.model = model
            sampler.sweep(sweeps)
            sampler.moments()

        whole()  # brings the kernels to the GPU
        parts = [fastest(work) for work in (couplings, swept, sampler.moments, whole)]
        moments.append(sampler.moments())
        numbers = " | ".join(f"{part:.4g}" for part in parts)
        rows.append(f"| {dynamics}, {rng}, {device} | {numbers} |")
        print(rows[-1], flush=True)
    same = all(np.array_equal(a, b) for a, b in zip(*moments[1:], strict=True))
    print(f"moments are the same: {same}")
    return rows, same


def learned(n: int, samples: int, chains: int) -> list[str]:
    """Return rows of a table about a fit: seconds, steps, the largest deviation at the end."""
    sampler = ms.Sampler(glass(n), 1.0, replicas=samples, seed=1, threads=THREADS, engine="real")
    sampler.sweep(300)
    spins = sampler.spins()
    data: Any = spins if isinstance(spins, np.ndarray) else spins.copy_to_host()
    rows = []
    for device in DEVICES:
        fit = ms.InverseIsing(
            "boltzmann", chains=chains, random_state=1, threads=THREADS, device=device
        )
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit.fit(data)
        taken = time.perf_counter() - start
        rows.append(f"| {device} | {taken:.3g} | {fit.n_iter_} | {fit.optimality_:.2f} |")
        print(rows[-1], flush=True)
    return rows


def main() -> int:
    """Compare, measure, print, save; the exit status."""
    report = Report(__doc__, "inverse", seconds=20)
    sound = True

    rows = [
        f"10,000 chains of N = 200, 10 sweeps; {THREADS} threads, ms\n",
        "| | couplings | sweeps | moments | together |", "|" + "---|" * 5,
    ]  # fmt: skip
    for dynamics in ("metropolis", "glauber"):
        more, same = gradient(dynamics, 200, 10_000, 10)
        rows += more
        sound &= same
    if report.has_time_for("a fit"):
        rows += [
            "\nA fit, N = 100, M = 10,000, 10,000 chains; the CPU's chains draw other numbers\n",
            "| | s | steps | ε_max |", "|" + "---|" * 4, *learned(100, 10_000, 10_000),
        ]  # fmt: skip
    report.write("Inverse Ising by Monte Carlo", rows)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
