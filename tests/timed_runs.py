"""Runs with observables, of which the seconds differ from run to run and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def untimed(data: xr.Dataset) -> xr.Dataset:
    """Return a run without the seconds that it took, if it has any."""
    data = data.copy()
    for name in ("sweeping_seconds", "observable_seconds"):
        assert data.attrs.pop(name, 0.0) >= 0.0
    for variable in data.variables.values():
        variable.attrs.pop("seconds", None)
    return data
