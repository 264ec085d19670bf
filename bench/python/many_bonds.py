"""Sites with many bonds: the replica engine beside that of real couplings, in one run.

    python bench/python/many_bonds.py

One process, one thread, one core, rounds in turn; CPU time, so that other programs on the machine
take nothing away but caches. Attempted flips per ns of

- a glass of ±J on a random graph of 800 sites and 19,176 edges, 512 replicas, at T = 1, 3 and 7. It
  is like the graph G1 of the collection Gset (48 bonds a site), and freezes below about 6;
- the same, and the Sherrington-Kirkpatrick glass of ±1/√N with N = 200 and 1000, of few replicas:
  from how many on is the replica engine faster?
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402

import multispin as ms  # noqa: E402

RESULTS = Path(__file__).resolve().parents[1] / "results"
SITES, EDGES, REPLICAS = 800, 19_176, 512
ENGINES = ("replica", "real")
FEW = (8, 16, 32, 64, 128)
ROUNDS, STRETCH = 5, 0.05  # stretches of so many seconds


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    graph = random_graph()
    glasses = {N: ms.SherringtonKirkpatrick(N, seed=1, couplings="bimodal") for N in (200, 1000)}
    rows = [
        (f"48 bonds, T = {T:g}, {REPLICAS} replicas, {rng}", graph, T, REPLICAS, rng)
        for rng in ("aes", "philox")
        for T in (1.0, 3.0, 7.0)
    ]
    rows += [(f"48 bonds, T = 3, {n} replicas", graph, 3.0, n, "aes") for n in FEW]
    rows += [
        (f"SK, N = {N}, T = {T}, {n} replicas", glass, T, n, "aes")
        for N, glass in glasses.items()
        for T in (0.4, 1.0)
        for n in FEW
    ]
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [
        f"# Sites with many bonds\n\n{about}\n",
        "| | replica, flips/ns | real, flips/ns | replica is |",
        "|---|---|---|---|",
    ]
    for name, model, T, replicas, rng in rows:
        ours, real = rates(model, T, replicas, rng)
        lines.append(f"| {name} | {ours:.3g} | {real:.3g} | {ours / real:.3g}× |")
        print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join([*lines, ""])
    print(text)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    (options.output / f"{date}-many-bonds.md").write_text(text, encoding="utf-8")


def random_graph() -> ms.Pairwise:
    """Return a glass of ±1 on a random graph."""
    random = np.random.default_rng(1)
    pairs = np.stack(np.triu_indices(SITES, 1), axis=1)
    edges = pairs[np.sort(random.choice(len(pairs), EDGES, replace=False))]
    return ms.Pairwise.from_edges(SITES, edges, random.choice([-1.0, 1.0], EDGES))


def rates(model: ms.models.SignedGraph, T: float, replicas: int, rng: str) -> list[float]:
    """Return the attempts per ns of both engines: of each the best round."""
    samplers = [
        ms.Sampler(model, T, replicas, seed=1, threads=1, device="cpu", engine=engine, rng=rng)
        for engine in ENGINES
    ]
    sweeps = [sweeps_of_a_stretch(sampler) for sampler in samplers]
    best = [0.0] * len(samplers)
    for _ in range(ROUNDS):
        for i, sampler in enumerate(samplers):
            attempts = sweeps[i] * replicas * model.n_spins
            best[i] = max(best[i], attempts / cpu_time(sampler, sweeps[i]) * 1e-9)
    return best


def sweeps_of_a_stretch(sampler: ms.Sampler) -> int:
    """Let it forget its start for a while; return the sweeps that take a stretch."""
    sweeps = 1
    while cpu_time(sampler, sweeps) < STRETCH:
        sweeps *= 2
    return sweeps


def cpu_time(sampler: ms.Sampler, sweeps: int) -> float:
    """Return the seconds that so many sweeps take."""
    began = time.process_time()
    sampler.sweep(sweeps)
    return time.process_time() - began


if __name__ == "__main__":
    main()
