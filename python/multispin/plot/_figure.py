"""The figure that all pictures are. What imports this module needs matplotlib."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

_PIXELS = 96  # of a page, per inch


class ShownFigure(Figure):
    """A figure that a notebook shows as the value of a cell, told of matplotlib or not."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the picture, and how wide it is on a page, for IPython's display."""
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue(), {"width": round(_PIXELS * self.get_figwidth())}
