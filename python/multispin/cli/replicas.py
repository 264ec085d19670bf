"""``multispin replicas``: throughput and error against the number of replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import plot
from multispin._base import checks
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files, add_machine
from multispin.models import EdwardsAnderson, Ising
from multispin.runs.replica_sweeps import replica_sweep

if TYPE_CHECKING:
    import argparse

    import xarray as xr


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "replicas",
        _run,
        "measure throughput and error against the number of replicas",
        "Replicas are independent copies of one system; the error of a mean over R is 1/sqrt(R).",
    )
    add = command.add_argument
    add("--model", default="glass", metavar="NAME", help="glass (bonds +1 or -1) or ising")
    add("--size", type=int, default=8, metavar="L", help="side of the lattice")
    add("--dimensions", type=int, default=3, metavar="D", help="dimensions of the lattice, 1 to 4")
    add("--temperature", type=float, default=1.5, metavar="T", help="temperature, k_B = 1")
    numbers = [2**k for k in range(11)]
    listed = "numbers of replicas, ascending (default: 1 2 4 ... 1024)"
    add("--replicas", type=int, nargs="+", default=numbers, metavar="R", help=listed)
    add("--sweeps", type=int, default=1000, metavar="N", help="measured sweeps")
    add("--thermalization", type=int, default=1000, metavar="N", help="sweeps before those")
    add("--interval", type=int, default=10, metavar="N", help="sweeps between measurements")
    add("--seed", type=int, default=1, metavar="N", help="seed of bonds and random streams")
    add("--dynamics", default="metropolis", metavar="NAME", help="metropolis or glauber")
    add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    add_files(command, "multispin-replicas")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    checks.choice("--model", options.model, ("glass", "ising"))
    size = checks.count("--size", options.size, 2)
    shape = (size,) * checks.count("--dimensions", options.dimensions, 1, 4)
    glass = options.model == "glass"
    run = replica_sweep(
        EdwardsAnderson(shape, seed=options.seed) if glass else Ising(shape),
        options.temperature,
        replicas=options.replicas,
        sweeps=options.sweeps,
        thermalization=options.thermalization,
        interval=options.interval,
        seed=options.seed,
        dynamics=options.dynamics,
        device=options.device,
        rng=options.rng,
        threads=options.threads,
        progress=options.progress,
    )
    name = f"{options.model} {' × '.join(map(str, shape))},  $T = {options.temperature:g}$"
    write(run, options, plot.replicas.overview({name: run}))
    _print_replicas(run)
    print_files(options)


def _print_replicas(run: xr.Dataset) -> None:
    rows = [("R", "flips/ns", "bytes/spin", "energy/spin", "error", "engine")]
    for R in run.replicas.values:
        at = run.sel(replicas=R)
        rows.append(
            (
                str(R),
                f"{float(at.flips_per_ns):.3g}",
                f"{float(at.bytes_per_spin):.3g}",
                f"{float(at.energy_per_spin):.6f}",
                f"{float(at.energy_per_spin_error):.6f}",
                str(at.engine.item()),
            )
        )
    print_table(rows)
    slope, error = float(run.energy_per_spin_slope), float(run.energy_per_spin_slope_error)
    if np.isfinite(slope):  # there are two numbers of replicas, and errors
        print(f"error ~ R^({slope:.3f} ± {error:.3f}); independent replicas: -1/2")
