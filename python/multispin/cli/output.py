"""What commands print and write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from multispin import io
from multispin._base.extras import require

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.figure import Figure

_PICTURES = (".png", ".pdf", ".svg")


def check_files(options: argparse.Namespace) -> None:
    """Find out before the run whether its results can be kept."""
    require("xarray", "run")
    require("h5netcdf", "run")
    require("matplotlib", "plot")
    if Path(options.picture).suffix not in _PICTURES:
        listed = ", ".join(_PICTURES)
        raise ValueError(f"--picture: got {options.picture!r}, allowed: a name ending in {listed}")
    io.check_writable(options.output, "--output")
    io.check_writable(options.picture, "--picture")


def write(data: xr.Dataset, options: argparse.Namespace, figure: Figure) -> None:
    """Write the numbers and the picture where the options say."""
    data.to_netcdf(options.output, engine="h5netcdf")
    figure.savefig(options.picture)
    print(f"wrote {options.output} and {options.picture}")


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, right-aligned under the first row."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
