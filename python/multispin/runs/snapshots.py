"""Spins that a run has kept as bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin.runs._named import unpacked_spins

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["unpack_snapshots"]


def unpack_snapshots(run: xr.Dataset) -> xr.DataArray:
    """Return the spins that a run has kept.

    ``run.snapshot`` has eight spins a byte, along its last dimension ``byte``: bit i % 8 of byte
    i // 8, bit 0 the lowest, is site i in the row-major order of the model's shape, and 1 is
    s = +1. Bits beyond the last site are 0.

    Parameters
    ----------
    run : xarray.Dataset
        What `simulate`, `temper`, `anneal` or `protocol` returned with `snapshots`, or a part of
        it, such as one draw.

    Returns
    -------
    xarray.DataArray
        Spins +1 and -1, int8, with the dimensions ``axis_0``, ``axis_1``, ... of a configuration in
        place of ``byte``.

    Raises
    ------
    TypeError, ValueError
        If it is no such run.
    MemoryError
        If the spins do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> import multispin as ms
    >>> model = ms.Ising((6, 6))
    >>> run = ms.simulate(model, [2.0, 3.0], 20, 0, replicas=3, seed=1, snapshots=5)
    >>> run.snapshot.dims, run.snapshot.shape
    (('temperature', 'replica', 'draw_5', 'byte'), (2, 3, 4, 5))
    >>> spins = ms.unpack_snapshots(run)
    >>> spins.dims, spins.shape
    (('temperature', 'replica', 'draw_5', 'axis_0', 'axis_1'), (2, 3, 4, 6, 6))
    >>> bool((model.energy(spins[0, 0, 0]) == run.energy.sel(draw=5)[0, 0]).all())
    True
    """
    xarray = require("xarray", "run")
    checks.dataset("run", run, ("snapshot", "byte"), "a run with snapshots")
    bits, allowed = run.snapshot, "a run with snapshots, with its attributes"
    sides = np.atleast_1d(np.asarray(run.attrs.get("shape", ())))  # a file has them as an array
    n_spins = int(np.prod(sides, dtype=np.int64)) if sides.dtype.kind in "iu" else 0
    if bits.dtype != np.uint8 or n_spins < 1 or bits.sizes["byte"] != -(-n_spins // 8):
        given = f"{bits.dtype} of sizes {dict(bits.sizes)}, of shape {sides.tolist()}"
        raise ValueError(f"run: got {given}, allowed: {allowed}")
    check_memory("run: spins of its snapshots", 24 * bits.size)
    last = bits.transpose(..., "byte")
    spins = unpacked_spins(last.values, tuple(sides.tolist()))
    axes = [f"axis_{axis}" for axis in range(len(sides))]
    coords: Any = {name: one for name, one in bits.coords.items() if "byte" not in one.dims}
    found = xarray.DataArray(spins, coords, [*last.dims[:-1], *axes], name="spins")
    found.attrs = {"long_name": "spins", "units": "1"}
    return cast("xr.DataArray", found)
