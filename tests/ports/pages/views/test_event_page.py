"""The page of an event: who sees what on it, answering, editing it as a whole, canceling it."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.database.others import another_writer
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import draft_mark_on
from tests.ports.pages.forms import edited_form, form_with, words_of_page
from tracker import clock
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import CONFIRM_FIRST, Plan
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Reply
from tracker.usecases.events import scheduling
from tracker.usecases.events.replies import record_own_reply
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster import people
from tracker.usecases.views import event_page

KEY = "2027-01-12"


def weekly_plan(*invitees: Viewer, **facts: Any) -> Plan:
    """Return the plan of four meetings; local times come as text, as everywhere in this file."""
    start = datetime.fromisoformat(facts.pop("starts", "2027-01-12 10:00"))
    return meeting(*invitees, starts=start, rule=rule_for_choice("weekly", start, count=facts.pop("count", 4)), **facts)


async def view_of(viewer: Viewer, event_id: UUID, key: str = KEY) -> event_page.EventView:
    return await event_page.view_event(viewer, event_id, key, clock.now())


async def test_an_event_by_video_says_so_in_place_of_its_room(sqlite_cast: Cast, desk: Browser) -> None:
    plan = weekly_plan(sqlite_cast.fbi_lead, place="", video_link="https://video.example/1")
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    for path in ("", f"/{KEY}", "/cancellation"):
        page = (await desk.get(f"/events/{event_id}{path}")).text
        assert ("By video" in page, "No location" in page) == (True, False)


async def test_forbidden_and_missing_pages_look_the_same(sqlite_cast: Cast, browse: SignIn) -> None:
    hidden = await scheduling.schedule_event(sqlite_cast.coordinator, operation(sqlite_cast.fbi_lead), NOW)
    advocate = await browse(sqlite_cast.harbor_advocate)
    seen = set()
    for event_id in (hidden, uuid4()):
        for rest in ("", "/2027-01-16", "/9999-12-31", "/nonsense", "/edit", "/2027-01-16/edit", "/cancellation"):
            response = await advocate.get(f"/events/{event_id}{rest}")
            seen.add((response.status_code, response.text))
    assert len(seen) == 1
    assert seen.pop()[0] == 404


async def test_deeds_on_events_that_are_not_for_them_are_not_found(sqlite_cast: Cast, browse: SignIn) -> None:
    hidden = await scheduling.schedule_event(sqlite_cast.coordinator, operation(sqlite_cast.fbi_lead), NOW)
    advocate = await browse(sqlite_cast.harbor_advocate)
    for deed in (
        "2027-01-16/reply",
        "2027-01-16/cancellation",
        "2027-01-16/restoration",
        "2027-01-16/edit",
        "edit",
        "cancellation",
        "restoration",
    ):
        response = await advocate.post(f"/events/{hidden}/{deed}", {"reply": "yes", "version": "1", "save": "send"})
        assert response.status_code == 404, deed


async def test_members_read_the_names_of_their_own_arm_and_numbers_of_the_other(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    page = (await (await browse(sqlite_cast.harbor_advocate)).get(f"/events/{event_id}/{KEY}")).text
    assert "Caht lead" in page
    assert "Kcpd detective" not in page
    assert '<th scope="row">KCPD</th>' in page
    assert "8 other people are counted above." in page


async def test_who_chases_replies_reads_first_who_has_not_replied_with_the_number_to_call(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    lead, detective = sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(lead, detective), NOW)
    await record_own_reply(lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    profile = await people.profile_of(detective)
    await people.change_profile(detective, replace(profile, phone="816-555-0100", mobile=""), NOW)
    seen = [
        (await (await browse(one)).get(f"/events/{event_id}/{KEY}")).text for one in (sqlite_cast.coordinator, lead)
    ]
    order = [[words_of_page(head) for head in re.findall("<h3>.*?</h3>", page, re.DOTALL)] for page in seen]
    replies = [[head for head in heads if head[-1].isdigit()] for heads in order]
    assert [[head.split()[-2:] for head in heads] for heads in replies] == [
        [["reply", "1"], ["Yes", "2"]],
        [["Yes", "2"], ["reply", "1"]],
    ]
    assert [re.sub(r"\s+", " ", page).count('href="tel:8165550100"') for page in seen] == [1, 1]


async def test_no_number_is_shown_of_a_person_who_is_not_in_the_viewer_s_directory(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(detective), NOW)
    profile = await people.profile_of(detective)
    numbers = {"phone": "816-555-0100", "mobile": "816-555-0111", "is_mobile_private": True}
    await people.change_profile(detective, replace(profile, **numbers), NOW)
    page = (await (await browse(sqlite_cast.auditor)).get(f"/events/{event_id}/{KEY}")).text
    assert "<b>Kcpd detective</b>" in page
    assert "816-555" not in page
    page = (await (await browse(sqlite_cast.coordinator)).get(f"/events/{event_id}/{KEY}")).text
    assert ("816-555-0100" in page, "816-555-0111" in page) == (True, False)


async def test_notes_to_the_organizer_are_read_by_anyone_who_may_edit_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": "maybe", "comment": "Court until 2:30"})
    reported = [await browse(one) for one in (sqlite_cast.coordinator, sqlite_cast.fbi_lead)]
    pages = [(await one.get(f"/events/{event_id}/{KEY}")).text for one in reported]
    assert ["Court until 2:30" in page for page in pages] == [True, False]


async def test_an_operation_is_marked_and_says_what_phones_show(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, operation(sqlite_cast.fbi_lead), NOW)
    page = (await (await browse(sqlite_cast.fbi_lead)).get(f"/events/{event_id}/2027-01-16")).text
    header, main = page.index("</header>"), page.index("<main")
    assert "Named participants only" in page[header:main]
    assert "2 people can open this page." in page
    assert "Reference OP-" in page
    assert "What phones show" in page


@pytest.mark.parametrize(("pressed", "value"), [("yes", "accepted"), ("maybe", "tentative"), ("no", "declined")])
async def test_a_button_replies_for_the_date(sqlite_cast: Cast, browse: SignIn, pressed: str, value: str) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    response = await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": pressed, "scope": "date"})
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{event_id}/{KEY}#reply")
    views = [await view_of(sqlite_cast.kcpd_detective, event_id, key) for key in (KEY, "2027-01-19")]
    assert [one.reply.value if one.reply else None for one in views] == [value, None]


async def test_a_reply_can_be_for_all_dates(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": "yes", "scope": "series"})
    later = await view_of(sqlite_cast.kcpd_detective, event_id, "2027-01-26")
    assert later.reply is not None
    assert later.reply.value is ReplyValue.ACCEPTED


async def test_which_dates_a_reply_is_for_is_asked_before_the_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(
        sqlite_cast.coordinator, weekly_plan(sqlite_cast.coordinator, sqlite_cast.fbi_lead), NOW
    )
    page = (await (await browse(sqlite_cast.coordinator)).get(f"/events/{event_id}/{KEY}")).text
    assert page.index('name="scope"') < page.index('name="reply" value="yes"')
    assert page.index('name="reply_for"') < page.index('type="radio" name="reply"')


async def test_a_yes_on_the_page_does_not_count_for_another_week(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": "yes"})
    assert "1 yes" not in (before := (await detective.get(f"/events/{event_id}/{KEY}")).text)
    assert "2 yes · 0 maybe · 0 no · 0 no reply" in before
    moved = meeting(sqlite_cast.kcpd_detective, starts=datetime.fromisoformat("2027-01-19 10:00"))
    await scheduling.change_event(sqlite_cast.coordinator, event_id, moved, 1, clock.now())
    after = (await detective.get(f"/events/{event_id}/2027-01-19")).text
    assert "1 yes · 0 maybe · 0 no · 1 no reply" in after


async def test_htmx_gets_the_reply_and_the_numbers_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    response = await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": "no"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.text
    assert "Reply saved: No." in response.text
    assert "1 yes · 0 maybe · 1 no · 0 no reply" in response.text
    assert '<span id="invited" hx-swap-oob="true">2</span>' in response.text
    page = (await detective.get(f"/events/{event_id}/{KEY}")).text
    assert page.count('id="invited"') == 1
    assert 'Participants (<span id="invited">2</span>)</a>' in page


async def test_a_reply_that_says_nothing_is_asked_for_again(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    for headers in ({}, {"HX-Request": "true"}):
        response = await detective.post(f"/events/{event_id}/{KEY}/reply", {"comment": "Kept"}, headers=headers)
        assert response.status_code == 422
        assert "Choose Yes, Maybe, or No." in response.text
        assert "Kept</textarea>" in response.text


async def test_who_is_not_invited_has_nothing_to_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    assert "You aren’t invited" in (await detective.get(f"/events/{event_id}/{KEY}")).text
    assert (await detective.post(f"/events/{event_id}/{KEY}/reply", {"reply": "yes"})).status_code == 403


async def test_a_date_that_is_over_takes_no_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = meeting(sqlite_cast.kcpd_detective, starts=datetime.fromisoformat("2026-12-14 10:00"))
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW - timedelta(days=3))
    detective = await browse(sqlite_cast.kcpd_detective)
    before = await Reply.count()
    refused = await detective.post(f"/events/{event_id}/2026-12-14/reply", {"reply": "yes"})
    assert (refused.status_code, "Your reply wasn’t saved. This date is over." in refused.text) == (410, True)
    assert "This date is over." in (await detective.get(f"/events/{event_id}/2026-12-14")).text
    assert await Reply.count() == before


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
async def test_the_note_of_a_reply_that_came_too_late_is_shown_until_it_is_discarded(
    sqlite_cast: Cast, browse: SignIn, headers: dict[str, str]
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.kcpd_detective), NOW)
    detective, page = await browse(sqlite_cast.kcpd_detective), f"/events/{event_id}/{KEY}"
    form = {"_draft": await draft_mark_on(detective, page), "reply": "yes", "comment": "I need the parking card"}
    await detective.post(f"{page}/reply", {**form, "reply": "no", "comment": ""}, headers=headers)
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    refused = await detective.post(f"{page}/reply", form, headers=headers)
    assert (refused.status_code, "Reply saved" in refused.text) == (410, False)
    assert "Your reply wasn’t saved. This date is canceled." in refused.text
    assert "I need the parking card" in refused.text
    assert "I need the parking card" in (await detective.get(page)).text
    await detective.post("/drafts/removal", {"_draft": await draft_mark_on(detective, page)})
    assert "I need the parking card" not in (await detective.get(page)).text


async def test_only_organizers_are_offered_to_edit_or_cancel(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast.kcpd_detective), NOW)
    detective = await browse(sqlite_cast.kcpd_detective)
    assert "/edit" not in (await detective.get(f"/events/{event_id}/{KEY}")).text
    for rest in ("edit", "cancellation", f"{KEY}/edit", f"{KEY}/cancellation"):
        assert (await detective.get(f"/events/{event_id}/{rest}")).status_code == 403
        assert (await detective.post(f"/events/{event_id}/{rest}", {"version": "1", "save": "send"})).status_code == 403


async def test_the_form_of_an_event_changes_nothing_when_it_is_saved_as_it_is(sqlite_cast: Cast, desk: Browser) -> None:
    plan = weekly_plan(
        *everyone(sqlite_cast), committee_id=sqlite_cast.committees["steering"], agenda="Welcome 5\nServices 20"
    )
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    _, before = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    response = await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id))
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{event_id}")
    _, after = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    assert after == before
    assert await Message.count().where(Message.kind == "update") == 0


async def test_an_all_day_event_keeps_its_days_through_its_form(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(starts=datetime.fromisoformat("2027-01-12"), duration=timedelta(days=3), is_all_day=True)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, title="Renamed"))
    event, after = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    assert (event.title, after.starts, after.duration) == ("Renamed", plan.starts, plan.duration)


async def test_a_new_place_is_reported_to_everyone(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    form = await edited_form(desk, event_id, place="HSI conference room")
    await Message.update({Message.state: "sent"}, force=True)
    assert (await desk.post(f"/events/{event_id}/edit", form)).status_code == 303
    assert await Message.count().where(Message.kind == "update") == 11


async def test_the_second_of_two_editors_sees_both_and_loses_nothing(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    first = await edited_form(desk, event_id, place="HSI conference room", agenda="Welcome 5")
    second = await edited_form(desk, event_id, place="FBI field office", title="Task force meeting")
    assert (await desk.post(f"/events/{event_id}/edit", first)).status_code == 303
    refused = await desk.post(f"/events/{event_id}/edit", second)
    assert refused.status_code == 409
    assert "<b>Place</b> is now “HSI conference room”. You typed “FBI field office”" in refused.text
    assert "<b>Agenda</b> is now “Welcome 5”. You had not changed it" in refused.text
    assert "<b>Title</b>" not in refused.text
    again = form_with(refused.text, f"/events/{event_id}/edit", save="send")
    assert (await desk.post(f"/events/{event_id}/edit", again)).status_code == 303
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)
    assert (event.place, event.title, event.agenda) == ("FBI field office", "Task force meeting", "Welcome 5")


async def test_people_whom_someone_else_invited_meanwhile_stay_invited(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    second = await edited_form(desk, event_id, title="Task force meeting")
    people = [str(one.member_id) for one in (sqlite_cast.fbi_lead, sqlite_cast.caht_lead)]
    await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, person=people))
    refused = await desk.post(f"/events/{event_id}/edit", second)
    assert "<b>Invitation of Caht lead (CAHT)</b> is now “required”." in refused.text
    again = form_with(refused.text, f"/events/{event_id}/edit", save="send")
    await desk.post(f"/events/{event_id}/edit", again)
    _, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    assert sqlite_cast.caht_lead.member_id in plan.invitees


@pytest.mark.parametrize("was", ["", "[]", "{", '{"place": 7}', "[" * 100_000, "null"])
async def test_a_record_of_the_form_that_is_not_ours_decides_nothing(
    sqlite_cast: Cast, desk: Browser, was: str
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    stale = await edited_form(desk, event_id, place="FBI field office", was=was, version="99")
    refused = await desk.post(f"/events/{event_id}/edit", stale)
    assert refused.status_code == 409
    assert form_with(refused.text, f"/events/{event_id}/edit")["place"] == ["FBI field office"]


async def test_a_running_series_goes_on_as_a_new_one_with_its_organizer(sqlite_cast: Cast, desk: Browser) -> None:
    plan = weekly_plan(sqlite_cast.harbor_advocate, starts="2026-12-08 10:00", count=6, visibility="victim_services")
    event_id = await scheduling.schedule_event(sqlite_cast.caht_lead, plan, NOW - timedelta(days=10))
    page = (await desk.get(f"/events/{event_id}/edit")).text
    assert "This series has started." in page
    response = await desk.post(
        f"/events/{event_id}/edit", await edited_form(desk, event_id, starts="11:00", ends="12:30")
    )
    new_id = UUID(response.headers["location"].rpartition("/")[2])
    assert new_id != event_id
    event, new = await scheduling.plan_to_change(sqlite_cast.coordinator, new_id)
    assert (event.lead_id, set(new.invitees)) == (
        sqlite_cast.caht_lead.member_id,
        {sqlite_cast.caht_lead.member_id, sqlite_cast.harbor_advocate.member_id},
    )


async def test_a_draft_is_sent_from_its_form(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(sqlite_cast.fbi_lead, status=EventStatus.DRAFT)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, save="draft", title="Still a draft"))
    assert not await Message.exists()
    await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, tentative="yes"))
    event = await scheduling.event_seen_by(sqlite_cast.fbi_lead, event_id)
    assert (event.status, event.title) == (EventStatus.TENTATIVE, "Still a draft")
    assert await Message.count().where(Message.kind == "invitation") == 1


async def test_canceling_first_says_who_is_notified(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(*everyone(sqlite_cast)), NOW)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(f"/events/{event_id}/cancellation")).text
    assert "Cancel all 4 dates and notify 11 people" in page
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).status == EventStatus.CONFIRMED
    form = form_with(page, f"/events/{event_id}/cancellation", reason="Budget")
    assert (await desk.post(f"/events/{event_id}/cancellation", form)).status_code == 303
    assert "All dates are canceled" in (await desk.get(f"/events/{event_id}/{KEY}")).text


async def test_a_canceled_event_comes_back(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    action = f"/events/{event_id}/restoration"
    form = form_with((await desk.get(f"/events/{event_id}/{KEY}")).text, action)
    for _ in range(2):
        assert (await desk.post(action, form)).status_code == 303
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).status == EventStatus.CONFIRMED


async def test_a_canceled_event_is_not_edited_into_life(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    form = await edited_form(desk, event_id, title="Kept")
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    assert (await desk.get(f"/events/{event_id}/edit")).status_code == 303
    for version in ("1", "2"):
        response = await desk.post(f"/events/{event_id}/edit", {**form, "version": version})
        assert response.status_code == 422
        assert 'value="Kept"' in response.text
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).status == EventStatus.CANCELED


async def test_a_cancellation_from_an_old_page_shows_the_present_state(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    action = f"/events/{event_id}/cancellation"
    form = form_with((await desk.get(action)).text, action, reason="Kept")
    await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, place="HSI conference room"))
    refused = await desk.post(action, form)
    assert refused.status_code == 409
    assert "HSI conference room" in refused.text
    assert (await desk.post(action, form_with(refused.text, action))).status_code == 303


async def test_an_agenda_adds_up_its_minutes(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(agenda="Welcome 5\nAwareness day, January 11\nServices update 20 min")
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    page = (await desk.get(f"/events/{event_id}/{KEY}")).text
    assert "25 of 90 minutes planned." in page
    assert "Awareness day, January 11</h3>" in page


async def test_dates_of_a_series_lead_to_each_other(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(), NOW)
    page = (await desk.get(f"/events/{event_id}/2027-01-19")).text
    assert f'Next: <a href="/events/{event_id}/2027-01-26">Tue, Jan 26</a>' in page
    assert f'Previous: <a href="/events/{event_id}/{KEY}">Tue, Jan 12</a>' in page


async def test_who_takes_an_event_away_from_themselves_reads_so(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(sqlite_cast.kcpd_detective, visibility=Visibility.LAW_ENFORCEMENT)
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    response = await desk.post(f"/events/{event_id}/edit", await edited_form(desk, event_id, visibility="named"))
    assert response.headers["location"] == "/calendar"
    assert "you’re not one of them" in (await desk.get("/calendar")).text


async def test_a_named_event_is_opened_to_more_people_only_after_a_new_confirmation(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    lead = await browse(sqlite_cast.fbi_lead)
    form = await edited_form(lead, event_id, visibility="law_enforcement", place="Lot C")
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    response = await lead.post(f"/events/{event_id}/edit", form)
    assert (response.status_code, CONFIRM_FIRST in response.text) == (403, True)
    assert form_with(response.text, f"/events/{event_id}/edit")["place"] == ["Lot C"]
    kept = await edited_form(lead, event_id, visibility="named", place="Lot C")
    assert (await lead.post(f"/events/{event_id}/edit", kept)).status_code == 303
    clock.start_at(NOW, is_still=True)
    form = await edited_form(lead, event_id, visibility="law_enforcement")
    assert (await lead.post(f"/events/{event_id}/edit", form)).status_code == 303


async def test_the_lead_of_an_operation_reads_who_has_opened_it(sqlite_cast: Cast, browse: SignIn) -> None:
    lead, named = sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective
    event_id = await scheduling.schedule_event(lead, operation(named), NOW)
    address = f"/events/{event_id}/2027-01-16"
    assert "No one has opened it yet." in (await (await browse(lead)).get(address)).text
    html = (await (await browse(named)).get(address)).text
    assert "Who has read this" not in html
    html = (await (await browse(lead)).get(address)).text
    assert '<th scope="row" data-l="Person">Kcpd detective</th><td data-l="Agency">KCPD</td>' in html
    assert "Tue, Dec 15, 9:00 AM" in html


async def test_an_alternate_is_sent_on_the_page_and_is_named_there_and_on_the_attendance_sheet(
    sqlite_cast: Cast, browse: SignIn, desk: Browser
) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["steering"]}
    event_id = await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, **of_committee), NOW
    )
    address, agent = f"/events/{event_id}/{KEY}", await browse(sqlite_cast.fbi_lead)
    assert "Choose who is coming in your place." in (await agent.post(f"{address}/reply", {"reply": "alternate"})).text
    chosen = {"reply": "alternate", "substitute": str(sqlite_cast.fbi_alternate.member_id)}
    sent = await agent.post(f"{address}/reply", chosen, headers={"HX-Request": "true"})
    assert "Reply saved: Fbi alternate (FBI) is coming in your place." in sent.text
    shown = "Fbi alternate (FBI) is coming in your place. To come yourself, press Yes."
    assert shown in (await agent.get(address)).text
    assert (
        "You’re the substitute for Fbi lead (FBI)."
        in (await (await browse(sqlite_cast.fbi_alternate)).get(address)).text
    )
    assert "substitute for Fbi lead (FBI)" in (await desk.get(address)).text
    clock.start_at(datetime.fromisoformat("2027-01-12 16:00+00:00"), is_still=True)
    roll = (await (await browse(sqlite_cast.coordinator)).get(f"{address}/attendance")).text
    assert "substitute for Fbi lead (FBI)" in roll


async def test_a_deadline_has_neither_reply_nor_agenda_nor_attendance(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(sqlite_cast.fbi_lead, kind=Kind.DEADLINE, title="Report")
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    html = (await desk.get(f"/events/{event_id}/{KEY}")).text
    asked = ("No reply", "no reply", "Your reply", "ttendance", "sign-in-sheet", ">Agenda<", "#agenda")
    assert [words for words in asked if words in html] == []
    assert "2 people notified" in html
    assert "<b>Fbi lead</b> (FBI)" in html


async def test_a_typo_is_emailed_to_no_one_unless_the_form_says_so(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast.fbi_lead), NOW)
    for address in (f"/events/{event_id}/edit", f"/events/{event_id}/{KEY}/edit"):
        await Message.delete(force=True)
        for notify, number in ((["changes"], 0), ("all", 1)):
            form = form_with((await desk.get(address)).text, address, agenda="Typo", title="Core group", save="send")
            assert form["notify"] == ["changes"]
            await desk.post(address, form | {"notify": notify})
            assert await Message.count() == number


async def test_the_form_says_who_gets_which_email_before_it_is_saved(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead, sqlite_cast.hsi_liaison)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    await Message.update({Message.state: "sent"}, force=True)
    assert "<dd>No one will get an email.</dd>" in (await desk.get(f"/events/{event_id}/edit")).text
    form = await edited_form(desk, event_id, place="Annex")
    gone = str(sqlite_cast.caht_lead.member_id)
    form = {**form, "person": [one for one in form["person"] if one != gone]}
    part = (await desk.post("/schedule/summary", form)).text
    assert "1 person will be removed from the list and notified; 2 people will get an update." in part


async def test_the_action_items_of_a_meeting_are_called_by_where_they_come_from(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    """An item of a committee is on the page of each of its meetings until it is done."""
    member = await browse(sqlite_cast.fbi_lead)
    steering = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["steering"]}
    for plan, heading in (
        (meeting(), "Action items"),
        (weekly_plan(), "Action items from this series"),
        (meeting(**steering), "Action items from this event and Steering Committee"),
        (weekly_plan(**steering), "Action items from this series and Steering Committee"),
    ):
        event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
        assert f'<h2 id="actions-h">{heading}</h2>' in (await member.get(f"/events/{event_id}/{KEY}")).text


async def test_pages_that_tell_what_a_deed_would_do_open_while_someone_else_writes(
    sqlite_cast: Cast, desk: Browser
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast.fbi_lead), NOW)
    pages = {}
    async with another_writer():
        for path in ("edit", "cancellation", f"{KEY}/edit"):
            pages[path] = await asyncio.wait_for(desk.get(f"/events/{event_id}/{path}"), 10)
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert "No one will get an email." in pages["edit"].text, "what is as it was needs no look"


NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def schedule_next_week(cast: Cast, *invitees: Viewer, **facts: Any) -> tuple[UUID, str]:
    event_id = await schedule_event(
        cast.coordinator, meeting(*invitees, starts=NEXT_WEEK, **facts), NOW - timedelta(days=9)
    )
    return event_id, f"/events/{event_id}/2026-12-22"


async def test_a_reply_by_telephone_is_in_the_list_with_who_entered_it(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_next_week(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.coordinator)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes", "note": "Called at noon"}
    response = await browser.post(f"{address}/replies", form)
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    page = (await browser.get(address)).text
    assert "Recorded: Kcpd detective (KCPD) replied Yes. No email was sent." in page
    assert "Entered by Coordinator (USAO)" in page
    assert "Called at noon" in page


async def test_the_person_reads_who_entered_it_and_can_reply_again(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_next_week(sqlite_cast, sqlite_cast.kcpd_detective)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "no"}
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/replies", form)
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    other_browser = await browse(sqlite_cast.kcpd_detective)
    assert "Entered for you by Coordinator (USAO)." in (await other_browser.get(address)).text
    await other_browser.post(f"{address}/reply", {"reply": "yes"})
    assert "Entered for you" not in (await other_browser.get(address)).text


async def test_other_invitees_see_the_reply_and_not_who_entered_it(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_next_week(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.kcpd_alternate)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes"}
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/replies", form)
    page = (await (await browse(sqlite_cast.kcpd_alternate)).get(address)).text
    assert "Kcpd detective" in page
    assert "Entered by" not in page
    assert "/replies" not in page


async def test_what_was_typed_is_kept_beside_the_errors(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_next_week(
        sqlite_cast, sqlite_cast.kcpd_detective, rule=rule_for_choice("weekly", NEXT_WEEK, count=3)
    )
    response = await (await browse(sqlite_cast.coordinator)).post(
        f"{address}/replies", {"note": "Called at noon", "reply_for": "series"}
    )
    assert response.status_code == 422
    assert "Choose Yes, Maybe, or No." in response.text
    assert "Called at noon" in response.text
    assert '<details class="tt-d tt-noprint" id="record-reply" open>' in response.text


async def test_a_date_that_was_canceled_meanwhile_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id, address = await schedule_next_week(sqlite_cast, sqlite_cast.kcpd_detective)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"/events/{event_id}/cancellation", {"version": "1"})
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes"}
    assert (await browser.post(f"{address}/replies", form)).status_code == 303
    assert "This date is canceled. You don’t need to reply." in (await browser.get(address)).text
