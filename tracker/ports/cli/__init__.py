"""The command line for operators; each command calls one use case and reports the result in a sentence."""

import gc

gc.disable()  # what modules make stays: looking through it 200 times would be a tenth of their import
from tracker.ports.cli.main import main  # noqa: E402 - see above

gc.freeze()  # and once more when it is on again
gc.enable()

__all__ = ["main"]
