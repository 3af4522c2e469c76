"""How far a long command has come: a bar on a terminal, else a line for every tenth of the work."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from tracker.ical.incoming import Progress

SOON = 2.0  # seconds; shorter work needs no lines
TENTHS = 10


@contextmanager
def progress(label: str, soon: float = SOON) -> Iterator[Progress]:
    """Give what is to be called with the work done and all of it; everything is written to the error output.

    Lines are written after `soon` seconds.
    """
    if not sys.stderr.isatty():
        yield _Lines(label, soon)
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield show


class _Lines:
    """Writes a line when another tenth of the work is done."""

    def __init__(self, label: str, soon: float) -> None:
        self._label = label
        self._soon = soon
        self._began = time.monotonic()
        self._written = 0

    def __call__(self, done: int, of: int) -> None:
        tenths = done * TENTHS // of
        if tenths > self._written and time.monotonic() - self._began >= self._soon:
            self._written = tenths
            click.echo(f"{self._label}: {tenths * TENTHS} %", err=True)
