"""How all pictures look, and what a run is called in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis import selection

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for readers with any colour vision and in grey (after Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = "osD^vP"
INK = "#222222"
FAINT = "#8a8a8a"
TEMPERATURE = "temperature $T$  [$J/k_B$]"

_STYLE = {
    "font.size": 10.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "out",
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "mathtext.fontset": "cm",
}


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of its own, in inches, that no global state knows."""
    require("matplotlib.figure", "plot")
    from multispin.plot._figure import ShownFigure

    return ShownFigure(figsize=(width, height), layout="constrained", dpi=150)


def style() -> AbstractContextManager[Any]:
    """Return the context in which everything is drawn."""
    matplotlib = require("matplotlib", "plot")
    return cast("AbstractContextManager[Any]", matplotlib.rc_context(_STYLE))


def named(runs: xr.Dataset | Sequence[xr.Dataset]) -> list[tuple[str, xr.Dataset]]:
    """Return one run or several with what messages call them, as a list of at least one."""
    if not isinstance(runs, Sequence):
        return [("runs", runs)]
    if not runs:
        raise ValueError(checks.describe("runs", runs, "one run, or a sequence of one or more"))
    return [(f"runs[{number}]", run) for number, run in enumerate(runs)]


def lattice_name(name: str, run: xr.Dataset) -> str:
    """Return ``L = 32`` or the sides of a lattice that are not equal, for a legend.

    The messages about a run without them begin with `name`.
    """
    sides = selection.sides(name, run)
    if len(set(sides)) == 1:
        return f"$L = {sides[0]}$"
    return "$" + r" \times ".join(map(str, sides)) + "$"


def overlap_axes(axes: Axes) -> None:
    """Set up axes for P(q)."""
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("overlap $q$")
    axes.set_ylabel("$P(q)$")


def extent(name: str, run: xr.Dataset) -> str:
    """Return how much there is of a run, ``, 64 samples, 4000 sweeps``, to go on with a title."""
    samples = run.sizes.get("sample", 1)
    words = f",  {samples} samples" if samples > 1 else ""
    if run.sizes.get("draw", 0) > 1 and "draw" in run.coords:  # attributes may be out of date
        first, second = selection.values(name, run, "draw", ("draw",))[:2]
        sweeps = run.sizes["draw"] * int(second - first)
        words += f",  {sweeps} sweep{'s' * (sweeps > 1)}"
    return words
