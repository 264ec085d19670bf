"""Hopfield networks: the pattern engine beside NumPy's BLAS and beside all couplings, in one run.

    python bench/python/hopfield.py [--peers FOLDER] [--only retrieval huge engines]

One process, one thread, one core; CPU time, the best of rounds in turn, so that other programs on
the machine take nothing away but caches.

- retrieval: 64 cues of N = 10,000 neurons with P = 1000 patterns, a tenth of each cue wrong, sites
  in random order, by the heat bath: at T = 0 until all repeat themselves, at T = 0.3 the seconds of
  a sweep. NumPy does the same in float32, for all cues at once, in three ways: overlaps of patterns
  and a product with them for each site; the same for blocks of sites, whose couplings among each
  other are made as they come; and all couplings (400 MB), whose rows are added to the fields.
  The fastest counts. At T = 0 NumPy too drops cues that a sweep has left as they were, and steps
  over blocks in which nothing turns. `--peers` is a folder with the package hopfieldnetwork, one
  cue at a time (`pip install --target FOLDER --no-deps hopfieldnetwork`).
- huge: one cue of N = 10^6 neurons with P = 1000 patterns, in a process of its own: the first sweep
  from the cue, and memory beyond the int8 patterns.
- engines: the pattern engine and that of real couplings, 64 replicas at T = 0.3, ns an attempt in
  either order and the seconds that making them takes, for several N and P / N.

What comes out is compared: exit status 1 if overlaps differ.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import tomllib

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402

import multispin as ms  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("retrieval", "huge", "engines")
N, P, CUES, WRONG = 10_000, 1000, 64, 0.1
WARM, WARM_SWEEPS, ROUNDS = 0.3, 5, 3
HUGE_N, HUGE_P = 10**6, 1000
SIZES, LOADS = (500, 1000, 2000, 5000, 10_000), (0.02, 0.05, 0.1, 0.14, 0.25, 0.5)
BLOCK = 64


def main() -> int:
    """Run the parts; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "results")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(*huge())
        return 0
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    about += f", NumPy {np.__version__}, load at the start {machine.load_average()}"
    text, measured, same = f"# Hopfield networks\n\n{about}\n", [], True
    if "retrieval" in options.only:
        page, ratios, same = retrieval(options.peers)
        text, measured = text + page, measured + ratios
    if "huge" in options.only:
        done = subprocess.run(
            [sys.executable, __file__, "--child"], stdout=subprocess.PIPE, text=True, check=True
        )
        seconds, megabytes = map(float, done.stdout.split())
        measured += [
            (f"N = {HUGE_N}, P = {HUGE_P}, one cue, seconds a sweep", seconds),
            ("the same, MB beyond the int8 patterns", megabytes),
        ]
    if "engines" in options.only:
        text += engines()
    text += against_goals(measured)
    print(text)
    if set(options.only) == set(PARTS):
        date = dt.datetime.now(dt.timezone.utc).date().isoformat()
        (options.output / f"{date}-hopfield.md").write_text(text, encoding="utf-8")
    return 0 if same else 1


def against_goals(measured: list[tuple[str, float]]) -> str:
    """Return goals beside what was measured."""
    goals = read_goals()
    lines = ["\n| | must | aim | measured | measured over must |", "|---|---|---|---|---|"]
    for what, value in measured:
        must, aim = goals[what]
        lines.append(f"| {what} | {must:g} | {aim:g} | {value:.3g} | {value / must:.2f} |")
    return "\n".join([*lines, ""])


def read_goals() -> dict[str, tuple[float, float]]:
    """Return what must be reached and what is aimed at, of goals that this file measures."""
    with (ROOT / "goals.toml").open("rb") as file:
        goals = tomllib.load(file)["goal"]
    ours = [one for one in goals if one.get("measured_by") == "bench/python/hopfield.py"]
    return {one["what"]: (one["must"], one["aim"]) for one in ours}


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def random_patterns(n: int, p: int, seed: int = 1) -> NDArray[np.int8]:
    """Return random ±1, (p, n); nothing larger than a row of it comes and goes."""
    rng = np.random.default_rng(seed)
    patterns = np.empty((p, n), dtype=np.int8)
    for row in patterns:
        row[:] = rng.integers(0, 2, n, dtype=np.int8)
        row *= 2
        row -= 1
    return patterns


