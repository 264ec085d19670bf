"""InverseIsing: answers by formula, recovery, invariances, and what it refuses."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.planted_pairs import Floats, all_states, drawn, planted, probabilities

import multispin as ms
from multispin.learn.inverse import boltzmann, supports
from multispin.learn.inverse.methods import METHODS
from multispin.learn.inverse.observations import observed
from multispin.learn.place import Place

COUNTS = {(1, 1): 50, (1, -1): 20, (-1, 1): 10, (-1, -1): 40}
OVER_SPINS = ("pseudolikelihood", "pseudolikelihood_averaged", "mpf", "rise", "logrise")
CONSISTENT = ("exact", *OVER_SPINS)

# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*CONSISTENT, "pair", "bethe", "sessak_monasson"])
def test_two_spins_by_formula(method: str) -> None:
    fit = ms.InverseIsing(method, tol=1e-11)
    fit.fit(list(COUNTS), sample_weight=list(COUNTS.values()))
    assert fit.J_[0, 1] == pytest.approx(0.575646273249, abs=1e-10)
    assert fit.h_ == pytest.approx([0.229072682969, -0.117500907311], abs=1e-10)
    assert fit.converged_


@pytest.mark.parametrize("method", ["mean_field", "tap"])
def test_two_spins_in_mean_field(method: str) -> None:
    fit = ms.InverseIsing(method).fit(list(COUNTS), sample_weight=list(COUNTS.values()))
    assert fit.J_[0, 1] == pytest.approx(0.692307692308, abs=1e-11)


@pytest.mark.parametrize("method", CONSISTENT)
def test_couplings_of_exact_weights_are_those_planted(method: str) -> None:
    J, h = planted(7)
    states, p = probabilities(J, h)
    fit = ms.InverseIsing(method, tol=1e-11).fit(states, sample_weight=p)
    np.testing.assert_allclose(fit.J_, J, atol=1e-9)
    np.testing.assert_allclose(fit.h_, h, atol=1e-9)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "method", ["exact", *(pytest.param(name, marks=pytest.mark.thorough) for name in OVER_SPINS)]
)
def test_errors_shrink_with_the_root_of_samples(method: str) -> None:
    """A hundred times the samples, a tenth of the error: 16 sets each, so within 40 %."""
    J, h = planted(5)
    errors = []
    for m in (500, 50_000):
        fits = [ms.InverseIsing(method).fit(drawn(J, h, m, seed)) for seed in range(16)]
        errors.append(np.mean([np.linalg.norm(fit.J_ - J) for fit in fits]))
    assert 10 / 1.4 < errors[0] / errors[1] < 10 * 1.4


def test_published_couplings(data: Path) -> None:
    table = np.loadtxt(data / "gml_a_samples.csv", delimiter=",")
    counts, states = table[:, 0], table[:, 1:]
    for method, factor, name in (
        ("rise", 0.4, "RISE"),
        ("logrise", 0.8, "logRISE"),
        ("pseudolikelihood_averaged", 0.2, "RPLE"),
    ):
        published = np.loadtxt(data / f"gml_a_{name}_learned.csv", delimiter=",")
        l1 = factor * np.sqrt(np.log(len(published) ** 2 / 0.05) / counts.sum())
        fit = ms.InverseIsing(method, l1=l1, tol=1e-10).fit(states, sample_weight=counts)
        np.testing.assert_allclose(fit.J_ + np.diag(fit.h_), published, atol=1e-7)


def test_neurons_by_sums_over_states(data: Path) -> None:
    spikes = np.load(data / "neurons50.npz")["spikes"][:, :15]
    fit = ms.InverseIsing("exact", units="binary").fit(spikes)
    assert fit.log_likelihood(spikes) == pytest.approx(-4.5110640390, abs=1e-9)
    more = ms.InverseIsing("exact", units="binary", k_pairwise=True, tol=1e-8).fit(spikes)
    assert more.log_likelihood(spikes) == pytest.approx(-4.5094680313, abs=1e-9)
    assert more.potential_ is not None
    assert np.isneginf(more.potential_).any()


@pytest.mark.thorough
def test_neurons_by_chains(data: Path) -> None:
    spikes = np.load(data / "neurons50.npz")["spikes"][:, :15]
    fit = ms.InverseIsing("boltzmann", units="binary", random_state=1).fit(spikes)
    assert fit.converged_
    assert fit.optimality_ < 1.0
    assert fit.log_likelihood(spikes) == pytest.approx(-4.5110640390, abs=1e-4)


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA is not set")
    return Path(folder)


# --- chains -------------------------------------------------------------------------------------


@pytest.mark.one_in(2)
@pytest.mark.parametrize("from_moments", [False, True])
def test_chains_come_to_the_maximum_of_the_likelihood(from_moments: bool) -> None:
    J, h = planted(8, beta=1.0)
    samples = drawn(J, h, 5000)
    exact = ms.InverseIsing("exact").fit(samples)
    fit = ms.InverseIsing("boltzmann", random_state=3)
    if from_moments:
        fit.fit_moments(*ms.moments(samples), len(samples))
    else:
        fit.fit(samples)
    assert fit.converged_
    assert fit.optimality_ < 1.0
    best, found = exact.log_likelihood(samples), fit.log_likelihood(samples)
    # A deviation of all 36 moments by a sampling error would cost 36 / 2M = 0.0036.
    assert best - 0.0018 < found <= best + 1e-12


@pytest.mark.thorough
def test_chains_of_a_seed_are_the_same_on_any_number_of_threads() -> None:
    samples = drawn(*planted(9), 2000)
    fits = [
        ms.InverseIsing("boltzmann", random_state=3, threads=threads, chains=500).fit(samples)
        for threads in (1, 2)
    ]
    np.testing.assert_array_equal(fits[0].J_, fits[1].J_)


def test_chains_that_do_not_get_there_say_so() -> None:
    J, h = planted(10, beta=2.0)
    with pytest.warns(ms.NotConvergedWarning, match="boltzmann: the largest deviation"):
        fit = ms.InverseIsing("boltzmann", random_state=3, max_iter=1).fit_moments(
            *ms.moments(drawn(J, h, 5000)), 5000
        )
    assert not fit.converged_


# --- invariances --------------------------------------------------------------------------------

ALL = tuple(method for method in METHODS if method not in ("boltzmann", "mpf_excluding"))


def fitted(method: str, samples: Any, **how: Any) -> ms.InverseIsing:
    weight = how.pop("sample_weight", None)
    return ms.InverseIsing(method, tol=1e-10, **how).fit(samples, sample_weight=weight)


@pytest.mark.parametrize("method", ALL)
def test_the_answer_turns_with_spins(method: str) -> None:
    samples = drawn(*planted(6), 3000)
    fit = fitted(method, samples)
    order, signs = np.random.default_rng(1).permutation(6), np.array([1, -1, 1, -1, -1, 1])
    turned = fitted(method, samples[:, order] * signs)
    np.testing.assert_allclose(
        turned.J_, fit.J_[np.ix_(order, order)] * np.outer(signs, signs), atol=1e-8
    )
    np.testing.assert_allclose(turned.h_, fit.h_[order] * signs, atol=1e-8)


@pytest.mark.parametrize("method", ALL)
def test_weights_are_repetitions_and_have_no_scale(method: str) -> None:
    samples = drawn(*planted(5), 400)
    states, counts = np.unique(samples, axis=0, return_counts=True)
    fits = [
        fitted(method, samples),
        fitted(method, states, sample_weight=counts),
        fitted(method, states, sample_weight=0.37 * counts),
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(other.J_, fits[0].J_, atol=1e-8)
        np.testing.assert_allclose(other.h_, fits[0].h_, atol=1e-8)


def test_the_same_fit_of_samples_in_any_form() -> None:
    pandas = pytest.importorskip("pandas")
    samples = drawn(*planted(11), 500)
    bits = (samples > 0).astype(np.uint8)
    packed = ms.PackedSamples(np.packbits(samples > 0, axis=1, bitorder="little"), 11)
    frame = pandas.DataFrame(samples, columns=[f"cell {i}" for i in range(11)])
    fits = [
        fitted("pseudolikelihood", form)
        for form in (samples, samples.astype(float), samples > 0, packed, frame, samples.tolist())
    ]
    fits += [fitted("pseudolikelihood", form, units="binary") for form in (bits, bits * 1.0)]
    for other in fits[1:]:
        np.testing.assert_array_equal(other.J_, fits[0].J_)
    assert fits[4].feature_names_in_[3] == "cell 3"
    J, _h = fits[0].binary_parameters()
    np.testing.assert_allclose(J, 4 * fits[0].J_)


def test_learn_sample_learn() -> None:
    J, h = planted(12)
    first = ms.InverseIsing("exact").fit(drawn(J, h, 20_000))
    again = ms.InverseIsing("exact").fit(first.sample(200_000, random_state=5))
    assert np.linalg.norm(again.J_ - first.J_) < 1.5 * np.sqrt(12 * 11 / 200_000)


def test_moments_alone_are_enough_for_some() -> None:
    samples = drawn(*planted(6), 1000)
    mean, second = ms.moments(samples)
    for method, kind in METHODS.items():
        if kind.samples:
            with pytest.raises(ValueError, match="averages functions of whole samples"):
                ms.InverseIsing(method).fit_moments(mean, second, 1000)
        elif method != "boltzmann":
            whole, alone = fitted(method, samples), ms.InverseIsing(method, tol=1e-10)
            alone.fit_moments(mean, second, 1000)
            np.testing.assert_allclose(alone.J_, whole.J_, atol=1e-9)
    x, xx = (1 + mean) / 2, (1 + mean[:, None] + mean + second) / 4
    binary = ms.InverseIsing("bethe", units="binary").fit_moments(x, xx, 1000)
    np.testing.assert_allclose(binary.J_, ms.InverseIsing("bethe").fit(samples).J_, atol=1e-9)


# --- penalties, supports, missing values --------------------------------------------------------


@pytest.mark.parametrize("method", CONSISTENT)
def test_conditions_of_a_penalized_minimum(method: str) -> None:
    J, h = planted(7)
    J[np.abs(J) < 0.2] = 0.0
    samples = drawn(J, h, 300)
    fit = ms.InverseIsing(method, l1=0.05, tol=1e-11).fit(samples)
    assert fit.converged_
    assert fit.optimality_ <= 1e-11
    found = fit.J_[np.triu_indices(7, 1)]
    assert 0 < np.count_nonzero(found) < 21
    # One step along each coupling, up or down, pays for itself nowhere.
    if method == "exact":

        def cost(J: Floats) -> float:
            value = ms.exact.enumerate(ms.Pairwise(J, fit.h_), 1.0).log_partition
            energy = ms.Pairwise(J, fit.h_).energy(samples).mean()
            return float(value + energy + 0.05 * np.abs(np.triu(J)).sum())

        here = cost(fit.J_)
        for i, j in zip(*np.triu_indices(7, 1), strict=True):
            for step in (1e-3, -1e-3):
                J = fit.J_.copy()
                J[i, j] += step
                J[j, i] += step
                assert cost(J) > here


def test_ridges_make_couplings_smaller_and_the_strongest_none() -> None:
    samples = drawn(*planted(6), 200)
    norms = [
        np.linalg.norm(ms.InverseIsing("exact", l2=l2).fit(samples).J_) for l2 in (0, 0.1, 1, 1e4)
    ]
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 1e-3
    alone = ms.InverseIsing("exact", l1=10.0).fit(samples)
    assert not alone.J_.any()
    np.testing.assert_allclose(alone.h_, np.arctanh(samples.mean(axis=0)), atol=1e-6)


@pytest.mark.parametrize("method", CONSISTENT)
def test_only_pairs_of_the_support_are_coupled(method: str) -> None:
    support = np.zeros((6, 6), dtype=bool)
    for i, j in ((0, 1), (1, 2), (4, 5)):
        support[i, j] = support[j, i] = True
    fit = ms.InverseIsing(method, support=support).fit(drawn(*planted(6), 500))
    assert not fit.J_[~support].any()
    assert fit.J_[support].all()


def test_a_pseudocount_is_applied_once() -> None:
    samples = drawn(*planted(4), 30)
    fit = ms.InverseIsing("exact", pseudocount=8.0, tol=1e-10).fit(samples)
    states = all_states(4)
    whole = np.concatenate([samples, states])
    weights = np.concatenate([np.ones(30), np.full(16, 8.0 / 16)])
    same = ms.InverseIsing("exact", tol=1e-10).fit(whole, sample_weight=weights)
    np.testing.assert_allclose(fit.J_, same.J_, atol=1e-8)


def test_missing_values_are_summed_over() -> None:
    J, h = planted(6)
    samples = drawn(J, h, 40_000).astype(float)
    holes = np.random.default_rng(3).random(samples.shape) < 0.2
    seen = np.where(holes, np.nan, samples)
    fit = ms.InverseIsing("exact", tol=1e-8).fit(seen)
    assert fit.converged_
    # About as good as 0.64 of the pairs, and better than samples without a hole: 0.26 of them.
    errors = [np.linalg.norm(fit.J_ - J)]
    whole = samples[~holes.any(axis=1)]
    errors.append(np.linalg.norm(ms.InverseIsing("exact").fit(whole).J_ - J))
    assert errors[0] < errors[1]
    assert errors[0] < 2 * np.sqrt(30 / (0.64 * 40_000))
    with pytest.raises(ValueError, match="got NaN in row"):
        ms.InverseIsing("pair").fit(seen)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("method", ["boltzmann", "pseudolikelihood", "pseudolikelihood_averaged"])
def test_missing_values_are_completed_by_chains(method: str) -> None:
    J, h = planted(6)
    samples = drawn(J, h, 5000).astype(float)
    seen = np.where(np.random.default_rng(3).random(samples.shape) < 0.2, np.nan, samples)
    exact = ms.InverseIsing("exact").fit(seen)
    fit = ms.InverseIsing(method, random_state=1).fit(seen)
    assert fit.converged_
    # Both estimate the same, with errors of about this size each.
    assert np.linalg.norm(fit.J_ - exact.J_) < 2 * np.sqrt(30 / (0.64 * 5000))


def test_what_chains_do_not_tell_does_not_run_away() -> None:
    """Without a limit, fields of spins that no chain turns go by hundreds in a step."""
    samples = drawn(*planted(8), 5000)
    samples[:, :4] = -1
    moments = observed(samples, None, "spin").moments(1).with_pseudocount(0.01)
    support = supports.all_pairs(8)
    x = np.concatenate([np.zeros(28), np.full(4, -9.0), np.zeros(4)])
    states = np.full((256, 8), -1, dtype=np.int8)
    chains = boltzmann.Chains.started(support, x, states, 1, Place(1))
    learning = boltzmann._Learning(chains, [x], moments, 0.0, 0.0, None)
    for _ in range(5):
        before = learning.x
        learning.step()
        assert np.abs(learning.x - before).max() <= 1.0 + 1e-12  # which fields of -9 are rounded by


def test_learning_that_gets_no_nearer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boltzmann, "_PATIENCE", 3)
    samples = drawn(*planted(8, beta=1.5), 20_000)
    support = supports.all_pairs(8)
    x = np.zeros(support.size)
    chains = boltzmann.Chains.started(support, x, samples[:512], 1, Place(1))
    data = observed(samples, None, "spin").moments(1)
    learning = boltzmann._Learning(chains, [x], data, 0.0, 0.0, None)
    learning._nearest = 0.0  # nearer than any step can come
    steps = 0
    while not learning.stuck:
        steps += learning.step()
    assert steps == 3


@pytest.mark.thorough
def test_chains_with_a_ridge_come_to_the_penalized_maximum() -> None:
    samples = drawn(*planted(7, beta=1.5), 5000)
    exact = ms.InverseIsing("exact", l2=0.3).fit(samples)
    fit = ms.InverseIsing("boltzmann", l2=0.3, random_state=1).fit(samples)
    free = ms.InverseIsing("exact").fit(samples)
    assert np.linalg.norm(free.J_ - exact.J_) > 0.5  # the penalty matters
    assert np.linalg.norm(fit.J_ - exact.J_) < 2 * np.sqrt(42 / 5000)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("n", "m", "l1"), [(8, 4000, 0.05), (12, 500, 0.1)])
def test_chains_with_l1_come_to_the_penalized_maximum(n: int, m: int, l1: float) -> None:
    """Conditions of a maximum are compared to what is left to chance: half a sampling error.

    Moments of 40 m states are within 5/√40 = 0.8 sampling errors by chance once in 1.7 million
    times; chains end where what is left of all of them together is noise.
    """
    samples = drawn(*planted(n, beta=1.2), m)
    exact = ms.InverseIsing("exact", l1=l1, tol=1e-9).fit(samples)
    fit = ms.InverseIsing("boltzmann", l1=l1, random_state=1).fit(samples)
    assert fit.converged_
    pairs = np.triu_indices(n, 1)
    data, model = ms.moments(samples)[1][pairs], exact_moments(exact)[1][pairs]
    best, found = exact.J_[pairs], fit.J_[pairs]
    assert 0.1 < (best == 0).mean() < 0.9
    # Those that are 0 with something to spare are, and those that are not by far are not.
    held = np.abs(data - model) < l1 - 0.8 / np.sqrt(m)
    assert not found[held].any()
    large = np.abs(best) > 2 / np.sqrt(m)
    np.testing.assert_array_equal(np.sign(found[large]), np.sign(best[large]))
    assert held.sum() + large.sum() > 0.5 * len(best)
    mean, second = exact_moments(fit)
    lacks = np.abs(samples.mean(axis=0) - mean)
    violated = np.where(found == 0, np.maximum(np.abs(data - second[pairs]) - l1, 0.0),
                        np.abs(data - second[pairs] - l1 * np.sign(found)))  # fmt: skip
    assert max(lacks.max(), violated.max()) < 0.8 / np.sqrt(m)
    assert np.linalg.norm(found - best) < np.sqrt(len(best) / m)


def exact_moments(fit: ms.InverseIsing) -> tuple[Floats, Floats]:
    states, p = probabilities(fit.J_, fit.h_)
    return p @ states, (states.T * p) @ states


# --- what is infinitely far away ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["exact", "pseudolikelihood", "pseudolikelihood_averaged"])
def test_an_unseen_state_of_a_pair_is_named(method: str) -> None:
    samples = drawn(*planted(5), 300)
    samples = samples[~((samples[:, 1] > 0) & (samples[:, 3] < 0))]
    with pytest.warns(ms.InfiniteMaximumWarning, match=r"spin 1 and spin 3 are never \+1 and -1"):
        fit = ms.InverseIsing(method).fit(samples)
    assert np.isfinite(fit.J_).all()
    assert np.isfinite(fit.h_).all()
    assert fit.converged_
    assert fit.J_[1, 3] > 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ms.InverseIsing(method, l2=0.01).fit(samples)


def test_a_constant_spin_is_named() -> None:
    samples = drawn(*planted(4), 300)
    samples[:, 2] = -1
    with pytest.warns(ms.InfiniteMaximumWarning, match="spin 2 is always -1"):
        fit = ms.InverseIsing("exact").fit(samples)
    assert fit.h_[2] < -2
    assert np.isfinite(fit.J_).all()


# --- what is refused ----------------------------------------------------------------------------

GOOD = np.array([[1, 1, -1], [1, -1, 1], [-1, -1, 1], [-1, 1, -1]])


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.where(np.eye(4, 3) == 1, 2, GOOD), "got 2 in row 0, column 0"),
        (np.where(np.eye(4, 3) == 1, 0.5, GOOD), r"got 0\.5 in row 0, column 0"),
        ((GOOD + 1) // 2, "units='binary' takes 0 and 1"),
        (GOOD[0], r"one sample is samples\[None, :\]"),
        (GOOD[:1], "at least 2 samples"),
        (np.empty((0, 3)), "got an array of shape"),
        ([[1, -1], [1]], "samples"),
        (GOOD * np.inf, "got inf"),
    ],
)
def test_samples_of_another_kind(samples: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.InverseIsing().fit(samples)


@pytest.mark.parametrize("weights", [[-1, 1, 1, 1], [0, 0, 0, 0], [1, 1], [np.nan, 1, 1, 1]])
def test_weights_of_another_kind(weights: Any) -> None:
    with pytest.raises(ValueError, match="sample_weight"):
        ms.InverseIsing().fit(GOOD, sample_weight=weights)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "magic"}, "method: got 'magic', allowed: .*'logrise'"),
        ({"l1": -1}, "l1: got -1"),
        ({"method": "bethe", "l1": 1}, "l1: got 1.* with method='bethe'"),
        ({"pseudocount": 1}, "l2 instead"),
        ({"method": "tap", "support": np.eye(3)}, "support"),
        ({"k_pairwise": True}, "exact, boltzmann learn it"),
        ({"units": "percent"}, "units"),
        ({"method": "boltzmann", "device": "tpu"}, "device: got 'tpu', allowed: 'auto', 'cpu'"),
        ({"device": 0}, "device: got 0, allowed: 'auto', 'cpu'"),
    ],
)
def test_parameters_of_another_kind(how: dict[str, Any], message: str) -> None:
    for refused in (ms.InverseIsing(**how), ms.InverseIsing().set_params(**how)):
        with pytest.raises((ValueError, TypeError), match=message):
            refused.fit(GOOD)
        with pytest.raises((ValueError, TypeError), match=message):
            refused.fit_moments(*ms.moments(GOOD), 4)


@pytest.mark.usefixtures("without_cuda")
def test_there_is_no_gpu() -> None:
    rng = np.random.default_rng(1)
    many = rng.choice(np.array([-1, 1], np.int8), (60, 23))
    message = "^device: got 'cuda', but .*'cpu' always works$"
    with pytest.raises(ms.DeviceError, match=message):
        ms.InverseIsing("boltzmann", device="cuda").fit(many)
    fit = ms.InverseIsing("independent", device="auto").fit(many)
    fit.set_params(device="cuda")
    hidden = np.where(np.arange(23) == 3, np.nan, many)
    for work in (fit.sample, fit.log_partition, lambda: fit.conditional(hidden)):
        with pytest.raises(ms.DeviceError, match=message):
            work()
    with pytest.raises(ms.DeviceError, match=message):
        ms.log_partition(fit.model(), "ais", device="cuda")


def test_what_cannot_be_done() -> None:
    with pytest.raises(ValueError, match="at most 22 spins .* 'boltzmann'"):
        ms.InverseIsing("exact").fit(np.sign(np.random.default_rng(1).normal(size=(50, 23))))
    for weights in ([1e200] * 4, [1e-200] * 4):
        with pytest.raises(ValueError, match="sample_weight: got .* samples, allowed: from 1 to"):
            ms.InverseIsing("boltzmann").fit(GOOD, sample_weight=weights)
    with pytest.raises(ValueError, match="whose neighbours are all among them"):
        ms.InverseIsing("mpf_excluding").fit(all_states(3))
    with pytest.raises(ms.NotFittedError):
        ms.InverseIsing().sample(3)
    with pytest.raises(ValueError, match="a probability of"):
        ms.InverseIsing("exact").fit_moments([0.9, 0.9], [[1, -0.9], [-0.9, 1]], 100)
    with pytest.warns(ms.NotConvergedWarning, match="after 1 iterations"):
        fit = ms.InverseIsing(max_iter=1).fit(drawn(*planted(6), 500))
    assert not fit.converged_


def test_flow_without_neighbours_is_that_to_states_that_were_not_seen() -> None:
    samples = drawn(*planted(9), 60)
    fit = ms.InverseIsing("mpf_excluding", l2=0.01, tol=1e-9).fit(samples)
    seen = {tuple(row) for row in samples}

    def flow(J: Floats, h: Floats) -> float:
        total = 0.0
        for row in samples:
            for i in range(9):
                turned = row.copy()
                turned[i] = -turned[i]
                if tuple(turned) not in seen:
                    total += np.exp(-row[i] * (h[i] + J[i] @ row))
        return total / len(samples) + 0.01 * float((np.triu(J) ** 2).sum())

    here = flow(fit.J_, fit.h_)
    random = np.random.default_rng(1)
    for _ in range(20):
        J = np.triu(random.normal(size=(9, 9)), 1) * 1e-3
        assert flow(fit.J_ + J + J.T, fit.h_ + random.normal(size=9) * 1e-3) > here


# --- scikit-learn -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        ms.InverseIsing("exact", l1=0.25, tol=1e-3),
        ms.HopfieldNetwork("dreaming", dreaming_time=2.5),
    ],
)
def test_parameters_stay_the_objects_they_are(estimator: Any) -> None:
    """scikit-learn's clone asks for that."""
    params = estimator.get_params()
    again = type(estimator)(**params).get_params()
    assert all(again[name] is value for name, value in params.items())
