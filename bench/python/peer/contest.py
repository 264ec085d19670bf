"""The run: set every peer up, time them in turn, check their physics."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from peer import MODULES, physics, timing
from peer.report import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from peer.interface import Peer

SEED = 20240229


@dataclass
class Entry:
    """A peer on its way through the run."""

    result: Result
    peer: Peer | None = None
    sweeps: int = 0  # of one measurement


def compare(names: list[str], seconds: float, rounds: int) -> list[Result]:
    """Run the named peers; a result for each of them, in that order."""
    entries = [Entry(Result(name)) for name in names]
    for entry in entries:
        _attempt("setting up", entry, lambda entry: _set_up(entry, seconds))
    for number in range(1, rounds + 1):
        for entry in entries:
            _attempt(f"round {number} of {rounds}", entry, _measure)
    for entry in entries:
        _attempt("checking the physics of", entry, _check)
    return [entry.result for entry in entries]


def _attempt(what: str, entry: Entry, step: Callable[[Entry], None]) -> None:
    """Do one step; one peer's trouble is a line of the table, not the end of the run."""
    result = entry.result
    if result.status != "measured":
        return
    print(f"{what}: {result.name}", file=sys.stderr, flush=True)
    try:
        step(entry)
    except ModuleNotFoundError as error:
        result.status, result.trouble = "not installed", str(error)
    except Exception as error:
        first_line = f"{type(error).__name__}: {error}".splitlines()[0]
        result.status, result.trouble = "failed", f"{what}: {first_line}"


def _set_up(entry: Entry, seconds: float) -> None:
    """Import the peer, measure every size once and keep the fastest."""
    result = entry.result
    kind: type[Peer] = importlib.import_module(f"peer.{MODULES[result.name]}").PEER
    result.version, *others = (metadata.version(name) for name in kind.distributions)
    if others:
        named = zip(kind.distributions[1:], others, strict=True)
        result.version += f" ({', '.join(' '.join(pair) for pair in named)})"
    result.dynamics = kind.dynamics
    for size in kind.sizes:
        peer = kind(size, SEED)
        timing.prepare(peer)
        sweeps = timing.sweeps_lasting(peer, seconds)
        speed = timing.flips_per_ns(peer, sweeps)
        if not result.sizes_tried or speed > max(result.sizes_tried.values()):
            entry.peer, entry.sweeps = peer, sweeps
            result.size, result.chains = size, kind.chains(size)
            result.notes = peer.notes()
        result.sizes_tried[size] = speed


def _measure(entry: Entry) -> None:
    if entry.peer is not None:
        entry.result.flips_per_ns.append(timing.flips_per_ns(entry.peer, entry.sweeps))


def _check(entry: Entry) -> None:
    if entry.peer is not None:
        for temperature in physics.CHECK_TEMPERATURES:
            entry.result.checks.append(physics.check_energy(entry.peer, temperature))
