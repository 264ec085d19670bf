"""Parallel tempering: replicas of a glass that walk through the temperatures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin._engines import devices, registry
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS, Request
from multispin._info import __version__
from multispin.models.base import check_model
from multispin.models.forms import RealPairs, SignedEdges, periodic_lattice
from multispin.runs._dataset import (
    UNIT,
    Variable,
    attributes,
    draws,
    observed,
    rare_draws,
    seconds,
    temperature,
    variable,
)
from multispin.runs._drive import finish
from multispin.runs._growth import Growth
from multispin.runs._tempering_plan import PAIR_SUMS, Plan
from multispin.runs._tempering_run import TemperingRun
from multispin.runs.checkpoint import Checkpoint, with_checkpoint
from multispin.runs.observables import identities, measures, snapshot_bytes
from multispin.sampling.sampler import BOLTZMANN

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import ModuleType

    import xarray as xr
    from numpy.typing import ArrayLike

    from multispin.models import Model
    from multispin.progress import Progress

__all__ = ["temper"]

_MOST_TEMPERATURES = 2**14

#: Names that observables and their axes cannot have, as the result has them.
_OWN = (
    *PAIR_SUMS, "swap_attempts", "swap_accepted", "temperature_index", "round_trips",
    "round_trip_time", "from_top", "pair", "pair_first", "pair_second", "gap", "walker",
)  # fmt: skip


def temper(
    model: Model,
    temperatures: ArrayLike,
    sweeps: int,
    swap_interval: int = 1,
    replicas: int = 2,
    *,
    thermalization: int = 0,
    interval: int = 1,
    measure: Sequence[str] | None = None,
    cluster_moves: bool = False,
    seed: int | None = None,
    dynamics: str = "metropolis",
    init: str = "random",
    device: str = "auto",
    rng: str = "auto",
    engine: str = "auto",
    threads: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_interval: float = 60.0,
    progress: bool | Callable[[Progress], object] | None = None,
    observables: Sequence[Any] | dict[str, Any] | None = None,
    snapshots: int = 0,
) -> xr.Dataset:
    r"""Sample a model at many temperatures at once by parallel tempering.

    Each of `replicas` independent *ladders* (of each disorder sample) has one *walker* at each of
    the M temperatures. Every `swap_interval` sweeps, walkers at neighbouring temperatures
    :math:`T_i < T_{i+1}` exchange their temperatures with probability

    .. math:: \min\left(1, e^{(1/T_i - 1/T_{i+1}) (E_i - E_{i+1})}\right),

    even and odd i in turn (Swendsen & Wang, Phys. Rev. Lett. 57, 2607 (1986); Hukushima & Nemoto,
    J. Phys. Soc. Jpn. 65, 1604 (1996)). Spins are never moved. All walkers of all samples are
    replicas of one engine: 512 of them fill its words. Walker w of ladder l of sample k draws from
    random stream (k · replicas + l) · M + w.

    Parameters
    ----------
    model : Model
        A model that a `Sampler` runs, with or without disorder samples.
    temperatures : sequence of float, shape (M,)
        Two or more, ascending, each > 0.
    sweeps : int
        Sweeps that are measured, at least `interval`: ``sweeps // interval`` draws.
    swap_interval : int
        Sweeps from one exchange to the next.
    replicas : int
        Ladders, at least two: overlaps are between replicas that never met.
    thermalization : int
        Sweeps before them, a multiple of `interval`. `analysis.equilibration.logarithmic_bins`
        wants to see all sweeps: leave it 0 and drop draws afterwards.
    interval : int
        Sweeps from one measurement to the next, a multiple of `swap_interval`.
    measure : sequence of str, optional
        Out of "overlap", "link_overlap" and "overlap_k2" (periodic lattices only); by default all
        that the model has. Energy and magnetization are always measured.
    cluster_moves : bool
        Before each exchange, swap one cluster of the sites where ladders 2j and 2j + 1 differ, at
        every temperature (Houdayer, Eur. Phys. J. B 22, 479 (2001)); for the replica engine on the
        CPU. They help where such clusters
        do not percolate, in two dimensions above all, and are slow. Ladders that swap clusters are
        not independent in time, but each still has the right distribution.
    seed, dynamics, device, rng, threads
        As for `Sampler`; without a seed a run that goes on keeps its own.
    engine : {"auto", "replica", "lattice", "real", "pattern", "cluster"}
        As for `Sampler`, but ``"auto"`` takes the replica engine wherever it can run the model.
    init : {"random", "up", "down"}
        Start of every walker.
    checkpoint : path, optional
        File that keeps the run, for this run alone while it lasts. If it exists, the run continues
        from it, bit for bit; once the run is finished the same call returns its result at once.
        With more `sweeps` the same call extends it, bit for bit too.
    checkpoint_interval : float
        Seconds from one writing to the next.
    progress : bool or callable, optional
        As for `simulate`.
    observables, snapshots
        What else to measure at each temperature when energies are, and how often spins are kept,
        as for `simulate`: each of an interval of its own, if it has one.

    Returns
    -------
    xarray.Dataset
        With dimension ``sample`` in front where the model has disorder samples, by temperature,
        not by walker: ``energy`` (total) and ``magnetization`` (per spin) of dimensions
        ``(temperature, replica, draw)``; of dimensions ``(temperature, pair, draw)``, for the
        replica pairs (0, 1), (0, 2), ...: ``overlap`` :math:`q = \frac{1}{N}\sum_i s_i^a s_i^b`,
        ``link_overlap`` :math:`\frac{1}{E}\sum_{ij} s_i^a s_j^a s_i^b s_j^b` over the E bonds,
        which count the same whatever their couplings,
        and ``overlap_k2``, the mean over the axes of
        :math:`|\frac{1}{N} \sum_i s_i^a s_i^b e^{2 \pi i x_i / L}|^2`. ``swap_attempts`` and
        ``swap_accepted`` ``(gap,)`` count exchanges of temperatures i and i + 1, from the start on;
        ``temperature_index`` ``(replica, walker, draw)`` says where each walker is at a draw; what
        it visited since the last one is not seen there. But ``round_trips`` ``(replica, walker)``,
        ``round_trip_time`` ``(replica,)``, in sweeps, and ``from_top`` ``(temperature,)``, what
        `analysis.round_trips.round_trips` gives for ``interval=swap_interval``, are counted at
        every exchange from the start on, whatever `interval` is.

        Observables are variables of dimensions ``(temperature, replica, draw, ...)``, and
        ``snapshot`` too, whose last dimension is ``byte``, with ``draw_n`` in place of ``draw``, as
        for `simulate`. The attributes say what they took.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    ObservableError
        If an observable fails, as for `simulate`.
    CheckpointError
        If the checkpoint is damaged, in use, or belongs to another run. It is left as it is.
    MemoryError
        If the measurements do not fit; the message says what they need and what there is.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).
    KeyboardInterrupt
        On Ctrl-C, after the checkpoint has been written.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> run = ms.temper(glass, np.geomspace(0.5, 2.5, 12), sweeps=2000, thermalization=1000, seed=1)
    >>> dict(run.sizes)["temperature"], dict(run.sizes)["draw"]
    (12, 2000)
    >>> bool((run.swap_accepted / run.swap_attempts > 0.2).all())
    True
    >>> q2 = (run.overlap**2).mean(("pair", "draw")).values
    >>> bool(q2[0] > 0.5 > 0.1 > q2[-1])
    True
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    checks.choice("dynamics", dynamics, BOLTZMANN)
    devices.check(device)
    replicas = checks.count("replicas", replicas, 2, MOST_REPLICAS)
    swap_interval = checks.count("swap_interval", swap_interval, 1, MOST_SWEEPS)
    interval = checks.count("interval", interval, 1, MOST_SWEEPS)
    cluster_moves = checks.flag("cluster_moves", cluster_moves)
    table = checks.ascending_temperatures("temperatures", temperatures)
    walkers = replicas * len(table) * (model.samples or 1)
    request = Request(model, walkers, dynamics, tempering=True)
    engine = _engine(engine, request, device if cluster_moves else None)
    checks.choice("init", init, ("random", "up", "down"))
    sweeps = checks.count("sweeps", sweeps, interval, MOST_SWEEPS)
    thermalization = checks.count("thermalization", thermalization, 0, MOST_SWEEPS - sweeps)
    if len(table) > _MOST_TEMPERATURES:
        given = f"{len(table)} temperatures"
        allowed = f"at most {_MOST_TEMPERATURES}"
        raise ValueError(checks.describe("temperatures", given, allowed))
    kept = sweeps // interval
    wanted = measures(observables, snapshots, model, interval, kept, _OWN)
    if snapshots:
        what = f"snapshots: {kept // snapshots} of {walkers} walkers"
        check_memory(what, snapshot_bytes(snapshots, kept, walkers, model))

    def keeping(file: Checkpoint) -> xr.Dataset:
        plan = Plan(
            model=model,
            temperatures=table,
            replicas=replicas,
            sweeps=sweeps,
            thermalization=_multiple("thermalization", thermalization, interval, "interval"),
            interval=_multiple("interval", interval, swap_interval, "swap_interval"),
            swap_interval=swap_interval,
            cluster_moves=cluster_moves,
            measure=_measures(measure, model),
            seed=file.seed(seed),
            dynamics=dynamics,
            init=init,
            device="cpu" if cluster_moves else device,
            rng=rng,
            engine=engine,
            threads=threads,
            measures=wanted,
        )
        what = f"sweeps: {plan.draws} draws of {plan.all_walkers} walkers"
        check_memory(what, plan.record_bytes())
        known = file.load(_arguments(plan), rng, partial(TemperingRun.from_state, plan), _GROWTH)
        run = known or TemperingRun(plan)
        finish(run, file, progress)
        return _dataset(xarray, run, file.origin)

    return with_checkpoint("temper", checkpoint, checkpoint_interval, keeping)


