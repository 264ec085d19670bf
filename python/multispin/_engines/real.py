"""The engine of real couplings: maintained local fields, integers, of any couplings and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines import limits
from multispin._engines.compiled import ByReplica, module_of, not_of_sites
from multispin.models.forms import RealPairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.base import Request
    from multispin.models import Model

#: What the engine counts in the bits of a random block's counter.
_STREAMS = 2**22
_SITES = 2**28

#: From so many couplings of all pairs on, all of them are kept: measured, docs/performance.md.
_DENSE_FROM = 1 / 4

#: Bytes for an edge while its engine is made: two int64, two uint32 twice; and for a coupling.
_LISTED_EDGE = 32
_LISTED_COUPLING = 8
#: And in a list: a neighbour, or a coupling.
_NEIGHBOUR = 4


class RealEngine(ByReplica):
    """Any couplings and fields, each replica at a temperature of its own."""

    name = "real"
    abilities = ByReplica.abilities | {"set_couplings", "hold"}

    @classmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""
        if request.turns_clusters:
            return not_of_sites(request, cls.name)
        form = request.model.form(RealPairs)
        if form is None:
            return checks.describe("model", request.model, "one whose spins interact in pairs")
        if form.n_spins >= _SITES:
            return checks.describe("shape", request.model.shape, "fewer than 2**28 sites")
        return refuses_run(request, cls.name)

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of spins with their local fields, and of couplings."""
        form = _pairs(request.model)
        held: int = module_of(request.gpu).real_bytes(
            sites=form.n_spins,
            edges=0 if form.all_pairs else form.n_edges,
            samples=form.samples,
            replicas=request.replicas,
            dense=_is_dense(form),
        )
        return held

    @classmethod
    def bytes_to_make(cls, request: Request) -> int:
        """Return the bytes of the host's memory that come and go while it is made."""
        form = _pairs(request.model)
        listed = (0 if form.all_pairs else _LISTED_EDGE) + _LISTED_COUPLING * form.samples
        listed *= form.n_edges
        if request.gpu is None or _is_dense(form):
            return listed
        # Lists of neighbours are put together before they go to the GPU.
        return listed + 2 * form.n_edges * (_NEIGHBOUR + _NEIGHBOUR * form.samples)

    def __init__(self, request: Request) -> None:
        form = _pairs(request.model)
        edges = None if form.all_pairs else np.ascontiguousarray(form.listed()[0], dtype=np.uint32)
        engine = module_of(request.gpu).RealEngine(
            sites=form.n_spins,
            edges=edges,
            couplings=np.ascontiguousarray(form.couplings(), dtype=np.float64),
            fields=np.ascontiguousarray(form.fields(), dtype=np.float64).ravel(),
            replicas=request.replicas,
            dense=_is_dense(form),
            dynamics=request.dynamics,
            order=request.order,
            rng=request.rng,
            seed=request.seed,
            first_stream=request.first_stream,
            unit=form.unit,
            **self.where(request),
        )
        self._keep(request, engine, form.n_edges, "dense" if _is_dense(form) else "sparse")

    def _keep(self, request: Request, engine: Any, n_bonds: int, storage: str) -> None:
        super().__init__(request, engine, engine.step, 0.0)
        self._n_bonds, self._storage = n_bonds, storage

    @property
    def n_bonds(self) -> int:
        """Bonds that link overlaps count."""
        return self._n_bonds

    def set_couplings(self, couplings: NDArray[np.float64], fields: NDArray[np.float64]) -> None:
        """Take couplings (samples, n_edges) and fields (n_spins,) in place of those there are."""
        self._engine.set_couplings(couplings, fields)
        self._J = self._engine.step

    def set_temperatures(self, temperatures: NDArray[np.float64]) -> None:
        """Set the temperature of each replica, from 0 to infinity."""
        # At 0 the heat bath has a rule of its own: a spin without a field stays.
        own_zero = self.request.dynamics != "metropolis"
        given = limits.computable(temperatures)
        given[own_zero & (temperatures == 0.0)] = 0.0
        self._engine.set_temperatures(given)

    def hold(self, held: NDArray[np.uint64] | None) -> None:
        """Hold the spins whose bits are set, packed as `packed`; None holds none."""
        self._engine.hold(held)

    def info(self) -> dict[str, Any]:
        """Device, instruction set, threads, generator; how couplings are kept and rounded."""
        return {
            **super().info(),
            "planes": 32,
            "tail_planes": 0,
            "storage": self._storage,
            "step": self._engine.step,
            "rounding_error": self.rounding_error,
        }

    @property
    def rounding_error(self) -> float:
        """How far a local field is from that of the couplings as given."""
        error: float = self._engine.rounding_error
        return error


def refuses_run(request: Request, name: str) -> str:
    """Return why an engine of maintained fields, of this name, cannot run a request; or nothing."""
    if request.shared_random_numbers:
        allowed = "False, or True with the replica engine"
        return checks.describe("shared_random_numbers", True, allowed)
    if request.tempering and request.dynamics == "parallel":
        allowed = "'metropolis' or 'glauber' with tempering, which swaps by Boltzmann's weights"
        return checks.describe("dynamics", request.dynamics, allowed)
    if request.replicas > _STREAMS:
        allowed = f"at most 2**22 with the {name} engine"
        return f"replicas: got {request.replicas} in all, allowed: {allowed}"
    if request.first_stream > _STREAMS - request.replicas:
        most = _STREAMS - request.replicas
        allowed = f"an integer >= 0 and <= {most} with the {name} engine"
        return checks.describe("first_stream", request.first_stream, allowed)
    return ""


def _pairs(model: Model) -> RealPairs:
    form = model.form(RealPairs)
    assert form is not None
    return form


def _is_dense(form: RealPairs) -> bool:
    return 2 * form.n_edges >= _DENSE_FROM * form.n_spins * (form.n_spins - 1)
