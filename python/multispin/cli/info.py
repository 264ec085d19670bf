"""``multispin info``: what this installation is and uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin._info import info
from multispin.cli.words import add_command

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command and its options."""
    add_command(
        commands, "info", _run, "show instruction set, threads, devices, generators and build", ""
    )


def _run(_options: argparse.Namespace) -> None:
    for name, value in info().items():
        if isinstance(value, dict):
            inner = [f"{key}: {_plain(item)}" for key, item in value.items()]
            print(f"{name:16} {inner[0] if inner else 'none'}")
            for line in inner[1:]:
                print(f"{'':16} {line}")
        else:
            print(f"{name:16} {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value) or "none"
    return str(value)
