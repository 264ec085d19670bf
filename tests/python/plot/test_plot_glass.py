"""Pictures of glasses and of replicas: that they show what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import multispin as ms
from multispin import plot
from multispin.analysis import overlaps
from multispin.analysis.replica_error import replica_error
from multispin.analysis.summary import summarize_overlaps

if TYPE_CHECKING:
    from pathlib import Path

T = np.geomspace(0.5, 2.0, 8)
N = 256


def make_run(length: int = 16, samples: int | None = 30, seed: int = 1) -> xr.Dataset:
    """A run that never was: overlaps in two peaks that merge above T = 1, and random swaps."""
    rng = np.random.default_rng(seed)
    shape = (samples or 1, T.size, 3, 60)
    peak = np.sqrt(np.maximum(1.1 - T, 0))[:, None, None]
    width = (0.1 + 0.15 * T * 16 / length)[:, None, None]
    q = rng.choice([-1, 1], size=shape) * peak + width * rng.normal(size=shape)
    q = np.rint((np.clip(q, -1, 1) + 1) * N / 2) * 2 / N - 1
    k2 = (0.1 * T[:, None, None] * rng.exponential(0.5, size=shape)) * q.std() ** 2
    from_top = np.linspace(0, 1, T.size) + 0.05 * rng.normal(size=(samples or 1, T.size))
    attempts = np.full((samples or 1, T.size - 1), 1000)
    accepted = rng.binomial(attempts, np.linspace(0.2, 0.6, T.size - 1))
    overlap = ("sample", "temperature", "pair", "draw")
    run = xr.Dataset(
        {
            "overlap": (overlap, q),
            "overlap_k2": (overlap, k2),
            "swap_attempts": (("sample", "gap"), attempts),
            "swap_accepted": (("sample", "gap"), accepted),
            "from_top": (("sample", "temperature"), from_top.clip(0, 1)),
            "round_trips": (
                ("sample", "replica", "walker"),
                rng.integers(0, 9, (samples or 1, 2, T.size)),
            ),
            "round_trip_time": (("sample", "replica"), rng.uniform(90, 200, (samples or 1, 2))),
        },
        coords={"temperature": T, "draw": 10 * np.arange(1, q.shape[-1] + 1)},
        attrs={"shape": [length, length], "n_spins": N},
    )
    return run if samples else run.isel(sample=0)


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return make_run()


@pytest.mark.thorough
def test_pictures_can_be_saved(run: xr.Dataset, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    rng = np.random.default_rng(1)
    figures = [
        plot.glass.overlap_distribution(run),
        plot.glass.binder_ratio([run, make_run(32)]),
        plot.glass.correlation_length(run),
        plot.glass.tempering(run),
        plot.replicas.error(replica_error(rng.normal(size=(8, 400)))),
        plot.replicas.throughput([1, 2, 4], [1.0, 2.0, 3.0]),
    ]
    for number, figure in enumerate(figures):
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / f"{number}.png")
        assert (tmp_path / f"{number}.png").stat().st_size > 1000
        assert all(axes.get_ylabel() for axes in figure.axes)
        assert figure.axes[-1].get_xlabel()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("samples", [30, 1, None])
def test_summary(samples: int | None) -> None:
    run = make_run(samples=samples)
    table = summarize_overlaps(run)
    q, k2 = run.overlap.values, run.overlap_k2.values
    if samples == 1:
        q, k2 = q[0], k2[0]
    over_samples = samples == 30
    g, xi = (
        overlaps.binder_ratio(q, over_samples),
        overlaps.correlation_length(q, k2, 16, over_samples),
    )
    chi = overlaps.susceptibility(q, N, over_samples)
    assert table.binder_ratio.dims == ("temperature",)
    np.testing.assert_array_equal(table.binder_ratio, g.value)
    np.testing.assert_array_equal(table.binder_ratio_error, g.error)
    np.testing.assert_array_equal(table.spin_glass_susceptibility, chi.value)
    np.testing.assert_array_equal(table.xi_over_length, xi.value / 16)
    np.testing.assert_array_equal(table.xi_over_length_error, xi.error / 16)
    assert table.attrs == run.attrs


def test_summary_without_a_correlation_length(run: xr.Dataset) -> None:
    for odd in (run.drop_vars("overlap_k2"), run.assign_attrs(shape=[8, 32])):
        table = summarize_overlaps(odd)
        assert "binder_ratio" in table
        assert "xi_over_length" not in table


def test_two_samples_of_few_draws_have_no_ratios(run: xr.Dataset) -> None:
    for draws, known in ((19, False), (20, True)):
        table = summarize_overlaps(run.isel(sample=slice(2), draw=slice(draws)))
        for name in ("binder_ratio", "binder_ratio_error", "xi_over_length"):
            assert bool(np.isfinite(table[name]).all()) == known
        assert np.all(table.spin_glass_susceptibility_error > 0)
    assert np.isfinite(summarize_overlaps(run.isel(sample=slice(3), draw=[0])).binder_ratio).all()


def test_the_order_of_dimensions_does_not_matter(run: xr.Dataset) -> None:
    turned = run.transpose("draw", "pair", "temperature", "sample", ...)
    xr.testing.assert_allclose(summarize_overlaps(turned), summarize_overlaps(run))


@pytest.mark.parametrize("samples", [30, 1, None])
def test_distribution_shows_five_temperatures(samples: int | None) -> None:
    run = make_run(samples=samples)
    axes = plot.glass.overlap_distribution(run, bins=31).axes[0]
    assert len(axes.lines) == len(axes.collections) == 5
    q = run.overlap.values[0] if samples == 1 else run.overlap.values
    found = overlaps.distribution(q, N, bins=31, samples=samples == 30)
    for line, index in ((axes.lines[0], 0), (axes.lines[-1], -1)):
        np.testing.assert_allclose(line.get_ydata(), found.density[index])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert (labels[0], labels[-1]) == ("$T = 0.5$", "$T = 2$")
    words = ",  30 samples" if samples == 30 else ""
    assert axes.get_title(loc="left") == f"$L = 16${words},  600 sweeps"


def test_the_legend_of_the_distribution_is_beside_it(run: xr.Dataset) -> None:
    figure = plot.glass.overlap_distribution(run)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend().get_window_extent()
    assert legend.x0 >= axes.get_window_extent().x1
    assert legend.x1 <= figure.bbox.x1


def test_curves_are_the_summary(run: xr.Dataset) -> None:
    axes = plot.glass.correlation_length([run, make_run(32)]).axes[0]
    points, *_ = axes.containers[0]
    np.testing.assert_array_equal(points.get_ydata(), summarize_overlaps(run).xi_over_length)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["$L = 16$", "$L = 32$"]


def test_tempering_pools_samples(run: xr.Dataset) -> None:
    top, bottom = plot.glass.tempering(run).axes
    (line,) = top.lines
    acceptance = run.swap_accepted.sum("sample") / run.swap_attempts.sum("sample")
    np.testing.assert_allclose(line.get_ydata(), acceptance)
    points, *_ = bottom.containers[0]
    np.testing.assert_allclose(points.get_ydata(), run.from_top.mean("sample"))
    trips, sweeps = int(run.round_trips.sum()), float(1 / (1 / run.round_trip_time).mean())
    expected = f"30 samples,  600 sweeps,  {trips} round trips of {sweeps:.0f} sweeps"
    assert top.get_title(loc="left").endswith(expected)


def test_tempering_of_walkers_that_stand_still() -> None:
    run = make_run(samples=2)
    run.from_top[:, 1:-1] = np.nan
    run.from_top[:, 0], run.from_top[:, -1] = 0.0, 1.0
    run.round_trips[:] = 0
    run.round_trip_time[:] = np.inf
    top, bottom = plot.glass.tempering(run).axes
    assert "no round trip" in top.get_title(loc="left")
    points, *_ = bottom.containers[0]
    shown = np.asarray(points.get_ydata())
    assert (shown[0], shown[-1]) == (0.0, 1.0)
    assert np.isnan(shown[1:-1].astype(float)).all()


def test_the_line_of_independent_replicas() -> None:
    result = replica_error(np.random.default_rng(1).normal(size=(8, 400)))
    axes = plot.replicas.error(result).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), result.error[0] / np.sqrt([1, 2, 4, 8]))
    points, *_ = axes.containers[0]
    np.testing.assert_array_equal(points.get_ydata(), result.error)
    assert math.isclose(axes.lines[0].get_xdata()[-1], 8)


@pytest.mark.parametrize("samples", [None, 2])
def test_annealing_shows_energies_and_how_replicas_ended(samples: int | None) -> None:
    model = ms.EdwardsAnderson((8, 8), seed=1, samples=samples)
    run = ms.anneal(model, [3.0, 1.0, 0.2], 3, replicas=20, seed=1)
    shown = run if samples is None else run.isel(sample=1)
    figure = plot.glass.annealing(run, *([] if samples is None else [1]))
    left, right = figure.axes
    median = next(line for line in left.get_lines() if line.get_label() == "median")
    np.testing.assert_array_equal(median.get_xdata(), [3.0, 1.0, 0.2])
    np.testing.assert_allclose(median.get_ydata(), np.median(shown.energy, axis=1) / 64)
    bars = {round(bar.get_y() + bar.get_height() / 2, 9): bar.get_width() for bar in right.patches}
    levels, counts = np.unique(shown.final_energy / 64, return_counts=True)
    assert bars == dict(zip(levels.tolist(), counts.tolist(), strict=True))
    assert len(levels) > 1
    assert right.get_lines()[0].get_ydata()[0] == float(shown.best_state_energy) / 64


@pytest.fixture(scope="module")
def annealed() -> xr.Dataset:
    return ms.anneal(ms.EdwardsAnderson((4, 4), seed=1), [2.0, 1.0], 5, replicas=4)


def test_runs_of_another_kind_are_refused(run: xr.Dataset, annealed: xr.Dataset) -> None:
    for draw in (plot.glass.overlap_distribution, plot.glass.binder_ratio, plot.glass.tempering):
        with pytest.raises(ValueError, match="^runs?: got one without .*, allowed: one of temper"):
            draw(annealed)
        with pytest.raises(TypeError, match="^runs?: got None, allowed: an xarray.Dataset, one of"):
            draw(None)  # type: ignore[arg-type]
    for curves in (plot.glass.binder_ratio, plot.glass.correlation_length):
        with pytest.raises(ValueError, match=r"^runs: got \[\], allowed: one run, or a sequence"):
            curves([])
    with pytest.raises(ValueError, match="^run: got one without energy, .*allowed: one of anneal"):
        plot.glass.annealing(run)


def test_runs_without_a_correlation_length_are_refused(run: xr.Dataset) -> None:
    for odd, without in (
        (run.assign_attrs(shape=[8, 32]), "8 x 32 spins without equal sides"),
        (run.drop_vars("overlap_k2"), "16 x 16 spins without overlap_k2"),
    ):
        with pytest.raises(
            ValueError, match=rf"^runs\[1\]: got one of {without}, allowed: lattices"
        ):
            plot.glass.correlation_length([run, odd])


def test_samples_that_there_are_not_are_refused(annealed: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="^sample: got 3, allowed: 0, as the run has one set of"):
        plot.glass.annealing(annealed, sample=3)
    two = xr.concat([annealed, annealed], "sample")
    for sample in (-1, 2):
        with pytest.raises(ValueError, match=f"^sample: got {sample}, allowed: .*<= 1"):
            plot.glass.annealing(two, sample)
