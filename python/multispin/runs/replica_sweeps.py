"""What replicas cost and what they bring: one run for each number of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin.analysis import statistics
from multispin.errors import ObservableError
from multispin.models.base import check_model
from multispin.progress import Progress, Reporter
from multispin.runs._replica_dataset import ALWAYS, COSTS, SUFFIXES, columns_of, dataset
from multispin.runs._replica_run import Plan, Run, run_replicas
from multispin.runs.observables import Measure, measures
from multispin.sampling.sampler import BOLTZMANN

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.models import Model

__all__ = ["replica_sweep"]


def replica_sweep(
    model: Model,
    temperature: float,
    replicas: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    sweeps: int = 1000,
    thermalization: int = 1000,
    interval: int = 10,
    seed: int | None = None,
    dynamics: str = "metropolis",
    init: str | NDArray[np.int8] = "random",
    device: str = "auto",
    rng: str = "auto",
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] | None = None,
    observables: Sequence[Any] | dict[str, Any] | None = None,
) -> xr.Dataset:
    r"""Run 1, 2, 4, … replicas of a system and measure throughput, memory and errors.

    The error of a mean over R replicas is measured in two ways, neither of which takes replicas
    for independent:

    * ``…_error``, from the run with the most replicas: how the means of *disjoint groups* of R of
      them scatter, block of draws by block (`analysis.replica_error`). With it come the error's
      own standard error and the slope d ln error / d ln R, -1/2 if replicas are independent;
    * ``…_direct_error``, from a run with R replicas: their mean as one series, with its
      autocorrelation.

    All runs use the seed's streams from 0 on. Runs of one engine, without disorder samples, are
    therefore the first replicas of larger ones: their means are *not* independent of each other,
    and no more is learnt by averaging them. The groups within one run share nothing.

    Pairs of replicas share replicas: the error of q² over all pairs falls like 1/R while noise of
    single pairs dominates, and like 1/√R in the end.

    Parameters
    ----------
    model : Model
        Any model that `Sampler` can run. With disorder samples, series are averages over them and
        errors those of the thermal average at *these* couplings, which is what replicas reduce;
        only the errors of P(q) are over samples.
    temperature : float
        Temperature T > 0.
    replicas : sequence of int
        Numbers R of replicas (of each disorder sample), ascending.
    sweeps : int
        Sweeps of each replica after thermalization, at least 20 times `interval`.
    thermalization : int
        Sweeps before the first one that counts. A run that is not in equilibrium has errors that do
        not fall.
    interval : int
        Sweeps from one measurement to the next. Overlaps of all pairs are among what is measured.
    seed, dynamics, init, device, rng, threads
        As for `Sampler`, which is left the choice of the engine.
    progress : bool or callable, optional
        True shows a bar; a callable is called with a `multispin.progress.Progress` after every
        measurement.
    observables : list, or dict by names, optional
        What else to measure of the spins, as for `simulate`: names, functions and `Observable`. One
        with an interval of its own has to be measured 20 times.

    Returns
    -------
    xarray.Dataset
        Along ``replicas``: ``flips_per_ns``, attempted updates of spins (the fastest of three
        pieces without measurements); ``seconds`` of the run with its measurements; ``bytes`` that
        the engine holds, as `Sampler.info` gives them, and ``bytes_per_spin``; ``engine`` and
        ``device``. For ``energy_per_spin``, ``abs_magnetization`` and ``overlap2`` (nan at R = 1):
        the mean of each run, ``…_error``, ``…_error_uncertainty``, ``…_direct_error``, and without
        a dimension ``…_slope`` and ``…_slope_error``. Along ``q``, if there are 2 replicas:
        ``overlap_distribution`` from the R (R - 1)/2 pairs of the largest run, its ``…_error``
        (over samples if there are at least 2, else over draws), and ``q_width``, the width of the
        bins.

        Observables have the same variables as ``energy_per_spin``; where one has axes, so have
        these, after ``replicas``, and every component is taken by itself.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    ObservableError
        If an observable fails, or gives anything but finite numbers up to 1e290 of one shape; the
        message names it.
    MemoryError
        If the replicas do not fit, or R² overlaps of 8 bytes, or what observables give; the message
        says what they need and what there is.
    DeviceError
        If the device cannot be used.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).

    Examples
    --------
    >>> import multispin as ms
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> data = ms.replica_sweep(glass, 2.0, replicas=[1, 4, 16, 64], sweeps=400, seed=1)
    >>> data.energy_per_spin_error.dims
    ('replicas',)
    >>> bool(abs(data.energy_per_spin_slope + 0.5) < 4 * data.energy_per_spin_slope_error)
    True

    How many replicas make up for the noise of a structure factor:

    >>> data = ms.replica_sweep(
    ...     ms.Ising((8, 8)), 2.5, [1, 4], sweeps=400, seed=1, observables=["structure_factor"]
    ... )
    >>> data.structure_factor_error.dims
    ('replicas', 'wave_vector')
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    checks.choice("dynamics", dynamics, BOLTZMANN)
    sizes = _sizes(replicas)
    interval = checks.count("interval", interval, 1, MOST_SWEEPS)
    fewest = statistics.MIN_DRAWS * interval
    sweeps = checks.count("sweeps", sweeps, fewest, MOST_SWEEPS)
    thermalization = checks.count("thermalization", thermalization, 0, MOST_SWEEPS - sweeps)
    draws = sweeps // interval
    plan = Plan(
        model=model,
        thermalization=thermalization,
        interval=interval,
        draws=draws,
        request={
            "temperature": checks.positive_finite("temperature", temperature),
            "seed": checks.seed_or_fresh("seed", seed),
            "dynamics": dynamics,
            "init": init,
            "device": device,
            "rng": rng,
            "threads": threads,
        },
        measures=_measures(observables, model, interval, draws),
    )
    chains = sum(sizes) * (model.samples or 1)
    total = chains * (plan.thermalization + plan.draws * interval)
    with closing(Reporter(progress, total, 0, model.n_spins)) as reporter:
        # The largest first: if it does not fit, that shows at once.
        runs = [run_replicas(plan, sizes[-1], sizes, reporter)]
        for R in sizes[-2::-1]:
            # P(q) is that of the most replicas.
            runs.append(run_replicas(plan, R, [R], reporter)._replace(shares=np.zeros(0)))
            _demand_like(plan, runs[-1], runs[0], R)
        runs.reverse()
    return dataset(xarray, plan, sizes, runs)


