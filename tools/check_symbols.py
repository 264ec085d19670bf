"""Check that no instruction-set object file offers its code to everybody.

A function that is inline in a header and not inlined becomes a weak symbol; of several equal ones
the linker keeps any. Were one of them in an object built with AVX flags, a machine without AVX
could end up running it. So such an object may define no weak code.

Run as ``python tools/check_symbols.py BUILD_DIRECTORY`` on an optimised build.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ISA_OBJECT = re.compile(r"^(portable|avx2|avx512|neon)\.cpp\.o$")
WEAK_CLASSES = frozenset("WVu")


def weak_code(listing: str) -> list[str]:
    """Return the weak functions defined in the output of ``nm --format=sysv``.

    Its columns are name, value, class, type, size, line, section. A name may itself contain the
    separator (``operator|``), so the columns are counted from the right.
    """
    names = []
    for row in listing.splitlines():
        columns = [column.strip() for column in row.rsplit("|", 6)]
        if len(columns) != 7:
            continue
        name, _, kind, type_, _, _, section = columns
        if kind in WEAK_CLASSES and (type_ == "FUNC" or section.startswith(".text")):
            names.append(name)
    return names


def main(arguments: list[str]) -> int:
    """Check every instruction-set object under the build directory; return the exit code."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    objects = sorted(
        path for path in Path(arguments[0]).rglob("*.o") if ISA_OBJECT.search(path.name)
    )
    if not objects:
        print(f"{arguments[0]}: no instruction-set objects found")
        return 1
    failures = 0
    for path in objects:
        listing = subprocess.run(
            ["nm", "--demangle", "--defined-only", "--format=sysv", path],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in weak_code(listing):
            failures += 1
            print(f"{path.parent.name}/{path.name}: weak code symbol {name}")
    print(f"symbols: {len(objects)} object(s), {failures} weak code symbol(s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
