"""Fields: one number for all sites, or a number for each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.models import sums
from multispin.models.base import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    #: A number where all sites have the same, else an array of the model's shape, read-only.
    Field = float | NDArray[np.float64]

#: Largest sum Σ|J| + Σ|h|: differences of energies are to be finite too.
MOST_ENERGY = sys.float_info.max / 2


def checked_field(h: object, shape: tuple[int, ...]) -> Field:
    """Return a field as the number that it is at all sites, or as an array of its own."""
    allowed = f"a finite number, or an array {shape} of finite numbers"
    if not _is_array(h):
        return checks.finite("h", h, allowed)
    given = checks.numbers("h", h, allowed)
    if given.shape != shape:
        raise ValueError(checks.describe("h", f"an array of shape {given.shape}", allowed))
    if bool(np.all(given == given.flat[0])):
        return float(given.flat[0]) + 0.0
    field = np.ascontiguousarray(given + 0.0)  # a copy, without -0.0, which is written otherwise
    field.flags.writeable = False
    return field


def check_energies(name: str, J: object, strength: float, n_spins: int, h: Field) -> None:
    """Refuse couplings `J` and a field in which energies, or their differences, overflow.

    No energy is beyond Σ|h| and `strength`, which is that of all edges, Σ |J_ij|, of the disorder
    sample that has most of it.
    """
    if strength > MOST_ENERGY:
        allowed = f"couplings of which Σ|J| over all edges is at most {MOST_ENERGY:.3g}"
        raise ValueError(checks.describe(name, J, allowed))
    left = MOST_ENERGY - strength
    if not isinstance(h, float):
        with np.errstate(over="ignore"):
            total = float(np.abs(h).sum())
        if total > left:
            allowed = f"Σ|h| of at most {left:.3g}, so that Σ|J| + Σ|h| is finite"
            raise ValueError(checks.describe("h", f"an array of Σ|h| = {total:.3g}", allowed))
        return
    most = left / n_spins
    if abs(h) > most:
        allowed = f"from {-most:.3g} to {most:.3g}, so that Σ|J| + N|h| is finite"
        raise ValueError(checks.describe("h", h, allowed))


def at_sites(h: Field, n_spins: int) -> NDArray[np.float64]:
    """Return the fields of all sites in row-major order, (N,)."""
    return np.full(n_spins, h) if isinstance(h, float) else h.ravel()


def times_spins(h: Field, s: NDArray[np.int8], ndim: int) -> NDArray[np.float64]:
    """Return Σ h_i s_i of configurations (..., *shape) of `ndim` dimensions, (...)."""
    lead = s.shape[: s.ndim - ndim]
    if isinstance(h, float):
        return np.asarray(h * np.sum(s, axis=tuple(range(-ndim, 0)), dtype=np.int64))
    return sums.weighted(s.reshape(*lead, h.size), h.ravel())


# --- in words and in files ------------------------------------------------------------------------


def identity(h: Field) -> float | str:
    """Return what fields are compared by."""
    return h if isinstance(h, float) else digest(h)


def shown(known: float | str) -> str:
    """Return an `identity` as the representation of a model has it."""
    return str(known) if isinstance(known, float) else f"<sha256 {known[:12]}>"


def description(h: Field, known: float | str) -> dict[str, Any]:
    """Return what results say of a field, whose `identity` is known; JSON can hold it."""
    if isinstance(h, float):
        return {"h": h}
    largest = float(np.abs(h).max())  # whose square may not be a number any more
    mean, std = (largest * float(f(h / largest)) for f in (np.mean, np.std))
    return {"h_mean": mean, "h_std": std, "h_sha256": known}


def state(h: Field) -> tuple[float | None, dict[str, NDArray[Any]]]:
    """Return what `from_state` makes the field of: for JSON, and as an array."""
    return (h, {}) if isinstance(h, float) else (None, {"h": h})


def from_state(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return a field as it was given, out of a model's state."""
    return arrays["h"] if meta["h"] is None else meta["h"]


def _is_array(h: object) -> bool:
    if isinstance(h, (str, bytes)):
        return False
    if isinstance(h, Sequence):
        return True
    # Numbers of NumPy have no dimensions, and count as numbers.
    return hasattr(type(h), "__array__") and getattr(h, "ndim", 0) != 0
