"""The words of the command line: options that commands share, and how they are read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 100_000  # temperatures that a word stands for

MISUSED = 2  # exit status of a command line that makes no sense


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line, like everything else here."""

    def error(self, message: str) -> NoReturn:
        """Leave with one line on standard error."""
        self.exit(MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows a default where it is a plain value; where it is not, the text says what happens."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        plain = isinstance(action.default, (str, int, float)) and action.default is not False
        return super()._get_help_string(action) if plain else action.help


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str, more: str
) -> argparse.ArgumentParser:
    """Add a command that calls `run`; its help is the summary and what `more` there is to say."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {more}",
        formatter_class=Help,
    )
    command.set_defaults(run=run)
    return command


def add_machine(command: argparse.ArgumentParser) -> None:
    """Add the options that say what to run on."""
    add = command.add_argument
    add("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:INDEX")
    add("--threads", type=int, metavar="N", help="threads (default: all cores)")


def add_files(command: argparse.ArgumentParser, stem: str) -> None:
    """Add the options that say where the numbers and the picture go."""
    add = command.add_argument
    add("--output", metavar="FILE", default=f"{stem}.nc", help="netCDF file with the numbers")
    add("--picture", metavar="FILE", default=f"{stem}.png", help=".png, .pdf or .svg file")
    add("--force", action="store_true", help="replace the files if they are there")


def shape_of(word: str) -> tuple[int, ...]:
    """Read ``L``, ``ROWSxCOLUMNS`` or ``PLANESxROWSxCOLUMNS``."""
    sides = word.split("x")
    try:
        shape = tuple(int(side) for side in sides)
    except ValueError:
        shape = ()
    if not 1 <= len(shape) <= 3:
        allowed = "L, ROWSxCOLUMNS or PLANESxROWSxCOLUMNS, such as 512, 256x1024 or 64x64x64"
        raise argparse.ArgumentTypeError(f"got {word!r}, allowed: {allowed}")
    return 2 * shape if len(shape) == 1 else shape


def temperatures_of(word: str) -> list[float]:
    """Read a number or ``FIRST:LAST:HOW_MANY``."""
    try:
        if ":" not in word:
            return [float(word)]
        first, last, how_many = word.split(":")
        if not (how_many.isascii() and how_many.isdigit() and 1 <= int(how_many) <= _MOST):
            raise ValueError
        # Without rounding 1.6:3.0:15 would hold 2.3000000000000003.
        grid = np.linspace(float(first), float(last), int(how_many))
        return [round(float(value), 12) for value in grid]
    except ValueError:
        message = (
            f"got {word!r}, allowed: a number or FIRST:LAST:HOW_MANY, such as 1.6:3.0:15, with "
            f"HOW_MANY from 1 to {_MOST}"
        )
        raise argparse.ArgumentTypeError(message) from None
