"""Upcoming reminders about date polls, as they would go out if nothing changed: computed when viewed, never stored."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.database import together
from tracker.rules.core.audiences import Audience
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer, is_seen_by
from tracker.rules.emails.nudges import REST
from tracker.rules.emails.preferences import quieter
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import may_edit
from tracker.rules.polls import polls as rules
from tracker.rules.polls.polls import LONGEST_AHEAD, Poll, Respondent, poll_reminder_at
from tracker.tables.background import polls as due
from tracker.tables.background.emails import email_pauses
from tracker.tables.background.events import events
from tracker.tables.visible import polls
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import everyones_wishes


class PlannedPoll(Struct, frozen=True, kw_only=True):
    """One reminder of a date poll, with its time and recipients."""

    at: datetime
    poll: Poll
    people: tuple[Viewer, ...]
    """The recipients, by agency and name."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return MessageKind.POLL


async def of_theirs(viewer: Viewer, now: datetime, until: datetime, event_id: UUID | None = None) -> list[PlannedPoll]:
    """Return the reminders in (now, until] of the polls that the viewer sees, or of one event's, soonest first.

    People who may not edit an event read only of their own.
    """
    found = await polls.polls_due(viewer, now, until + LONGEST_AHEAD)
    ahead = [
        poll for poll in found if event_id in (None, poll.event.id) and (due_at := _moment(poll)) and now < due_at.at
    ]
    if not ahead:
        return []
    event_ids = {poll.event.id for poll in ahead}
    asked, wishes, resting, paused, seen_by = await together(
        polls.people_of_polls(viewer, ahead),
        everyones_wishes(),
        due.reminded_of_polls(event_ids, now - REST),
        email_pauses.paused(),
        events.audiences_of_each(event_ids),
    )
    times: dict[tuple[datetime, UUID], list[UUID]] = {}
    for poll in ahead:
        for moment, member_id in _silent(viewer, poll, asked[poll.id], resting.get(poll.event.id, {})):
            at = quieter(moment, wishes.quiet_of(member_id)).at
            if member_id not in paused and at <= until:
                times.setdefault((at, poll.id), []).append(member_id)
    people = await viewers_for({member for members in times.values() for member in members}, now)
    by_id = {poll.id: poll for poll in ahead}
    planned = [
        PlannedPoll(at=at, poll=by_id[poll_id], people=_reached(members, people, seen_by[by_id[poll_id].event.id]))
        for (at, poll_id), members in sorted(times.items())
    ]
    return [planned_poll for planned_poll in planned if planned_poll.people]


def _silent(
    viewer: Viewer, poll: Poll, people: Iterable[Respondent], last: Mapping[UUID, datetime]
) -> Iterator[tuple[Moment, UUID]]:
    """Yield the people who have not replied, without those who were reminded within two days before."""
    moment = _moment(poll)
    if moment is None:
        return
    for person in rules.waiting_people(people):
        is_theirs = may_edit(viewer, poll.event) or person.member_id == viewer.member_id
        is_resting = person.member_id in last and last[person.member_id] > moment.at - REST
        if is_theirs and not is_resting:
            yield moment, person.member_id


def _reached(
    members: Iterable[UUID], people: Mapping[UUID, Viewer], may_see: AbstractSet[Audience]
) -> tuple[Viewer, ...]:
    return tuple(to for member in members if (to := people.get(member)) and is_seen_by(to, may_see))


def _moment(poll: Poll) -> Moment | None:
    at = poll_reminder_at(poll.reply_by, poll.opened_at, poll.event.zone)
    return Moment(at=at, lead=poll.reply_by - at, ends=poll.reply_by) if at else None
