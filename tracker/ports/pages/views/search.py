"""Search: one box for events, people, committees and action items; the address holds the words."""

from typing import Any

from litestar import Request, Response, get

from tracker import clock
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import query_of
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.rules.views.search import LONGEST, Piece, pieces
from tracker.usecases.views import search


@get("/search", guards=[signed_in])
async def search_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what was found, with the words marked in it."""
    text = query_of(request)["q"].strip()[:LONGEST]
    found = await search.search(viewer_of(request), text, clock.now())

    def marked(of: str) -> list[Piece]:
        return pieces(of, found.words)

    return page("views/search/show.html", request, text=text, found=found, marked=marked, most=search.MOST)


handlers = [search_page]
