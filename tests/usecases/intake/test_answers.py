"""A confirmation says what was understood of an email, to the person who wrote it, and never more than they may see."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tests.emails import ReadEmail, read
from tests.ports.mail.sending import composer
from tests.usecases.intake.writing_back import LATER, email, given, said
from tracker.rules.actions.action_items import ItemEdit, ItemStatus
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.outbox import Skip, State
from tracker.rules.emails.content import ItemPage, Letter
from tracker.rules.emails.preferences import Preferences
from tracker.tables.schema.core.tables import Message
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core import outbox
from tracker.usecases.emails import content, preferences
from tracker.usecases.events import occurrences
from tracker.usecases.events.events import schedule
from tracker.usecases.intake import emailed_words, received_emails

SOON = LATER + timedelta(minutes=1)


async def confirmations() -> list[tuple[str, ReadEmail]]:
    """Return the confirmations that are due, each with the address that it goes to."""
    found = []
    for message in await outbox.claim_messages("test", (), LATER, 100):
        letter = await content.letter(message, LATER, ZONE)
        await outbox.close_message(message, Skip(state=State.SENT, reason=""), LATER)
        made = read(letter)
        if message.key.startswith("email_answered") and isinstance(letter, Letter) and isinstance(made, ReadEmail):
            found.append((letter.to, made))
    return found


async def test_a_confirmation_says_what_was_understood(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "DONE: all three are in\n\nJane")
    [(to, one)] = await confirmations()
    assert (to, one.subject) == (cast.caht_lead.email, f"Action item {reference} marked done")
    assert dict(one.facts)["Note"] == "all three are in"
    assert one.paragraphs[0] == "We read only the first paragraph of your email."
    assert [button.label for button in one.buttons] == ["Undo", "Sign in"], "the link of a closed item opens nothing"


async def test_a_confirmation_about_an_open_item_updates_it_without_signing_in(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.caht_lead, reference)).item
    await said(cast.caht_lead, "BLOCKED no key yet")
    [(_, one)] = await confirmations()
    update = one.buttons[1]
    assert (update.label, update.target) == ("Update this item", ItemPage(item_id=item.id, owner_id=item.owner_id))


async def test_a_confirmation_shows_nothing_that_changed_later(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "BLOCKED no key yet")
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 2, SOON, LATER.date()
    )
    [(_, one)] = await confirmations()
    assert one.heading == "Marked blocked"
    assert dict(one.facts)["Note"] == "no key yet"
    assert "Status" not in dict(one.facts)


async def test_a_reply_that_says_nothing_is_told_which_words_work_once_a_day(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    first = await email(cast.caht_lead, "> DONE")
    await received_emails.take_email(first)
    await received_emails.take_email(replace(first, name="2" * 64))
    [(_, one)] = await confirmations()
    assert one.subject == f"Your email didn't change action item {reference}"
    assert one.heading == "Nothing changed"


async def test_each_thing_about_which_nothing_changed_is_answered(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    first = await given(cast.coordinator, cast.caht_lead)
    await received_emails.take_email(await email(cast.caht_lead, "> DONE"))
    second = await given(cast.coordinator, cast.caht_lead)
    await received_emails.take_email(await email(cast.caht_lead, "> BLOCKED", message_id=await about(second)))
    subjects = {one.subject for _, one in await confirmations()}
    assert subjects == {f"Your email didn't change action item {one}" for one in (first, second)}


async def about(reference: str) -> UUID:
    """Return the message about an action item."""
    [message_id] = await Message.select(Message.id).where(Message.item.reference == reference).output(as_list=True)
    return UUID(str(message_id))


async def test_a_machine_that_answers_confirmations_is_answered_only_so_often(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await given(cast.coordinator, cast.caht_lead)
    first = await email(cast.caht_lead, "Ticket")
    for number in range(emailed_words.MOST_CONFIRMATIONS + 5):
        await received_emails.take_email(replace(first, name=f"{number:064}", text=f"Ticket {number}"))
    assert len(await confirmations()) == emailed_words.MOST_CONFIRMATIONS


async def test_a_confirmation_about_a_restricted_item_shows_nothing_of_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule(cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Larkspur"), NOW)
    date_id = (await occurrences.date_for(cast.fbi_lead, event_id, "2027-01-16")).id
    reference = await given(cast.fbi_lead, cast.hsi_liaison, origin_id=date_id)
    assert await said(cast.hsi_liaison, "DONE with Larkspur") is AnswerOutcome.SIGN_IN
    [(_, one)] = await confirmations()
    assert one.subject == f"Your email about action item {reference}"
    assert "Larkspur" not in str(one)
    assert "contact sheet" not in str(one)


async def test_a_confirmation_to_a_reader_of_time_only_emails_names_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await given(cast.coordinator, cast.caht_lead)
    await preferences.save(cast.caht_lead, Preferences(is_discreet=True), NOW)
    assert await said(cast.caht_lead, "DONE") is AnswerOutcome.SIGN_IN
    [(_, one)] = await confirmations()
    assert one.is_discreet
    assert "contact sheet" not in str(one)


async def test_an_email_about_an_item_is_answered_to_an_address_of_its_own(sqlite_cast: Cast) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    [message] = await outbox.claim_messages("test", (), LATER, 100)
    letter = await content.letter(message, LATER, ZONE)
    assert isinstance(letter, Letter)
    with_address = composer(reply_address="reply@tracker.example").mail(letter, message).content.decode()
    without = composer().mail(letter, message).content.decode()
    assert "Reply-To: reply+" in with_address
    assert "start with DONE, IN PROGRESS, or" in with_address
    assert "Reply-To: coordinator@tracker.example" in without
    assert "Replying to this email reaches the coordinator." in " ".join(without.split())
    assert "DONE" not in without


async def test_no_one_is_answered_who_is_not_known(sqlite_cast: Cast) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    before = await Message.count()
    await received_emails.take_email(replace(await email(sqlite_cast.caht_lead, "DONE"), is_automatic=True))
    assert await Message.count() == before
