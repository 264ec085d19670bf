"""Take the pictures of the lab that the tour and the docs show.

``python tools/lab_pictures.py`` writes ``examples/pictures/lab_*.png``, of a page 1280 pixels wide
in light colours, its colours cut down to a few so that a picture has less than 60 kB. Needs the
extra ``[lab]``, Pillow, Playwright and Chromium (``MULTISPIN_CHROMIUM`` says where it is). Chains
run while it looks, so pictures are not the same bytes twice: look at them before they are kept.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from multispin.lab.scene import Options
from multispin.lab.scenes import SCENES
from multispin.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = Path(__file__).parent.parent / "examples/pictures"
CHROMIUM = os.environ.get("MULTISPIN_CHROMIUM", "/usr/bin/chromium")
WIDTH = 1280
COLOURS = 128
LARGEST = 60_000  # bytes
PATIENCE = 180_000  # ms, as machines are trained at the first start

expect.set_options(timeout=PATIENCE)


def boltzmann_machine(page: Any) -> None:
    """Have all machines trained, and a chain run for a while from the drawing."""
    page.locator(".preparing").wait_for(state="attached")
    page.locator(".preparing").wait_for(state="hidden")
    page.get_by_role("button", name="Start sampling").click()
    expect(page.get_by_text(re.compile(r"^step 45"))).to_be_visible()
    page.get_by_role("button", name="Stop sampling").click()


def hopfield_network(page: Any) -> None:
    """Recall a letter that was spoilt."""
    page.locator(".tile").first.wait_for()
    page.get_by_role("button", name="Recall", exact=True).click()
    expect(page.locator('[data-show="verdict"]')).to_contain_text("At rest")


#: Tabs by the names of their pictures: the scene, the height of the page, what is done there.
TABS: dict[str, tuple[str, int, Callable[[Any], None]]] = {
    "lab_rbm": ("rbm?speed=4", 900, boltzmann_machine),
    "lab_hopfield": ("hopfield", 900, hopfield_network),
}


def main() -> None:
    """Serve a lab, look at its tabs, and write what is seen."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        lab = Lab(SCENES, Options(cache=Path(cache), seed=1))
        thread = threading.Thread(target=lab.run)
        thread.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            for name, (scene, height, prepare) in TABS.items():
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": height}, color_scheme="light"
                )
                page.set_default_timeout(PATIENCE)
                page.goto(f"{lab.link}#{scene}")
                expect(page.locator(".link-state .text")).to_have_text("live")
                prepare(page)
                page.evaluate("document.activeElement.blur()")
                write(PICTURES / f"{name}.png", page.screenshot())
                page.close()
        finally:
            browser.close()
            lab.stop()
            thread.join()


def write(path: Path, png: bytes) -> None:
    """Write a picture of few colours, and refuse one that is large."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    buffer = io.BytesIO()
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    if buffer.tell() > LARGEST:
        raise SystemExit(f"{path.name}: {buffer.tell()} bytes, allowed: at most {LARGEST}")
    path.write_bytes(buffer.getvalue())
    print(f"{path}: {buffer.tell()} bytes")


if __name__ == "__main__":
    main()
