"""The sampler of a run, out of the run's checkpoint, if it is that run's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin import io
from multispin.errors import CheckpointError
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def restored_sampler(
    meta: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    prefix: str,
    device: str,
    threads: int | None,
    **expected: Any,
) -> Sampler:
    """Return the sampler whose state a checkpoint has.

    Parameters
    ----------
    meta, arrays
        JSON data and arrays, of which ``meta["sampler"]`` and those whose names begin with `prefix`
        are the sampler's.
    device, threads
        As for a new sampler.
    expected
        What the run says of it: ``replicas``, ``engine``, and fields of the engine's request.

    Raises
    ------
    CheckpointError
        If it is the sampler of another run.
    LookupError, TypeError, ValueError
        If it is no state of a sampler.
    """
    states = {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    sampler = Sampler._from_state(meta["sampler"], states, device, threads)
    engine = sampler._engine
    found = {"replicas": sampler._lead[-1], "engine": engine.name}
    for name, value in expected.items():
        there = found[name] if name in found else getattr(engine.request, name)
        if there != value:
            raise CheckpointError(f"the checkpoint's sampler has {name} {there!r}, not {value!r}")
    return sampler


def take_packed(sampler: Sampler, sweeps_done: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put a run's own sampler where a finished run has left it: sweeps, and spins as bits.

    Raises
    ------
    CheckpointError, ValueError
        If these are no spins of this sampler.
    """
    packed = sampler._engine.packed()
    sampler._engine.restore(
        sweeps_done, io.demand_array(arrays, "packed", packed.dtype, packed.shape)
    )
