"""2D Ising model at T_c: multispin and programs that anybody can install, side by side.

    pip install -r bench/python/requirements.txt
    python bench/python/peers.py --peers multispin numba thrml --rounds 5

One process, one thread, one core, interleaved rounds. Each peer runs at its best lattice size and
has its energy checked against Onsager's in the same run. Prints a table; writes JSON and markdown
to bench/results. A peer that is not installed is listed as such. Exit status 1: a peer failed, or
its physics did.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import sys
import time
from pathlib import Path

from peer import MODULES, machine

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main() -> int:
    """Run the comparison; the exit status."""
    parser = _parser()
    options = parser.parse_args()
    try:
        core = machine.one_thread(options.core)
        options.output.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    # After the pinning: importing a peer may start its threads.
    from peer import contest, report

    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    settings = {"date": date, "seconds": options.seconds, "rounds": options.rounds}
    description = machine.describe(core) | {"load_before": machine.load_average()}
    wall, cpu = time.perf_counter(), time.process_time()
    results = contest.compare(list(dict.fromkeys(options.peers)), options.seconds, options.rounds)
    description["core_share"] = round((time.process_time() - cpu) / (time.perf_counter() - wall), 3)

    print(report.machine_line(description))
    print(report.table(results))
    for lines in (report.trouble_lines(results), report.check_lines(results)):
        if lines:
            print(lines)
    stem = options.output / f"{date}-peers-{machine.cpu_slug()}"
    for path in report.write(stem, results, settings, description):
        print(f"wrote {path}")
    return 0 if all(result.sound for result in results) else 1


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(MODULES)
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", 1)[0],
        epilog="Peers come from bench/python/requirements.txt.",
    )
    add = parser.add_argument
    add("--peers", nargs="+", choices=MODULES, default=list(MODULES), metavar="NAME",
        help=f"which of {names} (default: all)")  # fmt: skip
    add("--seconds", type=seconds, default=0.5,
        help="sweeping time of one measurement (default: 0.5)")  # fmt: skip
    add("--rounds", type=rounds, default=5, help="3 or more (default: 5)")
    add("--core", type=int, help="the core to run on (default: the last one)")
    add("--output", type=Path, default=RESULTS,
        help="folder of the JSON and the markdown file (default: bench/results)")  # fmt: skip
    return parser


def seconds(text: str) -> float:
    """Read a time above 0."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a time above 0")
    return value


def rounds(text: str) -> int:
    """Read a number of rounds that has a median and a spread."""
    value = int(text)
    if value < 3:
        raise argparse.ArgumentTypeError(f"{text} is not 3 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
