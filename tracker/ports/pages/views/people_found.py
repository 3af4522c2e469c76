"""The people whom the words in a field find, as the options of a combobox, while someone types there."""

import re
from collections.abc import Mapping, Sequence

from litestar import Response, get

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.audit.query import SYSTEM
from tracker.ports.pages.core.choosers import MOST, WORDS
from tracker.ports.pages.core.dependencies import Pages, Query
from tracker.usecases.roster.known_people import matching
from tracker.usecases.views import choosers

OTHERS: Mapping[str, Sequence[str]] = {"actors": (SYSTEM,)}
"""Values beside people, each also the word that finds it."""
_PLACE = re.compile(r"[a-z0-9-]{1,80}")


@get("/people/found", guards=[signed_in])
async def people_found(pages: Pages, viewer: Viewer, params: Query) -> Response[str]:
    """Show the first people among the candidates whom the words in the named field find. Errors: NotFound."""
    if not _PLACE.fullmatch(params["place"]):
        raise NotFound
    candidates = await choosers.candidates(viewer, params["candidates"], params["subject"] or params["origin"])
    words = params[f"{params['name']}{WORDS}"].strip()
    found = await matching(candidates, words, MOST)
    return pages.render(
        "core/parts/people-found.html",
        place=params["place"],
        deed="choose",
        words=words,
        found=found.people,
        more=found.more,
        others=[one for one in OTHERS.get(params["candidates"], ()) if words and one.startswith(words.lower())],
        invited=(),
    )
