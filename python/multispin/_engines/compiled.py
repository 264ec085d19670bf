"""What the compiled engines have in common: sums over bonds and spins, on the CPU or a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import _core
from multispin._engines import devices, limits
from multispin._engines.base import Engine, Request
from multispin._engines.moments import packed_moment_sums
from multispin.models.forms import SignedEdges
from multispin.models.signed_graph import SignedGraph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from numpy.typing import NDArray


def module_of(gpu: int | None) -> ModuleType:
    """Return the compiled module of a device's engines."""
    return _core if gpu is None else devices.cuda_module()


def _only_real(request: Request) -> str:
    if request.dynamics == "parallel":
        return "dynamics='parallel'"
    if request.order != "fixed":
        return f"order={request.order!r}"
    return "a clamp" if request.clamped else ""


def not_of_sites(request: Request, engine: str) -> str:
    """Return why an engine that goes from site to site cannot turn clusters; nothing for others."""
    if not request.turns_clusters:
        return ""
    dynamics = f"dynamics={request.dynamics!r}"
    return f"engine: got {engine!r} with {dynamics}, allowed: 'auto' or 'cluster'"


def not_in_words(request: Request, engine: str) -> str:
    """Return why no engine whose spins are bits of words runs a request; nothing for others."""
    model = request.model
    if request.turns_clusters:
        return not_of_sites(request, engine)
    if isinstance(model, SignedGraph) and model.form(SignedEdges) is None:
        what = "fields that differ from site to site"
        if not model.one_magnitude:
            what = f"couplings of several magnitudes, {model.magnitudes()}"
        allowed = "couplings +J and -J in one field (the real engine takes any)"
        return f"model: got {model!r} with {what}, allowed with engine={engine!r}: {allowed}"
    what = _only_real(request)
    if what:
        return f"engine: got {engine!r} with {what}, allowed: 'auto' or 'real'"
    return ""


