"""Date polls: who is asked and may know, and how a poll ends, with a date or canceled."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.emails import read_result, send_due_messages
from tests.usecases.polls.world import NEW, ask_again, ask_people, numbers_in_words, reply_to_poll
from tracker.database import writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import Email
from tracker.rules.emails.template_values import InvitationEmail, PollCanceledEmail, PollOpenedEmail
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.polls import Fit, PollCancellation, PollState
from tracker.tables.schema.intake import EmailPause
from tracker.tables.visible import attendance
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, poll_emails
from tracker.usecases.events import history, occurrences, scheduling
from tracker.usecases.polls import outcomes, polls
from tracker.usecases.views.impact import do_and_roll_back


@pytest.mark.both_engines
async def test_the_last_reply_of_a_person_counts_and_the_organizer_says_yes(cast: Cast) -> None:
    poll_id = await ask_people(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead))
    await reply_to_poll(cast.fbi_lead, poll_id, Fit.YES, Fit.NO)
    await reply_to_poll(cast.caht_lead, poll_id, Fit.NO)
    await reply_to_poll(cast.fbi_lead, poll_id, Fit.IF_NEEDED)
    assert await numbers_in_words(cast.coordinator, poll_id) == ["1 yes, 1 if need be, 1 no", "1 yes, 1 no, 1 no reply"]


@pytest.mark.both_engines
async def test_a_poll_is_seen_by_those_who_may_see_its_event_later(cast: Cast) -> None:
    poll_id = await ask_people(
        cast.coordinator, meeting(cast.fbi_lead, cast.kcpd_detective, visibility=Visibility.LAW_ENFORCEMENT)
    )
    assert await numbers_in_words(cast.hsi_liaison, poll_id) == ["1 yes, 2 no reply"] * 2
    with pytest.raises(NotFound):
        await polls.poll_for(cast.caht_lead, poll_id)


async def test_a_poll_for_named_people_is_seen_by_them_alone(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    assert (await polls.poll_for(sqlite_cast.kcpd_detective, poll_id)).event.title == "Operation Bluestem"
    for stranger in (sqlite_cast.coordinator, sqlite_cast.fbi_alternate, sqlite_cast.caht_lead):
        with pytest.raises(NotFound):
            await polls.poll_for(stranger, poll_id)


async def test_a_draft_with_a_poll_stays_out_of_everything_else(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    event_id = (await polls.poll_for(sqlite_cast.fbi_lead, poll_id)).event.id
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(sqlite_cast.fbi_lead, event_id)


async def test_a_person_of_the_other_arm_is_counted_and_not_named(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    view = await polls.view_poll(sqlite_cast.caht_lead, await polls.poll_for(sqlite_cast.caht_lead, poll_id))
    assert {row.agency: [one.name for one in row.named] for row in view.agencies} == {
        "CAHT": ["Caht lead"],
        "FBI": [],
        "USAO": [],
    }


async def test_only_people_who_are_asked_reply(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    for other in (sqlite_cast.hsi_liaison, sqlite_cast.coordinator):
        with pytest.raises(NotAllowed):
            await reply_to_poll(other, poll_id, Fit.YES)


async def test_a_reply_about_no_date_and_one_after_the_last_date_are_refused(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    with pytest.raises(Invalid):
        await polls.reply_to_poll(sqlite_cast.fbi_lead, poll_id, {}, NOW)
    with pytest.raises(Gone):
        await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.YES, now=NOW + timedelta(days=60))


async def test_a_date_that_is_over_takes_no_replies(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.YES, Fit.YES, now=datetime(2027, 1, 13, tzinfo=UTC))
    assert await numbers_in_words(sqlite_cast.coordinator, poll_id) == ["1 yes, 1 no reply", "2 yes"]


async def test_a_draft_has_one_open_poll(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    event_id = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event.id
    with pytest.raises(Conflict):
        await polls.open_poll(sqlite_cast.coordinator, event_id, NEW, NOW)


async def test_people_are_asked_about_a_draft_only_and_by_its_organizer(sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    with pytest.raises(Invalid):
        await polls.open_poll(sqlite_cast.fbi_lead, event_id, NEW, NOW)
    with pytest.raises(NotAllowed):
        await polls.open_poll(sqlite_cast.kcpd_detective, event_id, NEW, NOW)


async def test_polls_that_wait_for_a_reply_are_owed_until_it_is_given(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    [owed] = await polls.waiting_polls(sqlite_cast.fbi_lead, NOW)
    assert (owed.poll.id, owed.is_led) == (poll_id, False)
    await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.NO)
    assert await polls.waiting_polls(sqlite_cast.fbi_lead, NOW) == []
    [led] = await polls.waiting_polls(sqlite_cast.coordinator, NOW)
    assert (led.is_led, led.replied) == (True, "1 of 1 person asked has replied")


async def test_a_draft_in_whose_poll_people_are_asked_is_not_discarded(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    event = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event
    with pytest.raises(Invalid):
        await scheduling.cancel_event(sqlite_cast.coordinator, event.id, event.version, "", NOW)


async def test_people_added_later_are_asked_once_when_the_organizer_says_so(sqlite_cast: Cast) -> None:
    organizer = sqlite_cast.coordinator
    poll_id = await ask_people(organizer, meeting(sqlite_cast.fbi_lead))
    event, plan = await scheduling.plan_to_change(organizer, (await polls.poll_for(organizer, poll_id)).event.id)
    more = {**plan.invitees, sqlite_cast.caht_lead.member_id: AttendeeRole.REQUIRED}
    await scheduling.change_event(organizer, event.id, replace(plan, invitees=more), event.version, NOW)
    view = await polls.view_poll(organizer, await polls.poll_for(organizer, poll_id))
    assert view.added == [sqlite_cast.caht_lead.member_id]
    assert [await polls.ask_added_people(organizer, poll_id, NOW) for _ in range(2)] == [1, 0]
    due = await outbox.claim_messages("test", (), NOW + timedelta(minutes=1), 100)
    assert {one.recipient_id for one in due} == {sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id}


async def test_a_person_taken_off_the_list_after_opening_the_link_no_longer_replies(sqlite_cast: Cast) -> None:
    organizer, person = sqlite_cast.coordinator, sqlite_cast.caht_lead
    poll_id = await ask_people(organizer, meeting(sqlite_cast.fbi_lead, person))
    viewer, view = await polls.open_poll_by_link(poll_id, person.member_id, NOW, LINK)
    event, plan = await scheduling.plan_to_change(organizer, view.poll.event.id)
    others = {one: role for one, role in plan.invitees.items() if one != person.member_id}
    await scheduling.change_event(organizer, event.id, replace(plan, invitees=others), event.version, NOW)
    with pytest.raises(NotFound):
        await polls.reply_to_poll_by_link(viewer, poll_id, {view.poll.options[0].id: Fit.YES}, NOW)
    assert await numbers_in_words(organizer, poll_id) == ["1 yes, 1 no reply"] * 2


SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
A_SECOND = timedelta(seconds=1)
KEY = "2027-01-13"


async def send_by_person(now: datetime) -> dict[str, list[Email]]:
    """Send what is due, and return each person's emails."""
    emails_by_person: dict[str, list[Email]] = {}
    for _, written in await send_due_messages(now):
        if isinstance(written, Email):
            emails_by_person.setdefault(written.to_name, []).append(written)
    return emails_by_person


