"""``multispin ising``: a square or cubic lattice at one or many temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin import exact, plot
from multispin._base import checks
from multispin.analysis.statistics import MIN_DRAWS
from multispin.analysis.summary import summarize
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files, add_machine, shape_of, temperatures_of
from multispin.models import Ising
from multispin.runs.simulation import simulate

if TYPE_CHECKING:
    import argparse

    import xarray as xr

_SCAN = "1.6:3.0:15"


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "ising",
        _run,
        "simulate a square or cubic lattice at one or many temperatures",
        "Writes every measurement, and a picture, with the exact curves of the infinite square "
        "lattice.",
    )
    add = command.add_argument
    add(
        "--size",
        type=shape_of,
        default="256",
        metavar="L",
        help="lattice: L for L x L, ROWSxCOLUMNS, or PLANESxROWSxCOLUMNS",
    )
    add(
        "--temperature",
        type=temperatures_of,
        nargs="+",
        default=[temperatures_of(_SCAN)],
        metavar="T",
        help=f"temperatures, k_B = 1: numbers, or FIRST:LAST:HOW_MANY (default: {_SCAN})",
    )
    add("--sweeps", type=int, default=20000, metavar="N", help="measured sweeps")
    add("--thermalization", type=int, default=5000, metavar="N", help="sweeps before those")
    add("--interval", type=int, default=10, metavar="N", help="sweeps between measurements")
    add("--replicas", type=int, default=1, metavar="N", help="chains at each temperature")
    add("--coupling", type=float, default=1.0, metavar="J", help="coupling, of either sign")
    add("--field", type=float, default=0.0, metavar="H", help="uniform field")
    add("--seed", type=int, default=1, metavar="N", help="seed of all random streams")
    add(
        "--dynamics",
        default="metropolis",
        metavar="NAME",
        help="metropolis, glauber, swendsen-wang or wolff",
    )
    # A random start can freeze into stripes below T_c; it is not what a first look should show.
    add("--init", default="up", metavar="NAME", help="start: random, up or down")
    add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--checkpoint", metavar="FILE", help="keep the run here, and go on from it if it is there")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    add_files(command, "multispin-ising")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    for side in options.size:
        checks.count("--size", side, 2)
    temperatures = [value for values in options.temperature for value in values]
    if options.interval > 0 and options.sweeps // options.interval < MIN_DRAWS:
        raise ValueError(
            f"--sweeps: got {options.sweeps}, allowed: at least {MIN_DRAWS} times --interval "
            f"({options.interval}), for error bars"
        )
    run = simulate(
        Ising(options.size, J=options.coupling, h=options.field),
        temperatures,
        sweeps=options.sweeps,
        thermalization=options.thermalization,
        interval=options.interval,
        replicas=options.replicas,
        seed=options.seed,
        dynamics=options.dynamics,
        init=options.init,
        device=options.device,
        rng=options.rng,
        threads=options.threads,
        checkpoint=options.checkpoint,
        progress=options.progress,
    )
    write(run, options, plot.runs.overview(run) if len(temperatures) > 1 else plot.runs.series(run))
    _print_averages(summarize(run))
    print_files(options)


def _print_averages(table: xr.Dataset) -> None:
    # Without a field the sign of m is chance.
    of, shown = ("abs_magnetization", "|m|") if table.attrs["h"] == 0 else ("magnetization", "m")
    rows = [("T", "energy/spin", "exact", shown, "exact", "chi", "U4", "tau", "tau(E)")]
    exact_energy, exact_magnetization = _exact(table)
    for index, temperature in enumerate(table.temperature.values):
        at = table.isel(temperature=index)
        rows.append(
            (
                f"{temperature:.4f}",
                f"{float(at.energy_per_spin):.5f} ± {float(at.energy_per_spin_error):.5f}",
                exact_energy[index],
                f"{float(at[of]):.5f} ± {float(at[of + '_error']):.5f}",
                exact_magnetization[index],
                f"{float(at.susceptibility):.4g}",
                f"{float(at.binder_cumulant):.4f}",
                f"{float(at.tau):.3g}",
                f"{float(at.tau_energy):.3g}",
            )
        )
    print_table(rows)
    exact_ones = "exact: the infinite lattice (Onsager, Yang); " if exact_energy[0] != "-" else ""
    print(f"{exact_ones}autocorrelation times in sweeps, tau: of |m|, tau(E): of the energy")


def _exact(table: xr.Dataset) -> tuple[list[str], list[str]]:
    square = len(table.attrs["shape"]) == 2
    if not square or table.attrs["h"] != 0.0 or table.attrs["J"] == 0.0:
        return ["-"] * table.sizes["temperature"], ["-"] * table.sizes["temperature"]
    bulk = exact.onsager(table.temperature.values, J=table.attrs["J"])
    return [f"{x:.5f}" for x in bulk.energy], [f"{x:.5f}" for x in bulk.magnetization]
