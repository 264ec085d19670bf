"""The engine of real couplings and its slow twin, spin for spin, at every instruction set.

Each case runs with couplings kept for all pairs and for the edges alone, whatever the graph.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from multispin import _core
from reference.real import Real

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.usefixtures("isa")

RULES = list(
    itertools.product(("metropolis", "glauber", "parallel"), ("fixed", "random"), ("aes", "philox"))
)
each_rule = pytest.mark.parametrize(("dynamics", "order", "rng"), RULES)


class Case(NamedTuple):
    """Arguments of a run."""

    sites: int
    replicas: int
    dynamics: str = "metropolis"
    order: str = "fixed"
    rng: str = "aes"
    model: str = "gaussian"
    first_stream: int = 0
    samples: int = 1
    held: bool = False
    before: int = 0  # sweeps that count as done
    sweeps: int = 2
    seed: int = 0x0123456789ABCDEF


@functools.cache
def model_of(case: Case) -> dict[str, Any]:
    """Edges, couplings (samples, edges) and fields (sites); some pairs have two edges."""
    random = np.random.default_rng([case.sites, case.samples])
    most = 6 * case.sites
    if case.sites * (case.sites - 1) // 2 <= most:
        edges = np.array([(i, j) for i in range(case.sites) for j in range(i)])
    else:
        first = random.integers(case.sites, size=most)
        edges = np.stack([first, (first + random.integers(1, case.sites, size=most))], axis=1)
        edges %= case.sites
    edges = edges.reshape(-1, 2)
    if len(edges) > 1:
        edges = np.concatenate([edges, edges[:2]])
    shape = (case.samples, len(edges))
    if case.model == "gaussian":
        couplings, fields = random.normal(size=shape), random.normal(size=case.sites)
    elif case.model == "signs":  # where local fields vanish
        couplings, fields = random.choice([-1.0, 1.0], shape), np.zeros(case.sites)
    else:  # beside each other in size, fields that cancel what couplings add up to
        couplings = random.choice([-3.0, 0.0, 1e-9, 3.0], shape)
        fields = random.choice([0.0, -3.0, 6.0, 1e-9], case.sites)
    return {"edges": edges.astype(np.uint32), "couplings": couplings, "fields": fields}


def temperatures_of(case: Case) -> NDArray[np.float64]:
    """From far below to far above the largest local field, and some zeros."""
    given = model_of(case)
    largest = np.abs(given["fields"])
    np.add.at(largest, given["edges"][:, 0], np.abs(given["couplings"][0]))
    np.add.at(largest, given["edges"][:, 1], np.abs(given["couplings"][0]))
    if case.replicas == 1:
        return np.array([0.3 * largest.max()])
    scale = np.concatenate([np.geomspace(1e-3, 1e9, 13), np.geomspace(0.03, 3.0, 30)])
    temperatures = largest.max() * np.resize(scale, case.replicas)
    temperatures[5::11] = 0.0
    return temperatures


def held_of(case: Case) -> NDArray[np.bool_]:
    """Which spins are held, (replicas, sites): others in every replica."""
    return np.random.default_rng(3).random((case.replicas, case.sites)) < 0.4


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Words (sites, words) of (replicas, sites)."""
    words = np.zeros((bits.shape[1], -(-bits.shape[0] // 64)), dtype=np.uint64)
    for r, of_one in enumerate(bits):
        words[:, r // 64] |= of_one.astype(np.uint64) << np.uint64(r % 64)
    return words


def make_twin(case: Case) -> Real:
    twin = Real(
        case.sites,
        temperatures=temperatures_of(case),
        dynamics=case.dynamics,
        order=case.order,
        rng=case.rng,
        seed=case.seed,
        first_stream=case.first_stream,
        **model_of(case),
    )
    twin.sweeps_done = case.before
    if case.held:
        twin.held = held_of(case)
    return twin


def make_engine(case: Case, dense: bool, threads: int = 1) -> _core.RealEngine:
    engine = _core.RealEngine(
        sites=case.sites,
        replicas=case.replicas,
        dense=dense,
        dynamics=case.dynamics,
        order=case.order,
        rng=case.rng,
        seed=case.seed,
        first_stream=case.first_stream,
        threads=threads,
        **model_of(case),
    )
    engine.set_temperatures(temperatures_of(case))
    engine.randomize()
    engine.sweeps_done = case.before
    if case.held:
        engine.hold(packed(held_of(case)))
    return engine


class Expected(NamedTuple):
    """What the twin gives."""

    step: float
    rounding_error: float
    start: NDArray[np.int8]
    minus_energies: NDArray[np.int64]
    after: NDArray[np.int8]
    minus_energies_after: NDArray[np.int64]


@functools.cache
def expected(case: Case) -> Expected:
    twin = make_twin(case)
    start, before = twin.spins.copy(), twin.minus_energies()
    twin.sweep(case.sweeps)
    after = twin.minus_energies()
    return Expected(twin.step, twin.rounding_error, start, before, twin.spins, after)


def check(case: Case, threads: int = 1) -> None:
    wanted = expected(case)
    for dense in (True, False):
        engine = make_engine(case, dense, threads)
        assert engine.step == wanted.step
        assert engine.rounding_error == pytest.approx(wanted.rounding_error, rel=1e-12)
        np.testing.assert_array_equal(engine.spins, wanted.start)
        np.testing.assert_array_equal(engine.sums()[0], wanted.minus_energies)
        engine.sweep(case.sweeps)
        np.testing.assert_array_equal(engine.spins, wanted.after)
        np.testing.assert_array_equal(engine.sums()[0], wanted.minus_energies_after)
        np.testing.assert_array_equal(engine.sums()[1], wanted.after.sum(axis=1))


@pytest.mark.one_in(3)
@each_rule
@pytest.mark.parametrize("model", ["gaussian", "signs", "mixed"])
@pytest.mark.parametrize("held", [False, True])
def test_every_rule(dynamics: str, order: str, rng: str, model: str, held: bool) -> None:
    check(Case(33, 43, dynamics, order, rng, model, held=held, sweeps=3))


# One below, at and one above the numbers of a wide word, of a group of random numbers and a tile,
# of a block, of several; 512 are what a step of the sparse kernels takes.
SITES = [1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 193, 255, 256, 257]


@pytest.mark.parametrize("sites", SITES)
@pytest.mark.parametrize(
    ("dynamics", "order", "rng"),
    [("metropolis", "fixed", "aes"), ("glauber", "random", "philox"), ("parallel", "fixed", "aes")],
)
def test_every_number_of_sites(sites: int, dynamics: str, order: str, rng: str) -> None:
    check(Case(sites, 9, dynamics, order, rng))


@pytest.mark.parametrize("sites", [511, 512, 513])
def test_steps_of_a_sweep(sites: int) -> None:
    check(Case(sites, 5, "parallel" if sites == 513 else "metropolis"))


@pytest.mark.parametrize("replicas", [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 257, 513])
@pytest.mark.parametrize(
    ("dynamics", "order", "rng"),
    [("metropolis", "random", "philox"), ("glauber", "fixed", "aes"), ("parallel", "fixed", "aes")],
)
def test_every_number_of_replicas(replicas: int, dynamics: str, order: str, rng: str) -> None:
    check(Case(17, replicas, dynamics, order, rng))


@pytest.mark.parametrize(("sites", "replicas"), [(129, 33), (257, 257)])
@pytest.mark.parametrize("dynamics", ["metropolis", "parallel"])
def test_several_blocks_of_several_words(sites: int, replicas: int, dynamics: str) -> None:
    check(Case(sites, replicas, dynamics, "random", "philox", "mixed", held=True))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    ("replicas", "samples"), [(7, 1), (70, 1), (600, 1), (12, 4), (130, 2), (6, 6)]
)
def test_threads_and_samples(replicas: int, samples: int, threads: int) -> None:
    check(Case(33, replicas, "glauber", "random", samples=samples, first_stream=5), threads)
    check(Case(33, replicas, samples=samples, held=True, rng="philox"), threads)


@pytest.mark.parametrize("first_stream", [1, 63, 2**22 - 40])
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_streams_belong_to_replicas(first_stream: int, rng: str) -> None:
    check(Case(70, 40, rng=rng, first_stream=first_stream))


@pytest.mark.parametrize("before", [2**32 - 1, 2**40 + 3])
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_late_sweeps(before: int, rng: str) -> None:
    check(Case(70, 9, order="random", rng=rng, before=before))


@pytest.mark.one_in(7)
@each_rule
def test_many_sweeps(dynamics: str, order: str, rng: str) -> None:
    check(Case(10, 43, dynamics, order, rng, "signs", sweeps=100))


def test_seeds() -> None:
    for seed in (0, 1, 2**32, 2**64 - 1):
        for rng in ("aes", "philox"):
            check(Case(9, 9, order="random", rng=rng, seed=seed))


# --- what a run goes through ---------------------------------------------------------------------


@pytest.mark.one_in(3)
@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("dynamics", ["metropolis", "parallel"])
def test_measurements(dense: bool, dynamics: str) -> None:
    case = Case(65, 20, dynamics)
    twin, engine = make_twin(case), make_engine(case, dense, threads=2)
    bonds, spins = engine.record(4, 3)
    for draw in range(4):
        twin.sweep(3)
        np.testing.assert_array_equal(bonds[draw], twin.minus_energies())
        np.testing.assert_array_equal(spins[draw], twin.spins.sum(axis=1))
    assert engine.sweeps_done == 12


@pytest.mark.one_in(31)
@pytest.mark.parametrize("dense", [True, False])
@each_rule
def test_spins_held_for_a_while(dense: bool, dynamics: str, order: str, rng: str) -> None:
    case = Case(65, 70, dynamics, order, rng)
    twin, engine = make_twin(case), make_engine(case, dense)
    none = np.zeros((case.replicas, case.sites), dtype=np.bool_)
    for held in (none, held_of(case), ~held_of(case), ~none, None):
        twin.held = none if held is None else held
        engine.hold(None if held is None else packed(held))
        before = engine.spins.copy()
        twin.sweep(2)
        engine.sweep(2)
        np.testing.assert_array_equal(engine.spins, twin.spins)
        np.testing.assert_array_equal(engine.spins[twin.held], before[twin.held])


@pytest.mark.one_in(5)
@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("factor", [1.0, 1e-6, 1e6, 0.0])
def test_other_couplings_in_place(dense: bool, samples: int, factor: float) -> None:
    case = Case(65, 21, samples=samples, held=True)
    engine = make_engine(case, dense, threads=2)
    engine.sweep(2)
    random = np.random.default_rng(4)
    couplings = factor * random.normal(size=model_of(case)["couplings"].shape)
    fields = factor * random.normal(size=case.sites)
    engine.set_couplings(couplings, fields)

    fresh = _core.RealEngine(
        sites=case.sites,
        edges=model_of(case)["edges"],
        couplings=couplings,
        fields=fields,
        replicas=case.replicas,
        dense=dense,
        dynamics="metropolis",
        order="fixed",
        rng="aes",
        seed=case.seed,
        first_stream=0,
        threads=1,
    )
    fresh.set_temperatures(temperatures_of(case))
    fresh.set_spins(engine.spins)
    fresh.sweeps_done = 2
    fresh.hold(packed(held_of(case)))

    twin = make_twin(case)
    twin.sweep(2)
    twin.set_couplings(couplings, fields)
    for _ in range(2):
        np.testing.assert_array_equal(engine.spins, twin.spins)
        np.testing.assert_array_equal(fresh.spins, twin.spins)
        np.testing.assert_array_equal(engine.sums()[0], twin.minus_energies())
        assert engine.step == fresh.step == twin.step
        assert engine.rounding_error == fresh.rounding_error
        engine.sweep(2)
        fresh.sweep(2)
        twin.sweep(2)


@pytest.mark.one_in(11)
@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber", "parallel"])
def test_other_spins_and_temperatures_in_place(dense: bool, dynamics: str) -> None:
    case = Case(129, 70, dynamics, "random")
    twin, engine = make_twin(case), make_engine(case, dense)
    random = np.random.default_rng(5)
    for round_ in range(4):
        spins = random.choice(np.array([-1, 1], dtype=np.int8), (case.replicas, case.sites))
        if round_ % 2 == 0:
            engine.set_spins(spins)
        else:
            engine.set_packed(packed(spins > 0))
        twin.spins = spins.copy()
        twin.temperatures = random.permutation(twin.temperatures)
        engine.set_temperatures(twin.temperatures)
        np.testing.assert_array_equal(engine.sums()[0], twin.minus_energies())
        engine.sweep(1)
        twin.sweep(1)
        np.testing.assert_array_equal(engine.spins, twin.spins)


# --- couplings of every size ---------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.0, 1e-292, 1e-280, 1e-20, 1e20, 1e150])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_couplings_of_every_size(factor: float, dynamics: str) -> None:
    random = np.random.default_rng(6)
    edges = np.array([(i, j) for i in range(9) for j in range(i)], dtype=np.uint32)
    couplings = factor * random.integers(-9, 9, size=(1, len(edges)))
    fields = factor * random.integers(-9, 9, size=9).astype(np.float64)
    temperatures = np.array([0.0, 1e-320, 1e-300, 1e-10, 1.0, 1e10, 1e300])
    if factor > 0:
        temperatures = np.concatenate([temperatures, factor * np.array([1.0, 5.0, 20.0])])
    twin = Real(9, edges, couplings, fields, temperatures, dynamics, seed=3)
    starts = twin.spins.copy()
    twin.sweep(5)
    for dense in (True, False):
        engine = _core.RealEngine(
            sites=9,
            edges=edges,
            couplings=couplings,
            fields=fields,
            replicas=len(temperatures),
            dense=dense,
            dynamics=dynamics,
            order="fixed",
            rng="aes",
            seed=3,
            first_stream=0,
            threads=1,
        )
        engine.set_temperatures(temperatures)
        engine.randomize()
        assert engine.step == twin.step
        np.testing.assert_array_equal(engine.spins, starts)
        engine.sweep(5)
        np.testing.assert_array_equal(engine.spins, twin.spins)


@pytest.mark.parametrize("sites", [2, 40, 200])
def test_largest_field_that_there_can_be(sites: int) -> None:
    """Couplings just above and just below what makes a step: sums stay inside of 30 bits."""
    edges = np.array([(0, j) for j in range(1, sites)], dtype=np.uint32)
    for exact in (1.0, np.nextafter(1.0, 0.0), np.nextafter(1.0, 2.0)):
        room = 2**30 - 1 - sites // 2 - 64
        couplings = np.full((1, len(edges)), exact * room / (sites - 1))
        twin = Real(sites, edges, couplings, np.zeros(sites), np.full(5, room / 10.0))
        assert twin.fields.max() + np.abs(twin.couplings).sum(axis=2).max() < 2**30
        twin.spins[:] = 1
        twin.spins[1, :] = -1
        twin.spins[2, 0] = -1
        starts = twin.spins.copy()
        twin.sweep(3)
        for dense in (True, False):
            engine = _core.RealEngine(
                sites=sites,
                edges=edges,
                couplings=couplings,
                fields=np.zeros(sites),
                replicas=5,
                dense=dense,
                dynamics="metropolis",
                order="fixed",
                rng="aes",
                seed=1,
                first_stream=0,
                threads=1,
            )
            engine.set_temperatures(twin.temperatures)
            engine.set_spins(starts)
            assert engine.step == twin.step
            engine.sweep(3)
            np.testing.assert_array_equal(engine.spins, twin.spins)
            np.testing.assert_array_equal(engine.sums()[0], twin.minus_energies())
