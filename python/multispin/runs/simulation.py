"""Whole runs: many temperatures and replicas, measured, checkpointed, and returned with a label."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin._engines import devices, registry
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS, MOST_THREADS, Request
from multispin.models.base import check_model
from multispin.progress import Progress, Reporter
from multispin.runs._batches import Plan, most_at_once
from multispin.runs._dataset import (
    UNIT,
    attributes,
    draws,
    numbered,
    observed,
    rare_draws,
    seconds,
    temperature,
    variable,
)
from multispin.runs._record import MOST_KEPT, Record, growth_of
from multispin.runs._where import run_elsewhere, run_here
from multispin.runs.checkpoint import Checkpoint, with_checkpoint
from multispin.runs.observables import measures, snapshot_bytes
from multispin.sampling.sampler import BOLTZMANN, GENERATORS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model

__all__ = ["simulate"]

#: Two numbers, in the record, in the batch that is under way, and on their way to the file.
_BYTES_A_DRAW = 48

#: Arguments that stand in the attributes of the result; the others are its coordinates.
_SHOWN = (
    "version", "model", "seed", "dynamics", "engine", "init", "sweeps", "thermalization",
    "interval",
)  # fmt: skip


def simulate(
    model: Model,
    temperatures: ArrayLike,
    sweeps: int,
    thermalization: int,
    interval: int = 1,
    replicas: int = 1,
    seed: int | None = None,
    dynamics: str = "metropolis",
    init: str | ArrayLike = "random",
    device: str = "auto",
    rng: str = "auto",
    engine: str = "auto",
    threads: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    progress: bool | Callable[[Progress], object] | None = None,
    executor: Executor | None = None,
    observables: Sequence[Any] | dict[str, Any] | None = None,
    snapshots: int = 0,
) -> xr.Dataset:
    r"""Simulate a model at several temperatures and return every measurement.

    Each of the ``len(temperatures) * replicas`` chains starts from `init`, runs `thermalization`
    sweeps, and is then measured every `interval` sweeps, ``sweeps // interval`` times. Chain
    ``c = temperature_index * replicas + replica`` uses random stream ``c`` of `seed`: the result
    depends neither on threads, instruction set or executor, nor on how the run was interrupted.

    Parameters
    ----------
    model : Model
        The energy function, with one set of couplings: of a model of
        disorder samples, ``model.sample(k)``.
    temperatures : float or sequence of float, shape (n,)
        Temperatures T > 0, in units of the couplings (k_B = 1).
    sweeps : int
        Sweeps of each chain after thermalization, at least `interval`.
    thermalization : int
        Sweeps of each chain before the first one that counts.
    interval : int
        Sweeps from one measurement to the next.
    replicas : int
        Independent chains at each temperature.
    seed : int, optional
        Seed of all random streams, 0 to 2**64 - 1. By default that of the checkpoint, if there is
        one, and else a fresh one; it stands in the attributes of the result.
    dynamics : {"metropolis", "glauber", "swendsen-wang", "wolff"}
        Acceptance rule.
    init : str or array_like of int8
        Start: "random", "up" or "down", or spins ±1 of shape ``model.shape`` (every chain starts
        there) or ``(temperature, replica, *model.shape)``. Below T_c a random start can freeze
        into stripes that outlast the run.
    device : str
        Where to run: "cpu", "cuda", "cuda:<index>" or "auto", as for `Sampler`.
    rng : {"auto", "aes", "philox"}
        Random generator.
    engine : {"auto", "lattice", "replica", "real", "pattern", "cluster"}
        As for `Sampler`, for all chains of the run together.
    threads : int, optional
        Threads of each sampler; by default all cores, and one with an `executor`, whose workers
        share the machine. Threads do not survive a fork: workers of a process pool that
        are to have several need the start method "spawn" or "forkserver".
    checkpoint : path, optional
        File that keeps the run, for this run alone while it lasts. If it exists, the run continues
        from it; once the run is finished the file holds the result, and the same call returns it
        at once. With more `sweeps`, with temperatures after the last one, or, of one temperature,
        with more `replicas` the same call extends the run: to the last bit it is what the longer
        one would have been. Other numbers of replicas would change the streams of chains. For more
        sweeps the file has the last states of all chains, a bit a spin, if these are at most 2**30
        spins in all.
    checkpoint_interval : float
        Seconds from one writing of the checkpoint to the next. It is also written after every
        batch of chains, at the end, and on Ctrl-C. With an `executor` only whole batches (chains
        of one temperature) are kept.
    progress : bool or callable, optional
        True shows a bar with flips/ns and time left; a callable is called with a
        `multispin.progress.Progress` a few times a second.
    executor : concurrent.futures.Executor, optional
        Runs the batches, one temperature each, elsewhere.
    observables : list, or dict by names, optional
        What else to measure of the spins: names ("staggered_magnetization", "link_energy",
        "structure_factor", "domain_wall_length"), functions of an array of spins, and `Observable`,
        which says more. In a list functions go by their own names. A checkpoint knows functions by
        name and interval alone, so that one that failed can be mended. Functions have to be
        picklable if the `executor` pickles.
    snapshots : int
        Every so many measurements the spins are kept, a bit each; 0 keeps none.

    Returns
    -------
    xarray.Dataset
        Variables ``energy`` (total, :math:`E`) and ``magnetization`` (per spin,
        :math:`m = \frac{1}{N}\sum_i s_i`), float64, of dimensions
        ``(temperature, replica, draw)``; coordinate ``draw`` is the number of sweeps since the
        start. The attributes say how the numbers were made.

        Observables are variables of dimensions ``(temperature, replica, draw, ...)``. One that is
        measured every n > `interval` sweeps has the dimension ``draw_n`` in place of ``draw``. So
        has ``snapshot``, uint8, whose last dimension is ``byte``: `unpack_snapshots` makes spins of
        it. With either, the attributes have the seconds that they took, ``observable_seconds``,
        beside ``sweeping_seconds``, and each variable its own, ``seconds``: over all batches, and
        all that was not lost. These are the only attributes that differ from run to run.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    ObservableError
        If an observable fails, or gives anything but numbers of one shape; the message names it.
        What was measured before is in the checkpoint; the same call goes on from there.
    CheckpointError
        If the checkpoint is damaged, in use, or belongs to another run. It is left as it is.
    ExecutorError
        If the executor broke, for one because a worker died. Finished batches are in the
        checkpoint; the same call with a new executor goes on.
    OSError
        If the checkpoint could not be written (raised before the run starts).
    MissingExtraError
        If xarray is not installed (extra ``[run]``).
    KeyboardInterrupt
        On Ctrl-C, after the checkpoint has been written.

    Examples
    --------
    >>> import multispin as ms
    >>> data = ms.simulate(
    ...     ms.Ising((64, 64)),
    ...     [2.0, 2.5],
    ...     sweeps=200,
    ...     thermalization=100,
    ...     interval=10,
    ...     replicas=4,
    ...     seed=1,
    ...     init="up",
    ... )
    >>> dict(data.sizes)
    {'temperature': 2, 'replica': 4, 'draw': 20}
    >>> abs(data.magnetization).mean(("replica", "draw")).values > 0.5
    array([ True, False])

    What you measure is yours:

    >>> def crossed(spins):  # rows that a domain wall crosses
    ...     return (spins != spins[..., :1]).any(axis=-1).sum(axis=-1)
    >>> data = ms.simulate(
    ...     ms.Ising((16, 16)),
    ...     2.0,
    ...     sweeps=50,
    ...     thermalization=10,
    ...     interval=5,
    ...     seed=1,
    ...     observables=[crossed, "link_energy"],
    ...     snapshots=2,
    ... )
    >>> bool((data.link_energy.sum("axis") == data.energy).all())
    True
    >>> ms.unpack_snapshots(data).sizes["draw_10"]
    5
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    _demand_one_sample(model)
    table = checks.temperatures("temperatures", temperatures)
    sweeps = checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
    interval = checks.count("interval", interval, 1, maximum=sweeps)
    thermalization = checks.count("thermalization", thermalization, 0, MOST_SWEEPS - sweeps)
    replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
    devices.check(device)
    if executor is not None:
        checks.instance("executor", executor, Executor, "None or a concurrent.futures.Executor")
    chains = len(table) * replicas
    checks.choice("dynamics", dynamics, BOLTZMANN)
    # One engine and one device for all of the run, however it is cut into batches.
    kind = registry.choose(engine, Request(model, chains, dynamics))
    what = f"sweeps: {sweeps // interval} draws of {chains} chains"
    check_memory(what, _BYTES_A_DRAW * (sweeps // interval) * chains)
    spins = chains * model.n_spins
    device = devices.device_for(kind, device)
    device = devices.resolve(device, rng, spins, min(spins, most_at_once(model)))
    threads = 1 if threads is None and executor is not None else threads
    # What a sampler would say, before an executor is given anything and a file is written.
    checks.choice("rng", rng, GENERATORS)
    if threads is not None:
        checks.count("threads", threads, 1, MOST_THREADS)
    start = _starts(init, model, len(table), replicas)
    wanted = measures(observables, snapshots, model, interval, sweeps // interval)
    if snapshots:
        what = f"snapshots: {sweeps // interval // snapshots} of {chains} chains"
        check_memory(what, snapshot_bytes(snapshots, sweeps // interval, chains, model))

    growth = growth_of(start, len(model.shape), model.n_spins)

    def keeping(file: Checkpoint) -> xr.Dataset:
        plan = Plan(
            model=model,
            thermalization=thermalization,
            interval=interval,
            draws=sweeps // interval,
            seed=file.seed(seed),
            dynamics=dynamics,
            engine=kind.name,
            device=device,
            rng=rng,
            threads=threads,
            chains=chains,
            measures=wanted,
            keeps_states=spins <= MOST_KEPT,
        )
        run = Record(plan, table, replicas, sweeps, start)
        file.load(run.arguments, rng, run.restore, growth)
        _run(run, file, progress, executor)
        return _dataset(xarray, run, file.origin)

    return with_checkpoint("simulate", checkpoint, checkpoint_interval, keeping)


def _run(
    run: Record,
    file: Checkpoint,
    progress: bool | Callable[[Progress], object] | None,
    executor: Executor | None,
) -> None:
    n_spins = run.plan.model.n_spins
    with closing(Reporter(progress, run.total_sweeps, run.sweeps_done, n_spins)) as reporter:
        if executor is None:
            run_here(run, file, reporter)
        else:
            run_elsewhere(run, file, reporter, executor)


def _demand_one_sample(model: Model) -> None:
    if model.samples is not None:
        raise ValueError(
            f"model: got {model.samples} disorder samples, allowed: one set of couplings, such as "
            "model.sample(k); ms.study runs over all k, and ms.temper takes them together"
        )


def _starts(
    init: str | ArrayLike, model: Model, temperatures: int, replicas: int
) -> str | NDArray[np.int8]:
    """Return `init` as a name, one state, or one state per chain."""
    if isinstance(init, str):
        return checks.choice("init", init, ("random", "up", "down"))
    each = (temperatures, replicas, *model.shape)
    allowed = f"a name, or spins +1 and -1 of shape {model.shape} or {each}"
    states = checks.array("init", init)
    if states.shape not in (model.shape, each):
        raise ValueError(f"init: got an array of shape {states.shape}, allowed: {allowed}")
    if states.dtype.kind not in "iuf" or not bool(np.all((states == 1) | (states == -1))):
        raise ValueError(checks.describe("init", "an array with other values", allowed))
    states = states.astype(np.int8)
    return states if states.ndim == len(model.shape) else states.reshape(-1, *model.shape)


def _dataset(xarray: ModuleType, run: Record, origin: dict[str, Any]) -> xr.Dataset:
    plan = run.plan
    dims = ("temperature", "replica", "draw")
    sizes = (len(run.temperatures), run.replicas, plan.draws)
    energy, magnetization = run.energy.reshape(sizes), run.magnetization.reshape(sizes)
    data = xarray.Dataset(
        {
            "energy": variable(dims, energy, "total energy E", UNIT),
            "magnetization": variable(dims, magnetization, "magnetization per spin m", "1"),
        },
        coords={
            "temperature": temperature("temperature", run.temperatures),
            "replica": numbered("replica", run.replicas, "replica"),
            "draw": draws(plan.thermalization, plan.interval, plan.draws),
        },
    )
    shown = {name: run.arguments[name] for name in _SHOWN}
    data.attrs = attributes("Monte Carlo run", shown, plan.model, origin)
    if plan.measures:
        data = _with_observables(data, run)
    return cast("xr.Dataset", data)


def _with_observables(data: xr.Dataset, run: Record) -> xr.Dataset:
    """Return the Dataset with what has been measured of spins, and what that took."""
    plan = run.plan
    values = {
        name: array.reshape(len(run.temperatures), run.replicas, *array.shape[1:])
        for name, array in run.observed.items()
    }
    variables, coords = observed(
        plan.measures, values, run.seconds, ("temperature", "replica", "draw"),
        partial(rare_draws, plan.thermalization, plan.interval, plan.draws),
    )  # fmt: skip
    data = data.assign(variables).assign_coords(coords)
    data.attrs |= seconds(run.seconds)
    return data