def _sizes(replicas: object) -> list[int]:
    allowed = "one or more integers >= 1, ascending"
    if isinstance(replicas, np.ndarray) and replicas.ndim == 1:
        replicas = replicas.tolist()
    if isinstance(replicas, (str, bytes)) or not isinstance(replicas, Sequence):
        raise TypeError(checks.describe("replicas", replicas, allowed))
    sizes = [checks.count("replicas", R, 1, MOST_REPLICAS) for R in replicas]
    if not sizes or sizes != sorted(set(sizes)):
        raise ValueError(checks.describe("replicas", replicas, allowed))
    return sizes


def _measures(observables: object, model: Model, interval: int, draws: int) -> tuple[Measure, ...]:
    """Return what else is measured, if it can be, and if the Dataset has room for its names."""
    taken = [*COSTS, *columns_of(ALWAYS), *columns_of(["overlap_distribution"])]
    taken += ["replicas", "q", "q_width"]
    found = measures(observables, 0, model, interval, draws, taken)
    taken += [dim for one in found for dim in one.dims or ()]
    for one in found:
        columns = columns_of([one.name])
        if not set(columns).isdisjoint(taken):
            allowed = f"names that make none which is taken, with {', '.join(SUFFIXES)}"
            raise ValueError(checks.describe("observables", one.name, allowed))
        taken += columns
        if one.count(draws) < statistics.MIN_DRAWS:
            got = f"{one.count(draws)} measurements of {one.name!r}"
            allowed = f"an interval with at least {statistics.MIN_DRAWS} of them in the sweeps"
            raise ValueError(f"observables: got {got}, allowed: {allowed}")
    return found


def _demand_like(plan: Plan, run: Run, largest: Run, replicas: int) -> None:
    """Refuse observables that have another shape in a run than in the largest one."""
    for one in plan.measures:
        shape, expected = run.shape_of(one.name), largest.shape_of(one.name)
        if shape != expected:
            raise ObservableError(
                f"observables: got {shape} for each replica from {one.name!r} in the run of "
                f"{replicas}, allowed: {expected}, as in the run with the most"
            )
