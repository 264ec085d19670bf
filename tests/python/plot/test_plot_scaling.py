"""Pictures of curves of several sizes, and of the one that they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from multispin import plot
from multispin.analysis.crossing import Curve
from multispin.analysis.scaling import Collapse, collapse

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (8, 16, 32)
T = [np.linspace(2.2, 2.35, 16), np.linspace(2.2, 2.35, 12), np.linspace(2.21, 2.34, 9)]
T_C, NU, KAPPA = 2.27, 0.8, 1.75
RIGHT = Collapse(T_C, 0.0012, NU, 0.02, KAPPA, 0.0, 1.1, 0.9)


def master(x: Any) -> Any:
    return np.exp(-((x / 4 - 1) ** 2))


def curves() -> list[Curve]:
    """Curves that are one with the parameters of `RIGHT`, but for the resamples."""
    rng = np.random.default_rng(1)
    of_sizes = []
    for L, t in zip(SIZES, T, strict=True):
        y = L**KAPPA * master((t - T_C) * L ** (1 / NU))
        of_sizes.append(Curve(y, y * (1 + rng.normal(0, 0.01, (20, len(t))))))
    return of_sizes


def points(axes: Any) -> list[tuple[Any, Any]]:
    lines = [container.lines[0] for container in axes.containers]
    return [(line.get_xdata(), line.get_ydata()) for line in lines]


def bars(axes: Any) -> list[Any]:
    """Half the length of each bar, size by size."""
    segments = [container.lines[2][0].get_segments() for container in axes.containers]
    return [np.array([np.ptp(one[:, 1]) / 2 for one in each]) for each in segments]


def test_the_right_panel_is_one_curve_and_the_left_one_is_not() -> None:
    given = curves()
    left, right = plot.scaling.collapse(SIZES, T, given, RIGHT, "$\\chi$").axes
    for (at, y), (x, scaled), t, curve, L in zip(
        points(left), points(right), T, given, SIZES, strict=True
    ):
        assert (at == t).all()
        assert (y == curve.value).all()
        np.testing.assert_allclose(x, (t - T_C) * L**1.25)
        np.testing.assert_allclose(scaled, master(x), rtol=1e-12)


def test_bars_are_the_spread_of_the_resamples() -> None:
    given = curves()
    left, right = plot.scaling.collapse(SIZES, T, given, RIGHT).axes
    for on_the_left, on_the_right, curve, L in zip(
        bars(left), bars(right), given, SIZES, strict=True
    ):
        spread = curve.resamples.std(axis=0, ddof=1)
        np.testing.assert_allclose(on_the_left, spread, rtol=1e-9)
        np.testing.assert_allclose(on_the_right, spread / L**KAPPA, rtol=1e-9)


def test_axes_say_what_they_are() -> None:
    left, right = plot.scaling.collapse(SIZES, T, curves(), RIGHT, "$\\chi$").axes
    assert left.get_xlabel() == "temperature $T$  [$J/k_B$]"
    assert left.get_ylabel() == "$\\chi$"
    assert right.get_xlabel() == "$(T - T_c)\\, L^{1/\\nu}$  [$J/k_B$]"
    assert right.get_ylabel() == "$L^{-\\kappa} \\times$ $\\chi$"
    legend = left.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["$L = 8$", "$L = 16$", "$L = 32$"]


def test_a_wide_band_leaves_curves_their_axis() -> None:
    wide = RIGHT._replace(critical_temperature_error=1e3)
    low, high = plot.scaling.collapse(SIZES, T, curves(), wide).axes[0].get_xlim()
    assert high - low < 2 * np.ptp(np.concatenate(T))


def test_titles_have_errors_of_what_was_fitted() -> None:
    left, right = plot.scaling.collapse(SIZES, T, curves(), RIGHT).axes
    assert left.get_title(loc="left") == "$T_c = 2.2700 \\pm 0.0012$"
    assert right.get_title(loc="left") == (
        "$\\nu = 0.800 \\pm 0.020$,  $\\kappa = 1.75$,  $S = 1.10$"
    )


def test_what_has_no_dimension_is_not_multiplied() -> None:
    found = RIGHT._replace(exponent=0.0)
    given = curves()
    _, right = plot.scaling.collapse(SIZES, T, given, found, "$U_4$").axes
    assert right.get_ylabel() == "$U_4$"
    assert (points(right)[2][1] == given[2].value).all()


def test_what_was_fitted_can_be_drawn(tmp_path: Path) -> None:
    given = curves()
    found = collapse(SIZES, T, given, exponent=KAPPA)
    plot.scaling.collapse(SIZES, T, given, found).savefig(tmp_path / "collapse.png")
    exactly = RIGHT._replace(nu_error=1e-30)  # no number of digits would do
    plot.scaling.collapse(SIZES, T, given, exactly).savefig(tmp_path / "exactly.png")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"lengths": (8, 16)}, ValueError, "temperatures: got 3, allowed: 2 of them"),
        ({"curves": curves()[:2]}, ValueError, "curves: got 2, allowed: 3 of them"),
        ({"curves": [*curves()[:2], Curve(1e200 * curves()[2].value, curves()[2].resamples)]},
         ValueError, "curves[2]: got a value beyond, allowed: up to 1e+100"),
        ({"found": 3}, TypeError, "found: got 3, allowed: what analysis.scaling.collapse"),
        ({"found": RIGHT._replace(nu=-1.0)}, ValueError, "found.nu: got -1.0"),
        ({"found": RIGHT._replace(exponent=np.nan)}, ValueError, "found.exponent: got nan"),
        ({"found": RIGHT._replace(nu_error=-1)}, ValueError, "found.nu_error: got -1"),
        ({"found": RIGHT._replace(nu=1e-5)}, ValueError, "found: got T_c = 2.27, nu = 1e-05"),
        ({"found": RIGHT._replace(exponent=1e5)}, ValueError,
         "found: got T_c = 2.27, nu = 0.8, kappa = 100000"),
        ({"label": None}, TypeError, "label: got None, allowed: a text"),
    ],
)  # fmt: skip
def test_wrong_arguments(changed: Any, error: type[Exception], message: str) -> None:
    arguments = {"lengths": SIZES, "temperatures": T, "curves": curves(), "found": RIGHT}
    with pytest.raises(error) as raised:
        plot.scaling.collapse(**{**arguments, **changed})
    assert str(raised.value).startswith(message)