def cues_of(patterns: NDArray[np.int8], count: int) -> NDArray[np.int8]:
    """Return cues (count, N), of which some are wrong."""
    rng = np.random.default_rng(2)
    chosen = patterns[np.arange(count) % len(patterns)]
    return np.where(rng.random(chosen.shape) < WRONG, -chosen, chosen).astype(np.int8)


# --- 64 cues ------------------------------------------------------------------------------------


class Memory:
    """Sequential dynamics by NumPy of all cues: spins (N, cues) float32, and a way to sweep."""

    def __init__(self, patterns: NDArray[np.int8]) -> None:
        self.p, self.n = patterns.shape
        self.xi = np.ascontiguousarray(patterns.T, dtype=np.float32)  # (N, P)
        self.rng = np.random.default_rng(3)

    def start(self, cues: NDArray[np.int8]) -> None:
        """Begin with these."""
        self.s = np.ascontiguousarray(cues.T, dtype=np.float32)
        self.cues = len(cues)

    def keep(self, moving: NDArray[np.bool_]) -> None:
        """Go on with these cues only."""
        self.s = np.ascontiguousarray(self.s[:, moving])
        self.cues = self.s.shape[1]

    def until_still(self, cues: NDArray[np.int8]) -> NDArray[np.float64]:
        """Sweep cues at T = 0 until none changes, each as long as it does; overlaps (cues, P)."""
        self.start(cues)
        found = np.empty((len(cues), self.p))
        numbers = np.arange(len(cues))
        while len(numbers) > 0:
            before = self.s.copy()
            self.sweep(0.0)
            moving = (self.s != before).any(axis=0)
            if not moving.all():
                found[numbers[~moving]] = self.overlaps()[~moving]
                self.keep(moving)
                numbers = numbers[moving]
        return found

    def sweep(self, T: float) -> None:
        """Attempt every site of every cue once, in one random order."""
        order = self.rng.permutation(self.n)
        for first in range(0, self.n, BLOCK):
            sites = order[first : first + BLOCK]
            # A spin is up after the attempt if its field is above this.
            noise = None
            if T > 0.0:
                u = self.rng.random((len(sites), self.cues), dtype=np.float32)
                np.clip(u, 2**-25, 1 - 2**-24, out=u)
                noise = np.log(u / (1 - u)) * np.float32(T / 2)
            self.attempt(sites, noise)

    def attempt(self, sites: NDArray[np.int64], noise: Floats | None) -> None:
        """Attempt some sites, one after the other."""
        raise NotImplementedError

    @staticmethod
    def changes(field: Floats, spin: Floats, noise: Floats | None) -> Floats | None:
        """Return what is added to the spins of a site; None if nothing is."""
        turns = field * spin < 0 if noise is None else (field > noise) != (spin > 0)
        return spin * turns * np.float32(-2) if turns.any() else None

    def overlaps(self) -> NDArray[np.float64]:
        """Return overlaps (cues, P)."""
        return (self.xi.T @ self.s).T.astype(np.float64) / self.n


class Overlaps(Memory):
    """A product of all overlaps with a site's patterns."""

    name = "NumPy, overlaps, site by site"

    def start(self, cues: NDArray[np.int8]) -> None:  # noqa: D102
        super().start(cues)
        self.m = np.ascontiguousarray(self.s.T @ self.xi) / np.float32(self.n)

    def keep(self, moving: NDArray[np.bool_]) -> None:  # noqa: D102
        super().keep(moving)
        self.m = self.m[moving]

    def attempt(self, sites: NDArray[np.int64], noise: Floats | None) -> None:  # noqa: D102
        load = np.float32(self.p / self.n)
        for k, i in enumerate(sites):
            xi, spin = self.xi[i], self.s[i]
            field = self.m @ xi - load * spin
            change = self.changes(field, spin, None if noise is None else noise[k])
            if change is not None:
                spin += change
                turned = change.nonzero()[0]
                self.m[turned] += np.outer(change[turned] / np.float32(self.n), xi)


