"""``multispin solve``: a problem of optimisation in a file, annealed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin import plot
from multispin._base import checks, files
from multispin._engines.base import MOST_SWEEPS
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files, add_machine
from multispin.couplings import Problem, Qubo, cut_value, read_problem, recognize
from multispin.runs.annealing import anneal
from multispin.runs.temperature_range import temperature_range

if TYPE_CHECKING:
    import argparse

    import xarray as xr
    from numpy.typing import NDArray

_STEPS = 100  # temperatures, if there are so many sweeps

_CUTS = ("max-cut", "dimacs")


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "solve",
        _run,
        "anneal a problem of optimisation: max-cut, spins in fields, QUBO",
        "Replicas are cooled down from the hot to the cold end of the model's own temperatures. "
        "Nothing proves that the best state they find is the best there is.",
    )
    add = command.add_argument
    formats = "max-cut, dimacs, edges, sparse, bq or orlib; auto goes by suffix and content"
    add("file", metavar="FILE", help="the problem")
    add("--format", default="auto", metavar="NAME", help=formats)
    add("--problem", type=int, metavar="K", help="which problem of an orlib file, from 1")
    add("--replicas", type=int, default=64, metavar="N", help="independent annealings")
    add("--sweeps", type=int, default=1000, metavar="N", help="sweeps of each replica")
    add("--seed", type=int, default=1, metavar="N", help="seed of the random streams")
    add("--dynamics", default="metropolis", metavar="NAME", help="metropolis or glauber")
    add_machine(command)
    add("--rng", default="auto", metavar="NAME", help="generator: auto, aes or philox")
    add("--checkpoint", metavar="FILE", help="keep the run here, and go on from it if it is there")
    add("--progress", action="store_true", help="show a bar with flips/ns and time left")
    add_files(command, "multispin-solve")
    add("--state", default="multispin-solve.txt", metavar="FILE", help="text of the best state")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    _check_apart(options)
    sweeps = checks.count("--sweeps", options.sweeps, 1, MOST_SWEEPS)
    form = recognize(options.file) if options.format == "auto" else options.format
    problem = read_problem(options.file, form, options.problem)
    steps = min(_STEPS, sweeps)
    began = time.perf_counter()
    run = anneal(
        problem.model,
        np.geomspace(*temperature_range(problem.model), steps),
        np.diff(np.arange(steps + 1) * sweeps // steps).tolist(),
        replicas=options.replicas,
        seed=options.seed,
        dynamics=options.dynamics,
        device=options.device,
        rng=options.rng,
        threads=options.threads,
        final_states=True,
        checkpoint=options.checkpoint,
        progress=options.progress,
    )
    seconds = time.perf_counter() - began
    best = _best(run, problem, form)
    values = _values(run.energy.values, problem, form)
    picture = plot.problems.annealing(run.temperature, values, best.what, best.value)
    write(_described(run, problem, form, best, options.file), options, picture)
    _write_state(options, best)
    _print(run, problem, f"{Path(options.file).name}: {form}", best, seconds)
    print_files(options)


def _check_apart(options: argparse.Namespace) -> None:
    """Refuse to write what is read."""
    for name in ("output", "picture", "state", "checkpoint"):
        path = getattr(options, name)
        if path is not None and Path(path).resolve() == Path(options.file).resolve():
            raise ValueError(f"--{name}: got {path!r}, allowed: another file than the problem's")


class _Best(NamedTuple):
    """The best state: what is optimised and its value, and the values of the variables."""

    what: str
    value: float
    values: NDArray[np.int8]


def _best(run: xr.Dataset, problem: Problem, form: str) -> _Best:
    spins = run.best_state.values
    values = problem.from_spins(spins)
    if form in _CUTS:
        return _Best("cut", float(cut_value(problem.model, spins)), values)
    energy = float(problem.energy(values))
    # Files of the OR-Library are to be maximised.
    return (
        _Best("value", 0.0 - energy, values) if form == "orlib" else _Best("energy", energy, values)
    )


def _values(energy: NDArray[np.float64], problem: Problem, form: str) -> NDArray[np.float64]:
    """Return what is optimised, of energies of the model."""
    if form in _CUTS:
        return np.asarray((-problem.model.couplings.sum() - energy) / 2)
    return -(energy + problem.offset) if form == "orlib" else energy + problem.offset


def _described(run: xr.Dataset, problem: Problem, form: str, best: _Best, file: str) -> xr.Dataset:
    """Return the run with what the problem was, and its best state in its own variables."""
    kind = "0 and 1" if isinstance(problem, Qubo) else "-1 and 1"
    about = {"long_name": f"values of the variables in the best state, {kind}", "units": "1"}
    described: xr.Dataset = run.assign(
        best_values=(run.best_state.dims, best.values, about),
        best_value=((), best.value, {"long_name": f"{best.what} of the best state", "units": "1"}),
    )
    described.attrs |= {"file": file, "format": form, "offset": problem.offset}
    return described


def _write_state(options: argparse.Namespace, best: _Best) -> None:
    """Write a line for each variable, below a comment."""
    lines = [f"# {Path(options.file).name}: {best.what} {_number(best.value)}\n"]
    lines += [f"{value}\n" for value in best.values.tolist()]
    with files.replacing(options.state) as file:
        file.write("".join(lines).encode())


def _print(run: xr.Dataset, problem: Problem, name: str, best: _Best, seconds: float) -> None:
    print(f"{name}, {problem.n_variables} variables, {problem.model.n_edges} pairs")
    low, high = (float(run[f"success_probability_{end}"]) for end in ("low", "high"))
    print_table(
        [
            (f"best {best.what}", "hits", "success", "95 %", "sweeps to 99 %", "seconds"),
            (
                _number(best.value),
                f"{int(run.best_count)} of {run.sizes['replica']}",
                f"{float(run.success_probability):.3f}",
                f"{low:.3f} to {high:.3f}",
                f"{float(run.sweeps_to_target):.4g}",
                f"{seconds:.3g}",
            ),
        ]
    )


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else f"{value:.12g}"
