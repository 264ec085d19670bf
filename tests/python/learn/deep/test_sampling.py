"""Samples of deep belief networks, and of their lowest RBM by stacked tempering."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import multispin as ms
from multispin._engines.bipartite import Numbers, pack, unpack
from multispin.learn.deep.stack import Stack
from multispin.learn.deep.tempering import Pair
from multispin.learn.rbm.randomness import streams
from reference import belief_network as reference

#: Of a test of what is right, to fail.
ERROR_RATE = 1e-4


def random_layers(sizes: tuple[int, ...], low: int = 0, seed: int = 1, scale: float = 1.0) -> list:
    rng = np.random.default_rng(seed)
    scale = scale / (1 - low)
    return [
        (rng.normal(0, scale, (m, n)), rng.normal(0, scale, n), rng.normal(0, scale, m))
        for n, m in itertools.pairwise(sizes)
    ]


def network_of(layers: list, low: int = 0, **params: object) -> ms.DeepBeliefNetwork:
    kind = "spin" if low else "binary"
    machines = [
        ms.RBM.from_arrays(*layer, visible=kind, hidden=kind, random_state=k, **params)
        for k, layer in enumerate(layers)
    ]
    return ms.DeepBeliefNetwork.from_layers(machines)


def counts(samples: np.ndarray) -> np.ndarray:
    """How often each state was drawn, in the order of `reference.states`."""
    up = (samples == 1).astype(int)
    n = up.shape[1]
    return np.bincount(up @ (1 << np.arange(n)[::-1]), minlength=1 << n)


def assert_drawn_of(samples: np.ndarray, probabilities: np.ndarray) -> None:
    """Pearson's χ², of states that are expected 5 times and more; the others count as one."""
    seen, expected = counts(samples), probabilities * len(samples)
    many = expected >= 5
    seen = np.append(seen[many], seen[~many].sum())
    expected = np.append(expected[many], max(expected[~many].sum(), 1e-9))
    if expected[-1] < 5:
        seen, expected = seen[:-1], expected[:-1]
    chi2 = ((seen - expected) ** 2 / expected).sum()
    assert chi2 < stats.chi2.ppf(1 - ERROR_RATE, len(seen) - 1)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("low", [0, -1])
@pytest.mark.parametrize("sizes", [(5, 4), (5, 4, 3), (4, 3, 4, 3)])
def test_samples_are_of_the_whole_network(sizes: tuple[int, ...], low: int) -> None:
    layers = random_layers(sizes, low)
    drawn = network_of(layers, low).sample(12_000, 50, random_state=1)
    assert drawn.shape == (12_000, sizes[0])
    assert drawn.dtype == (np.int8 if low else np.uint8)
    assert_drawn_of(drawn, reference.probabilities(layers, low))


def test_the_test_sees_a_layer_that_is_left_out() -> None:
    layers = random_layers((5, 4, 3))
    drawn = network_of(layers).sample(12_000, 50, random_state=1)
    with pytest.raises(AssertionError):
        assert_drawn_of(drawn, reference.of_visible(layers[0]))


@pytest.mark.thorough
def test_labels_are_held() -> None:
    # Label units of the top RBM: P(v | label), by sums.
    low = random_layers((4, 3))[0]
    rng = np.random.default_rng(3)
    W, b, c = rng.normal(0, 1, (3, 3 + 2)), rng.normal(0, 1, 5), rng.normal(0, 1, 3)
    network = ms.DeepBeliefNetwork.from_layers([
        ms.RBM.from_arrays(*low), ms.RBM.from_arrays(W, b, c, n_labels=2)
    ])  # fmt: skip
    of_top = reference.of_visible((W, b, c)).reshape(8, 4)
    h, v = reference.states(3), reference.states(4)
    down = reference.conditionals(h @ low[0] + low[1], v)
    for label, at in ((0, 2), (1, 1)):  # units (1, 0) are state 2, (0, 1) state 1
        given = of_top[:, at] / of_top[:, at].sum()
        drawn = network.sample(12_000, 50, label=label, random_state=1)
        assert_drawn_of(drawn, given @ down)
    # And the other way round, given what is below the top.
    weights = of_top[:, [2, 1]]
    up = 1 / (1 + np.exp(-(v @ low[0].T + low[2])))
    below = ms.RBM.from_arrays(W, b, c, n_labels=2).label_probabilities(up)
    np.testing.assert_allclose(network.label_probabilities(v), below, atol=1e-12)
    certain = ms.RBM.from_arrays(W, b, c, n_labels=2).label_probabilities(h)
    np.testing.assert_allclose(certain, weights / weights.sum(axis=1)[:, None], atol=1e-6)
    assert set(network.predict_labels(v)) <= {0, 1}
    with pytest.raises(ValueError, match="^label: got 2, allowed: one of 0, 1"):
        network.sample(2, 5, label=2)


