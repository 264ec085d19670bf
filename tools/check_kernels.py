"""What the CUDA compiler says of kernels that sweep or draw: registers, stack, spills.

``python tools/check_kernels.py REPORT`` reads what a build with ``CUDAFLAGS=-Xptxas=-v`` for one
architecture has printed, prints a table, and exits with 1 if one of those that everything depends
on uses local memory: that is slow, and nothing else would tell where no GPU is. These are, with
Philox, the strips of lattices, the sites of up to six bonds without a field and of 13 to 127, and
whatever sweeps real couplings; and, with no generator to choose, whatever multiplies bits by
weights, and what adds up moments.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

KERNEL = re.compile(
    r"Compiling entry function '(?P<symbol>\w+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<spills>\d+) bytes spill stores.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)


class Kernel(NamedTuple):
    """One kernel's resources."""

    name: str
    registers: int
    stack: int
    spills: int

    @property
    def matters(self) -> bool:
        """Whether speed depends on it."""
        return (
            re.search(
                r"HalfSweep.*Philox|UpdateSites [246] ZeroField.*Philox|UpdateManyBonds 2 Philox"
                r"|(StepDense|ScanDense|ScanShared|SparseLevel|SparseSweeps|PatternSweeps) .*Philox"
                r"|ApplyDense|MultiplyDense"
                r"|DrawUnits|WriteUnits|WriteSums|AddOuter|AddMoments",
                self.name,
            )
            is not None
        )


def resources(report: str) -> list[Kernel]:
    """Return what the compiler says of each kernel that sweeps or draws."""
    found = (
        Kernel(_name(m["symbol"]), int(m["registers"]), int(m["stack"]), int(m["spills"]))
        for m in KERNEL.finditer(report)
    )
    return [kernel for kernel in found if kernel.name]


def _name(symbol: str) -> str:
    """Shape of the launch, lattice, rule, generator: ``HalfSweep cubic AnyFieldGlauber Philox``.

    Graphs have slots for bonds instead of a lattice: ``UpdateSites 6 ZeroFieldFlip Philox``. After
    ``HalfSweep``'s generator comes how many replicas a launch can take. Real couplings have
    neither: ``StepDense Metropolis Philox``. Patterns have how overlaps are kept, and how many
    blocks of them, or pairs of blocks: ``PatternSweeps Packed 1 Metropolis Philox``. Many bonds
    have their number of digits, or 0 for any. Products of bits and weights have how many groups of
    rows a warp takes: ``DrawUnits 4``.
    """
    shape = re.search(
        r"\d(HalfSweep|SmallSweeps|UpdateSites|UpdateSharing|UpdateManyBonds"
        r"|StepDense|ScanDense|ScanShared|ApplyDense|MultiplyDense|FlipsFromSpins"
        r"|SparseLevel|SparseSweeps"
        r"|PatternSweeps|PatternTurns|BringPatternTurns|TurnPatternSpins"
        r"|DrawUnits|WriteUnits|WriteSums|AddOuter|AddMoments)[IE]",
        symbol,
    )
    real = re.search(r"5rules\d+(HeatBath|Metropolis)E", symbol)
    rule = re.search(r"\d(ZeroField[A-Z][a-z]+|AnyField)I.*?Li(?P<neighbours>\d+)E", symbol)
    generator = re.search(r"\d(Aes|Philox)(?:Planes|OneWord)", symbol)
    dynamics = re.search(r"DynamicsE(\d)", symbol)
    words = [match[1] for match in (shape, real, rule, generator) if match]
    overlaps = re.search(r"\d(PackedOverlaps|OverlapsInRegisters|OverlapsInMemory)", symbol)
    if overlaps:
        blocks = re.match(r"ILi(\d+)E", symbol[overlaps.end() :])
        words[1:1] = [re.sub("Overlaps|In", "", overlaps[1]), *(blocks.groups() if blocks else ())]
    if words[:1] == ["WriteUnits"]:
        words += re.findall(r"\dAs(Field|Probability)E", symbol)[:1]
    if words[:1] in (["DrawUnits"], ["WriteUnits"], ["WriteSums"], ["AddOuter"]):
        words[1:1] = re.findall(r"ILi(\d+)E", symbol)[:1]
    if words[:1] == ["UpdateManyBonds"]:
        words[1:1] = re.findall(r"Li(\d+)E", symbol)
    if dynamics:
        words[1] += ("Metropolis", "Glauber")[int(dynamics[1])]
    if rule:
        lattice = {"4": "square", "6": "cubic"} if "Update" not in words[0] else {}
        words.insert(1, lattice.get(rule["neighbours"], rule["neighbours"]))
    if words[:1] == ["HalfSweep"]:
        words += re.findall(r"Li(\d+)E", symbol.split("EEv", maxsplit=1)[0])[-1:]
    return " ".join(words)


def main() -> int:
    """Print the table and return the exit code."""
    kernels = resources(Path(sys.argv[1]).read_text(encoding="utf-8"))
    bad = [kernel for kernel in kernels if kernel.matters and (kernel.stack or kernel.spills)]
    print(f"{'':44} registers  stack  spills (bytes)")
    for kernel in sorted(kernels):
        print(f"{kernel.name:44} {kernel.registers:9} {kernel.stack:6} {kernel.spills:7}")
    for kernel in bad:
        print(f"{kernel.name} uses local memory")
    # One for each lattice and rule, two of those of two classes, one for each number of slots and
    # for many bonds; two rules of real couplings in five kernels, and with each way to keep
    # overlaps; three kernels that have no rule. Four with each number of rows that a warp can take,
    # and one with the largest. One that adds up moments.
    matter = 8 + 2 + 3 + 1 + 2 * (5 + 5) + 3 + 4 * 3 + 1 + 1
    if sum(kernel.matters for kernel in kernels) != matter:
        print("the kernels that matter were not found: has the compiler's report changed?")
        return 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
