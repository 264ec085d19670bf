"""``multispin bench``: spin updates per nanosecond on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from multispin import plot
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files
from multispin.runs import throughput

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "bench",
        _run,
        "measure spin updates per nanosecond on this machine",
        "Square lattices at the critical temperature, for each size, generator and thread count.",
    )
    add = command.add_argument
    sizes = [128, 512, 2048, 8192]
    listed = "linear sizes (default: 128 512 2048 8192)"
    add("--size", type=int, nargs="+", default=sizes, metavar="L", help=listed)
    listed = "generators (default: aes philox; on a GPU: philox)"
    add("--rng", nargs="+", metavar="NAME", help=listed)
    add("--device", default="cpu", metavar="NAME", help="cpu, cuda or cuda:INDEX")
    add("--threads", type=int, nargs="+", metavar="N", help="thread counts (default: 1 and all)")
    add("--dynamics", default="metropolis", metavar="NAME", help="metropolis or glauber")
    add("--seconds", type=float, default=0.2, metavar="S", help="time of one repetition")
    add_files(command, "multispin-bench")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    on_cpu = options.device == "cpu"
    cores = len(os.sched_getaffinity(0))
    bench = throughput.measure(
        sizes=options.size,
        generators=options.rng or (["aes", "philox"] if on_cpu else ["philox"]),
        threads=options.threads or (sorted({1, cores}) if on_cpu else [1]),
        dynamics=options.dynamics,
        seconds=options.seconds,
        device=options.device,
    )
    write(bench, options, plot.runs.throughput(bench))
    rows = [
        (
            "L",
            *(f"{name}, {n} thr." for name in bench.generator.values for n in bench.threads.values),
        )
    ]
    for size in bench["size"].values:
        row = bench.flips_per_ns.sel(size=size).values.ravel()
        rows.append((str(size), *(f"{speed:.2f}" for speed in row)))
    print_table(rows)
    print(
        f"spin updates per ns at T_c; {bench.attrs['instruction_set']}, {bench.attrs['processor']}"
    )
    print_files(options)
