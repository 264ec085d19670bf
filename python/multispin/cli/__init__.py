"""The command ``multispin``: whole studies without writing a program."""

from multispin.cli.main import main

__all__ = ["main"]
