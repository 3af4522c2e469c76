"""Emails about action items: the one of a day, and which of them have the item as a task."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, marking, meeting, operation
from tests.database.statements import noted
from tests.emails import read_email, send_due_messages
from tests.ports.mail.sending import composer
from tracker.database.connections import is_read
from tracker.errors import NotAllowed
from tracker.ports.mail.wording import WrittenEmail
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.emails.emails import Email, ReplyByEmail
from tracker.rules.emails.escalations import CommitteeDays, Escalation
from tracker.rules.emails.messages import MessageFilter, MessageStatus
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import ItemWithdrawnEmail
from tracker.tables.schema.core import tables as rows
from tracker.tables.schema.intake import EmailPause
from tracker.tables.schema.roster import Member, SeatHolder
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, escalations, messages, preferences
from tracker.usecases.emails.item_emails import item_reminders_ahead
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, scheduling

DUE = date(2027, 3, 9)
TODAY = NOW.date()


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


def morning_of(day: int, month: int = 3) -> datetime:
    """Return five past eight in Kansas City, when the emails of a day go out."""
    return datetime(2027, month, day, 14 if (month, day) < (3, 14) else 13, 5, tzinfo=UTC)


async def assign_item(cast: Cast, owner: Viewer, title: str = "Draft the protocol", **facts: Any) -> str:
    given = {"due": DUE, "committee_id": cast.committees["steering"], **facts}
    return await action_items.create_item(
        cast.coordinator, NewItem(title=title, owner_id=owner.member_id, **given), NOW, TODAY
    )


async def mark_sent_until(moment: datetime) -> None:
    """Let everything that was due before a moment have been sent."""
    await queue_due_messages(moment, ZONE)
    await rows.Message.update({rows.Message.state: MessageState.SENT.value}, force=True)


async def send_item_emails(moment: datetime) -> dict[str, Email]:
    """Return the emails about items of a day on which all is well, by the name of their readers."""
    await mark_sent_until(moment - timedelta(hours=1))
    return await plan_and_send(moment)


async def plan_and_send(moment: datetime) -> dict[str, Email]:
    """Plan and send at a moment; return the emails about items by the name of their readers."""
    await queue_due_messages(moment, ZONE)
    sent = [(message.key, written) for message, written in await send_due_messages(moment)]
    emails = [email for key, email in sent if isinstance(email, Email) and key.startswith("items_of_day")]
    by_name = {email.to_name: email for email in emails}
    assert len(by_name) == len(emails)
    return by_name


def words_of(letter: Email) -> WrittenEmail:
    return read_email(letter).words


async def states_by_day() -> list[tuple[str, str]]:
    kept = rows.Message.kind == "items_of_day"
    rows_found = await rows.Message.select(rows.Message.key, rows.Message.state).where(kept).order_by(rows.Message.key)
    return [(row["key"][-10:], row["state"]) for row in rows_found]


async def test_on_the_fourth_day_the_primary_hears_of_it_and_on_the_eighth_the_coordinator(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    assert list(await send_item_emails(morning_of(10))) == ["Caht alternate"]
    fourth = await send_item_emails(morning_of(13))
    assert list(fourth) == ["Caht lead"]
    words = words_of(fourth["Caht lead"])
    assert words.subject == "Action items: 1 to follow up"
    assert words.facts == (
        ("Your agency", f"{reference}, Draft the protocol, Caht alternate (CAHT), overdue by 4 days"),
    )
    eighth = await send_item_emails(morning_of(17))
    assert sorted(eighth) == ["Caht alternate", "Coordinator"]
    assert words_of(eighth["Coordinator"]).facts[0][0] == "Follow up"


async def test_all_that_a_person_hears_on_a_day_is_one_email(cast: Cast) -> None:
    today = await assign_item(cast, cast.caht_lead, "Call the shelter", due=date(2027, 3, 15))
    late = await assign_item(cast, cast.caht_lead, "Send the report", due=date(2027, 3, 12))
    stuck = await assign_item(cast, cast.caht_alternate, due=date(2027, 3, 11))
    letters = await send_item_emails(morning_of(15))
    words = words_of(letters["Caht lead"])
    assert words.subject == "Action items: 1 overdue, 1 due, 1 to follow up"
    assert words.facts == (
        ("Overdue", f"{late}, Send the report, 3 days"),
        ("Due", f"{today}, Call the shelter, today"),
        ("Your agency", f"{stuck}, Draft the protocol, Caht alternate (CAHT), overdue by 4 days"),
    )
    links = [one.label for one in read_email(letters["Caht lead"]).more]
    assert links == [f"Open {stuck}", f"Update {late}", f"Update {today}"]


async def test_an_email_about_one_item_of_their_own_is_that_items(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_lead)
    letters = await send_item_emails(morning_of(10))
    assert words_of(letters["Caht lead"]).subject == f"Overdue by 1 day: action item {reference}"
    today = rows.Message.key.like("%2027-03-10")
    assert await rows.Message.select(rows.Message.item.reference).where(today) == [{"item.reference": reference}]


async def test_an_email_counts_days_from_the_day_on_which_it_is_sent(cast: Cast) -> None:
    await assign_item(cast, cast.caht_lead)
    await mark_sent_until(morning_of(2) - timedelta(hours=1))
    await queue_due_messages(morning_of(2), ZONE)
    await rows.Message.update({rows.Message.not_after: None}, force=True)  # as the demo, which starts at any hour
    letter = (await plan_and_send(morning_of(2) + timedelta(hours=20)))["Caht lead"]
    assert words_of(letter).heading == "Due in 6 days"


async def test_an_email_that_has_one_item_left_when_it_is_sent_can_be_answered_in_words(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_lead)
    other = await assign_item(cast, cast.caht_lead, "Call the shelter")
    await mark_sent_until(morning_of(10) - timedelta(hours=1))
    await queue_due_messages(morning_of(10), ZONE)
    await action_items.save_item_edit(cast.caht_lead, other, ItemEdit(status=ItemStatus.DONE), 1, morning_of(10), TODAY)
    letter = (await plan_and_send(morning_of(10)))["Caht lead"]
    assert words_of(letter).subject == f"Overdue by 1 day: action item {reference}"
    assert letter.reads is ReplyByEmail.ITEM_WORDS
    today = rows.Message.key.like("%2027-03-10")
    assert await rows.Message.select(rows.Message.item.reference).where(today) == [{"item.reference": reference}]


async def test_an_email_that_has_its_item_keeps_it(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_lead)
    other = await assign_item(cast, cast.caht_alternate)
    await mark_sent_until(morning_of(10) - timedelta(hours=1))
    await queue_due_messages(morning_of(10), ZONE)
    claimed = await outbox.claim_messages("worker", (), morning_of(10), 1_000)
    [message] = [one for one in claimed if one.recipient_id == cast.caht_lead.member_id and one.item_id]
    stored = rows.Message.select(rows.Message.item.reference).where(rows.Message.id == message.id)
    of_other = (await item_lists.item_view(cast.coordinator, other)).item.id
    await outbox.keep_item(message, of_other)
    assert await stored == [{"item.reference": reference}]
    with noted() as statements:
        assert isinstance(await emails.write_email(message, morning_of(10), ZONE), Email)
    assert [sql for sql, _ in statements if not is_read(sql) and not sql.startswith(("BEGIN", "ROLLBACK"))] == []


async def test_a_suspended_primary_makes_way_for_the_coordinator_at_once(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == cast.caht_lead.member_id)
    assert list(await send_item_emails(morning_of(13))) == ["Coordinator"]


@pytest.mark.both_engines
async def test_an_item_whose_people_left_before_they_had_its_email_goes_to_the_next_the_morning_after(
    cast: Cast,
) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    await mark_sent_until(morning_of(13) - timedelta(hours=1))
    await queue_due_messages(morning_of(13), ZONE)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == cast.caht_lead.member_id)
    assert await plan_and_send(morning_of(13)) == {}
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    coming = await item_reminders_ahead(cast.coordinator, item, morning_of(13), ZONE, Escalation())
    assert [(one.day.day, [person.name for person in one.people]) for one in coming[:2]] == [
        (14, ["Coordinator"]),
        (17, ["Caht alternate", "Coordinator"]),
    ]
    assert [list(await plan_and_send(morning_of(day))) for day in (14, 15, 16)] == [["Coordinator"], [], []]
    await Member.update({Member.status: Status.ACTIVE}).where(Member.id == cast.caht_lead.member_id)
    assert await plan_and_send(morning_of(16) + timedelta(hours=1)) == {}, "it never goes back to a level"


async def seat_the_alternate(cast: Cast) -> None:
    """Let CAHT's alternate be its primary on the Steering Committee."""
    seats = SeatHolder.seat.committee == cast.committees["steering"]
    of_caht = SeatHolder.seat.agency == cast.agencies["CAHT"]
    for person, is_primary in ((cast.caht_lead, False), (cast.caht_alternate, True)):
        of_person = SeatHolder.member == person.member_id
        held = [row["id"] for row in await SeatHolder.select(SeatHolder.id).where(seats & of_caht & of_person)]
        await SeatHolder.update({SeatHolder.is_primary: is_primary}).where(SeatHolder.id.is_in(held))


