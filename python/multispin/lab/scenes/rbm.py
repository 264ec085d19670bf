"""The RBM tab: draw, have it reconstructed, classified and dreamt of, by four principles.

After Benjamin Marlin's DigitDemo (2010), of machines of B. Marlin, K. Swersky, B. Chen & N. de
Freitas, AISTATS 2010, PMLR 9, 509; and beyond it a machine that learns while one looks.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin.lab.scene import MOST_SEED, Options, dispatch, known, number, one_of
from multispin.lab.scenes import bits, rbm_data
from multispin.lab.scenes.rbm_bank import Bank
from multispin.lab.scenes.rbm_chain import Chain
from multispin.lab.scenes.rbm_frame import Frames
from multispin.lab.scenes.rbm_live import Live
from multispin.lab.scenes.rbm_models import PRINCIPLES
from multispin.lab.scenes.rbm_python import lines
from multispin.lab.scenes.rbm_views import Views
from multispin.lab.scenes.tempo import Tempo
from multispin.learn import corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MODELS = ("trained", "live")
HIDDEN = (16, 32, 64, 100)
STARTS = ("drawing", "noise")
#: What is set by number: name, least, most.
_NUMBERS = {"temperature": (0.1, 5.0), "speed": (1.0, 500.0), "rate": (0.001, 0.5)}
_MOST_STEPS = 30  # of mean fields
_FIRST_NOISE = 0.1  # of the drawing that a new page shows


class RBMScene:
    """Machines, a drawing, a chain, and a machine that learns."""

    name: ClassVar[str] = "rbm"
    title: ClassVar[str] = "Boltzmann machine"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        self._options = options
        self.images = rbm_data.images_of(options.data)
        n = self.images.pixels.shape[1]
        self.drawing, self.held = (np.zeros(n, np.bool_) for _ in range(2))
        self.stroke = 0  # number of the last stroke that the page sent
        self.settings: dict[str, Any] = {
            "seed": options.seed, "principle": "pcd", "model": "trained", "temperature": 1.0,
            "speed": 30.0, "field": 1, "label": None, "hidden": 64, "rate": 0.05,
        }  # fmt: skip
        self.sampling = self.learning = False
        self.note: str | None = None  # on what became of learning
        self._asked = 0  # examples that have been shown
        self._restore(state)
        seed = self.settings["seed"]
        self.bank = Bank(self.images, options)
        self.chain = Chain(n, len(self.images.classes), seed)
        self.live = self._fresh_live()
        self._views: dict[str, tuple[int, Views]] = {}
        self._tempo = Tempo(self.settings["speed"])
        self._frames = Frames(self.images)
        self.chain.begin(self.drawing, self.settings["label"])

    # --- commands ---------------------------------------------------------------------------------

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks; a stroke counts as seen whatever becomes of it."""
        self.stroke = bits.stroke_number(command, self.stroke)
        dispatch(
            command,
            {
                "draw": self._draw, "hold": self._hold, "noise": self._noise,
                "clear": self._clear, "example": self._example, "set": self._set,
                "run": self._run, "begin": self._begin, "learn": self._learn,
                "forget": self._forget,
            },
        )  # fmt: skip

    def _draw(self, given: Mapping[str, Any]) -> None:
        known(given, ("on", "off"), "draw")
        changed = bits.stroke(given, self.drawing)
        # Who paints paints on the chain too, as if with its own hand.
        self.chain.pixels[changed] = self.drawing[changed]

    def _hold(self, given: Mapping[str, Any]) -> None:
        known(given, ("on", "off"), "hold")
        bits.stroke(given, self.held)

    def _noise(self, given: Mapping[str, Any]) -> None:
        known(given, ("level",), "noise")
        self._take(self._noisy(self.drawing, number("level", given.get("level", 0.1), 0.0, 1.0)))

    def _clear(self, given: Mapping[str, Any]) -> None:
        known(given, ("what",), "clear")
        what = checks.choice("what", given.get("what", "drawing"), ("drawing", "held"))
        if what == "held":
            self.held = np.zeros_like(self.held)
        else:
            self._take(np.zeros_like(self.drawing))

    def _example(self, given: Mapping[str, Any]) -> None:
        known(given, ("label",), "example")
        self._take(self._next_example(self._label(given.get("label"))))

    def _set(self, given: Mapping[str, Any]) -> None:
        settings = self._checked(given)
        self.settings |= settings
        if "speed" in settings:
            self._tempo = Tempo(settings["speed"])
        if "hidden" in settings or "seed" in settings:
            self.learning = False
            self.live = self._fresh_live()
        elif "principle" in settings or "rate" in settings:
            self.live.set(self.settings["principle"], self.settings["rate"])

    def _run(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "run")
        self.sampling = checks.flag("on", given.get("on"))
        self._tempo = Tempo(self.settings["speed"])

    def _begin(self, given: Mapping[str, Any]) -> None:
        known(given, ("at",), "begin")
        at = checks.choice("at", given.get("at", "drawing"), STARTS)
        start = self.drawing
        if at == "noise":
            rng = np.random.default_rng([self.settings["seed"], 1, self._count()])
            start = rng.random(len(start)) < self.images.mean
            start = np.where(self.held, self.drawing, start)
        self.chain.begin(start, self.settings["label"])

    def _learn(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "learn")
        self.learning = checks.flag("on", given.get("on"))
        if self.learning:
            self.note = None
            self.settings["model"] = "live"

    def _forget(self, given: Mapping[str, Any]) -> None:
        known(given, (), "forget")
        self.learning = False
        self.live = self._fresh_live()

    # --- running ----------------------------------------------------------------------------------

    def step(self, budget: float) -> bool:
        """Learn, train what is missing, sample: whatever is on."""
        until = time.perf_counter() + budget
        busy = self.learning or bool(self.bank.pending)
        if self.learning:
            self._learn_slice()
        elif busy:
            self.bank.advance(self.settings["principle"])
        views = self.views()
        if self.sampling and views is not None:
            held, at = self._held_pixels(), self.settings
            for _ in range(self._tempo.owed()):
                self.chain.step(views, at["temperature"], held, at["label"])
                if time.perf_counter() > until:
                    break
            if not busy:
                self._tempo.wait(until)
        return self.sampling or self.learning or bool(self.bank.pending)

    def _learn_slice(self) -> None:
        try:
            self.live.advance()
        except ValueError as error:  # weights that are not finite any more: the rate is too large
            self._forget({})
            self.note = f"learning was begun anew: {error}"

    def views(self) -> Views | None:
        """Return the machine that is looked at; None while there is none."""
        model, principle = self.settings["model"], self.settings["principle"]
        if model == "live":
            rbm, key, version = self.live.rbm, "live", self.live.slices
            if not self.live.begun:
                return None
        else:
            if principle not in self.bank.ready:
                return None
            rbm, key, version = self.bank.ready[principle], principle, 0
        kept = self._views.get(key)
        if kept is None or kept[0] != version:
            kept = self._views[key] = (version, Views(rbm, self.images, self._options.threads))
        return kept[1]

    # --- what it shows ----------------------------------------------------------------------------

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return drawing, reconstruction, classes, chain, filters and curves."""
        return self._frames.of(self)

    def state(self) -> dict[str, Any]:
        """Return settings, drawing and mask; what a machine has learned is not in a link."""
        found = {**self.settings, "drawing": bits.text_of(self.drawing), "running": self.sampling}
        if self.held.any():
            found["held"] = bits.text_of(self.held)
        return found

    def python(self) -> str:
        """Return the lines that do the same."""
        return lines(self)

    def file(self) -> tuple[str, bytes]:
        """Return the machine as `RBM.save` writes it, HDF5 (extra ``[run]``)."""
        at = self.settings
        rbm = self.live.rbm if at["model"] == "live" else self.bank.ready.get(at["principle"])
        if rbm is None or not hasattr(rbm, "components_"):
            raise ValueError("file: got no machine yet, allowed: one that has begun to learn")
        name = f"multispin-rbm-{'live-' if at['model'] == 'live' else ''}{at['principle']}.h5"
        with tempfile.TemporaryDirectory(prefix="multispin-") as folder:
            path = Path(folder) / name
            rbm.save(path)
            return name, path.read_bytes()

    # --- inside -----------------------------------------------------------------------------------

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings that are of their kind."""
        known(given, tuple(self.settings), "set")
        found = dict(given)
        for name, value in given.items():
            if name in _NUMBERS:
                found[name] = number(name, value, *_NUMBERS[name])
            elif name == "field":
                found[name] = checks.count(name, value, 1, _MOST_STEPS)
            elif name == "seed":
                found[name] = checks.count(name, value, 0, MOST_SEED)
            elif name == "label":
                found[name] = self._label(value)
            elif name == "hidden":
                found[name] = one_of(name, value, HIDDEN)
            else:
                checks.choice(name, value, tuple(PRINCIPLES) if name == "principle" else MODELS)
        return found

    def _label(self, value: object) -> int | None:
        """Return the number of a class, or None."""
        k = len(self.images.classes)
        if value is None:
            return None
        if not k:
            raise ValueError(checks.describe("label", value, "None, as images have no labels"))
        return checks.count("label", value, 0, k - 1)

    def _restore(self, state: Mapping[str, Any]) -> None:
        known(state, (*self.settings, "drawing", "held", "running"), "state")
        settings = {name: value for name, value in state.items() if name in self.settings}
        self.settings |= self._checked(settings)
        self.sampling = checks.flag("running", state.get("running", False))
        if "drawing" in state:
            self.drawing = bits.bits_of("drawing", state["drawing"], self.drawing.size)
        else:
            seven = self.images.classes.index("7") if "7" in self.images.classes else None
            self.drawing = self._noisy(self._next_example(seven), _FIRST_NOISE)
        if "held" in state:
            self.held = bits.bits_of("held", state["held"], self.held.size)

    def _take(self, drawing: NDArray[np.bool_]) -> None:
        self.drawing = drawing
        self.chain.pixels[:] = drawing

    def _noisy(self, drawing: NDArray[np.bool_], level: float) -> NDArray[np.bool_]:
        signs = np.where(drawing, 1, -1)[None]
        seed = np.random.SeedSequence([self.settings["seed"], 2, self._count()])
        noisy = corrupt(signs, level, int(seed.generate_state(1)[0]))[0] > 0
        return np.where(self.held, drawing, noisy)  # what is held is certain

    def _next_example(self, label: int | None) -> NDArray[np.bool_]:
        """Return an image that no machine has learned, of a class; another one each time."""
        found = self.images.kept_back
        n = self.drawing.size
        if label is not None:
            of_class = found[:, n + label] == 1
            found = found[of_class] if of_class.any() else found
        return found[self._count() % len(found), :n].astype(np.bool_)

    def _count(self) -> int:
        self._asked += 1
        return self._asked - 1

    def _held_pixels(self) -> NDArray[np.bool_]:
        """Have the chain keep what is held as it is drawn."""
        self.chain.pixels[self.held] = self.drawing[self.held]
        return self.held

    def _fresh_live(self) -> Live:
        at = self.settings
        return Live(self.images, at["principle"], at["hidden"], at["rate"], at["seed"])
