"""Pictures of learned models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multispin import plot
from multispin.learn.inverse.comparison import Comparison, compare
from multispin.learn.inverse.selection import regularization_path

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


@pytest.mark.thorough
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


# --- paths, and couplings with errors -------------------------------------------------------------


@pytest.mark.one_in(2)
@pytest.mark.parametrize("criterion", ["ebic", "cv"])
def test_a_path_has_couplings_and_scores(criterion: str) -> None:
    found = regularization_path(samples(300, 4), criterion=criterion, random_state=1)
    left, right = plot.inverse.path(found).axes
    assert len(left.lines) == 6 + 1
    assert (left.lines[0].get_ydata() == found.J[:, 0, 1]).all()
    assert (right.lines[0].get_ydata() == found.score).all()
    assert right.get_ylabel() == (
        "EBIC" if criterion == "ebic" else "held-out log-pseudolikelihood"
    )
    assert left.lines[-1].get_xdata()[0] == found.l1[found.best]  # type: ignore[index]
    assert left.get_xscale() == right.get_xscale() == "log"


@pytest.mark.thorough
def test_a_path_of_one_spin(tmp_path: Any) -> None:
    plot.inverse.path(regularization_path(samples(30, 1))).savefig(tmp_path / "one.png")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"l1": np.array([0.1])}, ValueError, "found.J: got arrays of shapes (1,) and "),
        ({"score": np.array([0.1])}, ValueError, "found.score: got array([0.1]), allowed: (2,)"),
        ({"error": np.array([0.1])}, ValueError, "found.score: got "),
        ({"best": 2}, ValueError, "found.best: got 2"),
    ],
)
def test_no_path(changed: Any, error: type[Exception], message: str) -> None:
    found = regularization_path(samples(300, 4), l1=[0.1, 0.2])
    with pytest.raises(error) as raised:
        plot.inverse.path(replace(found, **changed))
    assert str(raised.value).startswith(message)
    with pytest.raises(TypeError, match="found: got 3, allowed: what regularization_path"):
        plot.inverse.path(3)  # type: ignore[arg-type]


def test_couplings_are_in_order(tmp_path: Any) -> None:
    J = np.array([[0.0, 0.5, 0.0], [0.5, 0.0, -0.2], [0.0, -0.2, 0.0]])
    figure = plot.inverse.couplings(J, np.where(J != 0, 0.1, 0.0))
    line = figure.axes[0].containers[0].lines[0]  # type: ignore[attr-defined]
    assert line.get_ydata().tolist() == [-0.2, 0.5]
    figure.savefig(tmp_path / "couplings.png")
    plot.inverse.couplings(0 * J, 0 * J).savefig(tmp_path / "none.png")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"J": [[0.0]]}, "J: got shape (1, 1), allowed: (N, N) finite"),
        ({"J": [[0.0, 1e7], [1e7, 0.0]]}, "J: got "),
        ({"error": np.zeros((3, 3))}, "error: got shape (3, 3), allowed: (2, 2)"),
        ({"error": [[0.0, -1], [-1, 0.0]]}, "error: got [[0.0, -1], "),
    ],
)
def test_no_couplings(given: Any, message: str) -> None:
    arguments = {"J": np.zeros((2, 2)), "error": np.zeros((2, 2)), **given}
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        plot.inverse.couplings(**arguments)
    assert str(raised.value).startswith(message)
