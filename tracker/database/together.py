"""Reading the independent parts of a page together."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar, overload

from tracker.database.binding import engine

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
Part = Coroutine[Any, Any, A]


@overload
async def together(a: Part[A], b: Part[B], /) -> tuple[A, B]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], /) -> tuple[A, B, C]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], d: Part[D], /) -> tuple[A, B, C, D]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], d: Part[D], e: Part[E], /) -> tuple[A, B, C, D, E]: ...


@overload
async def together(
    a: Part[A], b: Part[B], c: Part[C], d: Part[D], e: Part[E], f: Part[F], /
) -> tuple[A, B, C, D, E, F]: ...


async def together(*parts: Part[Any]) -> tuple[Any, ...]:
    """Return what independent parts of a page read; what they ask at the same time is one trip to the database.

    A part may have parts of its own. When some of them fail, the first one's error is raised, after all of them have
    ended. Errors: TransactionError when a part writes, inside a transaction too.
    """
    return tuple(await all_together(parts))


async def all_together(parts: Sequence[Part[A]]) -> list[A]:
    """Return what any number of independent parts of one kind read, in their order, as `together` does."""
    return await engine().read_in_step(parts)
