"""Search: one box for events, people, agencies, committees and action items; the address holds the words.

While someone types in a field for people, the people whom its words find are the options of its combobox.
"""

import re
from collections.abc import Mapping, Sequence

from litestar import Response, get
from litestar.params import FromQuery

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.audit.audit_log import SYSTEM
from tracker.ports.pages.core.choosers import MOST, WORDS
from tracker.ports.pages.core.dependencies import Pages, Query
from tracker.rules.core.word_forms import LONGEST, stands_for_longer
from tracker.rules.views.search import TextPart, day_typed, is_quoted, parts_with_words
from tracker.usecases.roster.known_people import candidates_with_words
from tracker.usecases.views import choosers, search

OTHER_VALUES: Mapping[str, Sequence[str]] = {"actors": (SYSTEM,)}
"""Values beside people, each also the word that finds it."""
_FIELD_PLACE = re.compile(r"[a-z0-9-]{1,80}")


@get("/search", guards=[signed_in])
async def search_page(pages: Pages, viewer: Viewer, now: Now, today: Today, q: FromQuery[str] = "") -> Response[str]:
    """Show the results, with the words highlighted in them; for a date, first a link to its week, whatever is in it."""
    text = q.strip()[:LONGEST]
    search_results = await search.search_all(viewer, text, now)

    def marked(of: str) -> list[TextPart]:
        return parts_with_words(of, search_results.words)

    return pages.render(
        "views/search/show.html",
        text=text,
        on=day_typed(text, today),
        found=search_results,
        marked=marked,
        is_quoted=is_quoted(text),
        has_letter=not all(map(stands_for_longer, search_results.words)),
        most=search.MOST,
    )


@get("/people/found", guards=[signed_in])
async def people_found(pages: Pages, viewer: Viewer, params: Query) -> Response[str]:
    """Show the first people among the candidates whom the words in the named field find. Errors: NotFound."""
    if not _FIELD_PLACE.fullmatch(params["place"]):
        raise NotFound
    candidates = await choosers.candidates_named(viewer, params["candidates"], params["subject"] or params["origin"])
    words = params[f"{params['name']}{WORDS}"].strip()
    people_matched = await candidates_with_words(candidates, words, MOST)
    return pages.render(
        "core/parts/people-found.html",
        place=params["place"],
        deed="choose",
        words=words,
        found=people_matched.people,
        more=people_matched.more,
        others=[one for one in OTHER_VALUES.get(params["candidates"], ()) if words and one.startswith(words.lower())],
        invited=(),
    )
