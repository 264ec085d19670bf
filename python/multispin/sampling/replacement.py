"""Another model in place of the one that an engine has, with its spins and random numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._engines import registry
from multispin.models.forms import RealPairs

if TYPE_CHECKING:
    from multispin._engines.base import Engine
    from multispin.models import Model


def engine_with(engine: Engine, model: Model, same_edges: bool = False) -> Engine:
    """Return an engine of the same kind that goes on with another model.

    It is the same engine where that can take other couplings in place; a new one else. Edges are
    compared unless they are known to be the `same_edges`.

    Raises
    ------
    TypeError, ValueError
        If the model has another shape or other samples, or the engine cannot run it.
    MemoryError
        If two engines do not fit beside each other.
    """
    before = engine.request
    if (model.shape, model.samples) != (before.model.shape, before.model.samples):
        allowed = f"one of shape {before.model.shape}, samples={before.model.samples}"
        raise ValueError(checks.describe("model", model, allowed))
    request = replace(before, model=model)
    kind = type(engine)
    refusal = kind.refuses(request)
    if refusal:
        raise ValueError(refusal)
    if "set_couplings" in engine.abilities and (same_edges or _same_edges(before.model, model)):
        form = model.form(RealPairs)
        assert form is not None
        couplings = np.ascontiguousarray(form.couplings(), dtype=np.float64)
        registry.ask(engine, "set_couplings")(couplings, form.fields())
        engine.request = request
        return engine
    registry.check_fits(kind, request)
    other = kind(request)
    other.continue_from(engine)
    return other


def _same_edges(one: Model, other: Model) -> bool:
    first, second = one.form(RealPairs), other.form(RealPairs)
    if first is None or second is None or first.n_edges != second.n_edges:
        return False
    if first.all_pairs or second.all_pairs:
        return first.all_pairs and second.all_pairs
    return np.array_equal(first.listed()[0], second.listed()[0])
