"""Learning of a Boltzmann machine, update by update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines import devices, registry
from multispin.learn.boltzmann.connectivity import hidden_layers
from multispin.learn.boltzmann.phases import Clamped, Free
from multispin.learn.inverse.boltzmann import model_of
from multispin.learn.inverse.observations import UNITS
from multispin.learn.place import Place
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS, learning_rate, momentum
from multispin.learn.seeds import shuffled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]
    Spins = NDArray[np.int8]

#: Standard deviation of couplings of hidden units at the beginning: at 0 none could be told apart.
_SMALL = 0.1
#: How fast the means that units are measured from follow them.
_SLIDING = 0.05


class Settings(NamedTuple):
    """What learning depends on, beside the data and which units are coupled."""

    layers: tuple[int, ...]
    units: str
    learning_rate: tuple[float, float]
    batch_size: int | None
    n_iter: int
    n_chains: int
    sweeps: int
    momentum: float
    l1: float
    l2: float
    seed: int
    threads: int
    device: str

    @property
    def place(self) -> Place:
        """Where chains are."""
        return Place(self.threads, self.device)


def checked(params: Mapping[str, Any]) -> Settings:
    """Return the parameters of an estimator, or refuse them.

    Raises
    ------
    TypeError, ValueError
        For a parameter that is not of its kind.
    DeviceError
        If the device cannot be used.
    """
    batch_size, threads = params["batch_size"], params["threads"]
    if batch_size is not None:
        batch_size = checks.count("batch_size", batch_size, 1, checks.MOST_SITES)
    if threads is not None:
        checks.count("threads", threads, 1)
    devices.check(params["device"])
    return Settings(
        layers=hidden_layers(params["n_hidden"]),
        units=checks.choice("units", params["units"], UNITS),
        learning_rate=learning_rate(params["learning_rate"]),
        batch_size=batch_size,
        n_iter=checks.count("n_iter", params["n_iter"], 0, MOST_STEPS),
        n_chains=checks.count("n_chains", params["n_chains"], 1, MOST_CHAINS),
        sweeps=checks.count("sweeps", params["sweeps"], 1, MOST_STEPS),
        momentum=momentum(params["momentum"]),
        l1=checks.nonnegative_finite("l1", params["l1"]),
        l2=checks.nonnegative_finite("l2", params["l2"]),
        seed=checks.seed_or_fresh("random_state", params["random_state"]),
        threads=registry.threads(threads),
        device=params["device"],
    )


class Learning:
    """Parameters on their way, and the chains of both phases.

    Parameters
    ----------
    settings, data, support
        How, from what, and which units are coupled; visible units come first.
    at
        Parameters to begin with; None begins with fields of visible units as they are frequent in
        the data, and small random couplings of hidden units.
    free, clamped
        States that chains begin with, if there are as many; else, and without, random ones.
    """

    def __init__(
        self,
        settings: Settings,
        data: Observations,
        support: Support,
        at: Array | None = None,
        free: Spins | None = None,
        clamped: Spins | None = None,
    ) -> None:
        self.settings, self.data, self.support = settings, data, support
        n_visible, m = data.n_features, len(data.spins)
        self.batch_size = m if settings.batch_size is None else min(settings.batch_size, m)
        self.n_updates = settings.n_iter * -(-m // self.batch_size)
        mean = data.shares @ data.spins
        # As if one sample more had been seen, in which every unit is half up: never infinite.
        mean *= data.n_samples / (data.n_samples + 1.0)
        self.offsets = np.concatenate([mean, np.zeros(support.n - n_visible)])
        self.x = self._start(n_visible) if at is None else at.copy()
        self._velocity = np.zeros_like(self.x)
        self.history: list[float] = []
        self._updates, self._order = 0, [np.arange(m)]
        model = model_of(support, self.x)
        seed, place = settings.seed, settings.place
        start = coins((settings.n_chains, support.n), seed, 1)
        # As many as the model has, or one for each sample: errors of both phases are alike then.
        n_hidden = support.n - n_visible
        each = max(1, settings.n_chains // self.batch_size) if m <= settings.n_chains else 1
        check_memory(f"n_hidden: states of {n_hidden} units for each sample", m * each * n_hidden)
        hidden = coins((m * each, n_hidden), seed, 2).reshape(m, each, n_hidden)
        if free is not None and free.shape == start.shape:
            start = free
        if clamped is not None and clamped.shape == hidden.shape:
            hidden = clamped
        self.free = Free(model, start, seed, place)
        self.clamped = Clamped(data.spins, data.weights, hidden, seed, place)

    def is_of(self, settings: Settings, data: Observations, support: Support) -> bool:
        """Whether it is of these samples, coupled units and settings, of whatever seed."""
        return (
            self.settings._replace(seed=settings.seed) == settings
            and np.array_equal(self.data.spins, data.spins)
            and np.array_equal(self.data.shares, data.shares)
            and np.array_equal(self.support.mask, support.mask)
        )

    def _start(self, n_visible: int) -> Array:
        support = self.support
        rng = np.random.Generator(np.random.Philox(key=[self.settings.seed, 0x626F6C74]))
        couplings = rng.normal(0.0, _SMALL, support.n_pairs)
        couplings[support.columns < n_visible] = 0.0
        return np.concatenate([couplings, np.arctanh(self.offsets)])

    def phases(self, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        """Return the means of features with visible units held at some samples, and without."""
        model, sweeps = model_of(self.support, self.x), self.settings.sweeps
        return (
            self.clamped.average(model, self.support, rows, sweeps),
            self.free.average(model, self.support, sweeps),
        )

    def update(self) -> None:
        """Move parameters along the gradient of the next batch."""
        settings, per_epoch = self.settings, -(-len(self.data.spins) // self.batch_size)
        epoch, batch = divmod(self._updates, per_epoch)
        if batch == 0 and per_epoch > 1:
            self._order = shuffled(settings.seed, epoch, len(self.data.spins), self.batch_size)
        try:
            held, free = self.phases(self._order[batch])
        except ValueError as error:  # no sampler takes couplings that have run away
            allowed = f"one with which couplings stay small enough to be sampled ({error})"
            raise ValueError(
                checks.describe("learning_rate", settings.learning_rate, allowed)
            ) from error
        along = self._centred(held - free, (held + free) / 2)
        n_pairs = self.support.n_pairs
        couplings = self.x[:n_pairs]
        along[:n_pairs] -= 2 * settings.l2 * couplings
        first, last = settings.learning_rate
        # A batch of little weight goes less far.
        rows = self._order[batch]
        share = float(self.data.shares[rows].sum()) * per_epoch
        rate = first + (last - first) * self._updates / max(self.n_updates, 1)
        self._velocity = settings.momentum * self._velocity + share * rate * along
        self.x = self.x + self._velocity
        if settings.l1 > 0.0:
            # What the penalty's slope would carry beyond 0 stays there.
            couplings = self.x[:n_pairs]
            least = rate * settings.l1
            self.x[:n_pairs] = np.sign(couplings) * np.maximum(np.abs(couplings) - least, 0)
        self._updates += 1
        self.history.append(float(np.sqrt(np.mean((held - free) ** 2))))

    def _centred(self, missing: Array, mean: Array) -> Array:
        """Return the gradient by parameters of s_i − μ_i, as it moves those of s_i."""
        support, mu = self.support, self.offsets
        J, h = support.matrix(missing), support.fields(missing)
        J = J - np.outer(mu, h) - np.outer(h, mu)
        self.offsets = mu + _SLIDING * (support.fields(mean) - mu)
        moved = support.vector(J, h)
        return support.vector(J, h - support.matrix(moved) @ mu)

    @property
    def monitored(self) -> dict[str, float]:
        """What a progress bar shows."""
        return {"gradient": self.history[-1]}


def coins(shape: tuple[int, int], seed: int, purpose: int) -> Spins:
    """Return random spins."""
    words = np.random.Philox(key=[seed, purpose]).random_raw(-(-shape[0] * shape[1] // 64))
    bits = np.unpackbits(words.view(np.uint8), count=shape[0] * shape[1])
    return (2 * bits.astype(np.int8) - 1).reshape(shape)
