"""Turns the reStructuredText in docstrings into the Markdown of the site.

Docstrings are written for ``help()``, with formulas as ``.. math::`` and ``:math:``, tables framed
by lines of ``=``, and blocks after ``::``. This is an extension of griffe, which reads them for
mkdocstrings. Formulas become MathML, so that a page needs no script from elsewhere.
"""

from __future__ import annotations

import re
from typing import Any

import griffe
from latex2mathml.converter import convert

# The formula may go on, indented further than the directive, with blank lines in between.
FORMULA = re.compile(r"^( *)\.\. math::(.*(?:\n(?:\1 +\S.*|[ ]*(?=\n\1 +\S)))*)", re.MULTILINE)
INLINE = re.compile(r":math:`([^`]*)`")
ROLE = re.compile(r":(?:meth|class|func|mod):`~?([^`]*)`")
RULE = r"=+(?: +=+)+"
TABLE = re.compile(
    rf"^( *)({RULE})\n((?:\1(?!=).*\n|\n)*)(?:\1{RULE}\n((?:\1(?!=).*\n|\n)*))?\1\2[ ]*$",
    re.MULTILINE,
)
# What is code, and what Markdown would take for a link, strong emphasis or a tag where it is not:
# f[x](y), 2**-45, <s_i s_j>.
MISTAKEN = re.compile(r"(`+[^`]*`+)|\]\(|(?<=[\w)])\*\*(?=[-\w(])|<(?=[A-Za-z/!])")


def _mathml(formula: str, display: str) -> str:
    # Entities for what Markdown would take for emphasis or the end of a cell.
    text: str = convert(" ".join(formula.split()), display=display)
    return text.replace("*", "&#42;").replace("_", "&#95;").replace("|", "&#124;")


def _plain(match: re.Match[str]) -> str:
    return match[1] or "".join(f"&#{ord(character)};" for character in match[0])


def _prose(text: str) -> str:
    """Return the text with what would be mistaken spelt out, but in examples and blocks."""
    lines, literal, example = [], -1, False
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= literal:
            literal = -1
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        lines.append(line if literal >= 0 or example else MISTAKEN.sub(_plain, line))
        if literal < 0 and line.endswith("::") and ".. math" not in line:
            literal = indent
    return "\n".join(lines)


def _cells(block: str, starts: list[int]) -> list[list[str]]:
    """Return the rows of a table, cut where its columns start; a row may go on below itself."""
    rows: list[list[str]] = []
    for line in filter(str.strip, block.split("\n")):
        ends = [*starts[1:], None]
        cells = [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        if rows and not cells[0]:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows


def _table(match: re.Match[str]) -> str:
    indent, rule, first, second = match.groups()
    starts = [len(indent) + column.start() for column in re.finditer("=+", rule)]
    header = _cells(first, starts)[0] if second else [""] * len(starts)
    rows = [header, ["---"] * len(starts), *_cells(second or first, starts)]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return "\n".join(f"{indent}| {' | '.join(row)} |" for row in escaped)


def to_markdown(text: str) -> str:
    """Return a docstring with formulas, tables, roles and blocks as Markdown has them."""
    text = TABLE.sub(_table, text)  # first, while columns are where they were
    text = _prose(text)
    text = FORMULA.sub(lambda match: f"{match[1]}{_mathml(match[2], 'block')}\n", text)
    # In a span, since a line that begins with <math> would be a paragraph by itself.
    text = INLINE.sub(lambda match: f"<span>{_mathml(match[1], 'inline')}</span>", text)
    text = ROLE.sub(r"`\1`", text)
    return re.sub(r"::$", ":", text, flags=re.MULTILINE)


class DocstringMarkup(griffe.Extension):
    """Rewrites all docstrings of a package once it has been read."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrite those of the package and of everything in it."""
        self._rewrite(pkg)

    def _rewrite(self, obj: griffe.Object) -> None:
        if obj.docstring:
            obj.docstring.value = to_markdown(obj.docstring.value)
        for member in obj.members.values():
            if not member.is_alias:
                self._rewrite(member)
