"""The audit log, and holding all emails from the Admin page."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.database import together
from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Page, Pages, Query, QueryString, first_reauthenticate
from tracker.ports.pages.core.drafts import saved_in
from tracker.ports.pages.core.form_values import (
    WORDS,
    ChosenPerson,
    Errors,
    FormReader,
    FormValues,
    id_in,
    is_typed,
    read_chosen_person,
)
from tracker.rules.audit.audit_log import AuditFilter, AuditLine
from tracker.rules.audit.verbs import AuditGroup
from tracker.rules.core.clean_text import csv_bytes
from tracker.rules.core.viewers import ID_BEGINNING, network_address
from tracker.rules.core.wording import local, short_day
from tracker.rules.events.markings import banner_of_all
from tracker.usecases import audit
from tracker.usecases.audit import AuditPage
from tracker.usecases.core import process_locks

COLUMNS = ("At (UTC)", "Who", "What", "Subject", "Subject id", "Facts", "By", "From", "Session or token", "Request")
AUDIT_PAGE = "/audit"
AUDIT_EXPORT = "/audit/export"
SYSTEM = "system"
FIELDS = ("who", "what", "about", "via", "from", "to")
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
_BEFORE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z)-([0-9]{1,6})")
_WORD = re.compile(r"[A-Za-z0-9-]{1,64}")
_MARK = re.compile(f"[0-9a-f]{{{ID_BEGINNING}}}")


class AuditQuery(Struct, frozen=True, kw_only=True):
    """The filter of an address, without invalid ids and places; its meaning, and which parts can't be read."""

    filter: dict[str, str]
    choice: AuditFilter
    is_first_page: bool
    errors: Errors

    @property
    def export(self) -> str:
        """Return the address of the same entries as a file."""
        return _address(AUDIT_EXPORT, self.filter)

    @property
    def newest(self) -> str:
        """Return the address of the newest entries of this filter."""
        return _address(AUDIT_PAGE, self.filter)

    def older(self, page: AuditPage) -> str:
        """Return the address of the entries after those of a page: by time, because a number would reveal gaps."""
        assert page.next_until is not None  # noqa: S101 - asked only when there are older ones
        at = page.next_until.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return _address(AUDIT_PAGE, {**self.filter, "before": f"{at}-{page.next_skip}"})

    def about(self, subject_id: str) -> str:
        """Return the address of all entries about one subject."""
        return _address(AUDIT_PAGE, {"about": subject_id})

    def via(self, place: str) -> str:
        """Return the address of all entries from one network address, or of one session or token."""
        return _address(AUDIT_PAGE, {"via": place})


@get("/audit", guards=[signed_in])
async def audit_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Page:
    """Show a page of the audit log; the address holds the filter, and names no one by words."""
    who = await _actor_in(viewer, params)
    if is_typed(params, "who") and not who.error:
        return Redirect(audit_query_in(params.but({"who": who.value}), zone).newest, status_code=303)
    shown = await _page_context(viewer, params, query_string, zone, now)
    return pages.render("audit/show.html", **shown, is_recent=False)


