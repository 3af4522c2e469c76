"""Date polls, before an event has its date."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.events.replies import AttendeeRole, ReplySource
from tracker.rules.polls.polls import Fit, Poll, PollDate, Respondent
from tracker.tables.visible.core.rows import Row, rows
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
    "SELECT p.id AS poll, i.member, i.role, m.name, g.id AS agency, g.code, g.arm"
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
    mine = (
        " AND e.status = 'draft' AND p.canceled_at IS NULL AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id"
        " AND i.member = {} AND i.withdrawn_at IS NULL AND i.role <> 'informed') ORDER BY p.reply_by, p.id"
    )
    return await _polls(viewer, mine, viewer.member_id)


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
    found: dict[UUID, list[Respondent]] = {one: [] for one in wanted}
    if wanted:
        replies = await _replies(viewer, wanted)
        tail = " AND p.id IN ({}) ORDER BY g.code, m.name, m.id"
        for row in await rows(_PEOPLE, viewer, tail, _among(wanted)):
            given = replies.get((row["poll"], row["member"]), [])
            found[row["poll"]].append(_respondent(row, wanted[row["poll"]], given))
    return found


async def _polls(viewer: Viewer, where: str, *arguments: UUID | datetime) -> list[Poll]:
    records = await rows(_POLL, viewer, where, *arguments)
    options = await _options(viewer, [row["poll"] for row in records])
    return [
        Poll(
            id=row["poll"],
            event=event_in(row),
            options=tuple(options.get(row["poll"], ())),
            reply_by=row["reply_by"],
            opened_at=row["opened_at"],
            canceled_at=row["canceled_at"],
        )
        for row in records
    ]


async def _options(viewer: Viewer, poll_ids: Collection[UUID]) -> dict[UUID, list[PollDate]]:
    found: dict[UUID, list[PollDate]] = {}
    if poll_ids:
        for row in await rows(_OPTIONS, viewer, " AND o.poll IN ({}) ORDER BY o.starts", _among(poll_ids)):
            found.setdefault(row["poll"], []).append(PollDate(id=row["id"], starts=row["starts"]))
    return found


async def _replies(viewer: Viewer, poll_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], list[Row]]:
    """Return the replies in some polls, by poll and member, oldest first."""
    found: dict[tuple[UUID, UUID], list[Row]] = {}
    for row in await rows(_REPLIES, viewer, " AND p.id IN ({}) ORDER BY r.replied_at", _among(poll_ids)):
        found.setdefault((row["poll"], row["member"]), []).append(row)
    return found


def _among(poll_ids: Collection[UUID]) -> QueryString:
    """Return ids for IN, of which there is one at least."""
    return sql_list(poll_ids)


def _respondent(row: Row, of: Poll, replies: list[Row]) -> Respondent:
    role = AttendeeRole(row["role"])
    given = {reply["option"]: Fit(reply["fit"]) for reply in replies}
    return Respondent(
        member_id=row["member"],
        name=row["name"],
        agency_id=row["agency"],
        agency=row["code"],
        arm=Arm(row["arm"]),
        role=role,
        fits=given if role.is_asked else {option.id: Fit.YES for option in of.options},
        source=ReplySource(replies[-1]["source"]) if replies else None,
    )
