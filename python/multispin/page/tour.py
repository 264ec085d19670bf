"""The tour: chapters that compute, and the one HTML page they are put on.

A chapter is a script ``examples/NN_name.py`` with a function ``chapter(quick)`` that returns a
`Chapter`. To add one, put the script there: the page, its table of contents, ``multispin demo`` and
``make demo`` find it by its name. Run alone, a script writes a page with itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.files import check_writable
from multispin.page.blocks import Picture, Table
from multispin.page.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from multispin.page.blocks import Chapter


def announce(what: str) -> None:
    """Say on the terminal what a chapter is about to do."""
    print(f"{what} ...", flush=True)


def scripts() -> list[Path]:
    """Return the chapters' scripts in order: those installed with the package, or a clone's.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "examples", here.parents[3] / "examples"):
        found = sorted(folder.glob("[0-9][0-9]_*.py"))
        if found:
            return found
    raise FileNotFoundError("the chapters (examples/NN_name.py) were not installed")


def run(
    output: str = "multispin-demo.html", chapters: Sequence[int] | None = None, quick: bool = False
) -> None:
    """Run chapters and write their page, with the measurements and the first picture beside it.

    Parameters
    ----------
    output : str
        HTML file; ``.nc`` and ``.png`` files get the same name.
    chapters : sequence of int, optional
        Numbers of the chapters; by default all.
    quick : bool
        Whether to take seconds instead of minutes, with error bars to match.

    Raises
    ------
    ValueError
        If there is no chapter of such a number.
    OSError
        If the files cannot be written (raised before anything runs).
    """
    by_number = {int(path.name[:2]): path for path in scripts()}
    wanted = sorted(by_number) if chapters is None else list(chapters)
    for number in wanted:
        if number not in by_number:
            raise ValueError(f"--chapter: got {number}, allowed: {', '.join(map(str, by_number))}")
    _write([_load(by_number[number]) for number in wanted], output, quick)


def main(chapter: Callable[[bool], Chapter]) -> None:
    """Run one chapter as a script, with the options ``--quick`` and ``--output``."""
    checks.function("chapter", chapter, "a function of a bool that returns a Chapter")
    parser = argparse.ArgumentParser(description=chapter.__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds, with large error bars")
    parser.add_argument("--output", metavar="FILE", default="multispin-demo.html", help="HTML page")
    options = parser.parse_args()
    _write([chapter], options.output, options.quick)


def _load(path: Path) -> Callable[[bool], Chapter]:
    specification = importlib.util.spec_from_file_location(f"multispin_{path.stem}", path)
    if specification is None or specification.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    chapter: Callable[[bool], Chapter] = module.chapter
    return chapter


def _write(functions: Sequence[Callable[[bool], Chapter]], output: str, quick: bool) -> None:
    page = Path(output)
    files = [page, page.with_suffix(".nc"), page.with_suffix(".png")]
    if page.suffix != ".html":
        raise ValueError(f"--output: got {output!r}, allowed: a name ending in .html")
    for file in files:
        check_writable(file, "--output")
    for module, extra in (("xarray", "run"), ("h5netcdf", "run"), ("matplotlib", "plot")):
        require(module, extra)
    began = time.perf_counter()
    chapters = [function(quick) for function in functions]
    for chapter in chapters:
        for block in chapter.blocks:
            if isinstance(block, Table):
                print(f"\n{chapter.title}: {block.caption}\n{block}")
    page.write_text(render(chapters), encoding="utf-8")
    _save_data(chapters, files[1])
    pictures = [b for chapter in chapters for b in chapter.blocks if isinstance(b, Picture)]
    pictures[0].figure.savefig(files[2])
    seconds = time.perf_counter() - began
    print(f"\nwrote {files[0]}, {files[1]} and {files[2]} in {seconds:.0f} s")


def _save_data(chapters: Sequence[Chapter], path: Path) -> None:
    """Write all measurements into one netCDF file, a group for each name."""
    mode: Literal["w", "a"] = "w"
    for chapter in chapters:
        for name, data in chapter.data.items():
            packed = {str(variable): {"zlib": True, "complevel": 1} for variable in data.data_vars}
            data.to_netcdf(path, mode=mode, group=name, engine="h5netcdf", encoding=packed)
            mode = "a"
