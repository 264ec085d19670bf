"""The table of engines: what is tested on each of them, on every device it runs on.

A new engine joins with a line of `ENGINES`. Tests take the fixture `subject`, an engine with a
model on a device. Without a GPU, or an emulated one, subjects on GPUs skip with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import emulated
import multispin as ms
from contract.slow_engine import SlowEngine
from multispin._engines import registry

if TYPE_CHECKING:
    from multispin.models import Model

emulated.load()


@dataclass(frozen=True)
class Subject:
    """An engine, a model that it runs, and a device."""

    engine: str
    model: Model
    device: str
    dynamics: str = "metropolis"

    @property
    def rng(self) -> str:
        """A generator that all devices have."""
        return "philox"

    @property
    def other_dynamics(self) -> str:
        """Dynamics that the engine has beside its subject's."""
        return {"metropolis": "glauber", "swendsen-wang": "wolff"}.get(
            self.dynamics, "swendsen-wang"
        )

    @property
    def kind(self) -> type[Any]:
        """The engine's class."""
        return next(one for one in registry.ENGINES if one.name == self.engine)

    def sampler(self, **changes: Any) -> ms.Sampler:
        """Make a sampler of this engine."""
        settings: dict[str, Any] = {
            "model": self.model, "temperature": 2.0, "replicas": 3, "seed": 7,
            "engine": self.engine, "device": self.device, "rng": self.rng, "threads": 1,
            "dynamics": self.dynamics,
        }  # fmt: skip
        return ms.Sampler(**(settings | changes))

    def run(self, function: Any, *arguments: Any, **changes: Any) -> Any:
        """Call a run function with this engine, model and device."""
        settings = {
            "engine": self.engine, "device": self.device, "rng": self.rng, "seed": 7,
            "dynamics": self.dynamics,
        }  # fmt: skip
        return function(self.model, *arguments, **(settings | changes))


def real_couplings() -> ms.Pairwise:
    random = np.random.default_rng(5)
    J = np.triu(random.normal(size=(7, 7)), 1)
    return ms.Pairwise(J + J.T, h=0.3)


def gaussian_glass() -> ms.Pairwise:
    """Make two samples on a lattice, sparse enough to be kept as lists of neighbours."""
    edges = ms.graphs.hypercubic((4, 7))
    couplings = np.random.default_rng(6).normal(size=(2, len(edges)))
    return ms.Pairwise.from_edges(28, edges, couplings, shape=(4, 7))


def diluted() -> ms.Pairwise:
    """Make a ferromagnet of random couplings in random fields of one sign, of two samples."""
    random = np.random.default_rng(9)
    edges = ms.graphs.hypercubic((4, 7))
    couplings = random.exponential(size=(2, len(edges))) * (random.random((2, len(edges))) < 0.8)
    return ms.Pairwise.from_edges(28, edges, couplings, h=random.random((4, 7)), shape=(4, 7))


ENGINES: list[tuple[str, Model, tuple[str, ...]]] = [
    ("lattice", ms.Ising((6, 8), h=0.25), ("cpu", "cuda")),
    ("lattice", ms.Ising((4, 6, 4), J=-1.0), ("cpu", "cuda")),
    ("replica", ms.Ising((3, 5), J=-0.5), ("cpu", "cuda")),
    ("replica", ms.EdwardsAnderson((4, 3), seed=1, h=0.25, samples=2), ("cpu", "cuda")),
    ("real", real_couplings(), ("cpu", "cuda")),
    ("real", gaussian_glass(), ("cpu", "cuda")),
    (
        "pattern",
        ms.Hopfield(np.sign(np.random.default_rng(8).normal(size=(3, 3, 4))), 0.1),
        ("cpu", "cuda"),
    ),
    ("slow", real_couplings(), ("cpu",)),
]

#: Those of clusters run other models, with dynamics of their own.
CLUSTERS: list[tuple[str, Model]] = [
    ("swendsen-wang", ms.Ising((6, 8), h=0.25)),
    ("swendsen-wang", ms.Ising((3, 5))),
    ("swendsen-wang", diluted()),
    ("wolff", ms.Ising((4, 6, 4), J=-1.0)),
    ("wolff", diluted()),
]

SUBJECTS = [
    pytest.param(Subject(engine, model, device), id=f"{engine}-{number}-{device}")
    for number, (engine, model, where) in enumerate(ENGINES)
    for device in where
] + [
    pytest.param(Subject("cluster", model, "cpu", dynamics), id=f"cluster-{number}-{dynamics}")
    for number, (dynamics, model) in enumerate(CLUSTERS)
]


@pytest.fixture(autouse=True)
def three_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the slow engine join: one line."""
    monkeypatch.setattr(registry, "ENGINES", [*registry.ENGINES, SlowEngine])


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> Subject:
    """Return an engine with a model on a device, in turn all of them."""
    one: Subject = request.param
    if one.device == "cuda":
        emulated.demand_gpu()
    return one
