"""Boltzmann machines: both phases, what is learned, what repeats, what is refused."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.boltzmann.learning import Learning, checked
from multispin.learn.inverse.observations import observed
from multispin.learn.inverse.supports import all_pairs

PARITY = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def all_states(n: int) -> np.ndarray:
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.float64)


def machine(n_visible: int, n_hidden: Any, seed: int = 0, **params: Any) -> ms.BoltzmannMachine:
    """Return a machine of random couplings and fields."""
    rng = np.random.default_rng(seed)
    found = ms.BoltzmannMachine(n_hidden, n_iter=0, random_state=1, **params)
    found.fit(rng.choice([-1, 1], (4, n_visible)))
    J = np.triu(rng.normal(0, 0.35, found.J_.shape), 1)
    support = np.ones(J.shape, bool)
    if params.get("connectivity") == "layered":
        layers = np.repeat(
            np.arange(1 + len(np.atleast_1d(n_hidden))), (n_visible, *np.atleast_1d(n_hidden))
        )
        support = np.abs(layers[:, None] - layers) == 1
    found.J_ = (J + J.T) * support
    found.h_ = rng.normal(0, 0.5, len(J))
    return found


def moments(states: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (states * p[:, None]).T @ states, p @ states


def boltzmann(of: ms.BoltzmannMachine, states: np.ndarray) -> np.ndarray:
    logs = ((states @ of.J_) * states).sum(axis=1) / 2 + states @ of.h_
    return np.exp(logs - np.logaddexp.reduce(logs))


@pytest.mark.parametrize(
    ("n_hidden", "connectivity"), [(0, "full"), (3, "full"), (4, "layered"), ((2, 2), "layered")]
)
def test_both_phases_are_those_of_enumeration(n_hidden: Any, connectivity: str) -> None:
    # Of some 50 averages over 2^14 chains that are independent, errors below 2^-7: 5 of them are
    # passed by chance with probability 3e-5. The seeds are fixed.
    n_chains = 2**14
    of = machine(
        4, n_hidden, connectivity=connectivity, n_chains=n_chains, sweeps=100, batch_size=None
    )
    rng = np.random.default_rng(5)
    X, weights = rng.choice([-1, 1], (6, 4)), rng.uniform(0.5, 2.0, 6)
    found = of.gradient(X, weights)
    n = len(of.h_)
    states = all_states(n)
    free = moments(states, boltzmann(of, states))
    clamped = [np.zeros((n, n)), np.zeros(n)]
    for v, weight in zip(X, weights / weights.sum(), strict=True):
        these = states[(states[:, :4] == v).all(axis=1)]
        for total, part in zip(clamped, moments(these, boltzmann(of, these)), strict=True):
            total += weight * part
    coupled = of.J_ != 0
    for mine, exact in zip(found.free, free, strict=True):
        where = coupled if mine.ndim == 2 else np.ones(n, bool)
        np.testing.assert_allclose(mine[where], exact[where], atol=5 * 2.0**-7)
    for mine, exact in zip(found.clamped, clamped, strict=True):
        where = coupled if mine.ndim == 2 else np.ones(n, bool)
        tolerance = 5 * 2.0**-7 if n > 4 else 1e-12  # without hidden units nothing is sampled
        np.testing.assert_allclose(mine[where], exact[where], atol=tolerance)
    np.testing.assert_allclose(found.J, found.clamped[0] - found.free[0])
    assert np.all(found.J[~coupled] == 0.0)


@pytest.mark.parametrize(
    ("n_hidden", "connectivity"), [(0, "full"), (3, "full"), (4, "layered"), ((2, 2), "layered")]
)
def test_likelihoods_are_those_of_enumeration(n_hidden: Any, connectivity: str) -> None:
    of = machine(4, n_hidden, connectivity=connectivity)
    v = all_states(4)
    states = all_states(len(of.h_))
    p = boltzmann(of, states)
    exact = [p[(states[:, :4] == one).all(axis=1)].sum() for one in v]
    np.testing.assert_allclose(np.exp(of.log_likelihood(v)), exact, rtol=1e-10)
    np.testing.assert_allclose(of.log_likelihood(v), -of.free_energy(v) - of.log_partition().value)


@pytest.mark.thorough
def test_parity_takes_hidden_units() -> None:
    options = {"learning_rate": (0.3, 0.02), "n_iter": 600, "n_chains": 512, "random_state": 1}

    def divergence(n_hidden: int) -> float:
        of = ms.BoltzmannMachine(n_hidden, **options).fit(PARITY)
        return float(-of.log_likelihood(PARITY).mean() - np.log(4))

    assert divergence(0) == pytest.approx(np.log(2), abs=2e-3)
    assert divergence(3) < 0.08


def test_without_hidden_units_it_is_inverse_ising() -> None:
    rng = np.random.default_rng(2)
    X = np.sign(rng.normal(size=(500, 5)) + rng.normal(size=(500, 1)))
    exact = ms.InverseIsing("exact").fit(X)
    found = ms.BoltzmannMachine(
        learning_rate=(0.2, 0.0), n_iter=400, n_chains=4096, random_state=1
    ).fit(X)
    # Means over 4096 chains have errors of 0.016, and steps of 0.1 average over some ten of them.
    np.testing.assert_allclose(found.J_, exact.J_, atol=0.02)
    np.testing.assert_allclose(found.h_, exact.h_, atol=0.02)


def fitted(**params: Any) -> ms.BoltzmannMachine:
    chosen = {"n_hidden": 3, "n_iter": 4, "n_chains": 64, "random_state": 2, "batch_size": 7}
    X = np.random.default_rng(0).choice([-1, 1], (20, 5))
    return ms.BoltzmannMachine(**(chosen | params)).fit(X)


def test_a_seed_repeats_the_whole_on_any_number_of_threads() -> None:
    one, other = fitted(threads=1), fitted(threads=2)
    np.testing.assert_array_equal(one.J_, other.J_)
    np.testing.assert_array_equal(one.h_, other.h_)
    assert not np.array_equal(one.J_, fitted(random_state=3).J_)
    copy = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(copy.sample(5, 10), one.sample(5, 10))


def test_units_of_0_and_1_are_the_same_machine() -> None:
    X = np.random.default_rng(0).choice([-1, 1], (20, 5))
    one = fitted()
    other = ms.BoltzmannMachine(
        3, n_iter=4, n_chains=64, random_state=2, batch_size=7, units="binary"
    ).fit((X + 1) // 2)
    np.testing.assert_array_equal(one.J_, other.J_)
    assert set(np.unique(other.sample(50, 10))) == {0, 1}


def test_repetitions_are_weights() -> None:
    rng = np.random.default_rng(4)
    X, weights = rng.choice([-1, 1], (8, 4)), rng.integers(0, 4, 8)
    one = ms.BoltzmannMachine(n_iter=5, random_state=1).fit(X, sample_weight=weights)
    other = ms.BoltzmannMachine(n_iter=5, random_state=1).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(one.J_, other.J_, atol=1e-12)


def test_what_is_clamped_conditions_the_rest() -> None:
    of = machine(4, 2)
    held = np.array([True, True, False, False])
    values = np.array([1, -1, 1, 1])
    drawn = of.sample(4000, 60, clamp=held, values=values)
    assert np.all(drawn[:, :2] == [1, -1])
    states = all_states(4)
    p = np.exp(of.log_likelihood(states)) * (states[:, :2] == [1, -1]).all(axis=1)
    p /= p.sum()
    # χ² of three degrees of freedom: above 30 with probability 1e-6.
    seen = np.bincount((drawn > 0) @ np.array([8, 4, 2, 1]), minlength=16)
    expected = 4000 * p[p > 0]
    assert ((seen[p > 0] - expected) ** 2 / expected).sum() < 30
    again = of.reconstruct(np.tile(values, (10, 1)), clamp=held)
    assert np.all(again[:, :2] == [1, -1])


def test_couplings_that_are_not_stay_away() -> None:
    mask = np.zeros((5, 5), bool)
    mask[0, 3] = mask[3, 0] = mask[1, 4] = mask[4, 1] = True
    of = ms.BoltzmannMachine(2, connectivity=mask, n_iter=5, random_state=1)
    of.fit(PARITY)
    assert np.all(of.J_[~mask] == 0.0)
    assert np.all(of.J_[mask] != 0.0)


def test_penalties() -> None:
    options = {"n_iter": 50, "n_hidden": 2, "batch_size": None}
    assert np.abs(fitted(l2=5.0, **options).J_).max() < 0.05
    assert np.all(fitted(l1=1.0, **options).J_ == 0.0)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_hidden": -1}, "n_hidden"),
        ({"n_hidden": (2, 0)}, "n_hidden"),
        ({"connectivity": "other"}, "connectivity"),
        ({"connectivity": np.zeros((3, 3), bool)}, "connectivity"),
        ({"connectivity": "layered"}, "connectivity"),
        ({"units": "other"}, "units"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
        ({"n_chains": 0}, "n_chains"),
        ({"sweeps": 0}, "sweeps"),
        ({"momentum": 1}, "momentum"),
        ({"l1": -1}, "l1"),
        ({"random_state": -1}, "random_state"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_wrong_parameters(params: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        ms.BoltzmannMachine(**params).fit(PARITY)


@pytest.mark.usefixtures("without_cuda")
def test_there_is_no_gpu() -> None:
    of, held = fitted().set_params(device="cuda"), np.ones(5, bool)
    works: tuple[Any, ...] = (
        lambda: of.fit(PARITY),
        lambda: of.gradient(np.ones((2, 5))),
        of.sample,
        lambda: of.reconstruct(np.ones((2, 5)), ~held),
        lambda: of.log_partition("ais"),
    )
    for work in works:
        with pytest.raises(ms.DeviceError, match="^device: got 'cuda'"):
            work()


def test_other_wrong_arguments() -> None:
    of = fitted()
    with pytest.raises(ms.NotFittedError):
        ms.BoltzmannMachine().sample()
    with pytest.raises(ValueError, match="X: got 0 in row 0, column 0"):
        ms.BoltzmannMachine().fit((PARITY + 1) // 2 * 0)
    with pytest.raises(ValueError, match="expecting 5 features"):
        of.log_likelihood(PARITY)
    with pytest.raises(ValueError, match="expecting 5 features"):
        of.gradient(PARITY)
    with pytest.raises(ValueError, match="^values: got None"):
        of.sample(1, 1, clamp=np.ones(5, bool))
    with pytest.raises(ValueError, match="^clamp: got"):
        of.reconstruct(np.ones((2, 5)), clamp=np.ones(4, bool))
    large = machine(3, 17)
    with pytest.raises(ValueError, match="at most 16"):
        large.log_likelihood(PARITY)


def test_the_gradient_is_that_of_centred_spins() -> None:
    # Of a likelihood that is linear in J and h, as a function of J' = J and h' = h + Jμ; a step
    # along its gradient by J' and h', seen from J and h.
    n = 4
    data = observed(np.random.default_rng(0).choice([-1, 1], (30, n)), None, "spin")
    of = Learning(checked(ms.BoltzmannMachine(n_chains=8).get_params()), data, all_pairs(n))
    rng = np.random.default_rng(1)
    mu, slopes = rng.uniform(-1, 1, n), rng.normal(size=of.support.size)
    of.offsets = mu.copy()

    def likelihood(centred: np.ndarray) -> float:
        J, h = of.support.matrix(centred), of.support.fields(centred)
        return float(slopes @ of.support.vector(J, h - J @ mu))

    unit = np.eye(len(slopes))
    along = np.array([likelihood(one) for one in unit])  # linear
    J = of.support.matrix(along)
    expected = of.support.vector(J, of.support.fields(along) - J @ mu)
    np.testing.assert_allclose(of._centred(slopes, np.zeros_like(slopes)), expected, atol=1e-12)


def test_momentum_goes_on() -> None:
    one, two = (fitted(momentum=m, n_iter=1, batch_size=None, n_hidden=0) for m in (0.0, 0.5))
    np.testing.assert_array_equal(one.J_, two.J_)  # nothing to go on with
    again, more = (fitted(momentum=m, n_iter=2, batch_size=None, n_hidden=0) for m in (0.0, 0.5))
    assert not np.array_equal(again.J_, more.J_)


def test_gradients_go_on_from_call_to_call() -> None:
    of, X = machine(4, 2, n_chains=64, sweeps=1), PARITY_OF_4
    before = of.sample(1)
    first = of.gradient(X)
    copy = pickle.loads(pickle.dumps(of))  # without samplers, whose states it has
    assert copy._free_chains.shape == (64, 6)
    second = of.gradient(X)
    assert not np.array_equal(first.J, second.J)
    # Other samples, weights or parameters are looked at.
    assert np.array_equal(of.gradient(-X).clamped[1][:4], -X.mean(axis=0))
    weights = np.array([1.0, 2.0, 1.0])
    np.testing.assert_allclose(of.gradient(X, weights).clamped[1][:4], weights @ X / 4)
    of.J_ = np.zeros_like(of.J_)
    of.h_ = np.array([9.0, 9.0, -9.0, -9.0, 0.0, 0.0])
    np.testing.assert_allclose(of.gradient(X).free[1][:4], [1, 1, -1, -1], atol=0.05)
    np.testing.assert_array_equal(before.shape, (1, 4))


PARITY_OF_4 = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [-1, 1, 1, -1]])
