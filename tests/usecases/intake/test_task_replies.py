"""What a calendar program sends back about a task counts like the words of its owner, and no more."""

import pytest

from tests.cast import NOW, Cast
from tests.usecases.intake.world import item_called, item_history
from tests.usecases.intake.writing_back import email, given
from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.core.viewers import Origin
from tracker.rules.intake.calendar_replies import Sender, TaskReply
from tracker.tables.schema.core.tables import Message
from tracker.usecases.intake import received_emails
from tracker.usecases.roster import known_people


async def replied(cast: Cast, reference: str, word: AnswerWord | None, **facts: str) -> AnswerOutcome:
    """Take what the program of the advocates' lead sends; `facts` replace what it says."""
    said = {"uid": (await item_called(cast, reference)).uid, "attendee": "caht_lead@caht.example", **facts}
    task = TaskReply(word=word, comment=said.pop("comment", ""), uid=said["uid"], attendee=said["attendee"])
    [outcome] = await received_emails.take_email(
        await email(cast.caht_lead, "BLOCKED by a text that no one wrote", task=task)
    )
    return AnswerOutcome(outcome)


async def test_a_task_that_is_done_closes_the_item_and_is_confirmed(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await replied(cast, reference, AnswerWord.DONE, comment="Sent it to all.") is AnswerOutcome.RECORDED
    assert await item_history(cast, reference) == [("email", "Open → Done, 100%", "Sent it to all.")]
    assert await Message.count().where(Message.kind == "email_answered") == 1


async def test_a_task_that_someone_works_on_is_in_progress(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await replied(cast, reference, AnswerWord.IN_PROGRESS) is AnswerOutcome.RECORDED
    assert (await item_called(cast, reference)).status is ItemStatus.IN_PROGRESS


async def test_a_program_that_says_nothing_new_of_a_task_is_noted_and_gets_no_email(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    before = await Message.count()
    assert await replied(cast, reference, None, comment="Accepted") is AnswerOutcome.IGNORED
    assert ((await item_called(cast, reference)).version, await Message.count()) == (1, before)


@pytest.mark.parametrize("facts", [{"uid": "another@tracker.example"}, {"attendee": "hsi_liaison@hsi.example"}])
async def test_a_reply_about_another_task_or_of_another_person_changes_nothing(
    sqlite_cast: Cast, facts: dict[str, str]
) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await replied(cast, reference, AnswerWord.DONE, **facts) is AnswerOutcome.UNMATCHED
    assert (await item_called(cast, reference)).is_open


async def test_a_forged_reply_about_a_task_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    task = TaskReply(uid=(await item_called(cast, reference)).uid, attendee="", word=AnswerWord.DONE)
    forged = Sender(address=cast.caht_lead.email, is_verified=False)
    assert await received_emails.take_email(await email(cast.caht_lead, "", task=task, sender=forged)) == [
        AnswerOutcome.UNMATCHED
    ]
    assert (await item_called(cast, reference)).is_open


async def test_a_reply_that_names_a_further_address_of_the_owner_counts(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference, address = await given(cast.coordinator, cast.caht_lead), "caht_lead+cal@caht.example"
    await known_people.add_alias(cast.caht_lead, address, NOW)
    [added] = await known_people.aliases_of(cast.caht_lead)
    await known_people.confirm_alias(added.id, NOW, Origin("link"))
    assert await replied(cast, reference, AnswerWord.DONE, attendee=address) is AnswerOutcome.RECORDED
