"""Where an engine that packs replicas has next to none to pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin._base.callers import warn
from multispin.errors import SlowEngineWarning

if TYPE_CHECKING:
    from multispin._engines.base import Engine, Request

#: Fewer replicas take as long as these.
_AS_LONG_AS = 64

#: Spins of all replicas from which on it matters.
_MANY_SPINS = 2**18


def warn_where_empty(kind: type[Engine], request: Request) -> None:
    """Warn if many spins are going to be swept as few replicas by the replica engine."""
    model, replicas = request.model, request.replicas
    if kind.name != "replica" or replicas >= _AS_LONG_AS or request.spins < _MANY_SPINS:
        return
    advice = f"take {_AS_LONG_AS} replicas or more, which take as long"
    if any(side % 2 for side in model.shape) and len(model.shape) in (2, 3):
        advice += ", or even sides, which the lattice engine runs some hundred times as fast"
    # Without their number, so that a loop over it gives one warning.
    warn(
        f"replicas: fewer than {_AS_LONG_AS} of {model.n_spins} spins leave the replica engine, "
        f"which packs replicas into words, almost without work: {advice}",
        SlowEngineWarning,
    )
