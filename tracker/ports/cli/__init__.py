"""The command line: what an operator types; each command calls one deed and says in a sentence how it went."""

from tracker.ports.cli.main import main

__all__ = ["main"]
