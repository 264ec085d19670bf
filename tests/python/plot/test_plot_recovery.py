"""Pictures of recovered couplings."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import plot

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


@pytest.mark.thorough
def test_a_benchmark_that_solved_nothing_can_be_drawn(tmp_path: Any) -> None:
    data = BENCHMARK.isel(model=[0], beta=[0]).copy(deep=True)
    data["gamma"] *= np.nan
    plot.inverse.benchmark(data).savefig(tmp_path / "a.png")


def test_recovered() -> None:
    J = np.array([[0.0, 0.5, 0.0], [0.5, 0.0, -1.0], [0.0, -1.0, 0.0]])
    found = {"all_of_it": J, "none": 0 * J, "much too much": 100 * J}
    figure = plot.inverse.recovered(J, found)
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
    (lambda: plot.inverse.recovered(np.zeros((2, 2)), {"a": np.ones((2, 2))}), ValueError,
     "truth: got array"),
    (lambda: plot.inverse.recovered(np.ones((2, 3)), {}), ValueError, "truth: got 'an array"),
    (lambda: plot.inverse.recovered(np.ones((2, 2)), {}), ValueError, "found: got []"),
    (lambda: plot.inverse.recovered(np.ones((2, 2)), []), TypeError, "found: got []"),
    (lambda: plot.inverse.recovered(np.ones((2, 2)), {"a": np.ones((3, 3))}), ValueError,
     "found['a']: got 'an array of shape (3, 3)', allowed: finite numbers, (2, 2)"),
])  # fmt: skip
def test_wrong_benchmarks_and_recovered(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
