"""What replicas cost and what they bring: one run for each number of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin._info import info
from multispin.analysis import overlaps, statistics
from multispin.analysis.replica_error import ReplicaError, error_of_groups, group_means
from multispin.models.base import check_model
from multispin.progress import Progress, Reporter
from multispin.runs.throughput import nanoseconds_per_sweep
from multispin.sampling.sampler import BOLTZMANN, Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.models import Model

    Array = NDArray[np.float64]

__all__ = ["replica_sweep"]

#: Seconds of one of the three pieces that are timed.
_PIECE = 0.05

#: Pairs of replicas, of all samples, whose overlaps are put into bins at a time.
_PAIRS = 2**20

_LABELS = {
    "energy_per_spin": "energy per spin",
    "abs_magnetization": "|m|",
    "overlap2": "q^2 of pairs of replicas",
}


class _Run(NamedTuple):
    """A run with R replicas. Series of groups of replicas, by size: (groups, draws)."""

    groups: dict[str, dict[int, Array]]
    shares: Array  # of the bins of P(q): (draws, bins), or (samples, bins); none if R = 1
    costs: dict[str, Any]


class _Plan(NamedTuple):
    """What all runs have in common."""

    model: Model
    thermalization: int
    interval: int
    draws: int
    request: Mapping[str, Any]  # of a sampler, beside its replicas


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

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    MemoryError
        If the replicas do not fit, or R² overlaps of 8 bytes; the message says what they need and
        what there is.
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
    """
    xarray = require("xarray", "run")
    check_model("model", model)
    checks.choice("dynamics", dynamics, BOLTZMANN)
    sizes = _sizes(replicas)
    interval = checks.count("interval", interval, 1, MOST_SWEEPS)
    fewest = statistics.MIN_DRAWS * interval
    sweeps = checks.count("sweeps", sweeps, fewest, MOST_SWEEPS)
    plan = _Plan(
        model=model,
        thermalization=checks.count("thermalization", thermalization, 0, MOST_SWEEPS - sweeps),
        interval=interval,
        draws=sweeps // interval,
        request={
            "temperature": checks.positive_finite("temperature", temperature),
            "seed": checks.seed_or_fresh("seed", seed),
            "dynamics": dynamics,
            "init": init,
            "device": device,
            "rng": rng,
            "threads": threads,
        },
    )
    chains = sum(sizes) * (model.samples or 1)
    total = chains * (plan.thermalization + plan.draws * interval)
    with closing(Reporter(progress, total, 0, model.n_spins)) as reporter:
        # The largest first: if it does not fit, that shows at once.
        runs = [_run(plan, sizes[-1], sizes, reporter)]
        runs += [_run(plan, R, [R], reporter) for R in sizes[-2::-1]]
        runs.reverse()
    return _dataset(xarray, plan, sizes, runs)


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


# --- one run --------------------------------------------------------------------------------------


def _run(plan: _Plan, replicas: int, sizes: list[int], reporter: Reporter) -> _Run:
    """Run `replicas` replicas and measure what groups of each of the sizes measure."""
    sampler = Sampler(plan.model, replicas=replicas, **plan.request)
    _check_fits(plan, replicas, sizes)
    began = time.perf_counter()
    groups, shares = _measure(plan, sampler, replicas, sizes, reporter)
    seconds = time.perf_counter() - began
    used = sampler.info()
    spins = replicas * (plan.model.samples or 1) * plan.model.n_spins
    costs = {
        "flips_per_ns": spins / nanoseconds_per_sweep(sampler, _PIECE),
        "seconds": seconds,
        "bytes": used["bytes"],
        "bytes_per_spin": used["bytes"] / spins,
        "engine": used["engine"],
        "device": used["device"],
    }
    return _Run(groups, shares, costs)


