r"""Finite-size scaling: the critical temperature and exponents that make curves of all sizes one.

Close to a continuous transition a quantity of systems of side L is

.. math:: y(T, L) = L^{\kappa} f\left((T - T_c) L^{1/\nu}\right)

with one function f for all L, up to corrections that shrink as L grows. The exponent κ of the
quantity is :math:`\gamma/\nu` of the susceptibility, :math:`-\beta/\nu` of the absolute
magnetization, :math:`\alpha/\nu` of the specific heat, and 0 of Binder's cumulant, its ratio g, and
ξ/L.

References
----------
J. Houdayer & A. K. Hartmann, Phys. Rev. B 70, 014418 (2004), appendix. O. Melchert, arXiv:0910.5403
(2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis.crossing import checked_curve

if TYPE_CHECKING:
    from multispin.analysis.crossing import Curve

__all__ = ["Collapse", "collapse"]

Array = npt.NDArray[np.float64]

_LEAST_OVERLAP = 0.5  # of all points: where fewer are close to each other, anything fits
_TRIED_NU = np.geomspace(0.4, 2.5, 9)
_TRIED_TEMPERATURES = 17
_FIRST_STEPS = np.array([0.05, 0.1, 0.1])  # of T_c, over the range of the temperatures; ln ν; κ
_TOLERANCE = 1e-3  # of these steps


class Collapse(NamedTuple):
    """What makes the curves one, each with its standard error; 0 of what was not fitted.

    ``quality`` is S, about 1 where the curves agree within their errors, and larger where they do
    not: sizes are too small, temperatures too far from T_c, or errors too small. Points of one run
    go together, so that S may be well below 1 too. ``overlap`` is the share of the points that have
    points of other sizes on both sides.
    """

    critical_temperature: float
    critical_temperature_error: float
    nu: float
    nu_error: float
    exponent: float
    exponent_error: float
    quality: float
    overlap: float


class _Data(NamedTuple):
    """Points of all sizes, (sizes, M): rows that are shorter are filled up, and `real` says so."""

    log_length: Array  # (sizes, 1)
    temperature: Array  # infinite beyond a row's end
    value: Array
    error: Array
    real: npt.NDArray[np.bool_]


def collapse(
    lengths: Sequence[int],
    temperatures: Sequence[npt.ArrayLike],
    curves: Sequence[Curve],
    critical_temperature: float | None = None,
    nu: float | None = None,
    exponent: float | None = None,
) -> Collapse:
    r"""Fit the critical temperature and exponents with which curves of several sizes are one.

    With :math:`x = (T - T_c) L^{1/\nu}` and :math:`Y = L^{-\kappa} y \pm dY` what is made least is
    the mean square of the distances of all points from what the others say,

    .. math:: S = \frac{1}{n} \sum \frac{(Y - \hat Y)^2}{dY^2 + d\hat Y^2}

    where :math:`\hat Y \pm d\hat Y` is, at the x of a point, the straight line through the two
    points around it of each other size, by weighted least squares. Points without such others do
    not count; half of all have to. By the simplex method of Nelder and Mead, from the best of a
    grid of T_c and ν.

    Parameters
    ----------
    lengths : sequence of int
        Sides L, at least 2 of them, all different.
    temperatures : sequence of array_like
        Of each size (M,), ascending, M >= 3.
    curves : sequence of Curve
        Of each size, such as `analysis.reweighting.Reweighting.curve` makes them, all with the same
        number of resamples and from different seeds. Their spread is the error of the points.
    critical_temperature, nu, exponent : float, optional
        T_c > 0, ν > 0 and κ, if they are known. What is not given is fitted; one has to be.

    Returns
    -------
    Collapse
        Values are the best for the curves, errors the spread of what is best for each of the
        resamples, taken of all curves alike: errors of data, and none of corrections to scaling,
        which leaving out the smallest size shows.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or no T_c in the range of the temperatures makes half
        of the points overlap.
    MissingExtraError
        If SciPy is not installed (extra ``analysis``).

    Notes
    -----
    Houdayer & Hartmann (2004), eqs. (A1) to (A5).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.crossing import Curve
    >>> from multispin.analysis.scaling import collapse
    >>> T, rng = np.linspace(2.2, 2.35, 16), np.random.default_rng(1)
    >>> curves = []
    >>> for L in (8, 16, 32):
    ...     y = L**1.75 * np.exp(-(((T - 2.27) * L - 1) ** 2) / 8)
    ...     curves.append(Curve(y, y * (1 + rng.normal(0, 0.01, (20, 16)))))
    >>> found = collapse((8, 16, 32), [T] * 3, curves)
    >>> f"{found.critical_temperature:.3f} {found.nu:.2f} {found.exponent:.2f}"
    '2.270 1.00 1.75'
    """
    require("scipy.optimize", "analysis")
    data, resampled = _arranged(lengths, temperatures, curves)
    known = _checked_known(critical_temperature, nu, exponent)
    start = _start(data, known)
    free = np.isnan(known)
    width = float(np.ptp(data.temperature[data.real]))
    steps = _FIRST_STEPS * np.array([width, 1.0, 1.0])
    best = _fit(data, _fit(data, start, free, steps), free, 0.1 * steps)
    others = [_fit(data._replace(value=value), best, free, 0.3 * steps) for value in resampled]
    spread = np.zeros(3)
    spread[free] = np.std(_in_units(np.array(others))[:, free], axis=0, ddof=1)
    T, nu_found, kappa = np.where(free, _in_units(best), known).tolist()
    T_error, nu_error, kappa_error = spread.tolist()
    return Collapse(T, T_error, nu_found, nu_error, kappa, kappa_error, *_quality(data, best))


def checked_curves(
    lengths: Any, temperatures: Any, curves: Any
) -> tuple[list[int], list[Array], list[Curve]]:
    """Refuse what are no curves of several sizes; return sides, temperatures (M,) and curves."""
    sides = _listed("lengths", lengths, "two or more different integers >= 2")
    sides = [
        checks.count(f"lengths[{k}]", side, 2, checks.MOST_SITES) for k, side in enumerate(sides)
    ]
    if len(sides) < 2 or len(set(sides)) < len(sides):
        raise ValueError(checks.describe("lengths", lengths, "two or more different integers >= 2"))
    each = f"{len(sides)} of them, one for each size"
    T, found = _listed("temperatures", temperatures, each), _listed("curves", curves, each)
    for name, given in (("temperatures", T), ("curves", found)):
        if len(given) != len(sides):
            raise ValueError(f"{name}: got {len(given)}, allowed: {each}")
    T = [checks.ascending_temperatures(f"temperatures[{k}]", one) for k, one in enumerate(T)]
    found = [
        _checked_points(k, curve, t) for k, (curve, t) in enumerate(zip(found, T, strict=True))
    ]
    counts = [len(one.resamples) for one in found]
    if len(set(counts)) > 1:
        raise ValueError(f"curves: got {counts} resamples, allowed: the same number of each")
    return sides, T, found


def _in_units(parameters: Array) -> Array:
    """T_c, ν and κ, (..., 3), of T_c, ln ν and κ."""
    T, log_nu, exponent = np.moveaxis(parameters, -1, 0)
    return np.stack([T, np.exp(log_nu), exponent], axis=-1)


def _fit(data: _Data, start: Array, free: npt.NDArray[np.bool_], steps: Array) -> Array:
    """T_c, ln ν and κ of the best collapse, from `start` on, along those that are free."""
    minimize = require("scipy.optimize", "analysis").minimize

    def quality(place: Array) -> float:
        parameters = start.copy()
        parameters[free] = place
        return _quality(data, parameters)[0]

    sizes, first = steps[free], start[free]
    found = minimize(
        lambda x: quality(first + x * sizes),
        np.zeros(len(first)),
        method="Nelder-Mead",
        options={
            "initial_simplex": np.concatenate([np.zeros((1, len(first))), np.eye(len(first))]),
            "xatol": _TOLERANCE,
            "fatol": 1e-6,
            "maxiter": 2000,
        },
    )
    best = start.copy()
    best[free] = first + np.asarray(found.x) * sizes
    return np.asarray(best)


def _quality(data: _Data, parameters: Array) -> tuple[float, float]:
    """S of a collapse, infinite where too few points overlap, and the share of those that do."""
    T, log_nu, exponent = parameters
    with np.errstate(all="ignore"):  # far away from what could be; S is infinite or nan there
        x = (data.temperature - T) * np.exp(np.exp(-log_nu) * data.log_length)
        scale = np.exp(-exponent * data.log_length)
        distances = _distances(x, scale * data.value, scale * data.error, data.real)
        overlapping = np.isfinite(distances)
        overlap = float(overlapping.sum() / data.real.sum())
        if overlap < _LEAST_OVERLAP:
            return math.inf, overlap
        return float(distances[overlapping].mean()), overlap


def _distances(x: Array, Y: Array, dY: Array, real: npt.NDArray[np.bool_]) -> Array:
    """(Y − Ŷ)²/(dY² + dŶ²) of all points (sizes, M); nan of those without others around."""
    sizes = np.arange(len(x))
    # (size, other size, point): how many points of the other size are not to the right.
    after = (x[None, :, None, :] <= x[:, None, :, None]).sum(axis=-1)
    inside = (after > 0) & (after < real.sum(axis=1)[:, None]) & real[:, None, :]
    inside &= (sizes[:, None] != sizes)[:, :, None]
    right = np.where(inside, after, 1)
    around, other = np.stack([right - 1, right]), sizes[:, None]
    # Relative to the point, at which the line is asked for: nothing cancels then.
    u, v = x[other, around] - x[:, None, :], Y[other, around]
    w = np.where(inside, dY[other, around] ** -2.0, 0.0)
    u = np.where(inside, u, 0.0)
    K, Kx, Ky, Kxx, Kxy = (  # as Houdayer and Hartmann have them
        each.sum(axis=(0, 2)) for each in (w, w * u, w * v, w * u * u, w * u * v)
    )
    determinant = K * Kxx - Kx**2
    line, variance = (Kxx * Ky - Kx * Kxy) / determinant, Kxx / determinant
    found: Array = (Y - line) ** 2 / (dY**2 + variance)
    return found


def _start(data: _Data, known: Array) -> Array:
    """T_c, ln ν and κ to begin with: the best of a grid."""
    low = float(data.temperature[:, 0].max())
    high = float(np.where(data.real, data.temperature, -np.inf).max(axis=1).min())
    if low >= high:
        got = f"ranges from {low:g} on and up to {high:g}"
        raise ValueError(checks.describe("temperatures", got, "ranges that have a part in common"))
    tried_T = np.linspace(low, high, _TRIED_TEMPERATURES) if np.isnan(known[0]) else known[:1]
    tried_nu = np.log(_TRIED_NU) if np.isnan(known[1]) else np.log(known[1:2])
    tried = [
        np.array([T, log_nu, _power(data, T) if np.isnan(known[2]) else known[2]])
        for T in tried_T
        for log_nu in tried_nu
    ]
    qualities = [_quality(data, one)[0] for one in tried]
    best = int(np.argmin(np.nan_to_num(qualities, nan=np.inf)))
    if not math.isfinite(qualities[best]):
        got = "curves of which fewer than half of the points overlap at any T_c, ν and κ tried"
        raise ValueError(f"temperatures: got {got}, allowed: such as lie around T_c")
    return tried[best]


def _power(data: _Data, T: float) -> float:
    """Slope of ln|y| against ln L at a temperature."""
    rows = zip(data.temperature, data.value, data.real, strict=True)
    y = [abs(float(np.interp(T, t[real], v[real]))) for t, v, real in rows]
    return float(np.polyfit(data.log_length[:, 0], np.log(y), 1)[0]) if min(y) > 0.0 else 0.0


def _checked_known(T: Any, nu: Any, exponent: Any) -> Array:
    """T_c, ν and κ as far as they are given, nan where they are not."""
    known = np.full(3, np.nan)
    if T is not None:
        known[0] = checks.positive_finite("critical_temperature", T)
    if nu is not None:
        known[1] = checks.positive_finite("nu", nu)
    if exponent is not None:
        known[2] = checks.finite("exponent", exponent)
    if not np.isnan(known).any():
        allowed = "None, of critical_temperature, nu or exponent: one has to be fitted"
        raise ValueError(checks.describe("exponent", exponent, allowed))
    return known


def _arranged(lengths: Any, temperatures: Any, curves: Any) -> tuple[_Data, Array]:
    """Return the curves, and the values (resamples, sizes, M) of each resample."""
    sides, T, found = checked_curves(lengths, temperatures, curves)
    data = _Data(
        log_length=np.log(np.array(sides, dtype=np.float64))[:, None],
        temperature=_rows(T, np.inf),
        value=_rows([one.value for one in found], 0.0),
        error=_rows([np.std(one.resamples, axis=0, ddof=1) for one in found], 1.0),
        real=np.isfinite(_rows(T, np.inf)),
    )
    resampled = np.array(
        [_rows(list(one), 0.0) for one in zip(*(c.resamples for c in found), strict=True)]
    )
    return data, resampled


def _checked_points(k: int, curve: Any, T: Array) -> Curve:
    """Refuse a curve that is none of these temperatures, or without errors."""
    name = f"curves[{k}]"
    if len(T) < 3:
        raise ValueError(f"temperatures[{k}]: got {len(T)}, allowed: at least 3")
    checked = checked_curve(name, curve, len(T))
    if not (np.isfinite(checked.value).all() and np.isfinite(checked.resamples).all()):
        raise ValueError(f"{name}: got a value that is not finite, allowed: finite ones")
    if not bool(np.all(np.ptp(checked.resamples, axis=0) > 0.0)):
        raise ValueError(f"{name}: got an error of 0, allowed: resamples that differ everywhere")
    return checked


def _rows(rows: list[Array], filling: float) -> Array:
    """Rows (M,) of different lengths as one array."""
    found = np.full((len(rows), max(map(len, rows))), filling)
    for row, values in zip(found, rows, strict=True):
        row[: len(values)] = values
    return found


def _listed(name: str, value: Any, allowed: str) -> list[Any]:
    several = isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))
    if not several or (isinstance(value, np.ndarray) and value.ndim == 0):
        raise TypeError(checks.describe(name, value, allowed))
    return list(value)
