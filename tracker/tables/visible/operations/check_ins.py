"""The day of an operation for people on it: check-ins, the activity log, briefs, and after-action items."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event, Occurrence
from tracker.rules.operations.activity_log import EnteredState, EntryVersion, SideDecision
from tracker.rules.operations.after_actions import AfterActionItem, Edition, HotWashRecord, LessonLearned
from tracker.rules.operations.briefs import NumberedCopy, OperationContact
from tracker.rules.operations.check_ins import OPENS_BEFORE, CheckIn, CheckInDay, Release
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.states import OperationState
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line_in
from tracker.tables.visible.operations.plans import OF_THEIR_PLAN, PLANNED_DATES

# Victim services are not expected at an operation: they have no line, also when they are on it.
_EXPECTED = (
    "SELECT i.member, m.name, m.phone, CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile, m.agency,"
    " g.code FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    f" WHERE MAY_SEE(e) AND i.withdrawn_at IS NULL AND g.arm = 'law_enforcement' AND {TAKES_PART}"
)
_RECORDED = (
    "SELECT c.id, c.person, c.member, c.guest, c.guest_agency, c.agency, c.contact, c.assignment, c.time_in,"
    " c.time_out, c.tapped_at, c.replaced_by, m.name, g.code, w.name AS writer, v.code AS writer_agency"
    " FROM operation_check_in c JOIN operation_plan p ON p.id = c.plan JOIN event e ON e.id = p.event"
    " JOIN member w ON w.id = c.recorded_by JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member m ON m.id = c.member LEFT JOIN agency g ON g.id = c.agency WHERE MAY_SEE(e)"
)
_STEP = " AND e.id = {} AND ((c.id = {} AND c.recorded_by = {} AND c.replaced_by IS NULL) OR c.replaced_by = {})"


async def expected_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the people of law enforcement on an operation, each as a line about which nothing is recorded."""
    records = await rows(_EXPECTED, viewer, " AND e.id = {}", event.id)
    return [
        CheckIn(
            person_id=row["member"],
            member_id=row["member"],
            name=row["name"],
            agency_id=row["agency"],
            agency=row["code"],
            contact=row["mobile"] or row["phone"],
        )
        for row in records
    ]


async def recorded_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the lines that count."""
    records = await rows(_RECORDED, viewer, " AND e.id = {} AND c.replaced_by IS NULL", event.id)
    return [_line(row) for row in records]


async def is_tap_recorded(viewer: Viewer, event: Event, row_id: UUID) -> bool:
    """Return whether a tap was recorded already, also when a later one replaced it."""
    return bool(await rows(_RECORDED, viewer, " AND e.id = {} AND c.id = {}", event.id, row_id))


async def last_line_by(viewer: Viewer, event: Event, row_id: UUID) -> tuple[CheckIn, CheckIn | None] | None:
    """Return a line that the viewer recorded and that still counts, with the one that it replaced."""
    records = await rows(_RECORDED, viewer, _STEP, event.id, row_id, viewer.member_id, row_id)
    lines = {row["id"]: _line(row) for row in records}
    check_in = lines.pop(row_id, None)
    return (check_in, next(iter(lines.values()), None)) if check_in else None


def _line(row: Row) -> CheckIn:
    return CheckIn(
        id=row["id"],
        person_id=row["person"],
        member_id=row["member"],
        name=row["name"] or row["guest"],
        agency_id=row["agency"],
        agency=row["code"] or row["guest_agency"],
        contact=row["contact"],
        assignment=row["assignment"],
        time_in=row["time_in"],
        time_out=row["time_out"],
        tapped_at=row["tapped_at"],
        by=f"{row['writer']} ({row['writer_agency']})",
    )


_RELEASE = (
    "SELECT r.ordered_at, r.wait_minutes, m.name, g.code FROM operation_release r"
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
    records = await rows(_RELEASE, viewer, " AND e.id = {}", event.id)
    return next(
        (
            Release(
                ordered_at=row["ordered_at"],
                by=f"{row['name']} ({row['code']})",
                wait=timedelta(minutes=row["wait_minutes"]),
            )
            for row in records
        ),
        None,
    )


async def overdue_check_outs(viewer: Viewer, now: datetime) -> dict[UUID, list[str]]:
    """Return, by the date of the operation, the names of people who haven't checked out in time after a release."""
    found: dict[UUID, list[str]] = {}
    for row in await rows(_STILL_IN, viewer, " ORDER BY g.code, name"):
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now:
            found.setdefault(row["id"], []).append(f"{row['name']} ({row['agency']})")
    return found


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
        CheckInDay(line=line_in(row), state=OperationState(row["state"]), is_on_it=row["invitation"] is not None)
        for row in records
    ]