async def pause_emails_to(person: Viewer) -> None:
    """Note that emails to a person come back."""
    paused = EmailPause(member=person.member_id, address=person.email, paused_at=NOW)
    await EmailPause.insert(paused)


async def second_option(viewer: Viewer, poll_id: UUID) -> UUID:
    """Return the id of the second date."""
    return (await polls.poll_for(viewer, poll_id)).options[1].id


async def open_replied_poll(cast: Cast) -> UUID:
    """Return a poll in which one person said yes, one if need be, one no, and one nothing, all of them notified."""
    people = (cast.fbi_lead, cast.hsi_liaison, cast.caht_lead, cast.kcpd_detective)
    poll_id = await ask_people(cast.coordinator, meeting(*people))
    for person, fit in zip(people, (Fit.YES, Fit.IF_NEEDED, Fit.NO), strict=False):
        await reply_to_poll(person, poll_id, Fit.NO, fit)
    await send_by_person(SOON)
    return poll_id


@pytest.mark.both_engines
async def test_the_replies_to_the_chosen_date_become_the_first_replies_to_the_event(cast: Cast) -> None:
    poll_id = await open_replied_poll(cast)
    event_id = (await polls.poll_for(cast.coordinator, poll_id)).event.id
    await outcomes.schedule_on_poll_date(
        cast.coordinator, poll_id, await second_option(cast.coordinator, poll_id), LATER
    )
    date = await occurrences.date_seen_by(cast.kcpd_detective, event_id, KEY)
    people = await attendance.participants(cast.coordinator, date)
    assert {one.name: one.reply for one in people} == {
        "Coordinator": ReplyValue.ACCEPTED,
        "Fbi lead": ReplyValue.ACCEPTED,
        "Hsi liaison": ReplyValue.TENTATIVE,
        "Caht lead": ReplyValue.DECLINED,
        "Kcpd detective": ReplyValue.NEEDS_ACTION,
    }
    assert {one.source for one in people if one.name == "Fbi lead"} == {ReplySource.SITE}
    assert (date.event.status, date.starts_at.hour) == (EventStatus.CONFIRMED, 20)


