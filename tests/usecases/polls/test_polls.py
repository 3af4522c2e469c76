"""People on the list of a draft are asked for dates, and no one else learns of it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, meeting, operation
from tests.usecases.polls.world import NEW, asked, in_words, reply
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.polls.polls import Fit
from tracker.usecases.core import outbox
from tracker.usecases.events import scheduling
from tracker.usecases.polls import polls


@pytest.mark.both_engines
async def test_the_last_reply_of_a_person_counts_and_the_organizer_says_yes(cast: Cast) -> None:
    poll_id = await asked(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead))
    await reply(cast.fbi_lead, poll_id, Fit.YES, Fit.NO)
    await reply(cast.caht_lead, poll_id, Fit.NO)
    await reply(cast.fbi_lead, poll_id, Fit.IF_NEEDED)
    assert await in_words(cast.coordinator, poll_id) == ["1 yes, 1 if need be, 1 no", "1 yes, 1 no, 1 no reply"]


@pytest.mark.both_engines
async def test_a_poll_is_seen_by_those_who_may_see_its_event_later(cast: Cast) -> None:
    poll_id = await asked(
        cast.coordinator, meeting(cast.fbi_lead, cast.kcpd_detective, visibility=Visibility.LAW_ENFORCEMENT)
    )
    assert await in_words(cast.hsi_liaison, poll_id) == ["1 yes, 2 no reply"] * 2
    with pytest.raises(NotFound):
        await polls.poll_for(cast.caht_lead, poll_id)


async def test_a_poll_for_named_people_is_seen_by_them_alone(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    assert (await polls.poll_for(sqlite_cast.kcpd_detective, poll_id)).event.title == "Operation Bluestem"
    for stranger in (sqlite_cast.coordinator, sqlite_cast.fbi_alternate, sqlite_cast.caht_lead):
        with pytest.raises(NotFound):
            await polls.poll_for(stranger, poll_id)


async def test_a_draft_with_a_poll_stays_out_of_everything_else(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    event_id = (await polls.poll_for(sqlite_cast.fbi_lead, poll_id)).event.id
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(sqlite_cast.fbi_lead, event_id)


async def test_a_person_of_the_other_arm_is_counted_and_not_named(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    view = await polls.view_poll(sqlite_cast.caht_lead, await polls.poll_for(sqlite_cast.caht_lead, poll_id))
    assert {row.agency: [one.name for one in row.named] for row in view.agencies} == {
        "CAHT": ["Caht lead"],
        "FBI": [],
        "USAO": [],
    }


async def test_only_people_who_are_asked_reply(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    for other in (sqlite_cast.hsi_liaison, sqlite_cast.coordinator):
        with pytest.raises(NotAllowed):
            await reply(other, poll_id, Fit.YES)


async def test_a_reply_about_no_date_and_one_after_the_last_date_are_refused(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    with pytest.raises(Invalid):
        await polls.reply_to_poll(sqlite_cast.fbi_lead, poll_id, {}, NOW)
    with pytest.raises(Gone):
        await reply(sqlite_cast.fbi_lead, poll_id, Fit.YES, now=NOW + timedelta(days=60))


async def test_a_date_that_is_over_takes_no_replies(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.YES, Fit.YES, now=datetime(2027, 1, 13, tzinfo=UTC))
    assert await in_words(sqlite_cast.coordinator, poll_id) == ["1 yes, 1 no reply", "2 yes"]


async def test_a_draft_has_one_open_poll(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
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
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    [owed] = await polls.waiting_polls(sqlite_cast.fbi_lead, NOW)
    assert (owed.poll.id, owed.is_led) == (poll_id, False)
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.NO)
    assert await polls.waiting_polls(sqlite_cast.fbi_lead, NOW) == []
    [led] = await polls.waiting_polls(sqlite_cast.coordinator, NOW)
    assert (led.is_led, led.replied) == (True, "1 of 1 person asked has replied")


async def test_a_draft_in_whose_poll_people_are_asked_is_not_discarded(sqlite_cast: Cast) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    event = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event
    with pytest.raises(Invalid):
        await scheduling.cancel_event(sqlite_cast.coordinator, event.id, event.version, "", NOW)


async def test_people_added_later_are_asked_once_when_the_organizer_says_so(sqlite_cast: Cast) -> None:
    organizer = sqlite_cast.coordinator
    poll_id = await asked(organizer, meeting(sqlite_cast.fbi_lead))
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
    poll_id = await asked(organizer, meeting(sqlite_cast.fbi_lead, person))
    viewer, view = await polls.open_poll_by_link(poll_id, person.member_id, NOW, LINK)
    event, plan = await scheduling.plan_to_change(organizer, view.poll.event.id)
    others = {one: role for one, role in plan.invitees.items() if one != person.member_id}
    await scheduling.change_event(organizer, event.id, replace(plan, invitees=others), event.version, NOW)
    with pytest.raises(NotFound):
        await polls.reply_to_poll_by_link(viewer, poll_id, {view.poll.options[0].id: Fit.YES}, NOW)
    assert await in_words(organizer, poll_id) == ["1 yes, 1 no reply"] * 2
