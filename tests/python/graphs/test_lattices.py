"""Boundaries, lattices with several sites a cell, further neighbours, trees and small worlds."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import multispin as ms
from multispin import graphs

if TYPE_CHECKING:
    from collections.abc import Callable

Edges = npt.NDArray[np.int64]


def pairs(edges: Edges) -> set[frozenset[int]]:
    """Edges without their direction, of which none is twice or leads back."""
    found = {frozenset(edge) for edge in edges.tolist()}
    assert len(found) == len(edges)
    assert all(len(pair) == 2 for pair in found)
    return found


def degrees(edges: Edges, n: int) -> list[int]:
    return np.bincount(edges.ravel(), minlength=n).tolist()


# --- boundaries -----------------------------------------------------------------------------------


def step_up(x: tuple[int, ...], axis: int, shape: tuple[int, ...], boundary: Any) -> Any:
    """Site one step up an axis, written out: None beyond an open end."""
    there = list(x)
    there[axis] += 1
    while there[axis] == shape[axis]:
        if boundary[axis] == "open":
            return None
        there[axis] = 0
        if boundary[axis] == "periodic" or axis == 0:
            break
        axis -= 1
        there[axis] += 1
    return tuple(there)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 3)])
def test_hypercubic_with_every_boundary(shape: tuple[int, ...]) -> None:
    kinds = ("periodic", "open", "helical")
    for boundary in itertools.product(kinds, repeat=len(shape)):
        expected = [
            [np.ravel_multi_index(x, shape), np.ravel_multi_index(there, shape)]
            for axis in range(len(shape))
            for x in np.ndindex(*shape)
            if (there := step_up(x, axis, shape, boundary)) is not None
        ]
        found = graphs.hypercubic(shape, boundary)
        assert found.tolist() == expected, boundary
        assert found.dtype == np.int64
        by_axis = [graphs.hypercubic(shape, boundary, axis) for axis in range(len(shape))]
        assert np.concatenate(by_axis).tolist() == expected


def test_periodic_is_what_it_was() -> None:
    for shape in ((4,), (3, 4), (2, 3, 5)):
        same = graphs.hypercubic(shape), graphs.hypercubic(shape, "periodic")
        assert same[0].tolist() == same[1].tolist()


def test_helical_sites_are_a_number_apart() -> None:
    edges = graphs.hypercubic((3, 4, 5), "helical")
    for step, part in zip((20, 5, 1), np.split(edges, 3), strict=True):
        assert ((part[:, 1] - part[:, 0]) % 60 == step).all()


def test_an_open_chain_has_the_partition_function_of_free_bonds() -> None:
    edges = graphs.hypercubic((12,), "open")
    exact = ms.exact.enumerate(ms.Pairwise.from_edges(12, edges, 0.7), 1.3)
    expected = math.log(2) + 11 * math.log(2 * math.cosh(0.7 / 1.3))
    assert exact.log_partition == pytest.approx(expected, rel=1e-12)


def test_open_lattices_lack_the_edges_around() -> None:
    assert len(graphs.hypercubic((4, 6), "open")) == 3 * 6 + 4 * 5
    assert len(graphs.hypercubic((4, 6), ("periodic", "open"))) == 24 + 4 * 5
    assert len(graphs.triangular((4, 6), "open")) == 3 * 6 + 4 * 5 + 3 * 5
    assert len(graphs.honeycomb((4, 6), "open")) == 4 * 5 + 3 * 6 // 2
    assert graphs.hypercubic((2, 2), "open").tolist() == [[0, 2], [1, 3], [0, 1], [2, 3]]


def test_triangular_lattices_may_be_helical() -> None:
    edges = graphs.triangular((4, 5), "helical")
    for step, part in zip((1, 5, 6), np.split(edges, 3), strict=True):
        assert ((part[:, 1] - part[:, 0]) % 20 == step).all()
    assert set(degrees(edges, 20)) == {6}


# --- cells of several sites -----------------------------------------------------------------------

ROOT = math.sqrt(3) / 2
#: Function, cells, vectors of the cell, sites in it, neighbours of each.
CELLS: dict[str, tuple[Any, tuple[int, ...], Any, Any, int]] = {
    "kagome": (
        graphs.kagome, (4, 5), [[0.5, ROOT], [1.0, 0.0]],
        [[0.0, 0.0], [0.5, 0.0], [0.25, ROOT / 2]], 4,
    ),
    "bcc": (graphs.bcc, (3, 4, 3), np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], 8),
    "fcc": (
        graphs.fcc, (3, 2, 4), np.eye(3),
        [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], 12,
    ),
}  # fmt: skip


def nearest(
    shape: tuple[int, ...], vectors: Any, basis: Any, periodic: bool
) -> set[frozenset[int]]:
    """Pairs of sites at the smallest distance of all."""
    vectors, basis = np.asarray(vectors, float), np.asarray(basis, float)
    cells = np.array(list(np.ndindex(*shape)))
    places = ((cells @ vectors)[:, None] + basis).reshape(-1, len(shape))
    images = itertools.product((-1, 0, 1), repeat=len(shape)) if periodic else [(0,) * len(shape)]
    shifts = np.array([np.multiply(image, shape) @ vectors for image in images])
    apart = np.linalg.norm(places[:, None, None] - places[None, :, None] + shifts, axis=-1).min(-1)
    np.fill_diagonal(apart, np.inf)
    i, j = np.nonzero(apart < apart.min() + 1e-9)
    return {frozenset(pair) for pair in zip(i.tolist(), j.tolist(), strict=True)}


@pytest.mark.parametrize("name", CELLS)
def test_edges_are_between_the_nearest_sites(name: str) -> None:
    function, shape, vectors, basis, z = CELLS[name]
    n = len(basis) * math.prod(shape)
    edges = function(shape)
    assert pairs(edges) == nearest(shape, vectors, basis, periodic=True)
    assert set(degrees(edges, n)) == {z}
    assert pairs(function(shape, "open")) == nearest(shape, vectors, basis, periodic=False)
    assert set(degrees(function((2,) * len(shape)), len(basis) * 2 ** len(shape))) == {z}


def test_a_kagome_antiferromagnet_satisfies_two_of_three_bonds() -> None:
    model = ms.Pairwise.from_edges(12, graphs.kagome((2, 2)), -1.0)
    states = 2 * ((np.arange(2**12)[:, None] >> np.arange(12)) & 1) - 1
    assert model.energy(states).min() == -8  # 8 triangles, each -1


def test_cells_of_open_and_periodic_axes() -> None:
    edges = graphs.bcc((2, 2, 3), ("periodic", "periodic", "open"))
    assert len(edges) == 2 * 2 * (3 * 4 + 2 * 4)  # a centre below the top has all corners


# --- further neighbours and directions ------------------------------------------------------------


@pytest.mark.parametrize(("shape", "count"), [((5,), 1), ((4, 5), 2), ((3, 4, 3), 6)])
def test_next_nearest_neighbours_are_two_steps_away(shape: tuple[int, ...], count: int) -> None:
    n = math.prod(shape)
    edges = graphs.next_nearest(shape)
    assert len(pairs(edges)) == count * n
    assert not pairs(edges) & pairs(graphs.hypercubic(shape))
    a, b = (np.array(np.unravel_index(x, shape)).T for x in edges.T)
    apart = np.abs(a - b)
    apart = np.minimum(apart, np.array(shape) - apart)
    assert ((apart**2).sum(axis=1) == (4 if len(shape) == 1 else 2)).all()


def test_next_nearest_neighbours_of_open_lattices() -> None:
    assert graphs.next_nearest((2, 2), "open").tolist() == [[0, 3], [1, 2]]
    assert graphs.next_nearest((4,), "open").tolist() == [[0, 2], [1, 3]]


def test_an_anisotropic_torus_is_kaufmans_where_both_couplings_are_one() -> None:
    along = [graphs.hypercubic((3, 4), axis=axis) for axis in (0, 1)]
    counts = [len(edges) for edges in along]
    isotropic = ms.Pairwise.from_edges(12, np.concatenate(along), np.repeat([1.0, 1.0], counts))
    exact = ms.exact.ising_2d((3, 4), 2.0)
    assert ms.exact.enumerate(isotropic, 2.0).energy == pytest.approx(exact.energy)
    # Without coupling along axis 0 there are three chains of four.
    chains = ms.Pairwise.from_edges(12, np.concatenate(along), np.repeat([0.0, 1.0], counts))
    t = math.tanh(0.5)
    expected = -12 * (t + t**3) / (1 + t**4)
    assert ms.exact.enumerate(chains, 2.0).energy == pytest.approx(expected)


# --- trees and random graphs ----------------------------------------------------------------------


@pytest.mark.parametrize(("z", "g"), [(2, 1), (2, 4), (3, 1), (3, 4), (5, 3)])
def test_cayley_trees(z: int, g: int) -> None:
    edges = graphs.cayley_tree(z, g)
    n = len(edges) + 1
    assert n == (1 + 2 * g if z == 2 else 1 + z * ((z - 1) ** g - 1) // (z - 2))
    assert edges[:, 1].tolist() == list(range(1, n))
    assert (edges[:, 0] < edges[:, 1]).all()  # so it is connected, and a tree
    depth = [0] * n
    for parent, child in edges.tolist():
        depth[child] = depth[parent] + 1
    assert depth == sorted(depth)
    assert max(depth) == g
    expected = [1 if d == g else z for d in depth]
    assert degrees(edges, n) == expected


def test_a_tree_has_the_partition_function_of_free_bonds() -> None:
    exact = ms.exact.enumerate(ms.Pairwise.from_edges(10, graphs.cayley_tree(3, 2), 1.0), 0.9)
    expected = math.log(2) + 9 * math.log(2 * math.cosh(1 / 0.9))
    assert exact.log_partition == pytest.approx(expected, rel=1e-12)


def test_a_world_that_is_not_rewired_is_a_ring() -> None:
    edges = graphs.small_world(9, 4, 0.0)
    assert ((edges[:, 1] - edges[:, 0]) % 9).tolist() == [1] * 9 + [2] * 9
    assert set(degrees(edges, 9)) == {4}


@pytest.mark.parametrize("rewiring", [0.1, 0.6, 1.0])
def test_small_worlds(rewiring: float) -> None:
    n, degree = 1000, 6
    edges, ring = graphs.small_world(n, degree, rewiring, seed=1), graphs.small_world(n, degree, 0)
    assert len(pairs(edges)) == n * degree // 2
    assert edges[:, 0].tolist() == ring[:, 0].tolist()
    moved = (edges != ring).any(axis=1)
    # 5 standard errors; a site that is drawn is one of the ring in some 1 of n.
    share = 5 * math.sqrt(rewiring * (1 - rewiring) / len(edges)) + 5 / n
    assert moved.mean() == pytest.approx(rewiring, abs=share)
    # Ends that were moved are anywhere: 10 bins of 100 sites, 5.5 standard errors each.
    counts = np.bincount(edges[moved, 1] // 100, minlength=10)
    assert np.all(np.abs(counts - moved.sum() / 10) < 5.5 * math.sqrt(moved.sum() / 10))
    assert (graphs.small_world(n, degree, rewiring, seed=1) == edges).all()
    assert (graphs.small_world(n, degree, rewiring, seed=2) != edges).any()


@pytest.mark.parametrize(("n", "degree", "rewiring"), [(9, 4, 0.8), (7, 4, 1.0), (40, 6, 0.5)])
def test_small_worlds_are_those_of_their_words(n: int, degree: int, rewiring: float) -> None:
    # The same, of the list of edges alone: of its words, those that decide come first.
    counter = np.array([0, 0, 0, 3], dtype=np.uint64)
    for seed in range(20):
        key = np.array([seed, 2**64 - 1], dtype=np.uint64)
        words = np.random.Philox(counter=counter, key=key)

        def fractions(count: int, of: np.random.Philox = words) -> Any:
            return (of.random_raw(count) >> np.uint64(11)) * 2.0**-53

        edges = [[i, (i + step) % n] for step in range(1, degree // 2 + 1) for i in range(n)]
        for edge, fraction in enumerate(fractions(len(edges))):
            near = edges[edge][0]
            taken = {near} | {j for e in edges if near in e for j in e}
            if fraction < rewiring and len(taken) < n:
                there = near
                while there in taken:
                    there = int(fractions(1)[0] * n)
                edges[edge][1] = there
        assert graphs.small_world(n, degree, rewiring, seed).tolist() == edges


def test_a_world_in_which_all_are_joined_stays() -> None:
    edges = graphs.small_world(5, 4, 1.0, seed=3)
    assert len(pairs(edges)) == 10
    assert edges.tolist() == graphs.small_world(5, 4, 0.0).tolist()


# --- occupied sites -------------------------------------------------------------------------------


def test_without_isolated_sites_magnetization_is_per_occupied_site() -> None:
    edges, sites = graphs.without_isolated([[4, 2], [2, 7]], 9)
    assert edges.tolist() == [[1, 0], [0, 2]]
    assert sites.tolist() == [2, 4, 7]
    whole = ms.Pairwise.from_edges(9, [[4, 2], [2, 7]], 1.0)
    occupied = ms.Pairwise.from_edges(3, edges, 1.0)
    there, all_sites = (ms.exact.enumerate(model, 0.1) for model in (occupied, whole))
    assert there.abs_magnetization == pytest.approx(1.0, abs=1e-6)
    assert all_sites.abs_magnetization < 0.5
    assert there.energy == pytest.approx(all_sites.energy)


def test_nothing_is_left_of_no_edges() -> None:
    edges, sites = graphs.without_isolated(np.empty((0, 2), int), 4)
    assert edges.shape == (0, 2)
    assert sites.tolist() == []


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "message"), [
    (lambda: graphs.hypercubic((3, 4), "closed"), "boundary: got 'closed', allowed: 'periodic'"),
    (lambda: graphs.hypercubic((3, 4), ("open",)), "boundary: got .*2 of them"),
    (lambda: graphs.hypercubic((3, 4), ("open", "x")), r"boundary\[1\]: got 'x'"),
    (lambda: graphs.hypercubic((3, 4), axis=2), "axis: got 2"),
    (lambda: graphs.kagome((3, 4), "helical"), "boundary: got 'helical', allowed: 'periodic'"),
    (lambda: graphs.kagome((3, 1)), "shape: got"),
    (lambda: graphs.bcc((3, 4)), "shape: got .*three integers"),  # type: ignore[arg-type]
    (lambda: graphs.next_nearest((2, 4)), "shape: got .*sides >= 3"),
    (lambda: graphs.next_nearest((4,)), "shape: got .*sides >= 5"),
    (lambda: graphs.cayley_tree(1, 3), "coordination: got 1"),
    (lambda: graphs.cayley_tree(3, 70), "generations: got 70, allowed: generations of fewer than"),
    (lambda: graphs.small_world(10, 3, 0.1), "degree: got 3, allowed: an even number"),
    (lambda: graphs.small_world(4, 4, 0.1), "degree: got 4"),
    (lambda: graphs.small_world(10, 4, 1.5), "rewiring: got 1.5, allowed: a probability"),
    (lambda: graphs.without_isolated([[0, 9]], 9), "edges: got 9, allowed"),
])  # fmt: skip
def test_what_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_boundaries_of_another_kind() -> None:
    with pytest.raises(TypeError, match="boundary: got 3, allowed"):
        graphs.hypercubic((3, 4), 3)  # type: ignore[arg-type]
