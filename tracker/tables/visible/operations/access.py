"""Who may see an operation, by grants and in an emergency; and its service-readiness notice."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.database.sql_list import sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event
from tracker.rules.operations.access import Dissemination, EmergencyOpened, Grant
from tracker.rules.operations.readiness import LedNotice, Notice
from tracker.rules.roster.sites import PublicSite
from tracker.tables.visible.core.rows import Row, rows, rows_as, with_agency
from tracker.tables.visible.events.events import LINE, line_in

_COLUMNS = (
    f"g.id AS grant_id, g.member AS member_id, {with_agency('m', 'a')} AS person, g.giver AS giver_id,"
    f" {with_agency('v', 'va')} AS giver, g.reason, g.requested_at, g.granted_at,"
    f" COALESCE({with_agency('s', 'sa')}, '') AS approver, g.until, g.ended_at,"
    f" COALESCE({with_agency('x', 'xa')}, '') AS ended_by"
)
# CROSS JOIN keeps SQLite at the few grants: it would go through all events to which the viewer is invited.
_FROM = (
    " FROM operation_grant g CROSS JOIN event e"
    " JOIN member m ON m.id = g.member JOIN agency a ON a.id = m.agency"
    " JOIN member v ON v.id = g.giver JOIN agency va ON va.id = v.agency"
    " LEFT JOIN member s ON s.id = g.approver LEFT JOIN agency sa ON sa.id = s.agency"
    " LEFT JOIN member x ON x.id = g.ended_by LEFT JOIN agency xa ON xa.id = x.agency"
)
_GRANTS = (
    f"SELECT {_COLUMNS}{_FROM} WHERE MAY_SEE(e) AND e.id = g.event AND g.event = {{}} ORDER BY g.requested_at, g.id"
)
# A person put on the list by a change of the event was put there by the person who made it at that moment.
_LISTED = (
    f"SELECT i.member AS member_id, {with_agency('m', 'a')} AS person, COALESCE(i.again_at, i.added_at) AS since,"
    f" COALESCE({with_agency('b', 'ba')}, '') AS giver FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency a ON a.id = m.agency"
    " LEFT JOIN member b ON b.id = (SELECT c.actor FROM event_change c"
    " WHERE c.event = e.id AND c.at = COALESCE(i.again_at, i.added_at) LIMIT 1)"
    " LEFT JOIN agency ba ON ba.id = b.agency"
    " WHERE MAY_SEE(e) AND i.event = {} AND i.withdrawn_at IS NULL ORDER BY a.code, m.name, i.member"
)
_WAITING = (
    f"{LINE}, {_COLUMNS}{_FROM} JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e) AND e.id = g.event"
    " AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL)"
    " AND NOT o.is_canceled AND e.status <> 'canceled'"
    " AND g.granted_at IS NULL AND g.ended_at IS NULL AND EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id)"
    " ORDER BY o.starts_at, g.requested_at, g.id"
)


class ListedPerson(Struct, frozen=True, kw_only=True):
    """A person on the list of an operation."""

    member_id: UUID
    person: str
    since: datetime
    giver: str
    """Who put them on the list by a change; empty when they were on it from the beginning."""


async def access_grants(viewer: Viewer, event: Event) -> list[Grant]:
    """Return every access that was requested or given, oldest first."""
    return [_grant(row) for row in await rows(_GRANTS, viewer, "", event.id)]


async def waiting_grants(viewer: Viewer) -> list[tuple[DateLine, Grant]]:
    """Return the requests for access to operations on whose list the viewer is, by operation, soonest first.

    While an operation is canceled, its requests wait for no one.
    """
    return [(line_in(row), _grant(row)) for row in await rows(_WAITING, viewer, "", viewer.member_id)]


async def listed_people(viewer: Viewer, event: Event) -> list[ListedPerson]:
    """Return everyone on the list of an operation, by agency."""
    return await rows_as(ListedPerson, _LISTED, viewer, "", event.id)


def _grant(row: Row) -> Grant:
    return msgspec.convert({**row, "id": row["grant_id"]}, Grant, strict=False)


_OPENED = (
    f"SELECT {with_agency('m', 'a')} AS person, x.reason, y.opened_at, COALESCE(x.ended_at, x.until) AS until"
    " FROM emergency_opening y JOIN emergency_access x ON x.id = y.access JOIN event e ON e.id = y.event"
    " JOIN member m ON m.id = x.member JOIN agency a ON a.id = m.agency"
    " WHERE MAY_SEE(e) AND y.event = {} ORDER BY y.opened_at DESC, y.id"
)


async def emergency_openings(viewer: Viewer, event: Event) -> list[EmergencyOpened]:
    """Return every opening of an operation, the latest first."""
    return await rows_as(EmergencyOpened, _OPENED, viewer, "", event.id)


_READS = (
    "SELECT t.actor AS member_id, t.source AS outlet, t.at, t.facts FROM audit_entry t JOIN event e ON e.id = {}"
    " WHERE t.subject = 'event' AND t.subject_id = {} AND t.verb = 'read' AND t.actor <> '' AND MAY_SEE(e)"
)
_EMAILS = (
    "SELECT m.recipient AS member_id, 'email' AS outlet, m.sent_at AS at, m.event_version AS version"
    " FROM message m JOIN event e ON e.id = m.event"
    " WHERE m.state = 'sent' AND m.kind IN ({}) AND e.id = {} AND MAY_SEE(e)"
)
_COPIES = (
    "SELECT b.issued_to AS member_id, 'print' AS outlet, b.issued_at AS at, t.facts"
    " FROM brief_copy b JOIN occurrence o ON o.id = b.occurrence JOIN event e ON e.id = o.event"
    " LEFT JOIN audit_entry t ON t.verb = 'brief_printed' AND t.subject_id = {} AND t.at = b.issued_at"
    " WHERE o.id = {} AND MAY_SEE(e)"
)
ABOUT_IT = (
    MessageKind.INVITATION,
    MessageKind.UPDATE,
    MessageKind.CANCELLATION,
    MessageKind.SUBSTITUTE,
    MessageKind.SUBSTITUTE_DECLINED,
    MessageKind.REMINDER,
    MessageKind.NO_REPLY,
)
"""The kinds of email that are about the event itself."""


async def disseminations(viewer: Viewer, event: Event, occurrence_id: UUID) -> list[Dissemination]:
    """Return what was recorded, without names; `occurrence_id` is the date of the operation."""
    kinds = sql_list([message_kind.value for message_kind in ABOUT_IT])
    reads = await rows(_READS, viewer, "", event.id, str(event.id))
    emails = await rows(_EMAILS, viewer, "", kinds, event.id)
    copies = await rows(_COPIES, viewer, "", str(occurrence_id), occurrence_id)
    given = [
        {"version": None, **json.loads(row.get("facts") or "{}"), **row, "person": ""}
        for row in [*reads, *emails, *copies]
    ]
    return msgspec.convert(given, list[Dissemination], strict=False)


_NOTICES = (
    "SELECT n.id, n.state, n.starts_at, n.ends_at, n.fewest, n.most, n.languages, n.minors, n.needs, n.place,"
    " n.contact, n.release_at, n.released_at FROM operation_readiness r JOIN readiness_notice n ON n.id = r.notice"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_CURRENT_FIRST = (
    " AND p.event = {} ORDER BY CASE WHEN n.state IN ('stood_down', 'closed') THEN 1 ELSE 0 END, r.made_at DESC, r.id"
)
_RECIPIENTS = (
    "SELECT t.notice, t.member AS id, m.name, g.code AS agency, t.acknowledged_at FROM operation_readiness r"
    " JOIN readiness_recipient t ON t.notice = r.notice JOIN member m ON m.id = t.member"
    " JOIN agency g ON g.id = m.agency JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)

_GIVEN = (
    "SELECT n.id, n.uid, n.state, n.starts_at, n.ends_at, n.fewest, n.most, n.languages, n.minors, n.needs, n.place,"
    " n.contact, n.released_at, n.changed_at, n.sequence, t.acknowledged_at FROM readiness_recipient t"
    " JOIN readiness_notice n ON n.id = t.notice WHERE IS_GIVEN(t) AND n.released_at IS NOT NULL"
)


async def notices_of(viewer: Viewer, event: Event) -> list[LedNotice]:
    """Return the notices of an operation that the viewer may see: the current one first, then the latest."""
    records = await rows(_NOTICES, viewer, _CURRENT_FIRST, event.id)
    recipients: dict[UUID, list[Row]] = {row["id"]: [] for row in records}
    for row in await rows(_RECIPIENTS, viewer, " AND p.event = {} ORDER BY g.code, m.name, m.id", event.id):
        recipients[row["notice"]].append(row)
    notices = [{**row, "text": row, "recipients": recipients[row["id"]]} for row in records]
    return msgspec.convert(notices, list[LedNotice], strict=False)


async def given_notice(viewer: Viewer, notice_id: UUID) -> Notice | None:
    """Return a notice that was released to the viewer; None for any other, and before its release."""
    return next(iter(await _given_notice(viewer, " AND n.id = {}", notice_id)), None)


async def given_notices(viewer: Viewer) -> list[Notice]:
    """Return the notices that were released to the viewer, by their window."""
    return await _given_notice(viewer, " ORDER BY n.starts_at")


async def _given_notice(viewer: Viewer, which: str, *arguments: Any) -> list[Notice]:
    notices = [{**row, "text": row} for row in await rows(_GIVEN, viewer, which, *arguments)]
    return msgspec.convert(notices, list[Notice], strict=False)


_OFF_SITE = (
    "SELECT s.id, s.name, g.code AS agency FROM operation_off_site o JOIN confidential_site s ON s.id = o.site"
    " JOIN agency g ON g.id = s.agency JOIN operation_plan p ON p.id = o.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)


async def off_site_places(viewer: Viewer, event: Event) -> list[PublicSite]:
    """Return where an operation has off-site services, by public name."""
    return await rows_as(PublicSite, _OFF_SITE, viewer, " AND p.event = {} ORDER BY s.name", event.id)
