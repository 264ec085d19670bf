"""The command ``multispin``: whole studies without writing a program."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from multispin import io
from multispin._base.extras import require
from multispin._info import info

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["main"]

_FAILED = 1  # a run that could not be made
_MISUSED = 2  # a command line that makes no sense
_INTERRUPTED = 130  # what a shell expects after Ctrl-C

_GLASS_SCAN = "0.8:2.0:13"
_SCAN = "1.6:3.0:15"
_PICTURES = (".png", ".pdf", ".svg")
# What an argument is called here, where it is not by its own name.
_OPTIONS = {"temperatures": "temperature", "shape": "size", "J": "coupling", "h": "field"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``multispin``; by default those of the process.

    Returns
    -------
    int
        0, or the exit status of a failure, which is one line on standard error: 2 for a command
        line that makes no sense, 1 for a run that could not be made, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    except (ValueError, TypeError) as error:
        return _complain(_about_options(str(error), options), _MISUSED)
    except OSError as error:
        what = error.strerror or str(error)
        return _complain(f"{error.filename}: {what}" if error.filename else what, _FAILED)
    except (RuntimeError, ImportError, MemoryError) as error:
        message = str(error) or type(error).__name__
        return _complain(_about_options(message, options), _FAILED)
    return 0


def _about_options(message: str, options: argparse.Namespace) -> str:
    """Begin a message about an argument with the option that it comes from."""
    name, colon, rest = message.partition(": ")
    option = _OPTIONS.get(name, name)
    known = colon and option in vars(options) and option != "run"
    return f"--{option.replace('_', '-')}: {rest}" if known else message


def _complain(message: str, status: int) -> int:
    print("multispin:", " ".join(message.split()), file=sys.stderr)
    return status


# --- the words of the command line --------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one line, like everything else here."""

    def error(self, message: str) -> NoReturn:
        self.exit(_MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows a default where it is a plain value; where it is not, the text says what happens."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        plain = isinstance(action.default, (str, int, float)) and action.default is not False
        return super()._get_help_string(action) if plain else action.help


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="multispin",
        description="Bit-parallel Monte Carlo for spin models.",
        epilog="Every command has its own help: multispin COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"multispin {info()['version']}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_info(commands)
    _add_ising(commands)
    _add_glass(commands)
    _add_replicas(commands)
    _add_bench(commands)
    _add_demo(commands)
    return parser


def _add_info(commands: Any) -> None:
    _add_command(
        commands, "info", _info, "show instruction set, threads, devices, generators and build", ""
    )


def _add_ising(commands: Any) -> None:
    command = _add_command(
        commands,
        "ising",
        _ising,
        "simulate a square lattice at one or many temperatures",
        "Writes every measurement, and a picture with the exact curves of the infinite lattice.",
    )
    add = command.add_argument
    add("--size", type=_shape, default="256", metavar="L", help="lattice: L, or ROWSxCOLUMNS")
    add(
        "--temperature",
        type=_temperatures,
        nargs="+",
        default=[_temperatures(_SCAN)],
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
    add("--dynamics", default="metropolis", metavar="NAME", help="metropolis or glauber")
    # A random start can freeze into stripes below T_c; it is not what a first look should show.
    add("--init", default="up", metavar="NAME", help="start: random, up or down")
    _add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--checkpoint", metavar="FILE", help="keep the run here, and go on from it if it is there")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    _add_files(command, "multispin-ising")


def _add_glass(commands: Any) -> None:
    command = _add_command(
        commands,
        "glass",
        _glass,
        "temper disorder samples of a spin glass",
        "Bonds +1 or -1 on a periodic lattice. Errors are over samples, or over time if it is one.",
    )
    add = command.add_argument
    add("--size", type=int, default=6, metavar="L", help="side of the lattice")
    add("--dimensions", type=int, default=3, metavar="D", help="dimensions of the lattice, 1 to 4")
    add(
        "--temperature",
        type=_temperatures,
        nargs="+",
        default=[_temperatures(_GLASS_SCAN)],
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
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--checkpoint", metavar="FILE", help="keep the run here, and go on from it if it is there")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    _add_files(command, "multispin-glass")


def _add_replicas(commands: Any) -> None:
    command = _add_command(
        commands,
        "replicas",
        _replicas,
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
    _add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    _add_files(command, "multispin-replicas")


def _add_bench(commands: Any) -> None:
    command = _add_command(
        commands,
        "bench",
        _bench,
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
    _add_files(command, "multispin-bench")


def _add_demo(commands: Any) -> None:
    command = _add_command(
        commands,
        "demo",
        _demo,
        "run the tour and write it as one HTML page",
        "The page works offline. The measurements and the first picture are written beside it.",
    )
    add = command.add_argument
    add("--chapter", type=int, nargs="+", metavar="N", help="run only these chapters")
    add("--quick", action="store_true", help="seconds instead of a minute, and large error bars")
    add("--output", metavar="FILE", default="multispin-demo.html", help="HTML page")


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str, more: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {more}",
        formatter_class=_Help,
    )
    command.set_defaults(run=run)
    return command


def _add_machine(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:INDEX")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")


def _add_files(command: argparse.ArgumentParser, stem: str) -> None:
    add = command.add_argument
    add("--output", metavar="FILE", default=f"{stem}.nc", help="netCDF file with the numbers")
    add("--picture", metavar="FILE", default=f"{stem}.png", help=".png, .pdf or .svg file")


def _shape(word: str) -> tuple[int, int]:
    rows, cross, columns = word.partition("x")
    try:
        return int(rows), int(columns if cross else rows)
    except ValueError:
        message = f"got {word!r}, allowed: L or ROWSxCOLUMNS, such as 512 or 256x1024"
        raise argparse.ArgumentTypeError(message) from None


def _temperatures(word: str) -> list[float]:
    try:
        if ":" not in word:
            return [float(word)]
        first, last, how_many = word.split(":")
        # Without rounding 1.6:3.0:15 would hold 2.3000000000000003.
        grid = np.linspace(float(first), float(last), int(how_many))
        return [round(float(value), 12) for value in grid]
    except ValueError:
        message = f"got {word!r}, allowed: a number or FIRST:LAST:HOW_MANY, such as 1.6:3.0:15"
        raise argparse.ArgumentTypeError(message) from None


# --- what the commands do -----------------------------------------------------------------------


def _info(_options: argparse.Namespace) -> None:
    for name, value in info().items():
        if isinstance(value, dict):
            inner = [f"{key}: {_plain(item)}" for key, item in value.items()]
            print(f"{name:16} {inner[0] if inner else 'none'}")
            for line in inner[1:]:
                print(f"{'':16} {line}")
        else:
            print(f"{name:16} {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value) or "none"
    return str(value)


def _ising(options: argparse.Namespace) -> None:
    from multispin import plot
    from multispin._base import checks
    from multispin.analysis.statistics import MIN_DRAWS
    from multispin.analysis.summary import summarize
    from multispin.models import Ising
    from multispin.runs.simulation import simulate

    _check_files(options)
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
    _print_averages(summarize(run))
    _write(
        run, options, plot.runs.overview(run) if len(temperatures) > 1 else plot.runs.series(run)
    )


def _print_averages(table: xr.Dataset) -> None:
    rows = [("T", "energy/spin", "exact", "|m|", "exact", "chi", "U4", "tau")]
    exact_energy, exact_magnetization = _exact(table)
    for index, temperature in enumerate(table.temperature.values):
        at = table.isel(temperature=index)
        rows.append(
            (
                f"{temperature:.4f}",
                f"{float(at.energy_per_spin):.5f} ± {float(at.energy_per_spin_error):.5f}",
                exact_energy[index],
                f"{float(at.abs_magnetization):.5f} ± {float(at.abs_magnetization_error):.5f}",
                exact_magnetization[index],
                f"{float(at.susceptibility):.4g}",
                f"{float(at.binder):.4f}",
                f"{float(at.tau):.3g}",
            )
        )
    _print_table(rows)
    if exact_energy[0] != "-":
        print("exact: the infinite lattice (Onsager, Yang); tau: of |m|, in sweeps")


def _exact(table: xr.Dataset) -> tuple[list[str], list[str]]:
    from multispin import exact

    if table.attrs["h"] != 0.0 or table.attrs["J"] == 0.0:
        return ["-"] * table.sizes["temperature"], ["-"] * table.sizes["temperature"]
    bulk = exact.onsager(table.temperature.values, J=table.attrs["J"])
    return [f"{x:.5f}" for x in bulk.energy], [f"{x:.5f}" for x in bulk.magnetization]


def _glass(options: argparse.Namespace) -> None:
    from multispin import plot
    from multispin._base import checks
    from multispin.analysis.statistics import MIN_DRAWS
    from multispin.analysis.summary import summarize_overlaps
    from multispin.models import EdwardsAnderson
    from multispin.runs.tempering import temper

    _check_files(options)
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
        rng=options.rng,
        threads=options.threads,
        checkpoint=options.checkpoint,
        progress=options.progress,
    )
    _print_glass(run, summarize_overlaps(run))
    _write(run, options, plot.glass.overlap_distribution(run))


def _print_glass(run: xr.Dataset, table: xr.Dataset) -> None:
    from multispin.analysis.summary import energy_per_spin

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
    _print_table(rows)


def _with_error(value: float, error: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.4g} ± " + ("-" if np.isnan(error) else f"{error:.2g}")


def _replicas(options: argparse.Namespace) -> None:
    from multispin import plot
    from multispin._base import checks
    from multispin.models import EdwardsAnderson, Ising
    from multispin.runs.replica_sweeps import replica_sweep

    _check_files(options)
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
    _print_replicas(run)
    name = f"{options.model} {' × '.join(map(str, shape))},  $T = {options.temperature:g}$"
    _write(run, options, plot.replicas.overview({name: run}))


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
    _print_table(rows)
    slope, error = float(run.energy_per_spin_slope), float(run.energy_per_spin_slope_error)
    if np.isfinite(slope):  # there are two numbers of replicas, and errors
        print(f"error ~ R^({slope:.3f} ± {error:.3f}); independent replicas: -1/2")


def _bench(options: argparse.Namespace) -> None:
    from multispin import plot
    from multispin.runs import throughput

    _check_files(options)
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
    rows = [
        (
            "L",
            *(f"{name}, {n} thr." for name in bench.generator.values for n in bench.threads.values),
        )
    ]
    for size in bench["size"].values:
        row = bench.flips_per_ns.sel(size=size).values.ravel()
        rows.append((str(size), *(f"{speed:.2f}" for speed in row)))
    _print_table(rows)
    print(
        f"spin updates per ns at T_c; {bench.attrs['instruction_set']}, {bench.attrs['processor']}"
    )
    _write(bench, options, plot.runs.throughput(bench))


def _demo(options: argparse.Namespace) -> None:
    from multispin import tour

    tour.run(options.output, chapters=options.chapter, quick=options.quick)


def _check_files(options: argparse.Namespace) -> None:
    """Find out before the run whether its results can be kept."""
    require("xarray", "run")
    require("h5netcdf", "run")
    require("matplotlib", "plot")
    if Path(options.picture).suffix not in _PICTURES:
        listed = ", ".join(_PICTURES)
        raise ValueError(f"--picture: got {options.picture!r}, allowed: a name ending in {listed}")
    io.check_writable(options.output, "--output")
    io.check_writable(options.picture, "--picture")


def _write(data: xr.Dataset, options: argparse.Namespace, figure: Figure) -> None:
    data.to_netcdf(options.output, engine="h5netcdf")
    figure.savefig(options.picture)
    print(f"wrote {options.output} and {options.picture}")


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, right-aligned under the first row."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
