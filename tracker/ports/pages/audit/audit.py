"""The audit page: who did what and when, as its reader may know of it; verifying the trail, and a file of it."""

from datetime import UTC, date, datetime
from typing import Any

from litestar import Request, Response, get, post

from tracker import clock
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.audit.query import FIELDS, SYSTEM, Asked, asked_for
from tracker.ports.pages.core.form_values import query_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.request import viewer_of, zone_of
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.templating import page
from tracker.rules.audit.words import GROUPS, Entry
from tracker.rules.core.csv_cells import csv_bytes
from tracker.rules.core.wording import day, local
from tracker.rules.events.markings import banner_of_all
from tracker.usecases.audit import reading
from tracker.usecases.core import names

COLUMNS = ("At (UTC)", "Who", "What", "Subject", "Subject id", "Facts", "By", "From", "Session or token", "Request")


@get("/audit", guards=[signed_in])
async def audit_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show a page of the trail; the address holds the filter."""
    return await _shown(request, await reading.last_verification(viewer_of(request)), is_recent=False)


@post("/audit/verification", guards=[signed_in], status_code=200)
async def verify(request: Request[Any, Any, Any]) -> Response[str]:
    """Check every entry of the trail and show how it was found."""
    return await _shown(request, await reading.verify(viewer_of(request), clock.now()), is_recent=True)


@get("/audit/export", guards=[signed_in])
async def export(request: Request[Any, Any, Any]) -> Response[Any]:
    """Give the entries of a filter as a file, to a fresh proof; that somebody took it is an entry too."""
    asked = asked_for(query_of(request), zone_of(request))
    if first := first_reauthenticate(request, asked.newest):
        return first
    entries = await reading.export(viewer_of(request), asked.choice, asked.filter, clock.now())
    headers = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
    banner = banner_of_all(one.marking for one in entries if one.marking)
    rows = [*([(banner,)] if banner else []), COLUMNS, *(_cells(one) for one in entries)]
    return Response(csv_bytes(rows), media_type="text/csv", headers=headers)


async def _shown(
    request: Request[Any, Any, Any], verification: reading.Verification | None, *, is_recent: bool
) -> Response[str]:
    asked = asked_for(query_of(request), zone_of(request))
    now, zone = clock.now(), zone_of(request)
    found = await reading.page(viewer_of(request), asked.choice, asked.filter, now)
    return page(
        "audit/show.html",
        request,
        asked=asked,
        found=found,
        moment=lambda at: moment(local(at, zone), local(now, zone).date()),
        older=asked.older(found) if found.has_older else "",
        verification=verification,
        is_recent=is_recent,
        **await _options(asked),
        **await saved_in(request, "audit"),
    )


async def _options(asked: Asked) -> dict[str, Any]:
    people = [(str(key), f"{name} ({agency})") for key, name, agency in await names.everybody()]
    return {
        "people": [("", "Anybody"), (SYSTEM, "System"), *people],
        "groups": [("", "Anything"), *((key, group.label) for key, group in GROUPS.items())],
        "typed": {name: asked.filter.get(name, "") for name in FIELDS},
        "is_filtered": bool(asked.filter),
    }


def moment(at: datetime, today: date) -> str:
    """Return a local moment to the hundredth of a second, as CJIS AU-8 wants it: "Tue, Dec 15, 9:00:00.12 AM"."""
    hour, half = at.hour % 12 or 12, "AM" if at.hour < 12 else "PM"  # noqa: PLR2004 - noon
    seconds = f"{at.second:02d}.{at.microsecond // 10_000:02d}"
    return f"{day(at, today)}, {hour}:{at.minute:02d}:{seconds} {half}"


def _cells(entry: Entry) -> tuple[str, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = (entry.where, entry.origin.address, entry.origin.session, entry.origin.request)
    return (at, entry.actor, entry.words, entry.title, entry.subject_id, entry.said, *source)


handlers = [audit_page, verify, export]
