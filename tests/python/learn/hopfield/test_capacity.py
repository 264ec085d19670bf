"""Capacity: what is left of patterns against theory, and a study's file and executor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin.learn import capacity_sweep

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {
    "alphas": [0.05, 0.3], "n_neurons": 100, "draws": 3, "cues": 4, "random_state": 1,
}  # fmt: skip


def test_overlaps_at_rest_are_those_of_theory() -> None:
    """Five standard errors of six draws: 0.4 % of seeds fail at one of two loads (Student's t)."""
    data = capacity_sweep([0.1, 0.12], n_neurons=1000, draws=6, cues=16, random_state=1).squeeze()
    for load in data.alpha.values:
        at, right = data.sel(alpha=load), ms.theory.hopfield.retrieval(load, 0.0)
        assert right is not None
        # Of 1,000 neurons, whose share of wrong ones is a little less.
        assert abs(at.overlap.item() - right.m) < 5 * at.overlap_error.item() + 1e-3
        assert at.retrieved.item() > 0.95


def test_patterns_are_lost_beyond_the_capacity_and_above_the_line() -> None:
    data = capacity_sweep(
        [0.02, 0.3], [0.0, 0.4, 0.9], 500, draws=2, cues=8, sweeps=20, random_state=1
    ).squeeze()
    assert data.retrieved.transpose("alpha", "temperature").values.tolist() == [[1, 1, 0], [0] * 3]


def test_a_basin() -> None:
    """At a load of 0.04 half of a pattern is enough, and a twentieth is not."""
    data = capacity_sweep(0.04, 0.0, 500, [0.05, 0.5, 1.0], draws=4, cues=8, random_state=1)
    assert data.overlap.dims == ("alpha", "temperature", "n_neurons", "initial_overlap")
    low, half, whole = data.overlap.values.ravel()
    assert low < 0.5 < 0.99 < half <= whole + 1e-3


def test_means_and_errors_are_those_of_draws() -> None:
    data = capacity_sweep(**SMALL)
    for name in ("overlap", "retrieved"):
        values = data[f"{name}_of_draw"].values[:, 0, 0, 0]
        np.testing.assert_allclose(data[name].values.ravel(), values.mean(axis=1))
        error = values.std(axis=1, ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(data[f"{name}_error"].values.ravel(), error)
    assert (data.rule.item(), data.cues.item(), data.seed.item()) == ("hebb", 4, 1)


def test_an_executor_and_a_file_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "capacity.study"
    expected = capacity_sweep(**SMALL)
    with ThreadPoolExecutor(2) as executor:
        found = capacity_sweep(**SMALL, path=path, executor=executor)
    xr.testing.assert_identical(found, expected)
    kept = path.read_bytes()
    seen: list[Any] = []
    more = capacity_sweep(**{**SMALL, "alphas": [0.05, 0.2, 0.3]}, path=path, progress=seen.append)
    assert len(seen) == 3  # the draws of the load that is new
    xr.testing.assert_identical(more.sel(alpha=[0.05, 0.3]), expected)
    assert path.read_bytes() != kept


def test_other_rules_hold_what_hebbs_loses() -> None:
    data = [capacity_sweep(**{**SMALL, "rule": rule}) for rule in ("hebb", "pseudoinverse")]
    hebb, inverse = (one.retrieved.sel(alpha=0.3).item() for one in data)
    assert hebb < 0.5 < inverse


def test_a_seed_nobody_gave_is_a_fresh_one() -> None:
    words = {**SMALL, "random_state": None}
    one, other = capacity_sweep(**words), capacity_sweep(**words)
    assert one.seed.item() != other.seed.item()


@pytest.mark.parametrize(("changed", "message"), [
    ({"alphas": 0}, "alphas: got 0, allowed: a number above 0 and up to 1000"),
    ({"alphas": [0.1, 0.1]}, "alphas: got "), ({"alphas": []}, "alphas: got "),
    ({"temperatures": -1}, "temperatures: got -1, allowed: "),
    ({"n_neurons": 1}, "n_neurons: got 1, allowed: an integer >= 2"),
    ({"n_neurons": [[5]]}, "n_neurons: got "), ({"n_neurons": [5, 5]}, "n_neurons: got [5, 5]"),
    ({"n_neurons": 10.5}, "n_neurons: got 10.5, allowed: "),
    ({"overlaps": 1.5}, "overlaps: got 1.5, allowed: a number from 0 to 1"),
    ({"draws": 1}, "draws: got 1, allowed: an integer >= 2"),
    ({"cues": 0}, "cues: got 0, allowed: "), ({"rule": "best"}, "rule: got 'best', allowed: "),
    ({"sweeps": 0}, "sweeps: got 0, allowed: "), ({"random_state": -1}, "random_state: got -1"),
    ({"executor": 2}, "executor: got 2, allowed: "), ({"path": 3}, "path: got 3, allowed: "),
])  # fmt: skip
def test_wrong_arguments(changed: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        capacity_sweep(**{**SMALL, **changed})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("rule", ["sequence", "covariance"])
def test_rules_whose_patterns_do_not_rest_or_need_a_threshold(rule: str) -> None:
    with pytest.raises(ValueError, match="^rule: got"):
        capacity_sweep([0.1], rule=rule)


def test_a_file_needs_a_seed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="^random_state: got None, allowed: a seed with a path"):
        capacity_sweep([0.1], n_neurons=20, path=tmp_path / "a.study")
