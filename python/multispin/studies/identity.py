"""What makes a study's task the one it is: where it is defined, its name and its source."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Callable

_ALLOWED = (
    "a function with a name; what a functools.partial would fix belongs in parameters, and of "
    "several lambdas in one statement nobody could tell which it is"
)


def identity(task: Callable[..., Any]) -> dict[str, str]:
    """Return name, module and a digest of the source; comments and layout are not in the digest.

    Functions without a source that could be read, such as compiled ones, have an empty digest.

    Raises
    ------
    TypeError
        If they do not tell the task from others.
    """
    name, module = getattr(task, "__qualname__", None), getattr(task, "__module__", None)
    if not isinstance(name, str) or not callable(task):
        raise TypeError(checks.describe("task", task, _ALLOWED))
    source = _source(task)
    if name.endswith("<lambda>") and len(re.findall(r"\blambda\b", source)) != 1:
        raise TypeError(checks.describe("task", task, _ALLOWED))
    digest = hashlib.sha256(_parsed(source).encode()).hexdigest() if source else ""
    return {"task": name, "module": str(module), "source": digest}


def _source(task: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(task))
    except (OSError, TypeError):
        return ""


def _parsed(source: str) -> str:
    """Return the code without comments and layout, if it can be parsed by itself."""
    try:
        return ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError):  # a lambda in the middle of something
        return source