_WRITTEN = (
    "SELECT l.id, l.entry, l.happened_at, l.text, l.written_by, l.written_at, m.name, g.code FROM operation_log_entry l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = l.written_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_STATES = (
    "SELECT s.was, s.state, s.entered_at, m.name, g.code FROM operation_state_change s"
    " JOIN operation_plan p ON p.id = s.plan JOIN event e ON e.id = p.event"
    " LEFT JOIN member m ON m.id = s.entered_by LEFT JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
# A deed enters two states at most: planning, and then draft.
_IN_ORDER = " AND e.id = {} ORDER BY s.entered_at, s.state DESC"
_DECIDED = (
    "SELECT d.hit, d.decided_at, d.decision, d.reason, d.replaced_at, m.name, g.code FROM hit_decision d"
    " JOIN operation_plan p ON p.id = d.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = d.decided_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def entry_versions(viewer: Viewer, event: Event) -> list[EntryVersion]:
    """Return every version of every entry."""
    return [
        EntryVersion(
            id=row["id"],
            entry_id=row["entry"],
            at=row["happened_at"],
            text=row["text"],
            by=f"{row['name']} ({row['code']})",
            by_id=row["written_by"],
            written_at=row["written_at"],
        )
        for row in await rows(_WRITTEN, viewer, " AND e.id = {}", event.id)
    ]


async def entered_states(viewer: Viewer, event: Event) -> list[EnteredState]:
    """Return when the operation entered its states, and who took it there."""
    records = await rows(_STATES, viewer, _IN_ORDER, event.id)
    return [
        EnteredState(
            at=row["entered_at"],
            was=OperationState(row["was"]),
            state=OperationState(row["state"]),
            by=f"{row['name']} ({row['code']})" if row["name"] else "",
        )
        for row in records
    ]


async def side_decisions(viewer: Viewer, event: Event) -> list[SideDecision]:
    """Return what the operation's side decided about its conflicts, oldest first; also what it decided differently."""
    return [
        SideDecision(
            hit_id=row["hit"],
            at=row["decided_at"],
            decision=Decision(row["decision"]),
            reason=row["reason"],
            by=f"{row['name']} ({row['code']})",
            replaced_at=row["replaced_at"],
        )
        for row in await rows(_DECIDED, viewer, " AND e.id = {} ORDER BY d.decided_at, d.id", event.id)
    ]


_COPIES = (
    "SELECT c.number, c.version, c.issued_at, c.issued_to, m.name, g.code, b.name AS by_name, h.code AS by_code"
    " FROM brief_copy c"
    " JOIN occurrence o ON o.id = c.occurrence JOIN event e ON e.id = o.event"
    " JOIN member m ON m.id = c.issued_to JOIN agency g ON g.id = m.agency"
    " JOIN member b ON b.id = c.issued_by JOIN agency h ON h.id = b.agency WHERE MAY_SEE(e)"
)


async def brief_copies(viewer: Viewer, occurrence: Occurrence) -> list[NumberedCopy]:
    """Return the copies that were issued, by number."""
    return [_copy(row) for row in await rows(_COPIES, viewer, " AND o.id = {} ORDER BY c.number", occurrence.id)]


def _copy(row: Row) -> NumberedCopy:
    return NumberedCopy(
        number=row["number"],
        version=row["version"],
        issued_to_id=row["issued_to"],
        issued_at=row["issued_at"],
        issued_to=f"{row['name']} ({row['code']})",
        issued_by=f"{row['by_name']} ({row['by_code']})",
    )


_CONTACTS = (
    "SELECT m.name, g.code, m.phone, CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile,"
    " CASE WHEN m.id = e.lead THEN 1 ELSE 0 END AS leads, CASE WHEN m.id = p.supervisor THEN 1 ELSE 0 END AS approves,"
    " x.code AS speaks_for FROM operation_plan p JOIN event e ON e.id = p.event JOIN member m ON m.id = e.lead"
    " OR m.id = p.supervisor OR m.id IN (SELECT c.acknowledged_by FROM operation_agency c WHERE c.plan = p.id)"
    " JOIN agency g ON g.id = m.agency LEFT JOIN operation_agency a ON a.plan = p.id AND a.acknowledged_by = m.id"
    " LEFT JOIN agency x ON x.id = a.agency WHERE MAY_SEE(e) AND (m.id = e.lead OR EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL))"
)
_LEAD_FIRST = " AND e.id = {} ORDER BY leads DESC, approves DESC, x.code, m.name"


async def operation_contacts(viewer: Viewer, event: Event) -> list[OperationContact]:
    """Return who leads an operation, who approves it, and who acknowledged its plan for their agency.

    People who were taken off the operation since are left out: no one should talk to them about it.
    """
    return [
        OperationContact(
            name=f"{row['name']} ({row['code']})",
            phone=row["phone"],
            mobile=row["mobile"],
            leads=bool(row["leads"]),
            approves=bool(row["approves"]),
            speaks_for=row["speaks_for"] or "",
        )
        for row in await rows(_CONTACTS, viewer, _LEAD_FIRST, event.id)
    ]


_HOT_WASH = (
    "SELECT h.went_well, h.to_improve, h.version, m.name, g.code, h.saved_at FROM hot_wash h"
    " JOIN operation_plan p ON p.id = h.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = h.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)

_ACTIONS = (
    "SELECT a.id, a.title, a.item FROM after_action a JOIN operation_plan p ON p.id = a.plan"
    " JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_OF_ITEM = (
    f"{LINE} FROM after_action a JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)


async def hot_wash(viewer: Viewer, event: Event) -> HotWashRecord | None:
    """Return the hot wash of an operation; None before it is written."""
    records = await rows(_HOT_WASH, viewer, " AND p.event = {}", event.id)
    if not records:
        return None
    row = records[0]
    return HotWashRecord(
        went_well=row["went_well"],
        to_improve=row["to_improve"],
        version=row["version"],
        saved_by=f"{row['name']} ({row['code']})",
        saved_at=row["saved_at"],
    )


async def after_action_items(viewer: Viewer, event: Event) -> list[AfterActionItem]:
    """Return the after-action items of an operation, the first that was added first."""
    records = await rows(_ACTIONS, viewer, " AND p.event = {} ORDER BY a.added_at, a.title, a.id", event.id)
    return [AfterActionItem(id=row["id"], title=row["title"], item_id=row["item"]) for row in records]


async def operation_of_item(viewer: Viewer, item_id: UUID) -> DateLine | None:
    """Return the operation after which an action item was given out; None when it's another or not for this viewer."""
    records = await rows(_OF_ITEM, viewer, " AND a.item = {}", item_id)
    return line_in(records[0]) if records else None


_LESSONS = (
    "SELECT l.id, l.text, l.edition_title, l.edition_text, l.version, l.released FROM lesson l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)


async def operation_lessons(viewer: Viewer, event: Event) -> list[LessonLearned]:
    """Return the lessons of an operation, the first that was added first."""
    records = await rows(_LESSONS, viewer, " AND p.event = {} ORDER BY l.added_at, l.id", event.id)
    return [
        LessonLearned(
            id=row["id"],
            text=row["text"],
            edition=Edition(title=row["edition_title"], text=row["edition_text"]),
            version=row["version"],
            released_id=row["released"],
        )
        for row in records
    ]
