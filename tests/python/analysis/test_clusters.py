"""Improved estimators against sums over all states, and against plain ones of the same chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis import clusters as of_clusters


def test_moments_are_averages_over_all_ways_to_turn_clusters() -> None:
    clusters = np.array([[0, 0, 2], [0, 4, 2], [6, 4, 6]])
    sizes = np.array([3, 2, 2, 2])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1)
    m = (sizes @ signs) / 9
    found = of_clusters.moments(clusters, ndim=2)
    np.testing.assert_allclose(found.m2, (m**2).mean())
    np.testing.assert_allclose(found.m4, (m**4).mean())
    assert found.largest == 3 / 9


def test_correlations_are_shares_of_pairs() -> None:
    clusters = np.array([[[0, 0, 2, 0], [4, 0, 2, 2]]])
    rows, columns = of_clusters.correlation(clusters, ndim=2)
    np.testing.assert_allclose(rows, [[1.0, 4 / 8]])  # from row to row: columns 1 and 2
    np.testing.assert_allclose(columns, [[1.0, 3 / 8, 2 / 8]])


@pytest.mark.parametrize("shape", [(4, 4), (3, 5)])
def test_means_are_those_of_all_states(shape: tuple[int, ...]) -> None:
    # Six standard errors of 4000 independent replicas: below 1e-7 for all numbers together.
    model, T = ms.Ising(shape), 2.5
    n = model.n_spins
    states = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    lattice = states.reshape(-1, *shape).astype(np.int8)
    weight = np.exp(-(model.energy(lattice) + 2 * n) / T)
    weight /= weight.sum()
    m = states.mean(axis=1)
    sampler = ms.Sampler(model, T, 4000, "swendsen-wang", seed=4)
    sampler.sweep(30)
    clusters = sampler.clusters()
    found = of_clusters.moments(clusters, ndim=2)
    for improved, plain in ((found.m2, m**2), (found.m4, m**4)):
        error = improved.std() / np.sqrt(len(improved))
        assert abs(improved.mean() - weight @ plain) < 6 * error
    spins = lattice.astype(float)
    for axis, along in enumerate(of_clusters.correlation(clusters, ndim=2), start=1):
        for d in range(1, along.shape[1]):
            exact = weight @ (spins * np.roll(spins, -d, axis)).reshape(len(spins), -1).mean(axis=1)
            error = along[:, d].std() / np.sqrt(len(along))
            assert abs(along[:, d].mean() - exact) < 6 * error


@pytest.mark.parametrize("function", [of_clusters.moments, of_clusters.correlation])
@pytest.mark.parametrize(
    ("clusters", "ndim", "name"),
    [
        (np.zeros((4, 4)), 2, "clusters"),
        (np.full((4, 4), 16), 2, "clusters"),
        (np.full((4, 4), -1), 2, "clusters"),
        (np.zeros((0, 4), dtype=int), 1, "clusters"),
        (3, 1, "clusters"),
        (np.zeros((4, 4), dtype=int), 3, "ndim"),
        (np.zeros((4, 4), dtype=int), 0, "ndim"),
    ],
)
def test_what_are_no_clusters_is_refused(
    function: Any, clusters: Any, ndim: int, name: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*allowed: "):
        function(clusters, ndim)
