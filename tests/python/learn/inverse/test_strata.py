"""K-pairwise models by chains, against sums over all states."""

from __future__ import annotations

import itertools
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln

import multispin as ms
from multispin.learn.inverse import strata
from multispin.learn.inverse.boltzmann import Chains
from multispin.learn.inverse.metric import Metric
from multispin.learn.inverse.standardization import Coordinates
from multispin.learn.inverse.strata import Strata, Tilted
from multispin.learn.inverse.supports import all_pairs
from multispin.learn.place import Place

N = 6
STATES = np.array(list(itertools.product((-1, 1), repeat=N)), dtype=np.int8)
UP = (STATES > 0).sum(axis=1)


def tilted(seed: int = 0, width: float = 0.4, depth: float = 1.0) -> Tilted:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(0, width, (N, N)), 1)
    return Tilted(J + J.T, rng.normal(0, 0.3, N), rng.normal(0, depth, N + 1))


def probabilities(of: Tilted) -> np.ndarray:
    exponent = np.einsum("mi,ij,mj->m", STATES, of.J, STATES) / 2 + STATES @ of.h
    weights = np.exp(exponent + of.potential[UP])
    return weights / weights.sum()


@pytest.mark.parametrize("without", [(), (1,), (0, 1, 2), (5,)])
def test_canonical_parameters_are_of_the_same_distribution(without: tuple[int, ...]) -> None:
    of = tilted()
    of.potential[list(without)] = -np.inf
    found = of.canonical()
    np.testing.assert_allclose(probabilities(found), probabilities(of), atol=1e-14)
    first = found.potential[np.isfinite(found.potential)][:3]
    np.testing.assert_array_equal(first, 0.0)
    np.testing.assert_array_equal(np.isfinite(found.potential), np.isfinite(of.potential))
    rest = found.seen_from(of.J, of.h)
    again = probabilities(Tilted(of.J, of.h, rest))
    np.testing.assert_allclose(again, probabilities(of), atol=1e-14)


@pytest.mark.parametrize("without", [(0,), (1,), (0, 1, 2), (2, 5), (0, 1, 3, 4, 6)])
def test_numbers_that_no_sample_has_are_impossible(without: tuple[int, ...]) -> None:
    """Also those whose V_K would be 0 else: couplings need not diverge in its place."""
    rng = np.random.default_rng(3)
    samples = np.where(rng.random((4000, N)) < 0.45, 1, -1)
    samples = samples[~np.isin((samples > 0).sum(axis=1), without)]
    never = np.isin(np.arange(N + 1), without) | (np.bincount(UP, minlength=N + 1) == 0)
    shares = np.bincount((samples > 0).sum(axis=1), minlength=N + 1) / len(samples)
    fits = [
        ms.InverseIsing(method, k_pairwise=True, random_state=1, threads=1).fit(samples)
        for method in ("exact", "boltzmann")
    ]
    for fit, error in zip(fits, (1e-5, 0.05), strict=True):
        assert fit.converged_
        assert fit.potential_ is not None
        np.testing.assert_array_equal(np.isneginf(fit.potential_), never | (shares == 0))
        np.testing.assert_array_equal(fit.potential_[shares > 0][:3], 0.0)
        p = probabilities(Tilted(fit.J_, fit.h_, fit.potential_))
        np.testing.assert_allclose(np.bincount(UP, p, minlength=N + 1), shares, atol=error)
        energy = fit.energy(STATES)
        assert not np.isnan(energy).any()
        np.testing.assert_array_equal(np.isposinf(energy), never[UP])
        assert np.isfinite([fit.entropy(), fit.log_partition().value]).all()
        assert np.abs(fit.h_).max() < 1.0
    if (shares > 0).sum() > 3:  # else couplings of all pairs say nothing that V does not
        np.testing.assert_allclose(fits[0].J_, fits[1].J_, atol=0.1)
        np.testing.assert_allclose(fits[0].h_, fits[1].h_, atol=0.1)


