"""The logarithm of a partition function: exact, by annealed importance sampling, or integrated."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin.errors import NotConvergedWarning
from multispin.exact import enumeration
from multispin.learn.bennett import acceptance_ratio, effective_samples, log_mean
from multispin.learn.place import Place
from multispin.models.base import check_model
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.models import Model

    Array = NDArray[np.float64]

METHODS = ("auto", "exact", "ais", "integration")

_MOST_CHAINS, _MOST_TEMPERATURES = 2**20, 2**24

#: Sweeps of the chains that the way back begins with, for each step of the way.
_SETTLING = 1.0
#: Fewer chains than these, as worth as all, are too few to tell an error from.
_FEW = 5.0


@dataclass(frozen=True)
class LogPartition:
    """ln Z of a model, in nats.

    Attributes
    ----------
    value, error
        ln Z and its standard error; 0 if it is exact.
    method
        "exact", "ais" or "integration".
    forward, reverse
        Of annealed importance sampling: from infinite temperature to that of the model, which is
        too low in the mean, and back, which is too high. None otherwise.
    effective_samples
        (Σ w)² / Σ w² of the weights of chains on the way up: how many equal ones would be worth as
        much.
    """

    value: float
    error: float
    method: str
    forward: float | None = None
    reverse: float | None = None
    effective_samples: float | None = None


def check_log_partition(given: object) -> None:
    """Refuse what is neither None nor a `LogPartition`."""
    if given is not None:
        checks.instance("log_partition", given, LogPartition, "None, or a LogPartition")


def log_partition(
    model: Model,
    method: str = "auto",
    chains: int = 1000,
    temperatures: int = 1000,
    seed: int | None = None,
    threads: int | None = None,
    device: str = "auto",
) -> LogPartition:
    r"""Return ln Z = ln Σ_s exp(−E(s)) at temperature 1.

    Parameters
    ----------
    model
        Of pairs of spins, without disorder samples.
    method
        "exact": sums over all states, at most 24 spins. "ais": annealed importance sampling
        between β = 0 and 1, chains going up and others going down, put together by Bennett's
        acceptance ratio. "integration": of −⟨E⟩ over β, by Simpson's rule. "auto" is "exact" where
        that can be, else "ais".
    chains
        Number of chains each way.
    temperatures
        Steps of β.
    seed
        Of the chains; None takes a fresh one.
    threads
        Number of threads; None takes as many as the process may use.
    device
        Where chains are, as of `Sampler`.

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of this kind.
    DeviceError
        If the device cannot be used.

    Warns
    -----
    NotConvergedWarning
        If the two ways differ by more than their errors can explain.

    Notes
    -----
    R. M. Neal, Stat. Comput. 11, 125 (2001); C. H. Bennett, J. Comput. Phys. 22, 245 (1976),
    eqs. (12) and (14); the way back: R. B. Grosse, S. Ancha & D. M. Roy, NIPS 29, 2451 (2016).

    Examples
    --------
    >>> import multispin as ms
    >>> model = ms.SherringtonKirkpatrick(20, seed=1)
    >>> exact = ms.log_partition(model)
    >>> found = ms.log_partition(model, "ais", seed=1)
    >>> abs(found.value - exact.value) < 5 * found.error, found.error < 0.01
    (True, True)
    """
    method, chains, temperatures = checked(method, chains, temperatures)
    seed, place = checks.seed_or_fresh("seed", seed), Place(threads, device).checked()
    check_model("model", model)
    if model.samples is not None:
        raise ValueError(checks.describe("model", model, "a model without disorder samples"))
    if method == "exact" or (
        method == "auto" and model.n_spins <= enumeration.MAX_ENUMERATED_SPINS
    ):
        return LogPartition(enumeration.enumerate(model, 1.0).log_partition, 0.0, "exact")
    if method == "integration":
        return _integrated(model, chains, temperatures, seed, place)
    up = _along(_chains(model, 2 * chains, seed, place), temperatures, chains)
    return together(model.n_spins * math.log(2), *up)


def checked(method: str, chains: int, temperatures: int) -> tuple[str, int, int]:
    """Return these arguments of `log_partition`, or refuse them."""
    return (
        checks.choice("method", method, METHODS),
        checks.count("chains", chains, 2, _MOST_CHAINS),
        checks.count("temperatures", temperatures, 2, _MOST_TEMPERATURES),
    )


def _chains(model: Model, chains: int, seed: int, place: Place) -> Sampler:
    """Return chains in equilibrium at β = 0, of dynamics that mix where it is hot."""
    return Sampler(
        model, 1.0, replicas=chains, dynamics="glauber", seed=seed, threads=place.threads,
        device=place.device, engine="real",
    )  # fmt: skip


def _steps(temperatures: int) -> Array:
    """β from 0 to 1: evenly, as −E of what is learned grows little beyond where it began."""
    return np.linspace(0.0, 1.0, temperatures + 1)


def _along(sampler: Sampler, temperatures: int, chains: int) -> tuple[Array, Array]:
    """Return log weights of the first chains on the way up, and of the others on the way down."""
    betas = _steps(temperatures)
    up = np.zeros(chains)
    for before, beta in itertools.pairwise(betas):
        up -= (beta - before) * sampler.energy()[:chains]
        sampler.temperature = 1.0 / beta
        sampler.sweep(1)
    sampler.sweep(math.ceil(_SETTLING * temperatures))
    down = np.zeros(chains)
    for before, beta in itertools.pairwise(betas[::-1]):
        down -= (beta - before) * sampler.energy()[chains:]
        if beta > 0.0:
            sampler.temperature = 1.0 / beta
            sampler.sweep(1)
    return up, down


def together(ln_base: float, up: Array, down: Array) -> LogPartition:
    """Return ln Z from that of the base, and log weights of chains on the way up and back.

    Warns
    -----
    NotConvergedWarning
        If the two ways differ by more than their errors can explain, or few chains have all of the
        weight.
    """
    forward, forward_error = log_mean(up)
    back, back_error = log_mean(down)
    value, error = acceptance_ratio(up, down)
    gap, effective = abs(forward + back), effective_samples(up)
    if gap > 5 * math.hypot(forward_error, back_error) + 0.5:
        warn(
            f"ln Z: {ln_base + forward:.4g} on the way up and {ln_base - back:.4g} on the way "
            "down do not agree: more temperatures, or chains do not reach equilibrium",
            NotConvergedWarning,
        )
    elif effective < min(_FEW, len(up) / 2):
        warn(
            f"ln Z: {effective:.1f} of {len(up)} chains have all of the weight: more temperatures",
            NotConvergedWarning,
        )
    return LogPartition(ln_base + value, error, "ais", ln_base + forward, ln_base - back, effective)


def _integrated(
    model: Model, chains: int, temperatures: int, seed: int, place: Place
) -> LogPartition:
    """Simpson's rule over β: ln Z = N ln 2 − ∫ ⟨E⟩ dβ, one chain going along at a time."""
    intervals = temperatures + temperatures % 2
    betas = _steps(intervals)
    weights = np.full(intervals + 1, 2.0)
    weights[1::2], weights[0], weights[-1] = 4.0, 1.0, 1.0
    sampler = _chains(model, chains, seed, place)
    total = np.zeros(chains)
    for beta, weight in zip(betas, weights, strict=True):
        if beta > 0.0:
            sampler.temperature = 1.0 / beta
            sampler.sweep(2)
        total -= weight / (3 * intervals) * sampler.energy()
    error = float(total.std(ddof=1)) / math.sqrt(chains)
    value = model.n_spins * math.log(2) + float(total.mean())
    return LogPartition(value, error, "integration")
