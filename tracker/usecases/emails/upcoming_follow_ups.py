"""Upcoming follow-ups of people who have not replied, as they would go out if nothing changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together
from tracker.rules.core.viewers import Viewer, is_seen_by
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import follow_ups as rules
from tracker.rules.emails import reminders
from tracker.rules.emails.follow_ups import NextFollowUp
from tracker.rules.emails.nudges import REST, UNDO_FOR, takes_nudges
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import DateLine, Occurrence, line_of_date, may_edit
from tracker.rules.roster.reminder_policies import ASKS_OFFERED
from tracker.tables.background.emails import due, email_pauses, follow_ups
from tracker.tables.background.emails.chains import chains
from tracker.tables.background.emails.follow_ups import InvitationEmail
from tracker.tables.background.events import events as audiences
from tracker.tables.visible.events import events, replies
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import wishes_of


class FollowUp(NamedTuple):
    """An email to a person about a date."""

    moment: Moment
    line: DateLine
    member_id: UUID


async def upcoming(
    viewer: Viewer, lines: Iterable[DateLine], silent: Mapping[UUID, Collection[UUID]], wishes: Wishes, now: datetime
) -> list[FollowUp]:
    """Return the follow-ups after now about dates that take place, given who has not replied to each of them.

    The other series of their chains are read too: people who are asked about one rest from the others.
    """
    asking = [line for line in lines if line.reminders.asks]
    if not any(silent.get(line.id) for line in asking):
        return []
    shown = {line.id for line in asking}
    chain_of = await chains({line.event_id for line in asking})
    others, more_silent = await _others(viewer, chain_of.keys() - {line.event_id for line in asking}, now)
    sent, nudged, paused = await together(
        follow_ups.invitations(chain_of.keys()), due.nudged(chain_of, now - REST), email_pauses.paused()
    )
    last = {(chain_of[nudged.event_id], nudged.member_id): nudged.at for nudged in nudged}
    emails: dict[tuple[UUID, UUID], dict[UUID, InvitationEmail]] = {}
    for (event_id, member_id), email in sent.items():
        emails.setdefault((chain_of[event_id], member_id), {})[event_id] = email
    unanswered = {**more_silent, **silent}
    dates: dict[UUID, list[DateLine]] = {}
    for date_line in sorted([*asking, *others], key=lambda line: line.starts_at):
        dates.setdefault(chain_of[date_line.event_id], []).append(date_line)
    return [
        FollowUp(replace(moment, at=wishes.held_until(member_id, moment.at, line.starts_at)), line, member_id)
        for chain, date_lines in dates.items()
        for member_id in sorted({one for date in date_lines for one in unanswered.get(date.id, ())} - paused)
        for moment, line in _of_person(
            date_lines,
            {line.id for line in date_lines if member_id in unanswered.get(line.id, ())},
            emails.get((chain, member_id), {}),
            last.get((chain, member_id)),
            now,
        )
        if line.id in shown
    ]


async def _others(
    viewer: Viewer, event_ids: Collection[UUID], now: datetime
) -> tuple[list[DateLine], Mapping[UUID, Collection[UUID]]]:
    """Return the dates of these events that follow up, and who has not replied to each of them."""
    if not event_ids:
        return [], {}
    dates, stood_down = await together(events.lines_ahead(viewer, event_ids, now), due.stood_down(event_ids))
    asking = [
        date_line
        for date_line in dates
        if date_line.reminders.asks and takes_nudges(date_line, now) and date_line.event_id not in stood_down
    ]
    return asking, await replies.silent_invitees(viewer, [date_line.id for date_line in asking])


async def next_follow_up(viewer: Viewer, occurrence: Occurrence, now: datetime) -> NextFollowUp | None:
    """Return when people are asked next to reply to a date; emails that wait for the end of quiet hours count too.

    None when the viewer may not edit its event, everyone has replied, the event doesn't follow up, or it is an
    operation that was stood down.
    """
    event = occurrence.event
    if not (event.reminders.asks and may_edit(viewer, event) and takes_nudges(line_of_date(occurrence), now)):
        return None
    # People can be asked about a later date first, and are then left alone for two days.
    until = occurrence.starts_at + max(ASKS_OFFERED) + reminders.SHIFT
    dates, stood_down, waits = await together(
        events.lines_ahead(viewer, [event.id], now),
        due.stood_down([event.id]),
        due.waiting(occurrence.id, now + UNDO_FOR),
    )
    near = [date_line for date_line in dates if date_line.starts_at <= until and takes_nudges(date_line, now)]
    silent = await replies.silent_invitees(viewer, [date_line.id for date_line in near])
    get = silent.get(occurrence.id)
    if stood_down or not get:
        return None
    wishes = await wishes_of({member_id for members in silent.values() for member_id in members})
    coming = await upcoming(viewer, near, silent, wishes, now)
    asked = [(follow_up.moment.at, follow_up.member_id) for follow_up in coming if follow_up.line.id == occurrence.id]
    asked += [(wait.at, wait.member_id) for wait in waits if wait.member_id in get]
    people, may_see = await together(
        viewers_for({member_id for _, member_id in asked}, now), audiences.audiences_of(event.id)
    )
    ahead = [at for at, member_id in asked if is_seen_by(people.get(member_id), may_see)]
    days = [to_local(at, event.zone).date() for at in ahead]
    return NextFollowUp(silent=len(get), at=min(ahead, default=None), people=days.count(min(days)) if days else 0)


def _of_person(
    dates: list[DateLine],
    unanswered: Collection[UUID],
    sent: Mapping[UUID, InvitationEmail],
    last: datetime | None,
    now: datetime,
) -> Iterator[tuple[Moment, DateLine]]:
    """Yield when a person is asked about which of these dates of one chain, the earliest first, none too soon."""
    found: dict[Moment, DateLine] = {}
    for moment, line in _moments(dates, sent):
        if line.id in unanswered and moment.at > now:
            found.setdefault(moment, line)
    in_order = sorted(found.items(), key=_turn)
    for moment in rules.spaced(((moment, line.zone) for moment, line in in_order), last):
        yield moment, found[moment]


def _turn(asked: tuple[Moment, DateLine]) -> tuple[datetime, bool, datetime]:
    """Order as the planner does: of several at once, those before a date come first, and the earliest date."""
    moment, line = asked
    return moment.at, moment.lead < timedelta(0), line.starts_at


def _moments(dates: list[DateLine], sent: Mapping[UUID, InvitationEmail]) -> Iterator[tuple[Moment, DateLine]]:
    for line in dates:
        leads = line.reminders.asks_before
        for moment in reminders.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=leads):
            yield moment, line
    for event_id, email in sent.items():
        if date_lines := [date_line for date_line in dates if date_line.event_id == event_id]:
            yield from _after_invitation(date_lines, email)


def _after_invitation(dates: list[DateLine], email: InvitationEmail) -> Iterator[tuple[Moment, DateLine]]:
    of_event, last = dates[0], dates[-1]
    for moment in rules.after_invitation(email.at, of_event.zone, last.starts_at, of_event.reminders.asks_after):
        line = next(date_line for date_line in dates if moment.at < date_line.starts_at)
        yield replace(moment, ends=line.starts_at), line
