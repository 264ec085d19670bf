"""The pattern engine and its slow twin, spin for spin, at every instruction set."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import multispin as ms
from multispin import _core
from multispin.models.forms import Patterns
from reference.pattern import Patterns as Twin

pytestmark = pytest.mark.usefixtures("isa")

RULES = list(
    itertools.product(("metropolis", "glauber", "parallel"), ("fixed", "random"), ("aes", "philox"))
)


def check(
    sites: int,
    count: int,
    replicas: int,
    dynamics: str,
    order: str,
    rng: str,
    first_stream: int = 0,
) -> None:
    random = np.random.default_rng([sites, count])
    patterns = random.choice(np.array([-1, 1], dtype=np.int8), (count, sites))
    h = random.normal(size=sites) * (sites % 2)  # none for even numbers: fields vanish
    form = ms.Hopfield(patterns, h).form(Patterns)
    temperatures = np.resize(np.geomspace(0.02, 100, 23), replicas) * np.sqrt(count)
    temperatures[5::7] = 0.0
    options = {"dynamics": dynamics, "order": order, "rng": rng, "seed": 99}
    twin = Twin(patterns, h, temperatures, form.unit, first_stream=first_stream, **options)
    engine = _core.RealEngine(
        sites=sites, edges=np.empty((0, 2), np.uint32), couplings=np.empty((1, 0)), fields=h,
        replicas=replicas, dense=False, first_stream=first_stream, threads=1, unit=form.unit,
        patterns=form.words, **options,
    )  # fmt: skip
    assert engine.step == twin.step
    assert engine.rounding_error == pytest.approx(twin.rounding_error, rel=1e-12)
    engine.set_temperatures(temperatures)
    engine.randomize()
    held = random.random((replicas, sites)) < 0.2
    for hold in (False, True):
        if hold:
            words = np.zeros((sites, -(-replicas // 64)), dtype=np.uint64)
            for r in range(replicas):
                words[:, r // 64] |= held[r].astype(np.uint64) << np.uint64(r % 64)
            engine.hold(words)
            twin.held = held
        np.testing.assert_array_equal(engine.spins, twin.spins)
        np.testing.assert_array_equal(engine.sums()[0], twin.minus_energies())
        overlaps = twin.spins.astype(np.int64) @ patterns.T.astype(np.int64)
        np.testing.assert_array_equal(engine.pattern_overlaps(), overlaps)
        engine.sweep(2)
        twin.sweep(2)
    np.testing.assert_array_equal(engine.spins, twin.spins)


@pytest.mark.one_in(5)
@pytest.mark.parametrize(("dynamics", "order", "rng"), RULES)
def test_every_rule(dynamics: str, order: str, rng: str) -> None:
    check(66, 5, 30, dynamics, order, rng)
    check(45, 40, 9, dynamics, order, rng, first_stream=1000)


# One below, at and one above what a lane, a part of a word and a block take.
@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "count", [1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1025]
)
def test_every_number_of_patterns(count: int) -> None:
    check(40, count, 5, "glauber", "fixed", "aes")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("sites", [1, 2, 63, 64, 65, 127, 128, 129, 257])
def test_every_number_of_sites(sites: int) -> None:
    check(sites, 7, 5, "metropolis", "random", "aes")
    check(sites, 7, 5, "parallel", "fixed", "philox")


@pytest.mark.parametrize("replicas", [1, 63, 64, 65, 130])
def test_every_number_of_replicas(replicas: int) -> None:
    check(33, 6, replicas, "metropolis", "fixed", "philox")
