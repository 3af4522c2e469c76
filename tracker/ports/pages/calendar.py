"""The calendar: a month as a table or as a list."""

from typing import Any

from litestar import Request, Response, get

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.calendar_month import month_context
from tracker.ports.pages.calendar_query import Asked, View, asked_for
from tracker.ports.pages.entries import agenda
from tracker.ports.pages.form_values import query_of
from tracker.ports.pages.request import viewer_of, zone_of
from tracker.ports.pages.templating import page
from tracker.rules import calendar_grid
from tracker.rules.calendar_grid import Seen
from tracker.rules.meetings import Kind
from tracker.rules.wording import local
from tracker.usecases.calendar_lines import seen_between


@get("/calendar", guards=[signed_in])
async def calendar_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show a month: `month` (2026-12), `view` (month, list), `kind` (repeatable), `mine` (1), `cancelled` (0)."""
    zone = zone_of(request)
    today = local(clock.now(), zone).date()
    asked = asked_for(query_of(request), today)
    weeks = calendar_grid.weeks(asked.month)
    start, end = calendar_grid.moments(weeks[0][0], weeks[-1][-1], zone)
    seen = calendar_grid.matching(await seen_between(viewer_of(request), start, end), asked.chosen)
    body = month_context(asked, weeks, seen, zone, today) if asked.view is View.MONTH else _list(asked, seen, zone)
    return page(f"calendar/{asked.view}.html", request, **_frame(asked), **body)


def _frame(asked: Asked) -> dict[str, Any]:
    turns = (("p", "Previous", -1), ("n", "Next", 1))
    return {
        "asked": asked, "kinds": [kind.value for kind in Kind],
        "turns": [
            {"key": key, "word": word, "month": month, "address": asked.address(month=month)}
            for key, word, step in turns if (month := calendar_grid.turned(asked.month, step))
        ],
        "month_address": asked.address(view=View.MONTH), "list_address": asked.address(view=View.LIST),
    }  # fmt: skip


def _list(asked: Asked, seen: list[Seen], zone: str) -> dict[str, Any]:
    days = agenda(seen, asked.month, calendar_grid.last_day(asked.month), zone)
    return {"days": days, "count": len({entry.href for _, entries in days for entry in entries})}


handlers = [calendar_page]
