"""Chapters as one HTML page that needs nothing from anywhere else."""

from __future__ import annotations

import base64
import html
import io
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from multispin._info import info
from multispin.page.blocks import Image, Picture, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from multispin.page.blocks import Block, Chapter

_CSS_PIXELS_PER_INCH = 96


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
    return _file("page.html").format(
        style=_file("style.css"), contents=contents, sections=sections, made=html.escape(made)
    )


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return block.source
    if isinstance(block, Picture):
        width = round(block.figure.get_figwidth() * _CSS_PIXELS_PER_INCH)
        return _figure(block, _png(block.figure), width)
    if isinstance(block, Image):
        return _figure(block, block.contents, block.width)
    header = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in block.header)
    rows = "".join(f"<tr>{_row(row)}</tr>" for row in block.rows)
    return (
        f"<div class=table><table><caption>{html.escape(block.caption)}</caption>"
        f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _figure(block: Picture | Image, png: bytes, width: int) -> str:
    source = base64.b64encode(png).decode()
    return (
        f'<figure><img alt="{html.escape(block.description)}" style="max-width: {width}px" '
        f'src="data:image/png;base64,{source}"><figcaption>{block.caption}</figcaption></figure>'
    )


def _row(cells: Sequence[str]) -> str:
    # A minus sign is as wide as the plus above it; a hyphen is not.
    first, *others = (re.sub(r"^-(?=\d)", "\N{MINUS SIGN}", html.escape(cell)) for cell in cells)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    return buffer.getvalue()


def _file(name: str) -> str:
    """Return the text of a file beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
