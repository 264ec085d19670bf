"""The lattice engine: sites of a row fill the words. Uniform square and cubic lattices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin._engines.compiled import Compiled, module_of, not_in_words
from multispin._engines.moments import packed_moment_sums
from multispin.models.forms import UniformLattice

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from multispin._engines.base import Request
    from multispin.models import Model


class LatticeEngine(Compiled):
    """Ising models in two and three dimensions with even sides, a bit a spin."""

    name = "lattice"
    abilities = Compiled.abilities | {"own_packed"}

    @classmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""
        refusal = not_in_words(request, cls.name)
        if refusal:
            return refusal
        why = _not_a_lattice(request.model)
        if request.shared_random_numbers:
            why = "shared_random_numbers (allowed with the replica engine only)"
        return f"engine: got 'lattice' for {why}, allowed: 'auto' or 'replica'" if why else ""

    @classmethod
    def suits(cls, request: Request) -> int:  # noqa: ARG003
        """Better than replicas, unless these say otherwise."""
        return 2

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of spins."""
        one: int = module_of(request.gpu).lattice_bytes(**_sides(request.model), replicas=1)
        return request.replicas * one

    def __init__(self, request: Request) -> None:
        form = request.model.form(UniformLattice)
        assert form is not None
        engine = module_of(request.gpu).LatticeEngine(
            **_sides(request.model),
            replicas=request.replicas,
            J=form.J,
            h=form.h,
            dynamics=request.dynamics,
            rng=request.rng,
            seed=request.seed,
            first_stream=request.first_stream,
            **self.where(request),
        )
        super().__init__(request, engine, form.J, form.h)

    @property
    def n_bonds(self) -> int:
        """Bonds that link overlaps count."""
        return len(self.request.model.shape) * self.request.model.n_spins if self._J else 0

    def spins_of(self, replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Spins of some replicas, (replicas, *shape), in the host's memory."""
        return self.spins()[replicas]

    def moment_sums(
        self, bounds: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Sums over replicas, where the replicas are; their spins are unpacked on the way."""
        request = self.request
        if request.gpu is None:
            return super().moment_sums(bounds)
        module, n = module_of(request.gpu), request.model.n_spins
        rows = module.packed_samples(self.device_spins().reshaped((request.replicas, n)))
        bounds = self.bounds_of_samples if bounds is None else bounds
        return packed_moment_sums(rows, bounds, request.threads)

    def correlation(self) -> tuple[NDArray[np.int64], ...]:
        """Sums over all sites of s_i s_{i+d}: for each axis (replicas, side // 2 + 1)."""
        along: tuple[NDArray[np.int64], ...] = self._engine.correlation()
        return along

    def block_average(self, replica: int, height: int, width: int) -> NDArray[np.float32]:
        """Mean spin of blocks of one replica."""
        means: NDArray[np.float32] = self._engine.block_average(replica, height, width)
        return means

    def own_packed(self) -> Any:
        """Return the handle of the engine's own words, in a GPU's memory."""
        return self._engine.device_packed(copy=False)


def _sides(model: Model) -> dict[str, int]:
    *planes, rows, columns = model.shape
    return {"planes": planes[0] if planes else 1, "rows": rows, "columns": columns}


def _not_a_lattice(model: Model) -> str:
    """Return why the lattice engine cannot run a model, or nothing if it can."""
    if model.form(UniformLattice) is None:
        return f"the model {type(model).__name__} (it runs Ising)"
    if len(model.shape) not in (2, 3):
        return f"{len(model.shape)} dimensions (it runs 2 and 3)"
    if any(side % 2 for side in model.shape) or max(model.shape) > 2**31:
        return f"the shape {model.shape} (it runs even sides from 2 to 2**31)"
    return ""
