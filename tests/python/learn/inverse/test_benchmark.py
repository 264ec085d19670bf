"""The benchmark of methods: what is planted, what is drawn of it, and what a study keeps."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin.learn import independent_samples
from multispin.learn.inverse.benchmark import recover_one
from multispin.learn.inverse.planted import KINDS, planted, sides

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {
    "models": ["glass", "sk"], "n_spins": 9, "betas": 0.4, "samples": [100, 1000],
    "methods": ["mean_field", "pseudolikelihood"], "repetitions": 2, "random_state": 1,
}  # fmt: skip


def dense(model: ms.Pairwise) -> Any:
    J = np.zeros((model.n_spins,) * 2)
    i, j = model.edges.T
    J[i, j] = model.couplings
    return J + J.T


# --- what is planted ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_planted_couplings(kind: str) -> None:
    J = dense(planted(kind, 100, 0.5, 3))
    degree, values = (J != 0).sum(axis=1), np.unique(np.abs(J[J != 0]))
    if kind in ("ferromagnet", "glass"):
        assert (degree == 4).all()
        assert values.tolist() == [0.5]
        assert bool((J < 0).any()) == (kind == "glass")
    elif kind == "random_graph":
        assert degree.mean() == pytest.approx(4.0, abs=5 * 2 / np.sqrt(50))
        assert values.tolist() == [0.5]
    elif kind == "sk":
        spread = J[np.triu_indices(100, 1)].std()
        assert spread == pytest.approx(0.05, rel=5 / np.sqrt(2 * 4950))
    else:
        top = np.linalg.eigvalsh(J + 0.05 * np.eye(100))
        assert (np.abs(top) > 1e-9).sum() == 10  # 10 patterns
        assert np.trace(J + 0.05 * np.eye(100)) == pytest.approx(5.0)
    assert (J == dense(planted(kind, 100, 0.5, 3))).all()
    if kind != "ferromagnet":
        assert (J != dense(planted(kind, 100, 0.5, 4))).any()


def test_sides() -> None:
    assert [sides(n) for n in (9, 12, 16, 15, 100, 300)] == [
        (3, 3), (3, 4), (4, 4), (3, 5), (10, 10), (15, 20),
    ]  # fmt: skip
    for n in (7, 10, 22):
        with pytest.raises(ValueError, match=f"n_spins: got {n}, allowed: a product of two"):
            sides(n)


def test_few_spins_are_drawn_from_all_states() -> None:
    """χ² of 16 states, 15 degrees of freedom: above 50 in 10⁻⁵ of all seeds."""
    J = np.triu(np.random.default_rng(1).normal(size=(4, 4)), 1)
    model = ms.Pairwise(J + J.T, [0.3, -0.2, 0.0, 0.5])
    found = independent_samples(model, 50_000, random_state=2)
    number = ((found > 0) << np.arange(4)).sum(axis=1)
    wanted = 50_000 * ms.exact.state_probabilities(model, 1.0)
    assert ((np.bincount(number, minlength=16) - wanted) ** 2 / wanted).sum() < 50
    np.testing.assert_array_equal(independent_samples(model, 20, random_state=2), found[:20])


def test_many_spins_are_drawn_by_chains() -> None:
    """Energies of neighbours on a ring, tanh β, within 5 standard errors."""
    ring = ms.Pairwise.from_edges(30, [[k, (k + 1) % 30] for k in range(30)], [0.5] * 30)
    found = independent_samples(ring, 4000, 200, 1, threads=1)
    bonds = (found * np.roll(found, 1, axis=1)).mean()
    assert bonds == pytest.approx(np.tanh(0.5), abs=5 / np.sqrt(30 * 4000))
    np.testing.assert_array_equal(independent_samples(ring, 4000, 200, 1, threads=2), found)
    assert (independent_samples(ring, 4000, 200, 2) != found).any()


# --- what is measured -----------------------------------------------------------------------------


def test_measures_are_those_of_a_fit() -> None:
    found = recover_one("random_graph", 8, 0.5, 300, 1, "pseudolikelihood", 10, 7)
    again = recover_one("random_graph", 8, 0.5, 300, 1, "independent", 10, 7)
    assert again["gamma"] == 1.0
    assert 0 < found["gamma"] < 0.6
    assert found["converged"] == 1.0
    assert 0.7 < found["edges_right"] <= 1.0
    assert again["edges_right"] < 0.9
    assert found["seconds"] > 0
    assert np.isnan(recover_one("sk", 8, 0.5, 300, 1, "bethe", 10, 7)["edges_right"])


@pytest.mark.thorough
def test_errors_fall_as_the_root_of_the_number_of_samples() -> None:
    """From 1000 to 64 000 samples by 8: within 5 errors of a rms of 2 × 3 × 36 numbers."""
    data = ms.inverse_benchmark(
        ["glass", "ferromagnet"], 9, 0.2, [1000, 64_000], ["pseudolikelihood", "exact"],
        random_state=1,
    )  # fmt: skip
    gamma = (data.gamma**2).mean("model").squeeze() ** 0.5
    ratio = gamma.sel(samples=1000) / gamma.sel(samples=64_000)
    np.testing.assert_allclose(ratio, 8.0, rtol=5 * np.sqrt(2 / (2 * 216)))
    assert (data.converged == 1).all()


def test_means_and_errors_are_those_of_repetitions() -> None:
    data = ms.inverse_benchmark(**SMALL)
    each = data.gamma_of_repetition
    assert data.gamma.dims == ("model", "n_spins", "beta", "samples", "algorithm")
    xr.testing.assert_allclose(data.gamma, each.mean("repetition"))
    wanted = each.std("repetition", ddof=1) / np.sqrt(2)
    xr.testing.assert_allclose(data.gamma_error, wanted)
    assert np.isfinite(data.edges_right.sel(model="glass")).all()
    assert data.edges_right.sel(model="sk").isnull().all()
    assert (data.seed.item(), data.sweeps.item()) == (1, 1000)


def test_what_has_no_solution_has_not_converged() -> None:
    """Covariances of fewer samples than spins cannot be inverted."""
    data = ms.inverse_benchmark(
        "glass", 9, 0.4, [5, 500], ["mean_field"], repetitions=2, random_state=1
    ).squeeze()
    assert np.isnan(data.gamma.values[0])
    assert np.isfinite(data.gamma.values[1])
    assert data.converged.values.tolist() == [0.0, 1.0]


def test_an_executor_and_a_file_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.study"
    timed = ["seconds", "seconds_of_repetition"]
    expected = ms.inverse_benchmark(**SMALL).drop_vars(timed)
    with ThreadPoolExecutor(2) as executor:
        found = ms.inverse_benchmark(**SMALL, path=path, executor=executor).drop_vars(timed)
    xr.testing.assert_identical(found, expected)
    seen: list[Any] = []
    words = {**SMALL, "methods": ["mean_field", "pseudolikelihood", "bethe"]}
    more = ms.inverse_benchmark(**words, path=path, progress=seen.append)
    assert len(seen) == 8  # fits of the method that is new
    kept = more.sel(algorithm=SMALL["methods"]).drop_vars(timed)
    xr.testing.assert_identical(kept, expected)


@pytest.mark.parametrize(("changed", "message"), [
    ({"models": "spins"}, "models: got 'spins', allowed: one or several of ferromagnet, glass"),
    ({"models": []}, "models: got []"), ({"models": ["sk", "sk"]}, "models: got "),
    ({"methods": "best"}, "methods: got 'best', allowed: one or several of independent, pair"),
    ({"n_spins": 3}, "n_spins: got 3, allowed: an integer >= 4"),
    ({"n_spins": 10}, "n_spins: got 10, allowed: a product of two numbers >= 3"),
    ({"n_spins": [9, 9]}, "n_spins: got "),
    ({"n_spins": 25, "methods": "exact"}, "methods: got 'exact', allowed: methods without 'exact'"),
    ({"betas": 0.0}, "betas: got 0.0"), ({"betas": [[1.0]]}, "betas: got "),
    ({"samples": 1}, "samples: got 1, allowed: an integer >= 2"),
    ({"repetitions": 1}, "repetitions: got 1"), ({"sweeps": 0}, "sweeps: got 0"),
    ({"path": "x.study", "random_state": None}, "random_state: got None, allowed: a seed with a"),
])  # fmt: skip
def test_wrong_arguments(changed: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        ms.inverse_benchmark(**{**SMALL, **changed})
