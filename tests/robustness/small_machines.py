"""Small machines that learn, their files, and all that what comes of these is asked for."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

SAMPLES = np.random.default_rng(1).integers(0, 2, (40, 6))
VALUES: dict[str, NDArray[Any]] = {
    "binary": SAMPLES, "spin": 2 * SAMPLES - 1, "gaussian": SAMPLES + 0.5, "categorical": SAMPLES,
}  # fmt: skip
#: What training goes on with, whatever a file says.
TRAINING: dict[str, Any] = {
    "learning_rate": 0.1, "batch_size": 20, "steps": 1, "momentum": 0.5, "l1": 0.0, "l2": 0.0,
    "threads": 1, "device": "cpu",
}  # fmt: skip
#: Machines of each kind of chains and of units.
MACHINES: dict[str, dict[str, Any]] = {
    "cd, relu": {"method": "cd", "hidden": "relu"},
    "pt, spins": {"method": "pt", "visible": "spin", "hidden": "spin"},
    "ptt, labels": {"method": "ptt", "n_labels": 2},
    "pcd, numbers": {"visible": "gaussian"},
    "pcd, categories": {"visible": "categorical", "hidden": "gaussian"},
    "pl": {"method": "pl"},
}


class StoppedError(Exception):
    """Leaves a training half way."""


def machine(kind: str) -> ms.RBM:
    return ms.RBM(
        3, n_iter=4, n_chains=8, n_temperatures=3, random_state=1, **{**TRAINING, **MACHINES[kind]}
    )


def samples(kind: str) -> NDArray[Any]:
    if "n_labels" in MACHINES[kind]:
        return np.concatenate([SAMPLES, SAMPLES[:, :1], 1 - SAMPLES[:, :1]], axis=1)
    return VALUES[MACHINES[kind].get("visible", "binary")]


def learned(kind: str) -> Callable[[Path], None]:
    """Return what writes the file of a machine."""
    return lambda path: machine(kind).fit(samples(kind)).save(path)


def use(kind: str) -> Callable[[Path], Any]:
    """Return what reads that file, and does with the machine all that there is to do."""

    def everything(path: Path) -> Any:
        rbm = ms.RBM.load(path)
        rbm.set_params(**TRAINING, **rbm._fixed)
        asked = facts(rbm, samples(kind))
        trained(lambda: rbm.partial_fit(samples(kind)))
        return flat([*asked, *facts(rbm, samples(kind)), *rbm.history_.values()])

    return everything


def half_way(kind: str) -> Callable[[Path], None]:
    """Return what writes the checkpoint of a training that was stopped."""

    def stop(progress: Any) -> None:
        if progress.updates == 5:
            raise StoppedError

    def begin(path: Path) -> None:
        with suppress(StoppedError):
            machine(kind).fit(samples(kind), checkpoint=path, progress=stop)

    return begin


def go_on(kind: str) -> Callable[[Path], Any]:
    """Return what goes on from that checkpoint to the end."""

    def to_the_end(path: Path) -> Any:
        rbm = machine(kind)
        if not trained(lambda: rbm.fit(samples(kind), checkpoint=path)):
            return flat([])
        return flat([*facts(rbm, samples(kind)), *rbm.history_.values()])

    return to_the_end


def trained(train: Callable[[], object]) -> bool:
    """Train; whether parameters stay small, as they need not from those that a file may have."""
    try:
        train()
    except ValueError as error:
        if "allowed: one with which parameters stay within" not in str(error):
            raise
        return False
    return True


def network(path: Path) -> None:
    rbm = ms.RBM(n_iter=2, n_chains=8, random_state=1, **TRAINING)
    ms.DeepBeliefNetwork([4, 3], rbm=rbm, random_state=1).fit(SAMPLES).save(path)


def use_network(path: Path) -> Any:
    found = ms.DeepBeliefNetwork.load(path)
    for rbm in found.rbms_:
        rbm.set_params(**TRAINING, **rbm._fixed)
    asked = [found.transform(SAMPLES), found.reconstruct(SAMPLES)]
    asked += [found.sample(3, steps=5, random_state=1), *facts(found.rbms_[0], SAMPLES)]
    trained(lambda: found.rbms_[0].partial_fit(SAMPLES))
    return flat([*asked, *facts(found.rbms_[0], SAMPLES)])


def facts(rbm: ms.RBM, X: NDArray[Any]) -> list[Any]:
    found = [rbm.components_, rbm.transform(X), rbm.sample(3, 5, random_state=1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.NotConvergedWarning)  # of so few chains
        found += [rbm.log_likelihood(X), rbm.log_partition("ais", 5, 5, random_state=1).value]
        if rbm._fixed["method"] == "ptt":
            found.append(rbm.log_partition("ptt", 5, 50, random_state=1).value)
    return found if rbm._fixed["method"] == "pl" else [*found, rbm.h_samples_]


def flat(parts: list[Any]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0), *(np.ravel(part).astype(float) for part in parts)])