async def test_each_person_gets_one_email_which_asks_only_those_who_said_nothing(sqlite_cast: Cast) -> None:
    poll_id = await open_replied_poll(sqlite_cast)
    await outcomes.schedule_on_poll_date(
        sqlite_cast.coordinator, poll_id, await second_option(sqlite_cast.coordinator, poll_id), LATER
    )
    assert await send_by_person(LATER + timedelta(seconds=19)) == {}
    emails_sent = await send_by_person(LATER + timedelta(seconds=40))
    said = {name: [one.says for one in letters] for name, letters in emails_sent.items()}
    assert {name: len(letters) for name, letters in said.items()} == {
        "Fbi lead": 1,
        "Hsi liaison": 1,
        "Caht lead": 1,
        "Kcpd detective": 1,
    }
    kept = {name: one.reply_kept for name, [one] in said.items() if isinstance(one, InvitationEmail)}
    assert kept == {"Fbi lead": "Yes", "Hsi liaison": "Maybe", "Caht lead": "No", "Kcpd detective": ""}
    subjects = {read_result(letter).subject for [letter] in emails_sent.values()}
    assert subjects == {"Invitation: Monthly task force meeting, Wed, Jan 13, 2:00 PM"}
    assert await send_by_person(LATER + timedelta(days=1)) == {}


@pytest.mark.both_engines
async def test_undoing_it_opens_the_poll_again_with_all_replies_and_no_one_is_notified(cast: Cast) -> None:
    poll_id = await open_replied_poll(cast)
    before = await numbers_in_words(cast.coordinator, poll_id)
    event_id = (await polls.poll_for(cast.coordinator, poll_id)).event.id
    await outcomes.schedule_on_poll_date(
        cast.coordinator, poll_id, await second_option(cast.coordinator, poll_id), LATER
    )
    change = await history.change_made_at(cast.coordinator, event_id, LATER)
    assert change
    await history.undo_change(cast.coordinator, event_id, change, LATER + A_SECOND)
    poll = await polls.poll_for(cast.fbi_lead, poll_id)
    assert (poll.state, await numbers_in_words(cast.coordinator, poll_id)) == (PollState.OPEN, before)
    assert await send_by_person(LATER + timedelta(days=1)) == {}
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(cast.fbi_lead, event_id)