class Blocks(Memory):
    """Products for blocks of sites, with couplings among those."""

    name = "NumPy, overlaps, blocks of 64 sites"

    def start(self, cues: NDArray[np.int8]) -> None:  # noqa: D102
        super().start(cues)
        self.m = np.ascontiguousarray(self.xi.T @ self.s) / np.float32(self.n)  # (P, cues)

    def keep(self, moving: NDArray[np.bool_]) -> None:  # noqa: D102
        super().keep(moving)
        self.m = np.ascontiguousarray(self.m[:, moving])

    def attempt(self, sites: NDArray[np.int64], noise: Floats | None) -> None:  # noqa: D102
        xi, spins = self.xi[sites], self.s[sites]
        fields = xi @ self.m - np.float32(self.p / self.n) * spins
        # Where the first attempt that turns a spin has not come, none sees another's.
        if noise is None and not (fields * spins < 0).any():
            return
        before = spins.copy()
        J = xi @ xi.T / np.float32(self.n)
        np.fill_diagonal(J, 0)
        for k in range(len(sites)):
            change = self.changes(fields[k], spins[k], None if noise is None else noise[k])
            if change is not None:
                spins[k] += change
                fields[k + 1 :] += np.multiply.outer(J[k, k + 1 :], change)
        self.s[sites] = spins
        self.m += xi.T @ ((spins - before) / np.float32(self.n))


class Fields(Memory):
    """Rows of all couplings, added to the fields of a cue whose spin turns."""

    name = "NumPy, all couplings, maintained fields"

    def __init__(self, patterns: NDArray[np.int8]) -> None:
        super().__init__(patterns)
        self.J = self.xi @ self.xi.T
        self.J *= np.float32(2 / self.n)  # twice the couplings: what a spin that turns changes
        np.fill_diagonal(self.J, 0)

    def start(self, cues: NDArray[np.int8]) -> None:  # noqa: D102
        super().start(cues)
        self.f = np.ascontiguousarray(self.s.T @ self.J) / np.float32(2)  # (cues, N)

    def keep(self, moving: NDArray[np.bool_]) -> None:  # noqa: D102
        super().keep(moving)
        self.f = self.f[moving]

    def attempt(self, sites: NDArray[np.int64], noise: Floats | None) -> None:  # noqa: D102
        for k, i in enumerate(sites):
            spin, row = self.s[i], self.J[i]
            change = self.changes(self.f[:, i], spin, None if noise is None else noise[k])
            if change is not None:
                spin += change
                for cue in change.nonzero()[0]:
                    fields = self.f[cue]
                    if change[cue] > 0:
                        fields += row
                    else:
                        fields -= row


