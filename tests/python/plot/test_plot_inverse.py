"""Pictures of learned models."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import plot
from multispin.learn.inverse.comparison import Comparison, compare

RNG = np.random.default_rng(1)
CHANCE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def samples(m: int, n: int = 6) -> Any:
    return np.where(RNG.random((m, n)) < np.resize(CHANCE, n), 1, -1)


FOUND = compare(samples(500), samples(900))


def test_four_panels() -> None:
    figure = plot.inverse.comparison(FOUND)
    assert len(figure.axes) == 4
    for axes, part in zip(figure.axes, (FOUND.means, FOUND.pairs, FOUND.triples), strict=False):
        line = axes.containers[0].lines[0]  # type: ignore[attr-defined]
        assert (line.get_xdata() == part.data).all()
        assert (line.get_ydata() == part.model).all()
        assert axes.get_xlim() == axes.get_ylim()
    last = figure.axes[3]
    assert last.get_yscale() == "log"
    legend = last.get_legend()
    assert legend is not None
    assert sorted(text.get_text() for text in legend.get_texts()) == ["data", "model"]


def test_many_points_have_no_bars() -> None:
    found = compare(samples(50, 20), samples(60, 20))
    figure = plot.inverse.comparison(found)
    assert len(found.triples.data) == 1140
    assert not figure.axes[2].containers
    assert len(np.asarray(figure.axes[2].lines[1].get_xdata())) == 1140


def test_what_was_never_seen_is_left_out(tmp_path: Any) -> None:
    """Of constant spins too: the picture can be drawn."""
    figure = plot.inverse.comparison(compare(np.ones((5, 3)), np.ones((7, 3))))
    line = figure.axes[3].lines[0]
    assert np.asarray(line.get_xdata()).tolist() == [3]
    figure.savefig(tmp_path / "constant.png")
    figure = plot.inverse.comparison(compare(np.ones((5, 1)), -np.ones((7, 1))))
    figure.savefig(tmp_path / "one.png")


@pytest.mark.parametrize(
    ("found", "error", "message"),
    [
        (3, TypeError, "found: got 3, allowed: what compare returned"),
        (Comparison, TypeError, "found: got"),
        (replace(FOUND, pairs=None), TypeError, "found: got"),  # type: ignore[arg-type]
        (replace(FOUND, means=replace(FOUND.means, data=np.ones((2, 2)))), ValueError,
         "found.means.data: got 'an array of shape"),
        (replace(FOUND, means=replace(FOUND.means, model=np.full(6, np.nan))), ValueError,
         "found.means.model: got nan"),
        (replace(FOUND, means=replace(FOUND.means, model=np.full(6, 1e9))), ValueError,
         "found.means.model: got"),
        (replace(FOUND, counts=replace(FOUND.counts, data_error=-FOUND.counts.data_error)),
         ValueError, "found.counts.data_error: got"),
    ],
)  # fmt: skip
def test_wrong_arguments(found: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plot.inverse.comparison(found)


# --- the benchmark, and couplings -----------------------------------------------------------------

BENCHMARK = ms.inverse_benchmark(
    ["glass", "sk"], 9, [0.2, 0.4], [5, 50, 500], ["mean_field", "bethe"], 2, random_state=1
)


def test_benchmark() -> None:
    figure = plot.inverse.benchmark(BENCHMARK)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        f"{name}, $N = 9$, $\\beta = {beta}$" for name in ("glass", "SK") for beta in (0.2, 0.4)
    ]
    for axes, (model, beta) in zip(
        figure.axes, [(m, b) for m in ("glass", "sk") for b in (0.2, 0.4)], strict=True
    ):
        at = BENCHMARK.gamma.sel(model=model, beta=beta, n_spins=9, algorithm="bethe")
        line = axes.containers[1].lines[0]  # type: ignore[attr-defined]
        known = np.isfinite(at.values)  # 5 samples of 9 spins have no solution
        assert known.tolist() == [False, True, True]
        assert line.get_xdata().tolist() == [50, 500]
        np.testing.assert_array_equal(line.get_ydata(), at.values[known])
        faint = axes.lines[-1]
        x, y = np.asarray(faint.get_xdata(), float), np.asarray(faint.get_ydata(), float)
        np.testing.assert_allclose(y * np.sqrt(x), y[-1] * np.sqrt(x[-1]))
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert sorted(labels) == ["$M^{-1/2}$", "bethe", "mean field"]


def test_a_benchmark_that_solved_nothing_can_be_drawn(tmp_path: Any) -> None:
    data = BENCHMARK.isel(model=[0], beta=[0]).copy(deep=True)
    data["gamma"] *= np.nan
    plot.inverse.benchmark(data).savefig(tmp_path / "a.png")


def test_couplings() -> None:
    J = np.array([[0.0, 0.5, 0.0], [0.5, 0.0, -1.0], [0.0, -1.0, 0.0]])
    found = {"all_of_it": J, "none": 0 * J, "much too much": 100 * J}
    figure = plot.inverse.couplings(J, found)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["all of it", "none", "much too much"]
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        r"$\gamma = 0$", r"$\gamma = 1$", r"$\gamma = 99$",
    ]  # fmt: skip
    points = figure.axes[0].lines[2]
    assert np.asarray(points.get_xdata()).tolist() == [0.5, -1.0]
    assert np.asarray(points.get_ydata()).tolist() == [0.5, -1.0]
    beyond = np.abs(np.asarray(figure.axes[2].lines[2].get_ydata()))
    assert (beyond == figure.axes[2].get_ylim()[1]).all()


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: plot.inverse.benchmark(1), TypeError, "dataset: got 1, allowed: an xarray.Dataset"),
    (lambda: plot.inverse.benchmark(BENCHMARK.drop_vars("gamma")), ValueError, "dataset: got one "),
    (lambda: plot.inverse.benchmark(BENCHMARK.isel(model=0)), ValueError, "dataset.model: got"),
    (lambda: plot.inverse.couplings(np.zeros((2, 2)), {"a": np.ones((2, 2))}), ValueError,
     "truth: got array"),
    (lambda: plot.inverse.couplings(np.ones((2, 3)), {}), ValueError, "truth: got 'an array"),
    (lambda: plot.inverse.couplings(np.ones((2, 2)), {}), ValueError, "found: got []"),
    (lambda: plot.inverse.couplings(np.ones((2, 2)), []), TypeError, "found: got []"),
    (lambda: plot.inverse.couplings(np.ones((2, 2)), {"a": np.ones((3, 3))}), ValueError,
     "found['a']: got 'an array of shape (3, 3)', allowed: finite numbers, (2, 2)"),
])  # fmt: skip
def test_wrong_benchmarks_and_couplings(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
