"""A Hopfield model is an RBM of spins and Gaussian hidden units, and the other way round."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import multispin as ms

N, P, T = 10, 3, 0.7


def hopfield() -> ms.Hopfield:
    rng = np.random.default_rng(0)
    return ms.Hopfield(rng.choice([-1, 1], (P, N)), h=rng.normal(0, 0.2, N))


ALL = np.array(list(itertools.product((-1, 1), repeat=N)))


def test_free_energies_are_energies() -> None:
    model = hopfield()
    rbm = ms.RBM.from_hopfield(model, T)
    # P/2T of the self-couplings, and ln √2π of each Gaussian unit.
    shift = P / (2 * T) + P / 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(-rbm.free_energy(ALL), -model.energy(ALL) / T + shift, atol=1e-10)
    ln_z = ms.exact.enumerate(model, T).log_partition
    assert rbm.log_partition("exact").value == pytest.approx(ln_z + shift, abs=1e-9)


def test_gibbs_steps_sample_the_hopfield_model() -> None:
    # χ² of 1023 degrees of freedom above its quantile 1 − 1e-6; independent chains.
    model, n = hopfield(), 40_000
    rbm = ms.RBM.from_hopfield(model, T, random_state=1)
    seen = rbm.sample(n, steps=60)
    expected = n * np.exp(rbm.log_likelihood(ALL))
    counts = np.bincount((seen > 0) @ 2 ** np.arange(N)[::-1], minlength=2**N)
    assert expected.sum() == pytest.approx(n)
    kept = expected > 2
    rest = counts[~kept].sum(), expected[~kept].sum()
    chi2 = ((counts - expected) ** 2 / expected)[kept].sum() + (rest[0] - rest[1]) ** 2 / rest[1]
    assert chi2 < stats.chi2(kept.sum()).isf(1e-6)


def test_gibbs_steps_agree_with_the_pattern_engine() -> None:
    # Overlaps² of 4000 chains by each; 5 standard errors of the difference, three patterns.
    rng = np.random.default_rng(3)
    model = ms.Hopfield(rng.choice([-1, 1], (P, 200)))
    n = 2000
    sampler = ms.Sampler(model, temperature=1.2, replicas=n, dynamics="glauber", seed=1)
    sampler.sweep(100)
    by_engine = model.overlap(sampler.spins()) ** 2
    by_rbm = model.overlap(ms.RBM.from_hopfield(model, 1.2, random_state=2).sample(n, 100)) ** 2
    error = np.sqrt((by_engine.var(axis=0) + by_rbm.var(axis=0)) / n)
    assert (np.abs(by_engine.mean(axis=0) - by_rbm.mean(axis=0)) < 5 * error).all()


def test_there_and_back() -> None:
    model = hopfield()
    back, temperature = ms.RBM.from_hopfield(model, T).to_hopfield()
    assert temperature == pytest.approx(T)
    assert np.array_equal(back.patterns, model.patterns)
    np.testing.assert_allclose(back.h, model.h, atol=1e-12)


def test_other_weights_make_a_model_of_pairs() -> None:
    rng = np.random.default_rng(4)
    rbm = ms.RBM.from_arrays(
        rng.normal(0, 0.3, (2, N)), rng.normal(0, 0.3, N), rng.normal(0, 0.3, 2), visible="spin",
        hidden="gaussian",
    )  # fmt: skip
    with pytest.raises(ValueError, match="to_pairwise"):
        rbm.to_hopfield()
    difference = -rbm.free_energy(ALL) + rbm.to_pairwise().energy(ALL)
    assert np.ptp(difference) < 1e-9


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="model"):
        ms.RBM.from_hopfield(ms.Ising((4, 4)))
    with pytest.raises(ValueError, match="temperature"):
        ms.RBM.from_hopfield(hopfield(), 0.0)
    with pytest.raises(ValueError, match="visible: got 'spin'"):
        ms.RBM.from_hopfield(hopfield(), 1.0, visible="spin")
    binary = ms.RBM.from_arrays(np.ones((2, 3)), np.zeros(3), np.zeros(2))
    for convert in (binary.to_hopfield, binary.to_pairwise):
        with pytest.raises(ValueError, match="visible: got 'binary'"):
            convert()
    with pytest.raises(ms.NotFittedError):
        ms.RBM().to_hopfield()
