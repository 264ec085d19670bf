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
TABLE = re.compile(rf"^( *)({RULE})\n(?:.*\n)*?(?:\1{RULE}\n(?:.*\n)*?)?\1\2[ ]*$", re.MULTILINE)
PROSE = re.compile(r"^(?! *(?:>>>|\.\.\. )).*$", re.MULTILINE)
# What is code, and what Markdown would take for a link, strong emphasis or a tag where it is not:
# f[x](y), 2**-45, <s_i s_j>.
MISTAKEN = re.compile(r"(`+[^`]*`+)|\]\(|(?<=[\w)])\*\*(?=[-\w(])|<(?=[A-Za-z/!])")


def _mathml(formula: str, display: str) -> str:
    # Entities for what Markdown would take for emphasis.
    text: str = convert(" ".join(formula.split()), display=display)
    return text.replace("*", "&#42;").replace("_", "&#95;")


def _plain(match: re.Match[str]) -> str:
    return match[1] or "".join(f"&#{ord(character)};" for character in match[0])


def to_markdown(text: str) -> str:
    """Return a docstring with formulas, tables, roles and blocks as Markdown has them."""
    text = PROSE.sub(lambda line: MISTAKEN.sub(_plain, line[0]), text)
    text = FORMULA.sub(lambda match: f"{match[1]}{_mathml(match[2], 'block')}\n", text)
    text = INLINE.sub(lambda match: _mathml(match[1], "inline"), text)
    text = TABLE.sub(r"\1```text\n\g<0>\n\1```", text)
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
