"""HopfieldNetwork: rules against their formulas, retrieval against what is known of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import multispin as ms
from multispin.learn.hopfield import rules

RNG = np.random.default_rng(21)


def patterns_of(count: int, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, count, n]).choice(np.array([-1, 1], np.int8), (count, n))


def noisy(patterns: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    flips = np.random.default_rng([seed, 1]).random(patterns.shape) < share
    return np.where(flips, -patterns, patterns)


def matrix(network: ms.HopfieldNetwork) -> np.ndarray:
    n = network.n_features_in_
    J = np.zeros((n, n))
    i, j = network.model_.edges.T
    J[i, j] = J[j, i] = network.model_.couplings
    return J


# --- rules ----------------------------------------------------------------------------------------


def test_hebb() -> None:
    xi = patterns_of(6, 40).astype(float)
    expected = sum(np.outer(p, p) for p in xi) / 40
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(rules.hebb(xi), expected, atol=1e-15)
    np.testing.assert_allclose(matrix(ms.HopfieldNetwork().fit(xi)), expected, atol=1e-15)


def test_pseudoinverse_is_the_projector_without_its_diagonal() -> None:
    xi = patterns_of(12, 40).astype(float)
    projector = np.linalg.pinv(xi) @ xi
    np.fill_diagonal(projector, 0.0)
    found = rules.pseudoinverse(xi)
    np.testing.assert_allclose(found, projector, atol=1e-12)
    # E(ξ) = -(N - P)/2 for each pattern.
    energy = -0.5 * np.einsum("pi,ij,pj->p", xi, found, xi)
    np.testing.assert_allclose(energy, -14.0, atol=1e-11)


def test_dependent_patterns_are_said_and_handled() -> None:
    xi = patterns_of(5, 40)
    more = np.concatenate([xi, xi[:2], -xi[2:3]])
    with pytest.warns(UserWarning, match="5 of 8 are independent"):
        network = ms.HopfieldNetwork("pseudoinverse").fit(more)
    np.testing.assert_allclose(matrix(network), rules.pseudoinverse(xi.astype(float)), atol=1e-12)


def test_dreaming_goes_from_hebb_to_the_projector() -> None:
    xi = patterns_of(9, 50).astype(float)
    np.testing.assert_allclose(rules.dreaming(xi, 0.0), rules.hebb(xi), atol=1e-13)
    np.testing.assert_allclose(rules.dreaming(xi, 1e9), rules.pseudoinverse(xi), atol=1e-7)
    C = xi @ xi.T / 50
    J = xi.T @ (3.0 * np.linalg.inv(np.eye(9) + 2.0 * C)) @ xi / 50
    np.fill_diagonal(J, 0.0)
    np.testing.assert_allclose(rules.dreaming(xi, 2.0), J, atol=1e-12)


def test_storkey_spin_by_spin() -> None:
    xi = patterns_of(3, 9).astype(float)
    n = 9
    J = np.zeros((n, n))
    for pattern in xi:
        before = J.copy()
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                h_ij = sum(before[i, k] * pattern[k] for k in range(n) if k not in (i, j))
                h_ji = sum(before[j, k] * pattern[k] for k in range(n) if k not in (i, j))
                J[i, j] += (pattern[i] * pattern[j] - pattern[i] * h_ji - h_ij * pattern[j]) / n
    np.testing.assert_allclose(rules.storkey(xi), J, atol=1e-14)
    np.testing.assert_allclose(rules.storkey(xi[2:], rules.storkey(xi[:2])), J, atol=1e-14)


def test_dilution_cuts_its_share_both_ways() -> None:
    xi = patterns_of(5, 200)
    network = ms.HopfieldNetwork(dilution=0.7, random_state=3).fit(xi)
    J, full = matrix(network), rules.hebb(xi.astype(float))
    kept = J != 0
    np.testing.assert_array_equal(kept, kept.T)
    np.testing.assert_allclose(J[kept], full[kept] / 0.3, atol=1e-14)
    share = kept[np.triu_indices(200, 1)].mean()
    assert abs(share - 0.3) < 5 * np.sqrt(0.21 / 19900)
    again = ms.HopfieldNetwork(dilution=0.7, random_state=3).fit(xi)
    np.testing.assert_array_equal(matrix(again), J)


def test_covariance_is_that_of_neurons_0_and_1() -> None:
    xi = np.where(np.random.default_rng(4).random((30, 80)) < 0.1, 1, -1)
    network = ms.HopfieldNetwork("covariance", threshold=0.4, random_state=1).fit(xi)
    eta = (1 + xi) / 2
    a = eta.mean()
    J = (eta - a).T @ (eta - a) / (80 * a * (1 - a))
    np.fill_diagonal(J, 0.0)
    np.testing.assert_allclose(network.couplings_, J, atol=1e-13)
    # A state at rest is one in which exactly those are active that are above the threshold.
    found = network.retrieve(xi[:5])
    active = (1 + found.state[:, 0].astype(float)) / 2
    assert bool(found.converged.all())
    np.testing.assert_array_equal(active @ J > 0.4, active > 0.5)
    # E = −½ Σ J n n + θ Σ n, but for a constant.
    energies = -0.5 * np.einsum("ci,ij,cj->c", active, J, active) + 0.4 * active.sum(axis=1)
    differences = found.energy[:, 0] - energies
    np.testing.assert_allclose(differences, differences[0], atol=1e-6)
    # Overlaps of a pattern with itself are 1 but for its own mean, and of others next to 0.
    own = network.retrieve(xi[:1], clamp=np.arange(80) > 0, sweeps=1).overlap[0, 0]
    assert own[0] > 0.7
    assert abs(np.delete(own, 0)).max() < 0.7


@pytest.mark.parametrize("activity", [0.1, 0.5, 0.8])
def test_without_a_threshold_patterns_of_any_activity_are_at_rest(activity: float) -> None:
    xi = np.where(np.random.default_rng(5).random((5, 1000)) < activity, 1, -1)
    found = ms.HopfieldNetwork("covariance", random_state=1).fit(xi).retrieve(noisy(xi, 0.02))
    assert (found.kind == "pattern").all()
    assert found.winner.ravel().tolist() == [0, 1, 2, 3, 4]


def test_parameters_set_later_do_not_change_what_is_stored() -> None:
    network = ms.HopfieldNetwork("pseudoinverse", random_state=1).fit(patterns_of(5, 40))
    J = network.couplings_
    network.set_params(rule="covariance")
    np.testing.assert_array_equal(network.couplings_, J)
    network.unlearn(1)


def test_what_is_cut_stays_cut() -> None:
    xi = patterns_of(6, 100)
    network = ms.HopfieldNetwork(dilution=0.5).fit(xi[:5])
    kept = rules.hebb(xi[:5].astype(float)) != 0
    cut = kept & (network.couplings_ == 0)
    network.partial_fit(xi[5])
    assert not network.couplings_[cut].any()


def test_sequences_go_on() -> None:
    xi = patterns_of(6, 400)
    network = ms.HopfieldNetwork("sequence", random_state=1).fit(xi)
    J = np.roll(xi, -1, axis=0).T.astype(float) @ xi / 400
    np.fill_diagonal(J, 0.0)
    np.testing.assert_allclose(network.couplings_, J, atol=1e-6)
    found = network.retrieve(noisy(xi[:1], 0.15), sweeps=8, record_every=1)
    best = np.argmax(found.history[:, 0, 0], axis=1)
    assert best.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    assert found.history[1:, 0, 0].max(axis=1).min() > 0.98
    assert not found.converged.any()
    with pytest.raises(ValueError, match="dynamics: got 'glauber', allowed: 'parallel'"):
        network.retrieve(xi[0], dynamics="glauber")
    with pytest.raises(ValueError, match="one-way couplings"):
        network.energy(xi)


def test_one_way_dilution() -> None:
    xi = patterns_of(10, 1000)
    network = ms.HopfieldNetwork(dilution=0.8, symmetric=False, random_state=3).fit(xi)
    J, full = network.couplings_, rules.hebb(xi.astype(float))
    kept = J != 0
    assert not np.array_equal(kept, kept.T)
    np.testing.assert_allclose(J[kept], full[kept] / 0.2, rtol=1e-5)
    found = network.retrieve(noisy(xi, 0.1), replicas=2)
    assert (found.kind == "pattern").all()
    hot = network.retrieve(xi, temperature=0.3, sweeps=20)
    m = hot.overlap[np.arange(10), 0, np.arange(10)].mean()
    # m = tanh(m/T) of a network without load, m = 0.9976, less what noise of P/K = 0.05 takes.
    assert 0.95 < m < 0.9976


def test_unlearning_makes_room() -> None:
    xi = patterns_of(40, 200)  # α = 0.2
    network = ms.HopfieldNetwork(random_state=1).fit(xi)
    before = network.retrieve(xi).overlap[np.arange(40), 0, np.arange(40)].mean()
    J = network.couplings_
    network.unlearn(60, strength=0.05, batch=4)
    after = network.retrieve(xi).overlap[np.arange(40), 0, np.arange(40)].mean()
    assert before < 0.9 < after
    np.testing.assert_array_equal(network.couplings_, network.couplings_.T)
    assert not network.couplings_.diagonal().any()
    assert not np.array_equal(J, network.couplings_)
    network.partial_fit(xi[0])
    np.testing.assert_allclose(network.couplings_, rules.hebb(network.patterns_.astype(float)))


# --- storing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["hebb", "pseudoinverse", "storkey", "dreaming"])
def test_patterns_come_and_go(rule: str) -> None:
    xi = patterns_of(6, 30).reshape(6, 5, 6)
    whole = ms.HopfieldNetwork(rule).fit(xi)
    grown = ms.HopfieldNetwork(rule).partial_fit(xi[:2]).partial_fit(xi[2]).partial_fit(xi[3:])
    np.testing.assert_allclose(matrix(grown), matrix(whole), atol=1e-12)
    np.testing.assert_array_equal(grown.patterns_, xi)
    grown.forget([0, 4]).forget(0)
    rest = ms.HopfieldNetwork(rule).fit(xi[[2, 3, 5]])
    np.testing.assert_allclose(matrix(grown), matrix(rest), atol=1e-12)
    np.testing.assert_array_equal(grown.patterns_, xi[[2, 3, 5]])
    assert grown.n_features_in_ == 30


def test_it_is_an_estimator() -> None:
    network = ms.HopfieldNetwork("dreaming", dreaming_time=3.0, random_state=1)
    parameters = {
        "rule": "dreaming", "dreaming_time": 3.0, "threshold": None, "dilution": 0.0,
        "symmetric": True, "random_state": 1,
    }  # fmt: skip
    assert network.get_params() == parameters
    assert ms.HopfieldNetwork(**network.get_params()).get_params() == parameters
    assert network.set_params(rule="hebb").rule == "hebb"
    assert network.fit(patterns_of(2, 8)) is network


# --- recall ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dynamics", ["glauber", "parallel"])
@pytest.mark.parametrize("rule", ["hebb", "pseudoinverse", "storkey", "dreaming"])
def test_corrupted_patterns_are_retrieved(rule: str, dynamics: str) -> None:
    xi = patterns_of(10, 400)
    network = ms.HopfieldNetwork(rule, random_state=1).fit(xi)
    found = network.retrieve(noisy(xi, 0.1), dynamics=dynamics, replicas=2)
    assert found.state.shape == (10, 2, 400)
    assert found.overlap.shape == (10, 2, 10)
    assert bool(found.converged.all())
    assert bool((found.kind == "pattern").all())
    np.testing.assert_array_equal(found.winner, np.arange(10)[:, None] * [[1, 1]])
    own = found.overlap[np.arange(10), :, np.arange(10)]
    assert own.min() > 0.99
    overlap = found.state.astype(int) @ xi.T.astype(int) / 400
    np.testing.assert_allclose(found.overlap, overlap, atol=1e-14)
    np.testing.assert_allclose(found.energy, network.energy(found.state), rtol=1e-6)
    # Nothing moves any more.
    again = network.retrieve(found.state[:, 0], dynamics=dynamics)
    np.testing.assert_array_equal(again.state[:, 0], found.state[:, 0])
    assert int(again.sweeps.max()) == 1


def test_at_half_load_the_pseudo_inverse_recovers_what_hebb_loses() -> None:
    xi = patterns_of(200, 400)  # α = 0.5
    cues = noisy(xi, 0.05)  # overlap 0.9
    inverse = ms.HopfieldNetwork("pseudoinverse", random_state=1).fit(xi).retrieve(cues)
    own = inverse.overlap[np.arange(200), 0, np.arange(200)]
    assert own.min() == 1.0
    dreaming = ms.HopfieldNetwork("dreaming", dreaming_time=1e4, random_state=1).fit(xi)
    own = dreaming.retrieve(cues).overlap[np.arange(200), 0, np.arange(200)]
    assert own.min() == 1.0
    hebb = ms.HopfieldNetwork(random_state=1).fit(xi).retrieve(cues)
    assert hebb.overlap[np.arange(200), 0, np.arange(200)].mean() < 0.6


def test_reversed_mixed_and_spurious_states() -> None:
    xi = patterns_of(3, 1000)
    network = ms.HopfieldNetwork(random_state=1).fit(xi)
    mixture = np.sign(xi.astype(int).sum(axis=0))
    found = network.retrieve([-xi[1], mixture, -mixture])
    assert found.kind.ravel().tolist() == ["reversed", "mixture", "mixture"]
    assert found.winner[0, 0] == 1
    np.testing.assert_allclose(np.abs(found.overlap[1, 0]), 0.5, atol=0.06)
    assert float(found.energy[1, 0]) / 1000 == pytest.approx(-0.375, abs=0.03)
    many = ms.HopfieldNetwork(random_state=1).fit(patterns_of(300, 1000))
    lost = many.retrieve(patterns_of(300, 1000)[:20])
    assert "spurious" in lost.kind


def test_erased_units_and_evidence() -> None:
    xi = patterns_of(4, 400).reshape(4, 20, 20)
    network = ms.HopfieldNetwork(random_state=5).fit(xi)
    cue = xi[2].copy()
    cue[10:] = 0
    found = network.retrieve(cue, clamp=cue != 0, replicas=5)
    assert found.state.shape == (1, 5, 20, 20)
    np.testing.assert_array_equal(found.state, np.broadcast_to(xi[2], (1, 5, 20, 20)))
    # What is held stays, even where it is wrong.
    wrong = -xi[2]
    mask = np.zeros((20, 20), bool)
    mask[:3] = True
    held = network.retrieve(np.where(mask, wrong, xi[2]), clamp=mask, temperature=0.5, sweeps=5)
    np.testing.assert_array_equal(held.state[0, 0][mask], wrong[mask])


def test_the_way_is_recorded() -> None:
    xi = patterns_of(20, 500)
    network = ms.HopfieldNetwork(random_state=1).fit(xi)
    found = network.retrieve(noisy(xi[:3], 0.2), temperature=0.2, sweeps=11, record_every=5)
    assert found.times.tolist() == [0, 5, 10]
    assert found.history.shape == (3, 3, 1, 20)
    assert not found.converged.any()
    assert (found.sweeps == 11).all()
    np.testing.assert_allclose(found.history[0, :, 0, :3].diagonal(), 0.6, atol=0.1)
    cold = network.retrieve(noisy(xi[:3], 0.2), record_every=1)
    np.testing.assert_array_equal(cold.history[-1], cold.overlap)
    assert network.retrieve(xi[:2]).history.shape == (0, 2, 1, 20)


def test_a_seed_decides_everything() -> None:
    xi = patterns_of(30, 200)
    cue = np.where(RNG.random(200) < 0.3, 0, xi[0])
    network = ms.HopfieldNetwork().fit(xi)
    runs = [network.retrieve(cue, 0.4, 8, replicas=3, random_state=s).state for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    cold = [network.retrieve(xi[1], order="fixed", random_state=s).state for s in (1, 2)]
    np.testing.assert_array_equal(*cold)  # without a temperature nothing is drawn


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(1, 12),
    st.integers(0, 10**6),
    st.sampled_from(["fixed", "random"]),
)
def test_sequential_recall_never_climbs(n: int, count: int, seed: int, order: str) -> None:
    xi = patterns_of(count, n, seed)
    network = ms.HopfieldNetwork(random_state=seed).fit(xi)
    sampler = ms.Sampler(
        network.model_, 0.0, 4, dynamics="glauber", order=order, seed=seed, device="cpu"
    )
    energy = sampler.energy()
    for _ in range(20):
        sampler.sweep(1)
        after = sampler.energy()
        assert bool(np.all(after <= energy + 1e-9))
        energy = after


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 10**6))
def test_parallel_recall_ends_in_a_state_or_two(n: int, count: int, seed: int) -> None:
    network = ms.HopfieldNetwork(random_state=seed).fit(patterns_of(count, n, seed))
    cues = np.random.default_rng(seed).choice([-1, 1], (6, n))
    found = network.retrieve(cues, dynamics="parallel", sweeps=200)
    assert bool(found.converged.all())
    twice = network.retrieve(found.state[:, 0], dynamics="parallel", sweeps=2)
    np.testing.assert_array_equal(
        network.retrieve(twice.state[:, 0], dynamics="parallel", sweeps=2).state, twice.state
    )


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "message"), [
    ({"rule": "learn"}, "rule: got 'learn'"), ({"dreaming_time": -1.0}, "dreaming_time: got -1.0"),
    ({"dilution": 1.0}, "dilution: got 1.0"), ({"dilution": np.nan}, "dilution: got nan"),
    ({"random_state": -1}, "random_state: got -1"),
])  # fmt: skip
def test_parameters_that_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        ms.HopfieldNetwork(**given)


@pytest.mark.parametrize(("given", "message"), [
    ({"cues": np.ones(9)}, "cues: got .*shape"), ({"cues": np.ones((0, 10))}, "cues: got .*shape"),
    ({"cues": np.full(10, 2)}, "cues: got other values"), ({"cues": ["a"] * 10}, "cues: got"),
    ({"cues": np.full(10, np.nan)}, "cues: got other values"),
    ({"temperature": -0.1}, "temperature: got -0.1"),
    ({"dynamics": "metropolis"}, "temperature: got 0.0"), ({"dynamics": "x"}, "dynamics: got 'x'"),
    ({"order": "x"}, "order: got 'x'"), ({"sweeps": 0}, "sweeps: got 0"),
    ({"replicas": 0}, "replicas: got 0"), ({"record_every": 0}, "record_every: got 0"),
    ({"clamp": np.ones(10, bool)}, "clamp: got one that holds every unit"),
    ({"clamp": np.ones(10)}, "clamp: got"), ({"clamp": np.ones(9, bool)}, "clamp: got .*shape"),
    ({"cues": np.zeros(10), "clamp": np.arange(10) < 2}, "clamp: got an erased unit"),
    ({"retrieved_at": -1.0}, "retrieved_at: got -1.0"),
    ({"random_state": 1.5}, "random_state: got"),
])  # fmt: skip
def test_retrievals_that_are_refused(given: dict[str, Any], message: str) -> None:
    network = ms.HopfieldNetwork().fit(patterns_of(2, 10))
    with pytest.raises((TypeError, ValueError), match=message):
        network.retrieve(**{"cues": np.ones(10), **given})


def test_nothing_stored_yet() -> None:
    network = ms.HopfieldNetwork()
    for ask in (
        lambda: network.retrieve([[1]]),
        lambda: network.patterns_,
        lambda: network.forget(0),
    ):
        with pytest.raises(ms.NotFittedError, match="no patterns yet"):
            ask()


@pytest.mark.parametrize("numbers", [[0, 1], [2], [-1], 0.5, "a", [[0]]])
def test_patterns_that_cannot_be_forgotten(numbers: Any) -> None:
    network = ms.HopfieldNetwork().fit(patterns_of(2, 10))
    with pytest.raises((TypeError, ValueError), match="patterns: got"):
        network.forget(numbers)
    assert len(network.patterns_) == 2


def test_patterns_of_another_shape() -> None:
    network = ms.HopfieldNetwork().fit(patterns_of(2, 10))
    with pytest.raises(ValueError, match="as those before"):
        network.partial_fit(patterns_of(2, 11))
