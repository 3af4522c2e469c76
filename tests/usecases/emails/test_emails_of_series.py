"""An email about a series says its rule, and what its dates have of their own: time, place, title, and reply."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.emails import ReadEmail, read
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.emails import CalendarPart
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, replies, scheduling, series_split

FIRST, SECOND, THIRD = "2027-01-12", "2027-01-19", "2027-01-26"
HOUR_AND_A_HALF = timedelta(minutes=90)
THEN = NOW + timedelta(minutes=5)
LATER = THEN + timedelta(hours=1)


async def sent(now: datetime) -> dict[str, ReadEmail]:
    """Send the emails that are due, and return them by their first word, such as "Invitation"."""
    found = {}
    for message in await outbox.claim_messages("test", (), now, 100):
        made = read(await emails.write_email(message, now, ZONE))
        await outbox.close_message(
            message, made if isinstance(made, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), now
        )
        if isinstance(made, ReadEmail):
            found[made.subject.partition(":")[0]] = made
    return found


async def weekly(cast: Cast) -> UUID:
    """Schedule five Tuesdays, 10:00–11:30 AM; the invitation waits."""
    plan = meeting(cast.fbi_lead)
    return await scheduling.schedule_event(
        cast.coordinator, replace(plan, rule=rule_for_choice("weekly", plan.starts, count=5)), NOW
    )


async def change_date(cast: Cast, event_id: UUID, key: str, now: datetime, *, hour: int = 10, **facts: str) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    change = DateChange(starts=datetime.fromisoformat(f"{key}T{hour}:00"), duration=HOUR_AND_A_HALF, **facts)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, now)


async def split(cast: Cast, event_id: UUID, now: datetime, **facts: object) -> UUID:
    """Continue the series from its second date at 9:00 AM as another one."""
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, SECOND)
    onward = replace(plan_from_start(plan, datetime(2027, 1, 19, 9)), **facts)
    return await series_split.change_from_date_on(cast.coordinator, event_id, SECOND, onward, event.version, now)


async def test_an_invitation_says_the_hours_of_the_rule_when_its_first_date_has_others(cast: Cast) -> None:
    await change_date(cast, await weekly(cast), FIRST, NOW, hour=13)
    facts = dict((await sent(THEN))["Invitation"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 10:00–11:30 AM Central",
        "Tue, Jan 12 to 1:00–2:30 PM",
    )


async def test_a_series_that_continues_says_the_hours_of_its_rule_when_its_first_date_keeps_others(cast: Cast) -> None:
    event_id = await weekly(cast)
    await sent(THEN)
    await change_date(cast, event_id, SECOND, THEN, hour=13)
    await split(cast, event_id, THEN)
    facts = dict((await sent(LATER))["Continues"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 9:00–10:30 AM Central",
        "Tue, Jan 19 to 1:00–2:30 PM",
    )


async def change_place(cast: Cast, event_id: UUID, now: datetime, *, key: str = "") -> None:
    """Move the series to the FBI field office, from the date `key` on if there is one."""
    if key:
        event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, key)
        changed = replace(plan, place="FBI field office")
        await series_split.change_from_date_on(cast.coordinator, event_id, key, changed, event.version, now)
        return
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, place="FBI field office"), event.version, now
    )


async def test_an_invitation_names_the_dates_that_have_a_place_or_a_title_of_their_own(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, place="Annex 2", title="Kickoff")
    await change_date(cast, event_id, THIRD, NOW, place="")
    facts = dict((await sent(THEN))["Invitation"].facts)
    assert (facts["Where"], facts["Other place"], facts["Other title"]) == (
        "USAO conference room",
        "Tue, Jan 12: Annex 2; Tue, Jan 26: No location",
        "Tue, Jan 12: Kickoff",
    )


async def test_a_time_only_invitation_names_no_place_and_no_title_of_a_date(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await change_date(cast, await weekly(cast), FIRST, NOW, place="Annex 2", title="Kickoff")
    [invitation] = (await sent(THEN)).values()
    assert not {"Annex 2", "Kickoff"} & {word for _, value in invitation.facts for word in value.split(": ")}


async def test_the_subject_of_a_new_place_names_the_first_date_that_is_held_there(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, place="Annex 2")
    await sent(THEN)
    await change_place(cast, event_id, THEN)
    update = (await sent(LATER))["New place"]
    assert update.subject == "New place: Monthly task force meeting, from Tue, Jan 19, 10:00 AM"
    assert dict(update.facts)["Other place"] == "Tue, Jan 12: Annex 2"


async def test_a_new_place_from_a_date_on_is_said_though_that_date_keeps_its_own(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, place="Annex 2")
    await sent(THEN)
    await change_place(cast, event_id, THEN, key=SECOND)
    update = (await sent(LATER))["New place"]
    assert update.subject == "New place: Monthly task force meeting, from Tue, Jan 26, 10:00 AM"
    facts = dict(update.facts)
    assert (facts["Where"], facts["Other place"]) == ("FBI field office", "Tue, Jan 19: Annex 2")


async def test_the_subject_of_a_new_hour_names_the_first_date_that_has_it(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, hour=13, place="Annex 2")
    await sent(THEN)
    await split(cast, event_id, THEN)
    emails = await sent(LATER)
    assert emails["Changed"].subject == "Changed: Monthly task force meeting, now 9:00 AM from Tue, Jan 26"
    assert dict(emails["Changed"].facts)["Now"].endswith("9:00–10:30 AM Central, from Tuesday, January 26, 2027")
    assert dict(emails["Continues"].facts)["Other place"] == "Tue, Jan 19: Annex 2"


async def say(cast: Cast, event_id: UUID, value: ReplyValue, *keys: str) -> None:
    for key in keys:
        await replies.record_own_reply(cast.fbi_lead, event_id, key, value, "", THEN, for_series=False)


def given(email: ReadEmail) -> tuple[ReplyValue, list[ReplyValue]]:
    """Return the reply that the attached series has, and those to its dates in their order."""
    part = email.calendar
    assert isinstance(part, CalendarPart)
    return part.reply, [part.replies[one.original_start] for one in part.dates]


async def test_a_reply_kept_for_one_date_counts_for_no_other_date_of_what_continues(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, hour=13)
    await sent(THEN)
    await say(cast, event_id, ReplyValue.ACCEPTED, SECOND)
    await split(cast, event_id, THEN)
    email = (await sent(LATER))["Continues"]
    no = ReplyValue.NEEDS_ACTION
    assert given(email) == (no, [ReplyValue.ACCEPTED, no, no, no])
    assert dict(email.facts)["Your reply"] == "Yes for 1 date, none yet for 3 dates. Please reply."


async def test_an_update_of_a_series_asks_again_when_a_later_date_waits_for_a_reply(cast: Cast) -> None:
    event_id = await weekly(cast)
    await sent(THEN)
    await say(cast, event_id, ReplyValue.ACCEPTED, FIRST, SECOND, THIRD)
    await change_agenda(cast, event_id, THEN)
    email = (await sent(LATER))["Changed"]
    no, yes = ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED
    assert given(email) == (yes, [yes, yes, yes, no, no])
    assert dict(email.facts)["Your reply"] == "Yes for 3 dates, none yet for 2 dates. Please reply."
    assert [one.label for one in email.buttons] == ["Reply yes", "Maybe", "No"]


async def test_an_update_of_a_series_says_replies_that_differ_and_offers_none_of_them_for_all_dates(cast: Cast) -> None:
    event_id = await weekly(cast)
    await sent(THEN)
    await say(cast, event_id, ReplyValue.ACCEPTED, FIRST, SECOND, THIRD, "2027-02-02")
    await say(cast, event_id, ReplyValue.DECLINED, "2027-02-09")
    await change_agenda(cast, event_id, THEN)
    email = (await sent(LATER))["Changed"]
    assert email.preview == "Your reply, Yes for 4 dates, No for 1 date, still counts."
    assert [one.label for one in email.buttons] == ["Change my reply"]


async def change_agenda(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(plan, agenda="1. Budget")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, now, notify=Notify.ALL)


async def test_an_update_of_a_series_says_which_details_changed(cast: Cast) -> None:
    event_id = await weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, agenda="Kickoff")
    await sent(THEN)
    await change_agenda(cast, event_id, THEN)
    email = (await sent(LATER))["Changed"]
    assert email.subject == "Changed: Monthly task force meeting, from Tue, Jan 19, 10:00 AM"
    assert email.facts[0] == ("Changed", "Agenda")


async def test_an_update_of_a_date_says_which_details_changed(cast: Cast) -> None:
    event_id = await weekly(cast)
    await sent(THEN)
    await change_date(cast, event_id, FIRST, THEN, title="Kickoff", place="Annex 2")
    await change_date(cast, event_id, FIRST, THEN + timedelta(seconds=1), agenda="Budget", title="Kickoff")
    [email] = (await sent(LATER)).values()
    assert ("Changed", "Title, Agenda") in email.facts


async def test_a_time_only_update_says_no_detail(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    event_id = await weekly(cast)
    await sent(THEN)
    await change_agenda(cast, event_id, THEN)
    [email] = (await sent(LATER)).values()
    assert "Agenda" not in str(email.words)