def _multiple(name: str, value: object, of: int, of_name: str) -> int:
    number = checks.count(name, value, 0)
    if number % of:
        raise ValueError(checks.describe(name, value, f"a multiple of {of_name} ({of})"))
    return number


def _engine(name: str, request: Request, clusters_on: str | None) -> str:
    """Return the engine's name; `clusters_on` is the device on which clusters move, if they do."""
    kind = registry.choose(name, request)
    able = "cluster_moves" in kind.abilities and clusters_on in ("cpu", "auto")
    if clusters_on is not None and not able:
        allowed = "False, or True with the replica engine on the CPU"
        raise ValueError(checks.describe("cluster_moves", True, allowed))
    return kind.name


def _graph(model: Model) -> SignedEdges | RealPairs | None:
    """Return the model as edges of a graph, with signs or with couplings of any size."""
    return model.form(SignedEdges) or model.form(RealPairs)


_GROWTH = Growth(
    ("sweeps",), lambda kept, given: bool(kept["sweeps"] < given["sweeps"]), "more sweeps"
)


def _measures(measure: Sequence[str] | None, model: Model) -> tuple[str, ...]:
    form = _graph(model)
    possible = list(PAIR_SUMS)
    if form is None or form.n_edges == 0:
        possible.remove("link_overlap")
    if not periodic_lattice(model):
        possible.remove("overlap_k2")
    if measure is None:
        return tuple(possible)
    if isinstance(measure, (str, bytes)) or not isinstance(measure, Sequence):
        raise TypeError(checks.describe("measure", measure, f"a sequence of names: {possible}"))
    return tuple(dict.fromkeys(checks.choice("measure", name, possible) for name in measure))


