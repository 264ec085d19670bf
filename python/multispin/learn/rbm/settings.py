"""How an RBM is trained: its parameters, checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines import devices, registry
from multispin.learn.place import Place
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS, MOST_UNITS, learning_rate, momentum
from multispin.learn.rbm.layers import HIDDEN
from multispin.learn.rbm.visible import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_TEMPERATURES = 10_000
METHODS = ("cd", "pcd", "pt", "ptt", "pl", "rm", "discriminative")
#: Methods that sample the model.
SAMPLING = METHODS[:4]
#: Methods that compare states with one unit turned, or another label: for units of two values.
OF_FLIPS = ("pl", "rm")


@dataclass(frozen=True)
class Settings:
    """What training depends on, beside the data."""

    n_components: int
    learning_rate: tuple[float, float]
    batch_size: int
    n_iter: int
    seed: int
    method: str
    steps: int
    n_chains: int
    n_temperatures: int
    centered: bool
    momentum: float
    l1: float
    l2: float
    visible: str
    hidden: str
    n_labels: int
    threads: int
    device: str

    def rate(self, share: float) -> float:
        """Return the learning rate when a share of the training is over."""
        first, last = self.learning_rate
        return first + (last - first) * min(share, 1.0)

    @property
    def place(self) -> Place:
        """Where it is computed."""
        return Place(self.threads, self.device)

    @property
    def fixed(self) -> dict[str, Any]:
        """What its chains and weights are of, from the first update to the last."""
        names = ["n_components", "method", "n_chains", "n_temperatures"]
        names += ["visible", "hidden", "n_labels"]
        return {name: getattr(self, name) for name in names}

    @property
    def identity(self) -> dict[str, Any]:
        """What has to be the same for training to go on; where changes nothing."""
        kept = asdict(self)
        del kept["threads"], kept["device"]
        kept["learning_rate"] = list(self.learning_rate)
        return kept


def checked(params: Mapping[str, Any], seed: int) -> Settings:
    """Return the parameters of an estimator, with the seed that its `random_state` became.

    Raises
    ------
    TypeError, ValueError
        For a parameter that is not of its kind.
    """
    batch_size = checks.count("batch_size", params["batch_size"], 1, checks.MOST_SITES)
    n_chains, threads = params["n_chains"], params["threads"]
    if n_chains is not None:
        n_chains = checks.count("n_chains", n_chains, 1, MOST_CHAINS)
    if threads is not None:
        checks.count("threads", threads, 1)
    visible = checks.choice("visible", params["visible"], VISIBLE)
    method = checks.choice("method", params["method"], METHODS)
    devices.check(params["device"])
    if params["n_categories"] is not None:
        checks.count("n_categories", params["n_categories"], 2, 2**16)
    n_labels = checks.count("n_labels", params["n_labels"], 0, MOST_UNITS)
    _check_together(method, visible, n_labels)
    check_verbose(params["verbose"])
    return Settings(
        n_components=checks.count("n_components", params["n_components"], 1, MOST_UNITS),
        learning_rate=learning_rate(params["learning_rate"]),
        batch_size=batch_size,
        n_iter=checks.count("n_iter", params["n_iter"], 0, MOST_STEPS),
        seed=seed,
        method=method,
        steps=checks.count("steps", params["steps"], 1, MOST_STEPS),
        n_chains=min(batch_size, MOST_CHAINS) if n_chains is None else n_chains,
        n_temperatures=checks.count(
            "n_temperatures", params["n_temperatures"], 2, _MOST_TEMPERATURES
        ),
        centered=checks.flag("centered", params["centered"]),
        momentum=momentum(params["momentum"]),
        l1=checks.nonnegative_finite("l1", params["l1"]),
        l2=checks.nonnegative_finite("l2", params["l2"]),
        visible=visible,
        n_labels=n_labels,
        hidden=checks.choice("hidden", params["hidden"], tuple(HIDDEN)),
        threads=registry.threads(threads),
        device=params["device"],
    )


def check_verbose(verbose: object) -> None:
    """Refuse what does not say whether a bar is shown.

    Raises
    ------
    TypeError, ValueError
        If it is neither a flag nor a number that scikit-learn would take.
    """
    if not isinstance(verbose, (bool, np.bool_)):
        checks.count("verbose", verbose, 0, 100)


def anywhere(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters that `checked` finds as right as these, whatever machine it runs on.

    Raises
    ------
    TypeError, ValueError
        If they are of no kind that there is.
    """
    devices.check_name(params["device"])
    if params["threads"] is not None:
        checks.count("threads", params["threads"], 1)
    return {**params, "device": "cpu", "threads": 1}


def _check_together(method: str, visible: str, n_labels: int) -> None:
    if method in OF_FLIPS and visible not in ("binary", "spin"):
        allowed = f"{', '.join(SAMPLING)} with visible={visible!r}"
        raise ValueError(checks.describe("method", method, allowed))
    if n_labels and visible != "binary":
        raise ValueError(checks.describe("n_labels", n_labels, f"0 with visible={visible!r}"))
    if method == "discriminative" and n_labels < 2:
        allowed = "at least 2 with method='discriminative'; see RBMClassifier"
        raise ValueError(checks.describe("n_labels", n_labels, allowed))
    if n_labels == 1:
        raise ValueError(checks.describe("n_labels", n_labels, "at least 2, or 0 for none"))


def seed_of(random_state: Any) -> int | None:
    """Return a seed of what scikit-learn takes: None, an integer, or a generator to ask."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**63 - 1, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    return None if random_state is None else checks.seed("random_state", random_state)
