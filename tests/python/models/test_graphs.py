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
