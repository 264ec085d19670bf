"""The way in: one page, its files, and a connection that only those with the token get.

The lab runs code for whoever may talk to it, so few may: it listens on this machine alone unless
told otherwise; a random token is in the link; requests whose ``Host`` is a name that somebody else
could have pointed here (DNS rebinding), and connections that another site's page opens
(``Origin``), are refused. Nothing that comes in is a path or a pickle, and its size and rate have
bounds.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multispin._base.extras import require
from multispin.lab.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from multispin.lab.scene import Options, Scene
    from multispin.lab.worker import Send

STATIC = Path(__file__).with_name("static")
MOST_PAGES = 8  # connected at a time
LARGEST = 2**16  # bytes of a message
RATE, BURST = 500.0, 1000.0  # messages a second, and at once
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # how this machine reaches itself
_WAITING = 64  # messages to a page that does not read
_SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class Door:
    """Middleware: refuses foreign hosts and origins, and puts security headers on what goes out."""

    def __init__(self, app: Any, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        ours = is_ours(host, self._names)
        if scope["type"] == "websocket":
            if not ours or origin is None or origin.lower() != f"http://{host.lower()}":
                await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
                return
            await self._app(scope, receive, send)
            return

        async def secured(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    *((name.encode(), value.encode()) for name, value in _SECURITY.items()),
                ]
            await send(message)

        if not ours:
            responses = require("starlette.responses", "lab")
            text = f"{host!r} is not a name of this server: take the link that it printed\n"
            refusal = responses.PlainTextResponse(text, 421)
            await refusal(scope, receive, secured)
            return
        await self._app(scope, receive, secured)


def is_ours(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header has a name of ours or an address: no site can point an address here."""
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name in names:
        return True
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


class Limiter:
    """Lets `rate` messages a second through, and `burst` at once."""

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._seen = burst, time.monotonic()

    def passes(self) -> bool:
        """Count a message; False if it is one too many."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def application(worker: Worker, token: str, names: frozenset[str]) -> Starlette:
    """Return the web application.

    Parameters
    ----------
    worker
        Who has the scenes.
    token
        What a link has to have.
    names
        Names of hosts that this server goes by.
    """
    applications = require("starlette.applications", "lab")
    middleware = require("starlette.middleware", "lab")
    responses = require("starlette.responses", "lab")
    routing = require("starlette.routing", "lab")
    staticfiles = require("starlette.staticfiles", "lab")
    pages = _Pages(worker, token)

    async def index(request: Request) -> Response:
        if not _same(request.query_params.get("token"), token):
            text = "the token in the link is missing or wrong: take the link that the lab printed\n"
            refused: Response = responses.PlainTextResponse(text, 403)
            return refused
        page: Response = responses.FileResponse(STATIC / "index.html")
        return page

    app: Starlette = applications.Starlette(
        routes=[
            routing.Route("/", index),
            routing.WebSocketRoute("/ws", pages.connect),
            routing.Mount("/static", staticfiles.StaticFiles(directory=STATIC)),
        ],
        middleware=[middleware.Middleware(Door, names=names)],
    )
    return app


class _Pages:
    """The connections."""

    def __init__(self, worker: Worker, token: str) -> None:
        self._worker = worker
        self._token = token
        self._connected = 0

    async def connect(self, websocket: WebSocket) -> None:
        """Serve one page until it goes."""
        if not _same(websocket.query_params.get("token"), self._token):
            await websocket.close(1008, "wrong token")
            return
        await websocket.accept()
        if self._connected >= MOST_PAGES:
            await websocket.close(4002, f"{MOST_PAGES} pages are open, which is all there may be")
            return
        self._connected += 1
        try:
            await self._serve(websocket)
        finally:
            self._connected -= 1

    async def _serve(self, websocket: WebSocket) -> None:
        loop = asyncio.get_running_loop()
        outbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()

        def send(data: str | bytes | None) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(outbox.put_nowait, data)

        self._worker.join(websocket.query_params.get("seat"), send)
        reading = asyncio.create_task(self._read(websocket, send, outbox))
        writing = asyncio.create_task(_write(websocket, outbox))
        try:
            done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            code, reason = next(iter(done)).result()
            if code:
                with suppress(RuntimeError):  # it is closed
                    await websocket.close(code, reason)
        finally:
            self._worker.leave(send)
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _read(
        self, websocket: WebSocket, send: Send, outbox: asyncio.Queue[str | bytes | None]
    ) -> tuple[int, str]:
        """Hand messages on until there is something wrong; return how the connection ends."""
        limiter = Limiter()
        while True:
            received = await websocket.receive()
            if received["type"] == "websocket.disconnect":
                return 0, ""
            text = received.get("text")
            if text is None:
                return 1003, "messages are text"
            if not limiter.passes():
                return 1008, "too many messages"
            if outbox.qsize() > _WAITING:
                return 1008, "too many answers are waiting"
            message = _object(text)
            if message is None:
                return 1007, "messages are objects of JSON"
            self._worker.tell(send, message)


async def _write(
    websocket: WebSocket, outbox: asyncio.Queue[str | bytes | None]
) -> tuple[int, str]:
    disconnect = require("starlette.websockets", "lab").WebSocketDisconnect
    while True:
        data = await outbox.get()
        if data is None:
            return 4001, "another page goes on here"
        try:
            if isinstance(data, bytes):
                await websocket.send_bytes(data)
            else:
                await websocket.send_text(data)
        except (disconnect, RuntimeError):  # it has gone
            return 0, ""


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _same(given: str | None, token: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), token.encode())


class Lab:
    """A server with its socket and its worker.

    Parameters
    ----------
    scenes
        Kinds of scenes by name.
    options
        What scenes are made with.
    host, port
        Where it listens; port 0 takes any that is free.
    token
        What the link has.

    Raises
    ------
    OSError
        If the address cannot be had.
    MissingExtraError
        If a package of the extra ``[lab]`` is missing.
    """

    def __init__(
        self,
        scenes: Mapping[str, type[Scene]],
        options: Options,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
    ) -> None:
        uvicorn = require("uvicorn", "lab")
        require("websockets", "lab")
        require("starlette", "lab")
        self.token = secrets.token_urlsafe(24) if token is None else token
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self.port: int = self._socket.getsockname()[1]
        reachable = _EVERYWHERE.get(host, host)
        shown = f"[{reachable}]" if ":" in reachable else reachable
        self.link = f"http://{shown}:{self.port}/?token={self.token}"
        self._worker = Worker(scenes, options)
        names = frozenset({"localhost", host.lower(), socket.gethostname().lower()})
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(self._worker, self.token, names),
                loop="asyncio", http="h11", ws="websockets-sansio", lifespan="off",
                ws_max_size=LARGEST, ws_max_queue=32, ws_per_message_deflate=False,
                ws_ping_interval=20.0, ws_ping_timeout=20.0,
                log_level="warning", access_log=False, server_header=False, proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )  # fmt: skip

    def run(self) -> None:
        """Serve until `stop`."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._worker.stop()

    def stop(self) -> None:
        """Have `run` come to its end."""
        self._server.should_exit = True
