"""What commands print and write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from multispin._base import files
from multispin._base.extras import require

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.figure import Figure

_PICTURES = (".png", ".pdf", ".svg")
_RESULTS = (
    "output",
    "picture",
    "state",
    "couplings",
)  # options of a command that name a file it writes
_FILES = (*_RESULTS, "checkpoint")


def check_files(options: argparse.Namespace) -> None:
    """Find out before the run whether its results can be kept."""
    require("xarray", "run")
    require("h5netcdf", "run")
    require("matplotlib", "plot")
    if Path(options.picture).suffix not in _PICTURES:
        listed = ", ".join(_PICTURES)
        raise ValueError(f"--picture: got {options.picture!r}, allowed: a name ending in {listed}")
    names = [name for name in _FILES if getattr(options, name, None) is not None]
    for number, name in enumerate(names):
        path = getattr(options, name)
        files.check_writable(path, f"--{name}")
        for other in names[:number]:
            if _is_the_same(path, getattr(options, other)):
                raise ValueError(
                    f"--{name}: got {path!r}, allowed: another file than that of --{other}"
                )
        # A checkpoint that is there is gone on with.
        if name != "checkpoint" and not options.force and Path(path).exists():
            raise FileExistsError(
                f"--{name}: got {path!r}, which is there, allowed: a new name, or --force"
            )


def write(data: xr.Dataset, options: argparse.Namespace, figure: Figure) -> None:
    """Write the numbers and the picture where the options say, each all or nothing.

    Before anything is printed: what happens to a terminal or a pipe costs no results.
    """
    with files.replacing(options.output) as file:
        data.to_netcdf(file.name, engine="h5netcdf")  # into the hidden file, by its name
    save_picture(figure, options)


def save_picture(figure: Figure, options: argparse.Namespace) -> None:
    """Write the picture where the options say, all or nothing."""
    with files.replacing(options.picture) as file:
        figure.savefig(file, format=Path(options.picture).suffix[1:])


def print_files(options: argparse.Namespace) -> None:
    """Say what was written."""
    *others, last = [getattr(options, name) for name in _RESULTS if getattr(options, name, None)]
    print(f"wrote {', '.join(others)} and {last}" if others else f"wrote {last}")


def _is_the_same(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, right-aligned under the first row."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
