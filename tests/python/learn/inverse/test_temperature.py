"""The temperature that samples were drawn at."""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms


def exact_samples(model: ms.Pairwise, T: float, m: int, seed: int) -> np.ndarray:
    p = ms.exact.state_probabilities(model, T)
    index = np.random.default_rng(seed).choice(len(p), m, p=p)
    return 2 * ((index[:, None] >> np.arange(model.n_spins)) & 1) - 1


def test_estimates_are_around_the_truth_as_far_as_their_errors_say() -> None:
    model = ms.SherringtonKirkpatrick(9, seed=2)
    z = []
    for seed in range(200):
        found = ms.estimate_temperature(exact_samples(model, 1.3, 400, seed), model)
        z.append((found.value - 1.3) / found.error)
    # The mean of 200 is off by 4.5 of its errors once in 150,000 times, the spread by 0.25 too.
    assert abs(np.mean(z)) < 4.5 / np.sqrt(200) + 0.1  # the second term: T is no linear function
    assert 0.75 < np.std(z) < 1.25


def test_weights_are_repetitions() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1)
    samples = np.random.default_rng(1).choice([-1, 1], (30, 16))
    samples[:, :4] = 1
    whole = ms.estimate_temperature(np.repeat(samples, 2, axis=0), model)
    weighted = ms.estimate_temperature(samples, model, sample_weight=np.full(30, 2.0))
    assert whole.value == pytest.approx(weighted.value, rel=1e-9)


def test_a_lattice_and_negative_temperatures() -> None:
    model = ms.Ising((16, 16), h=0.3)
    sampler = ms.Sampler(model, temperature=4.0, replicas=64, seed=1)
    sampler.sweep(200)
    found = ms.estimate_temperature(sampler.spins(), model)
    assert abs(found.value - 4.0) < 5 * found.error
    # The same spins are those of couplings and a field turned around, at -T.
    against = ms.Pairwise.from_edges(256, model.edges, -1.0, h=-0.3)
    other = ms.estimate_temperature(sampler.spins().reshape(64, 256), against)
    assert other.value == pytest.approx(-found.value, rel=1e-9)
    assert other.error == pytest.approx(found.error, rel=1e-9)


def test_what_has_no_temperature() -> None:
    model = ms.Ising((4, 4))
    with pytest.raises(ValueError, match="a temperature of 0"):
        ms.estimate_temperature(np.ones((3, 16)), model)
    with pytest.raises(ValueError, match="the 16 of the model"):
        ms.estimate_temperature(np.ones((3, 15)), model)
    with pytest.raises(ValueError, match=r"model.sample\(k\)"):
        ms.estimate_temperature(np.ones((3, 16)), ms.EdwardsAnderson((4, 4), seed=1, samples=2))
