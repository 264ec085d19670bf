"""How a lab starts and ends: its folder, its token, its address, and one line where it cannot."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

import multispin as ms
from lab_page import PATIENCE
from multispin import cli
from multispin.lab import start
from multispin.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


class Process:
    """``multispin lab`` in a process."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "multispin", "lab", "--no-browser", *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []

    def link(self) -> str:
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line, "it ended"
            self.lines.append(line)
            found = re.search(r"http://\S+", line)
            if found:
                return found[0]

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, "".join(self.lines) + out, err


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


@pytest.mark.thorough
def test_ctrl_c_ends_it_and_the_token_stays(processes: list[Process], home: Path) -> None:
    links = []
    for _ in range(2):
        process = Process("--port", "0")
        processes.append(process)
        links.append(process.link())
        code, out, err = process.end()
        assert (code, err) == (0, "")
        assert out.endswith("the lab has ended\n")
    tokens = {link.partition("token=")[2] for link in links}
    assert len(tokens) == 1
    assert len(tokens.pop()) >= 32
    path = home / "cache" / "multispin" / "lab" / "token"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert sorted(one.name for one in path.parent.iterdir()) == ["token"]


@pytest.mark.thorough
def test_a_second_one_on_the_same_folder(
    processes: list[Process], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Process("--port", "0", "--cache", str(home))
    processes.append(first)
    first.link()
    assert cli.main(["lab", "--no-browser", "--cache", str(home)]) == 1
    line = capsys.readouterr().err
    assert line.startswith("multispin: --cache: got ")
    assert line.endswith("allowed: a folder that no other lab uses\n")
    assert line.count("\n") == 1


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["lab", "--no-browser", "--port", str(port)]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"multispin: --port: got {port}, allowed: one that nobody listens at")
    assert line.count("\n") == 1


def test_the_next_port_if_none_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(start, "PORTS", range(port, port + 1))
        lab = start._listening("127.0.0.1", None, start.Options(), "t")
        assert lab.port not in (0, port)
        close(lab)


def close(lab: Lab) -> None:
    lab.stop()
    lab.run()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [(["--port", "-1"], 2, "--port: got -1"), (["--port", "70000"], 2, "--port: got 70000"),
     (["--seed", "-1"], 2, "--seed: got -1"), (["--threads", "0"], 2, "--threads: got 0"),
     (["--host", ""], 2, "--host: got ''"), (["--host", "256.1.1.1.1"], 1, "--host: got '256"),
     (["--host", "ü..x"], 2, "--host: got 'ü..x'"),
     (["--host", "192.0.2.1"], 1, "--host: got '192.0.2.1'"),  # of a network for examples
     (["--data", "none.npz"], 1, "none.npz: No such file"), (["--data", "a.txt"], 2, "--data: got"),
     (["--data", "/"], 2, "--data: got"), (["--cache", "/dev/null/x"], 1, "/dev/null/x: Not a"),
     (["--cache", ""], 2, "--cache: got ''")],
)  # fmt: skip
def test_one_line_for_what_it_cannot_do(
    words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["lab", "--no-browser", *words]) == status
    line = capsys.readouterr().err
    assert line.startswith(f"multispin: {message}")
    assert line.count("\n") == 1


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "websockets"])
def test_a_missing_package_names_the_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert cli.main(["lab", "--no-browser"]) == 1
    line = capsys.readouterr().err
    cure = 'install it with: pip install "multispin[lab]"'
    assert line == f"multispin: this needs '{missing}'; {cure}\n"


def served(monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> Lab:
    """Call `serve` up to the point where it would serve."""
    labs = []

    def run(lab: Lab) -> None:
        labs.append(lab)
        lab._socket.close()
        lab._worker.stop()

    monkeypatch.setattr(Lab, "run", run)
    ms.lab.serve(port=0, **arguments)
    return labs[0]


def test_other_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for host in ("127.0.0.1", "localhost", "127.0.0.2"):
        served(monkeypatch, host=host, browser=False)
        assert "others" not in capsys.readouterr().out
    lab = served(monkeypatch, host="0.0.0.0", browser=False)
    out = capsys.readouterr().out
    assert "others can reach it at 0.0.0.0" in out
    assert lab.link.startswith("http://127.0.0.1:")


def test_a_browser_is_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = []

    class Browser:
        def open(self, link: str) -> bool:
            opened.append(link)
            return True

    monkeypatch.setattr(start.webbrowser, "get", Browser)
    lab = served(monkeypatch)
    end = time.monotonic() + PATIENCE
    while not opened and time.monotonic() < end:
        time.sleep(0.01)
    assert opened == [lab.link]
    assert "no browser" not in capsys.readouterr().out
    served(monkeypatch, browser=False)
    assert len(opened) == 1


def test_no_browser(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def none() -> None:
        raise start.webbrowser.Error("could not locate runnable browser")

    for get in (none, lambda: start.webbrowser.GenericBrowser("w3m")):  # one for terminals
        monkeypatch.setattr(start.webbrowser, "get", get)
        served(monkeypatch)
        out = capsys.readouterr().out
        assert "no browser could be opened" in out
        assert "http://" in out


# --- the token ------------------------------------------------------------------------------------


def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    token = start._token(tmp_path)
    assert start._token(tmp_path) == token
    path = tmp_path / "token"
    path.chmod(0o644)
    fresh = start._token(tmp_path)
    assert fresh != token
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == fresh


@pytest.mark.parametrize("contents", [b"", b"short", b"x" * 10**6, b"\xff" * 32, b"a b" * 12])
def test_a_token_that_is_none_is_made_anew(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(contents)
    path.chmod(0o600)
    token = start._token(tmp_path)
    assert len(token) == 32
    assert path.read_text() == token


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text("k" * 32)
    known.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "token").symlink_to(known)
    assert start._token(folder) != "k" * 32
    assert known.read_text() == "k" * 32


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_folder_it_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.chmod(0o500)
    served(monkeypatch, browser=False)
    assert "without a cache" in capsys.readouterr().out


def test_no_home_no_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    served(monkeypatch, browser=False)
    assert "without a cache" in capsys.readouterr().out
