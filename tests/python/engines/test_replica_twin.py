"""The replica engine and its slow twin, spin for spin, at every instruction set."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from multispin import _core
from reference.replica import Replicas

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.usefixtures("isa")


def torus(*shape: int) -> list[tuple[int, int]]:
    """Edges of the periodic hypercubic lattice; a side of 2 has them double."""
    sites = np.arange(int(np.prod(shape))).reshape(shape)
    edges = []
    for axis in range(len(shape)):
        ends = np.roll(sites, -1, axis)
        edges += list(zip(sites.ravel().tolist(), ends.ravel().tolist(), strict=True))
    return edges


def star_forest() -> list[tuple[int, int]]:
    """Sites of every degree from 0 to 12: site k has k leaves of its own, k = 0 .. 12."""
    edges, leaf = [], 13
    for centre in range(13):
        for _ in range(centre):
            edges.append((centre, leaf))
            leaf += 1
    return edges


def hubs(*degrees: int) -> list[tuple[int, int]]:
    """Sites of these degrees, each with leaves of its own."""
    edges, leaf = [], len(degrees)
    for centre, degree in enumerate(degrees):
        edges += [(centre, leaf + i) for i in range(degree)]
        leaf += degree
    return edges


def dense(sites: int, edges: int) -> list[tuple[int, int]]:
    """A random graph with double bonds."""
    random = np.random.default_rng(3)
    first = random.integers(sites, size=edges)
    second = (first + random.integers(1, sites, size=edges)) % sites
    return list(zip(first.tolist(), second.tolist(), strict=True))


GRAPHS = {
    "ring of 5": torus(5),
    "square 3 x 4": torus(3, 4),
    "cube 2 x 2 x 3": torus(2, 2, 3),
    "cube 3 x 3 x 2": torus(3, 3, 2),
    "4 dimensions": torus(2, 2, 2, 2),
    "every degree": star_forest(),
    "no edges": [],
}
# Sites with more than 12 bonds: Metropolis without a field only.
MANY_BONDS = {
    "hubs": hubs(13, 14, 16, 31, 48, 63, 64, 127, 128, 200),
    "all pairs of 14": list(itertools.combinations(range(14), 2)),
    "all pairs of 17": list(itertools.combinations(range(17), 2)),
    "all pairs of 40": list(itertools.combinations(range(40), 2)),
    "few and many": dense(30, 200),
}
RULES = list(itertools.product(("metropolis", "glauber"), (0.0, -0.4), ("aes", "philox")))


class Case(NamedTuple):
    """Arguments of a run."""

    graph: str
    replicas: int
    dynamics: str = "metropolis"
    h: float = 0.0
    rng: str = "aes"
    first_stream: int = 0
    own_signs: bool = False
    shared: bool = False
    before: int = 0  # sweeps that count as done
    sweeps: int = 2
    seed: int = 0x0123456789ABCDEF


def inputs(case: Case) -> dict[str, Any]:
    random = np.random.default_rng(7)
    edges = (GRAPHS | MANY_BONDS)[case.graph]
    sites = 1 + max((max(edge) for edge in edges), default=4)
    samples = case.replicas if case.own_signs else 1
    temperatures = np.full(case.replicas, 1.7)
    if not case.shared:
        temperatures = np.geomspace(0.3, 50.0, case.replicas)
        # Two that always accept, as far as numbers of 48 bits can tell.
        temperatures[::17] = 1e17
    return {
        "sites": sites,
        "edges": np.array(edges, dtype=np.uint32).reshape(-1, 2),
        "signs": random.choice(np.array([-1, 1], dtype=np.int8), (samples, len(edges))),
        "temperatures": temperatures,
    }


@functools.cache
def expected(case: Case) -> tuple[NDArray[np.int8], NDArray[np.int8], int]:
    given = inputs(case)
    signs = given["signs"] if case.own_signs else given["signs"][0]
    twin = Replicas(
        given["sites"],
        given["edges"],
        signs,
        given["temperatures"],
        J=0.8,
        h=case.h,
        dynamics=case.dynamics,
        rng=case.rng,
        seed=case.seed,
        first_stream=case.first_stream,
        shared=case.shared,
    )
    start = twin.spins.copy()
    twin.sweeps_done = case.before
    twin.sweep(case.sweeps)
    return start, twin.spins, max(twin.colours(), default=-1) + 1


def make_engine(case: Case, threads: int = 1) -> _core.ReplicaEngine:
    given = inputs(case)
    temperatures = given.pop("temperatures")
    engine = _core.ReplicaEngine(
        **given,
        replicas=case.replicas,
        J=0.8,
        h=case.h,
        dynamics=case.dynamics,
        rng=case.rng,
        seed=case.seed,
        first_stream=case.first_stream,
        shared_random_numbers=case.shared,
        threads=threads,
    )
    engine.set_temperatures(temperatures)
    engine.randomize()
    return engine


def check(case: Case, threads: int = 1) -> None:
    start, after, colours = expected(case)
    engine = make_engine(case, threads)
    assert engine.colours == colours
    np.testing.assert_array_equal(engine.spins, start)
    engine.sweeps_done = case.before
    engine.sweep(case.sweeps)
    np.testing.assert_array_equal(engine.spins, after)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(("dynamics", "h", "rng"), RULES)
def test_every_graph_and_rule(graph: str, dynamics: str, h: float, rng: str) -> None:
    check(Case(graph, 70, dynamics, h, rng))


# Lanes that end inside, at and after each width of words, and in a second bundle of 512.
@pytest.mark.parametrize(
    "replicas", [1, 2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 700]
)
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_every_number_of_replicas(replicas: int, rng: str) -> None:
    check(Case("cube 2 x 2 x 3", replicas, rng=rng))


@pytest.mark.parametrize("first_stream", [1, 127, 128, 500, 2**26 - 300])
def test_streams_belong_to_replicas(first_stream: int) -> None:
    check(Case("square 3 x 4", 300, first_stream=first_stream))


@pytest.mark.parametrize(("dynamics", "h", "rng"), RULES)
def test_signs_of_their_own(dynamics: str, h: float, rng: str) -> None:
    check(Case("cube 3 x 3 x 2", 150, dynamics, h, rng, own_signs=True))


@pytest.mark.parametrize(("dynamics", "h", "rng"), RULES)
@pytest.mark.parametrize("graph", ["cube 3 x 3 x 2", "every degree"])
def test_shared_random_numbers(graph: str, dynamics: str, h: float, rng: str) -> None:
    check(Case(graph, 530, dynamics, h, rng, first_stream=100, own_signs=True, shared=True))


#: Aes draws again so seldom that it takes the twin many sweeps.
DRAWING_AGAIN = [pytest.param("aes", marks=pytest.mark.thorough), "philox"]


@pytest.mark.parametrize("rng", DRAWING_AGAIN)
def test_lanes_that_draw_again(rng: str) -> None:
    # 2^-13 or 2^-16 of the lanes do in each update: here some hundreds of times.
    sweeps = 90 if rng == "philox" else 500
    check(Case("square 3 x 4", 256, rng=rng, sweeps=sweeps))


@pytest.mark.parametrize("before", [2**32 - 1, 2**40 + 3])
def test_late_sweeps(before: int) -> None:
    for rng in ("aes", "philox"):
        check(Case("ring of 5", 130, rng=rng, before=before))


#: The slowest of the twin; "hubs" have as many bonds at a site.
_SLOW = pytest.param("all pairs of 40", marks=pytest.mark.thorough)


@pytest.mark.one_in(13)
@pytest.mark.parametrize("graph", [_SLOW if "40" in name else name for name in MANY_BONDS])
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_many_bonds(graph: str, rng: str) -> None:
    check(Case(graph, 70, rng=rng))
    if graph != "hubs":
        check(Case(graph, 40, rng=rng, own_signs=True, first_stream=100))


@pytest.mark.one_in(13)
@pytest.mark.parametrize(
    ("replicas", "rng"),
    [
        # Every number with one generator, and a few with the other, which is the slower twin.
        pytest.param(
            replicas, rng,
            marks=() if rng == "philox" or replicas in (65, 700) else pytest.mark.thorough,
        )
        for replicas in (1, 63, 64, 65, 129, 300, 512, 700)
        for rng in ("aes", "philox")
    ],
)  # fmt: skip
def test_every_number_of_replicas_with_many_bonds(replicas: int, rng: str) -> None:
    check(Case("few and many", replicas, rng=rng))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("rng", DRAWING_AGAIN)
def test_lanes_that_draw_again_with_many_bonds(rng: str) -> None:
    # Dozens of times with philox, some with aes.
    check(Case("all pairs of 14", 700, rng=rng, sweeps=8, before=2**32 - 4))


def test_threads_change_nothing() -> None:
    check(Case("cube 3 x 3 x 2", 1100), threads=3)
