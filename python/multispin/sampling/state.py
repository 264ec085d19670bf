"""A sampler's state as JSON data and arrays, and the file that keeps it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from multispin import io, models
from multispin._base import checks
from multispin.errors import CheckpointError, DeviceError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from multispin._engines.base import Engine

    State = tuple[dict[str, Any], dict[str, NDArray[Any]]]

_KIND = "sampler"

Made = TypeVar("Made")


def of(engine: Engine, replicas: int) -> State:
    """Return the state of an engine with `replicas` replicas of each disorder sample."""
    sweeps_done, temperature, packed = engine.state()  # in one call: of one moment
    request = engine.request
    model, model_arrays = request.model.state()
    meta = {
        "model": model,
        "replicas": replicas,
        "engine": engine.name,
        "shared_random_numbers": request.shared_random_numbers,
        "dynamics": request.dynamics,
        "order": request.order,
        "rng": request.rng,
        "seed": request.seed,
        "first_stream": request.first_stream,
        "sweeps_done": sweeps_done,
    }
    arrays = {f"model_{name}": array for name, array in model_arrays.items()}
    return meta, {**arrays, "temperature": temperature, "packed": packed}


def arguments(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the arguments of the sampler whose state it is, but for device and threads.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no state of a sampler.
    """
    model_arrays = {name[6:]: a for name, a in arrays.items() if name.startswith("model_")}
    model = models.from_state(meta["model"], model_arrays)
    replicas, temperature = meta["replicas"], arrays["temperature"]
    lead = (replicas,) if model.samples is None else (model.samples, replicas)
    if temperature.shape != (math.prod(lead),):
        raise ValueError(f"temperature: got shape {temperature.shape} for replicas {lead}")
    checks.seed("seed", meta["seed"])
    if meta["engine"] == "auto" or meta["rng"] == "auto":
        raise ValueError("engine, rng: got 'auto', allowed: what was taken")
    if 8 * arrays["packed"].nbytes < model.n_spins * math.prod(lead):  # before it takes memory
        raise ValueError(f"packed: got {arrays['packed'].nbytes} bytes for {lead} of {model!r}")
    same = ("dynamics", "order", "seed", "rng", "first_stream", "engine", "shared_random_numbers")
    return {
        "model": model,
        "temperature": temperature.reshape(lead),
        "replicas": replicas,
        "clamp": arrays.get("clamp"),
        **{name: meta[name] for name in same},
    }


def write(path: str | os.PathLike[str], state: State) -> None:
    """Write a state to a file, all or nothing."""
    io.write_checkpoint(path, _KIND, *state)


def read(path: str | os.PathLike[str], make: Callable[[State], Made]) -> Made:
    """Return what `make` makes of the state in a file.

    Raises
    ------
    CheckpointError
        If the file is damaged, truncated, or not a sampler's.
    """
    kept = io.read_checkpoint(path, _KIND)
    try:
        return make(kept)
    except DeviceError:
        raise  # what is wrong with it is not the file's fault
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise CheckpointError(f"{Path(path)}: not a sampler's state: {what}") from error
