"""Date polls, before an event has its date."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from tracker.database.queries import wanted_ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.polls import Fit, Poll, Respondent
from tracker.tables.visible.core import Row, rows
from tracker.tables.visible.events.events import EVENT, FROM_EVENT, event_in

_POLL = (
    f"{EVENT}, p.id AS poll, p.reply_by, p.opened_at, p.canceled_at{FROM_EVENT}"
    " JOIN poll p ON p.event = e.id WHERE MAY_SEE_POLL(e)"
)
_OPTIONS = (
    "SELECT o.id, o.poll, o.starts FROM poll_option o JOIN poll p ON p.id = o.poll JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE_POLL(e)"
)
_PEOPLE = (
    "SELECT p.id AS poll, i.member AS member_id, i.role, m.name, g.id AS agency_id, g.code AS agency, g.arm"
    " FROM poll p JOIN event e ON e.id = p.event"
    " JOIN invitation i ON i.event = e.id JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE_POLL(e) AND i.withdrawn_at IS NULL AND i.role <> 'informed'"
)
_REPLIES = (
    "SELECT p.id AS poll, r.option, r.member, r.fit, r.source FROM poll_reply r JOIN poll_option o ON o.id = r.option"
    " JOIN poll p ON p.id = o.poll JOIN event e ON e.id = p.event WHERE MAY_SEE_POLL(e)"
)


async def poll_by_id(viewer: Viewer, poll_id: UUID) -> Poll | None:
    """Return one poll, or None when it is missing or not for this viewer."""
    return next(iter(await _polls(viewer, " AND p.id = {}", poll_id)), None)


async def poll_of(viewer: Viewer, event_id: UUID) -> Poll | None:
    """Return the poll of an event; None when it has none, or it is not for this viewer."""
    return next(iter(await _polls(viewer, " AND e.id = {}", event_id)), None)


async def poll_in_place_of(viewer: Viewer, earlier_id: UUID) -> Poll | None:
    """Return the poll that took the place of one that was canceled; None likewise when it is not for this viewer."""
    earlier = " AND e.id IN (SELECT y.event FROM earlier_poll y WHERE y.id = {})"
    return next(iter(await _polls(viewer, earlier, earlier_id)), None)


async def open_polls_of(viewer: Viewer) -> list[Poll]:
    """Return the open polls in which the viewer is asked, or that they organize; those to reply to soonest first."""
    own = (
        " AND e.status = 'draft' AND p.canceled_at IS NULL AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id"
        " AND i.member = {} AND i.withdrawn_at IS NULL AND i.role <> 'informed') ORDER BY p.reply_by, p.id"
    )
    return await _polls(viewer, own, viewer.member_id)


async def polls_due(viewer: Viewer, after: datetime, until: datetime) -> list[Poll]:
    """Return the open polls that the viewer may see and to which people should reply in (after, until]."""
    due = (
        " AND e.status = 'draft' AND p.canceled_at IS NULL AND p.reply_by > {} AND p.reply_by <= {}"
        " ORDER BY p.reply_by, p.id"
    )
    return await _polls(viewer, due, after, until)


async def poll_people(viewer: Viewer, of: Poll) -> list[Respondent]:
    """Return the people of a poll with their replies, by agency and name; the organizer says yes to each date."""
    return (await people_of_polls(viewer, [of]))[of.id]


async def people_of_polls(viewer: Viewer, polls: Iterable[Poll]) -> dict[UUID, list[Respondent]]:
    """Return the people of each of these polls, as `poll_people` does, in two queries."""
    wanted = {poll.id: poll for poll in polls}
    people: dict[UUID, list[Respondent]] = {poll_id: [] for poll_id in wanted}
    among = wanted_ids(wanted)
    replies: dict[tuple[UUID, UUID], list[Row]] = {}
    for row in await rows(_REPLIES, viewer, " AND p.id IN ({}) ORDER BY r.replied_at", among):
        replies.setdefault((row["poll"], row["member"]), []).append(row)
    for row in await rows(_PEOPLE, viewer, " AND p.id IN ({}) ORDER BY g.code, m.name, m.id", among):
        given = replies.get((row["poll"], row["member_id"]), [])
        fits = {reply["option"]: reply["fit"] for reply in given}
        if not AttendeeRole(row["role"]).is_asked:
            fits = {option.id: Fit.YES for option in wanted[row["poll"]].options}
        respondent = {**row, "fits": fits, "source": given[-1]["source"] if given else None}
        people[row["poll"]].append(msgspec.convert(respondent, Respondent, strict=False))
    return people


async def _polls(viewer: Viewer, where: str, *arguments: UUID | datetime) -> list[Poll]:
    records = await rows(_POLL, viewer, where, *arguments)
    options: dict[UUID, list[Row]] = {row["poll"]: [] for row in records}
    for row in await rows(_OPTIONS, viewer, " AND o.poll IN ({}) ORDER BY o.starts", wanted_ids(options)):
        options[row["poll"]].append(row)
    polls = [{**row, "id": row["poll"], "event": event_in(row), "options": options[row["poll"]]} for row in records]
    return msgspec.convert(polls, list[Poll], strict=False)
