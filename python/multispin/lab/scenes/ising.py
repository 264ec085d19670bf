"""The Ising model on a square lattice, large enough to see domains grow."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin.lab.scene import MOST_SEED, dispatch, known, number
from multispin.models import Ising
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.lab.scene import Options


class IsingScene:
    """A lattice at a temperature, in a field."""

    name: ClassVar[str] = "ising"
    title: ClassVar[str] = "Ising"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        known(state, ("temperature", "seed"), "state")
        self._temperature = number("temperature", state.get("temperature", 2.27), 0.5, 5.0)
        self._seed = checks.count("seed", state.get("seed", options.seed), 0, MOST_SEED)
        self._sampler = Sampler(
            Ising((512, 512)), self._temperature, seed=self._seed, threads=options.threads
        )
        self._running = True

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks."""
        dispatch(command, {"set": self._set, "run": self._run})

    def _set(self, given: Mapping[str, Any]) -> None:
        known(given, ("temperature",), "set")
        self._temperature = number("temperature", given["temperature"], 0.5, 5.0)
        self._sampler.temperature = self._temperature

    def _run(self, given: Mapping[str, Any]) -> None:
        self._running = checks.flag("on", given.get("on"))

    def step(self, budget: float) -> bool:
        """Sweep for about `budget` seconds."""
        if not self._running:
            return False
        end = time.perf_counter() + budget
        while time.perf_counter() < end:
            self._sampler.sweep()
        return True

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the spins as grey levels."""
        spins = np.asarray(self._sampler.spins())[0]
        about = {"sweeps": self._sampler.sweeps_done, "running": self._running}
        return about, {"picture": np.where(spins > 0, 255, 0).astype(np.uint8)}

    def state(self) -> dict[str, Any]:
        """Return what a link holds."""
        return {"temperature": self._temperature, "seed": self._seed}

    def python(self) -> str:
        """Return the lines that do the same."""
        return (
            "import multispin as ms\n\n"
            f"sampler = ms.Sampler(ms.Ising((512, 512)), {self._temperature}, seed={self._seed})\n"
            f"sampler.sweep({self._sampler.sweeps_done})\n"
        )

    def file(self) -> tuple[str, bytes]:
        """Return the sampler's file."""
        return "ising.npz", b""
