"""Roll call, attendance sheets and printouts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.database import together
from tracker.database.queries import id_list, sql_list, wanted_ids
from tracker.rules.attendance import MarkCorrection, QuorumOfRecord, RecordedMark
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import (
    AttendeeRole,
    Informed,
    Participant,
    Reply,
    ReplyValue,
    earlier_reply,
    effective_reply,
    last_responded_at,
    notes_apart,
    released_by_replies,
)
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core import Row, rows, rows_as, with_agency
from tracker.tables.visible.events.replies import GIVEN, GIVEN_BY

WAS_INVITED = (
    f"{TAKES_PART} AND (i.added_at <= o.ends_at OR i.added_at <= e.created_at)"
    " AND (i.withdrawn_at IS NULL OR i.withdrawn_at > o.starts_at"
    " OR EXISTS (SELECT 1 FROM attendance_mark z WHERE z.occurrence = o.id AND z.member = i.member"
    " AND z.status <> 'cleared' AND z.recorded_at <= i.withdrawn_at))"
    " AND (i.again_at IS NULL OR NOT EXISTS (SELECT 1 FROM invitation_gap z WHERE z.invitation = i.id"
    " AND z.withdrawn_at <= o.starts_at AND z.again_at > o.ends_at))"
)
"""Whether invitation `i` of event `e` counts for date `o`.

