"""Gradients against finite differences of exact likelihoods and losses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from multispin._engines.bipartite import Products, Rates, learn, outer, pack
from multispin.learn.place import Place
from multispin.learn.rbm import flips
from multispin.learn.rbm.gradient import Offsets, difference
from multispin.learn.rbm.observations import observed
from multispin.learn.rbm.parameters import Machine, Parameters
from multispin.learn.rbm.training import parts

if TYPE_CHECKING:
    from collections.abc import Callable

N_VISIBLE, N_HIDDEN = 6, 4
STATES = np.array(list(itertools.product((0.0, 1.0), repeat=N_VISIBLE)))


def some_machine(seed: int = 0, width: float = 0.8) -> Parameters:
    rng = np.random.default_rng(seed)
    return Parameters(
        rng.normal(0, width, (N_HIDDEN, N_VISIBLE)),
        rng.normal(0, width, N_VISIBLE),
        rng.normal(0, width, N_HIDDEN),
    )


def samples(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return STATES[rng.integers(len(STATES), size=30)], rng.uniform(0.1, 2.0, 30)


def log_likelihood(of: Parameters, data: np.ndarray, weights: np.ndarray) -> float:
    log_partition = np.logaddexp.reduce(-of.free_energy(STATES))
    return float(weights @ (-of.free_energy(data) - log_partition) / weights.sum())


def finite_differences(
    function: Callable[[Parameters], float], at: Parameters, step: float = 1e-5
) -> Parameters:
    """Central differences of a function of parameters."""
    found = []
    for part in parts(at):
        slope = np.zeros_like(part)
        for index in np.ndindex(part.shape):
            kept = part[index]
            values = []
            for sign in (1, -1):
                part[index] = kept + sign * step
                values.append(function(at))
            part[index] = kept
            slope[index] = (values[0] - values[1]) / (2 * step)
        found.append(slope)
    return Parameters(*found)


def found_gradient(
    of: Parameters, data: np.ndarray, weights: np.ndarray, offsets: Offsets | None = None
) -> Parameters:
    """Return the gradient with all states of the model, each with its probability."""
    if offsets is None:
        offsets = Offsets(np.zeros(of.shape[1]), np.zeros(of.shape[0]))
    probability = np.exp(-of.free_energy(STATES))
    found = difference(
        Machine(of, of.kernel(Place(1))),
        observed(data, weights),
        observed(STATES, probability),
        offsets,
    )
    step, velocity = np.zeros(of.shape), np.zeros(of.shape)
    along = learn(
        found.sums, found.hidden, (offsets.visible, offsets.hidden), Rates(1.0, 0.0, 0.0, 0.0),
        step, velocity,
    )  # fmt: skip
    return Parameters(step, found.visible + along[0], found.hidden + along[1])


def test_the_difference_of_phases_is_the_gradient() -> None:
    at = some_machine()
    data, weights = samples()
    expected = finite_differences(lambda of: log_likelihood(of, data, weights), at)
    found = found_gradient(at, data, weights)
    for one, other in zip(parts(found), parts(expected), strict=True):
        # Probabilities of hidden units are float32.
        np.testing.assert_allclose(one, other, atol=3e-7)


def test_the_gradient_of_samples_between_0_and_1() -> None:
    # The mean of F over all states that they may stand for is not F of the mean; what is climbed is
    # F of the mean, as in scikit-learn.
    at = some_machine()
    data = np.random.default_rng(3).uniform(size=(10, N_VISIBLE))
    weights = np.ones(10)
    expected = finite_differences(lambda of: log_likelihood(of, data, weights), at)
    found = found_gradient(at, data, weights)
    for one, other in zip(parts(found), parts(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=3e-7)


def test_the_centred_gradient_is_that_of_centred_units() -> None:
    # E = −(v−μ)ᵀb − (h−λ)ᵀc − (h−λ)ᵀW(v−μ), whose b and c are those of plain units plus Wᵀλ and Wμ.
    at = some_machine()
    data, weights = samples()
    rng = np.random.default_rng(2)
    mu, lam = rng.uniform(size=N_VISIBLE), rng.uniform(size=N_HIDDEN)

    def plain(centred: Parameters) -> Parameters:
        W, b, c = parts(centred)
        return Parameters(W, b - W.T @ lam, c - W @ mu)

    centred = Parameters(
        at.weights.copy(), at.visible + at.weights.T @ lam, at.hidden + at.weights @ mu
    )
    slope = finite_differences(lambda of: log_likelihood(plain(of), data, weights), centred)
    # A small step along it, in plain units.
    step = 1e-6
    moved = plain(
        Parameters(*(x + step * d for x, d in zip(parts(centred), parts(slope), strict=True)))
    )
    expected = [(new - old) / step for new, old in zip(parts(moved), parts(at), strict=True)]
    found = found_gradient(at, data, weights, Offsets(mu, lam))
    for one, other in zip(parts(found), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=3e-6)


def test_the_centred_gradient_does_not_know_which_value_is_called_1() -> None:
    # Of turned data and of the machine turned alike, with offsets turned, it is turned.
    at = some_machine()
    data, weights = samples()
    rng = np.random.default_rng(4)
    mu, lam = rng.uniform(size=N_VISIBLE), rng.uniform(size=N_HIDDEN)
    turned = Parameters(-at.weights, -at.visible, at.hidden + at.weights.sum(axis=1))
    one = found_gradient(at, data, weights, Offsets(mu, lam))
    other = found_gradient(turned, 1 - data, weights, Offsets(1 - mu, lam))
    np.testing.assert_allclose(one.weights, -other.weights, atol=1e-6)
    np.testing.assert_allclose(one.visible, -other.visible, atol=1e-6)
    np.testing.assert_allclose(one.hidden, other.hidden + other.weights.sum(axis=1), atol=1e-6)


def conditionals(of: Parameters, data: np.ndarray) -> np.ndarray:
    """Return ln P(v_i | rest) as its definition says."""
    found = np.empty(data.shape)
    for i in range(data.shape[1]):
        turned = data.copy()
        turned[:, i] = 1 - turned[:, i]
        rise = of.free_energy(turned) - of.free_energy(data)
        found[:, i] = -np.logaddexp(0, -rise)
    return found


def test_conditional_probabilities_are_what_they_are_called() -> None:
    at = some_machine()
    np.testing.assert_allclose(
        flips.log_conditionals(at, STATES), conditionals(at, STATES), atol=1e-12
    )


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    at = some_machine()
    data, weights = samples()
    whole = flips.log_conditionals(at, data)
    slopes = flips.gradient(at, data, weights / weights.sum(), "pl")
    monkeypatch.setattr(flips, "_AT_ONCE", 10)  # some units of one row
    np.testing.assert_allclose(flips.log_conditionals(at, data), whole, atol=1e-13)
    for one, other in zip(
        flips.gradient(at, data, weights / weights.sum(), "pl"), slopes, strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-13)


@pytest.mark.parametrize("loss", ["pl", "rm"])
def test_gradients_of_losses_of_single_units(loss: str) -> None:
    at = some_machine()
    data, weights = samples()
    shares = weights / weights.sum()

    def value(of: Parameters) -> float:
        found = conditionals(of, data)
        of_rows = found.sum(axis=1) if loss == "pl" else -((1 - np.exp(found)) ** 2).sum(axis=1)
        return float(shares @ of_rows)

    expected = finite_differences(value, at)
    found = flips.gradient(at, data, shares, loss)
    for one, other in zip(found, parts(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (31, 33), (32, 64), (70, 40)])
def test_a_step_of_learning_is_what_it_says(dtype: type, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    n_hidden, n_visible = shape
    sums, change = rng.normal(size=(n_visible, n_hidden)), rng.normal(size=n_hidden)
    mu, lam = rng.uniform(size=n_visible), rng.uniform(size=n_hidden)
    weights = rng.normal(size=shape).astype(dtype)
    velocity = rng.normal(size=shape).astype(dtype)
    d = sums.T - np.outer(change, mu)
    new_velocity = 0.7 * velocity + 0.1 * (d - 2 * 0.3 * weights)
    moved = weights + new_velocity
    expected = np.sign(moved) * np.maximum(np.abs(moved) - 0.1 * 0.2, 0)
    along = learn(sums, change, (mu, lam), Rates(0.1, 0.7, 0.2, 0.3), weights, velocity)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(velocity, new_velocity, atol=tolerance)
    np.testing.assert_allclose(weights, expected, atol=tolerance)
    np.testing.assert_allclose(along[0], -d.T @ lam, atol=1e-11)
    np.testing.assert_allclose(along[1], -d @ mu, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [7, 300])  # sums of 32 bits, and of more
@pytest.mark.parametrize("threads", [1, 3])
def test_a_step_is_the_same_whether_sums_are_made_first(
    dtype: type, rows: int, threads: int
) -> None:
    rng = np.random.default_rng(6)
    n_hidden, n_visible = 130, 700
    bits = pack(rng.uniform(size=(rows, n_visible)) < 0.3)
    values = rng.normal(size=(rows, n_hidden)).astype(np.float32)
    change, mu, lam = (rng.normal(size=n) for n in (n_hidden, n_visible, n_hidden))
    weights = rng.normal(size=(n_hidden, n_visible)).astype(dtype)
    found = []
    for sums in (outer(bits, n_visible, values, 1), Products(bits, values, threads)):
        moved, velocity = weights.copy(), weights.copy()
        along = learn(sums, change, (mu, lam), Rates(0.1, 0.5, 0.01, 0.1), moved, velocity)
        found.append((moved, velocity, *along))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_step_refuses_values_that_are_not_finite() -> None:
    weights, velocity = np.ones((2, 3)), np.zeros((2, 3))
    values = np.array([[np.inf, 0.0]], dtype=np.float32)
    with pytest.raises(ValueError, match="values: "):
        learn(
            Products(np.ones((1, 1), np.uint64), values, 1), np.zeros(2),
            (np.zeros(3), np.zeros(2)), Rates(1.0, 0.0, 0.0, 0.0), weights, velocity,
        )  # fmt: skip
    np.testing.assert_array_equal(weights, 1.0)
