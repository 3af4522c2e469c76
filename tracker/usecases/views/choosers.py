"""Whom the field of a form offers to its reader, by the name that the page gives to its candidates."""

from collections.abc import Awaitable, Callable, Mapping

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.usecases.audit import reading
from tracker.usecases.roster.known_people import Candidates, known_to


async def candidates(viewer: Viewer, name: str) -> Candidates:
    """Return the candidates of that name for the viewer. Errors: NotFound for a name that is none, or not for them."""
    found = _CANDIDATES.get(name)
    if found is None:
        raise NotFound
    return await found(viewer)


async def _known(viewer: Viewer) -> Candidates:
    return known_to(viewer)


async def _actors(viewer: Viewer) -> Candidates:
    return reading.actors(viewer)


_CANDIDATES: Mapping[str, Callable[[Viewer], Awaitable[Candidates]]] = {"known": _known, "actors": _actors}