def _arguments(plan: Plan) -> dict[str, Any]:
    """Return what makes a run the one it is."""
    arguments = {
        "version": __version__,
        "model": repr(plan.model),
        "temperatures": plan.temperatures.tolist(),
        "replicas": plan.replicas,
        "sweeps": plan.sweeps,
        "thermalization": plan.thermalization,
        "interval": plan.interval,
        "swap_interval": plan.swap_interval,
        "cluster_moves": plan.cluster_moves,
        "measure": list(plan.measure),
        "seed": plan.seed,
        "dynamics": plan.dynamics,
        "engine": plan.engine,
        "init": plan.init,
    }
    if plan.measures:
        arguments["observables"] = identities(plan.measures)
    return arguments


def _dataset(xarray: ModuleType, run: TemperingRun, origin: dict[str, Any]) -> xr.Dataset:
    plan, model, records = run.plan, run.plan.model, run.records
    lead = () if model.samples is None else ("sample",)

    def of_samples(dims: tuple[str, ...], values: Any, long_name: str, units: str = "1") -> Any:
        """Put draws last, and drop the axis of samples where there are none."""
        array = np.moveaxis(values, 0, -1) if "draw" in dims else values
        return variable((*lead, *dims), array if lead else array[0], long_name, units)

    attempts, accepted = run.swaps()
    travel = run.travel()
    of_replicas, of_pairs = ("temperature", "replica", "draw"), ("temperature", "pair", "draw")
    variables = {
        "energy": of_samples(of_replicas, records["energy"], "total energy E", UNIT),
        "magnetization": of_samples(
            of_replicas, records["spins"] / model.n_spins, "magnetization per spin m"
        ),
    }
    scale = {
        "overlap": (model.n_spins, "overlap q"),
        "link_overlap": (run.sampler._engine.n_bonds, "link overlap"),
        "overlap_k2": (model.n_spins**2, "|q(k_min)|^2"),
    }
    for name in plan.measure:
        most, long_name = scale[name]
        variables[name] = of_samples(of_pairs, records[name] / most, long_name)
    variables |= {
        "swap_attempts": of_samples(("gap",), attempts, "exchanges attempted"),
        "swap_accepted": of_samples(("gap",), accepted, "exchanges accepted"),
        "round_trips": of_samples(("replica", "walker"), travel.trips, "round trips of a walker"),
        "round_trip_time": of_samples(
            ("replica",), travel.time, "mean time of a round trip", "sweep"
        ),
        "from_top": of_samples(
            ("temperature",), travel.from_top, "fraction that comes from the top"
        ),
        "temperature_index": of_samples(
            ("replica", "walker", "draw"), records["temperature_index"], "where a walker is"
        ),
    }
    first, second = np.triu_indices(plan.replicas, 1)
    coordinates = {
        "temperature": temperature("temperature", plan.temperatures),
        "draw": draws(plan.thermalization, plan.interval, plan.draws),
        "pair_first": variable(("pair",), first, "first replica of the pair"),
        "pair_second": variable(("pair",), second, "second replica of the pair"),
    }
    if plan.measures:
        more, labels = _observed(run, lead)
        variables |= more
        coordinates |= labels
    data = xarray.Dataset(variables, coordinates)
    shown = {**_arguments(plan), "cluster_moves": int(plan.cluster_moves)}  # netCDF has no bool
    del shown["temperatures"]
    shown.pop("observables", None)
    data.attrs = attributes("Parallel tempering", shown, model, origin)
    if plan.measures:
        data.attrs |= seconds(run.observed.seconds)
    return cast("xr.Dataset", data)


def _observed(
    run: TemperingRun, lead: tuple[str, ...]
) -> tuple[dict[str, Variable], dict[str, Variable]]:
    """Return what has been measured of spins: draws behind temperatures and replicas."""
    plan = run.plan
    shape = (plan.model.samples or 1, len(plan.temperatures), plan.replicas)
    values = {}
    for name, array in run.observed.values.items():
        of_draws = array.reshape(len(array), *shape, *array.shape[2:])
        by_temperature = np.moveaxis(of_draws, 0, 3)
        values[name] = by_temperature if lead else by_temperature[0]
    return observed(
        plan.measures, values, run.observed.seconds, (*lead, "temperature", "replica", "draw"),
        partial(rare_draws, plan.thermalization, plan.interval, plan.draws),
    )  # fmt: skip
