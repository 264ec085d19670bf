"""``multispin rbm``: restricted Boltzmann machines trained, sampled, and put to the test."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import plot
from multispin._base import checks, files
from multispin.cli.output import check_files, print_files, print_table, save_picture
from multispin.cli.samples import read_samples
from multispin.cli.words import Help, add_command
from multispin.learn.rbm.estimator import RBM
from multispin.learn.rbm.settings import OF_FLIPS, SAMPLING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from multispin.learn.partition import LogPartition

_SHOWN = 100  # samples in the picture
_SUMS = 20  # units of the smaller layer whose states "auto" sums
_METHODS = SAMPLING + OF_FLIPS
_LN_Z = ("auto", "exact", "ais")


def register(commands: Any) -> None:
    """Add the command, what it can do, and the options of each."""
    summary = "train a restricted Boltzmann machine, sample it, evaluate it"
    command = commands.add_parser(
        "rbm", help=summary, description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=Help,
    )  # fmt: skip
    actions = command.add_subparsers(metavar="ACTION", required=True)
    _register_train(actions)
    _register_sample(actions)
    _register_evaluate(actions)


def _register_train(actions: Any) -> None:
    command = add_command(
        actions, "train", _train, "train a machine on samples in a file",
        "A row of the file is a sample, of 0 and 1, of -1 and 1, or of probabilities between 0 and "
        "1.",
    )  # fmt: skip
    add = command.add_argument
    add("file", metavar="FILE", help=".npy, .npz, .csv or .txt file with samples")
    add("--hidden", type=int, default=256, metavar="N", help="hidden units")
    add("--method", default="pcd", metavar="NAME", help=", ".join(_METHODS))
    add("--device", default="cpu", metavar="NAME", help="cpu, cuda, cuda:<index> or auto")
    add("--epochs", type=int, default=10, metavar="N", help="how often all samples are seen")
    rate = "learning rate (default: 0.05), or two, from which it goes to which"
    add("--rate", type=float, nargs="+", default=[0.05], metavar="X", help=rate)
    add("--batch", type=int, default=128, metavar="N", help="samples of an update")
    add("--chains", type=int, metavar="N", help="chains of the model (default: as --batch)")
    add("--steps", type=int, default=1, metavar="N", help="Gibbs steps between two updates")
    add("--seed", type=int, default=1, metavar="N", help="seed of all random numbers")
    add("--validation", metavar="FILE", help="samples that are not learned, for the gap of F")
    add("--checkpoint", metavar="FILE", help="keep the training here, and go on from it")
    add("--output", metavar="FILE", default="multispin-rbm.h5", help="HDF5 file of the machine")
    add("--progress", action="store_true", help="show how far it is")
    shape = "rows and columns of an image: the picture is of filters, else of the training"
    _add_picture(command, "multispin-rbm.png", shape)
    _add_reading(command)


def _register_sample(actions: Any) -> None:
    command = add_command(
        actions, "sample", _sample, "draw samples of a machine",
        "Without --steps it takes as many as chains need to forget how they began. A seed has the "
        "same samples each time.",
    )  # fmt: skip
    add = command.add_argument
    add("model", metavar="MODEL", help="HDF5 file that multispin rbm train wrote")
    add("--count", type=int, default=100, metavar="N", help="samples, each of its own chain")
    add("--steps", type=int, metavar="N", help="Gibbs steps (default: as many as it takes)")
    add("--seed", type=int, default=1, metavar="N", help="seed of the chains")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")
    output = "multispin-rbm-samples.npz"
    add("--output", metavar="FILE", default=output, help=".npz or .npy file of samples, 0 and 1")
    shape = "rows and columns of an image (default: samples are rows of one picture)"
    _add_picture(command, "multispin-rbm-samples.png", shape)


def _register_evaluate(actions: Any) -> None:
    command = add_command(
        actions, "evaluate", _evaluate, "evaluate a machine on samples",
        "Likelihoods are in nats, means over the samples. Of two files it has the gap between "
        "their free energies too: how much higher that of the second is.",
    )  # fmt: skip
    add = command.add_argument
    add("model", metavar="MODEL", help="HDF5 file that multispin rbm train wrote")
    add("file", metavar="FILE", nargs="+", help="one or two files with samples of 0 and 1")
    add("--method", default="auto", metavar="NAME", help=f"how ln Z is found: {', '.join(_LN_Z)}")
    add("--seed", type=int, default=1, metavar="N", help="seed of the chains of ais")
    _add_reading(command)


def _add_picture(command: argparse.ArgumentParser, name: str, shape: str) -> None:
    add = command.add_argument
    add("--shape", type=int, nargs=2, metavar=("R", "C"), help=shape)
    add("--picture", metavar="FILE", default=name, help=".png, .pdf or .svg file")
    add("--force", action="store_true", help="replace the files if they are there")


def _add_reading(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--key", metavar="NAME", help="array of a .npz file that has several")
    add("--threshold", type=float, metavar="X", help="values from here on are 1, others 0")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")


# --- training -------------------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> None:
    check_files(options)
    _check_output(options, (".h5", ".hdf5"))
    _check_apart(options, [options.file, options.validation])
    rbm = _machine(options)
    data = _read(options.file, options)
    _check_shape(options.shape, data.shape[1])
    validation = None if options.validation is None else _read(options.validation, options)
    began = time.perf_counter()
    rbm.fit(
        data, validation=validation, progress=options.progress or None,
        checkpoint=options.checkpoint,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    rbm.save(options.output)
    if rbm.n_iter_ > 0 or options.shape is not None:
        save_picture(_picture_of(rbm, options.shape), options)
    else:
        options.picture = None  # there is nothing to see yet
    _print_training(rbm, data, options, seconds)
    print_files(options)


def _machine(options: argparse.Namespace) -> RBM:
    rate = options.rate
    if len(rate) > 2:
        raise ValueError(checks.describe("--rate", rate, "one number, or two"))
    return RBM(
        options.hidden, learning_rate=rate[0] if len(rate) == 1 else tuple(rate),
        batch_size=options.batch, n_iter=options.epochs, random_state=options.seed,
        method=checks.choice("--method", options.method, _METHODS), steps=options.steps,
        n_chains=options.chains, threads=options.threads, device=options.device,
    )  # fmt: skip


def _picture_of(rbm: RBM, shape: Sequence[int] | None) -> Figure:
    if shape is None:
        return plot.rbm.history(rbm.history_)
    return plot.rbm.filters(rbm.components_, (shape[0], shape[1]))


def _print_training(
    rbm: RBM, data: NDArray[Any], options: argparse.Namespace, seconds: float
) -> None:
    print(f"{Path(options.file).name}: {len(data)} samples of {data.shape[1]} units")
    binary = bool(np.all((data == 0) | (data == 1)))
    last = {name: values[-1] for name, values in rbm.history_.items() if len(values)}
    names = ("reconstruction_error", "free_energy_gap")
    print_table([
        ("hidden", "method", "epochs", "reconstruction error", "free energy gap",
         "pseudolikelihood", "seconds"),
        (str(rbm.n_components), rbm.method, str(rbm.n_iter_),
         *(f"{last[name]:.4g}" if name in last else "-" for name in names),
         f"{rbm.score(data):.4f}" if binary else "-", f"{seconds:.3g}"),
    ])  # fmt: skip


# --- sampling -------------------------------------------------------------------------------------


def _sample(options: argparse.Namespace) -> None:
    check_files(options)
    _check_output(options, (".npz", ".npy"))
    _check_apart(options, [options.model])
    rbm = _loaded(options)
    n = rbm.n_features_in_
    _check_shape(options.shape, n)
    found = rbm.sample(
        options.count, options.steps, random_state=checks.seed("--seed", options.seed)
    )
    with files.replacing(options.output) as file:
        if Path(options.output).suffix == ".npy":
            np.save(file, found)
        else:
            np.savez_compressed(file, samples=found, steps=rbm.sample_steps_)
    shown = found[:_SHOWN]
    images = shown[None] if options.shape is None else shown.reshape(-1, *options.shape)
    save_picture(plot.rbm.images(images), options)
    print(f"{len(found)} samples of {n} units, each after {rbm.sample_steps_} Gibbs steps")
    print_files(options)


# --- evaluation -----------------------------------------------------------------------------------


def _evaluate(options: argparse.Namespace) -> None:
    if len(options.file) > 2:
        raise ValueError(checks.describe("FILE", options.file, "one file with samples, or two"))
    method = checks.choice("--method", options.method, _LN_Z)
    rbm = _loaded(options)
    each = [_read(file, options, binary=True) for file in options.file]
    for file, data in zip(options.file, each, strict=True):
        if data.shape[1] != rbm.n_features_in_:
            allowed = f"{rbm.n_features_in_}, as {options.model} has"
            raise ValueError(f"{file}: got {data.shape[1]} columns, allowed: {allowed}")
    if method == "auto":
        method = "exact" if min(rbm.components_.shape) <= _SUMS else "ais"
    ln_z = rbm.log_partition(method, random_state=options.seed)
    _print_evaluation(rbm, each, options, ln_z)


def _print_evaluation(
    rbm: RBM, each: list[NDArray[Any]], options: argparse.Namespace, ln_z: LogPartition
) -> None:
    between = ""
    if ln_z.forward is not None and ln_z.reverse is not None:
        between = f", {ln_z.forward:.4f} on the way up and {ln_z.reverse:.4f} on the way back"
    print(f"ln Z = {_with_error(ln_z.value, ln_z.error)} ({ln_z.method}{between})")
    rows = [("file", "samples", "log-likelihood", "pseudolikelihood", "reconstruction error")]
    rows += [
        (Path(file).name, str(len(data)),
         _with_error(float(rbm.log_likelihood(data, ln_z).mean()), ln_z.error),
         f"{rbm.score(data):.4f}", f"{np.mean((data - rbm.reconstruct(data)) ** 2):.4f}")
        for file, data in zip(options.file, each, strict=True)
    ]  # fmt: skip
    print_table(rows)
    if len(each) == 2:
        first, second = (float(rbm.free_energy(data).mean()) for data in each)
        print(f"free energy gap: {second - first:.4f}")


def _with_error(value: float, error: float) -> str:
    return f"{value:.4f}" if error == 0.0 else f"{value:.4f} ± {error:.4f}"


# --- what is given --------------------------------------------------------------------------------


def _loaded(options: argparse.Namespace) -> RBM:
    if options.threads is not None:
        checks.count("--threads", options.threads, 1)
    return RBM.load(options.model).set_params(threads=options.threads)


def _read(file: str, options: argparse.Namespace, binary: bool = False) -> NDArray[Any]:
    """Read samples as numbers from 0 to 1, or of 0 and 1 alone."""
    key = options.key if Path(file).suffix == ".npz" or file == _first(options) else None
    values: NDArray[Any] = read_samples(file, "auto", key).values
    if options.threshold is not None:
        level = checks.finite("--threshold", options.threshold)
        _refuse(file, values, np.isnan(values), "numbers")
        return (values >= level).astype(np.uint8)
    if bool(np.all((values == -1) | (values == 1))):
        return (values > 0).astype(np.uint8)
    if binary:
        wrong = (values != 0) & (values != 1)
        _refuse(file, values, wrong, "0 and 1, or -1 and 1; or others with --threshold")
        return values.astype(np.uint8)
    wrong = ~((values >= 0) & (values <= 1))
    _refuse(file, values, wrong, "0 to 1, or -1 and 1; or others with --threshold")
    return values


def _first(options: argparse.Namespace) -> str:
    file: str = options.file if isinstance(options.file, str) else options.file[0]
    return file


def _refuse(file: str, values: NDArray[Any], wrong: NDArray[np.bool_], allowed: str) -> None:
    """Say where the first wrong value is, if there is one."""
    if bool(wrong.any()):
        i, j = np.argwhere(wrong)[0]
        raise ValueError(f"{file}: got {values[i, j]} in row {i}, column {j}, allowed: {allowed}")


def _check_output(options: argparse.Namespace, endings: tuple[str, ...]) -> None:
    if Path(options.output).suffix not in endings:
        allowed = f"a name ending in {' or '.join(endings)}"
        raise ValueError(checks.describe("--output", options.output, allowed))


def _check_apart(options: argparse.Namespace, read: Sequence[str | None]) -> None:
    """Refuse to write what is read."""
    sources = [Path(one).resolve() for one in read if one is not None]
    for name in ("output", "picture", "checkpoint"):
        path = getattr(options, name, None)
        if path is not None and Path(path).resolve() in sources:
            raise ValueError(f"--{name}: got {path!r}, allowed: another file than one that is read")


def _check_shape(shape: Sequence[int] | None, n: int) -> None:
    if shape is None:
        return
    rows, columns = (checks.count("--shape", side, 1) for side in shape)
    if rows * columns != n:
        got = f"{rows} x {columns} pixels"
        raise ValueError(f"--shape: got {got}, allowed: {n} in all, as samples have")
