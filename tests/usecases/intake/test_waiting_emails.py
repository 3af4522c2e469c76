"""The emails that wait for a viewer are those that wait on pages where they may decide, and no others."""

import pytest
from msgspec.structs import replace

from tests.cast import Cast
from tests.usecases.intake.replying import LATER, invited
from tests.usecases.intake.test_unrecorded import AT, from_private_address
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.notifications import Notify
from tracker.rules.intake.calendar_replies import Sender
from tracker.usecases.events import events
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_emails


async def counted(viewer: Viewer) -> list[int]:
    return [len(came) for _, came in (await waiting_emails(viewer, AT)).dates]


@pytest.mark.both_engines
async def test_a_date_counts_its_waiting_emails_for_people_who_may_decide(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    await from_private_address(cast, event_id)
    other = Sender(address="lead@phone.example", is_verified=True)
    first = await from_private_address(cast, event_id, sender=other, comment="Again")
    assert [await counted(one) for one in (cast.coordinator, cast.fbi_lead, cast.caht_lead)] == [[2], [], []]
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, "2027-01-12", first, AT)
    assert await counted(cast.coordinator) == [1]


async def test_the_email_of_a_person_who_was_taken_off_the_list_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    await from_private_address(cast, event_id)
    event, known = await events.plan_to_change(cast.coordinator, event_id)
    others = {one: role for one, role in known.invitees.items() if one != cast.fbi_lead.member_id}
    without = replace(known, invitees=others)
    await events.change(cast.coordinator, event_id, without, event.version, LATER, notify=Notify.ALL)
    assert await counted(cast.coordinator) == []
