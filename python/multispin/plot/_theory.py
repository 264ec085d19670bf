"""Curves of theory behind the points of runs, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin import exact, theory
from multispin._base import checks
from multispin.analysis import selection
from multispin.plot.style import FAINT, INK

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_DASHES = ("-", "--", "-.", ":")


class _Run(NamedTuple):
    """What a curve has to know of a run."""

    J: float
    h: float
    shape: list[int]
    coordination: float


class _Curve(NamedTuple):
    """Label, quantities and where they are in what the function returns; what runs it is of."""

    label: str
    quantities: dict[str, str]
    of: Callable[[Array, _Run], Any]
    suits: Callable[[xr.Dataset, _Run], bool]
    runs: str


def _is_ising(table: xr.Dataset, sides: int, run: _Run) -> bool:
    named = str(table.attrs.get("model")).startswith("Ising(")
    return named and len(run.shape) == sides and run.J != 0.0


def _is_square(table: xr.Dataset, run: _Run) -> bool:
    return _is_ising(table, 2, run) and run.h == 0.0


def _has_mean(_: xr.Dataset, run: _Run) -> bool:
    return run.J > 0.0 and run.coordination > 0


def _is_whole(coordination: float) -> bool:
    return 2 <= coordination < 2**31 and float(coordination).is_integer()


_ENERGIES = {"energy_per_spin": "energy_per_spin", "specific_heat": "specific_heat"}
# A susceptibility dm/dh is not what runs have above T_c: N (⟨m²⟩ − ⟨|m|⟩²)/T.
_BULK = {
    "energy_per_spin": "energy",
    "abs_magnetization": "magnetization",
    "specific_heat": "specific_heat",
}

CURVES = {
    "onsager": _Curve(
        "exact, $L = \\infty$",
        _BULK,
        lambda T, run: exact.onsager(T, run.J),
        _is_square,
        "square Ising lattices without a field",
    ),
    "kaufman": _Curve(
        "exact, this size",
        _ENERGIES,
        lambda T, run: exact.ising_2d((run.shape[0], run.shape[1]), T, run.J),
        _is_square,
        "square Ising lattices without a field",
    ),
    "chain": _Curve(
        "exact chain",
        _BULK,
        lambda T, run: exact.chain(T, run.J, run.h),
        lambda table, run: _is_ising(table, 1, run),
        "Ising chains",
    ),
    "curie_weiss": _Curve(
        "mean field",
        _BULK,
        lambda T, run: theory.curie_weiss.solution(T, run.h, run.coordination * run.J),
        _has_mean,
        "ferromagnets",
    ),
    "bethe": _Curve(
        "Bethe lattice",
        _BULK,
        lambda T, run: theory.bethe.solution(T, int(run.coordination), run.h, run.J),
        lambda table, run: _has_mean(table, run) and _is_whole(run.coordination),
        "ferromagnets with a whole number >= 2 of neighbours",
    ),
    "nishimori": _Curve(
        "Nishimori line",
        {"energy_per_spin": "energy"},
        lambda T, run: _Energy(theory.nishimori.energy(T, run.coordination, run.J)),
        lambda _, run: run.J > 0.0 and run.h == 0.0,
        "glasses ±J without a field",
    ),
}


class _Energy(NamedTuple):
    energy: Array


def chosen(name: str, value: Any, quantities: Sequence[str]) -> list[str]:
    """Return the names of curves, of which each has one of the quantities; "auto" is one."""
    allowed = ("auto", *CURVES)
    if value is None:
        return []
    if not isinstance(value, (str, Sequence)):
        listed = ", ".join(map(repr, allowed))
        raise TypeError(checks.describe(name, value, f"None, or one or more of {listed}"))
    names = [value] if isinstance(value, str) else list(value)
    for one in names:
        checks.choice(name, one, allowed)
        if one != "auto" and not set(quantities) & set(CURVES[one].quantities):
            known = ", ".join(
                k for k, curve in CURVES.items() if set(quantities) & set(curve.quantities)
            )
            raise ValueError(checks.describe(name, one, known or "None: nothing is known of this"))
    return names


def draw(
    axes: Axes,
    quantity: str,
    names: list[str],
    of: str,
    table: xr.Dataset,
    span: tuple[float, float],
    coordination: float | None,
) -> None:
    """Put curves of a quantity, of the run that `table` is of, over a span of temperatures."""
    marked = False
    for dash, name in zip(_DASHES * len(names), names, strict=False):
        run = _described(of, table, coordination, needed=name != "auto")
        automatic = name == "auto"
        curve = CURVES["onsager" if automatic else name]
        if run is None or not curve.suits(table, run):
            if automatic:
                continue
            got = f"{name!r} behind a run of {checks.shown(table.attrs.get('model'))}"
            raise ValueError(f"theory: got {got}, allowed: for {curve.runs}")
        critical = exact.critical_temperature * abs(run.J) if _is_square(table, run) else None
        if critical is not None and span[0] < critical < span[1] and not marked:
            _mark(axes, critical)
            marked = True
        if quantity in curve.quantities and span[1] > span[0]:
            T = _dense(*span, critical, quantity)
            with checks.within(of):
                values = getattr(curve.of(T, run), curve.quantities[quantity])
            axes.plot(T, values, dash, color=INK, lw=1.0, zorder=0, label=curve.label)


def _described(of: str, table: xr.Dataset, coordination: float | None, needed: bool) -> _Run | None:
    """Return what curves need to know; None if the run has no one coupling and field."""
    if not needed and not ({"J", "h"} <= table.attrs.keys()):
        return None
    J, h = (selection.number(of, table, what) for what in ("J", "h"))
    shape = selection.sides(of, table)
    # Of a periodic lattice, unless it is said to be another graph.
    return _Run(J, h, shape, 2 * len(shape) if coordination is None else coordination)


def _mark(axes: Axes, critical: float) -> None:
    """Mark T_c."""
    axes.axvline(critical, color=FAINT, lw=0.8, ls=":", zorder=0)
    where = axes.get_xaxis_transform()
    axes.text(critical, 1.0, " $T_c$", color=FAINT, va="top", transform=where)


def _dense(low: float, high: float, critical: float | None, quantity: str) -> Array:
    """Return temperatures that crowd around T_c, where exact curves are steep."""
    even = np.linspace(low, high, 400)
    if critical is None:
        return even
    # As close to T_c as a curve can show: m falls at once, while C grows without bound.
    nearest = 1e-4 if quantity == "specific_heat" else 1e-8
    distances = np.geomspace(nearest, 0.1, 200) * critical
    near = np.concatenate([critical - distances, critical + distances])
    inside = near[(near > low) & (near < high)]
    return np.sort(np.concatenate([even[abs(even - critical) > nearest * critical], inside]))
