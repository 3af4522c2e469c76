"""A substitute who can't come after all says so: they are released, and no one else is named in their place."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.events import recorded_replies, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views.event_page import view_event

KEY, NEXT = "2027-01-19", "2027-01-26"
MINUTE = timedelta(minutes=1)
YES, NO = ReplyValue.ACCEPTED, ReplyValue.DECLINED


async def sent_to(cast: Cast, *keys: str) -> UUID:
    """Return a weekly meeting of the committee, to some dates of which the Bureau's lead sends their alternate."""
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    plan = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", meeting().starts, count=3), **seats)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    for key in keys:
        said_no = (cast.fbi_lead, event_id, key, NO, "", NOW)
        await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    return event_id


async def shown(viewer: Viewer, event_id: UUID, key: str = KEY) -> dict[str, tuple[ReplyValue, str]]:
    """Return the replies of the Bureau, and who entered each."""
    view = await view_event(viewer, event_id, key, NOW + MINUTE)
    return {one.name: (one.reply, one.entered_by) for one in view.named if one.agency == "FBI"}


@pytest.mark.both_engines
async def test_a_substitute_who_can_t_come_is_released_and_the_person_keeps_their_no(cast: Cast) -> None:
    event_id = await sent_to(cast, KEY, NEXT)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, KEY, NOW + MINUTE)
    assert await shown(cast.coordinator, event_id) == {"Fbi lead": (NO, "Fbi alternate (FBI)")}
    assert set(await shown(cast.coordinator, event_id, NEXT)) == {"Fbi lead", "Fbi alternate"}
    found = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    assert ("withdrawal", cast.fbi_alternate.member_id) in {(one["kind"], one["recipient"]) for one in found}


async def test_no_one_but_the_substitute_of_the_date_can_decline_for_them(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await sent_to(sqlite_cast, KEY)
    for other, key in ((cast.fbi_alternate, NEXT), (cast.hsi_liaison, KEY), (cast.fbi_lead, KEY)):
        with pytest.raises(NotAllowed):
            await recorded_replies.decline_as_substitute(other, event_id, key, NOW + MINUTE)
    with pytest.raises(NotFound):
        await recorded_replies.decline_as_substitute(cast.bridge_advocate, event_id, KEY, NOW + MINUTE)
    assert set(await shown(cast.coordinator, event_id)) == {"Fbi lead", "Fbi alternate"}


async def test_a_substitute_cannot_decline_a_date_that_is_over(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await sent_to(sqlite_cast, KEY)
    with pytest.raises(Gone):
        await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, KEY, NOW + timedelta(days=60))


async def test_a_coordinator_records_that_a_substitute_can_t_come(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await sent_to(sqlite_cast, KEY)
    view = await view_event(cast.coordinator, event_id, KEY, NOW)
    assert [one.name for one in view.answerable] == ["Fbi alternate", "Fbi lead"]
    said = (cast.coordinator, event_id, KEY, cast.fbi_alternate.member_id)
    await record_reply_for(*said, NO, "Called in sick", NOW + MINUTE, for_series=False)
    assert await shown(cast.coordinator, event_id) == {"Fbi lead": (NO, "Coordinator (USAO)")}


@pytest.mark.parametrize(("value", "for_series"), [(YES, False), (ReplyValue.TENTATIVE, False), (NO, True)])
async def test_nothing_but_a_substitute_s_no_to_their_date_is_recorded(
    sqlite_cast: Cast, value: ReplyValue, *, for_series: bool
) -> None:
    cast, event_id = sqlite_cast, await sent_to(sqlite_cast, KEY)
    with pytest.raises(Invalid):
        said = (cast.coordinator, event_id, KEY, cast.fbi_alternate.member_id)
        await record_reply_for(*said, value, "", NOW + MINUTE, for_series=for_series)
    assert set(await shown(cast.coordinator, event_id)) == {"Fbi lead", "Fbi alternate"}
