"""The day of an operation and who may see it: check-ins, log, briefs, after-action items, grants, readiness notices."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.database.queries import sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event, Occurrence
from tracker.rules.operations.access import Dissemination, EmergencyOpened, Grant
from tracker.rules.operations.check_ins import OPENS_BEFORE, CheckIn, CheckInDay, Release
from tracker.rules.operations.orders import NumberedCopy, OperationContact
from tracker.rules.operations.readiness import LedNotice, Notice
from tracker.rules.operations.records import (
    AfterActionItem,
    EnteredState,
    EntryVersion,
    HotWashRecord,
    LessonLearned,
    SideDecision,
)
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.meetings import PublicSite
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core import Row, rows, rows_as, with_agency
from tracker.tables.visible.events.events import LINE, date_line_of
from tracker.tables.visible.operations.plans import OF_THEIR_PLAN, PLANNED_DATES

# Victim services are not expected at an operation: they have no line, also when they are on it.
_EXPECTED = (
    "SELECT i.member AS person_id, i.member AS member_id, m.name, m.agency AS agency_id, g.code AS agency,"
    " CASE WHEN m.is_mobile_private OR m.mobile = '' THEN m.phone ELSE m.mobile END AS contact"
    " FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    f" WHERE MAY_SEE(e) AND i.withdrawn_at IS NULL AND g.arm = 'law_enforcement' AND {TAKES_PART}"
)
_RECORDED = (
    "SELECT c.id, c.person AS person_id, c.member AS member_id, COALESCE(m.name, c.guest) AS name,"
    " c.agency AS agency_id, COALESCE(g.code, c.guest_agency) AS agency, c.contact, c.assignment, c.time_in,"
    f" c.time_out, c.tapped_at, {with_agency('w', 'v')} AS by"
    " FROM operation_check_in c JOIN operation_plan p ON p.id = c.plan JOIN event e ON e.id = p.event"
    " JOIN member w ON w.id = c.recorded_by JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member m ON m.id = c.member LEFT JOIN agency g ON g.id = c.agency WHERE MAY_SEE(e)"
)
_STEP = " AND e.id = {} AND ((c.id = {} AND c.recorded_by = {} AND c.replaced_by IS NULL) OR c.replaced_by = {})"


async def expected_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the people of law enforcement on an operation, each as a line about which nothing is recorded."""
    return await rows_as(CheckIn, _EXPECTED, viewer, " AND e.id = {}", event.id)


async def recorded_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the lines that count."""
    return await rows_as(CheckIn, _RECORDED, viewer, " AND e.id = {} AND c.replaced_by IS NULL", event.id)


async def is_tap_recorded(viewer: Viewer, event: Event, row_id: UUID) -> bool:
    """Return whether a tap was recorded already, also when a later one replaced it."""
    return bool(await rows(_RECORDED, viewer, " AND e.id = {} AND c.id = {}", event.id, row_id))


async def last_line_by(viewer: Viewer, event: Event, row_id: UUID) -> tuple[CheckIn, CheckIn | None] | None:
    """Return a line that the viewer recorded and that still counts, with the one that it replaced."""
    recorded = await rows_as(CheckIn, _RECORDED, viewer, _STEP, event.id, row_id, viewer.member_id, row_id)
    lines = {check_in.id: check_in for check_in in recorded}
    check_in = lines.pop(row_id, None)
    return (check_in, next(iter(lines.values()), None)) if check_in else None


_RELEASE = (
    f"SELECT r.ordered_at, {with_agency('m', 'g')} AS by, r.wait_minutes * 60 AS wait FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = r.ordered_by JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e) AND r.withdrawn_at IS NULL"
)
_STILL_IN = (
    "SELECT o.id, r.ordered_at, r.wait_minutes, COALESCE(m.name, c.guest) AS name,"
    " COALESCE(g.code, c.guest_agency) AS agency FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " JOIN operation_check_in c ON c.plan = p.id LEFT JOIN member m ON m.id = c.member"
    " LEFT JOIN agency g ON g.id = c.agency WHERE MAY_SEE(e) AND r.withdrawn_at IS NULL"
    " AND p.state IN ('executing', 'aborted') AND c.replaced_by IS NULL AND c.time_in IS NOT NULL"
    " AND c.time_out IS NULL"
)


async def release_of(viewer: Viewer, event: Event) -> Release | None:
    """Return the release of everyone on an operation, if it was ordered and not withdrawn."""
    return next(iter(await rows_as(Release, _RELEASE, viewer, " AND e.id = {}", event.id)), None)


async def overdue_check_outs(viewer: Viewer, now: datetime) -> dict[UUID, list[str]]:
    """Return, by the date of the operation, the names of people who haven't checked out in time after a release."""
    overdue: dict[UUID, list[str]] = {}
    for row in await rows(_STILL_IN, viewer, " ORDER BY g.code, name"):
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now:
            overdue.setdefault(row["id"], []).append(f"{row['name']} ({row['agency']})")
    return overdue


