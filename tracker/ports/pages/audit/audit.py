"""The audit page: who did what and when, as far as its reader may know; verification, and export as a file."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.ports.http.dependencies import Now, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.audit.query import FIELDS, SYSTEM, Asked, asked_for
from tracker.ports.pages.core.choosers import WORDS, Chosen, chosen, is_typed
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.form_values import Errors
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.rules.audit.words import GROUPS, Entry
from tracker.rules.core.csv_cells import csv_bytes
from tracker.rules.core.wording import day, local
from tracker.rules.events.markings import banner_of_all
from tracker.usecases.audit import reading

COLUMNS = ("At (UTC)", "Who", "What", "Subject", "Subject id", "Facts", "By", "From", "Session or token", "Request")


@get("/audit", guards=[signed_in])
async def audit_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Response[Any]:
    """Show a page of the audit log; the address holds the filter, and names no one by words."""
    who = await _actor(viewer, params)
    if is_typed(params, "who") and not who.error:
        return Redirect(asked_for(params.but({"who": who.value}), zone).newest, status_code=303)
    shown = await _shown(viewer, params, query_string, zone, now)
    return pages.render("audit/show.html", **shown, is_recent=False)


@post("/audit/verification", guards=[signed_in], status_code=200)
async def verify(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Response[str]:
    """Verify every entry of the audit log and show the result."""
    verified = await reading.verify(viewer, now)
    shown = await _shown(viewer, params, query_string, zone, now)
    return pages.render("audit/show.html", **shown | {"verification": verified}, is_recent=True)


@get("/audit/export", guards=[signed_in])
async def export(viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now) -> Response[Any]:
    """Return the entries of a filter as a file, after a recent confirmation; the export is an entry too."""
    asked = asked_for(params, zone)
    if first := first_reauthenticate(visit, asked.newest, now):
        return first
    entries = await reading.export(viewer, asked.choice, asked.filter, now)
    headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    banner = banner_of_all(one.marking for one in entries if one.marking)
    rows = [*([(banner,)] if banner else []), COLUMNS, *(_cells(one) for one in entries)]
    return Response(csv_bytes(rows), media_type="text/csv", headers=headers)


async def _shown(viewer: Viewer, params: Query, query_string: QueryString, zone: str, now: Now) -> dict[str, Any]:
    """Return the entries that were asked for and the form that asked for them."""
    who = await _actor(viewer, params)
    asked = asked_for(params.but({"who": who.value}), zone)
    await reading.note_reading(viewer, asked.filter, now)
    found, saved, verified = await together(
        reading.page(viewer, asked.choice), saved_in(viewer, query_string, "audit"), reading.last_verification(viewer)
    )
    return {
        "asked": asked,
        "found": found,
        "verification": verified,
        "moment": lambda at: moment(local(at, zone), local(now, zone).date()),
        "exact": lambda at: exact(local(at, zone)),
        "older": asked.older(found) if found.has_older else "",
        "who": who,
        "errors": Errors(({"who": who.error} if who.error else {}) | asked.errors),
        **_options(asked),
        **saved,
    }


async def _actor(viewer: Viewer, params: Query) -> Chosen:
    """Return by whom the log is filtered: a person, or the system."""
    typed = params[f"who{WORDS}"].strip().lower()
    if typed == SYSTEM or (params["who"] == SYSTEM and not is_typed(params, "who")):
        return Chosen(value=SYSTEM, words=SYSTEM.capitalize())
    return await chosen(params, "who", reading.actors(viewer))


def _options(asked: Asked) -> dict[str, Any]:
    return {
        "groups": [("", "Anything"), *((key, group.label) for key, group in GROUPS.items())],
        "typed": {name: asked.filter.get(name, "") for name in FIELDS},
        "is_filtered": bool(asked.filter),
    }


def moment(at: datetime, today: Today) -> str:
    """Return a local time with its seconds: "Tue, Dec 15, 9:00:00 AM"."""
    return f"{day(at, today)}, {_clock(at, f'{at.second:02d}')}"


def exact(at: datetime) -> str:
    """Return the time of day to the hundredth of a second, as CJIS AU-8 requires: "9:00:00.12 AM"."""
    return _clock(at, f"{at.second:02d}.{at.microsecond // 10_000:02d}")


def _clock(at: datetime, seconds: str) -> str:
    hour, half = at.hour % 12 or 12, "AM" if at.hour < 12 else "PM"  # noqa: PLR2004 - noon
    return f"{hour}:{at.minute:02d}:{seconds} {half}"


def _cells(entry: Entry) -> tuple[str, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = (entry.where, entry.origin.address, entry.origin.session, entry.origin.request)
    return (at, entry.actor, entry.words, entry.title, entry.subject_id, entry.said, *source)
