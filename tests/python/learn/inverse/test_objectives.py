"""Gradients and Hessians of what is minimized, against differences; coordinates there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.planted_pairs import Floats, drawn, planted

from multispin._engines.conditionals import Conditionals
from multispin.learn.inverse import enumeration, supports
from multispin.learn.inverse.conditional import Losses
from multispin.learn.inverse.observations import observed
from multispin.learn.inverse.optimization import Ridge
from multispin.learn.inverse.standardization import Coordinates, Standardized

N = 5
SAMPLES = drawn(*planted(N), 200)
SUPPORT = supports.all_pairs(N)
KINDS = [
    *(f"{loss} {joint}" for loss in ("logistic", "exponential", "log_exponential")
      for joint in ("joint", "separate")),
    "likelihood", "k-pairwise", "ridge", "standardized",
]  # fmt: skip


def objective(kind: str) -> Any:
    data = observed(SAMPLES, None, "spin")
    if kind in ("likelihood", "k-pairwise"):
        shares = np.bincount((SAMPLES > 0).sum(axis=1), minlength=N + 1) / len(SAMPLES)
        by_number = shares if kind == "k-pairwise" else None
        return enumeration.Likelihood(enumeration.States(N), SUPPORT, data.moments(1), by_number)
    if kind == "ridge":
        return Ridge(objective("exponential joint"), 0.3)
    if kind == "standardized":
        return Standardized(objective("likelihood"), coordinates())
    loss, how = kind.split()
    conditionals = Conditionals.of_spins(SAMPLES, weights=data.shares, threads=1)
    return Losses(conditionals, SUPPORT, loss, how == "joint")


def coordinates() -> Coordinates:
    mean = np.linspace(-0.9, 0.7, N)
    return Coordinates(SUPPORT.rows, SUPPORT.columns, mean, joint=True, size=SUPPORT.size)


def difference(function: Any, x: Floats, along: Floats) -> Any:
    """Of fourth order: off by some 1e-12."""
    near, far = (
        (function(x + step * along) - function(x - step * along)) / (2 * step)
        for step in (1e-3, 2e-3)
    )
    return (4 * near - far) / 3


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives(kind: str) -> None:
    smooth = objective(kind)
    random = np.random.default_rng(1)
    for _ in range(5):
        x, along = 0.3 * random.normal(size=(2, smooth.size))
        value, gradient = smooth.evaluate(x)
        assert np.isfinite(value)
        slope = difference(lambda z: smooth.evaluate(z)[0], x, along)
        assert gradient @ along == pytest.approx(slope, rel=1e-8, abs=1e-10)
        second = difference(lambda z: smooth.evaluate(z)[1], x, along)
        np.testing.assert_allclose(smooth.curvature(x, along), second, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("joint", [True, False])
def test_coordinates_there_and_back(joint: bool) -> None:
    rows, columns = (SUPPORT.rows, SUPPORT.columns) if joint else np.nonzero(SUPPORT.mask)
    size = len(rows) + N + 2  # with two more parameters, which stay as they are
    to = Coordinates(rows, columns, np.linspace(-0.9, 0.7, N), joint, size)
    x, gradient = np.random.default_rng(1).normal(size=(2, size))
    np.testing.assert_allclose(to.parameters(to.standardized(x)), x, rtol=1e-13, atol=1e-13)
    # A gradient turns as it must for products with steps to stay the same.
    y = to.standardized(x)
    assert to.gradient(gradient) @ y == pytest.approx(gradient @ x, rel=1e-12)
    assert to.parameters(y)[-2:] == pytest.approx(x[-2:])


def test_of_missing_values() -> None:
    seen = np.where(np.random.default_rng(2).random(SAMPLES.shape) < 0.3, np.nan, SAMPLES)
    data = observed(seen, None, "spin", missing=True)
    smooth = enumeration.ObservedLikelihood(enumeration.States(N), SUPPORT, data)
    x, along = 0.3 * np.random.default_rng(1).normal(size=(2, SUPPORT.size))
    slope = difference(lambda z: smooth.evaluate(z)[0], x, along)
    assert smooth.evaluate(x)[1] @ along == pytest.approx(slope, rel=1e-8)
    # By hand: the log of the sum over what each sample could have been.
    states = enumeration.States(N)
    p = enumeration.Distribution(states, states.exponent(SUPPORT.matrix(x), SUPPORT.fields(x)))
    every = states.spins(np.arange(1 << N))
    fits = ((every == data.spins[:, None]) | (data.spins[:, None] == 0)).all(axis=2)
    by_hand = -np.log(fits @ p.probabilities.ravel()).mean()
    assert smooth.evaluate(x)[0] == pytest.approx(by_hand, rel=1e-12)
