"""What is computed of all pairs of replicas, or of sites, from what an engine gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines import registry
from multispin._engines.registry import counted
from multispin.models import Hopfield

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin._engines.base import Engine

#: Pairs of replicas that are handed to an engine at a time.
PAIRS = 2**20
_PAIR_BYTES = 64  # what one of them takes: its replicas, thrice, its sum and its overlap


def of_all_pairs(
    what: str,
    sums_of: Callable[[NDArray[np.uint32]], NDArray[np.int64]],
    most: int,
    lead: tuple[int, ...],
) -> NDArray[np.float64]:
    """Return sums over pairs of replicas of a sample, divided by `most`: (*lead, replicas).

    Parameters
    ----------
    what
        What it is, for messages.
    sums_of
        Pairs (P, 2) -> their sums.
    most
        The sum of a replica with itself.
    lead
        ``(replicas,)`` or ``(samples, replicas)``.

    Raises
    ------
    ValueError
        For fewer than two replicas.
    MemoryError
        If they do not fit.
    """
    _check(what, lead)
    chains, replicas = math.prod(lead), lead[-1]
    all_pairs = np.ones((*lead, replicas))
    starts = np.arange(0, chains, replicas)[:, None]
    rows = max(1, PAIRS // chains)  # their pairs take more memory than the result
    for row in range(0, replicas - 1, rows):
        first, second = np.triu_indices(min(rows, replicas - row), row + 1, replicas)
        first += row
        pairs = np.stack([(starts + first).ravel(), (starts + second).ravel()], axis=1)
        values = sums_of(np.ascontiguousarray(pairs, dtype=np.uint32)) / most
        all_pairs[..., first, second] = values.reshape(*lead[:-1], -1)
        all_pairs[..., second, first] = all_pairs[..., first, second]
    return all_pairs


def _check(what: str, lead: tuple[int, ...]) -> None:
    chains, replicas = math.prod(lead), lead[-1]
    if replicas < 2:
        raise ValueError(f"{what}: got a sampler of one replica, allowed: at least 2")
    all_pairs = chains * replicas
    needed = 8 * all_pairs + _PAIR_BYTES * min(max(PAIRS, chains), all_pairs)
    check_memory(f"replicas: {what} of all pairs of {counted(chains)}", needed)


def moments(
    engine: Engine, lead: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means <s_i> (..., N) and second moments <s_i s_j> (..., N, N) over the replicas.

    Raises
    ------
    MemoryError
        If it does not fit.
    """
    n, replicas, front = engine.request.model.n_spins, lead[-1], lead[:-1]
    samples = math.prod(front)
    # Of every sample the result, and its spins; of one, its sums as integers.
    needed = 8 * n * n * (samples + 1) + n * replicas * samples
    check_memory(f"moments: of {n} spins", needed)
    mean, second = np.empty((samples, n)), np.empty((samples, n, n))
    for sample, sums in enumerate(engine.moment_sums()):
        np.divide(sums[0], replicas, out=mean[sample])
        np.divide(sums[1], replicas, out=second[sample])
    return mean.reshape(*front, n), second.reshape(*front, n, n)


def pattern_overlap(engine: Engine, lead: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the overlaps of all replicas with the patterns of a Hopfield model, (*lead, P).

    Raises
    ------
    ValueError
        For another model.
    """
    model = engine.request.model
    if not isinstance(model, Hopfield):
        raise ValueError(checks.describe("model", model, "a Hopfield model, which has patterns"))
    if "pattern_overlaps" in engine.abilities:
        sums: NDArray[np.int64] = registry.ask(engine, "pattern_overlaps")()
        return (sums / model.n_spins).reshape(*lead, -1)
    spins = np.asarray(engine.spins()).reshape(*lead, *model.shape)
    return model.overlap(spins)
