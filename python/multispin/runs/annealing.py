"""Simulated annealing: replicas that are cooled down, and the states of low energy they find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin._engines import devices
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin.analysis.time_to_target import success_probability, time_to_target
from multispin.models.base import check_model
from multispin.runs._anneal_run import AnnealRun
from multispin.runs._dataset import UNIT, Variable, variable
from multispin.runs._drive import finish
from multispin.runs._growth import Growth, begins_with
from multispin.runs._schedule import Schedule, checked_sweeps
from multispin.runs._schedule_dataset import axes_of, dataset_of, identity
from multispin.runs.checkpoint import Checkpoint, with_checkpoint
from multispin.runs.observables import identities, measures, snapshot_bytes
from multispin.runs.temperature_range import temperature_range
from multispin.sampling.sampler import BOLTZMANN, Sampler

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model
    from multispin.progress import Progress

__all__ = ["anneal"]

_STEPS = 100  # of those who give no temperatures

#: Arguments that stand in the attributes of the result; the others are its coordinates.
_SHOWN = ("version", "model", "seed", "dynamics", "init", "interval")

#: Names that observables cannot have, as the result has them.
_OWN = (
    "final_energy", "best_energy", "best_state", "best_state_energy", "best_count",
    "success_probability", "success_probability_low", "success_probability_high",
    "sweeps_to_target",
)  # fmt: skip


def anneal(
    model: Model,
    temperatures: ArrayLike | None = None,
    sweeps_per_temperature: int | Sequence[int] = 10,
    replicas: int = 64,
    interval: int = 0,
    seed: int | None = None,
    dynamics: str = "metropolis",
    init: str | ArrayLike = "random",
    device: str = "auto",
    rng: str = "auto",
    threads: int | None = None,
    engine: str = "auto",
    final_states: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    progress: bool | Callable[[Progress], object] | None = None,
    observables: Sequence[Any] | dict[str, Any] | None = None,
    snapshots: int = 0,
) -> xr.Dataset:
    r"""Cool replicas down by a schedule and return their energies and the best states they found.

    Every replica visits the temperatures in the order given, for `sweeps_per_temperature` sweeps
    each, so that it follows

    .. math:: P(s) \propto e^{-E(s)/T(t)}, \qquad E(s) = -\sum_{ij} J_{ij} s_i s_j - h \sum_i s_i

    as long as it can, and is left in a minimum of E when it no longer can. Of many independent
    replicas the best is taken: with probability p of a ground state for each, all R of them miss
    it with probability :math:`(1 - p)^R`. Nothing proves that what they found is one.

    Energies are looked at, and compared with the best so far, **at the end of each step** of the
    schedule; with `interval`, also every `interval` sweeps of the steps at the lowest temperature.
    States in between are not seen: one that is left again within a step does not count. Of states
    of equal energy the first is kept, and at one look that of the first replica.

    Parameters
    ----------
    model : Model
        A model that a `Sampler` runs, with or without disorder samples.
    temperatures : float or sequence of float, shape (n,), optional
        Temperatures T > 0 in units of the couplings (k_B = 1), in the order in which they are
        visited. They usually fall; they may rise and repeat. By default 100 from the hot to the
        cold end of `temperature_range`, each lower than the one before by the same factor.
    sweeps_per_temperature : int or sequence of int, shape (n,)
        Sweeps at each temperature, at least 1.
    replicas : int
        Independent replicas, of each disorder sample if there are several. They are run side by
        side, the faster each the more there are: see `Sampler`.
    interval : int
        Sweeps from one look to the next at the lowest temperature; 0 looks at the end of the steps
        only. A look takes as long as several sweeps, and longer if it finds a better state.
    seed : int, optional
        Seed of all random streams, 0 to 2**64 - 1. Replica r, counted through all disorder samples,
        uses stream r. By default that of the checkpoint, if there is one, and else a fresh one.
    dynamics : {"metropolis", "glauber", "swendsen-wang", "wolff"}
        Acceptance rule.
    init : str or array_like of int8
        Start: "random", "up" or "down", or spins ±1 of shape ``model.shape`` or ``([samples,]
        replicas, *model.shape)``.
    device : str
        Where to run: "cpu", "cuda", "cuda:<index>" or "auto", as for `Sampler`.
    rng : {"auto", "aes", "philox"}
        Random generator.
    threads : int, optional
        Threads on the CPU; by default all cores.
    engine : {"auto", "lattice", "replica", "real", "pattern", "cluster"}
        As for `Sampler`.
    final_states : bool
        Whether the result has the spins of all replicas at the end, a byte each.
    checkpoint : path, optional
        File that keeps the run, for this run alone while it lasts. If it exists, the run continues
        from it, bit for bit; once the run is finished the file holds the result, and the same call
        returns it at once. With more steps after its last one the same call extends it, bit for
        bit too; with `interval`, by none that is colder than its coldest.
    checkpoint_interval : float
        Seconds from one writing of the checkpoint to the next. It is also written at the end, and
        on Ctrl-C.
    progress : bool or callable, optional
        True shows a bar with flips/ns and time left; a callable is called with a
        `multispin.progress.Progress` a few times a second.
    observables : list, or dict by names, optional
        What else to measure at the end of each step, as for `simulate`, but without intervals;
        functions get the spins of replicas of all disorder samples, one after the other.
    snapshots : int
        Every so many steps the spins are kept, a bit each, for `unpack_snapshots`; 0 keeps none.

    Returns
    -------
    xarray.Dataset
        Energies are total ones, float64. The dimension ``sample`` is there if the model has
        disorder samples.

        ``energy`` (step, sample, replica)
            At the end of each step.
        ``final_energy`` (sample, replica)
            The same of the last step.
        ``best_energy`` (sample, replica)
            The lowest that each replica has been seen with.
        ``best_state`` (sample, axis_0, axis_1, ...)
            The state of the lowest energy seen of each sample, int8 of shape ``model.shape``.
        ``best_state_energy`` (sample)
            Its energy, by `Model.energy`. It is the lowest of ``best_energy``, which the real
            engine gives of couplings as it has rounded them.
        ``best_count`` (sample)
            How many replicas have been seen with it.
        ``success_probability``, ``success_probability_low``, ``success_probability_high`` (sample)
            Their share, and Wilson's interval for it of 95 % confidence. It is the probability of a
            ground state if the best that was found is one.
        ``sweeps_to_target`` (sample)
            Sweeps until one of several such runs, one after the other, has found it with a
            probability of 99 %; times ``model.n_spins`` it is in spin updates.
            `analysis.time_to_target.time_to_target` makes seconds of it, and has errors.
        ``final_state`` (sample, replica, axis_0, axis_1, ...)
            Spins at the end, int8, if `final_states` asks for them.

        Observables are variables (step, sample, replica, ...); ``snapshot``, uint8, has ``step_n``
        in place of ``step``, for every n-th one, and ``byte`` as its last dimension.

        Coordinates of ``step`` are ``temperature`` and ``sweep``, the sweeps since the start at the
        end of the step. The attributes say how the numbers were made, and what observables took.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    ObservableError
        If an observable fails, as for `simulate`.
    CheckpointError
        If the checkpoint is damaged, in use, or belongs to another run. It is left as it is.
    OSError
        If the checkpoint could not be written (raised before the run starts).
    MemoryError, DeviceError
        As for `Sampler`.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).
    KeyboardInterrupt
        On Ctrl-C, after the checkpoint has been written.

    Notes
    -----
    S. Kirkpatrick, C. D. Gelatt & M. P. Vecchi, Science 220, 671 (1983); with multispin coding over
    replicas, S. V. Isakov, I. N. Zintchenko, T. F. Rønnow & M. Troyer, Comput. Phys. Commun. 192,
    265 (2015).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> model = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=3)
    >>> run = ms.anneal(model, np.linspace(3.0, 0.3, 28), 20, replicas=64, seed=1)
    >>> dict(run.energy.sizes)
    {'step': 28, 'sample': 3, 'replica': 64}
    >>> run.best_state_energy.values.tolist() == model.energy(run.best_state).tolist()
    True
    >>> run.best_state_energy.values / model.n_spins
    array([-1.71875, -1.71875, -1.71875])

    A schedule of its own for a model of any couplings:

    >>> run = ms.anneal(ms.SherringtonKirkpatrick(60, seed=1), replicas=32, seed=1)
    >>> run.sizes["step"], round(float(run.best_state_energy) / 60, 4)
    (100, -0.7023)
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    checks.choice("dynamics", dynamics, BOLTZMANN)
    table = _schedule(model) if temperatures is None else _temperatures(temperatures)
    sweeps = checked_sweeps("sweeps_per_temperature", sweeps_per_temperature, len(table))
    interval = checks.count("interval", interval, 0, MOST_SWEEPS)
    replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
    final_states = checks.flag("final_states", final_states)
    devices.check(device)
    chains = replicas * (model.samples or 1)
    wanted = measures(observables, snapshots, model, None, len(table), _OWN)
    kept = 2 * chains * model.n_spins * final_states
    kept += snapshot_bytes(snapshots, len(table), chains, model)
    what = f"temperatures: {len(table)} steps of {chains} replicas"
    check_memory(what, 16 * len(table) * chains + kept)
    start = init if isinstance(init, str) else checks.array("init", init)
    schedule = {
        "temperatures": table.tolist(),
        "sweeps_per_temperature": sweeps.tolist(),
        "interval": interval,
    }

    def keeping(file: Checkpoint) -> xr.Dataset:
        sampler = Sampler(
            model,
            temperature=table[0],
            replicas=replicas,
            dynamics=dynamics,
            init=start,
            seed=file.seed(seed),
            device=device,
            rng=rng,
            threads=threads,
            engine=engine,
        )
        arguments = identity(model, schedule, replicas, start, sampler)
        if final_states:
            arguments["final_states"] = True
        if wanted:
            arguments["observables"] = identities(wanted)
        steps = Schedule(table, np.cumsum(sweeps), interval)
        run = AnnealRun(model, replicas, steps, sampler, wanted, final_states)
        file.load(
            arguments, rng, lambda meta, arrays: run.restore(meta, arrays, device, threads), _GROWTH
        )
        finish(run, file, progress)
        return _dataset(xarray, run, arguments, file.origin)

    return with_checkpoint("anneal", checkpoint, checkpoint_interval, keeping)


