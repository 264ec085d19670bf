"""Small runs of each kind, for attempts to make them lose what they keep in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

import multispin as ms
from multispin import io

if TYPE_CHECKING:
    from pathlib import Path


class Run(Protocol):
    """A run with everything fixed but where it is kept, and who is told."""

    def __call__(self, checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
        """Run it."""


def simulate(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.simulate(
        ms.Ising((64, 128)), [2.0, 2.5, 3.0], 700, 50, interval=7, replicas=3, seed=4, threads=1,
        checkpoint=checkpoint, **more,
    )  # fmt: skip


def anneal(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.anneal(
        ms.EdwardsAnderson((6, 6, 6), seed=2, samples=3), np.linspace(2.5, 0.3, 10), 150,
        replicas=40, interval=9, seed=5, threads=1, checkpoint=checkpoint, **more,
    )  # fmt: skip


def temper(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.temper(
        ms.EdwardsAnderson((6, 6), seed=3, samples=4), np.linspace(0.6, 2.5, 7), 1200,
        thermalization=100, interval=2, seed=6, threads=1, checkpoint=checkpoint, **more,
    )  # fmt: skip


def protocol(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.protocol(
        ms.EdwardsAnderson((6, 6, 6), seed=2, samples=3), np.linspace(2.5, 0.0, 10),
        np.linspace(-1.0, 1.0, 10), 150, replicas=40, seed=5, threads=1, checkpoint=checkpoint,
        **more,
    )  # fmt: skip


RUNS: dict[str, Run] = {
    "simulate": simulate, "anneal": anneal, "temper": temper, "protocol": protocol,
}  # fmt: skip


def wolff(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.simulate(
        ms.Ising((64, 128)), [2.0, 2.3, 3.0], 120, 20, interval=3, replicas=3, seed=4, threads=1,
        dynamics="wolff", checkpoint=checkpoint, **more,
    )  # fmt: skip


def wolff_ladder(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    return ms.temper(
        ms.Ising((24, 24)), np.linspace(1.8, 2.8, 7), 200, thermalization=20, interval=2, seed=6,
        dynamics="wolff", threads=1, checkpoint=checkpoint, **more,
    )  # fmt: skip


def swendsen_wang(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
    # Of a graph, in a field: diluted bonds of a ferromagnet.
    graph = ms.Pairwise.from_edges(
        600, ms.graphs.hypercubic((20, 30)), np.linspace(0.2, 1.0, 1200), h=0.01
    )
    return ms.anneal(
        graph, np.linspace(2.5, 0.3, 10), 25, replicas=20, interval=9, seed=5,
        dynamics="swendsen-wang", threads=1, checkpoint=checkpoint, **more,
    )  # fmt: skip


#: Of cluster dynamics, whose random numbers depend on the clusters that there are.
CLUSTER_RUNS: dict[str, Run] = {
    "wolff": wolff, "wolff, ladder": wolff_ladder, "swendsen-wang": swendsen_wang,
}  # fmt: skip


def learning(method: str) -> Run:
    """Return the training of an RBM, whose results are what stands for a Dataset."""

    def learn(checkpoint: Path | None = None, **more: Any) -> xr.Dataset:
        X = np.random.default_rng(1).integers(0, 2, (200, 24))
        rbm = ms.RBM(
            16, n_iter=6, batch_size=10, n_chains=20, n_temperatures=4, random_state=2,
            method=method, momentum=0.5, threads=1,
        )  # fmt: skip
        rbm.fit(X, checkpoint=checkpoint, **more)
        found = {"W": rbm.components_, "b": rbm.intercept_visible_, "h": rbm.h_samples_}
        found |= rbm.history_
        return xr.Dataset(
            {k: ([f"{k}{axis}" for axis in range(v.ndim)], v) for k, v in found.items()}
        )

    return learn


#: Of machines that learn, by chains that are and are not exchanged.
LEARNING_RUNS: dict[str, Run] = {
    f"RBM, {method}": learning(method) for method in ("pcd", "pt", "ptt")
}  # fmt: skip


def kept_sweeps(path: Path, kind: str) -> int:
    """Return the sweeps that a checkpoint has, over all replicas, as progress counts them."""
    if not path.exists():
        return 0
    meta, arrays = io.read_checkpoint(path, kind)
    arguments = meta["arguments"]
    if kind == "simulate":
        each = arguments["thermalization"] + arguments["sweeps"]
        current = meta["current"]
        begun = current["chains"] * current["sampler"]["sweeps_done"] if current else 0
        return int(np.count_nonzero(arrays["drawn"])) * each + begun
    if kind == "anneal":
        sweeps = meta["sampler"]["sweeps_done"] if meta["sampler"] else meta["looked"]
        return int(arrays["best_energy"].size) * int(sweeps)
    if kind == "protocol":
        swept = meta["sampler"]["sweeps_done"] if meta["sampler"] else 150 * meta["looked"]
        return 3 * 40 * int(swept)
    chains = arrays["state_temperature"].size
    return int(chains) * int(meta["sampler"]["sweeps_done"])
