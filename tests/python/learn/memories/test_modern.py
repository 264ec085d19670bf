"""The modern Hopfield network against its definition, and beyond the range of exponentials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

import multispin as ms
from multispin.learn import modern_hopfield_energy

RNG = np.random.default_rng(1)
PATTERNS, STATE = RNG.normal(size=(7, 5)), RNG.normal(size=(4, 5))


def test_one_step_is_attention() -> None:
    wanted = softmax(1.5 * STATE @ PATTERNS.T, axis=1)
    found, weights = ms.modern_hopfield_update(PATTERNS, STATE, 1.5, return_weights=True)
    np.testing.assert_allclose(weights, wanted, rtol=1e-12)
    np.testing.assert_allclose(found, wanted @ PATTERNS, rtol=1e-12)


def test_steps_follow_each_other() -> None:
    once = ms.modern_hopfield_update(PATTERNS, STATE, 0.7)
    twice, weights = ms.modern_hopfield_update(PATTERNS, STATE, 0.7, 2, return_weights=True)
    again, same = ms.modern_hopfield_update(PATTERNS, once, 0.7, return_weights=True)
    assert (twice == again).all()
    assert (weights == same).all()


def test_the_energy_is_that_of_the_definition_and_falls() -> None:
    state, beta = STATE, 2.0
    last = np.full(4, np.inf)
    for _ in range(6):
        found = modern_hopfield_energy(PATTERNS, state, beta)
        wanted = (
            -logsumexp(beta * state @ PATTERNS.T, axis=1) / beta
            + 0.5 * (state**2).sum(axis=1)
            + math.log(7) / beta
            + 0.5 * (PATTERNS**2).sum(axis=1).max()
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert (found <= last).all()
        assert (found >= 0.0).all()
        state, last = ms.modern_hopfield_update(PATTERNS, state, beta), found
    assert modern_hopfield_energy(PATTERNS, STATE, 5e-324) == pytest.approx(
        0.5 * (STATE**2).sum(axis=1) + 0.5 * (PATTERNS**2).sum(axis=1).max(), abs=20.0
    )


def test_one_step_retrieves_at_any_temperature_that_is_low() -> None:
    patterns = np.random.default_rng(2).choice([-1.0, 1.0], size=(500, 1000))
    noise = np.random.default_rng(3).normal(size=(20, 1000))
    for beta in (0.1, 1e4):
        found, weights = ms.modern_hopfield_update(
            patterns, patterns[:20] + noise, beta, return_weights=True
        )
        np.testing.assert_allclose(found, patterns[:20], atol=1e-12)
        np.testing.assert_allclose(weights.sum(axis=1), 1.0)
        assert np.isfinite(modern_hopfield_energy(patterns, patterns[:20], beta)).all()


@pytest.mark.parametrize(("arguments", "kind", "message"), [
    ((PATTERNS[0], STATE, 1.0), ValueError, "patterns: got an array of shape \\(5,\\), allowed"),
    ((PATTERNS, STATE[:, :3], 1.0), ValueError, "state: got .*\\(4, 3\\), allowed: .*\\(M, 5\\)"),
    ((PATTERNS, STATE[:0], 1.0), ValueError, "state: got an array of shape \\(0, 5\\), allowed"),
    ((PATTERNS, STATE, 0.0), ValueError, "beta: got 0.0, allowed: a finite number > 0"),
    ((PATTERNS, STATE, 1.0, 0), ValueError, "steps: got 0, allowed: an integer >= 1"),
    ((PATTERNS, STATE, 1.0, 1, 1), TypeError, "return_weights: got 1, allowed: True or False"),
    ((PATTERNS, STATE * 1e308, 1.0), ValueError, "state: got .*, allowed: numbers whose products"),
    ((PATTERNS, STATE * np.nan, 1.0), ValueError, "state: got nan, allowed"),
])  # fmt: skip
def test_wrong_arguments_are_named(
    arguments: tuple[Any, ...], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        ms.modern_hopfield_update(*arguments)
