"""One run of a sweep of the number of replicas: what it costs, and what its groups measure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base.memory import check_memory
from multispin.analysis import overlaps, statistics
from multispin.analysis.replica_error import group_means
from multispin.runs._observing import Observations, fault
from multispin.runs.throughput import nanoseconds_per_sweep
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.progress import Reporter
    from multispin.runs.observables import Measure

    Array = NDArray[np.float64]

#: Seconds of one of the three pieces that are timed.
_PIECE = 0.05

#: Pairs of replicas, of all samples, whose overlaps are put into bins at a time.
_PAIRS = 2**20


class Run(NamedTuple):
    """A run with R replicas. Series of groups of replicas, by size: (groups, draws, ...)."""

    groups: dict[str, dict[int, Array]]
    shares: Array  # of the bins of P(q): (draws, bins), or (samples, bins); none if R = 1
    costs: dict[str, Any]

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a value of what was measured; () where no group has it."""
        return next((series.shape[2:] for series in self.groups[name].values()), ())


class Plan(NamedTuple):
    """What all runs have in common."""

    model: Model
    thermalization: int
    interval: int
    draws: int
    request: Mapping[str, Any]  # of a sampler, beside its replicas
    measures: tuple[Measure, ...] = ()


def run_replicas(plan: Plan, replicas: int, sizes: list[int], reporter: Reporter) -> Run:
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
    return Run(groups, shares, costs)


def _check_fits(plan: Plan, replicas: int, sizes: list[int]) -> None:
    """Refuse replicas of which the overlaps, or what is kept of the draws, do not fit."""
    what = f"replicas: {replicas}, all pairs and {plan.draws} draws of them"
    needed = max(_measuring(plan, replicas, sizes), _analysing(plan, replicas, sizes))
    check_memory(what, 8 * needed)


def _measuring(plan: Plan, replicas: int, sizes: list[int]) -> int:
    """Numbers in memory while draws are measured."""
    chains = replicas * (plan.model.samples or 1)
    # Energy and |m| of every replica, and all means of groups.
    kept = (2 * replicas + 3 * _groups(replicas, sizes)) * plan.draws
    pairs = chains * replicas
    # A block of pairs has its places, its overlaps, copies of these that are checked, and bins.
    pairs = pairs + 13 * min(max(_PAIRS, chains), pairs) if replicas > 1 else 0
    return pairs + kept + _bins(plan, replicas)


def _analysing(plan: Plan, replicas: int, sizes: list[int]) -> int:
    """Numbers in memory in the end, beside all runs: series, or bins of P(q), are transformed."""
    # Three series of each group of the most replicas, and of one group in each of the other runs.
    kept = 3 * (_groups(replicas, sizes) + len(sizes)) * plan.draws + _bins(plan, replicas)
    spectra = 3 * statistics.padded(plan.draws) // 2
    series = max(replicas // R for R in sizes) * (2 * plan.draws + spectra)
    if replicas == 1 or many_samples(plan.model):
        return kept + series
    back = statistics.padded(plan.draws)
    return kept + max(series, overlaps.MOST_BINS * (2 * plan.draws + spectra + back))


def _groups(replicas: int, sizes: list[int]) -> int:
    return sum(replicas // R for R in sizes)


def _bins(plan: Plan, replicas: int) -> int:
    """Shares of the bins of P(q), of draws or of samples."""
    rows = (plan.model.samples or 1) if many_samples(plan.model) else plan.draws
    return overlaps.MOST_BINS * rows if replicas > 1 else 0


def _measure(
    plan: Plan, sampler: Sampler, replicas: int, sizes: list[int], reporter: Reporter
) -> tuple[dict[str, dict[int, Array]], Array]:
    chains = replicas * (plan.model.samples or 1)
    sampler.sweep(plan.thermalization)
    reporter.advance(plan.thermalization * chains)
    energy, size = np.empty((2, replicas, plan.draws))
    overlap2 = {R: np.empty((replicas // R, plan.draws)) for R in sizes if R > 1}
    shares = np.zeros(0)
    # As they come, averaged and turned; or averaged, beside the means of all groups and runs.
    copies = max(3.0, 1.0 + (_groups(replicas, sizes) + len(sizes)) / replicas)
    observed = Observations(plan.measures, 0, plan.draws, chains, chains, copies)
    for draw in range(plan.draws):
        total, m = sampler.record(1, plan.interval)
        energy[:, draw] = _over_samples(total[0]) / plan.model.n_spins
        size[:, draw] = _over_samples(abs(m[0]))
        if overlap2:
            shares = _measure_pairs(plan, sampler.overlap(), overlap2, shares, draw)
        _observe(plan, sampler, observed, draw + 1)
        reporter.advance(plan.interval * chains)
    groups = {
        "energy_per_spin": {R: group_means(energy, R) for R in sizes},
        "abs_magnetization": {R: group_means(size, R) for R in sizes},
        "overlap2": overlap2,
    }
    for name in list(observed.values):
        series = _series(observed.values.pop(name), plan.model.samples or 1)
        groups[name] = {R: group_means(series, R) for R in sizes}
    return groups, shares


def _observe(plan: Plan, sampler: Sampler, observed: Observations, draw: int) -> None:
    """Measure and note the observables that are due at a draw, counted from 1."""
    sweeps = sampler.sweeps_done
    found = observed.evaluate(draw, sweeps, sampler._engine.spins)
    for one in plan.measures:
        if one.name in found:
            largest = float(np.abs(found[one.name]).max(initial=0.0))
            if not largest <= statistics.LARGEST:  # which may be nan
                allowed = f"finite numbers up to {statistics.LARGEST:g}, which have errors"
                raise fault(one, f"{largest:g}", sweeps, allowed)
    observed.note(draw, found)


def _series(values: Array, samples: int) -> Array:
    """Average what was observed, (draws, chains, ...), over samples: (replicas, draws, ...)."""
    draws, chains, *shape = values.shape
    mean = values.reshape(draws, samples, chains // samples, *shape).mean(axis=1)
    return np.ascontiguousarray(mean.swapaxes(0, 1))


def _measure_pairs(
    plan: Plan, q: Array, overlap2: dict[int, Array], shares: Array, draw: int
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


def _keep(plan: Plan, shares: Array, found: Array, draw: int) -> Array:
    """Add the shares of a draw: as a row of their own, or to the mean of each sample."""
    if not shares.size:
        lead = () if many_samples(plan.model) else (plan.draws,)
        shares = np.zeros((*lead, *np.squeeze(found).shape))
    if many_samples(plan.model):
        shares += found / plan.draws
    else:
        shares[draw] = np.squeeze(found)
    return shares


def many_samples(model: Model) -> bool:
    """Whether errors can be over disorder samples."""
    return (model.samples or 1) > 1
