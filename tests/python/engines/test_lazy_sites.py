"""Metropolis without a field where spins without a local field are common: exact averages.

If such spins flipped for certain, each of these systems would be wrong by many standard errors: on
a ring kinks would move one way for ever, and spins by themselves flip sweep by sweep.
"""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms
from multispin import graphs

BOWTIE = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 4), (4, 0)]

MODELS = {
    "ring of 5": (ms.Ising((5,)), 1.0),
    "ring of 16": (ms.Ising((16,)), 0.5),
    "ring of 256": (ms.Ising((256,)), 1.0),
    "square of 2": (ms.Ising((2, 2)), 2.0),
    "3 x 4, all even": (ms.Ising((3, 4)), 2.0),
    "bonds of side 2 that cancel": (ms.EdwardsAnderson((2, 2, 3), seed=4), 1.5),
    "ring of a glass": (ms.EdwardsAnderson((12,), seed=3), 1.0),
    "rings that share a site": (ms.Pairwise.from_edges(5, BOWTIE), 1.0),
    "5 spins, all joined": (ms.Pairwise.from_edges(5, graphs.random_regular(5, 4, seed=1)), 1.0),
    "rings and spins by themselves": (ms.Pairwise.from_edges(9, [*BOWTIE, (6, 7)]), 1.0),
}
REPLICAS = 4096


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_averages_are_exact(name: str, shared: bool) -> None:
    """Means over independent replicas within 6 standard errors: one seed in 10^8 fails a model.

    Shared random numbers are for disorder samples, here 4096 times the same one; blocks of 512 are
    independent, and their 8 means have a t-value of 7 degrees of freedom, beyond 20 for two seeds
    in 10^7.
    """
    model, T = MODELS[name]
    if shared and len(np.unique(np.sort(model.edges), axis=0)) < len(model.edges):
        return  # disorder samples of a list of edges have no double bonds
    exact = ms.exact.eliminate(model, T).energy / model.n_spins
    if shared:
        couplings = np.broadcast_to(model.couplings, (REPLICAS, len(model.edges)))
        model = ms.Pairwise.from_edges(model.n_spins, model.edges, couplings)
    sampler = ms.Sampler(
        model,
        T,
        replicas=1 if shared else REPLICAS,
        seed=7,
        engine="replica",
        shared_random_numbers=shared,
        threads=1,
    )
    sampler.sweep(1500)
    energies = sampler.record(20, 10)[0].reshape(20, -1).mean(axis=0) / model.n_spins
    means = energies.reshape(8, -1).mean(axis=1) if shared else energies
    t_value = (means.mean() - exact) / (means.std(ddof=1) / np.sqrt(len(means)))
    assert abs(t_value) < (20 if shared else 6)


@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_spins_by_themselves_are_free(rng: str) -> None:
    sampler = ms.Sampler(ms.Pairwise.from_edges(4, []), 1.0, replicas=2**14, init="up", rng=rng)
    sampler.sweep(1)
    means = np.asarray(sampler.spins()).mean(axis=0)
    assert np.all(np.abs(means) < 6 / 2**7)  # standard deviations: 4 in 10^9 seeds fail a site
