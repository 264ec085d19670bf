"""The package runs in the main interpreter of a process only; importing this finds out.

NumPy and the compiled core keep state of the process, and importing them in a second interpreter
can wait for a lock for ever.
"""

from __future__ import annotations

from importlib import import_module


def _is_main() -> bool:
    for name in ("_interpreters", "_xxsubinterpreters"):  # Python 3.13 and later; earlier
        try:
            interpreters = import_module(name)
        except ImportError:
            continue
        own, main = interpreters.get_current(), interpreters.get_main()
        # From 3.13 on they are tuples of a number and where the interpreter comes from.
        return bool(own[0] == main[0] if isinstance(own, tuple) else own == main)
    return True


if not _is_main():
    raise ImportError("multispin: got a subinterpreter, allowed: the main interpreter of a process")
