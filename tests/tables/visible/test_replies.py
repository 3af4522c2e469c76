"""A person's own invitations and replies, read as that person."""

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.database import writing
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.background.events import events
from tracker.tables.visible import attendance
from tracker.tables.visible.events import replies
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events import replies as reply_deeds

pytestmark = pytest.mark.both_engines


async def test_an_invitation_opens_nothing_to_who_may_not_see_its_event(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, cast.kcpd_detective), NOW)
    others = await events.audiences_of(event_id) - cast.fbi_lead.audiences
    async with writing():
        await events.replace_audiences(event_id, others)
    assert await replies.own_invitations(cast.fbi_lead, [event_id]) == {}
    assert set(await replies.own_invitations(cast.kcpd_detective, [event_id])) == {event_id}


async def test_an_invitation_comes_with_what_was_replied_to_it_alone(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    for viewer, value in ((cast.fbi_lead, ReplyValue.ACCEPTED), (cast.caht_lead, ReplyValue.DECLINED)):
        date = await occurrences.nearest_date(viewer, event_id, NOW)
        await reply_deeds.record_own_reply(viewer, event_id, date.key, value, "", NOW, for_series=False)
    own = (await replies.own_invitations(cast.fbi_lead, [event_id]))[event_id]
    assert (own.role, [one.value for one in own.replies]) == (AttendeeRole.REQUIRED, [ReplyValue.ACCEPTED])


async def test_who_may_not_see_an_event_does_not_read_who_is_invited(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await attendance.current_invitees(cast.harbor_advocate, event_id) == {}
    assert cast.fbi_lead.member_id in await attendance.current_invitees(cast.fbi_lead, event_id)
