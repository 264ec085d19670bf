"""Tests that need a browser: without Playwright they are not there, unless they have to be."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

_NEEDED = ("playwright", "axe_playwright_python", "starlette", "uvicorn", "websockets")

if os.environ.get("MULTISPIN_REQUIRE_BROWSER") == "1" or all(map(find_spec, _NEEDED)):
    from browser.fixtures import browser, lab, open_page

    __all__ = ["browser", "lab", "open_page"]
else:
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
