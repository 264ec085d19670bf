"""Pictures: that they show what they should, without a display and without global state."""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

import multispin as ms
from multispin import exact, plot, theory
from multispin.analysis.summary import summarize
from multispin.runs import throughput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def simulate(temperatures: Any = (2.0, 2.2, 2.4, 2.6), size: int = 32, **more: Any) -> xr.Dataset:
    model = ms.Ising((size, size), **{key: more.pop(key) for key in ("J", "h") if key in more})
    return ms.simulate(model, temperatures, sweeps=400, thermalization=200, **more)


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return simulate(replicas=2)


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


SINGLE = [
    plot.runs.energy,
    plot.runs.magnetization,
    plot.runs.specific_heat,
    plot.runs.susceptibility,
    plot.runs.binder_cumulant,
]


@pytest.mark.one_in(7)
@pytest.mark.parametrize("draw", [*SINGLE, plot.runs.overview, plot.runs.series])
def test_pictures_can_be_saved(
    run: xr.Dataset, tmp_path: Path, draw: Callable[[xr.Dataset], Figure]
) -> None:
    before = dict(mpl.rcParams)
    figure = draw(run)
    assert isinstance(figure, Figure)
    for suffix in (".png", ".pdf", ".svg"):
        figure.savefig(tmp_path / f"x{suffix}")
        assert (tmp_path / f"x{suffix}").stat().st_size > 1000
    assert dict(mpl.rcParams) == before


def test_notebooks_show_pictures(run: xr.Dataset) -> None:
    """A cell whose value is a picture shows it, without a word of matplotlib before."""
    figure = pickle.loads(pickle.dumps(plot.runs.energy(run)))  # from a worker, say
    png, look = figure._repr_png_()
    with Image.open(BytesIO(png)) as image:
        assert image.format == "PNG"
        assert image.size == (960, 630)
        assert np.asarray(image.convert("L")).min() < 100
    assert look == {"width": 614}


@pytest.mark.parametrize("draw", SINGLE)
def test_axes_have_labels_and_units(run: xr.Dataset, draw: Callable[[xr.Dataset], Figure]) -> None:
    (axes,) = draw(run).axes
    assert axes.get_xlabel() == "temperature $T$  [$J/k_B$]"
    assert axes.get_ylabel()


def test_points_are_the_averages(run: xr.Dataset) -> None:
    axes = plot.runs.energy(run).axes[0]
    points, *_ = axes.containers[0]
    np.testing.assert_allclose(points.get_xdata(), run.temperature)
    np.testing.assert_allclose(points.get_ydata(), summarize(run).energy_per_spin)


def test_the_curve_is_exact(run: xr.Dataset) -> None:
    axes = plot.runs.magnetization(run).axes[0]
    (curve,) = [line for line in axes.lines if line.get_label() == "exact, $L = \\infty$"]
    temperature, values = np.asarray(curve.get_data())
    np.testing.assert_allclose(values, exact.onsager(temperature).magnetization)
    assert temperature.min() == 2.0
    assert temperature.max() == 2.6


def test_several_sizes_share_the_axes(run: xr.Dataset) -> None:
    figure = plot.runs.binder_cumulant([run, simulate(size=16)])
    assert labels(figure) == ["$L = 32$", "$L = 16$"]


def test_no_exact_curve_in_a_field() -> None:
    assert labels(plot.runs.energy(simulate(h=0.5))) == ["$L = 32$"]


@pytest.mark.parametrize("model", [
    ms.Ising((4, 4, 4)), ms.EdwardsAnderson((6, 6), seed=1),
    ms.Ising((4, 4), h=np.arange(16.0).reshape(4, 4) - 7.5),
])  # fmt: skip
def test_no_exact_curve_of_what_has_not_been_solved(model: Any) -> None:
    (axes,) = plot.runs.energy(ms.simulate(model, [2.0, 2.6], 40, 10)).axes
    assert len(axes.containers) == 1
    assert len(axes.lines) == 1


def test_an_antiferromagnet_has_its_own_critical_temperature() -> None:
    figure = plot.runs.energy(simulate([2.0, 5.0], J=-2.0))
    assert figure.axes[0].lines
    assert "exact, $L = \\infty$" in labels(figure)


def test_snapshots_keep_their_scale() -> None:
    images = [np.ones((4, 4)), np.zeros((8, 8)), -np.ones((2, 2), np.int8)]
    figure = plot.runs.snapshots(images, ["a", "b", "c"])
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c"]
    assert {axes.images[0].get_clim() for axes in figure.axes} == {(-1.0, 1.0)}
    with pytest.raises(ValueError, match=r"^titles: got \['a'\], allowed: 3 texts"):
        plot.runs.snapshots(images, ["a"])


def test_throughput(tmp_path: Path) -> None:
    bench = throughput.measure(sizes=[32, 64], threads=[1, 2], seconds=0.005)
    assert dict(bench.sizes) == {"size": 2, "generator": 2, "threads": 2}
    assert (bench.flips_per_ns > 0).all()
    assert (bench.energy_per_spin < -0.5).all()
    figure = plot.runs.throughput(bench)
    figure.savefig(tmp_path / "x.png")
    assert labels(figure)[0] == "aes, 1 thread"