@pytest.mark.parametrize(
    ("up", "warns"),
    [
        (np.repeat([[0], [1]], N, axis=1), ""),
        (np.zeros((1, N)), ""),
        (np.ones((1, N)), ""),
        (np.eye(N), ""),
        (np.eye(N)[:-1], "is always -1"),  # one of the others is up as well as it
        (np.eye(N) + np.roll(np.eye(N), 1, axis=1), "are never \\+1 and \\+1"),
    ],
)
def test_what_numbers_of_spins_up_rule_out_is_no_infinite_maximum(
    up: np.ndarray, warns: str
) -> None:
    samples = np.repeat(2 * up.astype(int) - 1, 50, axis=0)
    if warns:
        with pytest.warns(ms.InfiniteMaximumWarning, match=warns):
            ms.InverseIsing("exact", k_pairwise=True).fit(samples)
    else:
        fit = ms.InverseIsing("exact", k_pairwise=True).fit(samples)
        assert np.abs(fit.J_).max() < 1


def test_means_of_pairs_are_those_of_the_whole() -> None:
    of = tilted(1)
    alone = 1e9 * probabilities(Tilted(of.J, of.h, np.zeros(N + 1)))
    whole = probabilities(of)
    kinds = Strata(np.bincount(UP, whole))
    counts = np.bincount(UP, alone)
    sums = np.stack([np.bincount(UP, alone * STATES[:, i]) for i in range(N)], axis=1)
    found, worth = kinds.mean(sums, counts)
    np.testing.assert_allclose(found, whole @ STATES, atol=1e-12)
    assert 0 < worth < 1e9
    potential = kinds.steered(np.zeros(N + 1), counts)
    np.testing.assert_allclose(potential - potential[0], of.potential - of.potential[0], atol=1e-9)


def test_states_are_told_apart() -> None:
    shares = np.array([0.5, 0.0, 0.25, 0.0, 0.25, 0.0, 0.0])
    parts = Strata(shares).parts(STATES)
    assert [kind for kind, _ in parts] == [0, 1, 2]
    for (_, part), k in zip(parts, (0, 2, 4), strict=True):
        np.testing.assert_array_equal(part, STATES[UP == k])
    ((kind, part),) = Strata(None).parts(STATES)
    assert kind == 0
    assert part is STATES
    numbers = np.array([3.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0])
    np.testing.assert_array_equal(Strata(shares).unseen(numbers), [2])
    assert Strata(shares).parts(STATES[UP == 1]) == []
    np.testing.assert_array_equal(Strata(shares).within(STATES), UP <= 4)


@pytest.mark.parametrize("shares", [None, (0.02, 0.1, 0.0, 0.4, 0.3, 0.1, 0.08)])
def test_the_metric_is_what_no_potential_takes_away(shares: tuple[float, ...] | None) -> None:
    rng, support = np.random.default_rng(0), all_pairs(N)
    spins = np.where(rng.random((2000, N)) < 0.4, 1, -1).astype(np.int8)
    features = np.array([support.vector(np.outer(s, s), s) for s in spins], dtype=float)
    whole = np.cov(features.T, bias=True)
    expected = whole
    if shares is not None:
        up = (spins > 0).sum(axis=1)
        within = [np.cov(features[up == k].T, bias=True) for k in range(N + 1)]
        same = np.zeros((2, support.size))
        same[0, : support.n_pairs], same[1, support.n_pairs :] = 15**-0.5, N**-0.5
        expected = np.tensordot(shares, within, 1)
        np.testing.assert_allclose(same @ expected, 0.0, atol=1e-12)
        expected += same.T @ (same @ whole @ same.T) @ same
    metric = Metric(support, spins, Strata(None if shares is None else np.array(shares)))
    found = np.stack([metric.product(v) for v in np.eye(support.size)])
    np.testing.assert_allclose(found, expected, atol=1e-4)  # float32, sums of 2000


def test_steps_leave_the_number_of_spins_up_of_chains_where_it_is() -> None:
    rng, support = np.random.default_rng(1), all_pairs(N)
    # More of the spins that come first are up, and all of them more often than by chance.
    often = rng.random((2000, 1)) * np.linspace(1.0, 0.4, N)
    spins = np.where(rng.random((2000, N)) < often, 1, -1).astype(np.int8)
    metric = Metric(support, spins, Strata(np.full(N + 1, 1 / (N + 1))))
    c = support.n_pairs
    to = Coordinates(support.rows, support.columns, np.zeros(N), joint=True, size=support.size)
    wanted = rng.normal(size=support.size)
    wanted[:c] -= wanted[:c].mean()
    wanted[c:] -= wanted[c:].mean()
    free, ridge = np.ones(support.size, dtype=bool), np.zeros(support.size)
    step, length = metric.solved(wanted, free, to, ridge, 0.1)
    features = np.array([support.vector(np.outer(s, s), s) for s in spins], dtype=float)
    along, up = features @ step, spins.sum(axis=1)
    assert length == pytest.approx(along.std(), rel=1e-4)
    for of_number in (up, up**2):
        assert abs(np.corrcoef(along, of_number)[0, 1]) < 1e-3


