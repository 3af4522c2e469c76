"""Processor time that doesn't depend on the machine: measured in yardsticks, whose time is taken just before and after.

A slow or busy machine slows both alike. Garbage collection is paused: it would walk all that earlier tests left behind.
"""

import gc
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Generic, TypeVar

import pytest

TRIES = 3
YARDSTICKS = 5  # on each side of what is done within a limit
LINE = 'ATTENDEE;CN="Pat, of the FBI";PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:pat@fbi.example'
PARAMETER = re.compile(r'([A-Z-]+)=("[^"]*"|[^;:"]*)')

Found = TypeVar("Found")
Name = TypeVar("Name")


def within(yardsticks: float, deed: Callable[[], Found]) -> Found:
    """Do something in this thread, and return what it returns; fail if it takes longer than so many yardsticks.

    The shortest of a few tries counts: one that is short enough is the last.
    """
    took: list[float] = []
    while len(took) < TRIES:
        with _collector_paused():
            beside = _yardsticks()
            began = time.thread_time()
            outcome = deed()
            seconds = time.thread_time() - began
            took.append(seconds / median(beside + _yardsticks()))
        if took[-1] <= yardsticks:
            return outcome
    pytest.fail(f"It takes {min(took):.0f} yardsticks, and may take {yardsticks:.0f}.")


class Turns(Generic[Name]):
    """What is compared, done in turns: so no one of them has a busier machine than another."""

    def __init__(self) -> None:
        self._took: dict[Name, list[float]] = {}
        self._beside: list[float] = []

    async def take(self, name: Name, deed: Awaitable[object]) -> None:
        """Do one of them, in whatever threads it uses, and note its time."""
        with _collector_paused():
            self._beside.append(_yardstick())
            began = time.process_time()
            await deed
            self._took.setdefault(name, []).append(time.process_time() - began)

    def least(self, name: Name) -> float:
        """Return how many yardsticks one of them takes when it is disturbed least."""
        return min(self._took[name]) / min(self._beside)


@contextmanager
def _collector_paused() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _yardsticks() -> list[float]:
    return [_yardstick() for _ in range(YARDSTICKS)]


def _yardstick() -> float:
    """Do the work of reading some text, about a millisecond of an ordinary machine; return the seconds it took."""
    began = time.thread_time()
    for number in range(350):
        name, _, value = f"{LINE}{number}".rpartition(":mailto:")
        parameters = {found[1].lower(): found[2].strip('"') for found in PARAMETER.finditer(name)}
        parameters["value"] = value.upper()
    return time.thread_time() - began
