"""The way in: who gets in, what is refused, and what pages have of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

from websockets.exceptions import ConnectionClosed, InvalidStatus

from lab_page import PATIENCE, Page, running
from multispin.lab import server, worker
from multispin.lab.server import Limiter, is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from multispin.lab.server import Lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    with running() as lab:
        yield lab


def get(lab: Lab, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


# --- pages ----------------------------------------------------------------------------------------


def test_the_link_gives_the_page(lab: Lab) -> None:
    status, headers, body = get(lab, f"/?token={lab.token}")
    assert status == 200
    assert b"<title>multispin lab</title>" in body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%C3%BC", "?Token=x"])
def test_no_page_without_the_token(lab: Lab, query: str) -> None:
    status, headers, body = get(lab, f"/{query}")
    assert status == 403
    assert lab.token.encode() not in body
    assert "content-security-policy" in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", ""])
def test_foreign_hosts_are_refused(lab: Lab, host: str) -> None:
    for path in (f"/?token={lab.token}", "/static/shell.js"):
        status, _, body = get(lab, path, Host=host)
        assert status == 421
        assert b"<title>" not in body


def test_hosts_that_are_ours(lab: Lab) -> None:
    for host in (f"localhost:{lab.port}", "127.0.0.1", "[::1]:9000", f"LOCALHOST:{lab.port}"):
        assert get(lab, f"/?token={lab.token}", Host=host)[0] == 200
    names = frozenset({"localhost"})
    assert is_ours("10.0.0.7:80", names)  # an address cannot be rebound
    assert not is_ours("10.0.0.7.example", names)
    assert not is_ours("[::1", frozenset()) or is_ours("[::1]", frozenset())


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/server.py",
     "/static//etc/passwd", "/static/", "/etc/passwd"],
)  # fmt: skip
def test_files_of_the_page_only(lab: Lab, path: str) -> None:
    status, _, body = get(lab, path)
    assert status in (400, 404)
    assert b"secrets" not in body
    assert b"root:" not in body


def test_static_files(lab: Lab) -> None:
    for path in sorted(server.STATIC.iterdir()):
        status, headers, body = get(lab, f"/static/{path.name}")
        assert status == 200
        assert body == path.read_bytes()
        kind = {".js": "javascript", ".css": "css", ".html": "html", ".svg": "svg"}[path.suffix]
        assert kind in headers["content-type"]


def test_the_first_page_is_small() -> None:
    assert sum(path.stat().st_size for path in server.STATIC.iterdir()) < 500_000


def test_nothing_comes_from_elsewhere() -> None:
    for path in server.STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text.replace("location.protocol", "")
        assert "https://" not in text
        assert "eval(" not in text


# --- connections ----------------------------------------------------------------------------------


def refused(lab: Lab, **arguments: object) -> int:
    with pytest.raises(InvalidStatus) as caught, Page(lab, **arguments):
        pass
    return caught.value.response.status_code


def test_a_wrong_token_is_refused(lab: Lab) -> None:
    for token in ("", "wrong", lab.token[:-1], lab.token + "x"):
        assert refused(lab, token=token) == 403


def test_a_foreign_origin_is_refused(lab: Lab) -> None:
    for origin in ("http://evil.example", f"http://127.0.0.1:{lab.port + 1}", "null", None,
                   f"https://127.0.0.1:{lab.port}", f"http://localhost:{lab.port}"):  # fmt: skip
        assert refused(lab, origin=origin) == 403


def test_a_foreign_host_is_refused_even_with_its_own_origin(lab: Lab) -> None:
    """What a page does whose name has been pointed here (DNS rebinding)."""
    with socket.create_connection(("127.0.0.1", lab.port), timeout=PATIENCE) as raw:
        lines = [
            f"GET /ws?token={lab.token} HTTP/1.1", "Host: evil.example", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Origin: http://evil.example", "", "",
        ]  # fmt: skip
        raw.sendall("\r\n".join(lines).encode())
        assert raw.recv(100).split()[1] == b"403"


def closed(page: Page) -> tuple[int, str]:
    """Take what comes until the other end closes; return its code and reason."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            page.receive()
    return page.socket.close_code, page.socket.close_reason


@pytest.mark.parametrize(
    ("data", "code"),
    [("x" * (server.LARGEST + 1), 1009), ("no JSON", 1007), ("[1]", 1007), (b"bytes", 1003),
     ("[" * 20000, 1007), ('"text"', 1007)],
)  # fmt: skip
def test_what_is_no_message_ends_the_connection(lab: Lab, data: str | bytes, code: int) -> None:
    with Page(lab) as page, Page(lab) as other:
        page.socket.send(data)
        assert closed(page)[0] == code
        other.send(tab="counter")
        assert other.frame("counter")["number"] > 0


def test_the_largest_message_passes(lab: Lab) -> None:
    with Page(lab) as page:
        page.send(tab="counter")
        rest = server.LARGEST - len(json.dumps({"ack": 1, "x": ""}))
        page.send(ack=1, x="y" * rest)
        page.frame("counter")


