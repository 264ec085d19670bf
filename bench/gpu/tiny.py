"""Every kind of kernel once, on lattices small enough for compute-sanitizer.

compute-sanitizer --tool racecheck python bench/gpu/tiny.py
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

import multispin as ms
from multispin._engines import bipartite

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Whole words, one lane, a few bits over, and one that is swept by strips.
SHAPES = ((64, 128), (2, 2), (6, 130), (10, 1026), (1088, 256))
TEMPERATURES = [2.27, 2.27, 1.0]  # two rules: launches of two replicas, and of one
MOST_MOMENTS = 1000  # spins of lattices of whose pairs there are not too many


def exercise(shape: tuple[int, int], h: float, dynamics: str, rng: str) -> None:
    """Sweep and look at everything; the spins have to be those of the CPU."""
    settings: dict[str, Any] = {
        "model": ms.Ising(shape, h=h), "temperature": TEMPERATURES, "dynamics": dynamics,
        "replicas": len(TEMPERATURES), "rng": rng, "seed": 1, "engine": "lattice",
    }  # fmt: skip
    on_gpu = ms.Sampler(**settings, device="cuda")
    on_gpu.sweep(3)
    on_gpu.record(2, 1)
    on_gpu.energy()
    on_gpu.correlation()
    on_gpu.block_average((2, 2))
    if on_gpu.model.n_spins < MOST_MOMENTS:
        on_gpu.moments()
    on_gpu.packed()
    spins = compare(on_gpu, settings)
    ms.Sampler(ms.Ising(shape), 2.27, init=spins[0], seed=1, rng=rng, device="cuda").sweep(1)


def exercise_graph(model: ms.Model, replicas: int, rng: str) -> None:
    """Do the same with replicas of a graph; samples of one replica each share their numbers."""
    shared = replicas == 1
    settings: dict[str, Any] = {
        "model": model, "replicas": replicas, "shared_random_numbers": shared,
        "temperature": TEMPERATURES[0] if shared else np.geomspace(0.5, 4.0, replicas),
        "rng": rng, "seed": 1, "engine": "replica",
    }  # fmt: skip
    on_gpu = ms.Sampler(**settings, device="cuda")
    on_gpu.sweep(3)
    on_gpu.record(2, 1)
    if not shared:
        on_gpu.overlap()
    on_gpu.moments()
    compare(on_gpu, settings)


def exercise_real(model: ms.Model, engine: str, dynamics: str, order: str, rng: str) -> None:
    """Do the same with real couplings."""
    settings: dict[str, Any] = {
        "model": model, "replicas": 70, "temperature": np.linspace(0.1, 3.0, 70), "rng": rng,
        "seed": 1, "engine": engine, "dynamics": dynamics, "order": order,
    }  # fmt: skip
    on_gpu = ms.Sampler(**settings, device="cuda")
    on_gpu.sweep(3)
    on_gpu.record(2, 1)
    on_gpu.overlap()
    on_gpu.moments()
    on_gpu.packed()
    compare(on_gpu, settings)


def exercise_machine(n_visible: int, n_hidden: int, rows: int) -> None:
    """Call everything that a machine of two layers has; the numbers have to be those of the CPU."""
    rng = np.random.default_rng(n_visible)
    weights = rng.normal(size=(n_hidden, n_visible)).astype(np.float32)
    a, b = rng.normal(size=(2, n_visible)), rng.normal(size=(2, n_hidden))
    numbers = bipartite.Numbers(1, rng.integers(0, 2**64, rows, dtype=np.uint64), 0)
    bits = bipartite.pack(rng.random((rows, n_visible)) < 0.3)
    level = rng.integers(0, 2, rows)
    found = []
    for device in ("cpu", "cuda"):
        machine = bipartite.Bipartite(weights, a[0], b[0], device=device)
        machine.set_levels([1.0, 0.5], a, b)
        probabilities = machine.probabilities(bits, "hidden", level)
        found.append(
            (
                probabilities,
                machine.fields(bits, "hidden", level),
                machine.softplus(bits, "hidden", [0, 1]),
                machine.draw(bits, "hidden", numbers, level),
                *machine.gibbs(bits, 2, numbers, level, clamp=bits),
                machine.outer(bits, n_visible, probabilities),
                machine.outer(bits, n_visible, probabilities.astype(np.float64)),
            )
        )
    for cpu, gpu in zip(*found, strict=True):
        np.testing.assert_array_equal(gpu, cpu)


def compare(on_gpu: ms.Sampler, settings: dict[str, Any]) -> NDArray[np.int8]:
    """Hold the spins after five sweeps against those of the CPU, and return them."""
    spins: NDArray[np.int8] = on_gpu.spins().copy_to_host()
    on_cpu = ms.Sampler(**settings, device="cpu")
    on_cpu.sweep(5)
    np.testing.assert_array_equal(spins, on_cpu.spins())
    return spins


def main() -> None:
    """Go through all combinations."""
    lattices = itertools.product(SHAPES, (0.0, 0.1), ("metropolis", "glauber"), ("philox", "aes"))
    done = [exercise(*case) for case in lattices]
    samples = ms.EdwardsAnderson((4, 3, 4), seed=1, samples=3)
    all_pairs = ms.SherringtonKirkpatrick(20, seed=1, couplings="bimodal")
    graphs = ((ms.Ising((3, 5), h=0.1), 4), (samples, 130), (samples, 1), (all_pairs, 70))
    done += [exercise_graph(*graph, rng) for graph in graphs for rng in ("philox", "aes")]
    couplings = np.random.default_rng(1).normal(size=(2, 96))
    sparse = ms.Pairwise.from_edges(48, ms.graphs.hypercubic((6, 8)), couplings, h=0.2)
    patterns = np.random.default_rng(2).choice([-1, 1], (9, 300))
    real = (
        (ms.SherringtonKirkpatrick(300, seed=1), "real"),
        (sparse, "real"),
        (ms.Hopfield(patterns), "pattern"),
    )
    ways = (("metropolis", "fixed"), ("glauber", "random"), ("parallel", "fixed"))
    done += [
        exercise_real(model, engine, *way, rng)
        for model, engine in real
        for way in ways
        for rng in ("philox", "aes")
    ]
    for sizes in ((33, 130, 9), (70, 40, 70), (64, 700, 2100)):  # for every share of a warp's
        exercise_machine(*sizes)
    print(f"{len(done)} samplers swept and looked at")


if __name__ == "__main__":
    main()
