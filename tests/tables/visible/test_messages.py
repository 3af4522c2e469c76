"""Messages and changes, read by who may see what they are about."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, operation
from tracker.tables.schema.core.tables import Message, Sending
from tracker.tables.visible.emails import messages
from tracker.usecases.events import scheduling

pytestmark = pytest.mark.both_engines


async def test_how_many_are_told_is_told_to_who_may_see_the_event_alone(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, cast.kcpd_detective), NOW)
    assert await messages.count_notified(cast.coordinator, [event_id], NOW) == 2
    assert await messages.count_notified(cast.harbor_advocate, [event_id], NOW) == 0


async def test_a_stored_message_is_read_by_who_may_see_its_event_alone(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    [message_id] = await Message.select(Message.id).output(as_list=True)
    [stored] = await messages.stored_messages(cast.coordinator, [message_id])
    assert stored.recipient_id == cast.fbi_lead.member_id
    assert await messages.stored_messages(cast.harbor_advocate, [message_id]) == []


async def test_who_keeps_no_accounts_reads_no_invitation_to_sign_in(cast: Cast) -> None:
    sending = Sending(topic="account_invited", queued_at=NOW)
    await Sending.insert(sending)
    await Message.insert(
        Message(
            sending=sending.id,
            key="account_invitation:1",
            kind="account_invitation",
            recipient=cast.fbi_lead.member_id,
            created_at=NOW,
            due=NOW,
            not_after=NOW + timedelta(days=7),
        )
    )
    assert await messages.account_invitations(cast.fbi_lead) == []
    [one] = await messages.account_invitations(cast.coordinator)
    assert one.recipient_id == cast.fbi_lead.member_id
