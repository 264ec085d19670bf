"""Chains of the model, one way or another: where they begin, and how they go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from multispin._engines.bipartite import Numbers, pack
from multispin.learn.place import Place
from multispin.learn.rbm.chains import Kept, Tempered, exchange
from multispin.learn.rbm.observations import Observations
from multispin.learn.rbm.randomness import streams, uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.rbm.chains import Ladder
    from multispin.learn.rbm.parameters import Machine, Parameters
    from multispin.learn.rbm.settings import Settings

    Array = NDArray[np.float64]
    States = NDArray[Any]
    Arrays = dict[str, NDArray[Any]]

#: A model is kept when the one that learns has moved so far that no more states are exchanged.
_FAR = 0.25
#: Updates over which exchanges are averaged before a model is kept.
_OVER = 20


#: What uniform numbers are for: states that probabilities in the data stand for.
_STARTS = 0x68616C66


class ModelPhase(Protocol):
    """What samples the model, update by update."""

    @property
    def visible(self) -> States:
        """States of the model's chains, the latest."""

    def advanced(self, machine: Machine, batch: Observations, step: int) -> Observations:
        """Let chains go on from step `step`, and return them."""

    def arrays(self) -> Arrays:
        """What a checkpoint keeps."""


@dataclass
class Contrastive:
    """Chains that begin at the batch, anew each time: CD (Hinton, Neural Comput. 14, 1771)."""

    settings: Settings
    visible: States

    def advanced(self, machine: Machine, batch: Observations, step: int) -> Observations:
        """Let `steps` steps lead away from the data."""
        numbers = Numbers(self.settings.seed, streams(0, len(batch)), step)
        start = batch.states
        if batch.bits is None and machine.kernel.units["visible"].packed:
            values = batch.numbers()
            start = pack(
                values > uniforms(self.settings.seed, step, _STARTS, (len(values), batch.n_units))
            )
        self.visible, _ = machine.kernel.gibbs(start, self.settings.steps, numbers)
        return Observations.of_states(self.visible, batch.n_units, batch.weights)

    def arrays(self) -> Arrays:
        """Nothing stays."""
        return {"chains": self.visible}


@dataclass
class Persistent:
    """Chains that go on from update to update: PCD (Tieleman, ICML 2008)."""

    settings: Settings
    visible: States

    def advanced(self, machine: Machine, batch: Observations, step: int) -> Observations:
        """Let all chains take `steps` steps."""
        numbers = Numbers(self.settings.seed, streams(0, len(self.visible)), step)
        self.visible, _ = machine.kernel.gibbs(self.visible, self.settings.steps, numbers)
        return Observations.of_states(self.visible, batch.n_units)

    def arrays(self) -> Arrays:
        """Return the chains."""
        return {"chains": self.visible}


@dataclass
class Exchanged:
    """Chains of the model, exchanged with those of distributions that mix: PT and PTT."""

    settings: Settings
    ladder: Ladder
    states: list[States]
    accepted: list[float] = field(default_factory=list)  # at the model, of late

    @property
    def visible(self) -> States:
        """States of the model's chains."""
        return self.states[-1]

    def advanced(self, machine: Machine, batch: Observations, step: int) -> Observations:
        """Let all chains take `steps` steps, and exchange."""
        if isinstance(self.ladder, Kept):
            self._keep()
        self.ladder.replace(machine.parameters)
        self.states = self.ladder.advance(
            self.states, self.settings.steps, self.settings.seed, step
        )
        found = exchange(self.ladder, self.states, self.settings.seed, step)
        self.accepted = [*self.accepted[-_OVER + 1 :], float(found.accepted[-1])]
        return Observations.of_states(self.visible, batch.n_units)

    def _keep(self) -> None:
        """Keep the model as it was before this update, if the last that was kept is far away."""
        if len(self.accepted) == _OVER and np.mean(self.accepted) < _FAR:
            assert isinstance(self.ladder, Kept)
            self.ladder.keep()
            self.states.append(self.states[-1].copy())
            self.accepted = []

    def arrays(self) -> Arrays:
        """Return the chains, and the models that are kept."""
        found: Arrays = {"chains": np.stack(self.states), "accepted": np.array(self.accepted)}
        if isinstance(self.ladder, Kept):
            kept = self.ladder.models
            for name in ("weights", "visible", "hidden"):
                found[f"kept_{name}"] = np.stack([getattr(one, name) for one in kept])
        return found


def begun(settings: Settings, parameters: Parameters, base: Array) -> ModelPhase:
    """Return what samples the model from the first update on.

    All chains begin independent, units by themselves as frequent as in the data.
    """
    n, seed = settings.n_chains, settings.seed
    if settings.method in ("cd", "pcd"):
        start = parameters.kernel(Place(1)).independent(base, Numbers(seed, streams(0, n), 0))
        return (Contrastive if settings.method == "cd" else Persistent)(settings, start)
    ladder = _ladder(settings, parameters, base)
    kernel = parameters.kernel(Place(1))
    starts = [
        kernel.independent(base, Numbers(seed, streams(k * n, n), 0)) for k in range(len(ladder))
    ]
    return Exchanged(settings, ladder, starts)


def resumed(settings: Settings, parameters: Parameters, base: Array, arrays: Arrays) -> ModelPhase:
    """Return what samples the model as a checkpoint has kept it."""
    if settings.method in ("cd", "pcd"):
        return (Contrastive if settings.method == "cd" else Persistent)(settings, arrays["chains"])
    ladder = _ladder(settings, parameters, base)
    if isinstance(ladder, Kept):
        parts = (arrays[f"kept_{name}"] for name in ("weights", "visible", "hidden"))
        ladder = Kept([parameters.of(*one) for one in zip(*parts, strict=True)], settings.place)
    return Exchanged(settings, ladder, list(arrays["chains"]), list(arrays["accepted"]))


def _ladder(settings: Settings, parameters: Parameters, base: Array) -> Ladder:
    if settings.method == "pt":
        betas = np.linspace(0.0, 1.0, settings.n_temperatures)
        return Tempered(parameters, base, betas, settings.place)
    span = parameters.layers.spans[0]
    free = parameters.of(
        np.zeros_like(parameters.weights), (base / span).astype(parameters.weights.dtype),
        np.zeros_like(parameters.hidden),
    )  # fmt: skip
    return Kept([free, parameters], settings.place)
