"""A lab in a process of its own, and a browser whose pages may ask for nothing from elsewhere."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python
import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("MULTISPIN_CHROMIUM", "/usr/bin/chromium")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
expect.set_options(timeout=30_000)


class Served:
    """``multispin lab`` in a process, which can be killed and started again."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        words = [
            sys.executable, "-m", "multispin", "lab", "--no-browser", "--port", str(self.port),
            "--cache", str(self.cache), "--threads", "1",
        ]  # fmt: skip
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found is not None
        self.link = found[0]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("cache"))
    yield served
    served.end()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Pages:
    """Makes pages; notes what they ask for from elsewhere, and their errors."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.left: list[str] = []
        self.errors: list[str] = []
        self.contexts: list[object] = []

    def __call__(
        self, link: str, size: str = "wide", scheme: str = "light", wait: bool = True
    ) -> Page:
        width, height = SIZES[size]
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        self.contexts.append(context)
        ours = re.match(r"http://[^/]+/", link)[0]

        def only_ours(route: object) -> None:
            if route.request.url.startswith((ours, "blob:", "data:")):
                route.continue_()
            else:
                self.left.append(route.request.url)
                route.abort()

        context.route("**/*", only_ours)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.goto(link)
        if wait:
            expect(page.locator(".link-state .text")).to_have_text("live")
        return page

    def _heard(self, message: object) -> None:
        # A server that is away is no fault of the page.
        if message.type == "error" and "net::ERR_" not in message.text and "40" not in message.text:
            self.errors.append(message.text)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    pages = Pages(browser)
    yield pages
    for context in pages.contexts:
        context.close()
    assert pages.left == []
    assert pages.errors == []


def until(condition: Callable[[], object], patience: float = 30.0) -> object:
    """Ask until there is an answer that is true."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
