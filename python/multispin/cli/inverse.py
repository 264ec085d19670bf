"""``multispin inverse``: couplings learned from samples in a file, or methods put to the test."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import plot
from multispin._base import checks, files
from multispin._base.extras import require
from multispin.cli.output import check_files, print_files, print_table, save_picture, write
from multispin.cli.samples import read_samples
from multispin.cli.words import add_command
from multispin.couplings import write_edges
from multispin.learn.inverse.benchmark import inverse_benchmark
from multispin.learn.inverse.comparison import compare
from multispin.learn.inverse.enumeration import MOST_SPINS
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.methods import METHODS
from multispin.learn.inverse.observations import UNITS, observed

if TYPE_CHECKING:
    import argparse

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.cli.samples import Samples
    from multispin.learn.inverse.comparison import Comparison

_SHOWN = 10  # couplings
_FEWEST, _MOST = 10_000, 100_000  # samples of the model
_SWEEPS = 500  # of each of them, beyond the spins whose states are summed
#: The standard figure, small.
_MODELS = ("ferromagnet", "glass", "sk", "random_graph", "hopfield")
_SPINS, _BETA, _SAMPLES, _REPETITIONS = 16, 0.4, (100, 1000, 10_000), 2

#: Options that say how a file is learned, by their defaults.
_OF_FILE = {
    "key": None, "method": "pseudolikelihood", "l1": 0.0, "l2": 0.0, "units": "auto",
    "pseudocount": 0.0, "threads": None, "device": "cpu", "couplings": None,
}  # fmt: skip


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "inverse",
        _run,
        "learn the couplings of an Ising model from samples",
        "A row of the file is a sample, of 0 and 1 or of -1 and 1; couplings and fields are those "
        "of -1 and 1. With --benchmark it plants couplings, draws samples, and shows how well each "
        "method recovers what was planted.",
    )
    add = command.add_argument
    add("file", metavar="FILE", nargs="?", help=".npy, .npz, .csv or .txt file with samples")
    add("--benchmark", action="store_true", help="put the methods to the test, without a file")
    add("--key", metavar="NAME", help="array of a .npz file that has several")
    add("--method", metavar="NAME", help=", ".join(METHODS))
    add("--l1", type=float, metavar="X", help="penalty of the sum of |J|")
    add("--l2", type=float, metavar="X", help="penalty of the sum of J^2")
    add("--units", metavar="NAME", help="spin, binary, or auto: what is there")
    counts = "samples of all states alike that are added to the moments"
    add("--pseudocount", type=float, metavar="X", help=counts)
    add("--seed", type=int, default=1, metavar="N", help="seed of all random numbers")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")
    add("--device", metavar="NAME", help="of boltzmann: auto, cpu, cuda or cuda:INDEX")
    numbers = "file with the numbers (default: multispin-inverse.npz, and .nc of --benchmark)"
    add("--output", metavar="FILE", help=numbers)
    edges = "text of couplings and fields, i j J and i i h (default: multispin-inverse.txt)"
    add("--couplings", metavar="FILE", help=edges)
    add("--picture", metavar="FILE", default="multispin-inverse.png", help=".png, .pdf or .svg")
    add("--progress", action="store_true", help="show how far it is")
    add("--force", action="store_true", help="replace the files if they are there")
    command.set_defaults(**_OF_FILE)


def _run(options: argparse.Namespace) -> None:
    if options.benchmark == (options.file is not None):
        got = f"{options.file} and --benchmark" if options.benchmark else None
        raise ValueError(checks.describe("FILE", got, "a file with samples, or --benchmark"))
    if options.benchmark:
        _benchmark(options)
    else:
        _learn(options)


# --- samples in a file ----------------------------------------------------------------------------


def _learn(options: argparse.Namespace) -> None:
    options.output = options.output or "multispin-inverse.npz"
    options.couplings = options.couplings or "multispin-inverse.txt"
    check_files(options)
    _check_apart(options)
    if Path(options.output).suffix != ".npz":
        raise ValueError(checks.describe("--output", options.output, "a name ending in .npz"))
    units = checks.choice("--units", options.units, ("auto", *UNITS))
    estimator = InverseIsing(
        checks.choice("--method", options.method, tuple(METHODS)), l1=options.l1, l2=options.l2,
        pseudocount=options.pseudocount, random_state=options.seed, threads=options.threads,
        device=options.device,
    )  # fmt: skip
    given = read_samples(options.file, units, options.key)
    missing = METHODS[options.method].missing
    spins = observed(given.values, None, given.units, missing, name=options.file).spins
    began = time.perf_counter()
    estimator.fit(np.where(spins == 0, np.nan, spins) if not spins.all() else spins,
                  progress=_shown if options.progress else None)  # fmt: skip
    seconds = time.perf_counter() - began
    whole = spins[spins.all(axis=1)]
    found = None if len(whole) == 0 else _compared(estimator, whole, options.seed)
    _save(estimator, given, options)
    if found is not None:
        save_picture(plot.inverse.comparison(found), options)
    _print(estimator, given, spins, options, seconds)
    if found is not None:
        print(found)
    print_files(options)


def _check_apart(options: argparse.Namespace) -> None:
    """Refuse to write what is read."""
    for name in ("output", "couplings", "picture"):
        path = getattr(options, name)
        if Path(path).resolve() == Path(options.file).resolve():
            raise ValueError(f"--{name}: got {path!r}, allowed: another file than the samples'")


def _shown(deviation: float) -> None:
    print(f"largest deviation of a moment: {deviation:.2f} of its sampling error", flush=True)


def _compared(estimator: InverseIsing, spins: Any, seed: int) -> Comparison:
    number = min(max(len(spins), _FEWEST), _MOST)
    model = estimator.sample(number, sweeps=_SWEEPS, random_state=seed)
    return compare(spins, model, random_state=seed)


def _save(estimator: InverseIsing, given: Samples, options: argparse.Namespace) -> None:
    """Write couplings as text and all numbers as arrays, each all or nothing."""
    J, h = estimator.binary_parameters()
    names = () if given.names is None else given.names
    with files.replacing(options.output) as file:
        np.savez(
            file, J=estimator.J_, h=estimator.h_, J_binary=J, h_binary=h,
            mean=estimator.moments_.mean, second_moments=estimator.moments_.second,
            n_samples=estimator.moments_.n_samples, method=options.method, units=given.units,
            names=np.array(names, dtype=np.str_), converged=estimator.converged_,
            n_iter=estimator.n_iter_,
        )  # fmt: skip
    write_edges(options.couplings, estimator.model())


def _print(
    estimator: InverseIsing,
    given: Samples,
    spins: NDArray[np.int8],
    options: argparse.Namespace,
    seconds: float,
) -> None:
    likelihood = "-"
    n = spins.shape[1]
    if n <= MOST_SPINS and spins.all():  # of what has not been seen there is none
        likelihood = f"{estimator.log_likelihood(spins):.6g}"
    deviation = f"{estimator.optimality_:.2f}" if options.method == "boltzmann" else "-"
    print(f"{Path(options.file).name}: {given.units}")
    print_table([
        ("spins", "samples", "method", "iterations", "converged", "log-likelihood",
         "largest deviation", "seconds"),
        (str(n), str(len(spins)), options.method, str(estimator.n_iter_),
         "yes" if estimator.converged_ else "no", likelihood, deviation, f"{seconds:.3g}"),
    ])  # fmt: skip
    i, j = np.triu_indices(n, 1)
    J = estimator.J_[i, j]
    largest = np.argsort(-np.abs(J), kind="stable")[:_SHOWN]
    names = given.names or tuple(map(str, range(n)))
    rows = [(names[i[k]], names[j[k]], f"{J[k]:.4f}") for k in largest if J[k] != 0.0]
    if rows:
        print_table([("i", "j", "largest couplings"), *rows])


# --- methods put to the test ----------------------------------------------------------------------


def _benchmark(options: argparse.Namespace) -> None:
    for name, default in _OF_FILE.items():
        given = getattr(options, name)
        if given != default:
            allowed = "nothing with --benchmark, which learns many models by many methods"
            raise ValueError(checks.describe(f"--{name}", given, allowed))
    options.output = options.output or "multispin-inverse.nc"
    check_files(options)
    require("scipy", "learn")
    data = inverse_benchmark(
        _MODELS, _SPINS, _BETA, _SAMPLES, repetitions=_REPETITIONS, random_state=options.seed,
        progress=options.progress or None,
    )  # fmt: skip
    write(data, options, plot.inverse.benchmark(data))
    _print_errors(data)
    print_files(options)


def _print_errors(data: xr.Dataset) -> None:
    most = max(_SAMPLES)
    print(f"errors of couplings, {_SPINS} spins, beta = {_BETA}, {most} samples")
    of = data.squeeze().sel(samples=most)
    rows = [("method", *(name.replace("_", " ") for name in _MODELS), "seconds")]
    for method in data.algorithm.values:
        at = of.sel(algorithm=method)
        gamma = [float(at.gamma.sel(model=model)) for model in _MODELS]
        rows.append((
            str(method), *("-" if math.isnan(value) else f"{value:.3f}" for value in gamma),
            f"{float(at.seconds.mean()):.2g}",
        ))  # fmt: skip
    print_table(rows)
