"""What an engine is to the package: the face that all of them have, and what one is asked for."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin import _core
from multispin._base import checks
from multispin.models.forms import SignedEdges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.models import Model


#: Dynamics that turn clusters of spins, not one after the other.
CLUSTER_DYNAMICS = ("swendsen-wang", "wolff")

#: Sweeps that a sampler can make: the counter of a random block has 48 bits for them.
MOST_SWEEPS = 2**48

#: Threads that can be asked for: what is started stays, and takes two of the 65,000 maps of memory
#: that a process has.
MOST_THREADS = max(1024, 2 * (os.cpu_count() or 1))

#: Replicas that can be asked for. No memory, which is looked at later, holds nearly so many.
MOST_REPLICAS = 2**128


@dataclass(frozen=True)
class Request:
    """What an engine is asked to run, and where."""

    model: Model
    replicas: int  # of all disorder samples together
    dynamics: str = "metropolis"
    order: str = "fixed"  # in which a sweep attempts the sites
    clamped: bool = False  # whether spins are going to be held
    rng: str = "auto"
    seed: int = 0
    first_stream: int = 0  # replica r draws from stream first_stream + r
    shared_random_numbers: bool = False
    tempering: bool = False  # replicas are going to exchange their temperatures
    gpu: int | None = None  # the number of a GPU; None is the CPU
    threads: int = 1

    @property
    def turns_clusters(self) -> bool:
        """Whether spins are to be turned in clusters."""
        return self.dynamics in CLUSTER_DYNAMICS

    @property
    def samples(self) -> int:
        """Disorder samples; a model without them counts as one."""
        return self.model.samples or 1

    @property
    def spins(self) -> int:
        """Spins of all replicas together."""
        return self.replicas * self.model.n_spins


class Engine(ABC):
    """Replicas of a model on a device.

    Replicas are numbered through all disorder samples. Between two calls an engine is in order:
    what Ctrl-C interrupted in a sweep is completed by whatever comes next.

    What not every engine can do are its *abilities*, by name. Most are methods, and `registry.ask`
    hands them out.
    """

    name: ClassVar[str]
    on_gpu: ClassVar[bool] = False  # whether it runs on GPUs too
    abilities: ClassVar[frozenset[str]] = frozenset()

    # --- asked before there is one ----------------------------------------------------------------

    @classmethod
    @abstractmethod
    def refuses(cls, request: Request) -> str:
        """Return why this engine cannot run a request, as the message of an error; or nothing."""

    @classmethod
    def suits(cls, request: Request) -> int:  # noqa: ARG003
        """Return how well it does run it: of several engines that can, the highest number does."""
        return 0

    @classmethod
    @abstractmethod
    def bytes_held(cls, request: Request) -> int:
        """Return the bytes of its device's memory that spins and couplings take."""

    @classmethod
    def bytes_to_make(cls, request: Request) -> int:  # noqa: ARG003
        """Return the bytes of the host's memory that come and go while it is made."""
        return 0

    def __init__(self, request: Request) -> None:
        self.request = request

    # --- running ----------------------------------------------------------------------------------

    @abstractmethod
    def sweep(self, sweeps: int) -> None:
        """Sweep every replica; on a GPU, put the sweeps into its queue."""

    def finish(self) -> None:
        """Wait for all sweeps."""
        return

    @property
    @abstractmethod
    def sweeps_done(self) -> int:
        """Sweeps since the initial state."""

    @abstractmethod
    def record(self, draws: int, interval: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Repeat: `interval` sweeps, then energies and sums over spins, (draws, replicas)."""

    @property
    @abstractmethod
    def temperatures(self) -> NDArray[np.float64]:
        """Temperatures, (replicas,)."""

    @abstractmethod
    def set_temperatures(self, temperatures: NDArray[np.float64]) -> None:
        """Set the temperature of each replica, from 0 to infinity."""

    def tempering(self, **options: Any) -> Any:
        """Return a ladder of temperatures over the replicas; options as of `_core.tempering_of`."""
        form = self.request.model.form(SignedEdges)
        edges = np.empty((0, 2)) if form is None else form.listed()[0]
        return _core.tempering_of(
            self,
            replicas=self.request.replicas,
            sites=self.request.model.n_spins,
            samples=self.request.samples,
            edges=np.ascontiguousarray(edges, dtype=np.uint32),
            **options,
        )

    # --- looking ----------------------------------------------------------------------------------

    @property
    def rounding_error(self) -> float:
        """How far a local field is from that of the couplings as given, where they are rounded.

        The root of the sum over a site's couplings and field of the squares of what was rounded
        away, of the worst site.
        """
        return 0.0

    @abstractmethod
    def energies(self) -> NDArray[np.float64]:
        """Total energies, (replicas,)."""

    @abstractmethod
    def spin_sums(self) -> NDArray[np.int64]:
        """Sums over all spins, (replicas,)."""

    @abstractmethod
    def overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Sums over all sites of s_i^a s_i^b, of pairs (P, 2) of replicas."""

    @property
    @abstractmethod
    def n_bonds(self) -> int:
        """Bonds that link overlaps count."""

    @abstractmethod
    def link_overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Sums over all bonds of s_i^a s_j^a s_i^b s_j^b, of pairs (P, 2) of replicas."""

    @abstractmethod
    def spins(self) -> NDArray[np.int8]:
        """Spins +1 and -1 of all replicas, (replicas, *shape), in the host's memory."""

    @abstractmethod
    def spins_of(self, replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Spins of some replicas, (replicas, *shape), in the host's memory."""

    def moment_sums(
        self, bounds: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Sums over replicas of s_i (N,) and s_i s_j (N, N), one disorder sample after another.

        With bounds (groups + 1,) they are of groups instead, of replicas bounds[g] to
        bounds[g + 1] - 1, at least one. For engines that have nothing better: their spins are
        packed for it.
        """
        spins = np.ascontiguousarray(self.spins()).reshape(-1, self.request.model.n_spins)
        for first, end in pairwise(self.bounds_of_samples if bounds is None else bounds):
            yield _core.moment_sums(spins[first:end], None, self.request.threads)

    @property
    def bounds_of_samples(self) -> NDArray[np.int64]:
        """Replicas at which each disorder sample begins, and the number of all."""
        request = self.request
        replicas = request.replicas // request.samples
        return replicas * np.arange(request.samples + 1, dtype=np.int64)

    def correlation(self) -> tuple[NDArray[np.int64], ...]:
        """Sums over all sites of s_i s_{i+d}: for each axis (replicas, side // 2 + 1).

        For engines that have nothing better: of their spins, replica by replica.
        """
        shape, replicas = self.request.model.shape, self.request.replicas
        sums = tuple(np.empty((replicas, side // 2 + 1), dtype=np.int64) for side in shape)
        for replica, s in enumerate(self.spins()):
            for axis, along in enumerate(sums):
                for d in range(along.shape[1]):
                    along[replica, d] = (s * np.roll(s, -d, axis=axis)).sum(dtype=np.int64)
        return sums

    def block_average(self, replica: int, height: int, width: int) -> NDArray[np.float32]:
        """Mean spin of blocks of one replica, over the last two axes.

        For engines that have nothing better: of its spins.

        Raises
        ------
        ValueError
            If blocks do not fill the lattice.
        """
        *planes, rows, columns = self.request.model.shape
        if rows % height or columns % width:
            allowed = f"(height, width) that divide ({rows}, {columns})"
            raise ValueError(checks.describe("block", (height, width), allowed))
        spins = self.spins_of(np.array([replica]))[0]
        blocks = spins.reshape(*planes, rows // height, height, columns // width, width)
        sums = blocks.sum(axis=(-3, -1), dtype=np.int64)
        means: NDArray[np.float32] = (sums / (height * width)).astype(np.float32)
        return means

    @abstractmethod
    def info(self) -> dict[str, Any]:
        """Device, instruction set, threads, generator and its planes."""

    # --- state ------------------------------------------------------------------------------------

    @abstractmethod
    def randomize(self) -> None:
        """Start from random spins, at sweep 0 of the random streams."""

    @abstractmethod
    def fill(self, up: bool) -> None:
        """Start with all spins up, or all down."""

    @abstractmethod
    def set_spins(self, spins: NDArray[np.int8]) -> None:
        """Take spins +1 and -1, (replicas, *shape)."""

    @abstractmethod
    def packed(self) -> NDArray[np.uint64]:
        """Spins as bits, in the engine's own canonical layout."""

    @abstractmethod
    def state(self) -> tuple[int, NDArray[np.float64], NDArray[np.uint64]]:
        """Return sweeps done, temperatures and packed spins, of one moment."""

    @abstractmethod
    def restore(self, sweeps_done: int, packed: NDArray[np.uint64]) -> None:
        """Take over sweeps and spins of `state`."""

    def continue_from(self, other: Engine) -> None:
        """Take over sweeps, temperatures and spins of an engine of this kind with another model."""
        sweeps_done, temperatures, packed = other.state()
        self.set_temperatures(temperatures)
        self.restore(sweeps_done, packed)