@post("/audit/verification", guards=[signed_in], status_code=200)
async def post_verification(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Page:
    """Verify every entry of the audit log and show the result."""
    verified = await audit.verify_log_for(viewer, now)
    shown = await _page_context(viewer, params, query_string, zone, now)
    return pages.render("audit/show.html", **shown | {"verification": verified}, is_recent=True)


@get("/audit/export", guards=[signed_in])
async def audit_export(viewer: Viewer, visit: Visit, params: Query, zone: Zone, now: Now) -> Page:
    """Return the entries of a filter as a file, after a recent confirmation; the export is an entry too."""
    asked = audit_query_in(params, zone)
    if first := first_reauthenticate(visit, asked.newest, now):
        return first
    entries = await audit.export_entries(viewer, asked.choice, asked.filter, now)
    headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    banner = banner_of_all(entry.marking for entry in entries if entry.marking)
    rows = [*([(banner,)] if banner else []), COLUMNS, *(_cells(entry) for entry in entries)]
    return Response(csv_bytes(rows), media_type="text/csv", headers=headers)


async def _page_context(
    viewer: Viewer, params: Query, query_string: QueryString, zone: str, now: Now
) -> dict[str, Any]:
    """Return the entries that were asked for and the form that asked for them."""
    who = await _actor_in(viewer, params)
    asked = audit_query_in(params.but({"who": who.value}), zone)
    await audit.note_reading(viewer, asked.filter, now)
    page, saved, verified = await together(
        audit.read_page(viewer, asked.choice),
        saved_in(viewer, query_string, "audit"),
        audit.last_verification_for(viewer),
    )
    return {
        "asked": asked,
        "found": page,
        "verification": verified,
        "moment": lambda at: moment_with_seconds(local(at, zone), local(now, zone).date()),
        "exact": lambda at: exact_time(local(at, zone)),
        "older": asked.older(page) if page.has_older else "",
        "who": who,
        "errors": Errors(({"who": who.error} if who.error else {}) | asked.errors),
        "groups": [("", "Anything"), *((group.value, group.label) for group in AuditGroup)],
        "typed": {name: asked.filter.get(name, "") for name in FIELDS},
        "is_filtered": bool(asked.filter),
        **saved,
    }


async def _actor_in(viewer: Viewer, params: Query) -> ChosenPerson:
    """Return by whom the log is filtered: a person, or the system."""
    typed = params[f"who{WORDS}"].strip().lower()
    if typed == SYSTEM or (params["who"] == SYSTEM and not is_typed(params, "who")):
        return ChosenPerson(value=SYSTEM, words=SYSTEM.capitalize())
    return await read_chosen_person(params, "who", audit.actors_for(viewer))


def moment_with_seconds(at: datetime, today: Today) -> str:
    """Return a local time with its seconds: "Tue, Dec 15, 9:00:00 AM"."""
    return f"{short_day(at, today)}, {_clock(at, f'{at.second:02d}')}"


def exact_time(at: datetime) -> str:
    """Return the time of day to the hundredth of a second, as CJIS AU-8 requires: "9:00:00.12 AM"."""
    return _clock(at, f"{at.second:02d}.{at.microsecond // 10_000:02d}")


def _clock(at: datetime, seconds: str) -> str:
    hour, half = at.hour % 12 or 12, "AM" if at.hour < 12 else "PM"  # noqa: PLR2004 - noon
    return f"{hour}:{at.minute:02d}:{seconds} {half}"


def _cells(entry: AuditLine) -> tuple[str, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = (entry.where, entry.origin.address, entry.origin.session, entry.origin.request)
    return (at, entry.actor, entry.words, entry.title, entry.subject_id, entry.said, *source)


def audit_query_in(query: FormValues, zone: str) -> AuditQuery:
    """Return the query of an address; unknown values are ignored, invalid days are reported."""
    reader = FormReader(query)
    first, last = reader.day("from"), reader.day("to")
    if first and last and last < first:
        reader.refuse("to", "The last day is before the first.")
    before = _before(query["before"])
    subject_id = query["about"] if _WORD.fullmatch(query["about"]) else ""
    # A network address, or the prefix of a session or token, as the audit log keeps it.
    via = network_address(query["via"]) or (query["via"] if _MARK.fullmatch(query["via"]) else "")
    readable = query.but({"about": subject_id, "via": via})
    since = _midnight(first, zone) if first else FIRST
    until = _midnight(last + timedelta(days=1), zone) - timedelta(microseconds=1) if last else LAST
    return AuditQuery(
        filter={name: text for name in FIELDS if (text := readable[name])},
        choice=AuditFilter(
            since=since,
            until=min(before[0], until) if before else until,
            skip=before[1] if before else 0,
            actor_id=id_in(query["who"]),
            only_system=query["who"] == SYSTEM,
            group=AuditGroup.known(query["what"]),
            subject_id=subject_id,
            via=via,
        ),
        is_first_page=before is None,
        errors=Errors(reader.wrong),
    )


def _before(text: str) -> tuple[datetime, int] | None:
    match = _BEFORE.fullmatch(text)
    if not match:
        return None
    try:
        return datetime.fromisoformat(match[1]), int(match[2])
    except ValueError:
        return None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _address(path: str, asked: dict[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


HOME = "/"
RESUMED = "Sending has resumed. Outdated messages are not sent."


@post("/sending", guards=[signed_in], status_code=303)
async def post_sending(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
    """Allow it to send. Errors: NotFound for people who do not manage accounts."""
    if not viewer.manages_accounts:
        raise NotFound
    if first := first_reauthenticate(visit, HOME, now):
        return first
    was_held = await process_locks.release_sending(viewer, now)
    return pages.redirect(HOME, RESUMED if was_held else "")
