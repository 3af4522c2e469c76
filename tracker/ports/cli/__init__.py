"""The command line for operators; each command calls one use case and reports the result in a sentence."""

import gc

_was_on = gc.isenabled()
gc.disable()  # what modules make stays: looking through it 200 times would be a tenth of their import
try:
    from tracker.ports.cli.main import main
finally:
    if _was_on:
        gc.freeze()  # or the next collection would look through it all
        gc.enable()

__all__ = ["main"]
