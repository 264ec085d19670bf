"""Real couplings, patterns and many bonds on a GPU: the CPU's spins, and attempts a nanosecond.

    python bench/gpu/real.py --output bench/results [--seconds 90]

Holds a few replicas against the engines of the CPU, spin for spin, for every dynamics, order,
storage and generator; then times sweeps of a Sherrington-Kirkpatrick glass of 2000 spins and of
Edwards-Anderson glasses of 10 x 10 x 10 with Gaussian couplings, at temperatures around their
transitions, of Hopfield networks that recall, and of a glass with 48 bonds a site. Prints a table
and writes it to <date>-real-<GPU>.md. Exit status 1: spins differ. Cases for which there are no
seconds left are left out.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import numpy as np
from report import Report

import multispin as ms

#: Of temperatures, around the transition; by the first letter of the case.
RANGES = {"H": (0.1, 0.5), "±": (1.0, 7.0)}


def glass(sides: tuple[int, ...], samples: int = 1) -> ms.Pairwise:
    """Gaussian couplings on a periodic lattice."""
    edges = ms.graphs.hypercubic(sides)
    couplings = np.random.default_rng(1).normal(size=(samples, len(edges)))
    return ms.Pairwise.from_edges(int(np.prod(sides)), edges, couplings, shape=sides)


def network(neurons: int, patterns: int) -> ms.Hopfield:
    """Random patterns, stored by Hebb's rule."""
    bits = np.random.default_rng(1).integers(0, 2, (patterns, neurons), dtype=np.int8)
    return ms.Hopfield(2 * bits - 1)


