"""Messages as rows keep them: what is written is read again, and what isn't known stops no one."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tracker.rules.core import message_types as types
from tracker.rules.core.email_declarations import EMAILS, Content, MessageKind, tag_of
from tracker.rules.core.message_types import (
    AccountChange,
    AnswerOutcome,
    AnswerWord,
    EmailedEntry,
    ItemsOfDay,
    KnownBefore,
)
from tracker.rules.core.outbox import MOVED, TOPIC_WORDS, NewMessage, Unreadable, decode, encode
from tracker.tables.schema.core.tables import Sending

AT = datetime(2027, 2, 9, 16, tzinfo=UTC)
BEFORE = KnownBefore(starts_at=AT, ends_at=AT, place="Annex", repeats="Every week", until=date(2027, 6, 1))
ENTRY = EmailedEntry(uid="1@tracker.example", sequence=3, at=AT)
ID = UUID(int=7)
EVERY: tuple[Content, ...] = (
    types.Invited(),
    types.Changed(before=BEFORE, reason="court", entry=ENTRY),
    types.DateAdded(starts=datetime(2027, 3, 2, 10), date=ID),  # noqa: DTZ001 - on the wall clock of the event
    types.Restored(before=BEFORE),
    types.SeriesEnded(reason="done"),
    types.SeriesContinued(entry=ENTRY),
    types.RemovedFromSeries(),
    types.Canceled(reason="ill", unsent=BEFORE),
    types.Removed(entry=ENTRY),
    types.SubstituteNamed(),
    types.SubstituteDeclined(at=AT),
    types.ReminderDue(starts_at=AT, lead=3_600, is_late=True),
    types.ReplyNudge(),
    types.Thanked(),
    types.ConfirmationNudge(since=AT, what="time"),
    types.ItemAssigned(),
    types.ItemWithdrawn(),
    types.ItemBlocked(since=AT),
    types.ItemNoted(at=AT),
    types.ItemAnswered(at=AT, outcome=AnswerOutcome.RECORDED, word=AnswerWord.DONE, is_whole=False, undo=ID),
    types.InvitationAnswered(at=AT, outcome=AnswerOutcome.NO_WORD),
    types.ProposalDeclined(at=AT, starts_at=AT, ends_at=AT, sequence=1, comment="Court"),
    types.ItemDue(due=date(2027, 2, 9)),
    types.ItemOverdue(due=date(2027, 2, 9), is_late=True),
    ItemsOfDay(day=date(2027, 2, 9), since=date(2027, 2, 8), is_late=True),
    types.WeeklyDigest(monday=date(2027, 2, 8)),
    types.AccountLocked(),
    types.AccountChanged(what=AccountChange.ADDRESS, to="a@x.example", name="A", by="B", by_id=ID),
    types.AccountInvited(link_id=ID, by="B"),
    types.AuditLogAltered(),
    types.EmailTest(),
    types.AddressCheck(alias=ID),
    types.AddressAdded(address="a@x.example"),
    types.ConflictFound(hit=ID, for_officer=True),
    types.ConflictEnded(hit=ID),
    types.DecisionDropped(hit=ID),
    types.ComparisonsReported(),
    types.CheckOutMissing(release=ID),
    types.ReadinessChanged(notice=ID, state="released"),
    types.EmergencyAccessUsed(access=ID),
    types.PlanSubmitted(plan=ID),
    types.PlanDecided(plan=ID),
    types.PlanMoved(plan=ID),
    types.ApprovedPlanChanged(plan=ID),
    types.AccessRequested(grant=ID),
    types.AccessDecided(grant=ID),
    types.PollOpened(poll=ID),
    types.PollNudge(poll=ID),
    types.PollCanceled(poll=ID),
)


@pytest.mark.parametrize("content", EVERY, ids=lambda one: type(one).__name__)
def test_what_is_written_is_read_again(content: Content) -> None:
    assert decode(encode(content)) == content


def test_every_message_declares_an_email_and_has_an_example_here() -> None:
    messages = {one for one in vars(types).values() if isinstance(one, type) and issubclass(one, Content)}
    tagged = {message for message in messages if message.__struct_config__.tag != message.__name__}
    assert set(EMAILS) == tagged == {type(content) for content in EVERY}


def test_every_email_has_a_kind_and_words_in_the_list_of_messages() -> None:
    assert all(declared.kind.label and declared.words for declared in EMAILS.values())
    assert {declared.kind for declared in EMAILS.values()} == set(MessageKind)


def test_no_two_messages_have_the_same_tag() -> None:
    assert len({tag_of(message) for message in EMAILS}) == len(EMAILS)


def test_every_topic_fits_its_column() -> None:
    assert [topic for topic in TOPIC_WORDS if len(topic) > Sending.topic.length] == []


def test_every_type_of_message_has_a_topic_and_a_change_of_time_one_of_its_own() -> None:
    topics = {NewMessage(content=content, recipient_id=ID, key="").topic for content in EVERY}
    assert {*topics, NewMessage(content=types.Changed(is_moved=True), recipient_id=ID, key="").topic} == set(
        TOPIC_WORDS
    )
    assert MOVED not in topics


@pytest.mark.parametrize(
    "text", ['{"content": {"type": "from_the_future"}}', '{"content": {"type": "item_due"}}', "{}"]
)
def test_what_this_version_does_not_know_is_unreadable_and_no_error(text: str) -> None:
    assert decode(text) == Unreadable()
