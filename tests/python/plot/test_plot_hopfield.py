"""Pictures of networks that store patterns."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import plot
from multispin.theory.hopfield import PhaseDiagram
from multispin.theory.recall import Flow

SPINS = ms.datasets.digits(binary=True).images[:3]
LINES = PhaseDiagram(
    np.array([0.0, 0.04, 0.1, 0.15]), np.array([1.0, 0.57, 0.32, 0.0]),
    np.array([1.0, 0.36, 0.0, 0.0]), np.array([1.0, 1.2, 1.3, 1.4]),
)  # fmt: skip
TIMES = np.arange(4.0)
M = np.array([[0.4, 0.7, 0.8, 0.9], [0.2, 0.1, 0.1, 0.0]])
FLOW = Flow(np.linspace(0, 3, 7), np.linspace(0.4, 0.9, 7), np.ones(7))


def test_wrong_pixels_are_marked() -> None:
    cues = SPINS.copy()
    cues[1, 0, :2] *= -1  # of paper
    figure = plot.hopfield.retrieved(cues, SPINS, SPINS, [1.0, 0.5, -0.25])
    assert len(figure.axes) == 9
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    assert shown[1][0, :3].tolist() == [3, 3, int(SPINS[1, 0, 2] > 0)]
    for image, right in zip(shown[3:], [*SPINS, *SPINS], strict=True):
        np.testing.assert_array_equal(image, right > 0)
    named = [axes.get_xlabel() for axes in figure.axes[3:6]]
    assert named == ["$m = 1.00$", "$0.50$", "$-0.25$"]


def test_lines_go_down_to_where_theory_has_their_ends() -> None:
    axes = plot.hopfield.phase_diagram(LINES).axes[0]
    glass, stable, lowest = axes.lines
    assert np.asarray(glass.get_xdata()).tolist() == [0.0, 0.04, 0.1, 0.15]
    for line, end in ((stable, ms.theory.hopfield.alpha_c()), (lowest, 0.051854)):
        assert np.asarray(line.get_xdata())[-1] == pytest.approx(end, abs=1e-6)
        assert np.asarray(line.get_ydata())[-1] == 0.0


def test_simulated_points() -> None:
    figure = plot.hopfield.phase_diagram(LINES, [0.05, 0.1], [0.1, 0.5], [0.9, 0.1])
    points = figure.axes[0].collections[-1]
    assert np.asarray(points.get_offsets()).tolist() == [[0.05, 0.1], [0.1, 0.5]]
    assert np.asarray(points.get_array()).tolist() == [0.9, 0.1]


def test_basins() -> None:
    axes = plot.hopfield.basin(TIMES / 3, M, ["a", "b"], np.full((2, 4), 0.01)).axes[0]
    curves = [container.lines[0] for container in axes.containers]  # type: ignore[attr-defined]
    np.testing.assert_array_equal([curve.get_ydata() for curve in curves], M)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]


def test_recall_beside_theory() -> None:
    axes = plot.hopfield.recall(TIMES, M, ["sequential", "parallel"], [FLOW]).axes[0]
    first, second = (c.lines[0] for c in axes.containers)  # type: ignore[attr-defined]
    assert (first.get_linestyle(), second.get_linestyle()) == ("None", ":")
    assert any(np.array_equal(line.get_ydata(), FLOW.m) for line in axes.lines)


@cache
def valid() -> dict[str, dict[str, Any]]:
    return {
        "retrieved": {"cues": SPINS, "states": SPINS, "stored": SPINS, "overlap": np.ones(3)},
        "phase_diagram": {"lines": LINES, "alpha": [0.1], "temperature": [0.1], "overlap": [0.5]},
        "basin": {"initial": TIMES, "final": M, "labels": ["a", "b"], "error": M},
        "recall": {"times": TIMES, "m": M, "labels": ["a", "b"], "flows": [FLOW], "error": M},
    }


@pytest.mark.parametrize(("name", "changed", "message"), [
    ("retrieved", {"cues": SPINS[:2]}, "cues: got 'an array of shape (2, 8, 8)', allowed: (3, 8"),
    ("retrieved", {"stored": SPINS[0]}, "stored: got 'an array of shape (8, 8)', allowed: "),
    ("retrieved", {"states": SPINS * 0}, "states: got other values, allowed: +1 and -1"),
    ("retrieved", {"overlap": [1.0]}, "overlap: got 'an array of shape (1,)', allowed: (3,)"),
    ("phase_diagram", {"lines": M}, "lines: got "),
    ("phase_diagram", {"lines": LINES._replace(T_M=M)}, "lines.T_M: got "),
    ("phase_diagram", {"lines": LINES._replace(T_c=-LINES.T_c)}, "lines.T_c: got "),
    ("phase_diagram", {"alpha": None}, "alpha: got None, allowed: numbers, as "),
    ("phase_diagram", {"alpha": [0.1, 0.2]}, "alpha: got "),
    ("basin", {"initial": []}, "initial: got "), ("basin", {"final": M[:, :3]}, "final: got "),
    ("basin", {"labels": ["a"]}, "labels: got ['a'], allowed: 2 texts"),
    ("basin", {"labels": "ab"}, "labels: got 'ab', allowed: "),
    ("basin", {"labels": [1, 2]}, "labels: got "), ("basin", {"error": -M}, "error: got "),
    ("recall", {"times": TIMES * 1e300}, "times: got 3e+300, allowed: up to 1e+06 in size"),
    ("recall", {"m": M[0]}, "m: got "), ("recall", {"flows": [M]}, "flows[0]: got "),
    ("recall", {"flows": [FLOW] * 3}, "flows: got '3 of them', allowed: up to 2"),
    ("recall", {"flows": [FLOW._replace(m=TIMES)]}, "flows[0].m: got "),
])  # fmt: skip
def test_wrong_arguments(name: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match="allowed: ") as caught:
        getattr(plot.hopfield, name)(**{**valid()[name], **changed})
    assert str(caught.value).startswith(message)
