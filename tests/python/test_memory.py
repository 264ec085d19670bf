"""What can be allocated: the least of what machine, cgroups and the process's limits leave."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from multispin._base import memory

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GiB available, of which the process uses 1 GiB, and no cgroups."""
    files = {
        "proc/meminfo": f"MemTotal: {16 * GIB // 1024} kB\nMemAvailable: {8 * GIB // 1024} kB\n",
        "proc/self/status": f"Name:\tpython\nVmSize:\t {GIB // 1024} kB\n",
    }
    write(tmp_path, files)
    (tmp_path / "groups").mkdir()
    monkeypatch.setattr(memory, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _which: (-1, -1))
    memory._cgroup_folders.cache_clear()
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_machine(machine: Path) -> None:  # noqa: ARG001
    assert memory._available_memory() == 8 * GIB


def test_a_cgroup_of_version_2(machine: Path) -> None:
    write(machine, {
        "proc/self/cgroup": "0::/user/job\n",
        "groups/user/job/memory.max": f"{2 * GIB}\n",
        "groups/user/job/memory.current": f"{GIB}\n",
        "groups/user/job/memory.stat": f"anon {GIB // 2}\ninactive_file {GIB // 4}\n",
        "groups/user/memory.max": "max\n",
        "groups/user/memory.current": f"{7 * GIB}\n",
    })  # fmt: skip
    assert memory._available_memory() == GIB + GIB // 4


def test_the_cgroup_above(machine: Path) -> None:
    write(machine, {
        "proc/self/cgroup": "0::/user/job\n",
        "groups/user/job/memory.max": "max\n",
        "groups/user/job/memory.current": "0\n",
        "groups/user/memory.max": f"{GIB}\n",
        "groups/user/memory.current": f"{3 * GIB // 4}\n",
    })  # fmt: skip
    assert memory._available_memory() == GIB // 4


def test_a_cgroup_of_version_1_in_a_container(machine: Path) -> None:
    write(machine, {
        "proc/self/cgroup": "5:cpu,memory:/docker/of/the/host\n4:pids:/x\n",
        "groups/memory/memory.limit_in_bytes": f"{3 * GIB}\n",
        "groups/memory/memory.usage_in_bytes": f"{GIB}\n",
    })  # fmt: skip
    assert memory._available_memory() == 2 * GIB


def test_no_limit_of_version_1(machine: Path) -> None:
    write(machine, {
        "proc/self/cgroup": "5:memory:/\n",
        "groups/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "groups/memory/memory.usage_in_bytes": f"{GIB}\n",
    })  # fmt: skip
    assert memory._available_memory() == 8 * GIB


def test_limits_of_the_process(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _which: (3 * GIB, -1))
    assert memory._available_memory() == 2 * GIB


def test_a_process_beyond_its_limit_has_nothing(
    machine: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _which: (GIB // 2, -1))
    with pytest.raises(MemoryError, match="x: needed 0.00 GiB, available: 0.00 GiB"):
        memory.check_memory("x", 2**16)


@pytest.mark.one_in(7)
@pytest.mark.parametrize("call", [
    "ms.Sampler(ms.Ising((2**17, 2**17)))",
    "ms.simulate(ms.Ising((8, 8)), 2.0, sweeps=1_200_000_000, thermalization=0)",
    "ms.anneal(ms.Ising((8, 8)), [2.0], 10, replicas=10**9)",
    "ms.anneal(ms.Ising((8, 8)), [2.0] * 2000, 10, replicas=10**6)",
    "ms.temper(ms.Ising((8, 8)), [2.0, 3.0], 10**13, interval=100)",
    "ms.EdwardsAnderson((8, 8), samples=10**9)",
    "ms.Sampler(ms.Ising((8, 8))).record(10**12)",
])  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_process_with_little(call: str) -> None:
    program = (
        "import resource, multispin as ms\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
        "try:\n"
        f"    {call}\n"
        "except MemoryError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "needed" in done.stdout, done.stderr
    assert "GiB, available: " in done.stdout


@pytest.mark.one_in(2)
@pytest.mark.parametrize("dynamics", ["swendsen-wang", "wolff"])
def test_sweeps_of_clusters_take_no_more_memory_than_the_sampler_has(dynamics: str) -> None:
    """Threads that share a sweep must not throw, so what it needs is there when it begins."""
    script = (
        "import os, resource, multispin as ms\n"
        f"s = ms.Sampler(ms.Ising((2048, 2048)), 1.0, 1, {dynamics!r}, threads=1, init='up')\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "most = pages * os.sysconf('SC_PAGE_SIZE') + 4_000_000\n"
        "resource.setrlimit(resource.RLIMIT_AS, (most, most))\n"
        "s.sweep(1)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
