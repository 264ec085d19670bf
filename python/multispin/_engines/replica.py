"""The replica engine: replicas of one graph fill the words. Couplings of one magnitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._engines.compiled import ByReplica, module_of, not_in_words
from multispin.models.forms import SignedEdges

if TYPE_CHECKING:
    from types import ModuleType

    from multispin._engines.base import Request
    from multispin.models import Model

#: From so many replicas on, and for rows shorter than this, faster than the lattice engine.
MANY_REPLICAS = 64
SHORT_ROW = 32

#: Lattices of fewer spins, or without couplings, have states that Metropolis in the lattice engine
#: does not reach from others, or leave (docs/trajectory.md).
TINY = 36

#: From so many replicas on, mostly faster than the engine of real couplings where a site has more
#: than 12 bonds: 1.2 to 5 times, but 0.6 times where 1000 spins are all coupled and cold, whose
#: attempts without a flip cost that engine next to nothing (docs/performance.md).
MANY_BONDS_FROM = 128

#: What the engine counts in the bits of a random block's counter.
_STREAMS = 2**26
_SITES = 2**28

#: Bonds of a site: of any rule, and of Metropolis without a field.
_FEW_BONDS = 12
_MANY_BONDS = 2**17 - 1

#: Bytes for an edge while its engine is made: as two int64 twice, and as two uint32 twice.
_LISTED_EDGE = 48


class ReplicaEngine(ByReplica):
    """Any graph with couplings +J and -J, every replica at a temperature of its own."""

    name = "replica"
    abilities = ByReplica.abilities | {"cluster_moves"}

    @classmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""
        model, replicas = request.model, request.replicas
        refusal = not_in_words(request, cls.name)
        if refusal:
            return refusal
        form = model.form(SignedEdges)
        if form is None:
            return checks.describe("model", model, "couplings +J and -J")
        if model.n_spins >= _SITES:
            allowed = "fewer than 2**28 sites, or even sides from 2 to 2**31 in 2 or 3 dimensions"
            return checks.describe("shape", model.shape, allowed)
        if form.degree() > _most_bonds(request):
            allowed = f"at most {_FEW_BONDS} edges of a site with the replica engine"
            allowed += f", {_MANY_BONDS} for 'metropolis' at h = 0 without shared_random_numbers"
            return f"model: got {model!r} with {form.degree()} edges of a site, allowed: {allowed}"
        if replicas > _STREAMS:
            allowed = "at most 2**26 with the replica engine"
            return f"replicas: got {replicas} in all, allowed: {allowed}"
        if request.first_stream > _STREAMS - replicas:
            allowed = f"an integer >= 0 and <= {_STREAMS - replicas} with the replica engine"
            return checks.describe("first_stream", request.first_stream, allowed)
        return ""

    @classmethod
    def suits(cls, request: Request) -> int:
        """Better than a lattice for walkers and many short rows, and where only it is right.

        Worse than real couplings for few replicas of many bonds.
        """
        model = request.model
        if _signed(model).degree() > _FEW_BONDS and request.replicas < MANY_BONDS_FROM:
            return -1
        if request.tempering:
            return 3
        many = request.replicas >= MANY_REPLICAS and model.shape[-1] < SHORT_ROW
        return 3 if many or model.n_spins < TINY or _signed(model).J == 0.0 else 1

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of spins, graph and signs.

        Thresholds, which depend on the temperatures, come on top: few, next to all but tiny
        systems.
        """
        form = _signed(request.model)
        return _bytes(module_of(request.gpu), request, form.n_edges, form.samples)

    @classmethod
    def bytes_to_make(cls, request: Request) -> int:
        """Return the bytes of the host's memory that come and go while it is made."""
        # Signs are copied on the way: a byte each, in the model's form and in the engine's.
        form = _signed(request.model)
        listed = (_LISTED_EDGE + 2 * form.samples) * form.n_edges
        if request.gpu is None:
            return listed
        # Graph and signs are put into the engine's form before they go to the GPU.
        spins = _bytes(module_of(request.gpu), request, 0, 1)
        return listed + cls.bytes_held(request) - spins

    def __init__(self, request: Request) -> None:
        form = _signed(request.model)
        edges, signs = form.listed()
        engine = module_of(request.gpu).ReplicaEngine(
            sites=form.n_spins,
            edges=np.ascontiguousarray(edges, dtype=np.uint32),
            signs=np.ascontiguousarray(signs, dtype=np.int8),
            replicas=request.replicas,
            J=form.J or 1.0,  # without edges any will do
            h=form.h,
            dynamics=request.dynamics,
            rng=request.rng,
            seed=request.seed,
            first_stream=request.first_stream,
            shared_random_numbers=request.shared_random_numbers,
            **self.where(request),
        )
        super().__init__(request, engine, form.J, form.h)
        self._n_bonds = form.n_edges

    @property
    def n_bonds(self) -> int:
        """Bonds that link overlaps count."""
        return self._n_bonds


def _most_bonds(request: Request) -> int:
    metropolis = request.dynamics == "metropolis" and _signed(request.model).h == 0.0
    return _MANY_BONDS if metropolis and not request.shared_random_numbers else _FEW_BONDS


def _signed(model: Model) -> SignedEdges:
    form = model.form(SignedEdges)
    assert form is not None
    return form


def _bytes(module: ModuleType, request: Request, edges: int, samples: int) -> int:
    held: int = module.replica_bytes(
        sites=request.model.n_spins,
        edges=edges,
        samples=samples,
        replicas=request.replicas,
        first_stream=request.first_stream,
        shared=request.shared_random_numbers,
    )
    return held