def test_a_potential_is_steered_to_where_chains_are_as_often_as_the_data() -> None:
    # Between numbers of the data, chains are on their way: as often as these let one expect.
    shares = np.array([0.0, 0.4, 0.0, 0.1, 0.5, 0.0, 0.0])
    kinds, start = Strata(shares), Strata(shares).start()
    np.testing.assert_array_equal(start, [-np.inf, 0, 0, 0, 0, -np.inf, -np.inf])
    numbers = np.array([0.0, 100.0, 400.0, 0.0, 500.0, 0.0, 0.0])
    found = kinds.steered(start, numbers)
    wanted = np.log([0.4, 0.2, 0.1, 0.5]) - np.log([0.1, 0.4, 0.5e-3, 0.5]) - np.log(1.2)
    np.testing.assert_allclose(found[1:5], wanted)
    np.testing.assert_array_equal(found[[0, 5, 6]], -np.inf)
    np.testing.assert_array_equal(np.isfinite(kinds.of_data(found)), shares > 0)


def test_what_couplings_and_fields_do_for_a_potential_is_taken_out_of_it() -> None:
    of, shares = tilted(3), np.array([0.1, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1])
    a, b, rest = Strata(shares).small(of.potential)
    J, h = of.J + a * ~np.eye(N, dtype=bool), of.h + b
    np.testing.assert_allclose(probabilities(Tilted(J, h, rest)), probabilities(of), atol=1e-14)
    up = 2.0 * np.arange(N + 1) - N
    for term in (np.ones(N + 1), up, up**2):
        assert (rest * term).sum() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("numbers", [(2,), (0,), (2, 6), (0, 3, 6), (1, 2)])
def test_a_constant_says_nothing_about_couplings(numbers: tuple[int, ...]) -> None:
    kinds = Strata(np.bincount(numbers, minlength=N + 1) / len(numbers))
    potential = kinds.start() + np.cos(np.arange(N + 1))
    a, b, rest = kinds.small(potential)
    for more in (-3.0, 50.0):
        found = kinds.small(potential + more)
        np.testing.assert_allclose(found[:2], (a, b), atol=1e-12)
        np.testing.assert_allclose(found[2], rest, atol=1e-12)


