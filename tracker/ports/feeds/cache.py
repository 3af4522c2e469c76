"""A cache with a size limit in bytes; the least recently used entry is dropped first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """An object that knows its size."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""


Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing", bound=Sized)


class Cache(Generic[Key, Thing]):
    """Objects by key; `room` in bytes. An object larger than that is not kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._things: OrderedDict[Key, Thing] = OrderedDict()

    def get(self, key: Key) -> Thing | None:
        """Return the object, or None when it was never stored or was dropped."""
        thing = self._things.get(key)
        if thing is not None:
            self._things.move_to_end(key)
        return thing

    def put(self, key: Key, thing: Thing) -> None:
        """Store the object, replacing an earlier one with this key."""
        self._drop(key)
        self._things[key] = thing
        self._taken += thing.size
        while self._taken > self._room:
            self._drop(next(iter(self._things)))

    def _drop(self, key: Key) -> None:
        thing = self._things.pop(key, None)
        self._taken -= thing.size if thing else 0