def test_seeds_repeat() -> None:
    network = network_of(random_layers((5, 4, 3)))
    one = network.sample(50, 10, random_state=1)
    np.testing.assert_array_equal(network.sample(50, 10, random_state=1), one)
    assert not np.array_equal(network.sample(50, 10, random_state=2), one)
    assert not np.array_equal(network.sample(50, 10), network.sample(50, 10))
    two = network.stacked_tempering(50, 10, random_state=1).samples
    np.testing.assert_array_equal(network.stacked_tempering(50, 10, random_state=1).samples, two)


# --- stacked tempering ----------------------------------------------------------------------------


@pytest.mark.one_in(6)
@pytest.mark.parametrize("low", [0, -1])
@pytest.mark.parametrize("sizes", [(5, 4), (5, 4, 3), (4, 3, 4, 3)])
def test_samples_are_of_the_lowest_rbm(sizes: tuple[int, ...], low: int) -> None:
    layers = random_layers(sizes, low, scale=1.5)
    found = network_of(layers, low).stacked_tempering(12_000, 50, random_state=1)
    assert_drawn_of(found.samples, reference.of_visible(layers[0], low))
    assert found.acceptance.shape == (len(sizes) - 2,)
    assert np.all((found.acceptance > 0.02) & (found.acceptance < 1))


@pytest.mark.thorough
def test_numbers_between_are_exchanged() -> None:
    # A layer of Gaussian units between: the lowest RBM's visible units are spins.
    rng = np.random.default_rng(5)
    W, b, c = rng.normal(0, 0.5, (2, 4)), rng.normal(0, 0.5, 4), rng.normal(0, 0.5, 2)
    of_top = rng.normal(0, 0.5, (3, 2)), np.zeros(2), np.zeros(3)
    network = ms.DeepBeliefNetwork.from_layers([
        ms.RBM.from_arrays(W, b, c, visible="spin", hidden="gaussian"),
        ms.RBM.from_arrays(*of_top, visible="gaussian"),
    ])  # fmt: skip
    v = reference.states(4, -1)
    weights = np.exp(v @ b + ((v @ W.T + c) ** 2).sum(axis=1) / 2)
    found = network.stacked_tempering(12_000, 50, random_state=2)
    assert_drawn_of(found.samples, weights / weights.sum())
    assert found.acceptance[0] > 0.01


def test_acceptances_balance_in_detail() -> None:
    # Of all pairs (h, v') of two tiny RBMs: P(h) P'(v') min(1, a) is the same both ways.
    lower, upper = random_layers((4, 3, 2), scale=2.0)
    pair = Pair.of(Stack.of(network_of([lower, upper]).rbms_), 0)
    both = np.array(list(itertools.product(range(8), repeat=2)))
    bits = pack(reference.states(3) != 0)
    ratio = pair.log_acceptance(bits[both[:, 0]], bits[both[:, 1]]).reshape(8, 8)
    law = np.outer(reference.of_hidden(lower), reference.of_visible(upper))
    flow = law * np.minimum(1.0, np.exp(ratio))  # from (h, v') to (v', h)
    np.testing.assert_allclose(flow, flow.T, rtol=1e-6)
    assert flow.std() > 1e-4


def test_an_exchange_keeps_the_law_of_both() -> None:
    # From many pairs that are drawn of P(v) P'(v'), one exchange: by χ² of v and v' together.
    lower, upper = random_layers((3, 2, 3), scale=2.0)
    pair = Pair.of(Stack.of(network_of([lower, upper]).rbms_), 0)
    rng, n = np.random.default_rng(1), 60_000
    law = np.outer(reference.of_visible(lower), reference.of_visible(upper)).ravel()
    at = rng.choice(len(law), n, p=law)
    v, above = reference.states(3)[at // 4], reference.states(2)[at % 4]
    below, above, share = pair.exchanged(
        pack(v != 0), pack(above != 0), Numbers(7, streams(0, n), 1), rng.random(n)
    )
    assert 0.1 < share < 0.9
    assert_drawn_of(np.concatenate([unpack(below, 3), unpack(above, 2)], axis=1), law)
