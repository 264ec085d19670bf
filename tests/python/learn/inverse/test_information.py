"""Entropies of samples and models, against sums that are written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse._states import distinct, energies
from multispin.learn.inverse.information import entropies, entropy_of_samples

RNG = np.random.default_rng(1)


def glass(n: int, seed: int = 1) -> ms.Pairwise:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(size=(n, n)) / np.sqrt(n), 1)
    return ms.Pairwise(J + J.T, 0.3 * rng.normal(size=n))


def all_states(n: int) -> Any:
    return (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


class Triples:
    """A model of three spins at a time, which no `Pairwise` is."""

    n_spins, shape = 5, (5,)

    def energy(self, spins: Any) -> Any:
        return -0.5 * spins[..., 0] * spins[..., 1] * spins[..., 2] + 0.2 * spins.sum(axis=-1)


MODELS: list[Any] = [
    glass(1), glass(2), glass(9), Triples(), ms.Ising((2, 3), h=0.1), ms.Pairwise([[0.0]], 0.7),
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_energies_of_all_states(model: Any) -> None:
    spins = all_states(model.n_spins).reshape(-1, *model.shape)
    np.testing.assert_allclose(energies("model", model), model.energy(spins), atol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_model_explains_what_it_is(model: Any) -> None:
    """Weighted states instead of samples: means, entropies and shares are those of the model."""
    n = model.n_spins
    p = ms.exact.state_probabilities(model, 1.0)
    wanted = -float(p @ np.log(p))
    found = entropies(model, all_states(n), 1e9 * p, correction="plug-in")
    assert found.model == pytest.approx(wanted, abs=1e-10)
    assert found.data == pytest.approx(wanted, abs=1e-10)
    up = [float(p[all_states(n)[:, i] > 0].sum()) for i in range(n)]
    alone = -sum(q * math.log(q) + (1 - q) * math.log(1 - q) for q in up)
    assert found.independent == pytest.approx(alone, abs=1e-10)
    assert found.multi_information == pytest.approx(alone - wanted, abs=1e-10)
    if n > 1:
        assert found.share == pytest.approx(1.0, abs=1e-8)
    assert (found.n_states, found.n_samples) == (2**n, pytest.approx(1e9))


def test_what_pairs_leave_of_triples() -> None:
    """The parity of three spins is not in their pairs: the best model of pairs is independent."""
    p = ms.exact.state_probabilities(Triples(), 1.0)
    states = all_states(5)
    free = np.arctanh(p @ states)  # not quite the maximum of likelihood, which is near
    found = entropies(ms.Pairwise(np.zeros((5, 5)), free), states, p, correction="plug-in")
    assert found.independent == pytest.approx(found.model, abs=1e-12)
    assert found.multi_information > 0.09
    assert found.share == pytest.approx(0.0, abs=1e-10)


def test_weights_are_counts() -> None:
    samples = RNG.choice(np.array([-1, 1], np.int8), p=[0.8, 0.2], size=(500, 4))
    states, place = distinct(samples)
    for how in ("plug-in", "miller-madow"):
        plain = entropy_of_samples(samples, None, how)
        counted = entropy_of_samples(states, np.bincount(place), how)
        assert plain == pytest.approx(counted, abs=1e-12)
        unseen = np.concatenate([np.bincount(place), [0.0]])
        more = np.concatenate([states, -states[:1]])
        assert entropy_of_samples(more, unseen, how) == pytest.approx(plain, abs=1e-12)


def test_miller_and_madow_mend_most_of_the_bias() -> None:
    """Over 400 sets of 200 samples of 16 states; five standard errors of the mean."""
    plug, mended, errors = [], [], []
    for _ in range(400):
        samples = RNG.choice([-1, 1], size=(200, 4))
        plug.append(entropy_of_samples(samples, None, "plug-in").value)
        mended.append(entropy_of_samples(samples).value)
    exact = 4 * math.log(2)
    spread = np.std(mended) / 20
    assert exact - np.mean(plug) == pytest.approx(15 / 400, abs=0.002)
    assert abs(np.mean(mended) - exact) < 5 * spread + 2e-4
    # The error is that of the plug-in estimate where states differ in probability.
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = entropy_of_samples(rng.choice([-1, 1], p=[0.9, 0.1], size=(500, 3)))
        errors.append((found.value, found.error))
    values, given = np.array(errors).T
    assert values.std() == pytest.approx(given.mean(), rel=0.2)


def test_one_state_has_no_entropy() -> None:
    samples = np.ones((10, 3), dtype=np.int8)
    assert entropy_of_samples(samples) == (0.0, 0.0)
    found = entropies(ms.Pairwise(np.zeros((3, 3)), 400.0), samples)
    assert (found.independent, found.model, found.data) == (0.0, 0.0, 0.0)
    assert math.isnan(found.share)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 64, 70])
def test_states_among_samples(n: int) -> None:
    samples = RNG.choice(np.array([-1, 1], np.int8), size=(3, n))[RNG.integers(0, 3, size=50)]
    states, place = distinct(samples)
    assert (states[place] == samples).all()
    assert len(states) == len({row.tobytes() for row in samples})


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"model": glass(23)}, ValueError, "model.n_spins: got 23, allowed: 1 to 22 spins"),
        ({"model": 3}, TypeError, "model: got 3"),
        ({"model": ms.EdwardsAnderson((2, 2), samples=2)}, ValueError, "model: got '2 disorder"),
        ({"samples": [[1, -1]]}, ValueError, "samples: got an array of shape"),
        ({"samples": [[0, 1, 1]]}, ValueError, "samples: got other values"),
        ({"sample_weight": [1.0, -1.0]}, ValueError, "sample_weight: got"),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight: got shape"),
        ({"correction": "nsb"}, ValueError, "correction: got 'nsb'"),
    ],
)
def test_wrong_arguments(changed: Any, error: type[Exception], message: str) -> None:
    valid = {"model": glass(3), "samples": [[1, 1, 1], [1, -1, 1]], "sample_weight": [1.0, 2.0]}
    entropies(**valid)
    with pytest.raises(error, match=message):
        entropies(**{**valid, **changed})
