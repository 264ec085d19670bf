"""A lab with a browser before it. Needs Playwright and Debian's Chromium."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from multispin.lab.scene import Options
from multispin.lab.scenes import SCENES
from multispin.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    found = Lab(SCENES, Options(cache=tmp_path_factory.mktemp("cache")))
    found._server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=found.run, daemon=True)
    thread.start()
    yield found
    found.stop()
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield found
        found.close()


@pytest.fixture
def open_tab(lab: Lab, browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a tab in a page of its own; errors of the page fail the test."""
    pages, wrong = [], []

    def opened(tab: str, width: int = 1360, height: int = 900, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        pages.append(page)
        page.goto(f"{lab.link}#{tab}")
        page.locator(".scene").wait_for()
        return page

    yield opened
    for page in pages:
        page.close()
    assert not wrong
