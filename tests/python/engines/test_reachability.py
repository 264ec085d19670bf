"""Metropolis reaches every state: a search through all states of small graphs.

The twin says which sites are lazy, which local fields count as none in an external one, and in
which order sites are updated; what a sweep may lead to is worked out here. On lattices of even
sides that order is the checkerboard, so this holds for both engines. A state that is never left for
good belongs to a closed class; if there is one such class only, averages do not depend on the
start.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import multispin as ms
from multispin import graphs
from reference.lattice import nearly_free
from reference.replica import Replicas

if TYPE_CHECKING:
    from numpy.typing import NDArray


def of_models() -> dict[str, ms.models.Model]:
    """Rings, lattices and glasses, random regular graphs, and random graphs in several parts."""
    shapes = [(3,), (4,), (5,), (8,), (2, 2), (2, 3), (2, 4), (3, 3), (2, 2, 2)]
    models: dict[str, ms.models.Model] = {f"Ising {shape}": ms.Ising(shape) for shape in shapes}
    for shape in shapes[4:]:
        for seed in range(6):
            models[f"glass {shape} {seed}"] = ms.EdwardsAnderson(shape, seed=seed)
    random = np.random.default_rng(1)
    for n, degree in ((5, 4), (6, 4), (7, 4), (7, 6), (8, 4), (9, 4)):
        for seed in range(6):
            edges = graphs.random_regular(n, degree, seed=seed)
            signs = random.choice([-1.0, 1.0], len(edges))
            models[f"regular {n} {degree} {seed}"] = ms.Pairwise.from_edges(n, edges, signs)
    for number in range(40):
        n = int(random.integers(3, 10))
        pairs = np.stack(np.triu_indices(n, 1), axis=1)
        edges = pairs[random.random(len(pairs)) < random.uniform(0.2, 0.9)]
        signs = random.choice([-1.0, 1.0], len(edges))
        models[f"random {number}"] = ms.Pairwise.from_edges(n, edges, signs)
    return models


def closed_classes(model: ms.models.Model, lazy: bool, h: float = 0.0) -> int:
    """Number of classes of states that sweeps lead to and never out of.

    What is accepted by all but one of 2**45 random numbers counts as certain.
    """
    n = model.n_spins
    twin = Replicas(n, model.edges, model.signs, [1.0], h=h)
    states = np.arange(2**n)
    spin = (states >> np.arange(n)[:, None] & 1) * 2 - 1
    swept = csr_array((np.ones(2**n, dtype=bool), (states, states)))
    for site in twin.order:
        ends = twin.neighbours[site]
        field = h + sum((twin.signs[0, e] * spin[j] for j, e in ends), np.zeros(2**n))
        free = (field == 0) & (site in twin.lazy) if h == 0 else of_none(field, len(ends), h)
        stays = (field * spin[site] > 2.0**-46) | (free & lazy)
        # Any spin turns: with its field by luck, against it or without one for certain.
        before = np.concatenate([states, states[stays]])
        after = np.concatenate([states ^ (1 << site), states[stays]])
        step = csr_array((np.ones(len(before), dtype=bool), (before, after)), swept.shape)
        swept = swept @ step
    count, of_state = connected_components(swept, connection="strong")
    rows, columns = swept.nonzero()
    left = of_state[rows[of_state[rows] != of_state[columns]]]
    return count - len(np.unique(left))


def of_none(field: NDArray[np.float64], degree: int, h: float) -> NDArray[np.bool_]:
    """Which of these local fields count as none."""
    return np.array([nearly_free(f, degree, 1.0, h) for f in field])


MODELS = of_models()
found = functools.cache(lambda name, lazy: closed_classes(MODELS[name], lazy))

# At and next to every field that the neighbours of up to six bonds cancel.
FIELDS = [n * (1 + e) for n in range(1, 7) for e in (0, 1e-15, -1e-12, 1e-6, -1e-3, 0.01)]
IN_FIELDS = [name for name in MODELS if MODELS[name].n_spins <= 8 and not name.endswith("5")]


@pytest.mark.parametrize("name", MODELS)
def test_one_closed_class(name: str) -> None:
    assert found(name, lazy=True) == 1


def test_without_lazy_sites_there_would_be_more() -> None:
    assert sum(found(name, lazy=False) > 1 for name in MODELS) > 20


@pytest.mark.one_in(7)
@pytest.mark.parametrize("name", IN_FIELDS[::4])
def test_one_closed_class_in_every_field(name: str) -> None:
    for h in FIELDS:
        assert closed_classes(MODELS[name], lazy=True, h=h) == 1, h


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (2, 2, 2)])
@pytest.mark.parametrize("J", [1.0, -1.0])
def test_one_closed_class_of_a_lattice_in_every_field(shape: tuple[int, ...], J: float) -> None:
    for h in FIELDS:
        assert closed_classes(ms.Ising(shape, J=J), lazy=True, h=h) == 1, h
