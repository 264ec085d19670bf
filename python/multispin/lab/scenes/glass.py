"""A spin glass: replicas that know nothing of each other climb ladders of temperatures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin.lab.pace import Pace
from multispin.lab.scene import MOST_SEED, Rate, dispatch, known, number, one_of
from multispin.lab.traces import Trace
from multispin.models import EdwardsAnderson
from multispin.runs.ladders import Ladders
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.lab.scene import Options

LATTICES = {
    "4x4x4": (4, 4, 4), "6x6x6": (6, 6, 6), "8x8x8": (8, 8, 8), "10x10x10": (10, 10, 10),
    "16x16": (16, 16), "24x24": (24, 24), "32x32": (32, 32),
}  # fmt: skip
STEPS = (8, 12, 16, 24, 32)  # temperatures of a ladder
SPEEDS = (0, 1, 10, 100)  # exchanges of a frame; 0: as many as there is time for
COLDEST, WARMEST = 0.3, 1.5  # the lowest temperature, which is chosen
TOP = 2.4  # the highest, which is not
LADDERS = 4  # replicas at a temperature, and so six pairs of them
_BINS = 64  # of P(q), at most
_SHOWN = 400  # draws in a trace
_PATH = 160  # draws of the walkers' ways
_DRAWS = 20000  # that lines of Python record, at most
_SETTINGS = ("lattice", "coldest", "steps", "look", "speed")


class GlassScene:
    """One sample of bonds ±J; four ladders of it, two of which are shown at one temperature."""

    name: ClassVar[str] = "glass"
    title: ClassVar[str] = "Spin glass"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        known(state, (*_SETTINGS, "seed", "running"), "state")
        self._threads = options.threads
        self._lattice = checks.choice("lattice", state.get("lattice", "8x8x8"), tuple(LATTICES))
        self._coldest = number("coldest", state.get("coldest", 0.7), COLDEST, WARMEST)
        self._steps = one_of("steps", state.get("steps", 16), STEPS)
        self._look = checks.count("look", state.get("look", 0), 0, self._steps - 1)
        self._seed = checks.count("seed", state.get("seed", options.seed), 0, MOST_SEED)
        self._running = checks.flag("running", state.get("running", True))
        self._pace = Pace(one_of("speed", state.get("speed", 0), SPEEDS))
        self._begin()

    def _begin(self) -> None:
        """Start anew, from the seed."""
        self._model = EdwardsAnderson(LATTICES[self._lattice], seed=self._seed)
        self._temperatures = temperatures(self._coldest, self._steps)
        self._sampler = Sampler(
            self._model, np.tile(self._temperatures, LADDERS),
            replicas=LADDERS * self._steps, seed=self._seed, engine="replica", device="cpu",
            threads=self._threads,
        )  # fmt: skip
        self._ladders = Ladders(self._sampler, self._temperatures, LADDERS, seed=self._seed)
        self._rate = Rate()
        self._overlaps = np.zeros((self._steps, self._model.n_spins + 1), np.int64)
        self._draws = 0  # in P(q)
        self._where = np.tile(np.arange(self._steps, dtype=np.int32), (LADDERS, 1))
        self._path = Trace(self._steps, _PATH)
        self._trace = Trace(1 + self._steps, _SHOWN)
        # At the start as many walkers agree at a temperature as spins do by chance.
        self._last = self._now()
        self._path.add(*range(self._steps))

    def _now(self) -> NDArray[np.float64]:
        """Overlap of the first two replicas at each temperature."""
        spins = self._spins()
        first, second = (self._walkers(spins, ladder) for ladder in (0, 1))
        same: NDArray[np.bool_] = (first == second).reshape(self._steps, -1)
        q: NDArray[np.float64] = 2.0 * same.mean(axis=1) - 1.0
        return q

    # --- commands ---------------------------------------------------------------------------------

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks: set, run, step, forget, reset."""
        dispatch(command, {
            "set": self._set, "run": self._run, "step": self._single, "forget": self._forget,
            "reset": self._reset,
        })  # fmt: skip

    def _set(self, given: Mapping[str, Any]) -> None:
        known(given, _SETTINGS, "set")
        lattice = checks.choice("lattice", given.get("lattice", self._lattice), tuple(LATTICES))
        coldest = number("coldest", given.get("coldest", self._coldest), COLDEST, WARMEST)
        steps = one_of("steps", given.get("steps", self._steps), STEPS)
        look = given.get("look", min(self._look, steps - 1))
        look = checks.count("look", look, 0, steps - 1)
        self._pace.a_frame = one_of("speed", given.get("speed", self._pace.a_frame), SPEEDS)
        if look != self._look:
            self._look = look
        if (lattice, coldest, steps) != (self._lattice, self._coldest, self._steps):
            self._lattice, self._coldest, self._steps = lattice, coldest, steps
            self._begin()

    def _run(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "run")
        self._running = checks.flag("on", given.get("on"))
        self._rate = Rate()

    def _single(self, given: Mapping[str, Any]) -> None:
        known(given, (), "step")
        self._running = False
        self._climb(1)

    def _forget(self, given: Mapping[str, Any]) -> None:
        """Begin P(q) anew: what was on the way to equilibrium does not belong into it."""
        known(given, (), "forget")
        self._overlaps[:] = 0
        self._draws = 0

    def _reset(self, given: Mapping[str, Any]) -> None:
        known(given, ("seed",), "reset")
        self._seed = checks.count("seed", given.get("seed", self._seed), 0, MOST_SEED)
        self._begin()

    # --- running ----------------------------------------------------------------------------------

    def step(self, budget: float) -> bool:
        """Sweep and exchange for about `budget` seconds, or what a frame is to have."""
        if not self._running:
            return False
        self._pace.work(budget, self._climb)
        return True

    def _climb(self, draws: int) -> None:
        """Do so many sweeps, each with an exchange, and count the overlaps."""
        steps, pairs = self._steps, LADDERS * (LADDERS - 1) // 2
        overlap = np.empty((draws, 1, steps, pairs), np.int64)
        where = np.empty((draws, 1, LADDERS, steps), np.int16)
        records: dict[str, NDArray[Any] | None] = {
            "overlap": overlap,
            "temperature_index": where,
        }
        self._ladders.run(draws, records)
        n = self._model.n_spins
        for place in range(steps):
            sums = overlap[:, 0, place].ravel()
            self._overlaps[place] += np.bincount((sums + n) // 2, minlength=n + 1)
        self._draws += draws
        self._rate.count(draws * n * LADDERS * steps)
        self._where = where[-1, 0].astype(np.int32)
        self._last = overlap[-1, 0, :, 0] / n
        self._path.add(*self._where[0])
        self._trace.add(self._ladders.exchanges, *self._last)

    # --- what there is to see ---------------------------------------------------------------------

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return two replicas, where they agree, P(q), and how the ladder is climbed."""
        self._pace.shown()
        spins = self._spins()
        first, second = (self._walkers(spins, ladder)[self._look] for ladder in (0, 1))
        attempted, accepted = (numbers[0] for numbers in self._ladders.swaps())
        travel = self._ladders.travel()
        rows = self._trace.rows()
        trace = np.stack([rows[:, 0] - self._ladders.exchanges, rows[:, 1 + self._look]], axis=1)
        header = {
            "running": self._running,
            "exchanges": self._ladders.exchanges,
            "draws": self._draws,
            "temperature": float(self._temperatures[self._look]),
            "overlap": float(self._last[self._look]),
            "round_trips": int(travel.trips.sum()),
            "flips_per_ns": self._rate.per_second() / 1e9 if self._running else None,
            "lattices": list(LATTICES),
            "steps": STEPS,
        }
        acceptance = np.divide(
            accepted, attempted, out=np.zeros(len(attempted)), where=attempted > 0
        )
        return header, {
            "first": mosaic(first),
            "second": mosaic(second),
            "agree": mosaic(first * second),
            "distribution": density(self._overlaps[self._look]).astype(np.float32),
            "temperatures": self._temperatures.astype(np.float32),
            "acceptance": acceptance.astype(np.float32),
            "from_top": np.nan_to_num(travel.from_top[0], nan=0.5).astype(np.float32),
            "path": self._path.rows().astype(np.float32),
            "trace": trace.astype(np.float32),
        }

    def _spins(self) -> NDArray[np.int8]:
        spins: NDArray[np.int8] = np.asarray(self._sampler.spins())
        return spins.reshape(LADDERS, self._steps, *self._model.shape)

    def _walkers(self, spins: NDArray[np.int8], ladder: int) -> NDArray[np.int8]:
        """Spins of a ladder by temperature."""
        found: NDArray[np.int8] = np.empty_like(spins[ladder])
        found[self._where[ladder]] = spins[ladder]
        return found

    def state(self) -> dict[str, Any]:
        """Return what a link holds."""
        return {
            "lattice": self._lattice,
            "coldest": self._coldest,
            "steps": self._steps,
            "look": self._look,
            "speed": self._pace.a_frame,
            "seed": self._seed,
            "running": self._running,
        }

    def python(self) -> str:
        """Return lines whose walkers go the same way."""
        sweeps = max(self._ladders.exchanges, 1)
        interval = -(-sweeps // _DRAWS)
        return (
            "import numpy as np\n"
            "import multispin as ms\n\n"
            f"glass = ms.EdwardsAnderson({LATTICES[self._lattice]}, seed={self._seed})\n"
            f"temperatures = np.geomspace({self._coldest!r}, {TOP}, {self._steps})\n"
            "run = ms.temper(\n"
            f"    glass, temperatures, sweeps={sweeps - sweeps % interval}, "
            f"interval={interval}, replicas={LADDERS}, seed={self._seed},\n"
            '    engine="replica", device="cpu",\n'
            ")\n"
            "print(run.overlap[:, 0, -1].values, (run.swap_accepted / run.swap_attempts).values)\n"
            "ms.plot.glass.overlap_distribution(run)\n"
        )

    def file(self) -> tuple[str, bytes]:
        """Return the sampler's file, for `Sampler.load`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "multispin-glass.npz")
            self._sampler.save(path)
            return path.name, path.read_bytes()


def temperatures(coldest: float, steps: int) -> NDArray[np.float64]:
    """Return a ladder from the coldest to the top, in equal ratios."""
    return np.geomspace(coldest, TOP, steps)


def mosaic(spins: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Return spins as levels 0 and 255; the planes of a cube in two rows, with 128 between them."""
    levels: NDArray[np.uint8] = np.where(spins > 0, np.uint8(255), np.uint8(0))
    if levels.ndim == 2:
        return levels
    count, rows, columns = levels.shape
    across = -(-count // 2)
    picture = np.full((2 * (rows + 1) - 1, across * (columns + 1) - 1), np.uint8(128))
    for plane in range(count):
        top, left = plane // across * (rows + 1), plane % across * (columns + 1)
        picture[top : top + rows, left : left + columns] = levels[plane]
    return picture


def density(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return P(q), rows (q, P), of how often each of the N + 1 overlaps of N spins was seen.

    The overlaps are 2/N apart. Bins take several of them, as many each, from the middle out, so
    that none has more for a reason of arithmetic, and P(q) and P(-q) are alike.
    """
    n = len(counts) - 1
    each = -(-(n + 1) // _BINS)
    each += (each + 1) % 2  # odd: the middle one is that of q = 0
    middle = n // 2
    bins = (np.arange(n + 1) - middle + each // 2) // each
    bins -= bins.min()
    seen = np.bincount(bins, counts)
    places = np.bincount(bins)
    q = np.bincount(bins, (2.0 * np.arange(n + 1) - n) / n) / places
    return np.stack([q, seen / (max(counts.sum(), 1) * places * 2.0 / n)], axis=1)
