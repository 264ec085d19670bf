"""A torus with one short side, in any field (Kramers & Wannier 1941)."""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.exact.enumeration import states

Array = npt.NDArray[np.float64]

MAX_TRANSFER_WIDTH = 12
_LONGEST = 2**53  # sides that float64 knows from each other
_SMALLEST_TRACE = 1e-290  # of the largest weight and power: what is lost below it could matter


class TransferMatrix(NamedTuple):
    """Exact values of a torus in a field."""

    log_partition: float
    energy: float
    energy_per_spin: float
    magnetization: float


def transfer_matrix(
    rows: int, cols: int, T: float, J: float = 1.0, h: float = 0.0
) -> TransferMatrix:
    """Exact values of the periodic rows × cols lattice in a field, by its transfer matrix.

    Z = Tr Vⁿ, where V couples the 2^m states of two adjacent rows; V(a, b) [Vⁿ⁻¹](b, a) / Z is
    the joint probability of two adjacent rows, from which energy and magnetization follow without
    derivatives.

    Parameters
    ----------
    rows, cols : int
        Sides, at least 2; the shorter at most 12 (the matrix is 2^m × 2^m; at 12, half a gigabyte).
    T : float
        Temperature, positive and finite.
    J, h : float
        Coupling and field, of either sign.

    Returns
    -------
    TransferMatrix
        ``log_partition`` ln Z, ``energy`` ⟨E⟩ (total), ``energy_per_spin``, ``magnetization``
        ⟨Σs⟩/N.

    Raises
    ------
    TypeError
        If a side is not an integer, or T, J or h is not real.
    ValueError
        If a side is below 2, the shorter side is above 12, or T, J or h is out of range; T also if
        it is so low that weights leave the range of double precision.

    Notes
    -----
    Kramers & Wannier (1941).

    Examples
    --------
    >>> from multispin import exact
    >>> strip = exact.transfer_matrix(8, 4, T=2.5, h=0.1)
    >>> print(f"{strip.energy_per_spin:.6f} {strip.magnetization:.6f}")
    -1.411895 0.532334
    """
    rows, cols = checks.count("rows", rows, 2, _LONGEST), checks.count("cols", cols, 2, _LONGEST)
    height, width = max(rows, cols), min(rows, cols)
    if width > MAX_TRANSFER_WIDTH:
        allowed = f"a shorter side of at most {MAX_TRANSFER_WIDTH}"
        raise ValueError(f"rows: got {rows}, and cols = {cols}, allowed: {allowed}")
    temperature = checks.positive_finite("T", T)
    coupling, field = checks.finite("J", J), checks.finite("h", h)
    for name, value in (("J", coupling), ("h", field)):
        most = sys.float_info.max / (16 * rows * cols)
        if abs(value) > most:
            allowed = f"from {-most:.3g} to {most:.3g}, so that energies are finite"
            raise ValueError(checks.describe(name, value, allowed))
    row = states(np.arange(2**width), width).astype(np.float64)
    inside = -coupling * (row * np.roll(row, 1, axis=1)).sum(axis=1) - field * row.sum(axis=1)
    energy = inside[:, None] / 2 + inside[None, :] / 2 - coupling * (row @ row.T)
    shift = float(energy.min())
    with np.errstate(over="ignore", under="ignore"):  # a weight of 0 is what it is
        weights = np.exp((shift - energy) / temperature)
        power, log_scale = _power(weights, height - 1)
        pair = weights * power.T
    trace = float(pair.sum())
    ground = height * shift / temperature
    if not (trace > _SMALLEST_TRACE and math.isfinite(ground)):
        allowed = "a higher one: weights differ by more than double precision holds"
        raise ValueError(checks.describe("T", T, allowed))
    pair /= trace
    total = height * float((pair * energy).sum())
    return TransferMatrix(
        log_partition=math.log(trace) + log_scale - ground,
        energy=total,
        energy_per_spin=total / (rows * cols),
        magnetization=float(pair.sum(axis=1) @ row.mean(axis=1)),
    )


def _power(matrix: Array, exponent: int) -> tuple[Array, float]:
    """matrix**exponent = result · exp(log_scale), by squaring, for a positive matrix."""
    result, log_result = np.eye(len(matrix)), 0.0
    base, log_base = matrix, 0.0
    while exponent:
        if exponent & 1:
            result, log_result = _normalized(result @ base, log_result + log_base)
        exponent >>= 1
        if exponent:
            base, log_base = _normalized(base @ base, 2 * log_base)
    return result, log_result


def _normalized(matrix: Array, log_scale: float) -> tuple[Array, float]:
    largest = float(matrix.max())
    return matrix / largest, log_scale + math.log(largest)
