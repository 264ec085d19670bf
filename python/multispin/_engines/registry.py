"""The engines there are, which one runs a request, and what to say where none can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin import _core
from multispin._base import checks
from multispin._base.memory import check_memory, gib
from multispin._engines import devices
from multispin._engines.base import MOST_THREADS
from multispin._engines.cluster import ClusterEngine
from multispin._engines.lattice import LatticeEngine
from multispin._engines.pattern import PatternEngine
from multispin._engines.real import RealEngine
from multispin._engines.replica import ReplicaEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin._engines.base import Engine, Request

#: Every engine; the first of those that suit a request equally well is taken.
ENGINES: list[type[Engine]] = [
    LatticeEngine,
    ReplicaEngine,
    RealEngine,
    PatternEngine,
    ClusterEngine,
]


def names() -> list[str]:
    """Return what `engine` may be."""
    return ["auto", *(engine.name for engine in ENGINES)]


def choose(name: object, request: Request) -> type[Engine]:
    """Return the engine for a request.

    Parameters
    ----------
    name
        ``"auto"`` or an engine's name.
    request
        What is asked for. Its generator and device need not be known yet.

    Raises
    ------
    TypeError, ValueError
        If the engine, or every engine, refuses; the message says what can be run.
    """
    name = checks.choice("engine", name, names())
    refusals = {engine: engine.refuses(request) for engine in ENGINES}
    able = [engine for engine in ENGINES if not refusals[engine]]
    for engine in ENGINES:
        if engine.name == name and refusals[engine]:
            raise ValueError(refusals[engine])
    if not able:
        raise ValueError(_telling(list(refusals.values())))
    asked = [engine for engine in able if name in ("auto", engine.name)]
    return max(asked, key=lambda engine: engine.suits(request))


def _telling(refusals: list[str]) -> str:
    """Return the refusal of the first engine that has nothing against the kind of model."""
    others = [why for why in refusals if not why.startswith(("model:", "engine:"))]
    return others[0] if others else refusals[-1]


def check_fits(kind: type[Engine], request: Request) -> None:
    """Refuse what its device cannot hold, before anything of its size is made.

    Raises
    ------
    MemoryError
        If it does not fit; the message says what it needs and what there is.
    ValueError
        For a GPU and an engine that runs on none.
    """
    if request.gpu is not None and not kind.on_gpu:
        allowed = f"'cpu' with the {kind.name} engine"
        raise ValueError(checks.describe("device", f"cuda:{request.gpu}", allowed))
    sides = " x ".join(str(side) for side in request.model.shape)
    what = f"shape: {counted(request.replicas)} of {sides}"
    to_make, held = kind.bytes_to_make(request), kind.bytes_held(request)
    if request.gpu is None:
        check_memory(what, held + to_make)
        return
    free = devices.cuda_module().free_memory(request.gpu)
    if held > free:
        raise MemoryError(f"{what}: needed {gib(held)} on cuda:{request.gpu}, free: {gib(free)}")
    check_memory(f"{what}, on the way to cuda:{request.gpu}", to_make)


def ask(engine: Engine, ability: str) -> Callable[..., Any]:
    """Return the method of an engine that not every engine has.

    Raises
    ------
    ValueError
        If this one has not; the message names the engines that have.
    """
    if ability in engine.abilities:
        method: Callable[..., Any] = getattr(engine, ability)
        return method
    able = [f"engine={one.name!r}" for one in ENGINES if ability in one.abilities]
    raise ValueError(f"{ability}: got the {engine.name} engine, allowed: {' or '.join(able)}")


def threads(given: object) -> int:
    """Return a number of threads; None is as many as the process may use."""
    if given is None:
        return _core.default_threads()
    wanted = checks.count("threads", given, 1, MOST_THREADS)
    startable = _core.startable_threads(wanted)
    if startable < wanted:  # limits of memory or of processes
        allowed = f"at most {startable}: the system starts no more"
        raise ValueError(checks.describe("threads", given, allowed))
    return wanted


def counted(replicas: int) -> str:
    """Return a number of replicas in words."""
    return f"{replicas} replica" + "s" * (replicas != 1)
