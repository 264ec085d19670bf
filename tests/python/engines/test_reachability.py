"""Metropolis without a field reaches every state: a search through all states of small graphs.

The twin says which sites are lazy and in which order sites are updated; what a sweep may lead to is
worked out here. A state that is never left for good belongs to a closed class; if there is one such
class only, averages do not depend on the start.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import multispin as ms
from multispin import graphs
from reference.replica import Replicas


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


def closed_classes(model: ms.models.Model, lazy: bool) -> int:
    """Number of classes of states that sweeps lead to and never out of."""
    n = model.n_spins
    twin = Replicas(n, model.edges, model.signs, [1.0])
    states = np.arange(2**n)
    spin = (states >> np.arange(n)[:, None] & 1) * 2 - 1
    swept = csr_array((np.ones(2**n, dtype=bool), (states, states)))
    for site in twin.order:
        ends = twin.neighbours[site]
        field = sum((twin.signs[0, e] * spin[j] for j, e in ends), np.zeros(2**n, dtype=int))
        against = field * spin[site]
        stays = (against > 0) | ((against == 0) & (lazy and site in twin.lazy))
        # Any spin turns: with its field by luck, against it or without one for certain.
        before = np.concatenate([states, states[stays]])
        after = np.concatenate([states ^ (1 << site), states[stays]])
        step = csr_array((np.ones(len(before), dtype=bool), (before, after)), swept.shape)
        swept = swept @ step
    count, of_state = connected_components(swept, connection="strong")
    rows, columns = swept.nonzero()
    left = of_state[rows[of_state[rows] != of_state[columns]]]
    return count - len(np.unique(left))


MODELS = of_models()
found = functools.cache(lambda name, lazy: closed_classes(MODELS[name], lazy))


@pytest.mark.parametrize("name", MODELS)
def test_one_closed_class(name: str) -> None:
    assert found(name, lazy=True) == 1


def test_without_lazy_sites_there_would_be_more() -> None:
    assert sum(found(name, lazy=False) > 1 for name in MODELS) > 20
