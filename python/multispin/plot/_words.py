"""A user's words in a picture, as matplotlib is to have them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from multispin._base import checks
from multispin._base.extras import require

_DOLLAR = re.compile(r"(?<!\\)\$")
_WHERE = re.compile(r"found .*?\(at char \d+\)")  # of what matplotlib says of a formula


def words(name: str, text: Any) -> str:
    r"""Return a text for a label or a title: what stands between two $ is a formula.

    In a line whose $ are odd in number each is a $ and no more, whatever the line is joined to. A
    legend leaves out what begins with an underscore, so a space comes before that.

    Raises
    ------
    TypeError, ValueError
        If it is no text, or has a formula that matplotlib cannot read, which would be noticed by
        ``savefig`` alone.

    Examples
    --------
    >>> words("label", "$U_4$"), words("label", "price in $"), words("label", "_hidden")
    ('$U_4$', 'price in \\$', ' _hidden')
    """
    checks.instance(name, text, str, "a text")
    shown = "\n".join(_line(name, line) for line in text.split("\n"))
    return f" {shown}" if shown.startswith("_") else shown


def words_of_each(name: str, texts: Any, fewest: int, most: int, allowed: str) -> list[str]:
    """Return so many texts as `words` does; `allowed` says of what they are.

    Raises
    ------
    TypeError, ValueError
        If they are no sequence of texts, more or fewer, or one has a formula that cannot be read.
    """
    several = isinstance(texts, Sequence) and not isinstance(texts, str)
    if not several or not all(isinstance(text, str) for text in texts):
        raise TypeError(checks.describe(name, texts, allowed))
    if not fewest <= len(texts) <= most:
        raise ValueError(checks.describe(name, texts, allowed))
    return [words(f"{name}[{number}]", text) for number, text in enumerate(texts)]


def _line(name: str, line: str) -> str:
    dollars = len(_DOLLAR.findall(line))
    if dollars % 2:
        return _DOLLAR.sub(r"\\$", line)
    matplotlib = require("matplotlib", "plot")
    if dollars and not matplotlib.rcParams["text.usetex"]:
        parser = require("matplotlib.mathtext", "plot").MathTextParser("path")
        try:
            parser.parse(line)
        except ValueError as error:
            where = _WHERE.search(str(error))
            why = f": {where.group()}" if where else ""
            allowed = f"a text whose formulas, between $ and $, matplotlib can read{why}"
            raise ValueError(checks.describe(name, line, allowed)) from error
    return line