async def test_an_operation_is_scheduled_for_its_named_people_alone(sqlite_cast: Cast) -> None:
    lead, asked_one = sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective
    poll_id = await ask_people(lead, operation(asked_one))
    event_id = (await polls.poll_for(lead, poll_id)).event.id
    await outcomes.schedule_on_poll_date(lead, poll_id, await second_option(lead, poll_id), LATER)
    assert (await scheduling.event_seen_by(asked_one, event_id)).title == "Operation Bluestem"
    for stranger in (sqlite_cast.coordinator, sqlite_cast.caht_lead):
        with pytest.raises(NotFound):
            await scheduling.event_seen_by(stranger, event_id)


async def test_only_the_organizer_ends_a_poll_and_only_an_open_one(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(
        sqlite_cast.fbi_lead, meeting(sqlite_cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    )
    option = await second_option(sqlite_cast.fbi_lead, poll_id)
    for other in (sqlite_cast.hsi_liaison, sqlite_cast.coordinator):
        with pytest.raises(NotAllowed):
            await outcomes.cancel_poll(other, poll_id, NOW)
        with pytest.raises(NotAllowed):
            await outcomes.schedule_on_poll_date(other, poll_id, option, NOW)
    with pytest.raises(Gone):
        await outcomes.schedule_on_poll_date(sqlite_cast.fbi_lead, poll_id, option, NOW + timedelta(days=60))
    await outcomes.schedule_on_poll_date(sqlite_cast.fbi_lead, poll_id, option, LATER)
    with pytest.raises(Gone):
        await outcomes.cancel_poll(sqlite_cast.fbi_lead, poll_id, LATER)


async def test_people_hear_once_that_a_poll_is_canceled_and_cannot_open_it(sqlite_cast: Cast) -> None:
    poll_id = await open_replied_poll(sqlite_cast)
    assert (await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, LATER)).notified == 4
    emails_sent = await send_by_person(LATER + timedelta(minutes=1))
    assert sorted(emails_sent) == ["Caht lead", "Fbi lead", "Hsi liaison", "Kcpd detective"]
    assert [type(one.says) for letters in emails_sent.values() for one in letters] == [PollCanceledEmail] * 4
    with pytest.raises(Gone):
        await polls.poll_for(sqlite_cast.fbi_lead, poll_id)
    assert await polls.waiting_polls(sqlite_cast.kcpd_detective, LATER) == []


async def test_a_person_taken_off_the_list_is_not_counted_among_those_who_hear_of_it(sqlite_cast: Cast) -> None:
    organizer, poll_id = sqlite_cast.coordinator, await open_replied_poll(sqlite_cast)
    event, plan = await scheduling.plan_to_change(organizer, (await polls.poll_for(organizer, poll_id)).event.id)
    others = {one: role for one, role in plan.invitees.items() if one != sqlite_cast.kcpd_detective.member_id}
    await scheduling.change_event(organizer, event.id, replace(plan, invitees=others), event.version, SOON)
    assert (await outcomes.cancel_poll(organizer, poll_id, LATER)).notified == 3
    assert len(await send_by_person(LATER + timedelta(minutes=1))) == 3


async def test_a_poll_canceled_before_anyone_heard_of_it_is_never_mentioned(sqlite_cast: Cast) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    assert (await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, NOW + A_SECOND)).notified == 0
    assert await send_by_person(NOW + timedelta(days=1)) == {}


async def test_a_cancellation_is_undone_while_no_email_about_it_can_have_left(sqlite_cast: Cast) -> None:
    first = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await outcomes.cancel_poll(sqlite_cast.coordinator, first, NOW + A_SECOND)
    await outcomes.restore_poll(sqlite_cast.coordinator, first, NOW + 2 * A_SECOND)
    emails_sent = await send_by_person(SOON)
    assert [type(one.says) for one in emails_sent["Fbi lead"]] == [PollOpenedEmail]
    await outcomes.cancel_poll(sqlite_cast.coordinator, first, LATER)
    await outcomes.restore_poll(sqlite_cast.coordinator, first, LATER + A_SECOND)
    assert await send_by_person(LATER + timedelta(minutes=1)) == {}
    await outcomes.cancel_poll(sqlite_cast.coordinator, first, LATER)
    with pytest.raises(Gone):
        await outcomes.restore_poll(sqlite_cast.coordinator, first, LATER + timedelta(seconds=20))


