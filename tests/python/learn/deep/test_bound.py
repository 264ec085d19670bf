"""The bound of a deep belief network, beside sums over all states of all layers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import multispin as ms
from reference import belief_network as reference


def random_layers(sizes: tuple[int, ...], low: int = 0, seed: int = 1, scale: float = 1.0) -> list:
    rng = np.random.default_rng(seed)
    scale = scale / (1 - low)
    return [
        (rng.normal(0, scale, (m, n)), rng.normal(0, scale, n), rng.normal(0, scale, m))
        for n, m in itertools.pairwise(sizes)
    ]


def network_of(layers: list, low: int = 0) -> ms.DeepBeliefNetwork:
    kind = "spin" if low else "binary"
    machines = [
        ms.RBM.from_arrays(*layer, visible=kind, hidden=kind, random_state=k)
        for k, layer in enumerate(layers)
    ]
    return ms.DeepBeliefNetwork.from_layers(machines)


SIZES = [(5, 4), (5, 4, 3), (4, 3, 3, 2), (3, 5, 2, 4)]


@pytest.mark.parametrize("low", [0, -1])
@pytest.mark.parametrize("sizes", SIZES)
def test_bounds_are_those_of_all_states(sizes: tuple[int, ...], low: int) -> None:
    layers = random_layers(sizes, low)
    network, all_states = network_of(layers, low), reference.states(sizes[0], low)
    exact = np.log(reference.probabilities(layers, low))
    found = network.log_likelihood_bound(all_states)
    assert found.method == "exact"
    assert not found.errors.any()
    np.testing.assert_allclose(found.values, reference.bounds(layers, low), atol=1e-9)
    np.testing.assert_array_equal(network.score_samples(all_states), found.values)
    if len(layers) == 1:
        np.testing.assert_allclose(found.values, exact, atol=1e-9)  # nothing is lost
    else:
        assert np.all(found.values <= exact + 1e-12)
        assert np.any(found.values < exact - 1e-3)


def test_a_posterior_that_is_right_loses_nothing() -> None:
    # The hidden layer's law by the top RBM is the one by the lower RBM, turned: P(h | v) is Q.
    W, b, c = random_layers((5, 4))[0]
    layers = [(W, b, c), (W.T, c, b)]
    all_states = reference.states(5)
    found = network_of(layers).log_likelihood_bound(all_states)
    np.testing.assert_allclose(found.values, np.log(reference.of_visible(layers[0])), atol=1e-9)


@pytest.mark.one_in(6)
@pytest.mark.parametrize("low", [0, -1])
@pytest.mark.parametrize("sizes", SIZES[1:])
def test_draws_come_to_the_sums(sizes: tuple[int, ...], low: int) -> None:
    # 20 times each state, by draws of its own. Of 320 deviations at most, in standard errors, the
    # largest exceeds 5 once in 5,000 times, and their mean square is outside once in 10,000.
    layers = random_layers(sizes, low)
    network, all_states = network_of(layers, low), reference.states(sizes[0], low)
    samples = np.tile(all_states, (20, 1))
    found = network.log_likelihood_bound(samples, method="sampled", samples=400, random_state=1)
    assert found.method == "sampled"
    off = (found.values - np.tile(reference.bounds(layers, low), 20)) / found.errors
    assert np.abs(off).max() < 5
    least, most = stats.chi2.ppf([5e-5, 1 - 5e-5], len(off))
    assert least < (off**2).sum() < most
    again = network.log_likelihood_bound(samples, method="sampled", samples=400, random_state=1)
    np.testing.assert_array_equal(found.values, again.values)


def test_what_draws_of_a_sample_depend_on() -> None:
    # Its number, whatever the samples before it, and however many there are.
    layers = random_layers((4, 3, 3))
    network, few = network_of(layers), reference.states(4)
    many = np.tile(few, (200, 1))  # more than are worked on together
    options = {"method": "sampled", "samples": 2, "random_state": 3}
    one = network.log_likelihood_bound(few, **options).values
    found = network.log_likelihood_bound(many, **options).values
    np.testing.assert_array_equal(found[:16], one)
    assert len(np.unique(found[::16].round(9))) > 5
    assert not np.array_equal(found[2048 : 2048 + 16], one)


def test_bounds_of_numbers() -> None:
    # Gaussian visible units and one hidden unit: all of it by hand.
    rng = np.random.default_rng(2)
    W, b, c = rng.normal(0, 0.3, (1, 3)), rng.normal(0, 0.3, 3), rng.normal(0, 0.3, 1)
    top = random_layers((1, 2), seed=3)[0]
    network = ms.DeepBeliefNetwork.from_layers([
        ms.RBM.from_arrays(W, b, c, visible="gaussian"), ms.RBM.from_arrays(*top)
    ])  # fmt: skip
    v = rng.normal(size=(7, 3))
    h = np.array([0.0, 1.0])
    q = reference.conditionals(v @ W.T + c, h[:, None])
    apart = v[:, None] - (h[:, None] @ W + b)
    log_p = -(apart**2).sum(axis=2) / 2 - 1.5 * np.log(2 * np.pi)
    expected = (q * (log_p + np.log(reference.of_visible(top)) - np.log(q))).sum(axis=1)
    found = network.log_likelihood_bound(v)
    np.testing.assert_allclose(found.values, expected, atol=1e-9)


def test_gaussian_units_between() -> None:
    # Hidden numbers between binary layers: by quadrature over the one of them.
    rng = np.random.default_rng(4)
    low = rng.normal(0, 0.7, (1, 3)), rng.normal(size=3), np.array([0.3])
    top = rng.normal(0, 0.7, (2, 1)), np.array([-0.2]), rng.normal(size=2)
    network = ms.DeepBeliefNetwork.from_layers([
        ms.RBM.from_arrays(*low, hidden="gaussian"), ms.RBM.from_arrays(*top, visible="gaussian")
    ])  # fmt: skip
    v, h = reference.states(3), np.linspace(-12, 12, 4001)
    mean = v @ low[0].T + low[2]
    log_q = -((h - mean) ** 2) / 2 - np.log(2 * np.pi) / 2
    up = 1 / (1 + np.exp(-(h[:, None, None] @ low[0] + low[1])))  # (h, 1, 3)
    log_p = np.log(np.where(v == 1, up, 1 - up)).sum(axis=2).T
    of_top = -(h**2) / 2 + h * top[1] + np.logaddexp(0, h[:, None] @ top[0].T + top[2]).sum(axis=1)
    of_top -= np.log(np.exp(of_top).sum() * (h[1] - h[0]))
    expected = (np.exp(log_q) * (log_p + of_top - log_q)).sum(axis=1) * (h[1] - h[0])
    with pytest.raises(ValueError, match="^method: got 'exact', allowed: 'sampled'"):
        network.log_likelihood_bound(v, method="exact")
    found = network.log_likelihood_bound(v, samples=2000, random_state=1)
    assert found.method == "sampled"
    # Of 8 samples none is 5 standard errors off, but once in 200,000 times.
    assert np.abs((found.values - expected) / found.errors).max() < 5
    assert found.errors.max() < 0.1


@pytest.mark.thorough
def test_sums_over_many_states_in_parts() -> None:
    # 12 units below the top: more states than are worked on together.
    layers = random_layers((3, 12, 4), scale=0.4)
    found = network_of(layers).log_likelihood_bound(np.tile(reference.states(3), (150, 1)))
    assert found.method == "exact"
    np.testing.assert_allclose(found.values[-8:], reference.bounds(layers), atol=1e-9)


def test_too_many_states_are_drawn() -> None:
    layers = random_layers((3, 15, 2), scale=0.2)
    network = network_of(layers)
    found = network.log_likelihood_bound(reference.states(3), samples=20, random_state=1)
    assert found.method == "sampled"
    with pytest.raises(ValueError, match="^method: got 'exact', allowed: 'sampled', or layers"):
        network.log_likelihood_bound(reference.states(3), method="exact")


def test_a_log_partition_that_is_known_is_used() -> None:
    network = network_of(random_layers((4, 3, 2)))
    v = reference.states(4)
    known = ms.LogPartition(10.0, 0.1, "ais")
    found = network.log_likelihood_bound(v, known)
    assert found.log_partition is known
    ours = network.log_likelihood_bound(v)
    np.testing.assert_allclose(
        found.values + 10.0, ours.values + ours.log_partition.value, atol=1e-12
    )
