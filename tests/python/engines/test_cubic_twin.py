"""The engine on the cubic lattice and its slow twin, spin for spin, at every instruction set.

As in test_sampler_twin, but of the compiled engine itself. The C++ tests go through more shapes,
against a twin of their own.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from multispin import _core
from reference.lattice import Lattice

pytestmark = pytest.mark.usefixtures("isa")

RULES = [
    (dynamics, J, h)
    for dynamics in ("metropolis", "glauber")
    for J, h in ((1.0, 0.0), (-1.0, 0.0), (0.7, -0.4))
]
# Several rows in a wide word, planes that end with one and not; fewer lanes; one row in many.
SHAPES = [
    (2, 2, 2), (4, 2, 6), (2, 10, 14), (4, 6, 128), (2, 16, 128), (2, 10, 256), (2, 6, 384),
    (4, 6, 512), (2, 4, 130), (2, 4, 640), (2, 4, 1024), (2, 2, 2176),
]  # fmt: skip


def make_engine(shape: tuple[int, int, int], **changes: Any) -> _core.LatticeEngine:
    planes, rows, columns = shape
    arguments: dict[str, Any] = {
        "replicas": 1, "J": 1.0, "h": 0.0, "dynamics": "metropolis", "rng": "aes",
        "seed": 0x0123456789ABCDEF, "first_stream": 0, "threads": 1,
    }  # fmt: skip
    return _core.LatticeEngine(
        planes=planes, rows=rows, columns=columns, **{**arguments, **changes}
    )


@pytest.mark.one_in(29)
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_every_shape_and_rule(shape: tuple[int, int, int], rng: str) -> None:
    for dynamics, J, h in RULES:
        engine = make_engine(shape, J=J, h=h, dynamics=dynamics, rng=rng)
        engine.set_temperatures(np.array([4.2]))
        engine.randomize()
        twin = Lattice(shape, 4.2, J, h, dynamics, rng, seed=0x0123456789ABCDEF)
        for sweeps in (0, 2):
            engine.sweep(sweeps)
            twin.sweep(sweeps)
            np.testing.assert_array_equal(engine.spins[0], twin.spins)
            np.testing.assert_array_equal(engine.packed[0], twin.packed())


def test_replicas_and_what_is_measured_of_them() -> None:
    shape = (4, 6, 20)
    engine = make_engine(shape, replicas=3, first_stream=7)
    engine.set_temperatures(np.array([2.0, 4.5, 9.0]))
    engine.randomize()
    bonds, total = engine.record(2, 3)
    spins = engine.spins.astype(np.int64)
    assert spins.shape == (3, *shape)
    for r, T in enumerate((2.0, 4.5, 9.0)):
        twin = Lattice(shape, T, seed=0x0123456789ABCDEF, stream=7 + r)
        twin.sweep(6)
        np.testing.assert_array_equal(spins[r], twin.spins)
        assert total[-1, r] == spins[r].sum()
        assert bonds[-1, r] == sum((spins[r] * np.roll(spins[r], 1, a)).sum() for a in range(3))
    correlation = engine.correlation()
    assert len(correlation) == 3
    for axis, sums in enumerate(correlation):
        for d, r in itertools.product(range(shape[axis] // 2 + 1), range(3)):
            assert sums[r, d] == (spins[r] * np.roll(spins[r], -d, axis)).sum()
    means = spins[1].reshape(4, 2, 3, 5, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(engine.block_average(1, 3, 4), means, atol=1e-6)


def test_spins_and_words_go_in_and_out() -> None:
    shape = (4, 6, 148)
    engine, other = make_engine(shape, replicas=2), make_engine(shape, replicas=2)
    engine.randomize()
    assert engine.packed.shape == (2, 2, 4, 6, 2)
    other.set_spins(engine.spins)
    np.testing.assert_array_equal(other.packed, engine.packed)
    other.fill(up=False)
    other.set_packed(engine.packed)
    np.testing.assert_array_equal(other.spins, engine.spins)
    with pytest.raises(ValueError, match="init: got"):
        other.set_spins(engine.spins[0])


@pytest.mark.parametrize("planes", [0, -2, 3, 2**31 + 2])
def test_planes_are_one_or_even(planes: int) -> None:
    with pytest.raises(ValueError, match=rf"shape: got a side of {planes}.*even sides"):
        make_engine((planes, 4, 4))
