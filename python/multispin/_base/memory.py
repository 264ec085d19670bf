"""How much memory there is, and what does not fit."""

from __future__ import annotations

import resource
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from multispin._base.interrupts import interrupts_held

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_SMALL = 2**16  # bytes that are not worth half a millisecond of asking
_UNLIMITED = 2**60  # version 1 writes "no limit" as a number


def check_memory(what: str, needed: int) -> None:
    """Refuse what does not fit the memory that is available."""
    if needed < _SMALL:
        return
    available = _available_memory()
    if available is not None and needed > available:
        raise MemoryError(f"{what}: needed {gib(needed)}, available: {gib(available)}")


def gib(size: int) -> str:
    """Return a size in words."""
    return f"{Decimal(size) / 2**30:.2f} GiB"  # no int is too large for a Decimal


def _available_memory() -> int | None:
    """Bytes that this process can allocate without swapping, where the system says so."""
    with interrupts_held():  # which could leave a file open
        return min((max(0, size) for size in _limits()), default=None)


def _limits() -> Iterator[int]:
    """Yield what the machine, the process's cgroups and its own limits leave."""
    machine = _lines(_PROC / "meminfo", ":").get("MemAvailable")
    if machine is not None:
        yield 1024 * machine
    for folder in _cgroup_folders():
        yield from _left_in(folder)
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _lines(_PROC / "self" / "status", ":").get("VmSize")
    if soft != resource.RLIM_INFINITY and used is not None:
        yield soft - 1024 * used


def _left_in(folder: Path) -> Iterator[int]:
    """Yield what a cgroup leaves, of version 2 or 1; pages of files can be had back."""
    for most, used, files in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit = _number(folder / most)
        usage = None if limit is None or limit >= _UNLIMITED else _number(folder / used)
        if limit is not None and usage is not None:
            yield limit - usage + _lines(folder / "memory.stat").get(files, 0)


@cache
def _cgroup_folders() -> list[Path]:
    """Return the folders of the process's own cgroups and of all above, as far as they are seen."""
    try:
        entries = (_PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for entry in entries:
        _, controllers, path = entry.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            root = _CGROUPS / ("memory" if controllers else "")
            own = root / path.lstrip("/")
            # In a container the path may be that of the host, and the root the container's.
            found += [own, *(above for above in own.parents if above.is_relative_to(root))]
    return [folder for folder in found if folder.is_dir()]


def _lines(path: Path, end: str = " ") -> dict[str, int]:
    """Return the numbers of a file of names and numbers."""
    found = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(end)
            number = value.split()[:1]
            if number and number[0].isdecimal():
                found[name] = int(number[0])
    except OSError:
        pass
    return found


def _number(path: Path) -> int | None:
    """Return the number in a file; None for "max", or if there is no such file."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
