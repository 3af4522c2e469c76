"""A shelf of made things that fills up to a number of bytes; what was not asked for longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows how much room it takes."""

    @property
    def size(self) -> int:
        """Bytes."""


Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing", bound=Sized)


class Cache(Generic[Key, Thing]):
    """Things by key; `room` in bytes. What is larger than the whole shelf is not kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._things: OrderedDict[Key, Thing] = OrderedDict()

    def get(self, key: Key) -> Thing | None:
        """Return the thing, or None when it was never put here or had to go."""
        thing = self._things.get(key)
        if thing is not None:
            self._things.move_to_end(key)
        return thing

    def put(self, key: Key, thing: Thing) -> None:
        """Keep the thing in place of an earlier one with this key."""
        self._drop(key)
        self._things[key] = thing
        self._taken += thing.size
        while self._taken > self._room:
            self._drop(next(iter(self._things)))

    def _drop(self, key: Key) -> None:
        thing = self._things.pop(key, None)
        self._taken -= thing.size if thing else 0
