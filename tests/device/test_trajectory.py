"""Bit for bit what the CPU does: every lattice, dynamics, field and generator."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from pathlib import Path

# Rows of less than a word to many, with all 64 lanes and fewer; strips that end early; lattices
# that one block sweeps and that need launches.
SHAPES = [
    (2, 2),
    (2, 6),
    (6, 94),
    (34, 126),
    (4, 128),
    (10, 130),
    (66, 148),
    (6, 378),
    (34, 640),
    (258, 1024),
    (1088, 256),
    (130, 16384),
    (2, 131072),
]

PHYSICS = [
    {"temperature": 2.269},
    {"temperature": 1e20},
    {"temperature": 1.7, "J": -1.0},
    {"temperature": 2.5, "h": 0.3},
    {"temperature": 1.3, "J": -0.7, "h": -1.1},
    {"temperature": 3.0, "h": 4.0},
]


def pair(shape: tuple[int, int], J: float = 1.0, h: float = 0.0, **arguments: Any) -> list[Any]:
    """Return the same sampler on the CPU and on the GPU."""
    return [
        ms.Sampler(ms.Ising(shape, J=J, h=h), device=device, engine="lattice", **arguments)
        for device in ("cpu", "cuda")
    ]


def words(sampler: ms.Sampler) -> Any:
    packed = sampler.packed()
    return packed.copy_to_host() if isinstance(packed, ms.DeviceArray) else packed


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("physics", PHYSICS, ids=str)
@pytest.mark.parametrize("rng", ["philox", "aes"])
def test_spins_equal_those_of_the_cpu(dynamics: str, physics: dict[str, float], rng: str) -> None:
    for shape in SHAPES:
        cpu, gpu = pair(shape, dynamics=dynamics, rng=rng, seed=11, **physics)
        np.testing.assert_array_equal(words(cpu), words(gpu), f"start of {shape}")
        for sampler in (cpu, gpu):
            sampler.sweep(3)
        np.testing.assert_array_equal(words(cpu), words(gpu), str(shape))
        np.testing.assert_array_equal(cpu.energy(), gpu.energy())
        np.testing.assert_array_equal(cpu.magnetization(), gpu.magnetization())


def test_many_tails_and_sweeps() -> None:
    """One lane in 2**13 draws again: here, in 10**4 words."""
    cpu, gpu = pair((1024, 2048), temperature=2.4, rng="philox", seed=3)
    for sampler in (cpu, gpu):
        sampler.sweep(20)
    np.testing.assert_array_equal(words(cpu), words(gpu))


@pytest.mark.parametrize("replicas", [2, 8])
def test_replicas_of_one_launch(replicas: int) -> None:
    # Too large for one block of threads each; a launch has more arguments from eight on.
    temperatures = np.linspace(2.0, 3.0, replicas)
    cpu, gpu = pair((520, 8192), temperature=temperatures, replicas=replicas, rng="philox", seed=3)
    for one in (cpu, gpu):
        one.sweep(1)
    np.testing.assert_array_equal(words(gpu), words(cpu))


@pytest.mark.parametrize("shape", [(16, 64), (1088, 256)])
@pytest.mark.parametrize("replicas", [2, 9, 40])
def test_replicas(shape: tuple[int, int], replicas: int) -> None:
    temperatures = np.linspace(1.0, 4.0, replicas)
    cpu, gpu = pair(
        shape, temperature=temperatures, replicas=replicas, rng="philox", seed=5, first_stream=7
    )
    recorded = [sampler.record(3, 2) for sampler in (cpu, gpu)]
    for expected, got in zip(*recorded, strict=True):
        np.testing.assert_array_equal(expected, got)
    temperatures[replicas // 2] = 1e20  # another rule than its neighbours
    for sampler in (cpu, gpu):
        sampler.temperature = temperatures
        sampler.sweep(2)
    np.testing.assert_array_equal(words(cpu), words(gpu))
    np.testing.assert_array_equal(cpu.overlap(), gpu.overlap())


def test_observables() -> None:
    cpu, gpu = pair((24, 384), temperature=2.3, replicas=2, rng="philox", seed=5)
    for sampler in (cpu, gpu):
        sampler.sweep(10)
    for expected, got in zip(cpu.correlation(), gpu.correlation(), strict=True):
        np.testing.assert_array_equal(expected, got)
    for block in (2, (3, 12), (24, 384)):
        np.testing.assert_array_equal(cpu.block_average(block, 1), gpu.block_average(block, 1))
    np.testing.assert_array_equal(cpu.spins(), gpu.spins().copy_to_host())


def test_moments() -> None:
    cpu, gpu = pair((6, 94), temperature=2.3, replicas=5, rng="philox", seed=5)
    for expected, got in zip(cpu.moments(), gpu.moments(), strict=True):
        np.testing.assert_array_equal(expected, got)


@pytest.mark.parametrize("rng", ["philox", "aes"])
@pytest.mark.parametrize("begin", ["cpu", "cuda"])
def test_saved_on_one_device_and_loaded_on_the_other(rng: str, begin: str, tmp_path: Path) -> None:
    model = ms.Ising((34, 148), h=0.1)
    arguments: dict[str, Any] = {"temperature": [2.0, 3.0], "replicas": 2, "rng": rng, "seed": 9}
    whole = ms.Sampler(model, device="cpu", **arguments)
    whole.sweep(9)
    sampler = ms.Sampler(model, device=begin, **arguments)
    sampler.sweep(4)
    sampler.save(tmp_path / "state.npz")
    for device in ("cpu", "cuda"):
        resumed = ms.Sampler.load(tmp_path / "state.npz", device=device)
        assert resumed.info()["device"].startswith(device)
        assert resumed.sweeps_done == 4
        resumed.sweep(5)
        np.testing.assert_array_equal(words(resumed), words(whole))


def test_several_samplers_side_by_side() -> None:
    """Each has a queue of its own, and none waits for another."""
    samplers = [pair((258, 1024), temperature=2.0 + i, rng="philox", seed=i) for i in range(4)]
    for _ in range(3):
        for cpu, gpu in samplers:
            cpu.sweep(2)
            gpu.sweep(2)
    for cpu, gpu in samplers:
        np.testing.assert_array_equal(words(cpu), words(gpu))


def test_simulate_gives_the_same_on_both() -> None:
    runs = [
        ms.simulate(
            ms.Ising((16, 64)),
            [2.0, 2.5],
            sweeps=40,
            thermalization=10,
            interval=2,
            replicas=3,
            seed=4,
            rng="philox",
            device=device,
        )
        for device in ("cpu", "cuda")
    ]
    for name in ("energy", "magnetization"):
        np.testing.assert_array_equal(runs[0][name], runs[1][name])
    assert [run.attrs["device"] for run in runs] == ["cpu", "cuda:0"]


def test_the_gpu_draws_philox_unless_told() -> None:
    for dynamics, device in itertools.product(("metropolis", "glauber"), ("cuda", "cuda:0")):
        sampler = ms.Sampler(ms.Ising((4, 4)), device=device, dynamics=dynamics)
        assert sampler.info()["generator"] == "philox"
