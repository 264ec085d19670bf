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
    "a function with a name; what a functools.partial or an object's method would fix belongs in "
    "parameters, and of several lambdas in one statement nobody could tell which it is"
)


def identity(task: Callable[..., Any]) -> dict[str, str]:
    """Return name, module and a digest of the source; comments and layout are not in the digest.

    Numbers and text that a function has from the one around it are in the digest, and so is what a
    decorator put around it. Functions without a source that could be read, such as compiled ones,
    have an empty digest.

    Raises
    ------
    TypeError
        If they do not tell the task from others.
    """
    name, module = getattr(task, "__qualname__", None), getattr(task, "__module__", None)
    if not isinstance(name, str) or _is_bound(task):
        raise TypeError(checks.describe("task", task, _ALLOWED))
    sources = [_code_of(function) for function in _wrapped(task)]
    if "<lambda>" in name and not all(sources):
        raise TypeError(checks.describe("task", task, _ALLOWED))
    text = repr(
        [(source, _given(one)) for one, source in zip(_wrapped(task), sources, strict=True)]
    )
    digest = hashlib.sha256(text.encode()).hexdigest() if any(sources) else ""
    return {"task": name, "module": str(module), "source": digest}


def _is_bound(task: Any) -> bool:
    """Whether it is the method of an object, which may hold anything."""
    owner = getattr(task, "__self__", None)
    return inspect.ismethod(task) and not isinstance(owner, type)


def _wrapped(task: Any) -> list[Any]:
    """Return a function and those that decorators have put it around, outermost first."""
    found: list[Any] = []
    while task is not None and all(task is not one for one in found):
        found.append(task)
        task = getattr(task, "__wrapped__", None)
    return found


def _given(task: Any) -> list[str]:
    """Return what a function has from the one around it, as far as it is plain."""
    given = []
    for cell in getattr(task, "__closure__", None) or ():
        try:
            value = cell.cell_contents
        except ValueError:  # nothing yet
            continue
        if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
            given.append(repr(value))
    return given


def _code_of(task: Any) -> str:
    """Return the code without comments and layout, or nothing if it cannot be told."""
    code = getattr(task, "__code__", task)  # or what it wraps would be looked up
    try:
        source = textwrap.dedent(inspect.getsource(code))
    except (OSError, TypeError, ValueError):
        return ""
    try:
        parsed: ast.AST = ast.parse(source)
    except (SyntaxError, ValueError):  # a lambda in the middle of something
        return source if len(re.findall(r"\blambda\b", source)) == 1 else ""
    if getattr(code, "co_name", "") == "<lambda>":
        lambdas = [node for node in ast.walk(parsed) if isinstance(node, ast.Lambda)]
        if len(lambdas) != 1:
            return ""
        parsed = lambdas[0]
    return ast.unparse(parsed)
