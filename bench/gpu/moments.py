"""Moments that a GPU adds up of its replicas: those of the host, and milliseconds of both.

    python bench/gpu/moments.py --output bench/results [--seconds 20]

Samplers on a GPU, of every engine that has bits to count: `Sampler.moments()`, and beside it the
way through the host, spins copied there and `multispin.moments` of them (8 threads). Both have to
be the same, bit for bit. Each time is the best of five calls; the last column is how many products
of two spins the GPU adds up in a nanosecond, all that the call does included. Prints a table and
writes it to <date>-moments-<GPU>.md. Exit status 1: moments differ. Cases for which there are no
seconds left are left out.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
from report import Report, fastest

import multispin as ms

THREADS = 8


class Case(NamedTuple):
    """Replicas of a model, of each of its disorder samples."""

    engine: str
    model: ms.Model
    replicas: int


def cases() -> list[Case]:
    """Return few spins and many, one sample and many, each engine."""
    glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=1000)
    patterns = np.random.default_rng(1).choice([-1, 1], (10, 2000))
    return [
        Case("replica", ms.Ising((10, 10, 10)), 100_000),
        Case("replica", ms.Ising((16, 16, 16)), 10_000),
        Case("replica", glass, 128),
        Case("real", ms.SherringtonKirkpatrick(200, seed=1), 10_000),
        Case("real", ms.SherringtonKirkpatrick(1000, seed=1), 4096),
        Case("pattern", ms.Hopfield(patterns), 1024),
        Case("lattice", ms.Ising((32, 32)), 1000),
    ]


def measured(case: Case) -> tuple[str, bool]:
    """Return a row of the table, and whether moments are the host's."""
    sampler = ms.Sampler(
        case.model, 2.0, replicas=case.replicas, engine=case.engine, seed=1, device="cuda"
    )
    sampler.sweep(1)
    n, samples = case.model.n_spins, case.model.samples or 1

    def through_host() -> list[tuple[Any, Any]]:
        spins: Any = sampler.spins()
        of_samples = spins.copy_to_host().reshape(samples, case.replicas, n)
        return [ms.moments(one, threads=THREADS) for one in of_samples]

    mean, second = sampler.moments()
    of_host = zip(*through_host(), strict=True)
    same = all(
        np.array_equal(got.reshape(samples, *wanted[0].shape), wanted)
        for got, wanted in zip((mean, second), of_host, strict=True)
    )
    gpu, host = fastest(sampler.moments), fastest(through_host)
    products = samples * case.replicas * n * (n + 1) / 2
    of_each = f"{samples} × {case.replicas}" if samples > 1 else f"{case.replicas}"
    return (
        f"| {case.engine} | {n} | {of_each} | {gpu:.4g} | {host:.4g} | {1e-6 * products / gpu:.3g} "
        f"| {'yes' if same else '**no**'} |"
    ), same


def main() -> int:
    """Compare, measure, print, save; the exit status."""
    report = Report(__doc__, "moments", seconds=20)
    sound = True

    rows = [
        f"ms; the host has {THREADS} threads\n",
        "| engine | spins | replicas | GPU | through the host | products/ns | the same |",
        "|" + "---|" * 7,
    ]
    for case in cases():
        if report.has_time_for(f"{case.engine}, {case.model.n_spins} spins"):
            row, same = measured(case)
            print(row, flush=True)
            rows.append(row)
            sound &= same
    report.write("Moments on a GPU", rows)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