@pytest.mark.parametrize("up", [0, 3])
def test_samples_of_one_number_of_spins_up(up: int) -> None:
    rng = np.random.default_rng(3)
    samples = np.where(rng.random((300, 8)).argsort(axis=1) < up, 1, -1)
    options = {"k_pairwise": True, "random_state": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error", ms.NotConvergedWarning)
        warnings.simplefilter("ignore", ms.InfiniteMaximumWarning)
        fit = ms.InverseIsing("boltzmann", threads=1, chains=512, **options).fit(samples)
        exact = ms.InverseIsing("exact", **options).fit(samples)
    assert fit.log_likelihood(samples) == pytest.approx(exact.log_likelihood(samples), abs=0.02)


@pytest.mark.thorough
def test_numbers_far_from_each_other() -> None:
    rng = np.random.default_rng(3)
    up = np.where(rng.random(2000) < 0.5, 2, 6)
    samples = np.where(rng.random((2000, 8)).argsort(axis=1) < up[:, None], 1, -1)
    fit = ms.InverseIsing("boltzmann", k_pairwise=True, random_state=1, threads=1).fit(samples)
    exact = ms.InverseIsing("exact", k_pairwise=True).fit(samples)
    assert fit.converged_
    assert exact.log_likelihood(samples) - fit.log_likelihood(samples) < 2e-3


@pytest.mark.thorough
@pytest.mark.parametrize("without", [(), (0, 3)])
def test_steered_chains_are_of_pairs_and_potential(without: tuple[int, ...]) -> None:
    # χ² of 64 states (or as many as have a probability) of 20,000 chains: above 63 + 6 √126 with
    # probability 1e-7. Chains begin in all states alike, also in those that have none.
    of = tilted(2, depth=1.5)
    of.potential[list(without)] = -np.inf
    start = STATES[np.arange(20_000) % len(STATES)]
    chains = strata.Steered(of.J, of.h, start, of.potential, 6, Place(1))
    chains.sweep(200)
    p, found = probabilities(of), chains.spins()
    seen = np.bincount(((found > 0) @ (1 << np.arange(N)[::-1])).astype(int), minlength=2**N)
    assert seen[p == 0].sum() == 0
    expected = 20_000 * p[p > 0]
    assert ((seen[p > 0] - expected) ** 2 / expected).sum() < 63 + 6 * 126**0.5


def test_chains_come_to_be_where_the_data_is() -> None:
    support, shares = all_pairs(N), np.array([0.3, 0.2, 0.1, 0.3, 0.1, 0.0, 0.0])
    start = np.repeat(STATES[UP <= 4], 40, axis=0)
    chains = Chains.started(support, np.zeros(support.size), start, 1, Place(1))
    x = 0.3 * np.ones(support.size)  # which turns all up
    chains = chains.of_kinds(Strata(shares), x, 2)
    for _ in range(5):
        chains.follow(x, 4)
        chains.measured(20)
    assert (chains.spins() > 0).sum(axis=1).max() <= 4
    np.testing.assert_allclose(chains.numbers / chains.numbers.sum(), shares, atol=0.02)
    # By the pairs alone it is so many states with K spins up.
    alone = np.bincount(UP, probabilities(Tilted(support.matrix(x), x[-N:], np.zeros(N + 1))))
    potential = chains.tilted(x).potential[:5]
    wanted = np.log(shares[:5] / alone[:5])
    np.testing.assert_allclose(potential - potential[0], wanted - wanted[0], atol=0.2)


@pytest.mark.parametrize("without", [(), (0, 3)])
def test_draws_are_of_pairs_and_potential(without: tuple[int, ...]) -> None:
    # χ² of 64 states (or as many as have a probability) of 20,000 chains: above 63 + 6 √126 with
    # probability 1e-7.
    of = tilted(2, depth=1.5)
    of.potential[list(without)] = -np.inf
    p = probabilities(of)
    found = strata.drawn(ms.Pairwise(of.J, of.h), of.potential, 20_000, 50, 5, Place(1))
    index = ((found > 0) @ (1 << np.arange(N)[::-1])).astype(int)
    seen = np.bincount(index, minlength=2**N)
    assert seen[p == 0].sum() == 0
    expected = 20_000 * p[p > 0]
    assert ((seen[p > 0] - expected) ** 2 / expected).sum() < 63 + 6 * 126**0.5


def planted(n: int, M: int) -> np.ndarray:
    """Samples of couplings between neighbours, and of a number of spins up that is mostly even."""
    rng = np.random.default_rng(4)
    states = np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8)
    up = (states > 0).sum(axis=1)
    exponent = 0.5 * (states[:, 1:] * states[:, :-1]).sum(axis=1) - 0.4 * states.sum(axis=1)
    p = np.exp(exponent + 0.8 * (-1.0) ** up)
    return states[rng.choice(len(states), M, p=p / p.sum())]


@pytest.mark.thorough
def test_chains_find_what_sums_over_states_do() -> None:
    samples = planted(8, 5000)
    exact = ms.InverseIsing("exact", k_pairwise=True).fit(samples)
    pairs = ms.InverseIsing("exact").fit(samples)
    found = ms.InverseIsing("boltzmann", k_pairwise=True, random_state=2, threads=1).fit(samples)
    assert found.converged_
    # Moments are within their errors: of 5000 samples likelihoods that near are not told apart.
    assert exact.log_likelihood(samples) - found.log_likelihood(samples) < 1e-3
    assert exact.log_likelihood(samples) - pairs.log_likelihood(samples) > 0.1
    np.testing.assert_array_equal(np.isfinite(found.potential_), np.isfinite(exact.potential_))
    states = np.array(list(itertools.product((-1, 1), repeat=8)))
    up = (states > 0).sum(axis=1)
    of_numbers = np.bincount(up, np.exp(-found.energy(states) - found.log_partition().value))
    data = np.bincount((samples > 0).sum(axis=1), minlength=9) / len(samples)
    np.testing.assert_allclose(of_numbers, data, atol=0.02)


