"""thrml: block Gibbs sampling of energy-based models in JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from thrml import Block, SamplingSchedule, SpinNode, sample_states
from thrml.models import IsingEBM, IsingSamplingProgram

from peer import checkerboard, physics
from peer.interface import Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    State: TypeAlias = list[jax.Array]


class ThrmlGibbs(Peer):
    """Heat bath, the two colours as two blocks, chains through `jax.vmap` as its guide does."""

    distributions = ("thrml", "jax")
    dynamics = "heat bath, checkerboard; float32 of Threefry a spin"
    sizes = (64, 128)
    chunk = 16  # sweeps of one compiled call

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.key = jax.random.key(seed)
        self.rng = np.random.default_rng(seed)
        self.nodes = [SpinNode() for _ in range(size * size)]
        site = np.arange(size * size).reshape(size, size)
        colour = np.add.outer(np.arange(size), np.arange(size)) % 2
        self.blocks = [Block([self.nodes[i] for i in site[colour == c]]) for c in (0, 1)]

    @classmethod
    def chains(cls, size: int) -> int:
        """Enough to spread the cost of a JAX operation, few enough for the cache."""
        return max(1, 2**16 // size**2)

    def _compile(self, temperature: float) -> Callable[[jax.Array, State], State]:
        first, second = physics.square_bonds(self.size)
        edges = [
            (self.nodes[i], self.nodes[j])
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ]
        model = IsingEBM(
            self.nodes,
            edges,
            jnp.zeros(len(self.nodes)),
            jnp.ones(len(edges)),
            jnp.array(1 / temperature),
        )
        program = IsingSamplingProgram(model, self.blocks, [])
        schedule = SamplingSchedule(n_warmup=self.chunk, n_samples=1, steps_per_sample=1)

        def one_chain(key: jax.Array, state: State) -> State:
            samples = sample_states(key, program, schedule, state, [], self.blocks)
            return [sample[0] for sample in samples]

        return jax.jit(jax.vmap(one_chain))

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Compile for the temperature; the state is one bool array (chains, L²/2) a colour."""
        self.run = self._compile(temperature)
        chains = self.chains(self.size)
        shape = (chains, self.size**2 // 2)
        self.state = [
            jnp.asarray(physics.initial_spins(shape, self.rng, ordered=ordered) > 0)
            for _ in range(2)
        ]
        self.sweep(self.chunk)

    def sweep(self, sweeps: int) -> None:
        """Call the compiled chunk as often as needed and wait for the last."""
        for _ in range(sweeps // self.chunk):
            self.key, key = jax.random.split(self.key)
            self.state = self.run(jax.random.split(key, self.chains(self.size)), self.state)
        jax.block_until_ready(self.state)

    def energy_per_spin(self) -> float:
        """Energy of the joined lattices."""
        halves = [
            np.where(np.asarray(half), 1, -1).astype(np.int8).reshape(-1, self.size, self.size // 2)
            for half in self.state
        ]
        lattices = [checkerboard.join(np.stack(pair)) for pair in zip(*halves, strict=True)]
        return physics.lattice_energy(np.stack(lattices))


PEER = ThrmlGibbs
