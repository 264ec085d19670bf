"""The lab: frames a second while it sweeps, the share of the bare rate that is left, its memory.

    python bench/python/lab.py [MINUTES]

A lab in a process of its own streams a lattice of 2048² spins to a page without a browser, which
acknowledges a frame at the next 60th of a second. In turn with it, on the same cores, the same
sampler sweeps alone. What other programs do to the machine they do to both: the share counts. Then,
for so many minutes (1), tabs, sizes and temperatures change and pages come and go, and the memory
of the lab's process is read. Goals: 30 frames a second, 70 % of the bare rate, memory that is flat.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

import multispin as ms
from multispin.lab import frames

if TYPE_CHECKING:
    from collections.abc import Iterator

L = 2048
TEMPERATURE = 2.27
ROUNDS, SECONDS = 9, 2.0
DISPLAY = 1 / 60  # seconds between what a display shows
CHANGES = (
    ("ising", {"do": "set", "size": 512}),
    ("ising", {"do": "set", "temperature": 1.8}),
    ("ising", {"do": "loop", "on": True}),
    ("glass", {"do": "reset", "seed": 5}),
    ("glass", {"do": "set", "lattice": "10x10x10"}),
    ("ising", {"do": "set", "size": 4096, "temperature": 3.0}),
    ("glass", {"do": "set", "lattice": "8x8x8"}),
)


class Page:
    """A page that paints nothing and forgets nothing."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def send(self, **message: Any) -> None:
        """Send a message."""
        self._socket.send(json.dumps(message))

    def watch(self, seconds: float) -> list[tuple[float, dict[str, Any]]]:
        """Take frames for so long; return when each came, with its header."""
        seen = []
        end = time.perf_counter() + seconds
        while (now := time.perf_counter()) < end:
            data = self._socket.recv(30)
            if isinstance(data, bytes):
                header, _ = frames.unpack(data)
                now = time.perf_counter()
                seen.append((now, header))
                time.sleep(DISPLAY - now % DISPLAY)
                self.send(ack=header["number"])
        return seen


@contextmanager
def page_of(link: str) -> Iterator[Page]:
    """Connect to the lab of a link."""
    address = link.replace("http", "ws", 1).replace("/?", "/ws?")
    origin = link.partition("/?")[0]
    with connect(address, origin=origin, compression=None, max_size=2**24) as socket:
        yield Page(socket)


def bare_rate(sampler: ms.Sampler) -> float:
    """Sweeps a second of the sampler alone."""
    began = time.perf_counter()
    done = 0
    while (elapsed := time.perf_counter() - began) < SECONDS:
        sampler.sweep(20)
        done += 20
    return done / elapsed


def streaming(link: str) -> None:
    """Print frames a second and the share of the bare rate."""
    sampler = ms.Sampler(ms.Ising((L, L)), TEMPERATURE, seed=1, device="cpu")
    shares, rates, bare = [], [], []
    with page_of(link) as page:
        page.send(tab="ising", state={"size": L, "temperature": TEMPERATURE})
        for _ in range(ROUNDS):
            page.send(scene="ising", command={"do": "run", "on": False})
            page.watch(0.0)
            bare.append(bare_rate(sampler))
            page.send(scene="ising", command={"do": "run", "on": True})
            (first, before), *_, (last, after) = page.watch(SECONDS)[2:]
            frames_seen = after["number"] - before["number"]
            rates.append(frames_seen / (last - first))
            shares.append((after["sweeps"] - before["sweeps"]) / (last - first) / bare[-1])
    spins = L * L / 1e9
    print(f"bare              {statistics.median(bare) * spins:8.1f} flips/ns")
    print(
        f"frames a second   {statistics.median(rates):8.1f} ({min(rates):.1f} to {max(rates):.1f})"
    )
    share = statistics.median(shares)
    print(f"share of the bare {share:8.0%} ({min(shares):.0%} to {max(shares):.0%})")


def memory(link: str, process: int, minutes: float) -> None:
    """Print the memory of the process while pages do this and that."""
    end = time.monotonic() + 60 * minutes
    kept, turn = [], 0
    while time.monotonic() < end or len(kept) < 2:
        with page_of(link) as page:
            for _ in range(len(CHANGES)):
                tab, command = CHANGES[turn % len(CHANGES)]
                turn += 1
                page.send(tab=tab)
                page.watch(0.3)
                page.send(scene=tab, command=command)
                page.send(ask="python", scene=tab)
                page.watch(0.3)
        kept.append(resident(process))
    third = max(1, len(kept) // 3)
    print(f"memory, MiB       {' '.join(f'{one:.0f}' for one in kept[:: max(1, len(kept) // 12)])}")
    early, late = (
        statistics.median(kept[third : 2 * third] or kept),
        statistics.median(kept[-third:]),
    )
    print(f"last third over the one before: {late / early:.3f} ({turn} changes, {len(kept)} pages)")


def resident(process: int) -> float:
    """Memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def main() -> None:
    """Measure."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as cache:
        words = [sys.executable, "-m", "multispin", "lab", "--no-browser", "--port", "0"]
        process = subprocess.Popen([*words, "--cache", cache], stdout=subprocess.PIPE, text=True)
        try:
            link = re.search(r"http://\S+", process.stdout.readline())[0]
            streaming(link)
            memory(link, process.pid, minutes)
        finally:
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    main()