def retrieval(peers: Path | None) -> tuple[str, list[tuple[str, float]], bool]:
    """Return a page, (goal, measured), and whether overlaps are the same."""
    patterns = random_patterns(N, P)
    cues = cues_of(patterns, CUES)
    rows = [ours(patterns, cues, engine) for engine in ("auto", "pattern", "real")]
    rows += [numpys(kind, patterns, cues) for kind in (Overlaps, Blocks, Fields)]
    same = all(abs(row[key] - rows[0][key]) < 0.02 for row in rows for key in ("cold m", "warm m"))
    keys = ("making", "cold", "warm", "warm sweep", "cold m", "warm m")
    about = (
        f"\n{CUES} cues, N = {N}, P = {P}. Seconds: what is made first; cues to their end at T = 0;"
        f" {WARM_SWEEPS} sweeps at T = {WARM} from the cues; a sweep after that. Overlaps with the "
        "patterns of the cues after either.\n"
    )
    lines = [
        about,
        "| | made | T = 0 | T = 0.3, from cues | a sweep | m, T = 0 | m, T = 0.3 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        numbers = " | ".join(f"{row[key]:.3g}" for key in keys)
        lines.append(f"| {row['name']} | {numbers} |")
    if peers is not None:
        lines.append(hopfieldnetwork(peers, patterns, cues))
    own, theirs = rows[0], rows[3:]
    ratios = [
        ("Hopfield retrieval at T = 0, all of it, NumPy's time over ours",
         min(row["making"] + row["cold"] for row in theirs) / (own["making"] + own["cold"])),
        ("Hopfield retrieval at T = 0 once made, NumPy's time over ours",
         min(row["cold"] for row in theirs) / own["cold"]),
        ("Hopfield network, a sweep at T = 0.3, NumPy's time over ours",
         min(row["warm sweep"] for row in theirs) / own["warm sweep"]),
    ]  # fmt: skip
    return "\n".join([*lines, ""]), ratios, same


def ours(patterns: NDArray[np.int8], cues: NDArray[np.int8], engine: str) -> dict:
    """Return figures of multispin: HopfieldNetwork if the engine is "auto", or a sampler."""
    row: dict = {"name": f"multispin, {engine} engine", "making": np.inf, "cold": np.inf}
    if engine == "auto":
        row["name"] = "multispin, HopfieldNetwork"
        for _ in range(ROUNDS):
            network = ms.HopfieldNetwork(random_state=1)
            row["making"] = min(row["making"], timed(lambda: network.fit(patterns)))  # noqa: B023
            found: list = []
            cold = timed(lambda: found.append(network.retrieve(cues, threads=1)))  # noqa: B023
            row["cold"] = min(row["cold"], cold)
        own = found[0].overlap[np.arange(CUES), 0, np.arange(CUES)]
        row["cold m"], row["name"] = own.mean(), f"{row['name']} ({found[0].sweeps.max()} sweeps)"
        model = network.model_
    else:
        model = ms.Hopfield(patterns)
        made: list = []

        def make(T: float) -> None:
            made[:] = [
                ms.Sampler(model, T, CUES, "glauber", cues, 1, engine=engine, order="random",
                           threads=1, device="cpu")
            ]  # fmt: skip

        row["making"] = timed(lambda: make(0.0))
        for attempt in range(ROUNDS if engine == "pattern" else 1):
            if attempt > 0:
                make(0.0)
            row["cold"] = min(row["cold"], timed(lambda: until_still(made[0])))
        row["cold m"] = model.overlap(made[0].spins())[np.arange(CUES), np.arange(CUES)].mean()
        made.clear()
    sampler = ms.Sampler(
        model, WARM, CUES, "glauber", cues, 1, engine=engine, order="random", threads=1,
        device="cpu",
    )  # fmt: skip
    row["warm"] = timed(lambda: sampler.sweep(WARM_SWEEPS))
    row["warm m"] = model.overlap(sampler.spins())[np.arange(CUES), np.arange(CUES)].mean()
    row["warm sweep"] = min(timed(lambda: sampler.sweep(1)) for _ in range(3 * ROUNDS))
    return row


def until_still(sampler: ms.Sampler) -> None:
    """Sweep until nothing changes."""
    before = np.array(sampler.packed())
    for _ in range(50):
        sampler.sweep(1)
        now = np.array(sampler.packed())
        if np.array_equal(now, before):
            return
        before = now


def numpys(kind: type[Memory], patterns: NDArray[np.int8], cues: NDArray[np.int8]) -> dict:
    """Return figures of one of NumPy's ways."""
    made: list[Memory] = []
    row: dict = {"name": kind.name, "making": timed(lambda: made.append(kind(patterns)))}
    memory, own = made[0], np.arange(CUES)

    found: list = []
    row["cold"] = min(
        timed(lambda: found.append(memory.until_still(cues))) for _ in range(ROUNDS - 1)
    )
    row["cold m"] = found[0][own, own].mean()
    memory.start(cues)
    row["warm"] = timed(lambda: [memory.sweep(WARM) for _ in range(WARM_SWEEPS)])
    row["warm m"] = memory.overlaps()[own, own].mean()
    row["warm sweep"] = min(timed(lambda: memory.sweep(WARM)) for _ in range(ROUNDS))
    return row


def hopfieldnetwork(peers: Path, patterns: NDArray[np.int8], cues: NDArray[np.int8]) -> str:
    """Return the row of the package of that name: a sweep of one cue at T = 0, times the cues."""
    spec = importlib.util.spec_from_file_location("libary", peers / "hopfieldnetwork/libary.py")
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    network = library.HopfieldNetwork(2)
    xi = patterns.astype(np.float64)
    network.N, network.w = N, xi.T @ xi / N  # as its training makes them, in less time
    np.fill_diagonal(network.w, 0)
    network.set_initial_neurons_state(cues[0].copy())
    cold = timed(lambda: network.update_neurons(1, "async"))
    # Its sweep at T > 0 sets an element with an array, which NumPy refuses from 2.4 on.
    return f"| hopfieldnetwork, a sweep of one cue, times {CUES} | | {cold * CUES:.3g} | | | | |"


# --- a million neurons --------------------------------------------------------------------------


def huge() -> tuple[float, float]:
    """Return seconds a sweep, and MB beyond the patterns at the worst."""
    patterns = random_patterns(HUGE_N, HUGE_P)
    cue = cues_of(patterns[:1], 1)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    before = kilobytes("VmRSS")
    network = ms.HopfieldNetwork(random_state=1).fit(patterns)
    found = network.retrieve(cue, sweeps=20, threads=1)
    beyond = (kilobytes("VmHWM") - before) / 1000
    assert found.overlap[0, 0, 0] > 0.99
    sampler = ms.Sampler(
        network.model_, 0.0, 1, "glauber", cue, 1, order="random", threads=1, device="cpu"
    )
    sweep = np.inf
    for _ in range(2 * ROUNDS):
        sampler.set_spins(cue)  # at rest there would be nothing to sweep
        sweep = min(sweep, timed(lambda: sampler.sweep(1)))
    return sweep, beyond


def kilobytes(what: str) -> int:
    """Return a line of what the system says of this process's memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1])
    raise ValueError(what)


# --- engines side by side -----------------------------------------------------------------------


def engines() -> str:
    """Return ns an attempt of both engines."""
    about = (
        f"\n64 replicas at T = {WARM}, from patterns with a tenth of their spins wrong, after "
        f"{WARM_SWEEPS} sweeps; ns an attempt, sites in a fixed order; in a random one.\n"
    )
    lines = [
        about,
        "| N | P / N | pattern | real | made in, s | | spins changed by a sweep |",
        "|---|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        for load in LOADS:
            model = ms.Hopfield(random_patterns(n, round(load * n)))
            cues = cues_of(model.patterns[:CUES], CUES)
            pattern, real = (side(model, cues, engine) for engine in ("pattern", "real"))
            rates = " | ".join(
                f"{of_one['fixed']:.3g}; {of_one['random']:.3g}" for of_one in (pattern, real)
            )
            making = f"{pattern['making']:.2g} | {real['making']:.2g}"
            lines.append(f"| {n} | {load} | {rates} | {making} | {real['changed']:.1%} |")
            print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join([*lines, ""])


def side(model: ms.Hopfield, cues: NDArray[np.int8], engine: str) -> dict[str, float]:
    """Return ns an attempt of an engine, by order, and the seconds it is made in."""
    found: dict[str, float] = {}
    sweeps = max(1, 50_000 // model.n_spins)
    for order in ("fixed", "random"):
        began = time.process_time()
        sampler = ms.Sampler(
            model, WARM, CUES, "glauber", cues, 1, engine=engine, order=order, threads=1,
            device="cpu",
        )  # fmt: skip
        making = time.process_time() - began
        found["making"] = min(making, found.get("making", making))
        sampler.sweep(WARM_SWEEPS)
        best = min(timed(lambda: sampler.sweep(sweeps)) for _ in range(ROUNDS))  # noqa: B023
        found[order] = best / (sweeps * CUES * model.n_spins) * 1e9
        before = sampler.spins().copy()
        sampler.sweep(1)
        found["changed"] = float((sampler.spins() != before).mean())
    return found


if __name__ == "__main__":
    sys.exit(main())
