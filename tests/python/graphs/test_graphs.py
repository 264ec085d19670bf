"""Lattices and random graphs: neighbours, degrees, and how often a random graph occurs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import multispin as ms
from multispin import graphs
from reference.energies import lattice_bonds


def neighbours(edges: npt.NDArray[np.int64], n: int) -> list[list[int]]:
    """Sorted neighbours of each site."""
    lists: list[list[int]] = [[] for _ in range(n)]
    for i, j in edges.tolist():
        lists[i].append(j)
        lists[j].append(i)
    return [sorted(sites) for sites in lists]


def is_simple(edges: npt.NDArray[np.int64]) -> bool:
    pairs = {frozenset(edge) for edge in edges.tolist()}
    return len(pairs) == len(edges) and all(len(pair) == 2 for pair in pairs)


# --- lattices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2,), (3,), (2, 2), (3, 4), (2, 3, 5), (2, 2, 3, 3)])
def test_hypercubic(shape: tuple[int, ...]) -> None:
    edges = graphs.hypercubic(shape)
    site = np.arange(np.prod(shape)).reshape(shape)
    assert edges.dtype == np.int64
    assert edges.tolist() == [[site[x], site[y]] for _, x, y in lattice_bonds(shape)]
    assert is_simple(edges) == (2 not in shape)


@pytest.mark.parametrize("shape", [(3, 3), (3, 5), (4, 4), (6, 3)])
def test_triangular(shape: tuple[int, int]) -> None:
    rows, columns = shape
    edges = graphs.triangular(shape)
    assert edges.dtype == np.int64
    assert is_simple(edges)
    found = neighbours(edges, rows * columns)
    for r, c in np.ndindex(*shape):
        near = [(r, c + 1), (r, c - 1), (r + 1, c), (r - 1, c), (r + 1, c + 1), (r - 1, c - 1)]
        assert found[r * columns + c] == sorted(x % rows * columns + y % columns for x, y in near)


@pytest.mark.parametrize("shape", [(2, 4), (4, 4), (4, 6), (6, 4)])
def test_honeycomb(shape: tuple[int, int]) -> None:
    rows, columns = shape
    edges = graphs.honeycomb(shape)
    assert edges.dtype == np.int64
    assert is_simple(edges)
    found = neighbours(edges, rows * columns)
    for r, c in np.ndindex(*shape):
        near = [(r, c + 1), (r, c - 1), (r + 1 if (r + c) % 2 == 0 else r - 1, c)]
        assert found[r * columns + c] == sorted(x % rows * columns + y % columns for x, y in near)


def test_the_triangular_antiferromagnet_is_frustrated() -> None:
    # Wannier (1950): at most two of the three bonds of a triangle are satisfied, E_0 = -N|J|.
    model = ms.Pairwise.from_edges(12, graphs.triangular((3, 4)), -1.0, shape=(3, 4))
    states = 2 * ((np.arange(2**12)[:, None] >> np.arange(12)) & 1) - 1
    assert model.energy(states.reshape(-1, 3, 4)).min() >= -12
    stripes = np.array([[1, 1, 1], [-1, -1, -1], [1, 1, 1], [-1, -1, -1]]).T
    assert model.energy(stripes) == -12


def test_the_honeycomb_has_two_sublattices() -> None:
    model = ms.Pairwise.from_edges(24, graphs.honeycomb((4, 6)), -1.0, shape=(4, 6))
    assert model.energy((-1) ** np.add.outer(np.arange(4), np.arange(6))) == -36


@pytest.mark.parametrize(("function", "shape", "error"), [
    (graphs.hypercubic, (1, 4), ValueError), (graphs.hypercubic, (2,) * 5, ValueError),
    (graphs.hypercubic, 4, TypeError), (graphs.triangular, (2, 4), ValueError),
    (graphs.triangular, (4,), ValueError), (graphs.triangular, (4, 4, 4), ValueError),
    (graphs.triangular, (4.0, 4), TypeError), (graphs.honeycomb, (3, 4), ValueError),
    (graphs.honeycomb, (4, 5), ValueError), (graphs.honeycomb, (4, 2), ValueError),
    (graphs.honeycomb, (4, 4, 4), ValueError),
])  # fmt: skip
def test_wrong_shapes(function: Any, shape: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^shape: got .*, allowed: "):
        function(shape)


# --- random regular graphs ------------------------------------------------------------------------


GOLDEN = [
    [0, 1], [0, 2], [0, 3], [1, 5], [1, 9], [2, 7], [2, 8], [3, 4], [3, 7], [4, 8], [4, 9],
    [5, 6], [5, 7], [6, 8], [6, 9],
]  # fmt: skip


@pytest.mark.parametrize(("n", "degree"), [
    (1, 0), (4, 0), (2, 1), (4, 2), (4, 3), (5, 4), (6, 3), (7, 4), (14, 12), (13, 12), (20, 13),
    (100, 3), (1000, 12), (50, 40),
])  # fmt: skip
def test_random_regular(n: int, degree: int) -> None:
    for seed in range(5):
        edges = graphs.random_regular(n, degree, seed)
        assert edges.dtype == np.int64
        assert is_simple(edges)
        assert bool(np.all(edges[:, 0] < edges[:, 1]))
        assert edges.tolist() == sorted(edges.tolist())
        assert np.bincount(edges.ravel(), minlength=n).tolist() == [degree] * n


def test_a_seed_gives_one_graph() -> None:
    edges = graphs.random_regular(10, 3, seed=1)
    assert edges.tolist() == graphs.random_regular(10, 3, seed=1).tolist()
    assert edges.tolist() != graphs.random_regular(10, 3, seed=2).tolist()
    assert edges.tolist() == GOLDEN


@pytest.mark.thorough
def test_triangles_are_as_rare_as_in_a_uniform_graph() -> None:
    # Their number tends to a Poisson variable of mean (d - 1)^3 / 6 (Bollobas 1980): at n = 400 the
    # mean is within a per cent of it. 300 graphs; 5 standard deviations, 6e-7.
    degree, trials, n = 4, 300, 400
    count = 0
    for seed in range(trials):
        edges = graphs.random_regular(n, degree, seed)
        adjacency = np.zeros((n, n), dtype=np.float32)
        adjacency[tuple(edges.T)] = 1
        adjacency += adjacency.T
        count += round(float((adjacency @ adjacency * adjacency).sum()) / 6)
    mean = (degree - 1) ** 3 / 6 * trials
    assert abs(count - mean) < 5 * mean**0.5 + 0.01 * mean


@pytest.mark.thorough
def test_all_small_graphs_occur() -> None:
    # 70 cubic graphs of 6 labelled sites, not uniformly so small: those 10 that are K_3,3 come
    # about 2.7 times as often as the 60 prisms.
    found = Counter(str(graphs.random_regular(6, 3, seed).tolist()) for seed in range(3500))
    assert len(found) == 70
    assert min(found.values()) > 15
    assert max(found.values()) < 170


@pytest.mark.parametrize(("name", "value", "error"), [
    ("n", 0, ValueError), ("n", 4.0, TypeError), ("degree", -1, ValueError),
    ("degree", 6, ValueError), ("degree", 3.0, TypeError), ("seed", -1, ValueError),
    ("seed", 2**64, ValueError),
])  # fmt: skip
def test_wrong_arguments(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: "):
        graphs.random_regular(**({"n": 6, "degree": 3} | {name: value}))


def test_an_odd_number_of_half_edges() -> None:
    with pytest.raises(ValueError, match=r"^degree: got 3, allowed: an even number for n=5"):
        graphs.random_regular(5, 3)


# --- dilution -------------------------------------------------------------------------------------

SQUARE = graphs.hypercubic((40, 50))


@pytest.mark.thorough
def test_bonds_are_left_out_each_on_its_own() -> None:
    for dilution in (0.1, 0.5, 0.9):
        left = graphs.dilute_bonds(SQUARE, dilution, seed=1)
        assert left.dtype == np.int64
        # 4000 edges, 5 standard deviations
        assert (
            abs(len(left) - 4000 * (1 - dilution)) < 5 * (4000 * dilution * (1 - dilution)) ** 0.5
        )
        kept = (SQUARE[:, None] == left[None]).all(axis=2).any(axis=1)
        np.testing.assert_array_equal(left, SQUARE[kept])  # in their order
        # Neighbours in the list have nothing to do with each other.
        both = np.mean(kept[1:] & kept[:-1]) - (1 - dilution) ** 2
        assert abs(both) < 5 * ((1 - dilution) / 4000) ** 0.5
    assert graphs.dilute_bonds(SQUARE, 0.0).tolist() == SQUARE.tolist()
    assert graphs.dilute_bonds(SQUARE, 1.0).shape == (0, 2)
    assert graphs.dilute_bonds([], 0.5).shape == (0, 2)


def test_less_dilution_leaves_more_of_the_same() -> None:
    def bonds(dilution: float) -> set[tuple[int, ...]]:
        return set(map(tuple, graphs.dilute_bonds(SQUARE, dilution, seed=3).tolist()))

    def sites(dilution: float) -> set[int]:
        return set(graphs.dilute_sites(SQUARE, 2000, dilution, seed=3)[1].tolist())

    assert bonds(0.6) < bonds(0.4)
    assert sites(0.6) < sites(0.4)


def test_sites_are_left_out_with_their_edges() -> None:
    edges, sites = graphs.dilute_sites(SQUARE, 2000, 0.3, seed=1)
    assert (edges.dtype, sites.dtype) == (np.int64, np.int64)
    assert abs(len(sites) - 1400) < 5 * (2000 * 0.3 * 0.7) ** 0.5
    assert bool(np.all(np.diff(sites) > 0))
    occupied = set(sites.tolist())
    expected = [edge for edge in SQUARE.tolist() if occupied.issuperset(edge)]
    assert sites[edges].tolist() == expected
    everything, all_sites = graphs.dilute_sites(SQUARE, 2000, 0.0)
    assert everything.tolist() == SQUARE.tolist()
    assert all_sites.tolist() == list(range(2000))
    nothing, no_sites = graphs.dilute_sites(SQUARE, 2000, 1.0)
    assert (nothing.shape, no_sites.shape) == ((0, 2), (0,))


def test_a_seed_gives_one_dilution() -> None:
    chain = [[i, i + 1] for i in range(12)]
    assert graphs.dilute_bonds(chain, 0.5, seed=1)[:, 0].tolist() == [0, 1, 3, 4, 8, 9, 10]
    edges, sites = graphs.dilute_sites([[0, 1], [9, 8], [2, 3]], 12, 0.5, seed=1)
    assert sites.tolist() == [0, 1, 3, 5, 6, 8, 9, 11]
    assert edges.tolist() == [[0, 1], [6, 5]]
    assert graphs.dilute_bonds(chain, 0.5, seed=2).tolist() != chain[:7]


def test_a_diluted_ferromagnet_has_the_energy_of_what_is_left() -> None:
    edges, sites = graphs.dilute_sites(graphs.hypercubic((3, 5)), 15, 0.3, seed=4)
    small = ms.Pairwise.from_edges(len(sites), edges)
    whole = ms.Pairwise.from_edges(15, sites[edges])
    spins = np.random.default_rng(1).choice([-1, 1], (10, 15))
    assert small.energy(spins[:, sites]).tolist() == whole.energy(spins).tolist()


@pytest.mark.parametrize(("name", "value", "error"), [
    ("edges", [[0, 16]], ValueError), ("edges", [[0, -1]], ValueError),
    ("edges", [[0, 1, 2]], ValueError), ("edges", [0, 1], ValueError),
    ("edges", [[0.0, 1.0]], TypeError), ("edges", "x", ValueError),
    ("edges", np.array([[2**63, 1]], np.uint64), ValueError), ("n_sites", 0, ValueError),
    ("n_sites", 1.0, TypeError), ("dilution", -0.1, ValueError), ("dilution", 1.1, ValueError),
    ("dilution", "1", TypeError),
    ("dilution", float("nan"), ValueError), ("seed", -1, ValueError), ("seed", None, TypeError),
])  # fmt: skip
def test_wrong_dilutions(name: str, value: Any, error: type[Exception]) -> None:
    valid = {"edges": graphs.hypercubic((4, 4)), "n_sites": 16, "dilution": 0.5}
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: "):
        graphs.dilute_sites(**(valid | {name: value}))
    if name != "n_sites" and str(value) != "[[0, 16]]":
        del valid["n_sites"]
        with pytest.raises(error, match=rf"^{name}: got .*, allowed: "):
            graphs.dilute_bonds(**(valid | {name: value}))


def test_a_dilution_that_does_not_fit() -> None:
    with pytest.raises(MemoryError, match=r"^n_sites: numbers .*: needed .*, available: "):
        graphs.dilute_sites([[0, 1]], 2**50, 0.5)
