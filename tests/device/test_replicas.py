"""The compiled replica engine of GPUs against that of the CPU: every call, bit for bit."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from multispin import _core

if TYPE_CHECKING:
    from multispin import _cuda

PAIRS = np.array([[0, 1], [64, 3], [5, 5]], dtype=np.uint32)


def torus(*shape: int) -> np.ndarray:
    """Return the edges of the periodic hypercubic lattice."""
    sites = np.arange(int(np.prod(shape)), dtype=np.uint32).reshape(shape)
    ends = [np.roll(sites, -1, axis) for axis in range(len(shape))]
    return np.concatenate([np.stack([sites.ravel(), end.ravel()], axis=1) for end in ends])


def engines(
    *shape: int, replicas: int, samples: int = 1, **options: Any
) -> tuple[_core.ReplicaEngine, _cuda.ReplicaEngine]:
    """Return the same engine twice, started at random: on the CPU and on the GPU."""
    from multispin import _cuda

    edges = torus(*shape)
    random = np.random.default_rng(11)
    settings: dict[str, Any] = {
        "sites": int(np.prod(shape)),
        "edges": edges,
        "signs": random.choice(np.array([-1, 1], dtype=np.int8), (samples, len(edges))),
        "replicas": replicas,
        "J": 1.0,
        "h": 0.0,
        "dynamics": "metropolis",
        "rng": "philox",
        "seed": 0x0123456789ABCDEF,
        "first_stream": 0,
        "shared_random_numbers": False,
        **options,
    }
    both = (
        _core.ReplicaEngine(threads=1, **settings),
        _cuda.ReplicaEngine(device=0, **settings),
    )
    temperatures = np.geomspace(0.5, 10.0, replicas)
    if settings["shared_random_numbers"]:
        temperatures = np.full(replicas, 2.0)
    for engine in both:
        engine.set_temperatures(temperatures)
        engine.randomize()
    return both


def assert_same(expected: _core.ReplicaEngine, engine: _cuda.ReplicaEngine) -> None:
    np.testing.assert_array_equal(engine.packed, expected.packed)
    for got, wanted in zip(engine.sums(), expected.sums(), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("shape", [(7,), (6, 6), (4, 4, 6), (2, 4, 2, 4), (2,) * 6])
@pytest.mark.parametrize(
    ("dynamics", "h", "rng"),
    list(itertools.product(("metropolis", "glauber"), (0.0, -0.4), ("philox", "aes"))),
)
def test_same_spins(shape: tuple[int, ...], dynamics: str, h: float, rng: str) -> None:
    """Every number of slots, rule and generator."""
    both = engines(*shape, replicas=130, dynamics=dynamics, h=h, rng=rng, first_stream=70)
    for engine in both:
        engine.sweep(3)
    assert_same(*both)


@pytest.mark.parametrize("shape", [(2,) * 7, (3,) * 7, (2,) * 9])
@pytest.mark.parametrize("samples", [1, 130])
@pytest.mark.parametrize("rng", ["philox", "aes"])
def test_same_spins_with_many_bonds(shape: tuple[int, ...], samples: int, rng: str) -> None:
    """14 and 18 bonds a site."""
    both = engines(*shape, replicas=130, samples=samples, rng=rng, first_stream=70)
    for engine in both:
        engine.sweep(3)
    assert_same(*both)
    np.testing.assert_array_equal(both[1].link_overlaps(PAIRS), both[0].link_overlaps(PAIRS))


@pytest.mark.parametrize("replicas", [1, 64, 65, 513, 5000])
@pytest.mark.parametrize("shared", [False, True])
def test_same_spins_with_signs_of_their_own(replicas: int, shared: bool) -> None:
    """Few lanes and many, alone or sharing random numbers."""
    both = engines(
        8, 8, 8, replicas=replicas, samples=replicas, shared_random_numbers=shared, first_stream=511
    )
    records = [engine.record(2, 2) for engine in both]
    np.testing.assert_array_equal(records[1], records[0])
    assert_same(*both)


def test_same_overlaps() -> None:
    """Overlaps, link overlaps, and overlaps by groups."""
    expected, engine = engines(12, 10, 8, replicas=130, samples=2, first_stream=9)
    expected.sweep(2)
    engine.sweep(2)
    group_of = np.arange(960, dtype=np.int32) % 7
    np.testing.assert_array_equal(engine.overlaps(PAIRS), expected.overlaps(PAIRS))
    np.testing.assert_array_equal(engine.link_overlaps(PAIRS), expected.link_overlaps(PAIRS))
    np.testing.assert_array_equal(
        engine.group_overlaps(PAIRS, group_of, 9), expected.group_overlaps(PAIRS, group_of, 9)
    )


def test_goes_on_where_the_cpu_left_off() -> None:
    """A state taken from the CPU is that of the GPU, and the spins by site are the same."""
    expected, engine = engines(6, 6, 6, replicas=70)
    expected.sweep(5)
    sweeps, temperatures, packed = expected.state()
    engine.fill(True)
    engine.set_packed(packed)
    engine.set_temperatures(temperatures)
    engine.sweeps_done = sweeps
    np.testing.assert_array_equal(engine.spins, expected.spins)
    expected.sweep(4)
    engine.sweep(4)
    assert_same(expected, engine)
    engine.set_spins(np.ascontiguousarray(-expected.spins))
    np.testing.assert_array_equal(engine.spins, -expected.spins)
