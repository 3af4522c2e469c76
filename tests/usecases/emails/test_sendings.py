"""Sendings: one row for all that a deed sent; trying again; and test emails to the person who asks alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.emails import ReadEmail, read_result
from tests.usecases.roster.forms import audit_verbs
from tracker.database import bind, close_database, engine, open_database
from tracker.database.sqlite import SQLiteEngine
from tracker.errors import Conflict, NotFound
from tracker.rules.core.outbox import Message as OutboxMessage
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.messages import MessageFilter, MessageStatus, SendingSummary
from tracker.rules.emails.template_values import EmailTestEmail
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.visible.emails import SentEmailTest
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, writers
from tracker.usecases.emails.messages import (
    FRESH,
    MOST_FAILED,
    PAGE,
    PEOPLE,
    SHOWN,
    retry_sending,
    sending_page,
    sendings_page,
)
from tracker.usecases.events import scheduling

pytestmark = pytest.mark.both_engines

LATER = NOW + timedelta(minutes=5)


async def schedule_for(cast: Cast, *invitees: Viewer, at: Any = NOW, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), at)


async def close_messages(**outcomes: MessageState) -> None:
    """Let what waits end: as it is said for the first letters of a name, or as sent."""
    names = {row["id"]: row["recipient.name"] for row in await Message.select(Message.id, Message.recipient.name)}
    for message in await outbox.claim_messages("test", (), LATER, 1_000):
        state = next(
            (how for name, how in outcomes.items() if names[message.id].lower().startswith(name)), MessageState.SENT
        )
        await outbox.close_message(message, SendOutcome(state=state, reason=""), LATER)


async def summaries_listed(viewer: Viewer, **asked: Any) -> list[SendingSummary]:
    page = await sendings_page(viewer, MessageFilter(**asked), None, LATER)
    return [*page.failed, *page.sendings]


async def test_a_moved_meeting_is_one_row_with_its_people_and_how_it_ended_for_them(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    await close_messages()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=plan.starts + timedelta(hours=1))
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, NOW + timedelta(minutes=1))
    await close_messages(caht=MessageState.BOUNCED)
    first, second = await summaries_listed(cast.coordinator)
    assert (first.topic, first.people, first.words, first.retries) == ("moved", 3, "2 sent, 1 failed", 1)
    assert (second.topic, second.words) == ("invited", "3 sent")
    assert first.lines[0].recipient == "Caht lead"


async def test_the_row_says_why_people_got_no_email(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    why = {
        "fbi": "It has since been canceled.",
        "caht": "The recipient has replied.",
        "hsi": "The recipient has replied.",
    }
    names = {row["id"]: row["recipient.name"] for row in await Message.select(Message.id, Message.recipient.name)}
    for message in await outbox.claim_messages("test", (), LATER, 1_000):
        reason = why[names[message.id].lower().partition(" ")[0]]
        await outbox.close_message(message, SendOutcome(state=MessageState.SUPERSEDED, reason=reason), LATER)
    [summary] = await summaries_listed(cast.coordinator)
    assert (summary.words, summary.people) == ("3 not sent", 3)
    assert summary.why == "2: The recipient has replied. 1: It has since been canceled."


async def test_the_row_says_one_reason_without_a_number(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    for message in await outbox.claim_messages("test", (), LATER, 1_000):
        await outbox.close_message(
            message, SendOutcome(state=MessageState.TOO_LATE, reason="It was over before it could be sent."), LATER
        )
    [summary] = await summaries_listed(cast.coordinator)
    assert summary.why == "It was over before it could be sent."


async def test_of_many_people_the_row_names_a_few_those_first_whom_it_failed_for(cast: Cast) -> None:
    people = (cast.fbi_lead, cast.fbi_alternate, cast.caht_lead, cast.hsi_liaison, cast.kcpd_detective)
    await schedule_for(cast, *people, cast.kcpd_alternate, cast.harbor_advocate)
    await close_messages(kcpd=MessageState.FAILED)
    [summary] = await summaries_listed(cast.coordinator)
    assert (summary.people, len(summary.lines), SHOWN) == (7, 5, 5)
    assert [line.recipient for line in summary.lines][:2] == ["Kcpd alternate", "Kcpd detective"]


async def test_who_is_invited_finds_one_person_in_it_themselves(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await close_messages(caht=MessageState.BOUNCED)
    [own_summary] = await summaries_listed(cast.fbi_lead)
    assert (own_summary.people, own_summary.words) == (1, "1 sent")
    page = await sending_page(cast.fbi_lead, own_summary.id, 0, LATER)
    assert [one.recipient for one in page.lines] == ["Fbi lead"]


async def test_sendings_that_failed_lately_are_above_the_newer_ones_and_on_no_other_page(cast: Cast) -> None:
    await schedule_for(cast, cast.caht_lead, at=NOW - timedelta(days=2), title="Failing")
    for number in range(PAGE):
        await schedule_for(cast, cast.fbi_lead, title=f"Meeting {number}")
    await close_messages(caht=MessageState.FAILED)
    page = await sendings_page(cast.coordinator, MessageFilter(), None, LATER)
    assert [one.subject.title for one in page.failed if one.subject] == ["Failing"]
    assert (len(page.sendings), page.older) == (PAGE, None)
    again = await sendings_page(cast.coordinator, MessageFilter(), None, NOW + FRESH)
    assert again.failed == []
    assert again.older


async def test_more_failures_than_fit_above_are_in_their_places_below(cast: Cast) -> None:
    for number in range(MOST_FAILED + 2):
        await schedule_for(cast, cast.caht_lead, title=f"Meeting {number}")
    await close_messages(caht=MessageState.FAILED)
    page = await sendings_page(cast.coordinator, MessageFilter(), None, LATER)
    assert (len(page.failed), len(page.sendings)) == (MOST_FAILED, 2)
    assert len(await summaries_listed(cast.coordinator, standing=MessageStatus.FAILED)) == MOST_FAILED + 2


async def test_a_list_for_one_person_counts_that_person_alone(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await close_messages(caht=MessageState.BOUNCED)
    [summary] = await summaries_listed(cast.coordinator, person=cast.fbi_lead.member_id)
    assert (summary.people, summary.words, [line.recipient for line in summary.lines]) == (1, "1 sent", ["Fbi lead"])
    assert await summaries_listed(cast.coordinator, person=cast.fbi_lead.member_id, standing=MessageStatus.FAILED) == []


async def test_an_unseen_sending_is_in_no_count_and_has_no_page(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    [hidden] = await summaries_listed(cast.fbi_lead)
    assert hidden.people == 2
    assert await summaries_listed(cast.coordinator) == []
    for viewer, sending_id in ((cast.coordinator, hidden.id), (cast.fbi_lead, uuid4())):
        with pytest.raises(NotFound):
            await sending_page(viewer, sending_id, 0, LATER)
        with pytest.raises(NotFound):
            await retry_sending(viewer, sending_id, LATER)


async def test_who_may_not_see_the_event_any_more_is_in_no_count_of_others(cast: Cast) -> None:
    event_id = await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await close_messages()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrower = replace(plan, invitees=meeting(cast.fbi_lead).invitees, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, narrower, event.version, LATER)
    assert await summaries_listed(cast.caht_lead) == []
    assert len(await summaries_listed(cast.coordinator)) == 3


async def test_a_message_that_a_change_moved_to_an_unseen_event_leaves_the_counts_of_its_sending(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await Message.update({Message.event: secret}).where(Message.recipient == cast.fbi_lead.member_id)
    [summary] = await summaries_listed(cast.coordinator)
    assert (summary.people, [line.recipient for line in summary.lines]) == (1, ["Caht lead"])


async def test_trying_again_reaches_those_it_failed_for_and_no_one_else(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead, cast.hsi_liaison)
    await close_messages(caht=MessageState.BOUNCED, hsi=MessageState.FAILED)
    [summary] = await summaries_listed(cast.coordinator)
    assert await retry_sending(cast.coordinator, summary.id, LATER) == 2
    [again] = await summaries_listed(cast.coordinator)
    assert (again.id, again.people, again.words, again.retries) == (summary.id, 3, "1 sent, 2 waiting", 0)
    with pytest.raises(Conflict):
        await retry_sending(cast.coordinator, summary.id, LATER)
    assert await AuditEntry.count().where(AuditEntry.verb == "resent") == 2


async def test_anyone_who_was_only_invited_tries_again_nothing_of_others(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead, cast.caht_lead)
    await close_messages(caht=MessageState.BOUNCED)
    [own_summary] = await summaries_listed(cast.fbi_lead)
    with pytest.raises(Conflict):
        await retry_sending(cast.fbi_lead, own_summary.id, LATER)


async def test_a_sending_to_many_people_continues_on_another_page(cast: Cast) -> None:
    await schedule_for(cast, cast.fbi_lead)
    [summary] = await summaries_listed(cast.coordinator)
    [row] = await Message.select().output(load_json=False)
    more = [{**row, "id": uuid4(), "key": str(number)} for number in range(PEOPLE)]
    await Message.insert(*(Message(**values) for values in more))
    page = await sending_page(cast.coordinator, summary.id, 0, LATER)
    assert (len(page.lines), page.next_skip) == (PEOPLE, PEOPLE)
    last = await sending_page(cast.coordinator, summary.id, PEOPLE, LATER)
    assert (len(last.lines), last.next_skip) == (1, None)


class CountingEngine(SQLiteEngine):
    """SQLite, with counts of the statements that run and of the rows that they return."""

    statements = 0
    rows = 0

    async def run_querystring(self, querystring: QueryString, **how: Any) -> Any:
        rows = await super().run_querystring(querystring, **how)
        self.statements, self.rows = self.statements + 1, self.rows + len(rows)
        return rows


async def test_a_page_reads_the_same_number_of_rows_however_many_messages_and_recipients_there_are(
    sqlite_cast: Cast,
) -> None:
    opened = engine()
    counting = CountingEngine(opened.path, synchronous="OFF")
    bind(counting)
    await open_database(counting)
    for number in range(PAGE + 1):
        people = everyone(sqlite_cast)[: SHOWN + 1]
        await schedule_for(sqlite_cast, *people, title=f"Meeting {number}", at=NOW - timedelta(minutes=number))
    await close_messages()
    few = await statements_and_rows(sqlite_cast, counting)
    for number in range(3 * PAGE):
        await schedule_for(
            sqlite_cast, *everyone(sqlite_cast), title=f"More {number}", at=NOW + timedelta(seconds=number)
        )
    await close_messages()
    assert await statements_and_rows(sqlite_cast, counting) == few
    await close_database(counting)
    bind(opened)


async def statements_and_rows(cast: Cast, counting: CountingEngine) -> tuple[int, int]:
    """Return how many statements a page takes, and how many rows they return."""
    counting.statements = counting.rows = 0
    await sendings_page(cast.coordinator, MessageFilter(), None, LATER)
    return counting.statements, counting.rows


SOON = NOW + timedelta(minutes=1)


async def due_messages() -> list[OutboxMessage]:
    return await outbox.claim_messages("test", (), SOON, 100)


async def latest_test_of(viewer: Viewer) -> SentEmailTest:
    email_test = writers.latest_email_test(viewer, await writers.every_email_test(viewer))
    assert email_test
    return email_test


async def test_a_test_email_goes_to_the_person_who_asked_and_says_when(cast: Cast) -> None:
    await writers.send_email_test(cast.administrator, NOW)
    [message] = await due_messages()
    letter = read_result(await emails.write_email(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert letter.to == cast.administrator.email
    assert letter.letter.says == EmailTestEmail(asked="Tuesday, December 15, 2026, 9:00 AM Central")
    assert await audit_verbs(cast.administrator.member_id) == ["email_tested"]


async def test_it_is_waiting_until_the_email_server_took_it_and_then_says_when(cast: Cast) -> None:
    assert await writers.every_email_test(cast.coordinator) == []
    await writers.send_email_test(cast.coordinator, NOW)
    waiting = await latest_test_of(cast.coordinator)
    assert (waiting.state, waiting.sent_at, waiting.recipient) == (MessageState.PENDING, None, cast.coordinator.email)
    assert not writers.was_any_test_sent([waiting])
    [message] = await due_messages()
    await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), SOON)
    sent = await latest_test_of(cast.coordinator)
    assert (sent.state, sent.sent_at) == (MessageState.SENT, SOON)
    assert writers.was_any_test_sent(await writers.every_email_test(cast.administrator))


async def test_a_second_press_sends_no_second_one_while_the_first_one_waits(cast: Cast) -> None:
    await writers.send_email_test(cast.coordinator, NOW)
    await writers.send_email_test(cast.coordinator, NOW + timedelta(seconds=1))
    await writers.send_email_test(cast.administrator, NOW + timedelta(seconds=2))
    assert {one.recipient_id for one in await due_messages()} == {
        cast.coordinator.member_id,
        cast.administrator.member_id,
    }
    assert (await latest_test_of(cast.coordinator)).at == NOW


async def test_only_those_who_keep_accounts_send_one_or_read_of_it(cast: Cast) -> None:
    await writers.send_email_test(cast.coordinator, NOW)
    for viewer in (cast.fbi_lead, cast.auditor):
        with pytest.raises(NotFound):
            await writers.send_email_test(viewer, NOW)
        assert await writers.every_email_test(viewer) == []
