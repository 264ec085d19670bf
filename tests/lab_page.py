"""A lab that runs in a thread, scenes to put into it, and a page without a browser."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin.lab import frames
from multispin.lab.scene import Options
from multispin.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Self

PATIENCE = 20.0  # seconds, on a machine that does other things too


class Counter:
    """A scene that counts its steps, and fails when told to."""

    name: ClassVar[str] = "counter"
    title: ClassVar[str] = "Counter"

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None:
        for name in state:
            if name not in ("seed", "running"):
                raise ValueError(f"state: got {name!r}, allowed: seed, running")
        self.seed = state.get("seed", options.seed)
        self.running = state.get("running", True)
        self.steps = 0
        self.fails_in = ""

    def handle(self, command: dict[str, Any]) -> None:
        if command["do"] == "refuse":
            raise ValueError("do: got 'refuse',\nallowed: anything else")
        if command["do"] == "fail":
            self.fails_in = command["where"]
            self._fail("handle")
        if command["do"] == "run":
            self.running = command["on"]
        if command["do"] == "seed":
            self.seed = command["seed"]

    def _fail(self, where: str) -> None:
        if self.fails_in == where:
            raise ZeroDivisionError(f"in {where}")

    def step(self, budget: float) -> bool:
        self._fail("step")
        if self.running:
            time.sleep(budget / 4)
            self.steps += 1
        return self.running

    def frame(self) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
        self._fail("frame")
        return {"steps": self.steps, "running": self.running}, {"numbers": np.arange(3, dtype="i4")}

    def state(self) -> dict[str, Any]:
        return {"seed": self.seed, "running": self.running}

    def python(self) -> str:
        self._fail("python")
        return f"steps = {self.steps}\n"

    def file(self) -> tuple[str, bytes]:
        return f"{self.name}.bin", bytes(range(5)) * (1 if self.name == "counter" else 10**5)


class Other(Counter):
    """Another scene."""

    name: ClassVar[str] = "other"
    title: ClassVar[str] = "Other"


SCENES = {scene.name: scene for scene in (Counter, Other)}


@contextlib.contextmanager
def running(scenes: Mapping[str, Any] = SCENES, **arguments: Any) -> Iterator[Lab]:
    """Have a lab run for the block."""
    lab = Lab(scenes, arguments.pop("options", Options()), **arguments)
    thread = threading.Thread(target=lab.run)
    thread.start()
    try:
        yield lab
    finally:
        lab.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


class Page:
    """What a page does, by hand: it acknowledges only what it is told to."""

    def __init__(self, lab: Lab, seat: str = "", token: str | None = None, **options: Any) -> None:
        from websockets.sync.client import connect

        token = lab.token if token is None else token
        origin = options.pop("origin", f"http://127.0.0.1:{lab.port}")
        self._connection = connect(
            f"ws://127.0.0.1:{lab.port}/ws?token={token}&seat={seat}",
            origin=origin, compression=None, max_size=2**26, **options,
        )  # fmt: skip
        self.socket = self._connection.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.__exit__(None, None, None)

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def command(self, scene: str, **command: Any) -> None:
        self.send(scene=scene, command=command)

    def receive(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the next message; a frame as its header, with its arrays as ``"arrays"``."""
        data = self.socket.recv(timeout)
        if isinstance(data, str):
            return json.loads(data)
        header, arrays = frames.unpack(data)
        return {**header, "arrays": arrays}

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Take messages, acknowledge frames, and return the first that is wanted."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = self.receive()
            if message.get("kind") == "frame":
                self.send(ack=message["number"])
            if wanted(message):
                return message
        raise AssertionError("it never came")

    def frame(self, scene: str) -> dict[str, Any]:
        """Return the next frame of a scene, acknowledged."""
        return self.until(lambda m: m.get("kind") == "frame" and m["scene"] == scene)
