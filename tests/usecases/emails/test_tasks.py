"""Which emails about an action item have it as a task, and what an earlier owner gets."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, marking, meeting, operation
from tracker.rules.actions.action_items import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import ItemWithdrawnEmail
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, scheduling

LATER, TODAY = NOW + timedelta(minutes=5), date(2026, 12, 15)


async def given(by: Viewer, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Draft the protocol", owner_id=owner.member_id, due=date(2027, 2, 9))
    return await action_items.create_item(by, replace(new, **facts), NOW, TODAY)


async def letters(to: Viewer) -> list[Email | SendOutcome]:
    """Return what becomes of the messages about action items to someone; those to others are done too."""
    found = []
    for message in await outbox.claim_messages("test", (), LATER, 100):
        made = await emails.write_email(message, LATER, ZONE)
        await outbox.close_message(
            message, made if isinstance(made, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), LATER
        )
        if message.recipient_id == to.member_id and message.item_id:
            found.append(made)
    return found


async def tasks(to: Viewer) -> list[tuple[str, bool] | None]:
    """Return the state of the task in each email about an action item to someone, and whether it is withdrawn."""
    made = [one for one in await letters(to) if isinstance(one, Email)]
    return [(one.task.item.status.value, one.task.is_withdrawn) if one.task else None for one in made]


async def of_a_date(cast: Cast, owner: Viewer, plan: Any, by: Viewer) -> None:
    """Assign an item that was decided on a date of an event."""
    event_id = await scheduling.schedule_event(by, plan, NOW)
    await given(by, owner, origin_id=(await occurrences.nearest_date(by, event_id, NOW)).id)


async def test_the_owner_s_email_has_the_task(sqlite_cast: Cast) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await tasks(sqlite_cast.caht_lead) == [("open", False)]


async def test_the_task_of_a_restricted_event_stays_on_the_site(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await of_a_date(cast, cast.hsi_liaison, operation(cast.hsi_liaison), cast.fbi_lead)
    assert await tasks(cast.hsi_liaison) == [None]


async def test_the_task_of_a_marked_event_stays_on_the_site_because_task_lists_show_no_marking(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    await of_a_date(cast, cast.kcpd_detective, meeting(cast.kcpd_detective, marking=marking(cast)), cast.coordinator)
    assert await tasks(cast.kcpd_detective) == [None]


async def test_a_reader_of_time_only_emails_gets_no_task(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.caht_lead, Preferences(is_discreet=True), NOW)
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await tasks(sqlite_cast.caht_lead) == [None]


async def test_people_who_can_help_get_no_task_of_someone_else(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TODAY)
    assert await tasks(cast.coordinator) == [None]


async def test_an_earlier_owner_is_notified_and_their_task_is_withdrawn(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await letters(cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TODAY)
    [letter] = await letters(cast.caht_lead)
    assert isinstance(letter, Email)
    assert letter.task
    assert (type(letter.says), letter.task.is_withdrawn) == (ItemWithdrawnEmail, True)


async def test_the_owner_of_an_item_that_is_canceled_is_notified(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await letters(cast.caht_lead)
    await action_items.save_item_edit(cast.coordinator, reference, ItemEdit(status=ItemStatus.CANCELED), 1, NOW, TODAY)
    assert await tasks(cast.caht_lead) == [("canceled", False)]


async def test_people_who_cancel_their_own_item_get_no_email(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.coordinator)
    await action_items.save_item_edit(cast.coordinator, reference, ItemEdit(status=ItemStatus.CANCELED), 1, NOW, TODAY)
    assert await letters(cast.coordinator) == []


async def test_an_owner_who_has_the_item_again_does_not_read_that_it_was_taken_away(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await letters(cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TODAY)
    await action_items.reassign_item(cast.coordinator, reference, cast.caht_lead.member_id, 2, NOW, TODAY)
    found = await letters(cast.caht_lead)
    assert [one.state for one in found if isinstance(one, SendOutcome)] == [MessageState.SUPERSEDED]
    assert [one.task.is_withdrawn for one in found if isinstance(one, Email) and one.task] == [False]
