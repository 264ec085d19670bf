"""A user's words in pictures: what can be drawn is drawn as it is, what cannot is said at once."""

from __future__ import annotations

import functools
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import plot
from multispin.analysis.crossing import Curve
from multispin.analysis.scaling import Collapse
from multispin.plot._words import words, words_of_each

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

J = np.array([[0.0, 0.5], [0.5, 0.0]])
T = np.array([1.0, 2.0, 3.0])


def of_collapse(text: str) -> Figure:
    curve = Curve(T, T + np.array([[0.0], [0.1]]))
    found = Collapse(2.0, 0.1, 1.0, 0.1, 0.5, 0.0, 1.0, 0.9)
    return plot.scaling.collapse([4, 8], [T, T], [curve, curve], found, text)


@functools.cache
def swept() -> xr.Dataset:
    return ms.replica_sweep(ms.Ising((4, 4)), 2.5, [1, 2], 20, 0, 1, seed=1, threads=1)


def of_path(text: str) -> Figure:
    path = {"l1": T, "J": np.zeros((3, 2, 2)), "score": T, "error": None, "best": 1}
    return plot.inverse.path(SimpleNamespace(**path, criterion=text))  # type: ignore[arg-type]


def of_benchmark(model: str = "glass", method: str = "exact") -> Figure:
    dims = ("model", "n_spins", "beta", "samples", "algorithm")
    gamma = np.array([0.5, 0.2]).reshape(1, 1, 1, 2, 1)
    coords = {"model": [model], "n_spins": [9], "beta": [0.4], "samples": [10, 100]}
    data = xr.Dataset(
        {"gamma": (dims, gamma), "gamma_error": (dims, gamma / 10)},
        coords={**coords, "algorithm": [method]},
    )
    return plot.inverse.benchmark(data)


def of_throughput(text: str) -> Figure:
    dims = ("size", "generator", "threads")
    coords = {"size": [4, 8], "generator": [text], "threads": [1]}
    data = xr.Dataset({"flips_per_ns": (dims, np.ones((2, 1, 1)))}, coords=coords)
    return plot.runs.throughput(data)


#: Every place that a user's text has in a picture, and what messages call it.
PLACES: dict[str, tuple[Callable[[str], Figure], str]] = {
    "collapse": (of_collapse, "label"),
    "basin": (lambda text: plot.hopfield.basin([0, 1], [[0, 1]], [text]), "labels[0]"),
    "recall": (
        lambda text: plot.hopfield.recall([0, 1], [[0, 1], [0, 1]], ["a", text]),
        "labels[1]",
    ),
    "snapshots": (lambda text: plot.runs.snapshots([J, J], ["a", text]), "titles[1]"),
    "throughput": (of_throughput, "bench.generator"),
    "replicas": (lambda text: plot.replicas.overview({text: swept(), "other": swept()}), "runs"),
    "annealing": (lambda text: plot.problems.annealing([2.0, 1.0], J, text), "what"),
    "recovered": (lambda text: plot.inverse.recovered(J, {text: J}), "found"),
    "path": (of_path, "found.criterion"),
    "models": (of_benchmark, "dataset.model"),
    "methods": (lambda text: of_benchmark(method=text), "dataset.algorithm"),
    "images": (lambda text: plot.rbm.images([J, J], 2, ["a", text]), "titles[1]"),
    "embedding": (lambda text: plot.rbm.embedding(J, ["a", text]), "labels"),
}
UNREADABLE = ("$x_$", "$a_b$ and $c^$", r"$\nothing$", "a$$b", "fine\n$x_{1$")
each_place = pytest.mark.parametrize("place", PLACES)


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


@each_place
def test_formulas_that_cannot_be_read_are_refused_at_the_call(place: str) -> None:
    draw, name = PLACES[place]
    with pytest.raises(ValueError, match=r"allowed: a text whose formulas") as raised:
        draw("$x_$")
    assert str(raised.value).startswith(f"{name}: got '$x_$', allowed: ")
    assert str(raised.value).endswith("matplotlib can read: found end of text  (at char 2)")


@pytest.mark.one_in(4)
@each_place
@pytest.mark.parametrize("text", [r"$x_{1}$ and a_b", "_5 $, 100 % {x} ^2 \\"])
def test_everything_else_is_drawn(place: str, text: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)  # an old matplotlib's, of pyparsing
        figure = PLACES[place][0](text)
        figure.savefig(tmp_path / "x.svg", format="svg")
    spaced = text.replace("_", " ") if "$" not in text else text
    found = [shown.replace(r"\$", "$") for shown in written(figure)]
    assert any(text in shown or spaced in shown for shown in found)


@pytest.mark.parametrize("place", ["basin", "recall", "throughput", "replicas", "embedding"])
def test_a_legend_leaves_nothing_out(place: str) -> None:
    figure = PLACES[place][0]("_m_")
    drawn = [legend for axes in figure.axes if (legend := axes.get_legend())] + figure.legends
    assert any("_m_" in text.get_text() for legend in drawn for text in legend.get_texts())


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_refused_cannot_be_drawn(text: str, tmp_path: Path) -> None:
    figure = plot.style.new_figure(2.0, 2.0)
    figure.text(0.5, 0.5, text)
    with pytest.raises(ValueError, match="at char"):
        figure.savefig(tmp_path / "x.png")
    with pytest.raises(ValueError, match="^label: got .*allowed: a text whose formulas"):
        words("label", text)


@pytest.mark.parametrize(("text", "shown"), [
    ("", ""), ("U_4", "U_4"), ("$U_4$", "$U_4$"), ("_x", " _x"), ("5 $", r"5 \$"),
    (r"5 \$", r"5 \$"), (r"$x$ for 5 \$", r"$x$ for 5 \$"), ("$x$ for 5 $", r"\$x\$ for 5 \$"),
    ("5 $\n$U_4$", "5 \\$\n$U_4$"),
])  # fmt: skip
def test_words(text: str, shown: str) -> None:
    assert words("label", text) == shown


def test_a_dollar_stays_one_beside_a_formula() -> None:
    (right,) = (axes.get_ylabel() for axes in of_collapse("price in $").axes[1:])
    assert right == r"$L^{-\kappa} \times$ price in \$"
    assert mpl.cbook.is_math_text(right)


def test_with_tex_formulas_are_its_business() -> None:
    with mpl.rc_context({"text.usetex": True}):
        assert words("label", r"$\nothing$") == r"$\nothing$"


@pytest.mark.parametrize("given", ["ab", 3, None, [1], [b"a"]])
def test_what_are_no_texts(given: Any) -> None:
    with pytest.raises(TypeError, match="^titles: got .*allowed: 1 to 2 texts$"):
        words_of_each("titles", given, 1, 2, "1 to 2 texts")


@pytest.mark.parametrize("given", [[], ["a", "b", "c"]])
def test_more_or_fewer_texts(given: Any) -> None:
    with pytest.raises(ValueError, match="^titles: got .*allowed: 1 to 2 texts$"):
        words_of_each("titles", given, 1, 2, "1 to 2 texts")
