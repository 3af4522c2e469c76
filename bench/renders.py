"""The floor of a page: its template alone, rendered with the same values, beside the request that made them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.world import World, timed
from tracker.database import bind
from tracker.ports.pages import templating

Rendering = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Beside:
    """Processor time in seconds, of requests and of bare renders of the same page, taken in turns."""

    requests: list[float]
    renders: list[float]


async def beside(world: World, path: str, rounds: int, in_a_round: int) -> Beside:
    """Time a page and its bare render in turns, so that what else the machine does falls on both alike."""
    name, values = await _rendering(world, path)
    taken = Beside([], [])
    for _ in range(rounds):
        taken.requests.extend(await timed(world, path, in_a_round))
        taken.renders.extend(_rendered(name, values) for _ in range(in_a_round))
    return taken


async def _rendering(world: World, path: str) -> Rendering:
    """Return the template of a page and its values; raise RuntimeError when they do not make it again."""
    bind(world.engine)
    with _kept() as renderings:
        html = (await world.browser.get(path)).text
    [(name, values)] = renderings
    if templating.render(name, values) != html:
        raise RuntimeError(f"{name} with the same values is another page than {path}.")
    return name, values


@contextmanager
def _kept() -> Iterator[list[Rendering]]:
    """Keep what is rendered meanwhile; nothing in the product hands a page's values out."""
    plain, found = templating.render, []

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
