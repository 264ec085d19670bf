"""Whole runs: many temperatures and replicas, measured, checkpointed, and returned with a label."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import Executor, Future, as_completed
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin import _checks, io
from multispin._batches import BATCH_SPINS, Batch, BatchRun, Plan, run_batch, runs_of, split
from multispin._extras import require
from multispin._info import info
from multispin._interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.models import Ising
from multispin.progress import Progress, Reporter

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from types import ModuleType

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

__all__ = ["simulate"]

_KIND = "simulate"

#: Arguments that stand in the attributes of the result; the others are its coordinates.
_SHOWN = (
    "version", "model", "seed", "dynamics", "init", "sweeps", "thermalization", "interval",
)  # fmt: skip


def simulate(
    model: Ising,
    temperatures: ArrayLike,
    sweeps: int,
    thermalization: int,
    interval: int = 1,
    replicas: int = 1,
    seed: int = 0,
    dynamics: str = "metropolis",
    init: str | ArrayLike = "random",
    device: str = "auto",
    rng: str = "auto",
    threads: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    progress: bool | Callable[[Progress], object] | None = None,
    executor: Executor | None = None,
) -> xr.Dataset:
    r"""Simulate a model at several temperatures and return every measurement.

    Each of the ``len(temperatures) * replicas`` chains starts from `init`, runs `thermalization`
    sweeps, and is then measured every `interval` sweeps, ``sweeps // interval`` times. Chain
    ``c = temperature_index * replicas + replica`` uses random stream ``c`` of `seed`: the result
    depends neither on threads, instruction set or executor, nor on how the run was interrupted.

    Parameters
    ----------
    model : Ising
        The energy function.
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
    seed : int
        Seed of all random streams, 0 to 2**64 - 1.
    dynamics : {"metropolis", "glauber"}
        Acceptance rule.
    init : str or array_like of int8
        Start: "random", "up" or "down", or spins ±1 of shape ``model.shape`` (every chain starts
        there) or ``(temperature, replica, *model.shape)``. Below T_c a random start can freeze
        into stripes that outlast the run.
    device : {"auto", "cpu", "cuda"}
        Where to run.
    rng : {"auto", "aes", "philox"}
        Random generator.
    threads : int, optional
        Threads of each sampler; by default all cores, and one with an `executor`, whose workers
        share the machine. OpenMP's threads do not survive a fork: workers of a process pool that
        are to have several need the start method "spawn" or "forkserver".
    checkpoint : path, optional
        File that keeps the run. If it exists, the run continues from it; once the run is
        finished the file holds the result, and the same call returns it at once.
    checkpoint_interval : float
        Seconds from one writing of the checkpoint to the next. It is also written after every
        batch of chains, at the end, and on Ctrl-C. With an `executor` only whole batches (chains
        of one temperature) are kept.
    progress : bool or callable, optional
        True shows a bar with flips/ns and time left; a callable is called with a
        `multispin.progress.Progress` a few times a second.
    executor : concurrent.futures.Executor, optional
        Runs the batches, one temperature each, elsewhere.

    Returns
    -------
    xarray.Dataset
        Variables ``energy`` (total, :math:`E`) and ``magnetization`` (per spin,
        :math:`m = \frac{1}{N}\sum_i s_i`), float64, of dimensions
        ``(temperature, replica, draw)``; coordinate ``draw`` is the number of sweeps since the
        start. The attributes say how the numbers were made.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    CheckpointError
        If the checkpoint is damaged, or belongs to another run. It is left as it is.
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
    """
    xarray = require("xarray", "run")
    _checks.instance("model", model, Ising, "a model of multispin, such as Ising")
    table = _checks.temperatures("temperatures", temperatures)
    sweeps = _checks.count("sweeps", sweeps, 1)
    interval = _checks.count("interval", interval, 1, maximum=sweeps)
    plan = Plan(
        model=model,
        thermalization=_checks.count("thermalization", thermalization, 0),
        interval=interval,
        draws=sweeps // interval,
        seed=_checks.seed("seed", seed),
        dynamics=dynamics,
        device=device,
        rng=rng,
        threads=1 if threads is None and executor is not None else threads,
    )
    replicas = _checks.count("replicas", replicas, 1)
    checkpoint_interval = _checks.nonnegative_finite("checkpoint_interval", checkpoint_interval)
    if executor is not None:
        _checks.instance("executor", executor, Executor, "None or a concurrent.futures.Executor")

    run = _Run(plan, table, replicas, sweeps, _starts(init, model, len(table), replicas))
    keeper = _Keeper(run, checkpoint, checkpoint_interval)
    with closing(Reporter(progress, run.total_sweeps, run.sweeps_done, model.n_spins)) as reporter:
        try:
            if executor is None:
                _run_here(run, keeper, reporter)
            else:
                _run_elsewhere(run, keeper, reporter, executor)
        except KeyboardInterrupt:
            keeper.save()
            raise
    return _dataset(xarray, run)


class _Run:
    """What is known of a run: the finished chains, and the batch that is under way."""

    def __init__(
        self,
        plan: Plan,
        temperatures: NDArray[np.float64],
        replicas: int,
        sweeps: int,
        init: str | NDArray[np.int8],
    ) -> None:
        chains = len(temperatures) * replicas
        self.plan = plan
        self.temperatures = temperatures
        self.replicas = replicas
        self.init = init
        self.done = np.zeros(chains, dtype=np.bool_)
        self.energy = np.empty((chains, plan.draws))
        self.magnetization = np.empty((chains, plan.draws))
        self.current: BatchRun | None = None
        self.origin: dict[str, Any] = {}
        self.arguments = {
            "version": str(info()["version"]),
            "model": repr(plan.model),
            "temperatures": temperatures.tolist(),
            "replicas": replicas,
            "sweeps": sweeps,
            "thermalization": plan.thermalization,
            "interval": plan.interval,
            "seed": plan.seed,
            "dynamics": plan.dynamics,
            "init": init if isinstance(init, str) else f"array {_digest(init)}",
        }

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all chains."""
        return len(self.done) * self.plan.sweeps

    @property
    def sweeps_done(self) -> int:
        """Sweeps done so far, over all chains."""
        done = int(self.done.sum()) * self.plan.sweeps
        if self.current is not None:
            done += self.current.chains * self.current.sampler.sweeps_done
        return done

    def pending(self, by_temperature: bool) -> Iterator[Batch]:
        """Cut the chains that nobody has begun into batches."""
        most = max(1, BATCH_SPINS // self.plan.model.n_spins)
        open_chains = ~self.done
        if self.current is not None:
            open_chains[self.current.first : self.current.stop] = False
        width = self.replicas if by_temperature else len(self.done)
        for left in range(0, len(self.done), width):
            for first, stop in runs_of(open_chains[left : left + width]):
                for piece in split(left + first, left + stop, most):
                    yield self._batch(*piece)

    def finish(
        self,
        first: int,
        energy: NDArray[np.float64],
        magnetization: NDArray[np.float64],
    ) -> None:
        """Take over the draws of a finished batch, arrays of shape (draws, chains)."""
        rows = slice(first, first + energy.shape[1])
        self.energy[rows] = energy.T
        self.magnetization[rows] = magnetization.T
        self.done[rows] = True

    def note_origin(self, made_by: dict[str, Any]) -> None:
        """Remember what made the numbers; machines may change on the way, generators may not."""
        new = {key: made_by[key] for key in ("engine", "generator", "planes")}
        old = {key: self.origin.get(key, value) for key, value in new.items()}
        if new != old:
            raise CheckpointError(
                f"the run was begun with {old} and would go on with {new}: name rng= and device="
            )
        self.origin |= new
        for key in ("device", "instruction_set"):
            names = self.origin.get(key, "").split(", ") if key in self.origin else []
            if made_by[key] not in names:
                names.append(str(made_by[key]))
            self.origin[key] = ", ".join(names)

    def _batch(self, first: int, stop: int) -> Batch:
        chains = np.arange(first, stop)
        init = self.init
        if not isinstance(init, str) and init.ndim > len(self.plan.model.shape):
            init = init[first:stop]
        return Batch(first, self.temperatures[chains // self.replicas], init)


class _Keeper:
    """Keeps a run in its checkpoint file."""

    def __init__(self, run: _Run, path: str | os.PathLike[str] | None, interval: float) -> None:
        self._run = run
        self._path = None
        self._interval = interval
        if path is not None:
            io.check_writable(path)
            self._path = Path(path)
            if self._path.exists():
                self._load(self._path)
        self._written = time.monotonic()

    def save_if_due(self) -> None:
        """Write the checkpoint if the last writing is long enough ago."""
        if time.monotonic() - self._written >= self._interval:
            self.save()

    def save(self) -> None:
        """Write the checkpoint."""
        if self._path is None:
            return
        run = self._run
        meta: dict[str, Any] = {
            "arguments": run.arguments,
            "origin": run.origin,
            "current": None,
        }
        arrays: dict[str, Any] = {
            "done": run.done,
            "energy": run.energy[run.done],
            "magnetization": run.magnetization[run.done],
        }
        with interrupts_held():
            if run.current is not None:
                meta["current"], current = run.current.state()
                arrays |= {f"current_{name}": array for name, array in current.items()}
            io.write_checkpoint(self._path, _KIND, meta, arrays)
            self._written = time.monotonic()

    def _load(self, path: Path) -> None:
        run = self._run
        meta, arrays = io.read_checkpoint(path, _KIND)
        given, kept = dict(run.arguments), dict(meta["arguments"])
        if run.plan.rng != "auto" and meta["origin"]:
            given["rng"], kept["rng"] = run.plan.rng, meta["origin"]["generator"]
        differences = [
            f"{name} {kept.get(name)!r} there, {value!r} here"
            for name, value in given.items()
            if kept.get(name) != value
        ]
        if differences:
            raise CheckpointError(
                f"{str(path)!r} is the checkpoint of another run ({'; '.join(differences)}); "
                "it was left as it is: repeat that run, or give another path"
            )
        run.origin = meta["origin"]
        run.done[:] = arrays["done"]
        run.energy[run.done] = arrays["energy"]
        run.magnetization[run.done] = arrays["magnetization"]
        if meta["current"] is not None:
            states = {name[8:]: a for name, a in arrays.items() if name.startswith("current_")}
            run.current = BatchRun.from_state(run.plan, meta["current"], states)


def _run_here(run: _Run, keeper: _Keeper, reporter: Reporter) -> None:
    if run.current is not None:
        _drive(run, run.current, keeper, reporter)
    for batch in run.pending(by_temperature=False):
        run.current = BatchRun(run.plan, batch)
        _drive(run, run.current, keeper, reporter)


def _drive(run: _Run, current: BatchRun, keeper: _Keeper, reporter: Reporter) -> None:
    run.note_origin(current.sampler.info())
    while not current.finished:
        reporter.advance(current.advance())
        keeper.save_if_due()
    with interrupts_held():
        run.finish(current.first, current.energy, current.magnetization)
        run.current = None
        keeper.save()


def _run_elsewhere(run: _Run, keeper: _Keeper, reporter: Reporter, executor: Executor) -> None:
    if run.current is not None:  # begun here before: its state is at hand, so finish it here
        _drive(run, run.current, keeper, reporter)
    futures: dict[Future[Any], Batch] = {}
    try:
        for batch in run.pending(by_temperature=True):
            futures[executor.submit(run_batch, run.plan, batch)] = batch
        for future in as_completed(futures):
            batch = futures[future]
            with interrupts_held():
                energy, magnetization, made_by = future.result()
                run.note_origin(made_by)
                run.finish(batch.first, energy, magnetization)
                reporter.advance(len(batch.temperatures) * run.plan.sweeps)
                keeper.save()
    finally:
        for future in futures:
            future.cancel()


def _starts(
    init: str | ArrayLike, model: Ising, temperatures: int, replicas: int
) -> str | NDArray[np.int8]:
    """Return `init` as a name, one state, or one state per chain; `Sampler` checks the values."""
    if isinstance(init, str):
        return init
    states = np.asarray(init)
    if states.shape == model.shape:
        return states
    if states.shape == (temperatures, replicas, *model.shape):
        return states.reshape(temperatures * replicas, *model.shape)
    allowed = f"a name, or spins of shape {model.shape} or {(temperatures, replicas, *model.shape)}"
    raise ValueError(_checks.describe("init", f"an array of shape {states.shape}", allowed))


def _digest(states: NDArray[np.int8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(states).tobytes()).hexdigest()


def _dataset(xarray: ModuleType, run: _Run) -> xr.Dataset:
    plan = run.plan
    dims = ("temperature", "replica", "draw")
    sizes = (len(run.temperatures), run.replicas, plan.draws)
    when = plan.thermalization + plan.interval * np.arange(1, plan.draws + 1, dtype=np.int64)
    unit = "energy unit of J and h"
    data = xarray.Dataset(
        {
            "energy": (
                dims,
                run.energy.reshape(sizes),
                {"long_name": "total energy E", "units": unit},
            ),
            "magnetization": (
                dims,
                run.magnetization.reshape(sizes),
                {"long_name": "magnetization per spin m", "units": "1"},
            ),
        },
        coords={
            "temperature": (
                "temperature",
                run.temperatures,
                {"long_name": "temperature T", "units": f"{unit} (k_B = 1)"},
            ),
            "replica": ("replica", np.arange(run.replicas), {"long_name": "replica"}),
            "draw": ("draw", when, {"long_name": "sweeps since the start", "units": "sweep"}),
        },
    )
    model = {
        "shape": list(plan.model.shape),
        "n_spins": plan.model.n_spins,
        "J": plan.model.J,
        "h": plan.model.h,
    }
    shown = {name: run.arguments[name] for name in _SHOWN}
    data.attrs = {"title": "Monte Carlo run", **shown, **model, **run.origin}
    return cast("xr.Dataset", data)
