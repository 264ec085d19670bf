"""The Ising model on a square lattice: domains grow, order comes and goes, fields turn it over."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin import exact
from multispin._base import checks
from multispin.lab.pace import Pace
from multispin.lab.scene import MOST_SEED, Rate, dispatch, known, number, one_of
from multispin.lab.script import Script
from multispin.lab.traces import Trace
from multispin.models import Ising
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

from multispin.lab.scene import Options

SIZES = (256, 512, 1024, 2048, 4096)
SPEEDS = (0, 1, 10, 100)  # sweeps of a frame; 0: as many as there is time for
STARTS = ("random", "up")
PICTURE = 512  # pixels of a side, at most
LOWEST, HIGHEST = 0.5, 5.0  # temperatures
FIELD = 1.0  # the largest
LOOPS = (1000, 4000, 16000, 64000)  # sweeps of a hysteresis loop
_POINTS = 160  # of a loop
_SHOWN = 600  # measurements in a trace
_QUENCHED = 1.5  # where a quench goes from a temperature above the critical one
_SETTINGS = ("size", "temperature", "field", "speed", "loop_sweeps")
_CURVE = np.linspace(LOWEST, HIGHEST, 181)


class IsingScene:
    """One lattice at a temperature in a field, swept as fast as it goes or frame by frame."""

    name: ClassVar[str] = "ising"
    title: ClassVar[str] = "Ising"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        known(state, (*_SETTINGS, "start", "seed", "running"), "state")
        self._threads = options.threads
        self._size = one_of("size", state.get("size", 2048), SIZES)
        self._temperature = number("temperature", state.get("temperature", 2.27), LOWEST, HIGHEST)
        self._field = number("field", state.get("field", 0.0), -FIELD, FIELD)
        self._speed = one_of("speed", state.get("speed", 0), SPEEDS)
        self._loop_sweeps = one_of("loop_sweeps", state.get("loop_sweeps", 4000), LOOPS)
        self._start = checks.choice("start", state.get("start", "random"), STARTS)
        self._seed = checks.count("seed", state.get("seed", options.seed), 0, MOST_SEED)
        self._running = checks.flag("running", state.get("running", True))
        self._trace = Trace(4, _SHOWN)  # sweeps, energy and magnetization per spin, temperature
        self._loop = Trace(2, 2 * _POINTS)  # field, magnetization per spin
        self._begin()

    def _begin(self) -> None:
        """Start anew, from the seed."""
        model = Ising((self._size, self._size), h=self._field)
        self._sampler = Sampler(
            model, self._temperature, init=self._start, seed=self._seed, device="cpu",
            threads=self._threads,
        )  # fmt: skip
        self._script = Script()
        self._begun = self._field, self._temperature
        self._looping = False
        self._point = 0  # of the loop, and the sweeps done there
        self._swept = 0
        self._rate = Rate()
        self._pace = Pace(self._speed)
        self._trace.clear()
        self._loop.clear()
        self._measure()

    # --- commands ---------------------------------------------------------------------------------

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks: set, run, step, quench, loop, reset."""
        dispatch(command, {
            "set": self._set, "run": self._run, "step": self._single, "quench": self._quench,
            "loop": self._set_loop, "reset": self._reset,
        })  # fmt: skip

    def _set(self, given: Mapping[str, Any]) -> None:
        known(given, _SETTINGS, "set")
        size = one_of("size", given.get("size", self._size), SIZES)
        temperature = number(
            "temperature", given.get("temperature", self._temperature), LOWEST, HIGHEST
        )
        field = number("field", given.get("field", self._field), -FIELD, FIELD)
        speed = one_of("speed", given.get("speed", self._speed), SPEEDS)
        sweeps = one_of("loop_sweeps", given.get("loop_sweeps", self._loop_sweeps), LOOPS)
        self._speed = self._pace.a_frame = speed
        if sweeps != self._loop_sweeps:
            self._loop_sweeps, self._swept = sweeps, 0
        if size != self._size:
            self._size, self._temperature, self._field = size, temperature, field
            self._begin()
            return
        if temperature != self._temperature:
            self._set_temperature(temperature)
        if "field" in given:  # whoever sets the field has done with the loop
            self._looping = False
            self._set_field(field)

    def _set_temperature(self, value: float) -> None:
        self._sampler.temperature = self._temperature = value
        self._script.did(f"sampler.temperature = {value!r}")

    def _set_field(self, value: float) -> None:
        if value != self._field:
            self._sampler.h = self._field = value
            self._script.did(f"sampler.h = {value!r}")

    def _run(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "run")
        self._running = checks.flag("on", given.get("on"))
        self._rate = Rate()

    def _single(self, given: Mapping[str, Any]) -> None:
        known(given, (), "step")
        self._running = False
        self._sweep(1)
        self._measure()

    def _quench(self, given: Mapping[str, Any]) -> None:
        """From an infinite temperature to this one, or below the critical one, without a field."""
        known(given, (), "quench")
        self._looping = False
        self._set_field(0.0)
        if self._temperature > exact.critical_temperature:
            self._set_temperature(_QUENCHED)
        self._sampler.set_spins("random")
        self._script.did('sampler.set_spins("random")')
        self._trace.clear()
        self._measure()
        self._running = True

    def _set_loop(self, given: Mapping[str, Any]) -> None:
        known(given, ("on",), "loop")
        self._looping = checks.flag("on", given.get("on"))
        if self._looping:
            self._loop.clear()
            self._point = self._swept = 0
            self._set_field(_field_at(0))
            self._running = True

    def _reset(self, given: Mapping[str, Any]) -> None:
        known(given, ("seed", "start"), "reset")
        seed = checks.count("seed", given.get("seed", self._seed), 0, MOST_SEED)
        self._start = checks.choice("start", given.get("start", self._start), STARTS)
        self._seed = seed
        self._begin()

    # --- running ----------------------------------------------------------------------------------

    def step(self, budget: float) -> bool:
        """Sweep for about `budget` seconds, or as many sweeps as a frame is to have."""
        if not self._running:
            return False
        self._pace.work(budget, self._sweep)
        return True

    def _sweep(self, sweeps: int) -> None:
        """Sweep, and take the field along the loop."""
        while sweeps:
            here = self._loop_sweeps // _POINTS - self._swept if self._looping else sweeps
            now = min(sweeps, max(here, 1))
            self._sampler.sweep(now)
            self._script.swept(now)
            self._rate.count(now * self._size**2)
            sweeps -= now
            if self._looping:
                self._swept += now
                if now >= here:
                    self._loop.add(self._field, float(self._sampler.magnetization()[0]))
                    self._point, self._swept = self._point + 1, 0
                    self._set_field(_field_at(self._point))

    def _measure(self) -> None:
        energy, magnetization = self._sampler.energy_per_spin(), self._sampler.magnetization()
        self._trace.add(
            self._sampler.sweeps_done, float(energy[0]), float(magnetization[0]), self._temperature
        )

    # --- what there is to see ---------------------------------------------------------------------

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the picture, the traces, and the exact curves (those of no field)."""
        if self._sampler.sweeps_done != self._trace.rows()[-1, 0]:
            self._measure()
        self._pace.shown()
        rows = self._trace.rows()
        _, energy, magnetization, _ = rows[-1]
        rows[:, 0] -= rows[-1, 0]
        bulk = exact.onsager(self._temperature)
        header = {
            "running": self._running,
            "looping": self._looping,
            "sweeps": self._sampler.sweeps_done,
            "energy": energy,
            "magnetization": magnetization,
            "exact_energy": float(bulk.energy),
            "exact_magnetization": float(bulk.magnetization),
            "critical_temperature": exact.critical_temperature,
            "flips_per_ns": self._rate.per_second() / 1e9 if self._running else None,
            "sizes": SIZES,
            "speeds": SPEEDS,
            "loops": LOOPS,
        }
        return header, {
            "picture": self._picture(),
            "trace": rows.astype(np.float32),
            "loop": self._loop.rows().astype(np.float32),
            "curve": _exact_curve(),
        }

    def _picture(self) -> NDArray[np.uint8]:
        block = max(1, self._size // PICTURE)
        if block == 1:
            spins: NDArray[np.int8] = np.asarray(self._sampler.spins())[0]
            levels: NDArray[np.uint8] = np.where(spins > 0, np.uint8(255), np.uint8(0))
            return levels
        means = self._sampler.block_average(block)
        return np.asarray(np.round(127.5 * (1 + means)), dtype=np.uint8)

    def state(self) -> dict[str, Any]:
        """Return what a link holds."""
        return {
            "size": self._size,
            "temperature": self._temperature,
            "field": self._field,
            "speed": self._speed,
            "loop_sweeps": self._loop_sweeps,
            "start": self._start,
            "seed": self._seed,
            "running": self._running,
        }

    def python(self) -> str:
        """Return lines that bring a sampler to where this one is, bit for bit if they are few."""
        field, temperature = self._begun
        block = max(1, self._size // PICTURE)
        block += block % 2  # blocks are of even width
        return (
            "import matplotlib.pyplot as plt\n"
            "import multispin as ms\n\n"
            f"model = ms.Ising(({self._size}, {self._size}), h={field!r})\n"
            f"sampler = ms.Sampler(model, {temperature!r}, init={self._start!r}, "
            f'seed={self._seed}, device="cpu")\n'
            f"{self._script}\n"
            "print(sampler.energy_per_spin(), sampler.magnetization())\n"
            f"plt.imshow(sampler.block_average({block}), vmin=-1, vmax=1)\n"
        )

    def file(self) -> tuple[str, bytes]:
        """Return the sampler's file, for `Sampler.load`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "multispin-ising.npz")
            self._sampler.save(path)
            return path.name, path.read_bytes()


@cache
def _exact_curve() -> NDArray[np.float32]:
    """Temperature, energy (Onsager) and magnetization (Yang), a row for each."""
    bulk = exact.onsager(_CURVE)
    rows = np.stack([_CURVE, bulk.energy, bulk.magnetization], axis=1)
    return rows.astype(np.float32)


def _field_at(point: int) -> float:
    """The field at a point of the loop: from the largest down to the smallest, and up again."""
    place = point % _POINTS / _POINTS
    return round(FIELD * (abs(4 * place - 2) - 1), 6)
