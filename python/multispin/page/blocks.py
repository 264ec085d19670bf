"""What a page is made of: chapters of text, pictures and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from matplotlib.figure import Figure


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
