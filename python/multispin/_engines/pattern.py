"""The pattern engine: couplings that patterns make, of which overlaps are kept instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin import _core
from multispin._base import checks
from multispin._engines.compiled import module_of, not_of_sites
from multispin._engines.real import RealEngine, refuses_run
from multispin.models.forms import Patterns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.base import Request
    from multispin.models import Model

#: Local fields of any spins are below 2**30: patterns times neurons.
_MOST = 2**30

#: Neurons below which all couplings are faster; patterns for each neuron from which on they are;
#: and neurons up to which they are made: measured, docs/performance.md.
_FEW_NEURONS, _LOADED, _DENSE_UP_TO = 1000, 1 / 4, 5_000


class PatternEngine(RealEngine):
    """Hopfield networks of any size: an attempt takes a step for each pattern, not each neuron."""

    name = "pattern"
    abilities = (RealEngine.abilities - {"set_couplings"}) | {"pattern_overlaps"}

    @classmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""
        if request.turns_clusters:
            return not_of_sites(request, cls.name)
        form = request.model.form(Patterns)
        if form is None:
            allowed = "couplings that patterns make, with engine='pattern'"
            return checks.describe("model", request.model, allowed)
        if (len(form.words) + 1) * form.n_spins >= _MOST:
            what = f"{len(form.words)} of {form.n_spins} neurons"
            allowed = "fewer than 2**30 bits of patterns in all with the pattern engine"
            return f"patterns: got {what}, allowed: {allowed}"
        return refuses_run(request, cls.name)

    @classmethod
    def suits(cls, request: Request) -> int:
        """Better where patterns are few, or neurons so many that their couplings are too many."""
        form = _patterns(request.model)
        if form.n_spins > _DENSE_UP_TO:
            return 2
        few = len(form.words) < _LOADED * form.n_spins
        return 2 if few and form.n_spins >= _FEW_NEURONS else 0

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of patterns, overlaps and spins."""
        form = _patterns(request.model)
        held: int = module_of(request.gpu).pattern_bytes(
            sites=form.n_spins, patterns=len(form.words), replicas=request.replicas
        )
        return held

    @classmethod
    def bytes_to_make(cls, request: Request) -> int:
        """Return the bytes of the host's memory that come and go while it is made."""
        fields = 16 * request.model.n_spins
        if request.gpu is None:
            return fields
        # Patterns are put site by site before they go to the GPU.
        one: int = _core.pattern_bytes(
            sites=request.model.n_spins,
            patterns=len(_patterns(request.model).words),
            replicas=1,
        )
        return fields + one

    def __init__(self, request: Request) -> None:
        form = _patterns(request.model)
        engine = module_of(request.gpu).RealEngine(
            sites=form.n_spins,
            edges=np.empty((0, 2), dtype=np.uint32),
            couplings=np.empty((1, 0)),
            fields=np.ascontiguousarray(form.fields(), dtype=np.float64),
            replicas=request.replicas,
            dense=False,
            dynamics=request.dynamics,
            order=request.order,
            rng=request.rng,
            seed=request.seed,
            first_stream=request.first_stream,
            unit=form.unit,
            patterns=form.words,
            **self.where(request),
        )
        self._keep(request, engine, form.n_spins * (form.n_spins - 1) // 2, "patterns")

    def pattern_overlaps(self) -> NDArray[np.int64]:
        """Sums over all sites of ξ_i s_i, (replicas, patterns)."""
        sums: NDArray[np.int64] = self._engine.pattern_overlaps()
        return sums


def _patterns(model: Model) -> Patterns:
    form = model.form(Patterns)
    assert form is not None
    return form
