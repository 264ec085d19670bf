"""The comparison as a table, as markdown and as JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from peer import physics, timing

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = "multispin"
_HEADINGS = ("peer", "version", "L", "flips/ns", "min to max", f"{REFERENCE} / peer", "physics")


@dataclass
class Result:
    """What a run found out about one peer."""

    name: str
    status: str = "measured"  # or "not installed" or "failed"
    trouble: str = ""  # why it is not "measured"
    version: str = ""
    dynamics: str = ""
    notes: str = ""
    size: int | None = None
    chains: int = 1
    sizes_tried: dict[int, float] = field(default_factory=dict)  # L -> flips/ns
    flips_per_ns: list[float] = field(default_factory=list)  # one a round
    checks: list[physics.Check] = field(default_factory=list)

    @property
    def median(self) -> float | None:
        """Median over the rounds."""
        return statistics.median(self.flips_per_ns) if self.flips_per_ns else None

    @property
    def sound(self) -> bool:
        """Measured with right physics, or absent: nothing went wrong."""
        right = self.status == "measured" and all(check.passed for check in self.checks)
        return right or self.status == "not installed"


def ratio(reference: Result | None, result: Result) -> float | None:
    """Median over the rounds of reference / peer; the two of a round ran within seconds."""
    if reference is None or not (reference.flips_per_ns and result.flips_per_ns):
        return None
    pairs = zip(reference.flips_per_ns, result.flips_per_ns, strict=False)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def _cells(result: Result, reference: Result | None) -> tuple[str, ...]:
    if result.median is None:
        return (result.name, result.version or "-", "-", result.status, "-", "-", "-")
    size = f"{result.size}" if result.chains == 1 else f"{result.size} ({result.chains} chains)"
    factor = ratio(reference, result)
    speeds = f"{min(result.flips_per_ns):.3g} to {max(result.flips_per_ns):.3g}"
    return (
        result.name,
        result.version,
        size,
        f"{result.median:.3g}",
        speeds,
        "-" if factor is None else f"{factor:.3g}",
        ("passed" if result.sound else "FAILED") if result.checks else result.status,
    )


def _find(results: list[Result], name: str) -> Result | None:
    return next((result for result in results if result.name == name), None)


def table(results: list[Result]) -> str:
    """Aligned columns; it is valid markdown too."""
    rows = [_HEADINGS, *(_cells(result, _find(results, REFERENCE)) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def trouble_lines(results: list[Result]) -> str:
    """Why peers are missing from the table."""
    return "\n".join(
        f"- `{result.name}` {result.status}: {result.trouble}"
        for result in results
        if result.status != "measured"
    )


def check_lines(results: list[Result]) -> str:
    """One line a check: measured, exact, difference, tolerance."""
    return "\n".join(
        f"{result.name:15s} T = {check.temperature:.1f}: e = {check.measured:+.6f}, "
        f"exact {check.exact:+.6f}, difference {check.measured - check.exact:+.1e}, "
        f"tolerance {check.tolerance:.1e} ({check.draws} draws): "
        f"{'passed' if check.passed else 'FAILED'}"
        for result in results
        for check in result.checks
    )


def machine_line(machine: dict[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{machine['cpu']} ({machine['instruction_sets']}), {machine['cpus']} CPUs, "
        f"{machine['threads']} thread, pinned {machine['pinned']}, {machine['system']}, "
        f"Python {machine['python']}; load {machine['load_before']} at the start, the run had "
        f"{machine['core_share']:.0%} of its core"
    )


def markdown(results: list[Result], settings: dict[str, Any], machine: dict[str, Any]) -> str:
    """The whole report."""
    peers = "\n".join(
        f"- `{result.name}`: {result.dynamics}{result.notes and f' ({result.notes})'}. Tried "
        + ", ".join(f"L = {size}: {speed:.3g}" for size, speed in result.sizes_tried.items())
        + "."
        for result in results
        if result.sizes_tried
    )
    trouble = trouble_lines(results)
    notes = peers + ("\n" + trouble if trouble else "")
    return f"""# 2D Ising model at T_c, one thread: multispin and its peers

{settings["date"]}. {machine_line(machine)}.

{table(results)}

One run, {settings["rounds"]} interleaved rounds of {settings["seconds"]:g} s each; medians, and
the median of the rounds' ratios. flips/ns: attempted spin updates per ns of CPU time, from the
difference between a long call and the shortest one, so without compilation, conversion and setup.
Timed at T_c = {physics.CRITICAL_TEMPERATURE:.6f}, {timing.WARM_UP_SWEEPS} or more sweeps after a
random start. Every peer runs at the one of its lattice sizes that is fastest; multispin at that
of its goals.

{notes}

Energy per spin against Onsager's, on both sides of T_c ({physics.CHECK_BURN_IN} sweeps to
equilibrium, then a draw every {physics.CHECK_SPACING}; the tolerance is
{physics.CHECK_DEVIATIONS:g} exact standard deviations of the mean):

```
{check_lines(results)}
```
"""


def as_json(results: list[Result], settings: dict[str, Any], machine: dict[str, Any]) -> str:
    """Everything, rounds included."""
    reference = _find(results, REFERENCE)
    peers = [
        {
            **vars(result),
            "checks": [check.as_dict() for check in result.checks],
            "median": result.median,
            f"{REFERENCE}_ratio": ratio(reference, result),
        }
        for result in results
    ]
    document = {"settings": settings, "machine": machine, "peers": peers}
    return json.dumps(document, indent=2) + "\n"


def write(
    stem: Path, results: list[Result], settings: dict[str, Any], machine: dict[str, Any]
) -> list[Path]:
    """Write ``<stem>.json`` and ``<stem>.md``."""
    texts = {
        ".json": as_json(results, settings, machine),
        ".md": markdown(results, settings, machine),
    }
    paths = []
    for suffix, text in texts.items():
        path = stem.with_name(stem.name + suffix)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
