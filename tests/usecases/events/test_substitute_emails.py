"""What emails put into the calendars of people who come and go, when nothing of the event itself changes."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import icalendar
import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tracker.database import writing
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import Given, ReplySource, ReplyValue
from tracker.rules.recurrence import rule_for
from tracker.usecases.core import outbox
from tracker.usecases.emails import content
from tracker.usecases.events import events, occurrences, replies

pytestmark = pytest.mark.anyio

KEY = "2027-01-19"
MINUTE = timedelta(minutes=1)
YES, NO = ReplyValue.ACCEPTED, ReplyValue.DECLINED
Rank = tuple[int, datetime]


async def of_committee(cast: Cast, *people: Viewer) -> UUID:
    """Return a weekly meeting of the Steering Committee, whose invitations are out."""
    plan = meeting(
        *people,
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["steering"],
        rule=rule_for("weekly", meeting().starts, count=3),
    )
    event_id = await events.schedule(cast.coordinator, plan, NOW - timedelta(hours=1))
    await mailed(cast.coordinator, NOW)
    return event_id


async def says(who: Viewer, event_id: UUID, value: ReplyValue, now: datetime, sends: Viewer | None = None) -> None:
    substitute = sends.member_id if sends else None
    await replies.reply(who, event_id, KEY, value, "", now, for_series=False, substitute=substitute)


async def mailed(to: Viewer, queued: datetime) -> list[tuple[str, Rank]]:
    """Send what is queued; return METHOD, SEQUENCE and DTSTAMP of what one person gets."""
    got, now = [], queued + MINUTE / 2
    for one in await outbox.claim("test", (), now, 1_000):
        letter = await content.letter(one, now, ZONE)
        await outbox.close(one, Skip(state=State.SENT, reason=""), now)
        if one.recipient_id == to.member_id and not isinstance(letter, Skip):
            part = parts(composer().mail(letter, one).content)["text/calendar"].get_content()
            calendar = icalendar.Calendar.from_ical(part)
            [entry] = calendar.events
            got.append((str(calendar["METHOD"]), (int(entry["SEQUENCE"]), entry["DTSTAMP"].dt)))
    return got


async def test_what_a_substitute_s_calendar_gets_is_newer_each_time_they_come_and_go(cast: Cast) -> None:
    event_id = await of_committee(cast, cast.fbi_lead)
    got = []
    for step, sends in enumerate([cast.fbi_alternate, None, cast.fbi_alternate]):
        now = NOW + step * MINUTE
        await says(cast.fbi_lead, event_id, NO if sends else YES, now, sends)
        got += await mailed(cast.fbi_alternate, now)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})


async def test_it_is_newer_also_when_the_reply_that_releases_them_was_given_before(cast: Cast) -> None:
    event_id = await of_committee(cast, cast.fbi_lead)
    await says(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    got = await mailed(cast.fbi_alternate, NOW + MINUTE)
    date = await occurrences.date_for(cast.coordinator, event_id, KEY)
    mine = await replies.my_reply(cast.fbi_lead, date)
    assert mine is not None
    earlier = replies.EnteredFor(cast.fbi_lead.member_id, NOW)
    async with writing():
        await replies.record(
            cast.coordinator,
            mine[0],
            date,
            Given(YES),
            ReplySource.EMAIL,
            NOW + 2 * MINUTE,
            for_series=False,
            entered=earlier,
        )
    got += await mailed(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL"]
    assert got[0][1] < got[1][1]


async def test_an_email_that_is_sent_again_has_the_same_rank_while_they_substitute(cast: Cast) -> None:
    event_id = await of_committee(cast, cast.fbi_lead)
    await says(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await says(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    [(_, (_, stamped))] = await mailed(cast.fbi_alternate, NOW + MINUTE)
    assert stamped == NOW


async def test_an_invitation_after_a_removal_is_newer_and_so_is_the_next_removal(cast: Cast) -> None:
    event_id = await of_committee(cast, cast.fbi_lead, cast.hsi_liaison)
    got = []
    for step, is_invited in enumerate([False, True, False]):
        now = NOW + step * MINUTE
        event, plan = await events.plan_to_change(cast.coordinator, event_id)
        wanted = {**plan.invitees}
        wanted.pop(cast.hsi_liaison.member_id, None)
        if is_invited:
            wanted[cast.hsi_liaison.member_id] = plan.invitees[cast.fbi_lead.member_id]
        await events.change(cast.coordinator, event_id, replace(plan, invitees=wanted), event.version, now)
        got += await mailed(cast.hsi_liaison, now)
    assert [method for method, _ in got] == ["CANCEL", "REQUEST", "CANCEL"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})