@pytest.mark.parametrize(
    "options", [{"l1": 0.1}, {"l2": 0.1}, {"pseudocount": 1.0}, {"support": ~np.eye(8, dtype=bool)}]
)
def test_what_depends_on_the_choice_of_couplings_is_refused(options: dict) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(options))}: got .*k_pairwise"):
        ms.InverseIsing("boltzmann", k_pairwise=True, **options).fit(planted(8, 100))


@pytest.mark.thorough
def test_numbers_that_chains_do_not_come_to_are_said() -> None:
    # One sample in a thousand has twenty of thirty spins up, the others three in the mean.
    rng = np.random.default_rng(5)
    samples = np.where(rng.random((1000, 30)) < 0.1, 1, -1)
    samples[0, :20], samples[0, 20:] = 1, -1
    fit = ms.InverseIsing("boltzmann", k_pairwise=True, max_iter=1, random_state=1, threads=1)
    with (
        pytest.warns(ms.NotConvergedWarning, match="deviation of a moment is still"),
        pytest.warns(ms.NotConvergedWarning, match="as some samples have \\(20\\)"),
    ):
        fit.fit(samples)
    assert np.isfinite(fit.potential_[20])
    fit.set_params(max_iter=100).fit(samples)  # a potential brings them there: no warning
    assert fit.converged_


def many(n: int = 26) -> ms.InverseIsing:
    """An estimator of spins in a field, and of a potential: sums over K say all of it."""
    of = ms.InverseIsing(random_state=3, threads=1)
    of.J_, of.h_, of.n_features_in_, of._seed = np.zeros((n, n)), np.full(n, -0.3), n, 3
    of.potential_, of._pairs = 1.5 * np.cos(np.arange(n + 1)), None
    return of


@pytest.mark.thorough
def test_beyond_sums_over_states() -> None:
    of, k = many(), np.arange(27)
    n = of.n_features_in_
    exponent = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - 0.3 * (2 * k - n)
    exponent += of.potential_
    exact = np.logaddexp.reduce(exponent)
    known = of.log_partition(random_state=1)
    assert known.error < 0.05
    assert abs(known.value - exact) < 4 * known.error  # once in 16,000 seeds
    spins = of.sample(20_000, 50)
    seen = np.bincount((spins > 0).sum(axis=1), minlength=n + 1)
    expected = 20_000 * np.exp(exponent - exact)
    enough = expected > 5
    # χ² of about 20 degrees of freedom is above 70 with probability 2e-7.
    assert ((seen - expected)[enough] ** 2 / expected[enough]).sum() < 70


@pytest.mark.thorough
def test_neurons() -> None:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA is not set")
    spikes = np.load(Path(folder) / "neurons50.npz")["spikes"][:, :15]
    fit = ms.InverseIsing("boltzmann", units="binary", k_pairwise=True, random_state=1).fit(spikes)
    assert fit.converged_
    assert fit.optimality_ < 1.0
    assert fit.log_likelihood(spikes) == pytest.approx(-4.5094680313, abs=3e-4)


@pytest.mark.slow
def test_fifty_neurons() -> None:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA is not set")
    spikes = np.load(Path(folder) / "neurons50.npz")["spikes"]
    fit = ms.InverseIsing("boltzmann", units="binary", k_pairwise=True, random_state=1).fit(spikes)
    assert fit.converged_
    # What the model says anew, beside errors of 40,000 samples and of 200,000 of the model: of 1275
    # moments that agree to one error, and 51 numbers that agree but for what chains let one know.
    samples = fit.sample(200_000, 200)
    error = np.sqrt(1 / 40_000 + 1 / 200_000)
    for of_data, of_model in (
        (spikes.mean(axis=0), samples.mean(axis=0)),
        (second(spikes), second(samples)),
        (numbers(spikes), numbers(samples)),
    ):
        spread = np.sqrt(np.maximum(of_data * (1 - of_data), 1 / 40_000))
        assert (np.abs(of_model - of_data) / spread).max() < 3 * error


def second(units: np.ndarray) -> np.ndarray:
    found = units.T.astype(np.float32) @ units.astype(np.float32) / len(units)
    return found[np.triu_indices(units.shape[1], 1)].astype(np.float64)


def numbers(units: np.ndarray) -> np.ndarray:
    return np.bincount(units.sum(axis=1), minlength=units.shape[1] + 1) / len(units)
