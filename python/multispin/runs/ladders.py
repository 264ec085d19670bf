"""Ladders of temperatures, climbed by the replicas of a sampler as long as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.analysis.round_trips import RoundTrips
from multispin.models.forms import periodic_lattice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.sampling.sampler import Sampler


class Ladders:
    """Exchanges of temperatures among the replicas of a sampler: the walkers of `replicas` ladders.

    Walker w of ladder l is replica l · M + w of the sampler, which begins at temperature w of M.

    Parameters
    ----------
    sampler
        One of ``replicas * len(temperatures)`` replicas, at those temperatures.
    temperatures
        (M,) ascending.
    replicas
        Ladders.
    swap_interval
        Sweeps from one exchange to the next.
    exchanges_per_draw
        Exchanges from one draw to the next.
    cluster_moves
        Whether ladders swap clusters too.
    seed
        Seed of the exchanges.
    """

    def __init__(
        self,
        sampler: Sampler,
        temperatures: NDArray[np.float64],
        replicas: int,
        *,
        swap_interval: int = 1,
        exchanges_per_draw: int = 1,
        cluster_moves: bool = False,
        seed: int,
    ) -> None:
        self._samples = sampler.model.samples or 1
        self._replicas = replicas
        self._swap_interval = swap_interval
        self._ladder = sampler._engine.tempering(
            temperatures=temperatures.tolist(),
            ladders=replicas,
            swap_interval=swap_interval,
            exchanges_per_draw=exchanges_per_draw,
            cluster_moves=cluster_moves,
            seed=seed,
            shape=list(periodic_lattice(sampler.model)),
        )

    def run(self, draws: int, records: Mapping[str, NDArray[Any] | None]) -> None:
        """Sweep and exchange for so many draws, and write each into the rows of `records`.

        Parameters
        ----------
        draws
            How many.
        records
            Arrays of ``draws`` rows by name; what is missing or None is not measured. With S
            samples, M temperatures, R ladders and P pairs of these: ``energy`` float64 and
            ``spins`` int64 (S, M, R); ``overlap``, ``link_overlap`` int64 and ``overlap_k2``
            float64 (S, M, P), as sums; ``temperature_index`` int16 (S, R, M), of each walker.
        """
        self._ladder.run(draws=draws, **records)

    @property
    def exchanges(self) -> int:
        """Exchanges so far."""
        done: int = self._ladder.state[0]
        return done

    @property
    def clusters_moved(self) -> int:
        """Clusters moved since the last exchange."""
        moved: int = self._ladder.state[1]
        return moved

    def walkers(self) -> NDArray[np.intp]:
        """Which replica of the sampler is where: (samples · M · R,), ladders of a temperature last.

        Of R ladders of each sample, through all samples, temperature by temperature.
        """
        where = self.numbers()["temperature_index"].reshape(self._samples, self._replicas, -1)
        walkers = where.size // where.shape[0] * np.arange(self._samples)[:, None, None]
        walkers = walkers + where.shape[2] * np.arange(self._replicas)[:, None]
        found = walkers + np.argsort(where, axis=-1)  # (samples, R, M)
        return np.asarray(np.swapaxes(found, 1, 2).ravel())

    def swaps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Attempted and accepted exchanges, (samples, M - 1), from the start on."""
        numbers, shape = self.numbers(), (self._samples, -1)
        return numbers["attempted"].reshape(shape), numbers["accepted"].reshape(shape)

    def travel(self) -> RoundTrips:
        """Round trips between the ends, by exchange, from the start on."""
        numbers = {name: np.array(values) for name, values in self._ladder.state[2].items()}
        passages = numbers["passages"].reshape(self._samples, self._replicas, -1)
        steps = numbers["steps"].reshape(self._samples, self._replicas)
        high, low = (
            numbers[name].reshape(self._samples, -1) for name in ("from_top", "from_bottom")
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            each = 2 * self._swap_interval * steps / passages.sum(axis=-1)
            time = np.where(passages.any(axis=-1), each, np.inf)
            return RoundTrips(passages // 2, time, high / (high + low))

    # --- state ------------------------------------------------------------------------------------

    def numbers(self) -> dict[str, NDArray[np.int64]]:
        """Return what has been counted, by name, for `restore`."""
        return {name: np.array(values) for name, values in self._ladder.state[2].items()}

    def restore(
        self, exchanges: int, clusters_moved: int, numbers: Mapping[str, NDArray[np.int64]]
    ) -> None:
        """Go on from what other ladders had."""
        counted = {name: values.tolist() for name, values in numbers.items()}
        self._ladder.set_state(exchanges, clusters_moved, counted)
