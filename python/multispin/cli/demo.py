"""``multispin demo``: the tour, as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin.cli.words import add_command
from multispin.page import tour

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "demo",
        _run,
        "run the tour and write it as one HTML page",
        "The page works offline. The measurements and the first picture are written beside it.",
    )
    add = command.add_argument
    add("--chapter", type=int, nargs="+", metavar="N", help="run only these chapters")
    add("--quick", action="store_true", help="seconds instead of a minute, and large error bars")
    add("--output", metavar="FILE", default="multispin-demo.html", help="HTML page")


def _run(options: argparse.Namespace) -> None:
    tour.run(options.output, chapters=options.chapter, quick=options.quick)
