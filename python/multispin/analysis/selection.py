"""Runs as users cut and join them: what their coordinates say, not what they said when they ran.

Selecting and joining leave attributes as they were, so how far draws are apart is only in the
coordinate ``draw``; and a selected replica or temperature takes its dimension with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def with_dimensions(run: xr.Dataset, *names: str) -> xr.Dataset:
    """Return the run with a dimension of one element for each of `names` that it lacks."""
    missing = [name for name in names if name not in run.dims]
    return run.expand_dims(missing) if missing else run


def sweeps_between_draws(run: xr.Dataset) -> int:
    """Return the sweeps from one draw to the next.

    Raises
    ------
    ValueError
        If draws are not at equal distances, as where runs were joined one after the other.
    """
    allowed = "draws at equal distances, in the coordinate `draw` (sweeps since the start)"
    if "draw" not in run.coords:
        raise ValueError(f"run: got no coordinate `draw`, allowed: {allowed}")
    distances = np.unique(np.diff(run.draw.values))
    if len(distances) != 1 or distances[0] <= 0:
        some = ", ".join(f"{each:g}" for each in distances[:3])
        raise ValueError(f"run: got draws {some} sweeps apart, allowed: {allowed}")
    return int(distances[0])