_DAYS = (
    f"{LINE}, p.state, i.id AS invitation FROM {PLANNED_DATES}"
    f" LEFT JOIN invitation i ON i.event = e.id AND i.member = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
    f" WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_UNDER_WAY = (
    " AND o.starts_at <= {} AND (o.ends_at > {} OR p.state = 'executing') AND p.state <> 'draft'"
    " AND NOT o.is_canceled AND e.status <> 'canceled' ORDER BY o.starts_at, o.id"
)


async def check_in_days(viewer: Viewer, now: datetime) -> list[CheckInDay]:
    """Return the operations that are planned and whose check-in has opened, until they are over, soonest first."""
    latest_start = now + OPENS_BEFORE
    records = await rows(_DAYS, viewer, _UNDER_WAY, viewer.member_id, latest_start, now)
    return [
        CheckInDay(line=date_line_of(row), state=OperationState(row["state"]), is_on_it=row["invitation"] is not None)
        for row in records
    ]


_WRITTEN = (
    f"SELECT l.id, l.entry AS entry_id, l.happened_at AS at, l.text, {with_agency('m', 'g')} AS by,"
    " l.written_by AS by_id, l.written_at FROM operation_log_entry l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = l.written_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_STATES = (
    f"SELECT s.entered_at AS at, s.was, s.state, COALESCE({with_agency('m', 'g')}, '') AS by"
    " FROM operation_state_change s"
    " JOIN operation_plan p ON p.id = s.plan JOIN event e ON e.id = p.event"
    " LEFT JOIN member m ON m.id = s.entered_by LEFT JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
# A deed enters two states at most: planning, and then draft.
_IN_ORDER = " AND e.id = {} ORDER BY s.entered_at, s.state DESC"
_DECIDED = (
    f"SELECT d.hit AS hit_id, d.decided_at AS at, d.decision, d.reason, {with_agency('m', 'g')} AS by, d.replaced_at"
    " FROM hit_decision d"
    " JOIN operation_plan p ON p.id = d.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = d.decided_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def entry_versions(viewer: Viewer, event: Event) -> list[EntryVersion]:
    """Return every version of every entry."""
    return await rows_as(EntryVersion, _WRITTEN, viewer, " AND e.id = {}", event.id)


async def entered_states(viewer: Viewer, event: Event) -> list[EnteredState]:
    """Return when the operation entered its states, and who took it there."""
    return await rows_as(EnteredState, _STATES, viewer, _IN_ORDER, event.id)


async def side_decisions(viewer: Viewer, event: Event) -> list[SideDecision]:
    """Return what the operation's side decided about its conflicts, oldest first; also what it decided differently."""
    return await rows_as(SideDecision, _DECIDED, viewer, " AND e.id = {} ORDER BY d.decided_at, d.id", event.id)


_COPIES = (
    f"SELECT c.number, c.version, c.issued_at, c.issued_to AS issued_to_id, {with_agency('m', 'g')} AS issued_to,"
    f" {with_agency('b', 'h')} AS issued_by FROM brief_copy c"
    " JOIN occurrence o ON o.id = c.occurrence JOIN event e ON e.id = o.event"
    " JOIN member m ON m.id = c.issued_to JOIN agency g ON g.id = m.agency"
    " JOIN member b ON b.id = c.issued_by JOIN agency h ON h.id = b.agency WHERE MAY_SEE(e)"
)


async def brief_copies(viewer: Viewer, occurrence: Occurrence) -> list[NumberedCopy]:
    """Return the copies that were issued, by number."""
    return await rows_as(NumberedCopy, _COPIES, viewer, " AND o.id = {} ORDER BY c.number", occurrence.id)


_CONTACTS = (
    f"SELECT {with_agency('m', 'g')} AS name, m.phone,"
    " CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile,"
    " CASE WHEN m.id = e.lead THEN 1 ELSE 0 END AS leads, CASE WHEN m.id = p.supervisor THEN 1 ELSE 0 END AS approves,"
    " COALESCE(x.code, '') AS speaks_for FROM operation_plan p JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = e.lead OR m.id = p.supervisor"
    " OR m.id IN (SELECT c.acknowledged_by FROM operation_agency c WHERE c.plan = p.id)"
    " JOIN agency g ON g.id = m.agency LEFT JOIN operation_agency a ON a.plan = p.id AND a.acknowledged_by = m.id"
    " LEFT JOIN agency x ON x.id = a.agency WHERE MAY_SEE(e) AND (m.id = e.lead OR EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL))"
)
_LEAD_FIRST = " AND e.id = {} ORDER BY leads DESC, approves DESC, x.code, m.name"


async def operation_contacts(viewer: Viewer, event: Event) -> list[OperationContact]:
    """Return who leads an operation, who approves it, and who acknowledged its plan for their agency.

    People who were taken off the operation since are left out: no one should talk to them about it.
    """
    return await rows_as(OperationContact, _CONTACTS, viewer, _LEAD_FIRST, event.id)


_HOT_WASH = (
    f"SELECT h.went_well, h.to_improve, h.version, {with_agency('m', 'g')} AS saved_by, h.saved_at FROM hot_wash h"
    " JOIN operation_plan p ON p.id = h.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = h.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)

_ACTIONS = (
    "SELECT a.id, a.title, a.item AS item_id FROM after_action a JOIN operation_plan p ON p.id = a.plan"
    " JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_OF_ITEM = (
    f"{LINE} FROM after_action a JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)


async def hot_wash(viewer: Viewer, event: Event) -> HotWashRecord | None:
    """Return the hot wash of an operation; None before it is written."""
    return next(iter(await rows_as(HotWashRecord, _HOT_WASH, viewer, " AND p.event = {}", event.id)), None)


async def after_action_items(viewer: Viewer, event: Event) -> list[AfterActionItem]:
    """Return the after-action items of an operation, the first that was added first."""
    tail = " AND p.event = {} ORDER BY a.added_at, a.title, a.id"
    return await rows_as(AfterActionItem, _ACTIONS, viewer, tail, event.id)


async def operation_of_item(viewer: Viewer, item_id: UUID) -> DateLine | None:
    """Return the operation after which an action item was given out; None when it's another or not for this viewer."""
    records = await rows(_OF_ITEM, viewer, " AND a.item = {}", item_id)
    return date_line_of(records[0]) if records else None


_LESSONS = (
    "SELECT l.id, l.text, l.edition_title, l.edition_text, l.version, l.released AS released_id FROM lesson l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)


async def operation_lessons(viewer: Viewer, event: Event) -> list[LessonLearned]:
    """Return the lessons of an operation, the first that was added first."""
    records = await rows(_LESSONS, viewer, " AND p.event = {} ORDER BY l.added_at, l.id", event.id)
    lessons = [{**row, "edition": {"title": row["edition_title"], "text": row["edition_text"]}} for row in records]
    return msgspec.convert(lessons, list[LessonLearned], strict=False)


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
    return [(date_line_of(row), _grant(row)) for row in await rows(_WAITING, viewer, "", viewer.member_id)]


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
_PRINTED = (
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
    copies = await rows(_PRINTED, viewer, "", str(occurrence_id), occurrence_id)
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

_GIVEN_NOTICES = (
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
    notices = [{**row, "text": row} for row in await rows(_GIVEN_NOTICES, viewer, which, *arguments)]
    return msgspec.convert(notices, list[Notice], strict=False)


_OFF_SITE = (
    "SELECT s.id, s.name, g.code AS agency FROM operation_off_site o JOIN confidential_site s ON s.id = o.site"
    " JOIN agency g ON g.id = s.agency JOIN operation_plan p ON p.id = o.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)


async def off_site_places(viewer: Viewer, event: Event) -> list[PublicSite]:
    """Return where an operation has off-site services, by public name."""
    return await rows_as(PublicSite, _OFF_SITE, viewer, " AND p.event = {} ORDER BY s.name", event.id)