async def test_a_preview_of_a_cancellation_says_what_then_happens_and_changes_nothing(sqlite_cast: Cast) -> None:
    organizer, poll_id = sqlite_cast.coordinator, await open_replied_poll(sqlite_cast)
    await poll_emails.remind_respondents(organizer, poll_id, LATER)
    await pause_emails_to(sqlite_cast.caht_lead)
    foreseen = await do_and_roll_back(partial(outcomes.cancel_poll, organizer, poll_id, LATER))
    assert foreseen == PollCancellation(notified=3, unsent=1, replied=3)
    assert (await polls.poll_for(organizer, poll_id)).state is PollState.OPEN
    assert await outcomes.cancel_poll(organizer, poll_id, LATER) == foreseen
    emails_sent = await send_by_person(LATER + timedelta(minutes=1))
    assert sorted(emails_sent) == ["Fbi lead", "Hsi liaison", "Kcpd detective"]
    assert [type(one.says) for letters in emails_sent.values() for one in letters] == [PollCanceledEmail] * 3


async def test_a_poll_canceled_once_its_dates_are_over_promises_no_email(sqlite_cast: Cast) -> None:
    poll_id, later = await open_replied_poll(sqlite_cast), NOW + timedelta(days=60)
    assert (await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, later)).notified == 0


async def test_reminders_that_a_cancellation_stopped_go_out_once_it_is_undone(sqlite_cast: Cast) -> None:
    organizer, poll_id = sqlite_cast.coordinator, await open_replied_poll(sqlite_cast)
    await poll_emails.remind_respondents(organizer, poll_id, LATER)
    await outcomes.cancel_poll(organizer, poll_id, LATER + 10 * A_SECOND)
    assert await send_by_person(LATER + 25 * A_SECOND) == {}
    await outcomes.restore_poll(organizer, poll_id, LATER + 26 * A_SECOND)
    assert list(await send_by_person(LATER + timedelta(minutes=1))) == ["Kcpd detective"]


async def test_after_a_canceled_poll_people_can_be_asked_again_and_the_draft_discarded(sqlite_cast: Cast) -> None:
    poll_id = await open_replied_poll(sqlite_cast)
    event = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event
    await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, LATER)
    again = await polls.open_poll(sqlite_cast.coordinator, event.id, NEW, LATER)
    assert await numbers_in_words(sqlite_cast.coordinator, again) == ["1 yes, 4 no reply"] * 2
    await outcomes.cancel_poll(sqlite_cast.coordinator, again, LATER + A_SECOND)
    await scheduling.cancel_event(sqlite_cast.coordinator, event.id, event.version, "", LATER)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(sqlite_cast.coordinator, event.id)


async def test_what_waits_about_a_poll_in_whose_place_people_were_asked_again_says_so(sqlite_cast: Cast) -> None:
    poll_id = await open_replied_poll(sqlite_cast)
    await ask_again(sqlite_cast.coordinator, poll_id, LATER)
    of_both = await outbox.claim_messages("test", (), LATER + timedelta(minutes=1), 100)
    said = [await emails.write_email(one, LATER + timedelta(minutes=1), ZONE) for one in of_both]
    assert {one.reason for one in said if isinstance(one, SendOutcome)} == {"People have since been asked again."}


async def test_a_poll_goes_with_its_draft_when_the_organizer_leaves(sqlite_cast: Cast) -> None:
    poll_id = await open_replied_poll(sqlite_cast)
    event_id = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event.id
    async with writing():
        await scheduling.cancel_without_organizer(sqlite_cast.administrator, event_id, LATER)
    with pytest.raises(NotFound):
        await polls.poll_for(sqlite_cast.fbi_lead, poll_id)
    assert await send_by_person(LATER + timedelta(days=1)) == {}
