"""Names of what is observed."""

from __future__ import annotations

from typing import Any


def names_of(samples: Any) -> tuple[str, ...] | None:
    """Return the names of a DataFrame's columns, if all of them are words."""
    columns = getattr(samples, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return tuple(columns)
