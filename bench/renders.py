"""The floor of a page: its template alone, rendered with the same values, beside the request that made them."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench.world import World, asked
from tracker.database import bind
from tracker.ports.pages.core import templating

WARM_UP = 20  # of each

Rendering = tuple[str, Mapping[str, Any]]


class Turn(NamedTuple):
    """Processor time in seconds of one request, of one bare render of the same page, and of what it asks."""

    request: float
    render: float
    question: float


async def turns(
    world: World, path: str, count: int, question: Callable[[], Awaitable[object]] | None = None
) -> list[Turn]:
    """Time a page, its bare render, and its question to the database alone, one after another, so many times.

    None of them runs twice in a row, in caches that it alone has warmed, and what else the machine does falls on all.
    """
    name, values = await _rendering(world, path)
    taken = [
        Turn(await asked(world, path), _rendered(name, values), await _replied(question) if question else 0.0)
        for _ in range(count + WARM_UP)
    ]
    return taken[WARM_UP:]


async def _rendering(world: World, path: str) -> Rendering:
    """Return the template of a page and its values; raise RuntimeError when they do not make it again."""
    bind(world.engine)
    with _kept() as renderings:
        html = await world.reader.get(path)
    [(name, values)] = renderings
    if templating.render(name, values) != html:
        raise RuntimeError(f"{name} with the same values is another page than {path}.")
    return name, values


@contextmanager
def _kept() -> Iterator[list[Rendering]]:
    """Keep what is rendered meanwhile; nothing in the product hands a page's values out."""
    plain = templating.render
    found: list[Rendering] = []

    def keeping(name: str, context: Mapping[str, Any]) -> str:
        found.append((name, dict(context)))
        return plain(name, context)

    templating.render = keeping
    try:
        yield found
    finally:
        templating.render = plain


def _rendered(name: str, values: Mapping[str, Any]) -> float:
    began = time.process_time()
    templating.render(name, values)
    return time.process_time() - began


async def _replied(question: Callable[[], Awaitable[object]]) -> float:
    began = time.process_time()
    await question()
    return time.process_time() - began