@pytest.mark.both_engines
async def test_who_had_an_email_that_does_not_name_an_item_did_not_hear_of_it(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate)
    await assign_item(cast, cast.caht_lead, "Call the shelter", due=date(2027, 3, 13))
    await mark_sent_until(morning_of(13) - timedelta(hours=1))
    await queue_due_messages(morning_of(13), ZONE)
    await seat_the_alternate(cast)
    sent_today = await plan_and_send(morning_of(13))
    assert words_of(sent_today["Caht lead"]).heading == "Due today"
    assert list(sent_today) == ["Caht lead"]
    assert list(await plan_and_send(morning_of(14))) == ["Coordinator"]
    assert list(await plan_and_send(morning_of(15))) == ["Caht lead"], "its own item is overdue since the weekend"
    assert await plan_and_send(morning_of(16)) == {}


async def test_who_had_an_email_that_names_an_item_heard_of_it_whatever_was_planned(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    await assign_item(cast, cast.coordinator, "Book the room", due=date(2027, 3, 13))
    await mark_sent_until(morning_of(13) - timedelta(hours=1))
    await queue_due_messages(morning_of(13), ZONE)
    await seat_the_alternate(cast)
    assert reference in str(read_email((await plan_and_send(morning_of(13)))["Coordinator"]))
    assert await plan_and_send(morning_of(14)) == {}, "it is a Sunday"
    [letter] = (await plan_and_send(morning_of(15))).values()
    assert words_of(letter).subject.startswith("Overdue by 2 days"), "of their own item, and nothing of the other"


async def test_an_item_that_no_one_at_all_could_hear_of_reaches_the_first_who_can_be_reached(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate, committee_id=None)
    await mark_sent_until(morning_of(13) - timedelta(hours=1))
    await queue_due_messages(morning_of(13), ZONE)
    await Member.update({Member.status: Status.SUSPENDED}, force=True)
    assert [await plan_and_send(moment) for moment in (morning_of(13), morning_of(14))] == [{}, {}]
    await Member.update({Member.status: Status.ACTIVE}).where(Member.id == cast.caht_lead.member_id)
    assert list(await plan_and_send(morning_of(15))) == ["Caht lead"]


async def test_an_item_of_a_restricted_event_is_counted_for_those_who_may_see_it_and_unknown_to_others(
    cast: Cast,
) -> None:
    plan_of = operation(cast.kcpd_detective, cast.kcpd_alternate, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan_of, NOW)
    origin = (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id
    new = NewItem(title="Return the van", owner_id=cast.kcpd_alternate.member_id, due=DUE, origin_id=origin)
    await action_items.create_item(cast.fbi_lead, new, NOW, TODAY)
    letters = await send_item_emails(morning_of(13))
    assert list(letters) == ["Kcpd detective"]
    words = words_of(letters["Kcpd detective"])
    assert (words.subject, words.facts) == ("Action items: 1 to follow up", ())
    assert words.paragraphs == ("1 item is for named people. It’s counted but not listed here. Sign in to see it.",)
    assert sorted(await send_item_emails(morning_of(17))) == ["Fbi lead", "Kcpd alternate"], (
        "who assigned it, not the coordinator"
    )


async def test_time_only_emails_count_and_say_nothing_else(cast: Cast) -> None:
    await preferences.save_preferences(cast.caht_lead, Preferences(is_discreet=True), NOW)
    await assign_item(cast, cast.caht_alternate)
    email = read_email((await send_item_emails(morning_of(13)))["Caht lead"])
    assert "protocol" not in str(email)
    assert email.words.subject == "1 thing to do"


async def test_whom_a_day_s_email_went_to_is_shown_to_that_person_alone(cast: Cast) -> None:
    """Which items it is about, and so who else could read of it, depends on all that its reader may see."""
    await assign_item(cast, cast.caht_lead)
    await send_item_emails(morning_of(10))
    of_days = MessageFilter(kind=MessageKind.ITEMS_OF_DAY)
    pages = [
        await messages.sendings_page(person, of_days, None, morning_of(10))
        for person in (cast.caht_lead, cast.coordinator)
    ]
    assert [bool(page.sendings) for page in pages] == [True, False]


async def test_planning_again_or_by_two_processes_makes_no_second_email(cast: Cast) -> None:
    await assign_item(cast, cast.caht_lead)
    assert list(await send_item_emails(morning_of(10))) == ["Caht lead"]
    await rows.Watermark.update({rows.Watermark.until: NOW}).where(rows.Watermark.name == "reminders")
    assert await plan_and_send(morning_of(10) + timedelta(minutes=1)) == {}


async def test_a_reminder_that_the_due_day_overtook_is_too_late_and_that_day_s_goes_out_once(cast: Cast) -> None:
    await assign_item(cast, cast.caht_lead, due=date(2027, 2, 9))
    await queue_due_messages(datetime(2027, 2, 8, 13, tzinfo=UTC), ZONE)
    [letter] = (await plan_and_send(datetime(2027, 2, 9, 15, tzinfo=UTC))).values()
    words = words_of(letter)
    assert "This reminder is late" in " ".join(words.paragraphs)
    assert words.heading == "Due today"
    assert await states_by_day() == [("2027-02-02", "too_late"), ("2027-02-08", "too_late"), ("2027-02-09", "sent")]


async def test_what_a_day_without_a_mail_server_could_not_say_is_in_the_next_email(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate)
    await mark_sent_until(morning_of(13) - timedelta(hours=1))
    await queue_due_messages(morning_of(13), ZONE)
    letters = await plan_and_send(morning_of(14))
    assert words_of(letters["Caht lead"]).facts[0][1].endswith("overdue by 5 days")
    assert await plan_and_send(morning_of(15)) == {}


async def test_a_closed_item_is_in_no_email(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    await action_items.save_item_edit(cast.caht_alternate, reference, ItemEdit(status=ItemStatus.DONE), 1, NOW, TODAY)
    assert await send_item_emails(morning_of(13)) == {}


async def test_an_item_that_closes_after_planning_is_not_in_the_email(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_lead)
    await mark_sent_until(morning_of(10) - timedelta(hours=1))
    await queue_due_messages(morning_of(10), ZONE)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 1, NOW, TODAY)
    assert await plan_and_send(morning_of(10)) == {}
    assert (await states_by_day())[-1] == ("2027-03-10", "superseded")


async def test_an_items_page_names_exactly_who_is_reminded_and_when(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    first = morning_of(1)
    coming = await item_reminders_ahead(cast.coordinator, item, first, ZONE, Escalation())
    said_so = {one.day: [person.name for person in one.people] for one in coming}
    assert said_so == {one: sorted(await send_item_emails(morning_of(one.day))) for one in said_so}
    assert [one.day for one in said_so] == [2, 8, 9, 10, 13]
    assert await item_reminders_ahead(cast.harbor_advocate, item, first, ZONE, Escalation()) == []


async def planned_item_emails(reader: Viewer, now: datetime, **asked: Any) -> list[tuple[datetime, str]]:
    """Return the emails about items that Messages says a reader will get."""
    narrowed = MessageFilter(**{"standing": MessageStatus.PLANNED, **asked})
    planned_items = await messages.planned_items(reader, narrowed, None, now, ZONE, Escalation())
    return [(one.at, one.words) for one in planned_items]


async def test_messages_says_exactly_which_emails_about_items_its_reader_will_get(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate)
    await assign_item(cast, cast.caht_lead, "Call the shelter", due=date(2027, 3, 13))
    first = morning_of(5)
    await mark_sent_until(first)
    planned = await planned_item_emails(cast.caht_lead, first)
    assert planned == [
        (morning_of(8) - timedelta(minutes=5), "1 of your items"),
        (morning_of(12) - timedelta(minutes=5), "1 of your items"),
        (morning_of(13) - timedelta(minutes=5), "1 of your items, 1 owned by someone else"),
        (morning_of(15) - timedelta(minutes=5), "1 of your items"),
    ]
    days = [day for day in range(6, 20) if "Caht lead" in await plan_and_send(morning_of(day))]
    assert days == [at.day for at, _ in planned]


async def test_messages_plans_no_email_about_items_for_a_paused_address_or_another_person(cast: Cast) -> None:
    await assign_item(cast, cast.caht_lead)
    assert len(await planned_item_emails(cast.caht_lead, morning_of(1))) == 4
    assert await planned_item_emails(cast.hsi_liaison, morning_of(1)) == []
    assert await planned_item_emails(cast.caht_lead, morning_of(1), person=cast.fbi_lead.member_id) == []
    assert await planned_item_emails(cast.caht_lead, morning_of(1), kind=MessageKind.REMINDER) == []
    await EmailPause.insert(
        EmailPause(member=cast.caht_lead.member_id, address=cast.caht_lead.email, paused_at=morning_of(1))
    )
    assert await planned_item_emails(cast.caht_lead, morning_of(1)) == []


async def test_messages_plans_the_email_that_covers_a_day_whose_own_was_not_sent(cast: Cast) -> None:
    await assign_item(cast, cast.caht_lead)
    await mark_sent_until(morning_of(10) - timedelta(hours=1))
    await queue_due_messages(morning_of(10), ZONE)
    [(at, _), *_] = await planned_item_emails(cast.caht_lead, morning_of(10) + timedelta(hours=16))
    assert at == morning_of(11) - timedelta(minutes=5)
    assert list(await plan_and_send(morning_of(11))) == ["Caht lead"]


async def test_the_days_that_a_committee_s_chair_chose_apply_to_its_items(cast: Cast) -> None:
    services = cast.committees["services"]
    await escalations.save_committee_escalation(cast.caht_lead, services, CommitteeDays(coordinator=2), NOW)
    await assign_item(cast, cast.harbor_advocate, committee_id=services)
    assert list(await send_item_emails(morning_of(11))) == ["Coordinator"]
    with pytest.raises(NotAllowed):
        await escalations.save_committee_escalation(cast.harbor_advocate, services, CommitteeDays(), NOW)


async def test_an_item_past_its_day_escalates_the_next_morning_once_when_the_days_change(cast: Cast) -> None:
    await assign_item(cast, cast.caht_alternate)
    await mark_sent_until(morning_of(14))
    await escalations.save_committee_escalation(
        cast.coordinator, cast.committees["steering"], CommitteeDays(coordinator=2), morning_of(14)
    )
    assert list(await send_item_emails(morning_of(15))) == ["Coordinator"]
    assert await send_item_emails(morning_of(16)) == {}
    assert list(await send_item_emails(morning_of(17))) == ["Caht alternate"], (
        "the day on which it would have escalated"
    )


@pytest.mark.both_engines
async def test_an_item_past_its_day_escalates_to_a_new_owner_s_agency_and_to_no_one_twice(cast: Cast) -> None:
    reference = await assign_item(cast, cast.caht_alternate)
    await mark_sent_until(morning_of(14))
    today = date(2027, 3, 14)
    await action_items.reassign_item(
        cast.coordinator, reference, cast.kcpd_alternate.member_id, 1, morning_of(14), today
    )
    assert list(await send_item_emails(morning_of(15))) == ["Kcpd detective"]
    await action_items.reassign_item(
        cast.coordinator, reference, cast.caht_alternate.member_id, 2, morning_of(15), today
    )
    assert await send_item_emails(morning_of(16)) == {}


async def test_whose_quiet_hours_cover_the_day_hears_of_it_when_they_end(cast: Cast) -> None:
    """Mar 13 is a Saturday: what reached a person then is in their email of Monday."""
    await preferences.save_preferences(cast.caht_lead, Preferences(has_quiet_weekends=True), NOW)
    await assign_item(cast, cast.caht_alternate)
    assert await send_item_emails(morning_of(13)) == {}
    assert list(await send_item_emails(morning_of(15))) == ["Caht lead"]


async def test_a_second_worker_sends_the_same_email_after_the_first_was_killed(cast: Cast) -> None:
    """Step 10 of the scenario: one Message-ID, so that mailboxes show one email, and two attempts."""
    for owner in (cast.caht_alternate, cast.caht_lead):
        await assign_item(cast, owner, due=date(2027, 2, 9))
    await mark_sent_until(morning_of(8, 2) - timedelta(hours=1))
    await queue_due_messages(morning_of(8, 2), ZONE)
    made = []
    for number, worker in enumerate(("killed", "second")):
        now = morning_of(8, 2) + number * timedelta(minutes=2)
        messages = await outbox.claim_messages(worker, ["killed"], now, 10)
        written = {one: await emails.write_email(one, now, ZONE) for one in messages}
        made.append(
            {one.key: composer().compose(it, one).content for one, it in written.items() if isinstance(it, Email)}
        )
        assert {one.attempts for one in messages} == {number + 1}
    assert len(made[0]) == 2
    assert made[0] == made[1]


LATER, TASKS_TODAY = NOW + timedelta(minutes=5), date(2026, 12, 15)


async def assign_task(by: Viewer, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Draft the protocol", owner_id=owner.member_id, due=date(2027, 2, 9))
    return await action_items.create_item(by, replace(new, **facts), NOW, TASKS_TODAY)


async def send_item_emails_to(to: Viewer) -> list[Email | SendOutcome]:
    """Return what becomes of the messages about action items to someone; those to others are done too."""
    sent = await send_due_messages(LATER)
    return [written for message, written in sent if message.recipient_id == to.member_id and message.item_id]


async def task_states(to: Viewer) -> list[tuple[str, bool] | None]:
    """Return the state of the task in each email about an action item to someone, and whether it is withdrawn."""
    made = [one for one in await send_item_emails_to(to) if isinstance(one, Email)]
    return [(one.task.item.status.value, one.task.is_withdrawn) if one.task else None for one in made]


async def assign_item_of_date(cast: Cast, owner: Viewer, plan: Any, by: Viewer) -> None:
    """Assign an item that was decided on a date of an event."""
    event_id = await scheduling.schedule_event(by, plan, NOW)
    await assign_task(by, owner, origin_id=(await occurrences.nearest_date(by, event_id, NOW)).id)


async def test_the_owner_s_email_has_the_task(sqlite_cast: Cast) -> None:
    await assign_task(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await task_states(sqlite_cast.caht_lead) == [("open", False)]


async def test_the_task_of_a_restricted_event_stays_on_the_site(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item_of_date(cast, cast.hsi_liaison, operation(cast.hsi_liaison), cast.fbi_lead)
    assert await task_states(cast.hsi_liaison) == [None]


async def test_the_task_of_a_marked_event_stays_on_the_site_because_task_lists_show_no_marking(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    await assign_item_of_date(
        cast, cast.kcpd_detective, meeting(cast.kcpd_detective, marking=marking(cast)), cast.coordinator
    )
    assert await task_states(cast.kcpd_detective) == [None]


async def test_a_reader_of_time_only_emails_gets_no_task(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.caht_lead, Preferences(is_discreet=True), NOW)
    await assign_task(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await task_states(sqlite_cast.caht_lead) == [None]


async def test_people_who_can_help_get_no_task_of_someone_else(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_task(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TASKS_TODAY
    )
    assert await task_states(cast.coordinator) == [None]


async def test_an_earlier_owner_is_notified_and_their_task_is_withdrawn(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_task(cast.coordinator, cast.caht_lead)
    await send_item_emails_to(cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TASKS_TODAY)
    [letter] = await send_item_emails_to(cast.caht_lead)
    assert isinstance(letter, Email)
    assert letter.task
    assert (type(letter.says), letter.task.is_withdrawn) == (ItemWithdrawnEmail, True)


async def test_the_owner_of_an_item_that_is_canceled_is_notified(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_task(cast.coordinator, cast.caht_lead)
    await send_item_emails_to(cast.caht_lead)
    await action_items.save_item_edit(
        cast.coordinator, reference, ItemEdit(status=ItemStatus.CANCELED), 1, NOW, TASKS_TODAY
    )
    assert await task_states(cast.caht_lead) == [("canceled", False)]


async def test_people_who_cancel_their_own_item_get_no_email(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_task(cast.coordinator, cast.coordinator)
    await action_items.save_item_edit(
        cast.coordinator, reference, ItemEdit(status=ItemStatus.CANCELED), 1, NOW, TASKS_TODAY
    )
    assert await send_item_emails_to(cast.coordinator) == []


async def test_an_owner_who_has_the_item_again_does_not_read_that_it_was_taken_away(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_task(cast.coordinator, cast.caht_lead)
    await send_item_emails_to(cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TASKS_TODAY)
    await action_items.reassign_item(cast.coordinator, reference, cast.caht_lead.member_id, 2, NOW, TASKS_TODAY)
    item_emails = await send_item_emails_to(cast.caht_lead)
    assert [one.state for one in item_emails if isinstance(one, SendOutcome)] == [MessageState.SUPERSEDED]
    assert [one.task.is_withdrawn for one in item_emails if isinstance(one, Email) and one.task] == [False]
