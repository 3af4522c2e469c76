"""The emails about a date poll: what they say to whom, and when they aren't sent."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tests.usecases.polls.world import asked, reply
from tracker.rules.core.message_types import PollCanceled, PollNudge, PollOpened
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import ButtonName, Email, FactName, PollPage, SitePage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import PollNudgeEmail, PollOpenedEmail, RestrictedEmail
from tracker.rules.polls.polls import Fit
from tracker.tables.schema.core.tables import Message as MessageRow
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, messages, preferences
from tracker.usecases.events import scheduling
from tracker.usecases.polls import poll_closing, polls

SOON = NOW + timedelta(minutes=1)


async def waiting(now: datetime = SOON) -> list[Message]:
    """Return the messages that are due."""
    return await outbox.claim_messages("test", (), now, 100)


async def letter_to(
    viewer: Viewer, said: PollOpened | PollNudge | PollCanceled, now: datetime = SOON
) -> Email | SendOutcome:
    """Return the email of a message of this content."""
    message = Message(
        id=UUID(int=1),
        key="poll",
        content=said,
        recipient_id=viewer.member_id,
        event_id=None,
        occurrence_id=None,
        item_id=None,
        created_at=now,
        due=now,
        not_after=None,
        attempts=1,
    )
    return await emails.write_email(message, now, ZONE)


def dates_in(letter: Email) -> list[str]:
    return [one.value for one in letter.facts if one.name is FactName.PROPOSED]


async def test_each_person_who_is_asked_gets_one_email_with_the_dates_and_a_link(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    found = {one.recipient_id: one for one in await waiting()}
    assert set(found) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id}
    letter = await emails.write_email(found[sqlite_cast.caht_lead.member_id], SOON, ZONE)
    assert isinstance(letter, Email)
    assert letter.says == PollOpenedEmail(title="Monthly task force meeting", reply_by="Fri, Jan 8")
    said = {one.name: one.value for one in letter.facts}
    assert dates_in(letter) == ["Tue, Jan 12, 10:00–11:30 AM Central", "Wed, Jan 13, 2:00–3:30 PM Central"]
    assert said[FactName.ORGANIZER] == "Coordinator (USAO)"
    assert [one.target for one in letter.buttons] == [
        PollPage(poll_id=poll_id, member_id=sqlite_cast.caht_lead.member_id)
    ]


async def test_read_in_messages_it_has_what_its_recipient_replied_since(sqlite_cast: Cast) -> None:
    reader = sqlite_cast.fbi_lead
    poll_id = await asked(sqlite_cast.coordinator, meeting(reader))
    await reply(reader, poll_id, Fit.IF_NEEDED)
    [row] = await MessageRow.select(MessageRow.id).where(MessageRow.recipient == reader.member_id)
    shown = await messages.read_message(sqlite_cast.coordinator, row["id"], SOON, ZONE)
    assert shown.letter
    assert dates_in(shown.letter) == [
        "Tue, Jan 12, 10:00–11:30 AM Central: If need be",
        "Wed, Jan 13, 2:00–3:30 PM Central",
    ]


async def test_no_email_leaves_while_the_poll_can_be_canceled_unnoticed(sqlite_cast: Cast) -> None:
    await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    assert await waiting(NOW + timedelta(seconds=19)) == []


async def test_an_email_about_a_restricted_event_says_nothing_of_it(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    letter = await letter_to(sqlite_cast.kcpd_detective, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert isinstance(letter.says, RestrictedEmail)
    assert [one.name for one in letter.facts] == [FactName.DETAILS]
    assert [one.target for one in letter.buttons] == [SitePage(path=f"/polls/{poll_id}")]
    assert letter.more == ()


async def test_a_time_only_email_says_nothing_of_a_poll(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_lead, Preferences(is_discreet=True), NOW)
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    letter = await letter_to(sqlite_cast.fbi_lead, PollOpened(poll=poll_id))
    assert isinstance(letter, Email)
    assert (letter.is_discreet, letter.is_time_only, isinstance(letter.says, RestrictedEmail)) == (True, True, True)
    assert [(one.name, one.target) for one in letter.buttons] == [
        (ButtonName.SIGN_IN, SitePage(path=f"/polls/{poll_id}"))
    ]


async def test_people_who_replied_are_not_reminded(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    nudge = PollNudge(poll=poll_id)
    letter = await letter_to(sqlite_cast.fbi_lead, nudge)
    assert isinstance(letter, Email)
    assert letter.says == PollNudgeEmail(title="Monthly task force meeting", reply_by="Fri, Jan 8")
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.NO)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, nudge), SendOutcome)


async def test_no_one_gets_an_email_who_is_not_asked_or_may_not_see_it_or_when_no_date_is_left(
    sqlite_cast: Cast,
) -> None:
    secret = PollOpened(poll=await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective)))
    assert isinstance(await letter_to(sqlite_cast.caht_lead, secret), SendOutcome)
    for_all = PollOpened(poll=await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead)))
    assert isinstance(await letter_to(sqlite_cast.hsi_liaison, for_all), SendOutcome)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, for_all, NOW + timedelta(days=60)), SendOutcome)
    assert isinstance(await letter_to(sqlite_cast.fbi_lead, PollCanceled(poll=for_all.poll)), SendOutcome)


async def test_the_email_about_a_canceled_poll_names_no_draft_that_was_edited_after_that(sqlite_cast: Cast) -> None:
    organizer = sqlite_cast.coordinator
    poll_id = await asked(organizer, meeting(sqlite_cast.fbi_lead))
    await waiting()
    await poll_closing.cancel_poll(organizer, poll_id, SOON)
    event, plan = await scheduling.plan_to_change(organizer, (await polls.poll_for(organizer, poll_id)).event.id)
    secret = replace(plan, title="Interview of a witness", place="Room 9")
    await scheduling.change_event(organizer, event.id, secret, event.version, SOON + timedelta(seconds=1))
    letter = read(await letter_to(sqlite_cast.fbi_lead, PollCanceled(poll=poll_id)))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Date poll canceled"
    assert not any(one in str(letter) for one in ("Interview", "Room 9"))
