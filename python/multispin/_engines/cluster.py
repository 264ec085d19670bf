"""The engine of clusters: Swendsen-Wang and Wolff, where all couplings can be satisfied at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import _core
from multispin._base import checks
from multispin._engines.base import CLUSTER_DYNAMICS
from multispin._engines.compiled import Compiled
from multispin.models import SignedGraph
from multispin.models.forms import RealPairs, UniformLattice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.base import Engine, Request
    from multispin.models import Model

#: Labels of sites have 32 bits. Rows of a lattice begin with words of their own.
_SITES, _WORD = 2**32, 64

#: Energies of a graph are kept as multiples of 2^-51 of the largest, which has to be a number.
_LEAST = float(np.finfo(np.float64).tiny)


class ClusterEngine(Compiled):
    """Ferromagnets and what turning some spins makes one, each replica at its own temperature."""

    name = "cluster"
    on_gpu = False
    abilities = frozenset({"clusters", "clusters_per_sweep"})

    @classmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""
        if request.dynamics not in CLUSTER_DYNAMICS:
            allowed = " or ".join(repr(one) for one in CLUSTER_DYNAMICS)
            return f"engine: got 'cluster' with dynamics={request.dynamics!r}, allowed: {allowed}"
        if request.clamped:
            allowed = f"None with dynamics={request.dynamics!r}, which turns clusters"
            others = "or a mask with 'metropolis', 'glauber' or 'parallel'"
            return f"clamp: got a mask, allowed: {allowed}, {others}"
        only: list[tuple[str, object, object]] = [
            ("order", request.order, "fixed"),
            ("shared_random_numbers", request.shared_random_numbers, False),
        ]
        for argument, given, want in only:
            if given != want:
                return checks.describe(argument, given, f"{want!r} with {request.dynamics!r}")
        return _refuses_model(request)

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of spins and couplings, and of a label for every site and thread."""
        lattice = _lattice(request.model)
        if lattice is not None:
            return int(
                _core.cluster_lattice_bytes(
                    **_sides(lattice), replicas=request.replicas, threads=request.threads
                )
            )
        form = _pairs(request.model)
        return int(
            _core.cluster_bytes(
                sites=form.n_spins,
                edges=form.n_edges,
                samples=form.samples,
                replicas=request.replicas,
                threads=request.threads,
            )
        )

    @classmethod
    def bytes_to_make(cls, request: Request) -> int:
        """Return the bytes of the host's memory that come and go while it is made."""
        if _lattice(request.model) is not None:
            return 0
        form = _pairs(request.model)
        return (16 + 8 + 8 * form.samples) * form.n_edges  # edges twice, couplings

    def __init__(self, request: Request) -> None:
        lattice = _lattice(request.model)
        settings: dict[str, Any] = (
            {**_sides(lattice), "J": lattice.J, "h": lattice.h}
            if lattice is not None
            else _listed(_pairs(request.model))
        )
        settings |= {
            "replicas": request.replicas,
            "dynamics": request.dynamics,
            "rng": request.rng,
            "seed": request.seed,
            "first_stream": request.first_stream,
            "threads": request.threads,
        }
        if lattice is not None:
            engine, J, h = _core.ClusterEngine.on_lattice(**settings), lattice.J, lattice.h
            self._n_bonds = sum(side > 1 for side in lattice.shape) * request.model.n_spins
        else:
            engine = _core.ClusterEngine.on_graph(**settings)
            J, h = engine.step, 0.0
            self._n_bonds = len(settings["edges"])
        super().__init__(request, engine, J, h)

    @property
    def n_bonds(self) -> int:
        """Bonds that link overlaps count."""
        return self._n_bonds if self._J else 0

    def spins_of(self, replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Spins of some replicas, (replicas, *shape), in the host's memory."""
        return self.spins()[replicas]

    def continue_from(self, other: Engine) -> None:
        """Take over sweeps, temperatures and spins of an engine of this kind with another model."""
        before, own = _lattice(other.request.model), _lattice(self.request.model)
        if (before is None) == (own is None):
            super().continue_from(other)
            return
        # Rows of a lattice begin with words of their own, sites of a graph just follow each other.
        sweeps_done, temperatures, _ = other.state()
        self.set_temperatures(temperatures)
        self.set_spins(other.spins())
        self._engine.sweeps_done = sweeps_done

    def clusters(self) -> NDArray[np.uint32]:
        """Return the first site of each one's cluster, (replicas, *shape)."""
        first: NDArray[np.uint32] = self._engine.clusters()
        return first.reshape(-1, *self.request.model.shape)

    def clusters_per_sweep(self) -> NDArray[np.int64]:
        """Return how many of Wolff's clusters are a sweep, (replicas,)."""
        clusters: NDArray[np.int64] = self._engine.clusters_per_sweep()
        return clusters

    def _one(self) -> tuple[int, ...]:
        return (self.request.model.n_spins,)


def _refuses_model(request: Request) -> str:
    model, name = request.model, request.dynamics
    if model.form(RealPairs) is None:
        return checks.describe("model", model, "one whose spins interact in pairs")
    lattice = _lattice(model)
    row = model.shape[-1] if lattice is None else -(-model.shape[-1] // _WORD) * _WORD
    if model.n_spins // model.shape[-1] * row >= _SITES:
        allowed = f"fewer than 2**32 sites with {name!r}"
        if row > model.shape[-1]:
            allowed += f", the last side taken as {row}, whole words: put the longest side last"
        return checks.describe("shape", model.shape, allowed)
    if lattice is None and _is_lost(_listed(_pairs(model))):
        allowed = f"with {name!r} couplings and fields whose sum is 0, or at least {_LEAST:.3g}"
        return f"model: got {model!r}, whose energies are less, allowed: {allowed}"
    if not frustrated(model):
        return ""
    allowed = (
        f"with dynamics={name!r} models of which one state satisfies every coupling and every "
        "field (clusters of frustrated ones span the system and turn nothing): use 'metropolis' or "
        "'glauber', and multispin.temper"
    )
    return f"model: got {model!r}, which is frustrated, allowed: {allowed}"


def _lattice(model: Model) -> UniformLattice | None:
    form = model.form(UniformLattice)
    return form if form is not None and len(form.shape) <= 3 else None


def _sides(lattice: UniformLattice) -> dict[str, int]:
    planes, rows, columns = (1, 1, 1, *lattice.shape)[-3:]
    return {"planes": planes, "rows": rows, "columns": columns}


def _pairs(model: Model) -> RealPairs:
    form = model.form(RealPairs)
    assert form is not None
    return form


def _listed(form: RealPairs) -> dict[str, NDArray[Any]]:
    edges, couplings = form.listed()
    return {
        "edges": np.ascontiguousarray(edges, dtype=np.uint32),
        "couplings": np.ascontiguousarray(couplings, dtype=np.float64),
        "fields": np.ascontiguousarray(form.fields(), dtype=np.float64).ravel(),
    }


def _is_lost(listed: dict[str, NDArray[Any]]) -> bool:
    """Whether energies are so small that what they are multiples of would be 0."""
    with np.errstate(over="ignore"):
        most = float(np.abs(listed["couplings"]).sum() + np.abs(listed["fields"]).sum())
    return 0.0 < most < _LEAST


def check_field(name: str, given: object, model: Model, dynamics: str) -> None:
    """Refuse a field, given by this name, if it is what makes the model that has it frustrated.

    Raises
    ------
    ValueError
        If clusters would be frustrated in it, and are not without a field.
    """
    if dynamics not in CLUSTER_DYNAMICS or not isinstance(model, SignedGraph):
        return
    if frustrated(model) and not frustrated(model.with_field(0.0)):
        satisfied = "one state satisfies every coupling and the field of every site"
        allowed = f"with dynamics={dynamics!r} a field with which {satisfied}"
        raise ValueError(checks.describe(name, given, allowed))


def frustrated(model: Model) -> bool:
    """Whether no state satisfies every coupling and every field of a model of pairs."""
    form = model.form(UniformLattice)
    if form is not None:
        odd = any(side % 2 for side in form.shape if side > 1)
        return form.J < 0.0 and (odd or form.h != 0.0)
    listed = _listed(_pairs(model))
    edges, fields = listed["edges"], listed["fields"]
    return any(_core.frustrated(edges, one, fields) for one in listed["couplings"])
