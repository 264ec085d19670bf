"""How much memory there is, and what does not fit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path


def check_memory(what: str, needed: int) -> None:
    """Refuse what does not fit the memory that is available."""
    available = _available_memory()
    if available is not None and needed > available:
        raise MemoryError(f"{what}: needed {gib(needed)}, available: {gib(available)}")


def gib(size: int) -> str:
    """Return a size in words."""
    return f"{Decimal(size) / 2**30:.2f} GiB"  # no int is too large for a Decimal


def _available_memory() -> int | None:
    """Bytes that can be allocated without swapping, where the system says so."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
