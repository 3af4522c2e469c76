"""The command line for operators; each command calls one use case and reports the result in a sentence."""

from tracker.ports.cli.main import main

__all__ = ["main"]
