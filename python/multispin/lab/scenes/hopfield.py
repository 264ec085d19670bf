"""The Hopfield tab: draw patterns and store them, spoil one, and see whether it is recalled."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin.lab.scene import MOST_SEED, Options, dispatch, known, number, one_of
from multispin.lab.scenes import bits, hopfield_patterns
from multispin.lab.scenes.hopfield_frame import frame_of
from multispin.lab.scenes.hopfield_memory import MOST_PATTERNS, RULES, Memory
from multispin.lab.scenes.hopfield_python import lines
from multispin.lab.scenes.hopfield_recall import Recall
from multispin.lab.scenes.tempo import Tempo
from multispin.learn import corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SIDES = (8, 16, 20)
STARTERS = ("letter", "digit", "random")
DYNAMICS = ("asynchronous", "parallel")
HALVES = ("top", "bottom", "left", "right")
_CHOICES = {"rule": RULES, "dynamics": DYNAMICS}
_NUMBERS = {"temperature": (0.0, 3.0), "speed": (0.25, 50.0), "dreaming_time": (0.0, 100.0)}
_FLOOD = 8.0  # patterns a second, where they are added until it breaks
_BROKEN = 0.5  # share that stays, below which it is
_FIRST = "letter:A letter:T letter:Z"
_FIRST_NOISE = 0.2


class HopfieldScene:
    """Stored patterns, a cue, and the recall that goes on from it."""

    name: ClassVar[str] = "hopfield"
    title: ClassVar[str] = "Hopfield network"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        self.settings: dict[str, Any] = {
            "seed": options.seed, "side": 16, "rule": "hebb", "dreaming_time": 5.0,
            "dynamics": "asynchronous", "temperature": 0.0, "speed": 2.0, "evidence": False,
        }  # fmt: skip
        known(state, (*self.settings, "patterns", "cue", "unknown"), "state")
        self.settings |= self._checked({k: v for k, v in state.items() if k in self.settings})
        words = state.get("patterns", _FIRST)
        checks.instance("patterns", words, str, "words for patterns, with spaces between them")
        at = self.settings
        self.memory = Memory(at["side"], at["seed"], words.split())
        self.memory.learn(self.rule)
        self.cue = np.full((at["side"], at["side"]), -1, np.int8)
        self.stroke = 0
        self.running = self.flooding = False
        self._corrupted = 0  # how often
        if "cue" in state:
            ink = bits.bits_of("cue", state["cue"], self.cue.size)
            self.cue.ravel()[ink] = 1
        elif len(self.memory.words):
            self.cue = self._spoiled(self.memory.patterns[0], _FIRST_NOISE)
        if "unknown" in state:
            self.cue.ravel()[bits.bits_of("unknown", state["unknown"], self.cue.size)] = 0
        self.recall: Recall | None = None
        self._tempo = Tempo(at["speed"])
        self._begin()

    @property
    def rule(self) -> dict[str, Any]:
        """The rule, as the network takes it."""
        found = {"rule": self.settings["rule"]}
        if self.settings["rule"] == "dreaming":
            found["dreaming_time"] = self.settings["dreaming_time"]
        return found

    # --- commands ---------------------------------------------------------------------------------

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks; a stroke counts as seen whatever becomes of it."""
        self.stroke = bits.stroke_number(command, self.stroke)
        dispatch(
            command,
            {
                "draw": self._draw, "clear": self._clear, "show": self._show,
                "corrupt": self._corrupt, "erase": self._erase, "store": self._store,
                "starter": self._starter, "forget": self._forget, "set": self._set,
                "run": self._run, "begin": self._begin_again, "sweep": self._sweep,
                "flood": self._flood,
            },
        )  # fmt: skip

    def _draw(self, given: Mapping[str, Any]) -> None:
        known(given, ("on", "off", "unknown"), "draw")
        parts = [
            bits.cells(name, given.get(name, []), self.cue.size)
            for name in ("on", "off", "unknown")
        ]
        cue = self.cue.copy()
        for cells, value in zip(parts, (1, -1, 0), strict=True):
            cue.ravel()[cells] = value
        self._take(cue)

    def _clear(self, given: Mapping[str, Any]) -> None:
        known(given, (), "clear")
        self._take(np.full_like(self.cue, -1))

    def _show(self, given: Mapping[str, Any]) -> None:
        known(given, ("pattern",), "show")
        self._take(self.memory.patterns[self._number(given)].copy())

    def _corrupt(self, given: Mapping[str, Any]) -> None:
        known(given, ("level",), "corrupt")
        level = number("level", given.get("level", 0.1), 0.0, 1.0)
        self._take(np.where(self.cue == 0, 0, self._spoiled(self.cue, level)))

    def _erase(self, given: Mapping[str, Any]) -> None:
        known(given, ("half",), "erase")
        half = checks.choice("half", given.get("half"), HALVES)
        middle, cue = self.settings["side"] // 2, self.cue.copy()
        rows, columns = {
            "top": (slice(middle), slice(None)), "bottom": (slice(middle, None), slice(None)),
            "left": (slice(None), slice(middle)), "right": (slice(None), slice(middle, None)),
        }[half]  # fmt: skip
        cue[rows, columns] = 0
        self._take(cue)

    def _store(self, given: Mapping[str, Any]) -> None:
        known(given, (), "store")
        if not self.cue.all():
            raise ValueError("store: got a drawing with erased cells, allowed: ink and paper")
        word = f"drawn:{bits.text_of(self.cue > 0)}"
        self._add(word)

    def _starter(self, given: Mapping[str, Any]) -> None:
        known(given, ("kind",), "starter")
        kind = checks.choice("kind", given.get("kind"), STARTERS)
        self._add(hopfield_patterns.next_word(kind, self.memory.words))

    def _forget(self, given: Mapping[str, Any]) -> None:
        known(given, ("pattern",), "forget")
        if given.get("pattern") is None:
            self.memory = Memory(self.settings["side"], self.settings["seed"], [])
        else:
            self.memory.remove(self._number(given), self.rule)
        self._begin()

    def _set(self, given: Mapping[str, Any]) -> None:
        found = self._checked(given)
        before, at = dict(self.settings), self.settings
        at |= found
        if "speed" in found:
            self._tempo = Tempo(at["speed"])
        if at["side"] != before["side"] or at["seed"] != before["seed"]:
            self._resize(before["side"])
        elif any(at[name] != before[name] for name in ("rule", "dreaming_time")):
            self.memory.learn(self.rule, anew=True)
            self._begin()
        elif any(at[name] != before[name] for name in ("dynamics", "evidence")):
            self._begin()
        elif self.recall is not None:
            self.recall.set_temperature(at["temperature"])

    def _run(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "run")
        self.running = checks.flag("on", given.get("on"))
        if self.running and self._needs_patterns().done:
            self._begin()
            self.running = True
        self._tempo = Tempo(self.settings["speed"])

    def _begin_again(self, given: Mapping[str, Any]) -> None:
        known(given, (), "begin")
        self._begin()

    def _sweep(self, given: Mapping[str, Any]) -> None:
        known(given, (), "sweep")
        self.running = False
        recall = self._needs_patterns()
        for _ in range(recall.per_sweep):
            recall.step()

    def _flood(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "flood")
        self.flooding = checks.flag("on", given.get("on"))
        self._tempo = Tempo(_FLOOD if self.flooding else self.settings["speed"])

    # --- running ----------------------------------------------------------------------------------

    def step(self, budget: float) -> bool:
        """Add patterns until it breaks, or recall."""
        until = time.perf_counter() + budget
        recall = self.recall
        if self.flooding:
            if self._tempo.owed():
                self._add(hopfield_patterns.next_word("random", self.memory.words))
                share = self.memory.share
                self.flooding = (
                    share is not None and share >= _BROKEN
                    and len(self.memory.words) < MOST_PATTERNS
                )  # fmt: skip
        elif self.running and recall is not None:
            self._tempo.rate = self.settings["speed"] * recall.per_sweep
            for _ in range(self._tempo.owed()):
                recall.step()
                if recall.done or time.perf_counter() > until:
                    break
            self.running = not recall.done
        going = self.flooding or self.running
        if going:
            self._tempo.wait(until)
        return going

    # --- what it shows ----------------------------------------------------------------------------

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return patterns, cue, state, overlaps and curves."""
        return frame_of(self)

    def state(self) -> dict[str, Any]:
        """Return settings, patterns and cue."""
        found = {**self.settings, "patterns": " ".join(self.memory.words)}
        found["cue"] = bits.text_of(self.cue > 0)
        if not self.cue.all():
            found["unknown"] = bits.text_of(self.cue == 0)
        return found

    def python(self) -> str:
        """Return the lines that store the patterns and recall as far as this has come."""
        return lines(self)

    def file(self) -> tuple[str, bytes]:
        """Return patterns, cue and state as arrays of NumPy, .npz."""
        state = self.cue if self.recall is None else self.recall.state
        target = io.BytesIO()
        np.savez(
            target, patterns=self.memory.patterns, cue=self.cue, state=state,
            titles=np.array(self.memory.titles(), dtype=np.str_),
        )  # fmt: skip
        return "multispin-hopfield.npz", target.getvalue()

    # --- inside -----------------------------------------------------------------------------------

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        known(given, tuple(self.settings), "set")
        found = dict(given)
        for name, value in given.items():
            if name in _NUMBERS:
                found[name] = number(name, value, *_NUMBERS[name])
            elif name in _CHOICES:
                checks.choice(name, value, _CHOICES[name])
            elif name == "evidence":
                found[name] = checks.flag(name, value)
            elif name == "seed":
                found[name] = checks.count(name, value, 0, MOST_SEED)
            else:
                found[name] = one_of(name, value, SIDES)
        return found

    def _number(self, given: Mapping[str, Any]) -> int:
        if not self.memory.words:
            raise ValueError("pattern: got none that is stored, allowed: after storing one")
        return checks.count("pattern", given.get("pattern"), 0, len(self.memory.words) - 1)

    def _needs_patterns(self) -> Recall:
        if self.recall is None:
            self.running = False
            raise ValueError("recall: got no patterns, allowed: after storing one at least")
        return self.recall

    def _add(self, word: str) -> None:
        self.memory.add(word, self.rule)
        self._begin()

    def _resize(self, before: int) -> None:
        """Draw anew what is not tied to a size; drawn patterns of another one are gone."""
        at = self.settings
        same = at["side"] == before
        words = [w for w in self.memory.words if same or not w.startswith("drawn:")]
        self.memory = Memory(at["side"], at["seed"], words)
        self.memory.learn(self.rule)
        if not same:
            self.cue = np.full((at["side"], at["side"]), -1, np.int8)
            if words:
                self.cue = self._spoiled(self.memory.patterns[0], _FIRST_NOISE)
        self._begin()

    def _take(self, cue: NDArray[np.int8]) -> None:
        self.cue = cue.astype(np.int8)
        self._begin()

    def _spoiled(self, pattern: NDArray[np.int8], level: float) -> NDArray[np.int8]:
        seed = np.random.SeedSequence([self.settings["seed"], self._corrupted])
        self._corrupted += 1
        known = np.where(pattern == 0, -1, pattern)
        spoiled: NDArray[np.int8] = corrupt(known[None], level, int(seed.generate_state(1)[0]))[0]
        return spoiled

    def _begin(self) -> None:
        """Put the state back to the cue."""
        self.running = False
        at, network = self.settings, self.memory.network
        self.recall = None
        if network is not None:
            self.recall = Recall(
                network, self.cue, at["evidence"], at["temperature"],
                at["dynamics"] == "parallel", at["seed"],
            )  # fmt: skip