def _goes_on(kept: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a schedule begins with the one that was kept, and is looked at alike up to there."""
    schedule = ("temperatures", "sweeps_per_temperature")
    alike = not given["interval"] or min(kept["temperatures"]) == min(given["temperatures"])
    return alike and all(begins_with(given[name], kept[name]) for name in schedule)


_GROWTH = Growth(
    ("temperatures", "sweeps_per_temperature"),
    _goes_on,
    "steps after its last one (with interval > 0, none colder than its coldest)",
)


def _temperatures(value: ArrayLike) -> NDArray[np.float64]:
    allowed = "None, a finite number > 0, or a sequence of at least one such number"
    return checks.temperatures("temperatures", value, allowed=allowed)


def _schedule(model: Model) -> NDArray[np.float64]:
    """Return the temperatures of those who give none.

    By factors, not by steps in T or 1/T: of these three it is never far from the best, with gaps
    and without, while each of the others is in some models.
    """
    return np.geomspace(*temperature_range(model), _STEPS)


def _success(run: AnnealRun, sample: tuple[str, ...], lead: tuple[int, ...]) -> dict[str, Variable]:
    """Return what the replicas that are as good as the best say of the run."""
    hits = (run.best_energy == run.best_state_energy[:, None]).sum(axis=1).reshape(lead)
    replicas = run.best_energy.shape[1]
    p = success_probability(hits, replicas)
    time = time_to_target(hits, replicas, run.schedule.sweeps).value
    long_name = "share of replicas seen with the lowest energy"
    return {
        "best_count": variable(sample, hits, "replicas seen with the lowest energy", "1"),
        "success_probability": variable(sample, p.value, long_name, "1"),
        "success_probability_low": variable(sample, p.low, f"{long_name}, lower end", "1"),
        "success_probability_high": variable(sample, p.high, f"{long_name}, upper end", "1"),
        "sweeps_to_target": variable(sample, time, "sweeps to the lowest energy at 99 %", "sweep"),
    }


def _dataset(
    xarray: ModuleType, run: AnnealRun, arguments: dict[str, Any], origin: dict[str, Any]
) -> xr.Dataset:
    model = run.model
    each, shape = axes_of(run)
    sample, lead = each[:-1], shape[:-1]
    axes = tuple(f"axis_{number}" for number in range(len(model.shape)))
    best_state = run.best_state.reshape(*lead, *model.shape)
    variables = {
        "final_energy": variable(
            each, run.energy[-1].reshape(shape), "total energy E at the end", UNIT
        ),
        "best_energy": variable(
            each, run.best_energy.reshape(shape), "lowest total energy E seen", UNIT
        ),
        "best_state": variable(
            (*sample, *axes), best_state, "spins of the lowest energy seen", "1"
        ),
        "best_state_energy": variable(
            sample, model.energy(best_state), "total energy E of best_state", UNIT
        ),
        **_success(run, sample, lead),
    }
    shown = {name: arguments[name] for name in _SHOWN}
    return dataset_of(xarray, run, "Simulated annealing", shown, origin, variables, {})