def test_a_flood_is_refused(lab: Lab) -> None:
    with Page(lab) as page:
        with contextlib.suppress(ConnectionClosed):
            for number in range(20 * int(server.BURST)):
                page.send(ack=-number)
        assert closed(page) == (1008, "too many messages")


def test_the_limiter_lets_a_rate_through(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(server.time, "monotonic", lambda: now[0])
    limiter = Limiter(10.0, 5.0)
    assert [limiter.passes() for _ in range(6)] == [True] * 5 + [False]
    now[0] = 0.25
    assert [limiter.passes() for _ in range(3)] == [True, True, False]
    now[0] = 100.0
    assert [limiter.passes() for _ in range(6)] == [True] * 5 + [False]


def test_so_many_pages_and_no_more(lab: Lab) -> None:
    pages = [Page(lab) for _ in range(server.MOST_PAGES)]
    with Page(lab) as more:
        code, reason = closed(more)
        assert code == 4002
        assert str(server.MOST_PAGES) in reason
    pages.pop().close()
    end = time.monotonic() + PATIENCE
    while True:  # it takes a moment to see that one has gone
        with Page(lab) as again:
            if "hello" in _first(again):
                break
        assert time.monotonic() < end
    for page in pages:
        page.close()


def _first(page: Page) -> dict[str, object]:
    try:
        return page.receive()
    except ConnectionClosed:
        return {}


def test_one_that_reads_nothing_is_thrown_out(lab: Lab) -> None:
    with Page(lab) as page, Page(lab) as other:
        page.send(tab="other")
        other.send(tab="counter")
        page.frame("other")
        with contextlib.suppress(ConnectionClosed):
            for _ in range(400):
                page.send(ask="file", scene="other")  # half a megabyte
                time.sleep(0.002)
        assert closed(page) == (1008, "too many answers are waiting")
        assert other.frame("counter")["number"] > 0


# --- what pages have of it ------------------------------------------------------------------------


def test_frames_follow_acknowledgements(lab: Lab) -> None:
    with Page(lab) as page:
        assert page.receive()["hello"]["scenes"][1] == {"name": "other", "title": "Other"}
        page.send(tab="counter")
        first = page.receive()
        assert first["state"] == {"seed": 1, "running": True}
        assert first["arrays"]["numbers"].tolist() == [0, 1, 2]
        with pytest.raises(TimeoutError):
            page.receive(0.3)  # not acknowledged
        page.send(ack=first["number"] + 1)
        with pytest.raises(TimeoutError):
            page.receive(0.1)  # that was another one
        page.send(ack=first["number"])
        second = page.receive()
        assert second["number"] == first["number"] + 1
        assert second["steps"] > first["steps"] + 10  # it went on meanwhile; stale ones are dropped


def test_two_pages_have_scenes_of_their_own(lab: Lab) -> None:
    with Page(lab) as one, Page(lab) as two:
        one.send(tab="counter", state={"seed": 5})
        two.send(tab="counter", state={"seed": 7})
        assert one.frame("counter")["state"]["seed"] == 5
        assert two.frame("counter")["state"]["seed"] == 7
        one.command("counter", do="run", on=False)
        one.until(lambda m: m.get("running") is False)
        before = two.frame("counter")["steps"]
        assert two.until(lambda m: m.get("steps", 0) > before)["running"]


def test_stop_is_answered_soon(lab: Lab) -> None:
    waits = []
    with Page(lab) as page:
        page.send(tab="counter")
        for _ in range(9):
            page.command("counter", do="run", on=True)
            page.until(lambda m: m.get("running") is True and m.get("steps", 0) > 0)
            began = time.perf_counter()
            page.command("counter", do="run", on=False)
            page.until(lambda m: m.get("running") is False)
            waits.append(time.perf_counter() - began)
    assert sorted(waits)[4] < 0.2


def test_a_page_that_comes_again_goes_on(lab: Lab) -> None:
    with Page(lab) as page:
        seat = page.receive()["hello"]["seat"]
        page.send(tab="counter", state={"seed": 3})
        page.until(lambda m: m.get("steps", 0) > 5)
        page.command("counter", do="run", on=False)
        left = page.until(lambda m: m.get("running") is False)
    with Page(lab, seat) as page:
        assert page.receive()["hello"] | {"scenes": 0, "version": 0} == {
            "seat": seat, "resumed": True, "scenes": 0, "version": 0,
        }  # fmt: skip
        page.send(tab="counter", state=left["state"])
        found = page.frame("counter")
        assert (found["steps"], found["state"]) == (left["steps"], left["state"])
        page.send(tab="counter", state={"seed": 4, "running": False})  # another link
        assert page.until(lambda m: m.get("state", {}).get("seed") == 4)["steps"] == 0


def test_a_page_that_comes_again_has_its_scene_go_on(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    with Page(lab) as page:
        seat = page.receive()["hello"]["seat"]
        page.send(tab="counter")
        steps = page.until(lambda m: m.get("steps", 0) > 5)["steps"]
    with Page(lab, seat) as page:
        assert page.receive()["hello"]["resumed"]
        time.sleep(0.1)
        page.send(tab="counter")
        assert page.until(lambda m: m.get("steps", 0) > steps + 5)
    assert capsys.readouterr().err == ""


def test_a_seat_that_nobody_knows_is_a_new_one(lab: Lab) -> None:
    for seat in ("x", "y" * 40, "", "z" * 1000):
        with Page(lab, seat) as page:
            hello = page.receive()["hello"]
            assert not hello["resumed"]
            assert hello["seat"] != seat


def test_a_copy_of_a_page_takes_its_seat(lab: Lab) -> None:
    with Page(lab) as page:
        seat = page.receive()["hello"]["seat"]
        page.send(tab="counter")
        with Page(lab, seat) as copy:
            assert copy.receive()["hello"]["resumed"]
            assert closed(page)[0] == 4001
            copy.send(tab="counter")
            copy.frame("counter")


def test_only_so_many_seats_are_put_away(lab: Lab) -> None:
    seats = []
    for seed in range(worker.MOST_AWAY + 2):
        with Page(lab) as page:
            seats.append(page.receive()["hello"]["seat"])
            page.send(tab="counter", state={"seed": seed})
            page.frame("counter")
    time.sleep(1.5)  # it looks every second
    resumed = []
    for seat in seats:
        with Page(lab, seat) as page:
            resumed.append(page.receive()["hello"]["resumed"])
    assert resumed == [False, False, *[True] * worker.MOST_AWAY]


def test_a_page_that_paints_nothing_has_its_scene_rest(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REST_AFTER", 0.2)
    with Page(lab) as page:
        page.send(tab="counter")
        first = page.receive()
        while first.get("kind") != "frame":
            first = page.receive()
        time.sleep(1.5)
        page.send(ack=first["number"])
        second = page.receive()
        # In a fifth of a second it makes 160 at most, in the whole time up to 1200.
        assert 0 < second["steps"] - first["steps"] < 200


# --- what goes wrong ------------------------------------------------------------------------------


def test_refusals_are_one_line_and_change_nothing(lab: Lab) -> None:
    with Page(lab) as page:
        page.send(tab="counter", state={"seed": 3})
        page.frame("counter")
        page.command("counter", do="refuse")
        error = page.until(lambda m: "error" in m)["error"]
        assert error == "do: got 'refuse', allowed: anything else"
        assert page.frame("counter")["state"]["seed"] == 3


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "message",
    [{}, {"tab": "none"}, {"tab": 3}, {"tab": []}, {"command": {"do": "run"}, "scene": "other"},
     {"command": 3, "scene": "counter"}, {"command": {}, "scene": "counter"}, {"ask": "shell"},
     {"ask": "python", "scene": "none"}, {"command": {"do": "x"}}, {"tab": "other", "state": 5},
     {"tab": "other", "state": {"shell": 1}}, {"ask": {"a": 1}, "scene": "counter"}],
)  # fmt: skip
def test_messages_that_make_no_sense(lab: Lab, message: dict[str, object]) -> None:
    with Page(lab) as page:
        page.send(tab="counter")
        page.frame("counter")
        page.send(**message)
        error = page.until(lambda m: "error" in m)["error"]
        assert ": got " in error
        assert "\n" not in error
        page.send(tab="counter")
        page.frame("counter")


@pytest.mark.parametrize("where", ["handle", "step", "frame", "python"])
def test_a_scene_that_fails_begins_anew(
    lab: Lab, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Page(lab) as page, Page(lab) as other:
        page.send(tab="counter", state={"seed": 9})
        other.send(tab="other")
        page.until(lambda m: m.get("steps", 0) > 3)
        page.command("counter", do="fail", where=where)
        if where == "python":
            page.send(ask="python", scene="counter")
        error = page.until(lambda m: "error" in m)["error"]
        assert error == f"counter: this failed and begins anew (ZeroDivisionError: in {where})"
        page.send(tab="counter")
        assert page.frame("counter")["state"]["seed"] == 1
        other.frame("other")
    assert "Traceback" in capsys.readouterr().err


def test_what_pages_ask_for(lab: Lab) -> None:
    with Page(lab) as page:
        page.send(tab="counter")
        page.frame("counter")
        page.send(ask="python", scene="counter")
        found = page.until(lambda m: "answer" in m)
        assert found["text"].startswith("steps = ")
        page.send(ask="file", scene="counter")
        found = page.until(lambda m: m.get("kind") == "file")
        assert found["name"] == "counter.bin"
        assert found["arrays"]["contents"].tolist() == [0, 1, 2, 3, 4]


def test_it_ends_with_pages_open() -> None:
    with running() as lab:
        page = Page(lab)
        page.send(tab="counter")
        page.frame("counter")
        threads = threading.active_count()
    assert threading.active_count() < threads  # the worker has ended
    assert closed(page)[0] in (1001, 1012)
    page.close()
