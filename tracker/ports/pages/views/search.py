"""Search: one box for events, people, agencies, committees and action items; the address holds the words."""

from litestar import Response, get
from litestar.params import FromQuery

from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.core.word_forms import LONGEST, is_beginning
from tracker.rules.views.search import Piece, is_quoted, pieces
from tracker.rules.views.typed_days import day_typed
from tracker.usecases.views import search


@get("/search", guards=[signed_in])
async def search_page(pages: Pages, viewer: Viewer, now: Now, today: Today, q: FromQuery[str] = "") -> Response[str]:
    """Show the results, with the words highlighted in them; for a date, first a link to its week, whatever is in it."""
    text = q.strip()[:LONGEST]
    found = await search.search(viewer, text, now)

    def marked(of: str) -> list[Piece]:
        return pieces(of, found.words)

    return pages.render(
        "views/search/show.html",
        text=text,
        on=day_typed(text, today),
        found=found,
        marked=marked,
        is_quoted=is_quoted(text),
        has_letter=not all(map(is_beginning, found.words)),
        most=search.MOST,
    )
