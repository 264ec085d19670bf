"""What canvases show, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

_READ = """name => {
  const canvas = document.querySelector(`canvas[data-picture="${name}"]`);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [height, width, [...data]];
}"""


def picture(page: Any, name: str) -> np.ndarray:
    """Return the colours of a canvas, (rows, columns, 3)."""
    rows, columns, values = page.evaluate(_READ, name)
    return np.array(values).reshape(rows, columns, 4)[..., :3]


def ink(page: Any, name: str) -> np.ndarray:
    """Return where a canvas of light paper is dark, (rows, columns) of bool."""
    return picture(page, name).mean(axis=2) < 128


def drag(page: Any, name: str, shape: tuple[int, int], *cells: tuple[int, int]) -> None:
    """Draw with the mouse from cell to cell of a canvas."""
    canvas = page.locator(f'canvas[data-picture="{name}"]')
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()

    def place(row: int, column: int) -> tuple[float, float]:
        return (
            box["x"] + (column + 0.5) / shape[1] * box["width"],
            box["y"] + (row + 0.5) / shape[0] * box["height"],
        )

    page.mouse.move(*place(*cells[0]))
    page.mouse.down()
    for cell in cells[1:]:
        page.mouse.move(*place(*cell), steps=4)
    page.mouse.up()