def many_bonds(sites: int = 800, bonds: int = 48) -> ms.Pairwise:
    """Couplings of ±1 on a random graph."""
    random = np.random.default_rng(1)
    pairs = np.stack(np.triu_indices(sites, 1), axis=1)
    edges = pairs[np.sort(random.choice(len(pairs), sites * bonds // 2, replace=False))]
    return ms.Pairwise.from_edges(sites, edges, random.choice([-1.0, 1.0], len(edges)))


def same_spins(model: ms.Model, replicas: int, **how: Any) -> bool:
    """Whether 2 + 3 sweeps on the GPU end with the spins of the CPU; says where they do not."""
    settings: dict[str, Any] = {
        "model": model, "temperature": np.linspace(0.1, 3.0, replicas), "replicas": replicas,
        "seed": 3, **how,
    }  # fmt: skip
    ends = []
    for device in ("cpu", "cuda"):
        sampler = ms.Sampler(**settings, device=device)
        sampler.sweep(2)
        sampler.sweep(3)
        spins = sampler.spins()
        here = spins if isinstance(spins, np.ndarray) else spins.copy_to_host()
        ends.append((here, sampler.energy()))
    same = all(np.array_equal(a, b) for a, b in zip(*ends, strict=True))
    if not same:
        print(f"{model!r} x {replicas}, {how}: not the spins of the CPU")
    return same


def all_same() -> bool:
    """Hold everything against the CPU."""
    models = (
        (ms.SherringtonKirkpatrick(300, seed=1), 40),
        (ms.SherringtonKirkpatrick(300, seed=1), 97),  # flips by products of matrices
        (ms.SherringtonKirkpatrick(140, seed=1, samples=2), 130),
        (ms.SherringtonKirkpatrick(100, seed=1, samples=3), 33),
        (glass((6, 5, 4), samples=2), 40),
        (glass((40, 40, 40)), 64),  # a launch a level
        (network(700, 37), 40),
    )
    hows = itertools.product(
        ("metropolis", "glauber", "parallel"), ("fixed", "random"), ("philox", "aes")
    )
    found = [
        same_spins(model, replicas, dynamics=dynamics, order=order, rng=rng, engine=engine)
        for dynamics, order, rng in hows
        if (dynamics, order) != ("parallel", "random")
        for model, replicas in models
        for engine in (("real", "pattern") if isinstance(model, ms.Hopfield) else ("real",))
    ]
    found += [
        same_spins(network(neurons, patterns), replicas, engine="pattern", rng="philox", **how)
        for neurons, patterns, replicas in (
            (700, 1000, 40), (700, 1500, 33), (300, 2100, 5), (33_000, 600, 3), (33_000, 1100, 3),
        )
        for how in ({"order": "fixed"}, {"order": "random"}, {"dynamics": "parallel"})
    ]  # fmt: skip
    found += [
        same_spins(many_bonds(*graph), replicas, dynamics="metropolis", rng=rng, engine="replica")
        for graph, replicas in (((60, 20), 130), ((300, 50), 513), ((200, 190), 300))
        for rng in ("philox", "aes")
    ]
    print(f"{sum(found)} of {len(found)} samplers have the spins of the CPU")
    return all(found)


def attempts_per_ns(sampler: ms.Sampler, spins: int) -> float:
    """Of the fastest of three repetitions of about 0.1 s."""

    def seconds(sweeps: int) -> float:
        start = time.perf_counter()
        sampler.sweep(sweeps)
        sampler.synchronize()
        return time.perf_counter() - start

    seconds(20)  # brings the kernels to the GPU, and the spins near to equilibrium
    sweeps = 1
    while (taken := seconds(sweeps)) < 0.025:
        sweeps *= 2
    sweeps = max(1, round(0.1 / taken * sweeps))
    return sweeps * spins / (1e9 * min(seconds(sweeps) for _ in range(3)))


def main() -> int:
    """Compare, measure, print, save; the exit status."""
    report = Report(__doc__, "real", seconds=90)
    sound = all_same()

    sk, lattice = ms.SherringtonKirkpatrick(2000, seed=1), glass((10, 10, 10))
    cases: list[tuple[str, ms.Model, int, dict[str, Any]]] = [
        *(("SK, N = 2000", sk, n, {}) for n in (256, 1024, 4096)),
        *(("EA Gaussian, 10³", lattice, n, {}) for n in (256, 4096, 65536)),
        ("SK, N = 2000", sk, 1024, {"order": "random"}),
        ("SK, N = 2000", sk, 1024, {"dynamics": "parallel"}),
        ("SK, N = 100", ms.SherringtonKirkpatrick(100, seed=1), 4096, {}),
        ("EA Gaussian, 10³", lattice, 4096, {"order": "random"}),
        ("EA Gaussian, 10³", lattice, 4096, {"dynamics": "parallel"}),
        ("EA Gaussian, 64³", glass((64, 64, 64)), 256, {}),
        ("SK, N = 2000", sk, 1024, {"rng": "aes"}),
        ("EA Gaussian, 10³", lattice, 4096, {"rng": "aes"}),
        *(
            (f"Hopfield, N = {N:,}, P = {P}", network(N, P), n, {"engine": "pattern", **how})
            for N, P, n, how in (
                (10_000, 100, 1024, {}),
                (10_000, 1000, 64, {}),
                (10_000, 1000, 1024, {}),
                (10_000, 1000, 1024, {"order": "random"}),
                (10_000, 1000, 1024, {"dynamics": "parallel"}),
                (100_000, 1000, 256, {}),
            )
        ),
        *(
            ("±1, N = 800, 48 bonds", many_bonds(), n, {"engine": "replica"})
            for n in (512, 4096, 65536)
        ),
    ]
    rows = ["| model | replicas | what else | attempts/ns |", "|" + "---|" * 4]
    for name, model, replicas, how in cases:
        if not report.has_time_for(f"{name} x {replicas}, {how}"):
            continue
        temperatures = np.geomspace(*RANGES.get(name[:1], (0.4, 1.6)), replicas)
        settings = {"dynamics": "metropolis", "rng": "philox", "engine": "real", **how}
        sampler = ms.Sampler(
            model, temperatures, replicas=replicas, seed=1, device="cuda", **settings
        )
        speed = attempts_per_ns(sampler, model.n_spins * replicas)
        what = ", ".join(how.values())
        rows.append(f"| {name} | {replicas} | {what} | {speed:.3g} |")
        print(rows[-1], flush=True)
    report.write("Real couplings, through Python", rows)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
