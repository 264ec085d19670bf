"""Pictures of finite-size scaling: curves of several sizes, and the one that they become.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.analysis.scaling import Collapse, checked_curves
from multispin.plot._words import words
from multispin.plot.style import COLOURS, FAINT, MARKERS, TEMPERATURE, new_figure, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from multispin.analysis.crossing import Curve

    Array = NDArray[np.float64]

__all__ = ["collapse"]

_LARGEST = 1e100  # number on an axis, and factor of one
_SMALLEST = 1e-6  # error that a title has digits for, relative to the number
_KIND = "what analysis.scaling.collapse returned"


def collapse(
    lengths: Sequence[int],
    temperatures: Sequence[ArrayLike],
    curves: Sequence[Curve],
    found: Collapse,
    label: str = "$y$",
) -> Figure:
    r"""Curves of several sizes as they are, and scaled so that they are one.

    Parameters
    ----------
    lengths, temperatures, curves
        Those of which `analysis.scaling.collapse` made `found`.
    found : Collapse
        T_c, ν and κ.
    label : str, optional
        What the curves are of, ``"$U_4$"`` for instance: formulas stand between $ and $.

    Returns
    -------
    matplotlib.figure.Figure
        Left :math:`y` against T, with a line at T_c and a band of one standard error; right
        :math:`y L^{-\kappa}` against :math:`(T - T_c) L^{1/\nu}`. Bars are the spread of the
        resamples. Above stand T_c, ν and κ, with the error of what was fitted, and the quality S.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot
    >>> from multispin.analysis.crossing import Curve
    >>> from multispin.analysis.scaling import collapse
    >>> T, rng = np.linspace(2.2, 2.35, 16), np.random.default_rng(1)
    >>> sizes, curves = (8, 16, 32), []
    >>> for L in sizes:
    ...     y = np.exp(-(((T - 2.27) * L - 1) ** 2) / 8)
    ...     curves.append(Curve(y, y * (1 + rng.normal(0, 0.01, (20, 16)))))
    >>> found = collapse(sizes, [T] * 3, curves, exponent=0.0)
    >>> plot.scaling.collapse(sizes, [T] * 3, curves, found).savefig("collapse.png")
    """
    sides, T, given = checked_curves(lengths, temperatures, curves)
    for k, curve in enumerate(given):
        if max(np.abs(curve.value).max(), np.abs(curve.resamples).max()) > _LARGEST:
            raise ValueError(
                f"curves[{k}]: got a value beyond, allowed: up to {_LARGEST:g} in size"
            )
    _check(found)
    label = words("label", label)
    with style():
        figure = new_figure(9.0, 4.2)
        left, right = figure.subplots(1, 2)
        critical, error = found.critical_temperature, found.critical_temperature_error
        left.axvline(critical, color=FAINT, lw=0.8, ls="--", zorder=0)
        for number, (L, t, curve) in enumerate(zip(sides, T, given, strict=True)):
            bars = np.std(curve.resamples, axis=0, ddof=1)
            x, scale = _scaled(L, t, found)
            look = {
                "color": COLOURS[number % len(COLOURS)],
                "marker": MARKERS[number % len(MARKERS)],
                "elinewidth": 1.0,
            }
            left.errorbar(t, curve.value, bars, label=f"$L = {L}$", ms=4.5, lw=0.8, **look)
            # Open and without lines, as they lie on top of each other if all is well.
            right.errorbar(x, scale * curve.value, scale * bars, ls="", ms=5.0, mfc="none", **look)
        ends = left.get_xlim()  # a wide band is not to make curves of it
        left.axvspan(critical - error, critical + error, color=FAINT, alpha=0.25, lw=0, zorder=0)
        left.set_xlim(ends)
        left.set_xlabel(TEMPERATURE)
        left.set_ylabel(label)
        left.legend()
        right.set_xlabel(r"$(T - T_c)\, L^{1/\nu}$  [$J/k_B$]")
        right.set_ylabel(label if found.exponent == 0 else rf"$L^{{-\kappa}} \times$ {label}")
        left.set_title(_written("T_c", critical, error), loc="left")
        fitted = [
            _written(r"\nu", found.nu, found.nu_error),
            _written(r"\kappa", found.exponent, found.exponent_error),
            f"$S = {found.quality:.2f}$",
        ]
        right.set_title(",  ".join(fitted), loc="left")
        return figure


def _scaled(L: int, T: Array, found: Collapse) -> tuple[Array, Array]:
    """(T − T_c) L^(1/ν), and what values are multiplied by."""
    with np.errstate(all="ignore"):
        x = (T - found.critical_temperature) * np.power(float(L), 1 / found.nu)
        scale = np.power(float(L), -found.exponent)
    if not (np.abs(x).max() < _LARGEST and 1 / _LARGEST < scale < _LARGEST):
        got = f"T_c = {found.critical_temperature:g}, nu = {found.nu:g}, kappa = {found.exponent:g}"
        raise ValueError(f"found: got {got}, allowed: such that axes reach to {_LARGEST:g} at most")
    return x, np.asarray(scale)


def _written(name: str, value: float, error: float) -> str:
    """Return a number with its error, to two digits of it, or as it is if it has none."""
    if error == 0:
        return f"${name} = {value:.6g}$"
    error = max(error, _SMALLEST * abs(value))
    digits = max(0, 1 - math.floor(math.log10(error)))
    return rf"${name} = {value:.{digits}f} \pm {error:.{digits}f}$"


def _check(found: Collapse) -> None:
    """Refuse what no picture can be made of."""
    checks.instance("found", found, Collapse, _KIND)
    for name in ("critical_temperature", "nu"):
        checks.positive_finite(f"found.{name}", getattr(found, name))
    checks.finite("found.exponent", found.exponent)
    for name in ("critical_temperature_error", "nu_error", "exponent_error", "quality"):
        checks.nonnegative_finite(f"found.{name}", getattr(found, name))