The person is expected to come. It was made with the event, or before the date was over, and was not withdrawn before
the date began. It also counts if the person was marked before it was withdrawn. It does not count for dates that began
and ended while the person was off the list (only people who were invited again have such a gap, so that no other
invitation is looked up among the gaps). So people who join or leave a series, or come back, do not change its past.
"""
_INVITED = (
    "SELECT i.id AS invitation_id, i.member AS member_id, m.name, m.agency AS agency_id, g.code AS agency, g.arm,"
    " i.role FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN occurrence o ON o.event = e.id JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e)"
)
_INFORMED = (
    "SELECT i.member AS member_id, m.name, g.code AS agency, g.arm FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_ROLES = "SELECT i.member, i.role FROM invitation i JOIN event e ON e.id = i.event WHERE MAY_SEE(e)"
_REPLIES = (
    f"SELECT a.invitation, {GIVEN}, s.name AS substitute_name, t.id AS substitute_agency_id,"
    " t.code AS substitute_agency, t.arm AS substitute_arm FROM reply a JOIN invitation i ON i.id = a.invitation"
    f" JOIN event e ON e.id = i.event{GIVEN_BY} WHERE MAY_SEE(e)"
)
_MARKS = (
    "SELECT k.id, k.member AS member_id, COALESCE(m.name, k.guest) AS name, k.agency AS agency_id,"
    " COALESCE(g.code, k.guest_agency) AS agency, k.status AS mark, k.recorded_at,"
    f" {with_agency('w', 'v')} AS entered_by, k.guest, k.guest_agency, k.corrected_at"
    " FROM attendance_mark k JOIN occurrence o ON o.id = k.occurrence JOIN event e ON e.id = o.event"
    " JOIN member w ON w.id = k.recorded_by JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member m ON m.id = k.member LEFT JOIN agency g ON g.id = k.agency WHERE MAY_SEE(e)"
)
# The SQL form of `rules.attendance.sheet.named_participants`; the organizer of an event is named to all its viewers.
_MET = (
    "SELECT DISTINCT i.member FROM invitation x JOIN event e ON e.id = x.event JOIN invitation i ON i.event = e.id"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_CORRECTIONS = (
    "SELECT COALESCE(m.name, k.guest) AS name, COALESCE(g.code, k.guest_agency) AS agency, k.status AS before,"
    f" n.status AS after, {with_agency('w', 'v')} AS by, k.corrected_at AS at FROM attendance_mark k"
    " JOIN occurrence o ON o.id = k.occurrence"
    " JOIN event e ON e.id = o.event LEFT JOIN member m ON m.id = k.member LEFT JOIN agency g ON g.id = k.agency"
    " JOIN attendance_mark n ON n.occurrence = k.occurrence AND n.recorded_at = k.corrected_at"
    " AND (n.member = k.member OR (k.member IS NULL AND n.guest = k.guest AND n.guest_agency = k.guest_agency))"
    " JOIN member w ON w.id = n.recorded_by JOIN agency v ON v.id = w.agency WHERE MAY_SEE(e)"
)
_QUORUMS = (
    "SELECT q.occurrence, q.needed AS seats, q.both_arms, q.recorded_at, t.agency AS agency_id,"
    " g.code AS agency, t.arm, t.is_filled"
    " FROM quorum_record q JOIN occurrence o ON o.id = q.occurrence JOIN event e ON e.id = o.event"
    " JOIN quorum_seat t ON t.record = q.id JOIN agency g ON g.id = t.agency WHERE MAY_SEE(e)"
)
_QUORUMS_OF_DATES = " AND q.replaced_at IS NULL AND q.occurrence IN ({}){} ORDER BY g.code, t.id"
_QUORUMS_KNOWN = " AND 'committee:' || CAST(q.committee AS VARCHAR(36)) IN ({})"


async def people_met(viewer: Viewer) -> set[UUID]:
    """Return the people whom the viewer sees by name in events to which both are invited."""
    of_mine = (
        " AND x.member = {} AND x.withdrawn_at IS NULL AND i.withdrawn_at IS NULL"
        " AND (g.arm = {} OR e.lead = {} OR e.lead = i.member OR e.committee IN ({}))"
    )
    me = viewer.member_id
    records = await rows(_MET, viewer, of_mine, me, viewer.arm.value, me, id_list(viewer.chairs))
    return {row["member"] for row in records}


async def current_invitees(viewer: Viewer, event_id: UUID) -> dict[UUID, AttendeeRole]:
    """Return the current invitees of an event and their roles."""
    records = await rows(_ROLES, viewer, " AND e.id = {} AND i.withdrawn_at IS NULL", event_id)
    return {row["member"]: AttendeeRole(row["role"]) for row in records}


async def informed_people(viewer: Viewer, event_id: UUID) -> list[Informed]:
    """Return the people who are kept informed of an event, by agency and name."""
    tail = " AND e.id = {} AND i.role = 'informed' AND i.withdrawn_at IS NULL ORDER BY g.code, m.name, m.id"
    return await rows_as(Informed, _INFORMED, viewer, tail, event_id)


async def participants(viewer: Viewer, occurrence: Occurrence) -> list[Participant]:
    """Return everyone invited to the date, by agency and name, each with the reply that counts for it.

    Whose names the viewer may see is `rules.attendance.sheet.named_participants`.
    """
    by_agency_and_name = " AND o.id = {} AND " + WAS_INVITED + " ORDER BY g.code, m.name, m.id"
    of_date = " AND e.id = {} AND (a.occurrence IS NULL OR a.occurrence = {})"
    invited, given = await together(
        rows(_INVITED, viewer, by_agency_and_name, occurrence.id),
        rows(_REPLIES, viewer, of_date, occurrence.event.id, occurrence.id),
    )
    replies_by_invitation: dict[UUID, list[Reply]] = {row["invitation_id"]: [] for row in invited}
    for row in given:
        replies_by_invitation.get(row["invitation"], []).append(msgspec.convert(row, Reply, strict=False))
    replies = {invitation_id: notes_apart(every) for invitation_id, every in replies_by_invitation.items()}
    asked = [_participant(row, replies[row["invitation_id"]], occurrence) for row in invited]
    return _with_substitutes(
        asked, {row["substitute_id"]: row for row in given if row["substitute_id"]}, replies, occurrence
    )


def _with_substitutes(
    asked: list[Participant], people: dict[UUID, Row], replies: Mapping[UUID, Sequence[Reply]], occurrence: Occurrence
) -> list[Participant]:
    """Return the invitees and their substitutes; a substitute who is also invited has only their own line."""
    known, instead = {participant.member_id for participant in asked}, []
    for participant in asked:
        counts = effective_reply(replies[participant.invitation_id], occurrence.id)
        if counts and counts.substitute_id and counts.substitute_id not in known:
            row, principal = people[counts.substitute_id], f"{participant.name} ({participant.agency})"
            instead.append(
                replace(
                    participant,
                    member_id=row["substitute_id"],
                    name=row["substitute_name"],
                    agency_id=row["substitute_agency_id"],
                    agency=row["substitute_agency"],
                    arm=Arm(row["substitute_arm"]),
                    reply=ReplyValue.ACCEPTED,
                    comment="",
                    entered_by=participant.entered_by or principal,
                    substitute="",
                    released="",
                    substitute_note="",
                    substitutes_for=principal,
                    earlier=None,
                )
            )
    return sorted(
        [*asked, *instead], key=lambda person: (person.agency.casefold(), person.name.casefold(), str(person.member_id))
    )


async def recorded_marks(viewer: Viewer, occurrence: Occurrence) -> list[RecordedMark]:
    """Return the marks that count, oldest first."""
    tail = " AND o.id = {} AND k.corrected_at IS NULL AND k.status <> 'cleared' ORDER BY k.recorded_at, k.id"
    return await rows_as(RecordedMark, _MARKS, viewer, tail, occurrence.id)


async def current_marks(viewer: Viewer, occurrence: Occurrence, member_ids: Iterable[UUID]) -> dict[UUID, RecordedMark]:
    """Return the newest row of each of these members, including cleared ones."""
    wanted = set(member_ids)
    tail = " AND o.id = {} AND k.corrected_at IS NULL AND k.member IS NOT NULL"
    marks = await rows_as(RecordedMark, _MARKS, viewer, tail, occurrence.id)
    return {mark.member_id: mark for mark in marks if mark.member_id in wanted}


async def guest_mark(viewer: Viewer, occurrence: Occurrence, mark_id: UUID) -> RecordedMark | None:
    """Return the mark of a walk-in who is not a member, unless it has been corrected since."""
    tail = " AND o.id = {} AND k.id = {} AND k.corrected_at IS NULL AND k.member IS NULL"
    return next(iter(await rows_as(RecordedMark, _MARKS, viewer, tail, occurrence.id, mark_id)), None)


async def is_mark_current(viewer: Viewer, occurrence: Occurrence, mark_id: UUID) -> bool | None:
    """Return whether a mark has not been corrected since; None when there is none."""
    records = await rows(_MARKS, viewer, " AND o.id = {} AND k.id = {}", occurrence.id, mark_id)
    return records[0]["corrected_at"] is None if records else None


async def mark_corrections(viewer: Viewer, occurrence: Occurrence) -> list[MarkCorrection]:
    """Return every mark that was replaced or undone, the latest first."""
    tail = " AND o.id = {} AND k.corrected_at IS NOT NULL AND k.status <> 'cleared' ORDER BY k.corrected_at DESC, k.id"
    return await rows_as(MarkCorrection, _CORRECTIONS, viewer, tail, occurrence.id)


async def marks_of_step(
    viewer: Viewer, occurrence: Occurrence, at: datetime
) -> list[tuple[RecordedMark, RecordedMark | None]]:
    """Return the marks the viewer wrote at that moment that still count, each with the mark it replaced."""
    tail = (
        " AND o.id = {} AND ((k.recorded_at = {} AND k.recorded_by = {} AND k.corrected_at IS NULL)"
        " OR k.corrected_at = {}) ORDER BY g.code, m.name, k.id"
    )
    records = await rows(_MARKS, viewer, tail, occurrence.id, at, viewer.member_id, at)
    replaced = {_person(row): row for row in records if row["corrected_at"] is not None}
    steps = [(row, replaced.get(_person(row))) for row in records if row["corrected_at"] is None]
    return msgspec.convert(steps, list[tuple[RecordedMark, RecordedMark | None]], strict=False)


def _person(row: Row) -> tuple[object, ...]:
    return row["member_id"], row["guest"], row["guest_agency"], row["agency_id"] if row["member_id"] is None else None


def _participant(row: Row, replies: Sequence[Reply], occurrence: Occurrence) -> Participant:
    reply = effective_reply(replies, occurrence.id)
    given = {
        "reply": reply.value if reply else ReplyValue.NEEDS_ACTION,
        "source": reply.source if reply and reply.value is not ReplyValue.NEEDS_ACTION else "",
        "comment": reply.comment if reply else "",
        "replied_at": reply.replied_at if reply else None,
        "entered_by": reply.entered_by if reply else "",
        "substitute": reply.substitute if reply else "",
        "substitute_note": reply.substitute_note if reply else "",
        "released": released_by_replies(replies, occurrence.id),
        "earlier": earlier_reply(replies, occurrence.id),
        "responded_at": last_responded_at(replies, occurrence.id),
    }
    return msgspec.convert({**row, **given}, Participant, strict=False)


async def recorded_quorums(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, QuorumOfRecord]:
    """Return the quorum of each of these dates that was recorded when attendance was last closed.

    Members of the committee may know it, and coordinators, also when the committee has ended since.
    """
    of_committees = QueryString(_QUORUMS_KNOWN, sql_list(sorted(viewer.audiences)))
    known = QueryString("") if viewer.is_coordinator else of_committees
    seats: dict[UUID, list[Row]] = {}
    for row in await rows(_QUORUMS, viewer, _QUORUMS_OF_DATES, wanted_ids(occurrence_ids), known):
        seats.setdefault(row["occurrence"], []).append(row)
    return {
        occurrence_id: msgspec.convert({**of[0], "rule": of[0], "seats": of}, QuorumOfRecord, strict=False)
        for occurrence_id, of in seats.items()
    }