def _check_fits(plan: _Plan, replicas: int, sizes: list[int]) -> None:
    """Refuse replicas of which the overlaps, or what is kept of the draws, do not fit."""
    chains = replicas * (plan.model.samples or 1)
    # Energy and |m| of every replica, and all means of groups.
    kept = (2 * replicas + sum(3 * (replicas // R) for R in sizes)) * plan.draws
    bins = (plan.model.samples or 0) + plan.draws
    pairs = chains * replicas
    # A block of pairs has its places, its overlaps, copies of these that are checked, and bins.
    pairs = pairs + 13 * min(max(_PAIRS, chains), pairs) if replicas > 1 else 0
    what = f"replicas: {replicas}, all pairs and {plan.draws} draws of them"
    check_memory(what, 8 * (pairs + kept + overlaps.MOST_BINS * bins))


def _measure(
    plan: _Plan, sampler: Sampler, replicas: int, sizes: list[int], reporter: Reporter
) -> tuple[dict[str, dict[int, Array]], Array]:
    chains = replicas * (plan.model.samples or 1)
    sampler.sweep(plan.thermalization)
    reporter.advance(plan.thermalization * chains)
    energy, size = np.empty((2, replicas, plan.draws))
    overlap2 = {R: np.empty((replicas // R, plan.draws)) for R in sizes if R > 1}
    shares = np.zeros(0)
    for draw in range(plan.draws):
        total, m = sampler.record(1, plan.interval)
        energy[:, draw] = _over_samples(total[0]) / plan.model.n_spins
        size[:, draw] = _over_samples(abs(m[0]))
        if overlap2:
            shares = _measure_pairs(plan, sampler.overlap(), overlap2, shares, draw)
        reporter.advance(plan.interval * chains)
    groups = {
        "energy_per_spin": {R: group_means(energy, R) for R in sizes},
        "abs_magnetization": {R: group_means(size, R) for R in sizes},
        "overlap2": overlap2,
    }
    return groups, shares


def _measure_pairs(
    plan: _Plan, q: Array, overlap2: dict[int, Array], shares: Array, draw: int
) -> Array:
    """Note q² of a draw in `overlap2`; return `shares` with those of the draw.

    A function of its own, so that the overlaps of one draw are gone when those of the next come.
    """
    for R, column in overlap2.items():
        column[:, draw] = _over_samples(_mean_square(q, R))
    return _keep(plan, shares, _shares(q, plan.model.n_spins), draw)


def _over_samples(values: Array) -> Array:
    """Average (samples, replicas) over samples; (replicas,) stays as it is."""
    return np.asarray(values.mean(axis=0) if values.ndim > 1 else values)


def _mean_square(q: Array, size: int) -> Array:
    """Mean q² over the pairs within each group of `size` replicas: (..., groups)."""
    groups = q.shape[-1] // size
    kept = q[..., : groups * size, : groups * size]
    blocks = kept.reshape(*q.shape[:-2], groups, size, groups, size)
    squares = np.einsum("...gigj,...gigj->...g", blocks, blocks)
    return np.asarray((squares - size) / (size * (size - 1)))  # without each one's own q = 1


def _shares(q: Array, n_spins: int) -> Array:
    """Shares of the bins of P(q) in the overlaps of all pairs, block of rows by block of rows."""
    replicas = q.shape[-1]
    rows = max(1, _PAIRS * replicas // q.size)
    total: Array | float = 0.0
    for row in range(0, replicas - 1, rows):
        first, second = np.triu_indices(min(rows, replicas - row), row + 1, replicas)
        found = overlaps.shares_of_draw(q[..., first + row, second], n_spins)
        total = total + found * len(first)
    return np.asarray(total / (replicas * (replicas - 1) // 2))


def _keep(plan: _Plan, shares: Array, found: Array, draw: int) -> Array:
    """Add the shares of a draw: as a row of their own, or to the mean of each sample."""
    if not shares.size:
        lead = () if _many_samples(plan.model) else (plan.draws,)
        shares = np.zeros((*lead, *np.squeeze(found).shape))
    if _many_samples(plan.model):
        shares += found / plan.draws
    else:
        shares[draw] = np.squeeze(found)
    return shares


def _many_samples(model: Model) -> bool:
    return (model.samples or 1) > 1


# --- the result -----------------------------------------------------------------------------------


def _dataset(xarray: ModuleType, plan: _Plan, sizes: list[int], runs: list[_Run]) -> xr.Dataset:
    variables = dict(_cost_variables(runs))
    for name in _LABELS:
        variables |= _error_variables(name, sizes, runs)
    coords: dict[str, Any] = {"replicas": ("replicas", sizes, {"long_name": "replicas R"})}
    if sizes[-1] > 1:
        samples = _many_samples(plan.model)
        found = overlaps.distribution_of_shares(
            runs[-1].shares, plan.model.n_spins, samples=samples
        )
        label = {"long_name": "P(q)", "replicas": sizes[-1]}
        variables |= {
            "overlap_distribution": ("q", found.density, label),
            "overlap_distribution_error": ("q", found.error, {"long_name": "error of P(q)"}),
            "q_width": ("q", found.width, {"long_name": "width of the bins of q"}),
        }
        coords["q"] = ("q", found.q, {"long_name": "overlap q"})
    data = xarray.Dataset(variables, coords=coords)
    shown = {name: plan.request[name] for name in ("temperature", "seed", "dynamics")}
    data.attrs = {
        "title": "Numbers of replicas",
        "version": str(info()["version"]),
        "model": repr(plan.model),
        "n_spins": plan.model.n_spins,
        "samples": plan.model.samples or 1,
        **shown,
        "sweeps": plan.draws * plan.interval,
        "thermalization": plan.thermalization,
        "interval": plan.interval,
    }
    return cast("xr.Dataset", data)


def _cost_variables(runs: list[_Run]) -> Iterator[tuple[str, Any]]:
    labels = {
        "flips_per_ns": {"long_name": "throughput", "units": "1/ns"},
        "seconds": {"long_name": "time of the run with its measurements", "units": "s"},
        "bytes": {"long_name": "memory of the engine", "units": "byte"},
        "bytes_per_spin": {"long_name": "memory of the engine per spin", "units": "byte"},
        "engine": {"long_name": "engine"},
        "device": {"long_name": "device"},
    }
    for name, label in labels.items():
        yield name, ("replicas", [run.costs[name] for run in runs], label)


def _error_variables(name: str, sizes: list[int], runs: list[_Run]) -> dict[str, Any]:
    """Means, errors and slope of one observable; nan where R replicas do not have it."""
    label = _LABELS[name]
    unit = {"units": "energy unit of J and h"} if name == "energy_per_spin" else {}
    columns = np.full((4, len(sizes)), np.nan)
    having = np.array([R in run.groups[name] for R, run in zip(sizes, runs, strict=True)])
    slope = (np.nan, np.nan)
    if having.any():
        direct = [
            statistics.mean(run.groups[name][R][0])
            for R, run in zip(sizes, runs, strict=True)
            if R in run.groups[name]
        ]
        scatter = _scatter(runs[-1].groups[name])
        columns[:, having] = (
            [one.value for one in direct],
            scatter.error,
            scatter.uncertainty,
            [one.error for one in direct],
        )
        slope = scatter.slope, scatter.slope_error
    texts = {
        "": label,
        "_error": f"error of {label}, from groups of R replicas",
        "_error_uncertainty": f"standard error of the error of {label}",
        "_direct_error": f"error of {label}, from the run with R replicas",
    }
    columns_of = {
        name + suffix: ("replicas", column, {"long_name": text, **unit})
        for (suffix, text), column in zip(texts.items(), columns, strict=True)
    }
    slope_label = {"long_name": f"d ln error / d ln R of {label}"}
    return columns_of | {
        f"{name}_slope": ((), slope[0], slope_label),
        f"{name}_slope_error": ((), slope[1], {"long_name": f"error of the slope of {label}"}),
    }


def _scatter(groups: dict[int, Array]) -> ReplicaError:
    """Error against the size of a group: the smallest groups know the autocorrelation time best."""
    smallest = next(iter(groups.values()))
    tau = float(statistics.autocorrelation_time(smallest, replicas=True).tau)
    return error_of_groups(np.array(list(groups)), list(groups.values()), tau)