def test_runs_of_another_kind_are_refused(run: xr.Dataset) -> None:
    annealed = ms.anneal(ms.Ising((4, 4)), [2.0, 1.0], 5, replicas=4)
    wrong = "^runs?: got one without magnetization, draw, allowed: one of simulate"
    for draw in (*SINGLE, plot.runs.overview, plot.runs.series, summarize):
        with pytest.raises(ValueError, match=wrong):
            draw(annealed)
        with pytest.raises(TypeError, match="^runs?: got 3, allowed: an xarray.Dataset, one of "):
            draw(3)  # type: ignore[arg-type]
    for draw in (*SINGLE, plot.runs.overview):
        with pytest.raises(ValueError, match=r"^runs: got \[\], allowed: one run, or a sequence"):
            draw([])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^run: got one of 2 samples, allowed: one system"):
        plot.runs.series(xr.concat([run, run], "sample"))
    with pytest.raises(ValueError, match="^bench: got one without flips_per_ns, size, generator"):
        plot.runs.throughput(run)


@pytest.mark.parametrize(("change", "error"), [
    ({"seconds": 0.0}, ValueError),
    ({"sizes": [1]}, ValueError),
    ({"generators": ["mt19937"]}, ValueError),
    ({"threads": [0]}, ValueError),
    ({"dynamics": "heat"}, ValueError),
])  # fmt: skip
def test_wrong_arguments_of_the_benchmark(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        throughput.measure(**({"sizes": [32], "seconds": 0.005} | change))


# --- curves of theory -----------------------------------------------------------------------------


def curve(figure: Figure, label: str) -> tuple[np.ndarray, np.ndarray]:
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == label]
    temperature, values = np.asarray(line.get_data())
    return temperature, values


@pytest.mark.parametrize(("name", "label", "values"), [
    ("onsager", "exact, $L = \\infty$", lambda T: exact.onsager(T).energy),
    ("kaufman", "exact, this size", lambda T: exact.ising_2d(32, T).energy_per_spin),
    ("curie_weiss", "mean field", lambda T: theory.curie_weiss.solution(T, J=4.0).energy),
    ("bethe", "Bethe lattice", lambda T: theory.bethe.solution(T, 4).energy),
])  # fmt: skip
def test_curves_of_theory_by_name(
    run: xr.Dataset, name: str, label: str, values: Callable[[np.ndarray], np.ndarray]
) -> None:
    T, drawn = curve(plot.runs.energy(run, theory=name), label)
    np.testing.assert_allclose(drawn, values(T))
    assert (T.min(), T.max()) == (2.0, 2.6)


def test_several_curves_and_none(run: xr.Dataset) -> None:
    both = labels(plot.runs.specific_heat(run, theory=["kaufman", "bethe"]))
    assert both == ["exact, this size", "Bethe lattice", "$L = 32$"]
    assert labels(plot.runs.energy(run, theory=None)) == ["$L = 32$"]
    panels = plot.runs.overview(run, theory="kaufman").axes
    drawn = [any(line.get_label() == "exact, this size" for line in p.lines) for p in panels]
    assert drawn == [True, False, True, False]


def test_a_chain_in_a_field_and_a_glass_on_its_line() -> None:
    chain = ms.simulate(ms.Ising((64,), h=0.2), [1.0, 2.0], 40, 10)
    T, drawn = curve(plot.runs.magnetization(chain, theory="chain"), "exact chain")
    np.testing.assert_allclose(drawn, exact.chain(T, h=0.2).magnetization)
    glass = ms.simulate(ms.EdwardsAnderson((6, 6), seed=1, p=0.9), [0.8, 1.0], 40, 10)
    T, drawn = curve(plot.runs.energy(glass, theory="nishimori"), "Nishimori line")
    np.testing.assert_allclose(drawn, -2 * np.tanh(1 / T))


def test_the_coordination_of_another_graph() -> None:
    model = ms.Pairwise.from_edges(30, ms.graphs.random_regular(30, 3, seed=1), 1.0)
    graph = ms.simulate(model, [1.0, 2.0], 40, 10)
    T, drawn = curve(plot.runs.energy(graph, theory="bethe", coordination=3), "Bethe lattice")
    np.testing.assert_allclose(drawn, theory.bethe.solution(T, 3).energy)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"theory": "ising"}, "theory: got 'ising', allowed: 'auto', 'onsager'"),
    ({"theory": "chain"}, "theory: got 'chain' behind a run of .*allowed: for Ising chains"),
    ({"theory": "bethe", "coordination": 3.5}, "theory: got 'bethe' behind .*a whole number"),
    ({"coordination": -1}, "coordination: got -1"),
])  # fmt: skip
def test_curves_that_do_not_belong_there(
    run: xr.Dataset, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        plot.runs.energy(run, **arguments)
    with pytest.raises(ValueError, match="theory: got 'nishimori', allowed: onsager, chain"):
        plot.runs.magnetization(run, theory="nishimori")
