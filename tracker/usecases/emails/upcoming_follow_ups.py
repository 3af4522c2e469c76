"""Upcoming follow-ups of people who have not replied, as they would go out if nothing changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database import together
from tracker.rules.core.viewer import Viewer, sees
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import follow_ups as rules
from tracker.rules.emails import reminders
from tracker.rules.emails.follow_ups import NextFollowUp
from tracker.rules.emails.nudges import REST, UNDO_FOR, takes_nudges
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.event import Line, Occurrence, line_of, may_edit
from tracker.rules.roster.reminder_policy import ASKS_OFFERED
from tracker.tables.background.emails import due, email_pauses, follow_ups
from tracker.tables.background.emails.follow_ups import InvitationEmail
from tracker.tables.background.events import audiences
from tracker.tables.visible.events import events, waiting
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import wishes_of


class FollowUp(NamedTuple):
    """An email to a person about a date."""

    moment: Moment
    line: Line
    member_id: UUID


async def upcoming(
    lines: Iterable[Line], silent: Mapping[UUID, Collection[UUID]], wishes: Wishes, now: datetime
) -> list[FollowUp]:
    """Return the follow-ups after now about dates that take place, given who has not replied to each of them."""
    of_event: dict[UUID, list[Line]] = {}
    for one in sorted(lines, key=lambda line: line.starts_at):
        if one.reminders.asks:
            of_event.setdefault(one.event_id, []).append(one)
    asking = [event_id for event_id, dates in of_event.items() if any(silent.get(one.id) for one in dates)]
    if not asking:
        return []
    sent = await follow_ups.invitations(asking)
    last = {(one.event_id, one.member_id): one.at for one in await due.nudged(asking, now - REST)}
    paused = await email_pauses.paused()
    return [
        FollowUp(replace(moment, at=wishes.held_until(member_id, moment.at, line.starts_at)), line, member_id)
        for event_id in asking
        for member_id in sorted({one for date in of_event[event_id] for one in silent.get(date.id, ())} - paused)
        for moment, line in _of_person(
            of_event[event_id],
            {one.id for one in of_event[event_id] if member_id in silent.get(one.id, ())},
            sent.get((event_id, member_id)),
            last.get((event_id, member_id)),
            now,
        )
    ]


async def next_follow_up(viewer: Viewer, occurrence: Occurrence, now: datetime) -> NextFollowUp | None:
    """Return when people are asked next to reply to a date; emails that wait for the end of quiet hours count too.

    None when the viewer may not edit its event, everyone has replied, the event doesn't follow up, or it is an
    operation that was stood down.
    """
    event = occurrence.event
    if not (event.reminders.asks and may_edit(viewer, event) and takes_nudges(line_of(occurrence), now)):
        return None
    # People can be asked about a later date first, and are then left alone for two days.
    until = occurrence.starts_at + max(ASKS_OFFERED) + reminders.SHIFT
    dates, stood_down, waits = await together(
        events.ahead(viewer, [event.id], now), due.stood_down([event.id]), due.waiting(occurrence.id, now + UNDO_FOR)
    )
    near = [one for one in dates if one.starts_at <= until and takes_nudges(one, now)]
    silent = await waiting.silent(viewer, [one.id for one in near])
    theirs = silent.get(occurrence.id)
    if stood_down or not theirs:
        return None
    wishes = await wishes_of({member_id for members in silent.values() for member_id in members})
    coming = await upcoming(near, silent, wishes, now)
    asked = [(one.moment.at, one.member_id) for one in coming if one.line.id == occurrence.id]
    asked += [(one.at, one.member_id) for one in waits if one.member_id in theirs]
    people, may_see = await together(
        viewers_for({member_id for _, member_id in asked}, now), audiences.audiences_of(event.id)
    )
    ahead = [at for at, member_id in asked if sees(people.get(member_id), may_see)]
    days = [to_local(at, event.zone).date() for at in ahead]
    return NextFollowUp(silent=len(theirs), at=min(ahead, default=None), people=days.count(min(days)) if days else 0)


def _of_person(
    dates: list[Line], unanswered: Collection[UUID], sent: InvitationEmail | None, last: datetime | None, now: datetime
) -> Iterator[tuple[Moment, Line]]:
    """Yield when a person is asked about which of these dates, the earliest first, none of them too soon."""
    found = {moment: line for moment, line in _moments(dates, sent) if line.id in unanswered and moment.at > now}
    in_order = sorted(found, key=lambda one: (one.at, -one.lead))
    for moment in rules.spaced(in_order, last, dates[0].zone):
        yield moment, found[moment]


def _moments(dates: list[Line], sent: InvitationEmail | None) -> Iterator[tuple[Moment, Line]]:
    for line in dates:
        leads = line.reminders.asks_before
        for moment in reminders.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=leads):
            yield moment, line
    if sent:
        every = rules.after_invitation(sent.at, dates[0].zone, dates[-1].starts_at, dates[0].reminders.asks_after)
        for moment in every:
            line = next(one for one in dates if moment.at < one.starts_at)
            yield replace(moment, ends=line.starts_at), line
