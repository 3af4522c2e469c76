"""A substitute's No can be undone for a while, also if it was recorded: everything is as before."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.usecases.events.test_substitute_emails import letters
from tests.usecases.events.test_substitute_replies import KEY, NO, YES, sent_to, shown
from tests.usecases.intake.test_two_principals import KEY as ONLY
from tests.usecases.intake.test_two_principals import both_send
from tracker.errors import Conflict, Gone, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.events import history, occurrences, recorded_replies, replies, substitutes
from tracker.usecases.events.recorded_replies import record_reply_for

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SAID = NOW + MINUTE
SOON = SAID + 5 * SECOND
COMING = {"Fbi lead": (NO, ""), "Fbi alternate": (YES, "Fbi lead (FBI)")}


async def declined(cast: Cast) -> UUID:
    """Return a meeting to whose first date the alternate of the Bureau's lead has just said that they can't come."""
    event_id = await sent_to(cast, KEY)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, KEY, SAID)
    return event_id


async def undone(
    who: Viewer, event_id: UUID, at: datetime = SAID, now: datetime = SOON
) -> recorded_replies.SubstituteRefusal:
    return await recorded_replies.undo_refusal(who, event_id, KEY, at, now)


async def waiting() -> list[str]:
    found = await Message.select(Message.kind).where(Message.state == "pending")
    return sorted(one["kind"] for one in found)


@pytest.mark.both_engines
async def test_after_undo_the_reply_names_the_substitute_as_before_and_no_one_gets_an_email(cast: Cast) -> None:
    event_id = await sent_to(cast, KEY)
    before = await shown(cast.coordinator, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, KEY, SAID)
    assert await waiting() == ["substitute_declined", "withdrawal"]
    found = await undone(cast.fbi_alternate, event_id)
    assert await shown(cast.coordinator, event_id) == before == COMING
    assert (await waiting(), found.may_be_known) == ([], False)


async def test_the_person_who_named_them_isn_t_emailed_while_it_can_be_undone(sqlite_cast: Cast) -> None:
    await declined(sqlite_cast)
    [row] = await Message.select(Message.due).where(Message.kind == "substitute_declined")
    assert row["due"] == SAID + 20 * SECOND


@pytest.mark.both_engines
async def test_who_recorded_a_substitute_s_no_undoes_it_and_no_one_else_can(cast: Cast) -> None:
    event_id = await sent_to(cast, KEY)
    said = (cast.coordinator, event_id, KEY, cast.fbi_alternate.member_id)
    await record_reply_for(*said, NO, "Called in sick", SAID, for_series=False)
    for other in (cast.fbi_alternate, cast.fbi_lead, cast.hsi_liaison):
        with pytest.raises(Conflict):
            await undone(other, event_id)
    with pytest.raises(NotFound):
        await undone(cast.bridge_advocate, event_id)
    await undone(cast.coordinator, event_id)
    assert await shown(cast.coordinator, event_id) == COMING


async def test_it_is_refused_after_20_seconds(sqlite_cast: Cast) -> None:
    event_id = await declined(sqlite_cast)
    with pytest.raises(Gone):
        await undone(sqlite_cast.fbi_alternate, event_id, now=SAID + 20 * SECOND)
    assert set(await shown(sqlite_cast.coordinator, event_id)) == {"Fbi lead"}


async def test_it_is_refused_once_the_person_who_named_them_replied(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await declined(sqlite_cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, YES, "", SOON, for_series=False)
    with pytest.raises(Conflict):
        await undone(cast.fbi_alternate, event_id)
    assert (await shown(cast.coordinator, event_id))["Fbi lead"] == (YES, "")


async def test_it_is_refused_once_the_date_is_canceled(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await declined(sqlite_cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, KEY, 1, "", SOON)
    with pytest.raises(Conflict):
        await undone(cast.fbi_alternate, event_id)


async def test_a_second_undo_changes_nothing(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await declined(sqlite_cast)
    await undone(cast.fbi_alternate, event_id)
    with pytest.raises(Conflict):
        await undone(cast.fbi_alternate, event_id)
    assert await shown(cast.coordinator, event_id) == COMING


@pytest.mark.both_engines
async def test_a_second_no_is_undone_like_the_first(cast: Cast) -> None:
    event_id = await sent_to(cast, KEY)
    for at in (SAID, SAID + MINUTE):
        await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, KEY, at)
        found = await undone(cast.fbi_alternate, event_id, at, at + SECOND)
        assert (await waiting(), found.may_be_known) == ([], False)


async def test_a_substitute_of_two_people_comes_for_both_again(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await both_send(cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    at = NOW + 5 * timedelta(hours=1)
    await recorded_replies.decline_as_substitute(other, event_id, ONLY, at)
    found = await recorded_replies.undo_refusal(other, event_id, ONLY, at, at + SECOND)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, ONLY)
    assert len(await substitutes.turns_on_date(event_id, date.id, other.member_id)) == 2
    assert set(found.principals.split(" and ")) == {"Fbi lead (FBI)", "Fbi alternate (FBI)"}
    assert (await waiting(), found.may_be_known) == ([], False)


@pytest.mark.both_engines
async def test_an_undone_no_to_two_people_takes_no_date_off_a_calendar_though_one_of_them_replied_since(
    cast: Cast,
) -> None:
    event_id, other = await both_send(cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    at = NOW + 5 * timedelta(hours=1)
    await recorded_replies.decline_as_substitute(other, event_id, ONLY, at)
    await replies.record_own_reply(cast.fbi_lead, event_id, ONLY, YES, "", at + SECOND, for_series=False)
    await recorded_replies.undo_refusal(other, event_id, ONLY, at, at + 2 * SECOND)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, ONLY)
    assert len(await substitutes.turns_on_date(event_id, date.id, other.member_id)) == 1
    assert "withdrawal" not in await waiting()


async def test_the_date_comes_back_to_their_calendar_if_it_had_been_taken_off(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await declined(sqlite_cast)
    assert len(await letters(cast.fbi_alternate, SAID)) == 1
    found = await undone(cast.fbi_alternate, event_id)
    [(message, _)] = await letters(cast.fbi_alternate, SOON)
    assert (message.key.split(":")[1], found.may_be_known) == ("substitute", True)


async def test_an_undone_no_is_in_the_audit_log_and_not_in_the_history_of_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await declined(sqlite_cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    assert len(await history.history_of_event(cast.coordinator, date.event, date)) == 1
    await undone(cast.fbi_alternate, event_id)
    assert len(await history.history_of_event(cast.coordinator, date.event, date)) == 0
    assert await AuditEntry.exists().where(AuditEntry.verb == "refusal_undone")
