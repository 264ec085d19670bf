"""What a page is made of: chapters of text, pictures and tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from multispin._base import checks
from multispin._base.files import IrregularFileError, open_regular

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

#: How a PNG file begins: its signature, and the block that begins with its width.
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"


@dataclass(frozen=True)
class Text:
    """Paragraphs, as HTML."""

    source: str

    def __post_init__(self) -> None:
        _check_text("source", self.source)


@dataclass(frozen=True)
class Picture:
    """A figure with its caption (HTML) and a description for those who cannot see it."""

    figure: Figure
    caption: str
    description: str

    def __post_init__(self) -> None:
        if not hasattr(type(self.figure), "savefig"):
            raise TypeError(checks.describe("figure", self.figure, "a matplotlib.figure.Figure"))
        _check_text("caption", self.caption)
        _check_text("description", self.description)


@dataclass(frozen=True)
class Image:
    """A PNG file, read at once, with its caption (HTML) and a description.

    Raises
    ------
    TypeError, ValueError
        If it is no PNG; if an argument is not of its kind.
    OSError
        If it cannot be read.
    """

    path: str | os.PathLike[str]
    caption: str
    description: str
    contents: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        path = checks.path("path", self.path)
        try:
            with open_regular(path, os.O_RDONLY) as file:
                contents = file.read()
        except IrregularFileError:
            contents = b""
        if not contents.startswith(_PNG):
            raise ValueError(checks.describe("path", str(path), "a PNG file"))
        object.__setattr__(self, "contents", contents)
        _check_text("caption", self.caption)
        _check_text("description", self.description)

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return int.from_bytes(self.contents[16:20], "big")


@dataclass(frozen=True)
class Table:
    """A table of plain text; the first column and the header are its labels."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def __post_init__(self) -> None:
        _check_texts("header", self.header)
        checks.instance("rows", self.rows, Sequence, "a sequence of rows")
        for number, row in enumerate(self.rows):
            _check_texts(f"rows[{number}]", row)
            if len(row) != len(self.header):
                allowed = f"{len(self.header)} cells, as the header has"
                raise ValueError(checks.describe(f"rows[{number}]", row, allowed))
        _check_text("caption", self.caption)

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


Block = Text | Picture | Image | Table


@dataclass(frozen=True)
class Chapter:
    """A title, what stands under it, and the measurements by name."""

    title: str
    blocks: Sequence[Block]
    data: Mapping[str, xr.Dataset] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_text("title", self.title)
        allowed = "a sequence of Text, Picture, Image and Table"
        checks.instance("blocks", self.blocks, Sequence, allowed)
        for block in self.blocks:
            if not isinstance(block, (Text, Picture, Image, Table)):
                raise TypeError(checks.describe("blocks", block, allowed))
        allowed = "a mapping of names to xarray.Dataset"
        checks.mapping("data", self.data, [], allowed)
        if hasattr(type(self.data), "data_vars"):  # a Dataset is a mapping, too
            raise TypeError(checks.describe("data", self.data, allowed))
        for name, data in self.data.items():
            _check_text("data", name)
            checks.dataset(f"data[{name!r}]", data, [], "of measurements")


def _check_text(name: str, value: object) -> None:
    checks.instance(name, value, str, "a text")


def _check_texts(name: str, value: object) -> None:
    allowed = "a sequence of texts"
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(checks.describe(name, value, allowed))
    if not all(isinstance(one, str) for one in value):
        raise TypeError(checks.describe(name, value, allowed))
