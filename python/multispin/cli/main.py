"""The command line as a whole: its commands, and one line for every failure."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from multispin._info import __version__
from multispin.cli import (
    bench,
    demo,
    glass,
    hopfield,
    info,
    inverse,
    ising,
    lab,
    rbm,
    replicas,
    solve,
)  # fmt: skip
from multispin.cli.words import MISUSED, Parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_COMMANDS = (info, ising, glass, hopfield, inverse, rbm, replicas, solve, bench, demo, lab)
_FAILED = 1  # a run that could not be made
_INTERRUPTED = 130  # what a shell expects after Ctrl-C
# What an argument is called here, where it is not by its own name.
_OPTIONS = {
    "temperatures": "temperature", "shape": "size", "J": "coupling", "h": "field",
    "images": "patterns", "random_state": "seed", "n_components": "hidden", "n_iter": "epochs",
    "learning_rate": "rate", "batch_size": "batch", "n_chains": "chains", "n": "count",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``multispin``; by default those of the process.

    Returns
    -------
    int
        0, or the exit status of a failure, which is one line on standard error: 2 for a command
        line that makes no sense, 1 for a run that could not be made, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what a terminal cannot show is not worth a run
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read has seen enough. What is left in the buffer has nowhere to go at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    except (ValueError, TypeError) as error:
        return _complain(_about_options(str(error), options), MISUSED)
    except OSError as error:
        what = error.strerror or str(error)
        if error.filename:
            return _complain(f"{error.filename}: {what}", _FAILED)
        return _complain(_about_options(what, options), _FAILED)
    except (RuntimeError, ImportError, MemoryError) as error:
        message = str(error) or type(error).__name__
        return _complain(_about_options(message, options), _FAILED)
    return 0


def _about_options(message: str, options: argparse.Namespace) -> str:
    """Begin a message about an argument with the option that it comes from."""
    name, colon, rest = message.partition(": ")
    option = _OPTIONS.get(name, name)
    known = colon and option in vars(options) and option != "run"
    return f"--{option.replace('_', '-')}: {rest}" if known else message


def _complain(message: str, status: int) -> int:
    print("multispin:", " ".join(message.split()), file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="multispin",
        description="Bit-parallel Monte Carlo for spin models.",
        epilog="Every command has its own help: multispin COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"multispin {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.register(commands)
    return parser
