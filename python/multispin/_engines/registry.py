"""Which engine runs a model, and how one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin import _core
from multispin._base import checks
from multispin._engines import devices
from multispin.models import Ising
from multispin.models.base import two_magnitudes
from multispin.models.lattice import Lattice

if TYPE_CHECKING:
    from multispin.models import Model

NAMES = ("auto", "lattice", "replica")

#: The replica engine fills its words with replicas, the lattice engine with the sites of a row.
#: From so many replicas on, and for rows shorter than this, the first is faster.
MANY_REPLICAS = 64
SHORT_ROW = 32

#: Lattices of fewer spins, or without couplings, have states that Metropolis in the lattice engine
#: does not reach from others, or leave (docs/trajectory.md).
TINY = 36

#: What the replica engine counts in the bits of a random block's counter.
_STREAMS = 2**26
_SITES = 2**28

#: Bytes for an edge while its engine is made: as two int64 twice, and as two uint32 twice.
_LISTED_EDGE = 48


class Request(NamedTuple):
    """What an engine is asked for, beside its model."""

    replicas: int  # of all disorder samples together
    dynamics: str
    rng: str
    seed: int
    first_stream: int
    shared_random_numbers: bool


def choose(
    engine: str,
    model: Model,
    replicas: int,
    first_stream: int = 0,
    shared_random_numbers: bool = False,
) -> str:
    """Return the engine for `replicas` replicas of a model: ``"lattice"`` or ``"replica"``.

    Raises
    ------
    TypeError, ValueError
        If the engine cannot run the model; the message says what can be run.
    """
    checks.choice("engine", engine, NAMES)
    _demand_one_magnitude(model)
    not_lattice = _not_a_lattice(model)
    if shared_random_numbers:
        not_lattice = "shared_random_numbers (allowed with the replica engine only)"
    not_replica = _not_for_replicas(model, replicas, first_stream)
    if engine == "auto":
        many = replicas >= MANY_REPLICAS and model.shape[-1] < SHORT_ROW
        better = many or model.n_spins < TINY or model.J == 0.0
        engine = "replica" if not_lattice or (better and not not_replica) else "lattice"
    if engine == "lattice" and not_lattice:
        raise ValueError(f"engine: got 'lattice' for {not_lattice}, allowed: 'auto' or 'replica'")
    if engine == "replica" and not_replica:
        raise ValueError(not_replica)
    return engine


def new(engine: str, model: Model, request: Request, gpu: int | None, threads: int) -> Any:
    """Return a compiled engine on the CPU, or on a GPU if `gpu` is a number."""
    where: dict[str, Any] = {"threads": threads} if gpu is None else {"device": gpu}
    module = _core if gpu is None else devices.cuda_module()
    common: dict[str, Any] = {**request._asdict(), "h": model.h}
    if engine == "lattice":
        del common["shared_random_numbers"]
        return module.LatticeEngine(**_sides(model), J=model.J, **common, **where)
    edges, signs = model.edges, np.atleast_2d(model.signs)
    if model.J == 0.0:
        edges, signs = edges[:0], signs[:, :0]
    return module.ReplicaEngine(
        sites=model.n_spins,
        edges=np.ascontiguousarray(edges, dtype=np.uint32),
        signs=np.ascontiguousarray(-signs if model.J < 0.0 else signs, dtype=np.int8),
        J=abs(model.J) or 1.0,
        **common,
        **where,
    )


def bytes_held(engine: str, model: Model, request: Request, gpu: int | None) -> int:
    """Return the bytes of its device's memory that an engine holds: spins, graph and signs.

    Thresholds, which depend on the temperatures, come on top: few, next to all but tiny systems.
    """
    module = _core if gpu is None else devices.cuda_module()
    if engine == "lattice":
        one: int = module.lattice_bytes(**_sides(model), replicas=1)
        return request.replicas * one
    edges = _listed_edges(model) if model.J else 0
    return _replica_bytes(module, model, request, edges, model.samples or 1)


def bytes_to_make(engine: str, model: Model, request: Request, gpu: int | None) -> int:
    """Return the bytes of the host's memory that come and go while an engine is made."""
    if engine == "lattice":
        return 0
    # Signs are copied on the way: a byte each, in the model's form and in the engine's.
    edges = _listed_edges(model)
    listed = _LISTED_EDGE * edges + 2 * edges * (model.samples or 1)
    if gpu is None:
        return listed
    # Graph and signs are put into the engine's form before they go to the GPU.
    spins = _replica_bytes(devices.cuda_module(), model, request, 0, 1)
    return listed + bytes_held(engine, model, request, gpu) - spins


def _listed_edges(model: Model) -> int:
    # The edges of a lattice are made when they are asked for, so they are not.
    return len(model.shape) * model.n_spins if isinstance(model, Lattice) else len(model.edges)


def _replica_bytes(module: Any, model: Model, request: Request, edges: int, samples: int) -> int:
    held: int = module.replica_bytes(
        sites=model.n_spins,
        edges=edges,
        samples=samples,
        replicas=request.replicas,
        first_stream=request.first_stream,
        shared=request.shared_random_numbers,
    )
    return held


def _sides(model: Model) -> dict[str, int]:
    *planes, rows, columns = model.shape
    return {"planes": planes[0] if planes else 1, "rows": rows, "columns": columns}


def _demand_one_magnitude(model: Model) -> None:
    if not model.one_magnitude:
        raise ValueError(
            f"model: got {model!r} with couplings of several magnitudes, "
            f"such as {two_magnitudes(model.couplings)}, allowed: one, +J and -J (others need the "
            "dense engine, which this version does not have)"
        )


def _not_a_lattice(model: Model) -> str:
    """Return why the lattice engine cannot run a model, or nothing if it can."""
    if not isinstance(model, Ising):
        return f"the model {type(model).__name__} (it runs Ising)"
    if len(model.shape) not in (2, 3):
        return f"{len(model.shape)} dimensions (it runs 2 and 3)"
    if any(side % 2 for side in model.shape) or max(model.shape) > 2**31:
        return f"the shape {model.shape} (it runs even sides from 2 to 2**31)"
    return ""


def _not_for_replicas(model: Model, replicas: int, first_stream: int) -> str:
    """Return why the replica engine cannot run these replicas, or nothing if it can."""
    if model.n_spins >= _SITES:
        allowed = "fewer than 2**28 sites, or even sides from 2 to 2**31 in 2 or 3 dimensions"
        return checks.describe("shape", model.shape, allowed)
    if replicas > _STREAMS:
        return f"replicas: got {replicas} in all, allowed: at most 2**26 with the replica engine"
    if first_stream > _STREAMS - replicas:
        allowed = f"an integer >= 0 and <= {_STREAMS - replicas} with the replica engine"
        return checks.describe("first_stream", first_stream, allowed)
    return ""
