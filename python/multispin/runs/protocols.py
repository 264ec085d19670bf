"""Protocols: temperatures and fields that move, and what replicas make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin._engines import devices
from multispin._engines.base import MOST_REPLICAS
from multispin._engines.cluster import check_field
from multispin.models import SignedGraph
from multispin.models.base import check_model
from multispin.runs._dataset import UNIT, variable
from multispin.runs._drive import finish
from multispin.runs._growth import Growth, begins_with
from multispin.runs._protocol_run import ProtocolRun, Steps, in_field
from multispin.runs._schedule import checked_sweeps
from multispin.runs._schedule_dataset import axes_of, dataset_of, identity
from multispin.runs.checkpoint import Checkpoint, with_checkpoint
from multispin.runs.observables import identities, measures, snapshot_bytes
from multispin.sampling.sampler import DYNAMICS, Sampler

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    import xarray as xr
    from numpy.typing import ArrayLike

    from multispin.models import Model
    from multispin.progress import Progress

__all__ = ["protocol"]

#: Arguments that stand in the attributes of the result; the others are its coordinates.
_SHOWN = ("version", "model", "seed", "dynamics", "init")


def protocol(
    model: Model,
    temperatures: ArrayLike,
    fields: ArrayLike = 0.0,
    sweeps_per_step: int | Sequence[int] = 1,
    replicas: int = 64,
    seed: int | None = None,
    dynamics: str = "metropolis",
    init: str | ArrayLike = "random",
    device: str = "auto",
    rng: str = "auto",
    threads: int | None = None,
    engine: str = "auto",
    observables: Sequence[Any] | dict[str, Any] | None = None,
    snapshots: int = 0,
    final_states: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    progress: bool | Callable[[Progress], object] | None = None,
) -> xr.Dataset:
    r"""Lead replicas through steps of temperature and field, and measure at the end of each.

    Step k has the temperature T(k) and the applied field H(k), on top of the model's own field,

    .. math:: E(s) = -\sum_{ij} J_{ij} s_i s_j - \sum_i (h_i + H(k)) s_i,

    for its number of sweeps. Spins and random numbers go on from step to step. So a *quench* is
    one temperature for many steps after a start that is not of it, cooling and heating are
    temperatures that move, *hysteresis* is a field that goes up and down, and memory and *aging*
    are what comes back after an excursion. Energies are those in the field of their step.

    Parameters
    ----------
    model : Model
        A model that a `Sampler` runs, with or without disorder samples.
    temperatures : float or sequence of float, shape (steps,)
        Temperatures from 0 to infinity, in units of the couplings (k_B = 1); one number is that of
        all steps. What 0 and infinity mean, `Sampler` says.
    fields : float or sequence of float, shape (steps,)
        Applied fields H, finite, of either sign; one number is that of all steps.
    sweeps_per_step : int or sequence of int, shape (steps,)
        Sweeps of each step, at least 1.
    replicas : int
        Independent replicas, of each disorder sample if there are several.
    seed : int, optional
        Seed of all random streams, 0 to 2**64 - 1. Replica r, counted through all disorder samples,
        uses stream r. By default that of the checkpoint, if there is one, and else a fresh one.
    dynamics : {"metropolis", "glauber", "parallel", "swendsen-wang", "wolff"}
        As for `Sampler`.
    init : str or array_like of int8
        Start: "random", "up" or "down", or spins ±1 of shape ``model.shape`` or ``([samples,]
        replicas, *model.shape)``.
    device, rng, threads, engine
        As for `Sampler`. Without a name the engine is one that has the strongest field.
    observables : list, or dict by names, optional
        What else to measure at the end of each step, as for `simulate`, but without intervals;
        functions get the spins of replicas of all disorder samples, one after the other.
    snapshots : int
        Every so many steps the spins are kept, a bit each, for `unpack_snapshots`; 0 keeps none.
    final_states : bool
        Whether the result has the spins of all replicas at the end, a byte each.
    checkpoint : path, optional
        File that keeps the run, for this run alone while it lasts. If it exists, the run continues
        from it, bit for bit; once the run is finished the file holds the result, and the same call
        returns it at once. With more steps after its last one the same call extends it, bit for
        bit too.
    checkpoint_interval : float
        Seconds from one writing of the checkpoint to the next. It is also written at the end, and
        on Ctrl-C.
    progress : bool or callable, optional
        True shows a bar with flips/ns and time left; a callable is called with a
        `multispin.progress.Progress` a few times a second.

    Returns
    -------
    xarray.Dataset
        ``energy`` (total) and ``magnetization`` (per spin), float64, of dimensions
        ``(step, replica)``, with ``sample`` between them where the model has disorder samples;
        observables, ``(step, replica, ...)``; ``snapshot``, uint8, whose first dimension is
        ``step_n`` for every n-th step and whose last is ``byte``; ``final_state`` ``(replica,
        axis_0, axis_1, ...)`` int8, if it was asked for. Coordinates of ``step`` are
        ``temperature``, ``field`` and ``sweep``, the sweeps since the start at its end. The
        attributes say how the numbers were made, and what observables took.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    ObservableError, CheckpointError
        As for `simulate`.
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
    With the real engine a change of the field rounds couplings anew; in the others a field makes
    new thresholds. The lattice, the replica and the pattern engine are made anew for it, which
    takes as long as tens of sweeps.

    Examples
    --------
    A hysteresis loop of the magnet below its transition:

    >>> import numpy as np
    >>> import multispin as ms
    >>> up = np.linspace(-1.0, 1.0, 41)
    >>> loop = ms.protocol(
    ...     ms.Ising((64, 64)),
    ...     1.5,
    ...     np.concatenate([up, up[::-1]]),
    ...     sweeps_per_step=5,
    ...     replicas=4,
    ...     init="down",
    ...     seed=1,
    ... )
    >>> m = loop.magnetization.mean("replica").values
    >>> bool(m[20] < -0.9 and m[61] > 0.9)  # both at H = 0
    True

    Domains that grow after a quench to T = 0, seen at times that double:

    >>> quench = ms.protocol(
    ...     ms.Ising((64, 64)),
    ...     0.0,
    ...     sweeps_per_step=[1, 1, 2, 4, 8],
    ...     replicas=8,
    ...     seed=1,
    ...     dynamics="glauber",
    ...     observables=["domain_wall_length"],
    ... )
    >>> quench.sweep.values.tolist()
    [1, 2, 4, 8, 16]
    >>> bool((quench.domain_wall_length.mean("replica").diff("step") < 0).all())
    True
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    checks.choice("dynamics", dynamics, DYNAMICS)
    steps = _steps(temperatures, fields, sweeps_per_step, model)
    for field in np.unique(steps.fields[steps.fields != 0.0]).tolist():  # before it comes to them
        check_field("fields", field, in_field(model, field), dynamics)
    count = len(steps.ends)
    replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
    final_states = checks.flag("final_states", final_states)
    devices.check(device)
    wanted = measures(observables, snapshots, model, None, count)
    chains = replicas * (model.samples or 1)
    kept = 2 * chains * model.n_spins * final_states
    kept += snapshot_bytes(snapshots, count, chains, model)
    check_memory(f"temperatures: {count} steps of {chains} replicas", 32 * count * chains + kept)
    start = init if isinstance(init, str) else checks.array("init", init)
    schedule = {
        "temperatures": steps.temperatures.tolist(),
        "fields": steps.fields.tolist(),
        "sweeps_per_step": np.diff(steps.ends, prepend=0).tolist(),
    }

    def keeping(file: Checkpoint) -> xr.Dataset:
        hardest = steps.hardest()[0]
        sampler = Sampler(
            in_field(model, float(steps.fields[hardest])),
            temperature=steps.temperatures[hardest],
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
        arguments["observables"] = identities(wanted)
        arguments["final_states"] = final_states
        run = ProtocolRun(model, replicas, steps, sampler, wanted, final_states)
        file.load(
            arguments, rng, lambda meta, arrays: run.restore(meta, arrays, device, threads), _GROWTH
        )
        finish(run, file, progress)
        return _dataset(xarray, run, arguments, file.origin)

    return with_checkpoint("protocol", checkpoint, checkpoint_interval, keeping)


_MOVING = ("temperatures", "fields", "sweeps_per_step")

_GROWTH = Growth(
    _MOVING,
    lambda kept, given: all(begins_with(given[name], kept[name]) for name in _MOVING),
    "steps after its last one",
)


def _steps(temperatures: object, fields: object, sweeps: object, model: Model) -> Steps:
    """Return the steps: as many as there are of what is a sequence."""
    T = checks.temperatures("temperatures", temperatures, ends=True)
    allowed = "a finite number, or a one-dimensional sequence of at least one"
    H = np.atleast_1d(checks.numbers("fields", fields, allowed)).astype(np.float64) + 0.0
    if H.ndim > 1 or H.size == 0:
        raise ValueError(checks.describe("fields", fields, allowed))
    if H.any() and not isinstance(model, SignedGraph):
        raise ValueError(checks.describe("fields", fields, "0 for a model that has no field"))
    lengths = {"temperatures": len(T), "fields": len(H)}
    count = max(lengths.values())
    if count == 1 and isinstance(sweeps, (list, tuple, np.ndarray)) and np.size(sweeps) > 1:
        count = len(sweeps)
    for name, length in lengths.items():
        if length not in (1, count):
            raise ValueError(f"{name}: got {length} numbers, allowed: 1, or {count}, one a step")
    ends = np.cumsum(checked_sweeps("sweeps_per_step", sweeps, count))
    return Steps(np.broadcast_to(T, count), ends, fields=np.broadcast_to(H, count))


def _dataset(
    xarray: ModuleType, run: ProtocolRun, arguments: Mapping[str, Any], origin: dict[str, Any]
) -> xr.Dataset:
    each, shape = axes_of(run)
    magnetization = run.magnetization.reshape(-1, *shape)
    variables = {
        "magnetization": variable(("step", *each), magnetization, "magnetization per spin m", "1")
    }
    coords = {"field": variable(("step",), run.schedule.fields, "applied field H", UNIT)}
    shown = {name: arguments[name] for name in _SHOWN}
    return dataset_of(xarray, run, "Protocol", shown, origin, variables, coords)
