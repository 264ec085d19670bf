"""Probabilities of success and times to a target, against binomial tables and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from multispin.analysis.time_to_target import success_probability, time_to_target


@pytest.mark.parametrize("confidence", [0.683, 0.95])
def test_intervals_are_those_of_scipy(confidence: float) -> None:
    hits, runs = np.arange(0, 21), 20
    found = success_probability(hits, runs, confidence)
    for k in hits:
        wilson = stats.binomtest(k, runs).proportion_ci(confidence, method="wilson")
        assert found.low[k] == pytest.approx(wilson.low, abs=1e-12)
        assert found.high[k] == pytest.approx(wilson.high, abs=1e-12)
    assert found.low[0] == 0.0
    assert found.high[-1] == 1.0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # Of 4000 experiments at p = 0.2: the share inside is within 5 standard errors of 0.95, and of
    # Wilson's own deviation from it, 0.01 at 64 runs.
    hits = np.random.default_rng(1).binomial(64, 0.2, 4000)
    found = success_probability(hits, 64)
    inside = ((found.low <= 0.2) & (found.high >= 0.2)).mean()
    assert abs(inside - 0.95) < 5 * np.sqrt(0.95 * 0.05 / 4000) + 0.01


def test_the_time_is_that_of_the_definition() -> None:
    found = time_to_target([[1, 50], [99, 100]], 100, run_time=3.0, target=0.9)
    p = np.array([[0.01, 0.5], [0.99, 1.0]])
    for value, share in zip(found.value.flat, p.flat, strict=True):
        # So many runs leave at most one in ten without success; one run is the least.
        expected = 3.0 * max(1.0, np.log(0.1) / np.log1p(-share)) if share < 1.0 else 3.0
        assert value == pytest.approx(expected)
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    # Half of runs succeed: 3.32 of them are enough for 90 %.
    assert 1 - 0.5 ** (found.value[0, 1] / 3.0) == pytest.approx(0.9)


def test_without_a_hit_there_is_a_lower_end_only() -> None:
    found = time_to_target(0, 100)
    assert np.isinf(found.value)
    assert np.isinf(found.high)
    # By Wilson p is at most z²/(R + z²).
    z = stats.norm.ppf(0.975)
    assert found.low == pytest.approx(np.log(0.01) / np.log1p(-(z**2) / (100 + z**2)))
    assert time_to_target(0, 100, run_time=0.0).value == np.inf
    assert time_to_target(1, 100, run_time=0.0).value == 0.0


@pytest.mark.parametrize(("arguments", "name"), [
    ({"hits": 1.0}, "hits"), ({"hits": -1}, "hits"), ({"hits": 11}, "hits"), ({"runs": 0}, "runs"),
    ({"hits": True}, "hits"), ({"run_time": -1.0}, "run_time"), ({"target": 1.0}, "target"),
    ({"target": 0.0}, "target"), ({"confidence": 1.5}, "confidence"),
])  # fmt: skip
def test_wrong_arguments_are_named(arguments: dict[str, object], name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*, allowed: "):
        time_to_target(**({"hits": 1, "runs": 10} | arguments))  # type: ignore[arg-type]
