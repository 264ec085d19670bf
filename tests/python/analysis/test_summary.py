"""The columns of a summary are those of `statistics`, whatever was selected from a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis import statistics
from multispin.analysis.summary import summarize, summarize_overlaps

xr = pytest.importorskip("xarray")

if TYPE_CHECKING:
    from pathlib import Path

    from xarray import Dataset

DIMS = ("temperature", "replica", "draw")
MODEL, T, INTERVAL = ms.Ising((6, 8), h=0.1), np.array([2.2, 3.0]), 5


@pytest.fixture(scope="module")
def run() -> Dataset:
    return ms.simulate(MODEL, T, 2000, thermalization=50, interval=INTERVAL, replicas=3, seed=0)


def without_attributes(run: Dataset) -> Dataset:
    bare = run.copy()
    bare.attrs = {}
    return bare


def test_columns_are_those_of_statistics(run: Dataset) -> None:
    n, table = MODEL.n_spins, summarize(run)
    energy, m = run.energy.values, run.magnetization.values
    expected = {
        "energy_per_spin": statistics.mean(energy / n, replicas=True),
        "magnetization": statistics.mean(m, replicas=True),
        "abs_magnetization": statistics.mean(np.abs(m), replicas=True),
        "specific_heat": statistics.specific_heat(energy, T, n, replicas=True),
        "susceptibility": statistics.susceptibility(np.abs(m), T, n, replicas=True),
        "paramagnetic_susceptibility": statistics.mean(n * m**2 / T[:, None, None], replicas=True),
        "binder_cumulant": statistics.binder_cumulant(m, replicas=True),
    }
    for name, estimate in expected.items():
        np.testing.assert_allclose(table[name], estimate.value, rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(table[f"{name}_error"], estimate.error, rtol=1e-9, err_msg=name)
    assert set(table.data_vars) == {
        *expected, *(f"{name}_error" for name in expected), "tau", "tau_energy"
    }  # fmt: skip
    np.testing.assert_allclose(table.tau, INTERVAL * expected["abs_magnetization"].tau)
    np.testing.assert_allclose(table.tau_energy, INTERVAL * expected["energy_per_spin"].tau)


def test_columns_by_hand(run: Dataset) -> None:
    """The formulas once more, without `statistics`."""
    n, table = MODEL.n_spins, summarize(run)
    energy, m = run.energy.values, run.magnetization.values
    pooled = {"axis": (1, 2)}
    np.testing.assert_allclose(table.specific_heat, energy.var(**pooled) / (n * T**2), rtol=0.01)
    np.testing.assert_allclose(table.susceptibility, n * np.abs(m).var(**pooled) / T, rtol=0.01)
    np.testing.assert_allclose(
        table.binder_cumulant,
        1 - (m**4).mean(**pooled) / (3 * (m**2).mean(**pooled) ** 2),
        rtol=0.01,
    )


def test_times_are_in_sweeps_however_draws_were_selected() -> None:
    """A chain of known memory: m_{t+1} = a m_t + noise has tau = (1 + a) / (2 (1 - a)) draws."""
    rng, a, draws = np.random.default_rng(5), 0.9, 40_000
    noise = rng.normal(size=(2, draws))
    series = np.zeros((2, draws))
    for t in range(1, draws):
        series[:, t] = a * series[:, t - 1] + noise[:, t]
    run = xr.Dataset(
        dict.fromkeys(("energy", "magnetization"), (DIMS, (20 + series[None]) / 64)),
        {"temperature": [2.0], "draw": 7 * np.arange(1, draws + 1)},
        {"n_spins": 10, "interval": 7, "sweeps": 7 * draws},
    )
    for every in (1, 2, 4):
        table = summarize(run.isel(draw=slice(None, None, every)))
        kept = statistics.mean((20 + series[:, ::every]) / 64, replicas=True).tau
        np.testing.assert_allclose([table.tau[0], table.tau_energy[0]], 7 * every * kept)
        # As long in sweeps as it was, but for the estimate's own error of some 5 %.
        assert float(table.tau[0]) == pytest.approx(7 * (1 + a) / (2 * (1 - a)), rel=0.2)


def test_joined_runs(run: Dataset) -> None:
    other = ms.simulate(
        MODEL, T, sweeps=2000, thermalization=50, interval=INTERVAL, replicas=2, seed=9
    ).assign_attrs(interval=1)
    other["replica"] = 3 + np.arange(2)
    both = summarize(xr.concat([other, run], "replica", combine_attrs="override"))
    m = np.concatenate([other.magnetization.values, run.magnetization.values], axis=1)
    np.testing.assert_allclose(both.tau, INTERVAL * statistics.mean(np.abs(m), replicas=True).tau)
    with pytest.raises(ValueError, match=r"^run: got draws .* apart, allowed: draws at equal"):
        summarize(xr.concat([run, run], "draw"))
    with pytest.raises(ValueError, match="^run: got no coordinate `draw`"):
        summarize(run.drop_vars("draw"))


def test_selections_without_a_dimension(run: Dataset) -> None:
    whole = summarize(run)
    at = summarize(run.sel(temperature=T[1]))
    assert at.tau.dims == ()
    xr.testing.assert_identical(at, whole.isel(temperature=1))
    one = summarize(run.isel(replica=0))
    xr.testing.assert_equal(
        one, summarize(run.isel(replica=[0])).drop_vars("replica", errors="ignore")
    )
    assert summarize(run.isel(replica=0, temperature=0)).energy_per_spin.dims == ()


def test_selections_of_overlaps() -> None:
    glass = ms.EdwardsAnderson((4, 4), seed=1)
    run = ms.temper(glass, [1.0, 2.0], sweeps=200, replicas=3)
    whole = summarize_overlaps(run)
    xr.testing.assert_identical(
        summarize_overlaps(run.isel(temperature=1)), whole.isel(temperature=1)
    )
    pair = summarize_overlaps(run.isel(pair=0))
    np.testing.assert_array_equal(
        pair.binder_ratio, summarize_overlaps(run.isel(pair=[0])).binder_ratio
    )


def test_draws_selected_away(run: Dataset) -> None:
    with pytest.raises(ValueError, match="^run: got 1 draws, allowed: at least 20"):
        summarize(run.isel(draw=0))


def test_a_chain_that_was_a_file(tmp_path: Path) -> None:
    """A file has a shape of one side as a number."""
    chain = ms.temper(ms.EdwardsAnderson((8,), seed=1), [1.0, 2.0], sweeps=40, seed=1, threads=1)
    chain.to_netcdf(tmp_path / "chain.nc", engine="h5netcdf")
    again = xr.load_dataset(tmp_path / "chain.nc", engine="h5netcdf")
    xr.testing.assert_equal(summarize_overlaps(again), summarize_overlaps(chain))
    xr.testing.assert_equal(summarize(again), summarize(chain))
    ms.plot.glass.correlation_length(again)


@pytest.mark.parametrize(("change", "message"), [
    (without_attributes, r"\.attrs\['n_spins'\]: got None, allowed: an integer"),
    (lambda run: run.assign_attrs(n_spins=0), r"\.attrs\['n_spins'\]: got 0"),
    (lambda run: run.assign(energy=run.energy * np.nan), r"\.energy: got nan"),
    (lambda run: run.assign(energy=run.energy.astype(str)), r"\.energy: got 'an array of "),
    (lambda run: run.assign(energy=run.energy.isel(replica=0)), r"\.energy: got dimensions"),
    (lambda run: run.assign(energy=1e200 * run.energy), r"\.energy: got .* variance"),
    (lambda run: run.assign(magnetization=48 * run.magnetization), r"\.magnetization: .*-1 to 1"),
    (lambda run: run.assign_coords(temperature=[-1.0, 2.0]), r"\.temperature: got"),
    (lambda run: run.assign_coords(temperature=[5e-324, 2.0]), r"\.temperature: got 5e-324"),
    (lambda run: run.isel(replica=slice(0)), r"\.energy: got dim.*none of them empty"),
    (lambda run: run.drop_vars("magnetization"), ": got one without magnetization"),
])  # fmt: skip
def test_runs_that_were_spoilt(run: Dataset, change: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^run{message}"):
        summarize(change(run))
