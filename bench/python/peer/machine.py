"""The machine: one core of it for everybody, and its description."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

# What decides the speed of spin code, best first; names as Linux gives them.
_INSTRUCTION_SETS = ("avx512f", "avx512bw", "vaes", "gfni", "avx2", "aes", "sve2", "asimd")


def one_thread(core: int | None) -> int | None:
    """Give this process one thread on one core; call it before any peer is imported.

    Returns
    -------
    int or None
        The core, or None where the system cannot pin a process.
    """
    os.environ.update(_ONE_THREAD)
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = os.sched_getaffinity(0)
    chosen = max(allowed) if core is None else core
    if chosen not in allowed:
        raise ValueError(f"core={core}: allowed are {sorted(allowed)}")
    os.sched_setaffinity(0, {chosen})
    return chosen


def describe(core: int | None) -> dict[str, str | int | float | None]:
    """CPU, instruction sets and software, for the head of the table."""
    fields = _cpu_fields()
    flags = set(fields.get("flags", fields.get("Features", "")).split())
    return {
        "cpu": cpu_name(),
        "instruction_sets": " ".join(name for name in _INSTRUCTION_SETS if name in flags),
        "cpus": os.cpu_count(),
        "threads": 1,
        "pinned": "no" if core is None else "to one core",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def cpu_name() -> str:
    """Model name of the CPU as the system gives it."""
    fields = _cpu_fields()
    return fields.get("model name") or platform.processor() or platform.machine()


def cpu_slug() -> str:
    """The CPU's name for a file name: lower case, without what every CPU is called."""
    name = re.sub(r"\((r|tm)\)|@.*|\b(cpu|processor|\d+-core)\b", " ", cpu_name().lower())
    return "-".join(re.findall(r"[a-z0-9]+", name)) or "unknown"


def load_average() -> float | None:
    """Mean number of runnable processes in the last minute: what else the machine was doing."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _cpu_fields() -> dict[str, str]:
    """First processor of /proc/cpuinfo; empty where there is none."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    lines = path.read_text().split("\n\n", 1)[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
