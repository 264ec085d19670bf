"""Every kind of kernel once, on lattices small enough for compute-sanitizer.

compute-sanitizer --tool racecheck python bench/gpu/tiny.py
"""

from __future__ import annotations

import itertools

import numpy as np

import multispin as ms

# Whole words, one lane, a few bits over, and one that is swept by strips.
SHAPES = ((64, 128), (2, 2), (6, 130), (10, 1026), (1088, 256))
TEMPERATURES = [2.27, 2.27, 1.0]  # two rules: launches of two replicas, and of one


def exercise(shape: tuple[int, int], h: float, dynamics: str, rng: str) -> None:
    """Sweep and look at everything; the spins have to be those of the CPU."""

    def sampler(device: str) -> ms.Sampler:
        return ms.Sampler(
            ms.Ising(shape, h=h),
            TEMPERATURES,
            replicas=len(TEMPERATURES),
            dynamics=dynamics,
            rng=rng,
            seed=1,
            engine="lattice",
            device=device,
        )

    on_gpu = sampler("cuda")
    on_gpu.sweep(3)
    on_gpu.record(2, 1)
    on_gpu.energy()
    on_gpu.correlation()
    on_gpu.block_average((2, 2))
    spins = on_gpu.spins().copy_to_host()
    on_gpu.packed()
    ms.Sampler(ms.Ising(shape), 2.27, init=spins[0], rng=rng, device="cuda").sweep(1)
    on_cpu = sampler("cpu")
    on_cpu.sweep(5)
    np.testing.assert_array_equal(spins, on_cpu.spins())


def exercise_graph(model: ms.Model, replicas: int, rng: str) -> None:
    """Do the same with replicas of a graph; samples of one replica each share their numbers."""
    shared = replicas == 1

    def sampler(device: str) -> ms.Sampler:
        return ms.Sampler(
            model,
            TEMPERATURES[0] if shared else np.geomspace(0.5, 4.0, replicas),
            replicas=replicas,
            shared_random_numbers=shared,
            rng=rng,
            seed=1,
            engine="replica",
            device=device,
        )

    on_gpu = sampler("cuda")
    on_gpu.sweep(3)
    on_gpu.record(2, 1)
    if not shared:
        on_gpu.overlap()
    spins = on_gpu.spins().copy_to_host()
    on_cpu = sampler("cpu")
    on_cpu.sweep(5)
    np.testing.assert_array_equal(spins, on_cpu.spins())


def main() -> None:
    """Go through all combinations."""
    lattices = itertools.product(SHAPES, (0.0, 0.1), ("metropolis", "glauber"), ("philox", "aes"))
    done = [exercise(*case) for case in lattices]
    samples = ms.EdwardsAnderson((4, 3, 4), seed=1, samples=3)
    graphs = ((ms.Ising((3, 5), h=0.1), 4), (samples, 130), (samples, 1))
    done += [exercise_graph(*graph, rng) for graph in graphs for rng in ("philox", "aes")]
    print(f"{len(done)} samplers swept and looked at")


if __name__ == "__main__":
    main()
