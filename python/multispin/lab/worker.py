"""The thread that owns all scenes: it takes commands, steps what is looked at, hands out frames.

Each page that is connected has a seat with scenes of its own. A page gets a frame when it has
painted the one before, so none is ever waiting; one that paints nothing, as it is hidden, has its
scene rest. The seat of a page that is gone is put away for a while: a page that is loaded again, or
wakes up, goes on where it was.
"""

from __future__ import annotations

import json
import queue
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._info import __version__
from multispin.errors import MissingExtraError
from multispin.lab import frames

if TYPE_CHECKING:
    from multispin.lab.scene import Options, Scene

#: What a worker sends: text (JSON) or a frame; and None, which ends the connection.
Send = Callable[[str | bytes | None], None]

STEP = 0.005  # seconds of a step, and so how long a page waits for the one under way
FRAME = 0.012  # seconds from one frame to the next, at least: what they cost is not swept
REST_AFTER = 5.0  # seconds without a frame painted, after which nobody is looking
KEPT_AWAY = 900.0  # seconds that the seat of a page that is gone is kept,
MOST_AWAY = 4  # and how many there are at most
_ASKED = ("python", "file")
# What a command can do wrong; anything else is a fault of the scene.
_REFUSALS = (TypeError, ValueError, MemoryError, OSError, MissingExtraError)


@dataclass
class Seat:
    """What the worker knows of one page."""

    key: str
    send: Send | None = None  # None: the page is gone
    scenes: dict[str, Scene] = field(default_factory=dict)
    tab: str | None = None  # the scene that is looked at
    number: int = 0  # of the last frame
    wanted: bool = False  # whether the page is ready for a frame
    changed: bool = False  # whether there is something new to show
    going: bool = False  # whether the scene has something to do
    shown: float = 0.0  # when the last frame was made
    since: float = 0.0  # when the page last painted, or went