class Compiled(Engine):
    """An engine of `_core` or `_cuda` whose energy is E = -J · bonds - h · spins.

    Subclasses make the compiled object and say what J and h are in its sums.
    """

    on_gpu = True
    abilities = frozenset({"device_spins", "device_packed", "set_device_spins"})

    def __init__(self, request: Request, engine: Any, J: float, h: float) -> None:
        super().__init__(request)
        self._engine = engine
        self._J, self._h = J, h
        self.sweep = engine.sweep  # type: ignore[method-assign]  # a sweep must not cost two calls

    @staticmethod
    def where(request: Request) -> dict[str, int]:
        """Return the arguments of a compiled engine that say where it runs."""
        if request.gpu is None:
            return {"threads": request.threads}
        return {"device": request.gpu}

    def sweep(self, sweeps: int) -> None:
        """Sweep every replica; on a GPU, put the sweeps into its queue."""
        self._engine.sweep(sweeps)

    def finish(self) -> None:
        """Wait for all sweeps."""
        self._engine.finish()

    @property
    def sweeps_done(self) -> int:
        """Sweeps since the initial state (on a GPU, those in its queue included)."""
        sweeps: int = self._engine.sweeps_done
        return sweeps

    def record(self, draws: int, interval: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Repeat: `interval` sweeps, then energies and sums over spins, (draws, replicas)."""
        bonds, spins = self._engine.record(draws, interval)
        return self._energy(bonds, spins), spins

    @property
    def temperatures(self) -> NDArray[np.float64]:
        """Temperatures, (replicas,)."""
        return limits.meant(self._engine.temperatures)

    def set_temperatures(self, temperatures: NDArray[np.float64]) -> None:
        """Set the temperature of each replica, from 0 to infinity."""
        self._engine.set_temperatures(limits.computable(temperatures))

    def tempering(self, **options: Any) -> Any:
        """Return a ladder of temperatures over the replicas."""
        return self._engine.tempering(**options)

    def energies(self) -> NDArray[np.float64]:
        """Total energies, (replicas,)."""
        return self._energy(*self._engine.sums())

    def spin_sums(self) -> NDArray[np.int64]:
        """Sums over all spins, (replicas,)."""
        spins: NDArray[np.int64] = self._engine.sums()[1]
        return spins

    def overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Sums over all sites of s_i^a s_i^b, of pairs (P, 2) of replicas."""
        sums: NDArray[np.int64] = self._engine.overlaps(pairs)
        return sums

    def link_overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Sums over all bonds of s_i^a s_j^a s_i^b s_j^b, of pairs (P, 2) of replicas."""
        sums: NDArray[np.int64] = self._engine.link_overlaps(pairs)
        return sums

    def spins(self) -> NDArray[np.int8]:
        """Spins +1 and -1 of all replicas, (replicas, *shape), in the host's memory."""
        spins: NDArray[np.int8] = self._engine.spins
        return spins.reshape(-1, *self.request.model.shape)

    def device_spins(self) -> Any:
        """Return the handle of all spins, in a GPU's memory."""
        return self._engine.device_spins()

    def device_packed(self) -> Any:
        """Return the handle of all spins as bits, in a GPU's memory."""
        return self._engine.device_packed()

    def info(self) -> dict[str, Any]:
        """Device, instruction set, threads, generator and its planes."""
        rng = self.request.rng
        return {
            **self._where_it_runs(),
            "generator": rng,
            "planes": _core.AES_PLANES if rng == "aes" else _core.PHILOX_PLANES,
            "tail_planes": _core.TAIL_PLANES,
        }

    def randomize(self) -> None:
        """Start from random spins, at sweep 0 of the random streams."""
        self._engine.randomize()

    def fill(self, up: bool) -> None:
        """Start with all spins up, or all down."""
        self._engine.fill(up=up)

    def set_spins(self, spins: NDArray[np.int8]) -> None:
        """Take spins +1 and -1, (replicas, *shape)."""
        self._engine.set_spins(spins.reshape(self.request.replicas, *self._one()))

    def set_device_spins(
        self, pointer: int, shape: tuple[int, ...], stream: int | None, known: bool
    ) -> None:
        """Take spins in a GPU's memory, of one state or of all replicas."""
        of_all = len(shape) > len(self.request.model.shape)
        lead = (self.request.replicas,) if of_all else ()
        self._engine.set_device_spins(pointer, (*lead, *self._one()), stream, known)

    def packed(self) -> NDArray[np.uint64]:
        """Spins as bits, in the engine's own canonical layout."""
        # Part by part: it passes through little of a GPU's memory.
        packed: NDArray[np.uint64] = self._engine.packed
        return packed

    def state(self) -> tuple[int, NDArray[np.float64], NDArray[np.uint64]]:
        """Return sweeps done, temperatures and packed spins, of one moment."""
        sweeps_done, temperatures, packed = self._engine.state()
        return sweeps_done, limits.meant(temperatures), packed

    def restore(self, sweeps_done: int, packed: NDArray[np.uint64]) -> None:
        """Take over sweeps and spins of `state`."""
        self._engine.set_packed(packed)
        self._engine.sweeps_done = sweeps_done

    def _one(self) -> tuple[int, ...]:
        """Shape of the spins of one replica, as the compiled engine has it."""
        return self.request.model.shape

    def _energy(self, bonds: NDArray[np.int64], spins: NDArray[np.int64]) -> NDArray[np.float64]:
        # The last zero makes -0.0 one without a sign.
        return np.asarray(-self._J * bonds - self._h * spins + 0.0, dtype=np.float64)

    def _where_it_runs(self) -> dict[str, Any]:
        if self.request.gpu is None:
            return {
                "device": "cpu",
                "instruction_set": self._engine.isa,
                "threads": self.request.threads,
            }
        device = devices.cuda_module().demand_device(self.request.gpu)
        return {
            "device": f"cuda:{self.request.gpu}",
            "device_name": device.name,
            "instruction_set": f"sm_{device.major}{device.minor}",
            "threads": None,
        }


class ByReplica(Compiled):
    """An engine whose words of spins are (N, words): bit r % 64 of word r // 64 is replica r."""

    def spins_of(self, replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Spins of some replicas, (replicas, *shape), in the host's memory."""
        # One bit a spin: unpacking all replicas for the sake of a few would take much memory.
        bits = (self.packed()[:, replicas // 64] >> (replicas % 64).astype(np.uint64)) & np.uint64(
            1
        )
        return np.asarray(2 * bits.T.astype(np.int8) - 1).reshape(-1, *self.request.model.shape)

    def moment_sums(
        self, bounds: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Sums over replicas, of disorder samples or groups, where the replicas are."""
        # A bit a replica, as they are needed.
        rows = self.packed() if self.request.gpu is None else self.device_packed()
        bounds = self.bounds_of_samples if bounds is None else bounds
        return packed_moment_sums(rows, bounds, self.request.threads)

    def _one(self) -> tuple[int, ...]:
        return (self.request.model.n_spins,)
