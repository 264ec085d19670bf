"""``multispin glass``: disorder samples of a spin glass, tempered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import plot
from multispin._base import checks
from multispin.analysis.statistics import MIN_DRAWS
from multispin.analysis.summary import energy_per_spin, summarize_overlaps
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files, add_machine, temperatures_of
from multispin.models import EdwardsAnderson
from multispin.runs.tempering import temper

if TYPE_CHECKING:
    import argparse

    import xarray as xr

_GLASS_SCAN = "0.8:2.0:13"


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "glass",
        _run,
        "temper disorder samples of a spin glass",
        "Bonds +1 or -1 on a periodic lattice. Errors are over samples, or over time if it is one.",
    )
    add = command.add_argument
    add("--size", type=int, default=6, metavar="L", help="side of the lattice")
    add("--dimensions", type=int, default=3, metavar="D", help="dimensions of the lattice, 1 to 4")
    add(
        "--temperature",
        type=temperatures_of,
        nargs="+",
        default=[temperatures_of(_GLASS_SCAN)],
        metavar="T",
        help=f"ascending temperatures: numbers, or FIRST:LAST:HOW_MANY (default: {_GLASS_SCAN})",
    )
    add("--samples", type=int, default=64, metavar="N", help="disorder samples")
    add("--replicas", type=int, default=2, metavar="N", help="replicas at each temperature")
    add("--sweeps", type=int, default=4000, metavar="N", help="measured sweeps")
    add("--thermalization", type=int, default=4000, metavar="N", help="sweeps before those")
    add("--interval", type=int, default=20, metavar="N", help="sweeps between measurements")
    add("--cluster-moves", action="store_true", help="swap clusters of replicas before exchanges")
    add("--seed", type=int, default=1, metavar="N", help="seed of bonds and random streams")
    add("--dynamics", default="metropolis", metavar="NAME", help="metropolis or glauber")
    add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--checkpoint", metavar="FILE", help="keep the run here, and go on from it if it is there")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    add_files(command, "multispin-glass")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    size = checks.count("--size", options.size, 2)
    shape = (size,) * checks.count("--dimensions", options.dimensions, 1, 4)
    samples = checks.count("--samples", options.samples, 1)
    if samples == 1 and options.interval > 0 and options.sweeps // options.interval < MIN_DRAWS:
        raise ValueError(
            f"--sweeps: got {options.sweeps}, allowed: at least {MIN_DRAWS} times --interval "
            f"({options.interval}), for error bars of one sample"
        )
    run = temper(
        EdwardsAnderson(shape, seed=options.seed, samples=samples if samples > 1 else None),
        [value for values in options.temperature for value in values],
        sweeps=options.sweeps,
        thermalization=options.thermalization,
        interval=options.interval,
        replicas=options.replicas,
        cluster_moves=options.cluster_moves,
        seed=options.seed,
        dynamics=options.dynamics,
        device=options.device,
        rng=options.rng,
        threads=options.threads,
        checkpoint=options.checkpoint,
        progress=options.progress,
    )
    write(run, options, plot.glass.overlap_distribution(run))
    _print_glass(run, summarize_overlaps(run))
    print_files(options)


def _print_glass(run: xr.Dataset, table: xr.Dataset) -> None:
    energy, error, _ = energy_per_spin(run)
    over = [dim for dim in run.swap_accepted.dims if dim != "gap"]
    acceptance = (run.swap_accepted.sum(over) / run.swap_attempts.sum(over)).values
    rows = [("T", "energy/spin", "chi_SG", "g", "xi/L", "swaps up")]
    for index, temperature in enumerate(run.temperature.values):
        at = table.isel(temperature=index)
        chi, binder, xi = (
            _with_error(float(at[name]), float(at[f"{name}_error"]))
            for name in ("spin_glass_susceptibility", "binder_ratio", "xi_over_length")
        )
        swaps = f"{acceptance[index]:.0%}" if index < len(acceptance) else "-"
        per_spin = f"{energy[index]:.5f} ± {error[index]:.5f}"
        rows.append((f"{temperature:.4f}", per_spin, chi, binder, xi, swaps))
    print_table(rows)


def _with_error(value: float, error: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.4g} ± " + ("-" if np.isnan(error) else f"{error:.2g}")