class Worker:
    """One thread, all scenes. Its methods may be called from any thread and return at once.

    Parameters
    ----------
    scenes
        The kinds of scenes by name.
    options
        What scenes are made with.
    """

    def __init__(self, scenes: Mapping[str, type[Scene]], options: Options) -> None:
        self._kinds = scenes
        self._options = options
        self._seats: dict[str, Seat] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="multispin lab", daemon=True)
        self._thread.start()

    def join(self, key: str | None, send: Send) -> str:
        """Give a page its seat: that of `key`, if it is there, or a new one; return its key.

        The page gets ``{"hello": …}``. If another page has the seat, that one's connection ends.
        """
        found = key or ""
        fresh = secrets.token_urlsafe(16)
        if not 16 <= len(found) <= 64:
            found = fresh
        self._inbox.put(lambda: self._join(found, fresh, send))
        return found

    def leave(self, send: Send) -> None:
        """Put the seat away whose page is reached by `send`."""
        self._inbox.put(lambda: self._leave(send))

    def tell(self, send: Send, message: Mapping[str, Any]) -> None:
        """Take a message from the page that is reached by `send`."""
        self._inbox.put(lambda: self._take(send, message))

    def stop(self) -> None:
        """End the thread, after the step that is under way."""
        self._inbox.put(None)
        self._thread.join()

    # --- the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            busy = any(self._steps(seat) for seat in self._seats.values())
            if not self._take_all(wait=not busy):
                return
            for seat in list(self._seats.values()):
                if self._steps(seat):
                    self._step(seat)
                if self._shows(seat):
                    self._show(seat)
            self._clear_away()

    def _take_all(self, wait: bool) -> bool:
        """Do what has been asked for; wait for it, if there is nothing else. False: to stop."""
        with suppress(queue.Empty):
            while True:
                # Now and then, as seats that are put away have their time.
                job = self._inbox.get(wait, 1.0)
                if job is None:
                    return False
                try:
                    job()
                except Exception as error:  # a fault of the lab: it costs one message
                    traceback.print_exception(error, file=sys.stderr)
                wait = False
        return True

    def _steps(self, seat: Seat) -> bool:
        looked_at = seat.wanted or time.monotonic() - seat.since < REST_AFTER
        return seat.send is not None and seat.going and looked_at

    def _shows(self, seat: Seat) -> bool:
        due = not seat.going or time.monotonic() - seat.shown >= FRAME
        return (
            seat.send is not None and seat.wanted and seat.changed and seat.tab is not None and due
        )

    def _step(self, seat: Seat) -> None:
        with self._guarded(seat):
            seat.going = self._scene(seat).step(STEP)
            seat.changed = True

    def _show(self, seat: Seat) -> None:
        with self._guarded(seat):
            scene = self._scene(seat)
            header, arrays = scene.frame()
            seat.number += 1
            about = {"kind": "frame", "scene": scene.name, "number": seat.number}
            frame = frames.pack({**about, "state": scene.state(), **header}, arrays)
            seat.wanted = seat.changed = False
            seat.since = seat.shown = time.monotonic()
            self._send(seat, frame)

    # --- what pages ask for -----------------------------------------------------------------------

    def _join(self, key: str, fresh: str, send: Send) -> None:
        seat = self._seats.get(key)
        resumed = seat is not None
        if seat is None:
            seat = self._seats[fresh] = Seat(fresh)
        elif seat.send is not None:
            seat.send(None)
        seat.send, seat.tab, seat.going, seat.since = send, None, False, time.monotonic()
        listed = [{"name": kind.name, "title": kind.title} for kind in self._kinds.values()]
        hello = {"seat": seat.key, "resumed": resumed, "scenes": listed, "version": __version__}
        self._say(seat, {"hello": hello})

    def _leave(self, send: Send) -> None:
        seat = self._seat(send)
        if seat is not None:
            seat.send, seat.since = None, time.monotonic()
            if not seat.scenes:
                del self._seats[seat.key]

    def _take(self, send: Send, message: Mapping[str, Any]) -> None:
        seat = self._seat(send)
        if seat is None:
            return  # it has just gone
        try:
            if "ack" in message:
                self._acknowledge(seat, message)
            elif "tab" in message:
                self._look_at(seat, message)
            elif "command" in message:
                self._command(seat, message)
            elif "ask" in message:
                self._answer(seat, message)
            else:
                raise ValueError("message: got none that is known, allowed: ack, tab, command, ask")
        except _REFUSALS as error:
            self._complain(seat, error)

    def _acknowledge(self, seat: Seat, message: Mapping[str, Any]) -> None:
        if message["ack"] == seat.number:
            seat.wanted, seat.since = True, time.monotonic()

    def _look_at(self, seat: Seat, message: Mapping[str, Any]) -> None:
        """Show a scene: the one there is, unless the page knows another state of it."""
        name = checks.choice("tab", message["tab"], tuple(self._kinds))
        state = message.get("state")
        seat.tab, seat.wanted, seat.changed, seat.going = None, True, True, True
        known = seat.scenes.get(name)
        if known is None or (state is not None and state != _as_json(known.state())):
            try:
                seat.scenes[name] = self._make(name, {} if state is None else state)
            except _REFUSALS as error:
                self._complain(seat, error)
                if known is None:
                    seat.scenes[name] = self._make(name, {})
        seat.tab = name

    def _make(self, name: str, state: object) -> Scene:
        checks.mapping("state", state, (), "what a link of this scene holds")
        return self._kinds[name](self._options, state)  # type: ignore[arg-type]

    def _command(self, seat: Seat, message: Mapping[str, Any]) -> None:
        command = message["command"]
        checks.mapping("command", command, ("do",), "an object with an entry 'do'")
        scene = self._asked_scene(seat, message)
        seat.going = seat.changed = True  # also after a refusal: what the page shows is put right
        try:
            scene.handle(dict(command))
        except _REFUSALS:
            raise
        except Exception as error:
            self._broken(seat, scene.name, error)

    def _answer(self, seat: Seat, message: Mapping[str, Any]) -> None:
        asked = checks.choice("ask", message["ask"], _ASKED)
        scene = self._asked_scene(seat, message)
        try:
            if asked == "python":
                self._say(seat, {"answer": asked, "scene": scene.name, "text": scene.python()})
            else:
                name, contents = scene.file()
                array = np.frombuffer(contents, np.uint8)
                about = {"kind": "file", "scene": scene.name, "name": name}
                self._send(seat, frames.pack(about, {"contents": array}))
        except _REFUSALS:
            raise
        except Exception as error:
            self._broken(seat, scene.name, error)

    def _asked_scene(self, seat: Seat, message: Mapping[str, Any]) -> Scene:
        name = checks.choice("scene", message.get("scene"), tuple(self._kinds))
        if name not in seat.scenes:
            raise ValueError(checks.describe("scene", name, "one that this page has looked at"))
        return seat.scenes[name]

    # --- inside -----------------------------------------------------------------------------------

    def _seat(self, send: Send) -> Seat | None:
        return next((seat for seat in self._seats.values() if seat.send is send), None)

    def _scene(self, seat: Seat) -> Scene:
        assert seat.tab is not None
        return seat.scenes[seat.tab]

    def _clear_away(self) -> None:
        """Forget seats that have been put away for long, and the oldest of too many."""
        away = sorted(
            (seat for seat in self._seats.values() if seat.send is None),
            key=lambda seat: seat.since,
            reverse=True,
        )
        now = time.monotonic()
        for place, seat in enumerate(away):
            if place >= MOST_AWAY or now - seat.since > KEPT_AWAY:
                del self._seats[seat.key]

    def _guarded(self, seat: Seat) -> _Guard:
        return _Guard(lambda error: self._broken(seat, seat.tab or "", error))

    def _broken(self, seat: Seat, name: str, error: Exception) -> None:
        """Report a fault of a scene, and begin it anew: other scenes and pages go on."""
        traceback.print_exception(error, file=sys.stderr)
        seat.scenes.pop(name, None)
        message = f"{name}: this failed and begins anew ({type(error).__name__}: {_line(error)})"
        self._say(seat, {"error": message})
        seat.going = seat.changed = False
        try:
            seat.scenes[name] = self._make(name, {})
            seat.going = seat.changed = True
        except Exception as again:
            seat.tab = None
            self._say(seat, {"error": f"{name}: it cannot be made ({_line(again)})"})

    def _complain(self, seat: Seat, error: BaseException) -> None:
        self._say(seat, {"error": _line(error)})

    def _say(self, seat: Seat, message: Mapping[str, Any]) -> None:
        self._send(seat, json.dumps(message))

    def _send(self, seat: Seat, data: str | bytes) -> None:
        if seat.send is not None:
            seat.send(data)


class _Guard:
    """Hands an exception of its block over, and lets what comes after it go on."""

    def __init__(self, handle: Callable[[Exception], None]) -> None:
        self._handle = handle

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception):
            self._handle(error)
            return True
        return False


def _as_json(state: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(state))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
