"""``multispin lab``: models that run live in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin.cli.words import add_command
from multispin.lab import serve

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "lab",
        _run,
        "run models live in a browser",
        "It serves one page to this machine, until Ctrl-C. The link that it prints has a token, "
        "without which nobody gets in.",
    )
    add = command.add_argument
    add("--host", default="127.0.0.1", metavar="NAME", help="address to listen on")
    add("--port", type=int, metavar="N", help="port, 0 for any (default: the first free from 8732)")
    add("--data", metavar="FILE", help=".npz file of images for the tabs that learn")
    add("--cache", metavar="FOLDER", help="folder for trained models (default: the user's cache)")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")
    add("--seed", type=int, default=1, metavar="N", help="seed of tabs whose link has none")
    add("--no-browser", action="store_true", help="print the link, and open no browser")


def _run(options: argparse.Namespace) -> None:
    serve(
        options.host, options.port, data=options.data, cache=options.cache,
        threads=options.threads, seed=options.seed, browser=not options.no_browser,
    )  # fmt: skip
