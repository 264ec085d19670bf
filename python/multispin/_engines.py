"""Which engine runs a model, and how one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin import _checks, _core, _devices
from multispin.models import Ising

if TYPE_CHECKING:
    from multispin.models import Model

NAMES = ("auto", "lattice", "replica")

#: The replica engine fills its words with replicas, the lattice engine with the sites of a row.
#: From so many replicas on, and for rows shorter than this, the first is faster.
MANY_REPLICAS = 64
SHORT_ROW = 32


class Request(NamedTuple):
    """What an engine is asked for, beside its model."""

    replicas: int  # of all disorder samples together
    dynamics: str
    rng: str
    seed: int
    first_stream: int
    shared_random_numbers: bool


def choose(engine: str, model: Model, replicas: int, shared_random_numbers: bool = False) -> str:
    """Return the engine for `replicas` replicas of a model: ``"lattice"`` or ``"replica"``.

    Raises
    ------
    TypeError, ValueError
        If the engine cannot run the model; the message says which one can.
    """
    _checks.choice("engine", engine, NAMES)
    refusal = _not_a_lattice(model)
    if shared_random_numbers:
        refusal = "shared_random_numbers (allowed with the replica engine only)"
    if engine == "auto":
        many = replicas >= MANY_REPLICAS and model.shape[-1] < SHORT_ROW
        engine = "replica" if refusal or many else "lattice"
    if engine == "lattice" and refusal:
        raise ValueError(f"engine: got 'lattice' for {refusal}, allowed: 'auto' or 'replica'")
    return engine


def new(engine: str, model: Model, request: Request, gpu: int | None, threads: int) -> Any:
    """Return a compiled engine on the CPU, or on a GPU if `gpu` is a number."""
    where: dict[str, Any] = {"threads": threads} if gpu is None else {"device": gpu}
    module = _core if gpu is None else _devices.cuda_module()
    common: dict[str, Any] = {**request._asdict(), "h": model.h}
    if engine == "lattice":
        del common["shared_random_numbers"]
        return module.LatticeEngine(**_sides(model), J=model.J, **common, **where)
    edges, signs = model.edges, model.signs
    if model.J == 0.0:
        edges, signs = edges[:0], signs[..., :0]
    return module.ReplicaEngine(
        sites=model.n_spins,
        edges=np.ascontiguousarray(edges, dtype=np.uint32),
        signs=np.ascontiguousarray(np.sign(model.J or 1.0) * np.atleast_2d(signs), dtype=np.int8),
        J=abs(model.J) or 1.0,
        **common,
        **where,
    )


def bytes_needed(engine: str, model: Model, request: Request, gpu: int | None) -> int:
    """Return the bytes that an engine holds."""
    module = _core if gpu is None else _devices.cuda_module()
    if engine == "lattice":
        one: int = module.lattice_bytes(**_sides(model), replicas=1)
        return request.replicas * one
    n_edges = len(model.edges)
    bytes_of_all: int = _core.replica_bytes(
        sites=model.n_spins,
        edges=n_edges,
        samples=model.samples or 1,
        replicas=request.replicas,
        first_stream=request.first_stream,
        shared=request.shared_random_numbers,
    )
    return bytes_of_all


def _sides(model: Model) -> dict[str, int]:
    *planes, rows, columns = model.shape
    return {"planes": planes[0] if planes else 1, "rows": rows, "columns": columns}


def _not_a_lattice(model: Model) -> str:
    """Return why the lattice engine cannot run a model, or nothing if it can."""
    if not isinstance(model, Ising):
        return f"the model {type(model).__name__} (it runs Ising)"
    if len(model.shape) not in (2, 3):
        return f"{len(model.shape)} dimensions (it runs 2 and 3)"
    if any(side % 2 for side in model.shape) or max(model.shape) > 2**31:
        return f"the shape {model.shape} (it runs even sides from 2 to 2**31)"
    return ""
