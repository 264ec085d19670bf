"""The tour: chapters that compute, and the one HTML page they are put on.

A chapter is a script ``examples/NN_name.py`` with a function ``chapter(quick)`` that returns a
`Chapter`. To add one, put the script there: the page, its table of contents, ``multispin demo`` and
``make demo`` find it by its name. Run alone, a script writes a page with itself.
"""

from __future__ import annotations

import argparse
import base64
import html
import importlib.util
import io
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from multispin._base.extras import require
from multispin._info import info
from multispin.io import check_writable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["Chapter", "Picture", "Table", "Text", "announce", "main", "render", "run", "scripts"]


@dataclass(frozen=True)
class Text:
    """Paragraphs, as HTML."""

    source: str


@dataclass(frozen=True)
class Picture:
    """A figure with its caption (HTML) and a description for those who cannot see it."""

    figure: Figure
    caption: str
    description: str


@dataclass(frozen=True)
class Table:
    """A table of plain text; the first column and the header are its labels."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def __str__(self) -> str:
        """Lay the table out for a terminal."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )


@dataclass(frozen=True)
class Chapter:
    """A title, what stands under it, and the measurements by name."""

    title: str
    blocks: Sequence[Text | Picture | Table]
    data: Mapping[str, xr.Dataset] = field(default_factory=dict)


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
    for folder in (here.parent / "examples", here.parents[2] / "examples"):
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


# --- the page -----------------------------------------------------------------------------------


def render(chapters: Sequence[Chapter]) -> str:
    """Return the page: one file that needs nothing from anywhere else."""
    contents = "".join(
        f'<li><a href="#chapter-{number}">{html.escape(chapter.title)}</a></li>'
        for number, chapter in enumerate(chapters, 1)
    )
    sections = "".join(
        f'<section id="chapter-{number}"><h2>{html.escape(chapter.title)}</h2>'
        f"{''.join(map(_block, chapter.blocks))}</section>"
        for number, chapter in enumerate(chapters, 1)
    )
    used = info()
    made = (
        f"multispin {used['version']}, {used['instruction_set']['used']} instructions, "
        f"{time.strftime('%Y-%m-%d')}"
    )
    return _PAGE.format(style=_STYLE, contents=contents, sections=sections, made=html.escape(made))


def _block(block: Text | Picture | Table) -> str:
    if isinstance(block, Text):
        return block.source
    if isinstance(block, Picture):
        source = base64.b64encode(_png(block.figure)).decode()
        width = round(block.figure.get_figwidth() * _CSS_PIXELS_PER_INCH)
        return (
            f'<figure><img alt="{html.escape(block.description)}" style="max-width: {width}px" '
            f'src="data:image/png;base64,{source}"><figcaption>{block.caption}</figcaption></figure>'
        )
    header = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in block.header)
    rows = "".join(f"<tr>{_row(row)}</tr>" for row in block.rows)
    return (
        f"<div class=table><table><caption>{html.escape(block.caption)}</caption>"
        f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    # A minus sign is as wide as the plus above it; a hyphen is not.
    first, *others = (re.sub(r"^-(?=\d)", "\N{MINUS SIGN}", html.escape(cell)) for cell in cells)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    return buffer.getvalue()


_CSS_PIXELS_PER_INCH = 96

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>multispin: the tour</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>multispin: the tour</h1>
<p class="lead">From the Ising model to neural networks, one spin a bit. Every number and picture on
this page was computed just now, on this machine.</p>
<nav><ol>{contents}</ol></nav>
</header>
<main>{sections}</main>
<footer>{made}</footer>
</body>
</html>
"""

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: 48rem;
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Iowan Old Style", Cambria, Georgia, serif;
  color: #222; background: #fff; text-rendering: optimizeLegibility;
}
h1, h2, h3, nav, table, figcaption, footer { font-family: system-ui, "Segoe UI", sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -.015em; margin: 0 0 .5rem; }
h2 { font-size: 1.5rem; line-height: 1.25; margin: 4rem 0 1rem; }
h3 { font-size: 1.125rem; margin: 2.5rem 0 .5rem; }
.lead { font-size: 1.1875rem; color: #555; margin: 0 0 1.5rem; }
nav { font-size: .9375rem; border-block: 1px solid #ddd; padding: .75rem 0; }
nav ol { margin: 0; padding-left: 1.25rem; }
a { color: #0060a0; text-decoration-thickness: 1px; text-underline-offset: .15em; }
sub, sup { font-size: .75em; line-height: 0; }
figure { margin: 2rem 0; }
figure img { display: block; width: 100%; height: auto; margin: 0 auto; }
figcaption, caption { font-size: .875rem; line-height: 1.45; color: #555; }
figcaption { margin-top: .5rem; }
@media (min-width: 66rem) { figure { margin-inline: -8rem; } figcaption { margin-inline: 8rem; } }
.table { overflow-x: auto; margin: 2rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .875rem;
        font-variant-numeric: tabular-nums; }
caption { caption-side: bottom; text-align: left; padding-top: .5rem; }
th, td { padding: .3rem .6rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 1.5px solid #222; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
tbody tr + tr > * { border-top: 1px solid #eee; }
code { font: .9em/1 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: #f6f6f4; padding: 1rem; overflow-x: auto; border-radius: 4px; }
footer { margin-top: 4rem; font-size: .8125rem; color: #777; }
"""
