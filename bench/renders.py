"""The floor of a page: its template rendered with the same values, and its SQL run bare, beside the request itself."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench.statements import BareConnection
from bench.world import World, asked
from tests.database.statements import noted
from tracker.database import bind
from tracker.database.connections import Statement
from tracker.ports.pages.core import templating

WARM_UP = 20  # of each

Rendering = tuple[str, Mapping[str, Any]]


class Turn(NamedTuple):
    """Processor time in seconds of one request, and of the two things that it cannot do without."""

    request: float
    render: float
    """The page's template, with the same values."""
    sql: float
    """The statements that it read by, one after another on a bare connection."""

    @property
    def beside_its_floor(self) -> tuple[float, float]:
        """Return the milliseconds of the request, and of both things."""
        return self.request * 1000, (self.render + self.sql) * 1000


class Taken(NamedTuple):
    """A page, measured."""

    turns: Sequence[Turn]
    statements: int
    """How many the page runs, those that write among them."""


async def turns(world: World, path: str, count: int) -> Taken:
    """Time a page, its bare render and its bare statements, one after another, so many times.

    None of them runs twice in a row, in caches that it alone has warmed, and what else the machine does falls on all.
    """
    name, values, statements = await _parts(world, path)
    bare = BareConnection(world.engine, statements)
    try:
        taken = [Turn(await asked(world, path), _rendered(name, values), bare.ask()) for _ in range(count + WARM_UP)]
    finally:
        bare.close()
    return Taken(taken[WARM_UP:], len(statements))


async def _parts(world: World, path: str) -> tuple[str, Mapping[str, Any], list[Statement]]:
    """Return the template of a page, its values, and its statements.

    Errors: RuntimeError when the template and the values do not make the page again.
    """
    bind(world.engine)
    await world.reader.get(path)  # what is read once and then remembered is no part of a page
    with _kept() as renderings, noted() as statements:
        html = await world.reader.get(path)
    [(name, values)] = renderings
    if templating.render(name, values) != html:
        raise RuntimeError(f"{name} with the same values is another page than {path}.")
    return name, values, statements


@contextmanager
def _kept() -> Iterator[list[Rendering]]:
    """Keep what is rendered meanwhile; nothing in the product hands a page's values out."""
    plain = templating.render
    renderings: list[Rendering] = []

    def keeping(name: str, context: Mapping[str, Any]) -> str:
        renderings.append((name, dict(context)))
        return plain(name, context)

    templating.render = keeping
    try:
        yield renderings
    finally:
        templating.render = plain


def _rendered(name: str, values: Mapping[str, Any]) -> float:
    began = time.process_time()
    templating.render(name, values)
    return time.process_time() - began
