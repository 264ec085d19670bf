"""Goal, measured and ratio: the table of a run of multispin_bench.

    python bench/cpp/report.py bench.json --goals bench/goals.toml --output bench/results

Reads the JSON that Google Benchmark writes; writes a table of the goals and of everything that was
measured, as markdown, and the numbers as JSON; their names hold the date and the processor, the GPU
or both, whichever was measured. Exit status 1: some benchmark had wrong physics or did not run.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import tomllib

Record = dict[str, Any]
FLIPS = "flips_per_ns"
# What Google Benchmark says of itself and of the place: no part of a result that is shown around.
PRIVATE = ("host_name", "executable", "library_build_type")


def main() -> int:
    """Read, print, save; the exit status."""
    options = _parser().parse_args()
    run = json.loads(options.run.read_text(encoding="utf-8"))
    goals = tomllib.loads(options.goals.read_text(encoding="utf-8"))["goal"]
    context = {key: value for key, value in run["context"].items() if key not in PRIVATE}
    measured = {_name(record): record for record in run["benchmarks"]}
    text = markdown(context, goals, measured)
    print(text)
    stem = "-".join([context["date"][:10], "cpp", *map(_slug, _devices(context, measured))])
    options.output.mkdir(parents=True, exist_ok=True)
    document = {"context": context, "benchmarks": measured}
    for suffix, content in ((".md", text), (".json", json.dumps(document, indent=2) + "\n")):
        path = options.output / (stem + suffix)
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path}")
    return 1 if any("error_message" in record for record in measured.values()) else 0


def goal_row(goal: Record, measured: dict[str, Record]) -> list[str]:
    """One line of the table of goals; the ratio is above one where the goal is surpassed."""
    row = [goal["what"], f"{goal['must']:g}", f"{goal['aim']:g}"]
    value = _value(goal, measured)
    if value is None:
        return [*row, goal.get("measured_by", "not measured"), "", "", ""]
    # A goal of 0 is to run at all.
    ratios = [value / goal[key] if goal[key] else math.inf for key in ("must", "aim")]
    if goal.get("lower", False):
        ratios = [1 / ratio for ratio in ratios]
    verdict = "missed" if ratios[0] < 1 else "must" if ratios[1] < 1 else "aim"
    shown = ["runs" if math.isinf(ratio) else f"{ratio:.2f}" for ratio in ratios]
    return [*row, f"{value:.3g}", *shown, verdict]


def measured_row(name: str, record: Record) -> list[str]:
    """One line of the table of measurements."""
    if "error_message" in record:
        return [name, "", "", record["error_message"]]
    check = f"{record['energy_error']:+.1e} within {record['tolerance']:.1e}"
    return [name, f"{record[FLIPS]:.3g}", f"{record['MiB']:.3g}", check]


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Aligned columns; valid markdown."""
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in [headings, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def markdown(context: Record, goals: list[Record], measured: dict[str, Record]) -> str:
    """The whole report."""
    goal_table = table(
        ["goal", "must", "aim", "measured", "/ must", "/ aim", "reached"],
        [goal_row(goal, measured) for goal in goals],
    )
    speed_table = table(
        ["benchmark", "flips/ns", "MiB", "energy - exact"],
        [measured_row(name, record) for name, record in measured.items()],
    )
    return f"""# Speed against its goals

{_machine_line(context)}

{goal_table}

flips/ns: attempted spin updates per ns, the fastest of {_repetitions(measured)} repetitions of
about 0.1 s. Energy: that of the same kernel and lattice at T = 4 (T = 8 of cubic ones and
glasses), against the exact one; the tolerance is six standard deviations.

{speed_table}
"""


def _machine_line(context: Record) -> str:
    load = context.get("load_avg") or [float("nan")]
    return (
        f"{context['date'][:10]}. {context['processor']}, {context['num_cpus']} CPUs, "
        f"{context['threads_available']} threads available, load {load[0]:.2g} at the start; "
        f"instruction sets {context['instruction_sets']}, all but their comparison with "
        f"{context['instruction_set']}; planes: aes {context['planes_aes']}, philox "
        f"{context['planes_philox']}; compiler {context['compiler']}.{_gpu_line(context)}"
    )


def _gpu_line(context: Record) -> str:
    if "gpu" not in context:
        return ""
    return (
        f" GPU: {context['gpu']}, compute capability {context['gpu_compute_capability']}; CUDA "
        f"runtime {context['cuda_runtime']}, driver for {context['cuda_driver']}."
    )


def _devices(context: Record, measured: dict[str, Record]) -> list[str]:
    """Names of what was measured: the processor, the GPU or both."""
    on_gpu = {name.split("/")[1] == "cuda" for name in measured}
    names = {False: context["processor"], True: context.get("gpu", "unknown")}
    return [names[kind] for kind in sorted(on_gpu)]


def _value(goal: Record, measured: dict[str, Record]) -> float | None:
    names = [goal[key] for key in ("benchmark", "relative_to") if key in goal]
    records = [measured.get(name, {}) for name in names]
    quantity = goal.get("quantity", FLIPS)
    if not records or any(quantity not in r or "error_message" in r for r in records):
        return None
    values = [float(record[quantity]) for record in records]
    return values[0] / values[1] if len(values) > 1 else values[0]


def _name(record: Record) -> str:
    return re.sub(r"/iterations:.*", "", record["name"])


def _repetitions(measured: dict[str, Record]) -> int:
    return max((record["iterations"] for record in measured.values()), default=0)


def _slug(processor: str) -> str:
    name = re.sub(r"\((r|tm)\)|@.*|\b(cpu|processor|\d+-core)\b", " ", processor.lower())
    return "-".join(re.findall(r"[a-z0-9]+", name)) or "unknown"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("run", type=Path, help="JSON written by multispin_bench")
    parser.add_argument("--goals", type=Path, required=True, help="goals.toml")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
