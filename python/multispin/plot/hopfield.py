"""Pictures of networks that store patterns: what they restore, and how theory has it.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.plot._words import words_of_each
from multispin.plot.style import COLOURS, FAINT, INK, MARKERS, new_figure, style

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from multispin.theory.hopfield import PhaseDiagram
    from multispin.theory.recall import Flow

    Array = NDArray[np.float64]

__all__ = ["basin", "phase_diagram", "recall", "retrieved"]

_MOST_IMAGES = 100
_LARGEST = 1e6  # number on an axis

#: Lines of the phase diagram: what is below, how they look, at which load they end at T = 0.
_LINES = {
    "T_g": ("glass below", ":", np.inf),
    "T_M": ("patterns are stable below", "-", 0.137906),
    "T_c": ("and lowest in free energy below", "--", 0.051854),
}


def retrieved(cues: ArrayLike, states: ArrayLike, stored: ArrayLike, overlap: ArrayLike) -> Figure:
    """What a network was given, what it made of it, and the image that this is closest to.

    Parameters
    ----------
    cues, states, stored : array_like
        Images ±1 (n, rows, columns), 1 to 100 of each: those to begin with, those that were
        retrieved, and for each the stored one that won.
    overlap : array_like
        Overlap of what was retrieved with what is stored, (n,).

    Returns
    -------
    matplotlib.figure.Figure
        A column for each, with +1 dark. Pixels of the first two rows that differ from the stored
        image are coloured.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> from multispin.learn import corrupt
    >>> digits = ms.datasets.digits(binary=True).images[:5]
    >>> found = ms.retrieve_images(digits, corrupt(digits, 0.2, random_state=1))
    >>> stored = found.stored[found.winners]
    >>> picture = plot.hopfield.retrieved(found.cues, found.retrieved, stored, found.overlaps)
    >>> picture.savefig("digits.png")
    """
    given = {"cues": cues, "states": states, "stored": stored}
    rows = [_images(name, images) for name, images in given.items()]
    for name, images in zip(given, rows, strict=True):
        if images.shape != rows[-1].shape:
            same = f"{rows[-1].shape}, as of stored"
            raise ValueError(checks.describe(name, f"an array of shape {images.shape}", same))
    count = len(rows[-1])
    m = checks.numbers("overlap", overlap)
    if m.shape != (count,):
        raise ValueError(
            checks.describe("overlap", f"an array of shape {m.shape}", f"({count},), as images")
        )
    with style():
        aspect = rows[-1].shape[1] / rows[-1].shape[2]
        tall = 0.8 + 2.4 * min(max(aspect, 0.25), 4.0)
        figure = new_figure(max(0.9 * count + 0.9, 2.7), tall)
        panels = figure.subplots(3, count, squeeze=False)
        for axes_of_row, images, name in zip(
            panels, rows, ("cue", "retrieved", "stored"), strict=True
        ):
            for axes, image, right in zip(axes_of_row, images, rows[-1], strict=True):
                # 0 and 1 as stored, 2 and 3 where they should have been the other.
                shown = (image > 0) + 2 * (image != right)
                axes.imshow(shown, cmap=_colours(), vmin=0, vmax=3, interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(True)
            axes_of_row[0].set_ylabel(name)
        for axes, value in zip(panels[1], m, strict=True):
            axes.set_xlabel(f"${value:.2f}$", labelpad=2)
        panels[1, 0].set_xlabel(f"$m = {m[0]:.2f}$", labelpad=2)
        return figure


def phase_diagram(
    lines: PhaseDiagram,
    alpha: ArrayLike | None = None,
    temperature: ArrayLike | None = None,
    overlap: ArrayLike | None = None,
) -> Figure:
    """Where patterns are retrieved: temperature over load, by theory, and as simulated.

    Parameters
    ----------
    lines : PhaseDiagram
        What `multispin.theory.hopfield.phase_diagram` returned.
    alpha, temperature, overlap : array_like, optional
        Simulated points, (n,) each: load, temperature, and the overlap that was left of a pattern.
        All three or none.

    Returns
    -------
    matplotlib.figure.Figure
        The lines T_g, T_M and T_c; points whose colour is the overlap.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> from multispin import plot
    >>> from multispin.theory.hopfield import phase_diagram
    >>> picture = plot.hopfield.phase_diagram(phase_diagram(5), [0.05, 0.1], [0.1, 0.5], [0.99, 0])
    >>> picture.savefig("phases.png")
    """
    curves = _lines(lines)
    points = _points({"alpha": alpha, "temperature": temperature, "overlap": overlap})
    with style():
        figure = new_figure(6.4, 4.4)
        axes = figure.subplots()
        bands = {"T_M": 0.25, "T_c": 0.45}
        for number, (name, (label, dash, end)) in enumerate(_LINES.items()):
            line = _to_its_end(curves["alpha"], curves[name], end)
            axes.plot(*line, color=COLOURS[number], ls=dash, label=f"${name}$: {label}")
            if name in bands:
                axes.fill_between(*line, color=COLOURS[5], alpha=bands[name], lw=0)
        if points is not None:
            shown = axes.scatter(
                points[0], points[1], c=points[2], cmap="Greys", vmin=0, vmax=1, s=38,
                edgecolors=INK, linewidths=0.8, zorder=3, clip_on=False,
            )  # fmt: skip
            figure.colorbar(shown, ax=axes, label="overlap left in simulations", aspect=30)
        axes.set_xlim(0, float(curves["alpha"].max()))
        axes.set_ylim(0, 1.15 * float(curves["T_g"].max()))
        axes.set_xlabel(r"load $\alpha = P/N$")
        axes.set_ylabel("temperature $T$")
        axes.legend(loc="center right")
        return figure


def basin(
    initial: ArrayLike, final: ArrayLike, labels: Sequence[str], error: ArrayLike | None = None
) -> Figure:
    """How much of a pattern is retrieved from how much of it.

    Parameters
    ----------
    initial : array_like
        Overlaps to begin with, (n,).
    final : array_like
        Overlaps at the end, (curves, n).
    labels : sequence of str
        What the curves are called.
    error : array_like, optional
        Standard errors of `final`, of its shape.

    Returns
    -------
    matplotlib.figure.Figure
        Curves that are above the diagonal where the pattern attracts.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> from multispin import plot
    >>> picture = plot.hopfield.basin([0, 0.5, 1], [[0, 0.9, 1]], ["alpha = 0.1"])
    >>> picture.savefig("basin.png")
    """
    start = _row("initial", initial)
    ends = _curves("final", final, len(start))
    names = _labels(labels, len(ends))
    bars = _errors(error, ends)
    with style():
        figure = new_figure(5.4, 4.6)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8, ls=":", zorder=0)
        for number, (end, bar, name) in enumerate(zip(ends, bars, names, strict=True)):
            axes.errorbar(start, end, bar, label=name, lw=1.0, **_points_of(number))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(min(-0.02, float(ends.min()) - 0.05), 1.02)
        axes.set_xlabel("overlap $m_0$ at the beginning")
        axes.set_ylabel("overlap $m$ at the end")
        axes.legend(loc="best")
        return figure


def recall(
    times: ArrayLike,
    m: ArrayLike,
    labels: Sequence[str],
    flows: Sequence[Flow] = (),
    error: ArrayLike | None = None,
) -> Figure:
    """Overlap with a pattern, sweep by sweep, beside the theory of its flow.

    Parameters
    ----------
    times : array_like
        Sweeps after which overlaps were taken, (n,).
    m : array_like
        Overlaps, (curves, n).
    labels : sequence of str
        What the curves are called.
    flows : sequence of Flow, optional
        What `multispin.theory.recall.coolen_sherrington` returned, one for each of the first
        curves.
    error : array_like, optional
        Standard errors of `m`, of its shape.

    Returns
    -------
    matplotlib.figure.Figure
        Points, and a line through what theory says of them.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> from multispin import plot
    >>> from multispin.theory.recall import coolen_sherrington
    >>> flow = coolen_sherrington(0.05, 0.3, 0.4, [0, 1, 2])
    >>> picture = plot.hopfield.recall([0, 1, 2], [[0.4, 0.68, 0.83]], ["m = 0.4"], [flow])
    >>> picture.savefig("recall.png")
    """
    t = _row("times", times)
    curves = _curves("m", m, len(t))
    names = _labels(labels, len(curves))
    theory = _flows(flows, len(curves))
    bars = _errors(error, curves)
    with style():
        figure = new_figure(6.4, 4.4)
        axes = figure.subplots()
        for number, (curve, bar, name) in enumerate(zip(curves, bars, names, strict=True)):
            # Without a theory a faint line leads the eye from point to point.
            dash = "none" if number < len(theory) else ":"
            axes.errorbar(t, curve, bar, label=name, ls=dash, lw=1.0, **_points_of(number))
        for number, (time, overlap) in enumerate(theory):
            axes.plot(time, overlap, color=COLOURS[number % len(COLOURS)], zorder=1)
        if theory:
            axes.plot([], [], color=INK, label="theory")
        axes.set_ylim(min(-0.02, float(curves.min()) - 0.05), 1.02)
        axes.set_xlabel("sweeps")
        axes.set_ylabel("overlap $m$ with the pattern")
        axes.legend(loc="best")
        return figure


# --- what is given --------------------------------------------------------------------------------


def _images(name: str, images: ArrayLike) -> NDArray[np.int8]:
    allowed = f"±1, (n, rows, columns), of 1 to {_MOST_IMAGES} images"
    given = checks.array(name, images, allowed)
    if given.ndim != 3 or given.size == 0 or len(given) > _MOST_IMAGES:
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    return checks.signs(name, given)


def _row(name: str, values: ArrayLike) -> Array:
    found = checks.numbers(name, values, "finite numbers, (n,)")
    if found.ndim != 1 or found.size == 0:
        raise ValueError(checks.describe(name, values, "one or more finite numbers, (n,)"))
    return _drawable(name, found)


def _curves(name: str, values: ArrayLike, length: int) -> Array:
    allowed = f"finite numbers, (curves, {length})"
    found = checks.numbers(name, values, allowed)
    if found.ndim != 2 or found.shape[1] != length or len(found) == 0:
        raise ValueError(checks.describe(name, f"an array of shape {found.shape}", allowed))
    return _drawable(name, found)


def _drawable(name: str, values: Array) -> Array:
    """Refuse what axes have no room for."""
    if float(np.abs(values).max()) > _LARGEST:
        raise ValueError(
            checks.describe(name, float(np.abs(values).max()), f"up to {_LARGEST:g} in size")
        )
    return values


def _errors(error: ArrayLike | None, curves: Array) -> Sequence[Array | None]:
    """Return the errors of each curve, or that it has none."""
    if error is None:
        return [None] * len(curves)
    bars = _curves("error", error, curves.shape[1])
    if bars.shape != curves.shape or bool((bars < 0).any()):
        raise ValueError(checks.describe("error", error, f"numbers >= 0 of shape {curves.shape}"))
    return list(bars)


def _labels(labels: Sequence[str], count: int) -> list[str]:
    return words_of_each("labels", labels, count, count, f"{count} texts, one for each curve")


def _flows(flows: Sequence[Flow], most: int) -> list[tuple[Array, Array]]:
    """Return times and overlaps of what theory says."""
    allowed = f"up to {most} results of coolen_sherrington, one for each of the first curves"
    checks.instance("flows", flows, Sequence, allowed)
    if len(flows) > most:
        raise ValueError(checks.describe("flows", f"{len(flows)} of them", allowed))
    found = []
    for number, flow in enumerate(flows):
        if not hasattr(type(flow), "_fields") or not {"time", "m"} <= set(flow._fields):
            raise TypeError(checks.describe(f"flows[{number}]", flow, allowed))
        time = _row(f"flows[{number}].time", flow.time)
        overlap = _row(f"flows[{number}].m", flow.m)
        if time.shape != overlap.shape:
            raise ValueError(checks.describe(f"flows[{number}].m", overlap, "one for each time"))
        found.append((time, overlap))
    return found


def _lines(lines: PhaseDiagram) -> dict[str, Array]:
    names = ("alpha", *_LINES)
    if not hasattr(type(lines), "_fields") or not set(names) <= set(lines._fields):
        raise TypeError(checks.describe("lines", lines, "what phase_diagram returned"))
    curves = {name: _row(f"lines.{name}", getattr(lines, name)) for name in names}
    for name, curve in curves.items():
        if curve.shape != curves["alpha"].shape or bool((curve < 0).any()):
            allowed = "numbers >= 0, one for each load"
            raise ValueError(checks.describe(f"lines.{name}", curve, allowed))
    return curves


def _points(given: dict[str, ArrayLike | None]) -> list[Array] | None:
    """Return load, temperature and overlap of simulated points, or None if there are none."""
    if all(values is None for values in given.values()):
        return None
    for name, values in given.items():
        if values is None:
            allowed = "numbers, as there are some for the others"
            raise TypeError(checks.describe(name, values, allowed))
    found = {name: _row(name, cast("ArrayLike", values)) for name, values in given.items()}
    for name, row in found.items():
        if len(row) != len(found["overlap"]):
            allowed = f"{len(found['overlap'])} numbers, as overlap has"
            raise ValueError(checks.describe(name, row, allowed))
    return list(found.values())


# --- how it looks ---------------------------------------------------------------------------------


def _to_its_end(load: Array, line: Array, end: float) -> tuple[Array, Array]:
    """Return a line as far as it goes, and down to its end at T = 0 if that is on the way."""
    there = line > 0
    if there.all():
        return load, line
    return np.append(load[there], end), np.append(line[there], 0.0)


def _points_of(number: int) -> dict[str, Any]:
    """Return how the points of a curve look."""
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    return {"color": colour, "marker": marker, "ms": 4.5}


def _colours() -> Colormap:
    """Paper and ink; and both where they should be the other."""
    colors = require("matplotlib.colors", "plot")
    return cast("Colormap", colors.ListedColormap(["#f4f1ea", "#1f3a5f", "#f2b487", "#d55e00"]))
