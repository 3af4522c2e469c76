"""Replies that people who can edit an event record for others: named, audited, and no more than the person's own."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.events.world import NO, SECOND_DATE, THIRD_DATE, YES, emails_to, schedule_with_alternate
from tests.usecases.intake.world import FIRST_DATE as ONLY
from tests.usecases.intake.world import name_same_substitute
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.visible import attendance
from tracker.usecases.events import history, occurrences, recorded_replies, scheduling, substitutes
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views import event_page
from tracker.usecases.views.event_page import view_event

KEY, LATER = "2027-01-12", "2027-02-09"
MONTHLY = rule_for_choice("monthly_nth", meeting().starts, count=3)


async def schedule_yesterday(cast: Cast, *invitees: Viewer, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), NOW - timedelta(days=1))


async def record_yes_of(
    viewer: Viewer, event_id: UUID, person: Viewer, value: ReplyValue = YES, *, for_series: bool = False, key: str = KEY
) -> None:
    await record_reply_for(viewer, event_id, key, person.member_id, value, "By telephone", NOW, for_series=for_series)


async def replies_entered(viewer: Viewer, event_id: UUID, key: str = KEY) -> dict[str, tuple[ReplyValue, str]]:
    date = await occurrences.date_seen_by(viewer, event_id, key)
    return {one.name: (one.reply, one.entered_by) for one in await attendance.participants(viewer, date)}


async def test_the_list_names_who_entered_a_reply(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective, cast.caht_lead)
    await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective)
    replies_entered_found = await replies_entered(cast.coordinator, event_id)
    assert replies_entered_found["Kcpd detective"] == (YES, "Coordinator (USAO)")
    assert replies_entered_found["Caht lead"] == (ReplyValue.NEEDS_ACTION, "")


async def test_it_counts_for_one_date_or_for_the_series(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective, rule=MONTHLY)
    await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective, YES, for_series=True)
    await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective, NO, key=LATER)
    assert (await replies_entered(cast.coordinator, event_id))["Kcpd detective"][0] is YES
    assert (await replies_entered(cast.coordinator, event_id, LATER))["Kcpd detective"][0] is NO


async def test_the_person_sees_who_entered_it_and_has_the_last_word(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective)
    await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective)
    date = await occurrences.date_seen_by(cast.kcpd_detective, event_id, KEY)
    own_reply = await reply_deeds.my_reply(cast.kcpd_detective, date)
    assert own_reply is not None
    assert own_reply[1] is not None
    assert (own_reply[1].value, own_reply[1].entered_by) == (YES, "Coordinator (USAO)")
    later = NOW + timedelta(minutes=1)
    await reply_deeds.record_own_reply(cast.kcpd_detective, event_id, KEY, NO, "", later, for_series=False)
    assert (await replies_entered(cast.coordinator, event_id))["Kcpd detective"] == (NO, "")


async def test_no_one_is_emailed_and_the_audit_log_names_both(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective)
    before = await Message.count()
    await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective)
    assert await Message.count() == before
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "replied_for")
    date = await occurrences.date_seen_by(cast.kcpd_detective, event_id, KEY)
    own_reply = await reply_deeds.my_reply(cast.kcpd_detective, date)
    assert own_reply is not None
    assert (entry["actor"], entry["subject_id"]) == (str(cast.coordinator.member_id), str(own_reply[0]))


async def test_only_who_may_edit_the_event_replies_for_others(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective, cast.kcpd_alternate)
    with pytest.raises(NotAllowed):
        await record_yes_of(cast.kcpd_alternate, event_id, cast.kcpd_detective)
    view = await event_page.view_event(cast.kcpd_alternate, event_id, KEY, NOW)
    assert view.answerable == ()


async def test_no_one_replies_for_who_is_not_invited_or_is_unknown_alike(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective)
    said = set()
    for someone in (cast.bridge_advocate.member_id, uuid4(), None, cast.coordinator.member_id):
        with pytest.raises(Invalid) as refused:
            await record_reply_for(cast.coordinator, event_id, KEY, someone, YES, "", NOW, for_series=False)
        said.add(refused.value.fields["person"])
    assert said == {"Choose one of the invited people."}


async def test_an_event_that_is_not_for_the_viewer_is_missing(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(NotFound):
        await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective, key="2027-01-16")


@pytest.mark.parametrize("facts", [{"status": EventStatus.DRAFT}, {"kind": Kind.DEADLINE}], ids=["draft", "deadline"])
async def test_where_no_one_is_asked_nothing_is_recorded(cast: Cast, facts: dict[str, Any]) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective, **facts)
    with pytest.raises(Conflict):
        await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective)


async def test_a_date_that_is_canceled_or_over_takes_no_replies(cast: Cast) -> None:
    event_id = await schedule_yesterday(cast, cast.kcpd_detective)
    with pytest.raises(Gone):
        await record_reply_for(
            cast.coordinator,
            event_id,
            KEY,
            cast.kcpd_detective.member_id,
            YES,
            "",
            NOW + timedelta(days=40),
            for_series=True,
        )
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    with pytest.raises(Gone):
        await record_yes_of(cast.coordinator, event_id, cast.kcpd_detective)


MINUTE = timedelta(minutes=1)


async def replies_of_bureau(
    viewer: Viewer, event_id: UUID, key: str = SECOND_DATE
) -> dict[str, tuple[ReplyValue, str]]:
    """Return the replies of the Bureau, and who entered each."""
    view = await view_event(viewer, event_id, key, NOW + MINUTE)
    return {one.name: (one.reply, one.entered_by) for one in view.named if one.agency == "FBI"}


@pytest.mark.both_engines
async def test_a_substitute_who_can_t_come_is_released_and_the_person_keeps_their_no(cast: Cast) -> None:
    event_id = await schedule_with_alternate(cast, SECOND_DATE, THIRD_DATE)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, NOW + MINUTE)
    assert await replies_of_bureau(cast.coordinator, event_id) == {"Fbi lead": (NO, "Fbi alternate (FBI)")}
    assert set(await replies_of_bureau(cast.coordinator, event_id, THIRD_DATE)) == {"Fbi lead", "Fbi alternate"}
    rows = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    assert ("withdrawal", cast.fbi_alternate.member_id) in {(one["kind"], one["recipient"]) for one in rows}


async def test_no_one_but_the_substitute_of_the_date_can_decline_for_them(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    for other, key in ((cast.fbi_alternate, THIRD_DATE), (cast.hsi_liaison, SECOND_DATE), (cast.fbi_lead, SECOND_DATE)):
        with pytest.raises(NotAllowed):
            await recorded_replies.decline_as_substitute(other, event_id, key, NOW + MINUTE)
    with pytest.raises(NotFound):
        await recorded_replies.decline_as_substitute(cast.bridge_advocate, event_id, SECOND_DATE, NOW + MINUTE)
    assert set(await replies_of_bureau(cast.coordinator, event_id)) == {"Fbi lead", "Fbi alternate"}


async def test_a_substitute_cannot_decline_a_date_that_is_over(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    with pytest.raises(Gone):
        await recorded_replies.decline_as_substitute(
            cast.fbi_alternate, event_id, SECOND_DATE, NOW + timedelta(days=60)
        )


async def test_a_coordinator_records_that_a_substitute_can_t_come(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    view = await view_event(cast.coordinator, event_id, SECOND_DATE, NOW)
    assert [one.name for one in view.answerable] == ["Fbi alternate", "Fbi lead"]
    said = (cast.coordinator, event_id, SECOND_DATE, cast.fbi_alternate.member_id)
    await record_reply_for(*said, NO, "Called in sick", NOW + MINUTE, for_series=False)
    assert await replies_of_bureau(cast.coordinator, event_id) == {"Fbi lead": (NO, "Coordinator (USAO)")}


@pytest.mark.parametrize(("value", "for_series"), [(YES, False), (ReplyValue.TENTATIVE, False), (NO, True)])
async def test_nothing_but_a_substitute_s_no_to_their_date_is_recorded(
    sqlite_cast: Cast, value: ReplyValue, *, for_series: bool
) -> None:
    cast, event_id = sqlite_cast, await schedule_with_alternate(sqlite_cast, SECOND_DATE)
    with pytest.raises(Invalid):
        said = (cast.coordinator, event_id, SECOND_DATE, cast.fbi_alternate.member_id)
        await record_reply_for(*said, value, "", NOW + MINUTE, for_series=for_series)
    assert set(await replies_of_bureau(cast.coordinator, event_id)) == {"Fbi lead", "Fbi alternate"}


SUBSTITUTE_UNDO_MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SAID = NOW + SUBSTITUTE_UNDO_MINUTE
SOON = SAID + 5 * SECOND
COMING = {"Fbi lead": (NO, ""), "Fbi alternate": (YES, "Fbi lead (FBI)")}


async def schedule_with_refusal(cast: Cast) -> UUID:
    """Return a meeting to whose first date the alternate of the Bureau's lead has just said that they can't come."""
    event_id = await schedule_with_alternate(cast, SECOND_DATE)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, SAID)
    return event_id


async def undo_refusal(
    who: Viewer, event_id: UUID, at: datetime = SAID, now: datetime = SOON
) -> recorded_replies.SubstituteRefusal:
    return await recorded_replies.undo_refusal(who, event_id, SECOND_DATE, at, now)


async def pending_kinds() -> list[str]:
    rows = await Message.select(Message.kind).where(Message.state == "pending")
    return sorted(one["kind"] for one in rows)


@pytest.mark.both_engines
async def test_after_undo_the_reply_names_the_substitute_as_before_and_no_one_gets_an_email(cast: Cast) -> None:
    event_id = await schedule_with_alternate(cast, SECOND_DATE)
    before = await replies_of_bureau(cast.coordinator, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, SAID)
    assert await pending_kinds() == ["substitute_declined", "withdrawal"]
    refusal = await undo_refusal(cast.fbi_alternate, event_id)
    assert await replies_of_bureau(cast.coordinator, event_id) == before == COMING
    assert (await pending_kinds(), refusal.may_be_known) == ([], False)


async def test_the_person_who_named_them_isn_t_emailed_while_it_can_be_undone(sqlite_cast: Cast) -> None:
    await schedule_with_refusal(sqlite_cast)
    [row] = await Message.select(Message.due).where(Message.kind == "substitute_declined")
    assert row["due"] == SAID + 20 * SECOND


@pytest.mark.both_engines
async def test_who_recorded_a_substitute_s_no_undoes_it_and_no_one_else_can(cast: Cast) -> None:
    event_id = await schedule_with_alternate(cast, SECOND_DATE)
    said = (cast.coordinator, event_id, SECOND_DATE, cast.fbi_alternate.member_id)
    await record_reply_for(*said, NO, "Called in sick", SAID, for_series=False)
    for other in (cast.fbi_alternate, cast.fbi_lead, cast.hsi_liaison):
        with pytest.raises(Conflict):
            await undo_refusal(other, event_id)
    with pytest.raises(NotFound):
        await undo_refusal(cast.bridge_advocate, event_id)
    await undo_refusal(cast.coordinator, event_id)
    assert await replies_of_bureau(cast.coordinator, event_id) == COMING


async def test_it_is_refused_after_20_seconds(sqlite_cast: Cast) -> None:
    event_id = await schedule_with_refusal(sqlite_cast)
    with pytest.raises(Gone):
        await undo_refusal(sqlite_cast.fbi_alternate, event_id, now=SAID + 20 * SECOND)
    assert set(await replies_of_bureau(sqlite_cast.coordinator, event_id)) == {"Fbi lead"}


async def test_it_is_refused_once_the_person_who_named_them_replied(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_refusal(sqlite_cast)
    await reply_deeds.record_own_reply(cast.fbi_lead, event_id, SECOND_DATE, YES, "", SOON, for_series=False)
    with pytest.raises(Conflict):
        await undo_refusal(cast.fbi_alternate, event_id)
    assert (await replies_of_bureau(cast.coordinator, event_id))["Fbi lead"] == (YES, "")


async def test_it_is_refused_once_the_date_is_canceled(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_refusal(sqlite_cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, SECOND_DATE, 1, "", SOON)
    with pytest.raises(Conflict):
        await undo_refusal(cast.fbi_alternate, event_id)


async def test_a_second_undo_changes_nothing(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_refusal(sqlite_cast)
    await undo_refusal(cast.fbi_alternate, event_id)
    with pytest.raises(Conflict):
        await undo_refusal(cast.fbi_alternate, event_id)
    assert await replies_of_bureau(cast.coordinator, event_id) == COMING


@pytest.mark.both_engines
async def test_a_second_no_is_undone_like_the_first(cast: Cast) -> None:
    event_id = await schedule_with_alternate(cast, SECOND_DATE)
    for at in (SAID, SAID + SUBSTITUTE_UNDO_MINUTE):
        await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, at)
        refusal = await undo_refusal(cast.fbi_alternate, event_id, at, at + SECOND)
        assert (await pending_kinds(), refusal.may_be_known) == ([], False)


async def test_a_substitute_of_two_people_comes_for_both_again(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    at = NOW + 5 * timedelta(hours=1)
    await recorded_replies.decline_as_substitute(other, event_id, ONLY, at)
    refusal = await recorded_replies.undo_refusal(other, event_id, ONLY, at, at + SECOND)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, ONLY)
    assert len(await substitutes.turns_on_date(event_id, date.id, other.member_id)) == 2
    assert set(refusal.principals.split(" and ")) == {"Fbi lead (FBI)", "Fbi alternate (FBI)"}
    assert (await pending_kinds(), refusal.may_be_known) == ([], False)


@pytest.mark.both_engines
async def test_an_undone_no_to_two_people_takes_no_date_off_a_calendar_though_one_of_them_replied_since(
    cast: Cast,
) -> None:
    event_id, other = await name_same_substitute(cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    at = NOW + 5 * timedelta(hours=1)
    await recorded_replies.decline_as_substitute(other, event_id, ONLY, at)
    await reply_deeds.record_own_reply(cast.fbi_lead, event_id, ONLY, YES, "", at + SECOND, for_series=False)
    await recorded_replies.undo_refusal(other, event_id, ONLY, at, at + 2 * SECOND)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, ONLY)
    assert len(await substitutes.turns_on_date(event_id, date.id, other.member_id)) == 1
    assert "withdrawal" not in await pending_kinds()


async def test_the_date_comes_back_to_their_calendar_if_it_had_been_taken_off(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_refusal(sqlite_cast)
    assert len(await emails_to(cast.fbi_alternate, SAID)) == 1
    refusal = await undo_refusal(cast.fbi_alternate, event_id)
    [(message, _)] = await emails_to(cast.fbi_alternate, SOON)
    assert (message.key.split(":")[1], refusal.may_be_known) == ("substitute", True)


async def test_an_undone_no_is_in_the_audit_log_and_not_in_the_history_of_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_refusal(sqlite_cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, SECOND_DATE)
    assert len(await history.history_of_event(cast.coordinator, date.event, date)) == 1
    await undo_refusal(cast.fbi_alternate, event_id)
    assert len(await history.history_of_event(cast.coordinator, date.event, date)) == 0
    assert await AuditEntry.exists().where(AuditEntry.verb == "refusal_undone")
