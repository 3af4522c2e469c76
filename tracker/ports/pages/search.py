"""Search: one box for events, people, bodies and action items; the address holds the words."""

from typing import Any

from litestar import Request, Response, get

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.form_values import query_of
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.templating import page
from tracker.rules.search import LONGEST, Piece, pieces
from tracker.usecases import search


@get("/search", guards=[signed_in])
async def search_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what was found, with the words marked in it."""
    text = query_of(request)["q"].strip()[:LONGEST]
    found = await search.search(viewer_of(request), text, clock.now())

    def marked(of: str) -> list[Piece]:
        return pieces(of, found.words)

    return page("search/show.html", request, text=text, found=found, marked=marked, most=search.MOST)


handlers = [search_page]
