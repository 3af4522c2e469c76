"""Preferences, and the reminders of a committee, on their pages."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, SECRET, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.mail.making import email_of, message_with_key, parse_email, parts
from tests.ports.mail.sending import LINKS, composer
from tests.ports.pages.forms import form_with
from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import StopDigestPage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.usecases.emails import preferences
from tracker.usecases.events import scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster.committees import policy_of_committee

PATH = "/settings/notifications"
DAY, HOURS = timedelta(days=1), timedelta(hours=2)


async def save_preferences(browser: Browser, path: str = PATH, **changes: Any) -> Any:
    page = (await browser.get(path)).text
    return await browser.post(path, form_with(page, path, **changes))


async def test_the_form_as_it_comes_changes_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    response = await save_preferences(await browse(sqlite_cast.fbi_lead))
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == Preferences()


async def test_every_choice_is_kept_and_shown_again(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    choices = {
        "item_reminders": [],
        "times": "own",
        "leads": ["1440", "120"],
        "quiet": "own",
        "quiet_from": "22:00",
        "quiet_until": "06:30",
        "has_quiet_weekends": "yes",
        "is_discreet": "yes",
    }
    await save_preferences(browser, **choices)
    kept = Preferences(
        item_reminders=False,
        leads=frozenset({DAY, HOURS}),
        quiet=(time(22), time(6, 30)),
        has_quiet_weekends=True,
        is_discreet=True,
    )
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == kept
    await save_preferences(browser)
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == kept
    assert "Notifications saved." in (await browser.get(PATH)).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"times": "own", "leads": []}, "Choose at least one time, or turn these reminders off."),
        ({"quiet": "own"}, "Enter when your quiet hours start and end, or check weekends."),
        ({"quiet": "own", "quiet_from": "22:00"}, "Enter when quiet hours end."),
        ({"quiet": "own", "quiet_from": "20:00", "quiet_until": "09:00"}, "Quiet hours can last at most 12 hours."),
        (
            {"quiet": "own", "quiet_from": "ten", "quiet_until": "06:00"},
            "Enter the time as hours:minutes, for example 14:30.",
        ),
    ],
)
async def test_what_cannot_be_taken_is_said_at_the_field_and_what_was_typed_stays(
    sqlite_cast: Cast, browse: SignIn, changes: dict[str, Any], sentence: str
) -> None:
    response = await save_preferences(await browse(sqlite_cast.fbi_lead), is_discreet="yes", **changes)
    assert response.status_code == 422
    assert response.text.count(sentence) == 2
    assert ("or check weekends" in response.text) == ("or check weekends" in sentence)
    assert form_with(response.text, PATH)["is_discreet"] == ["yes"]
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == Preferences()


async def test_a_coordinator_sets_the_quiet_hours_of_people_who_chose_none(sqlite_cast: Cast, browse: SignIn) -> None:
    desk, reader = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    refused = await save_preferences(desk, "/settings/quiet-hours", quiet_from="21:00")
    assert (refused.status_code, refused.text.count("Enter when quiet hours end.")) == (422, 2)
    await save_preferences(desk, "/settings/quiet-hours", quiet_from="21:00", quiet_until="06:00")
    assert "quiet hours are now 9:00 PM to 6:00 AM." in (await desk.get(PATH)).text
    assert "9:00 PM to 6:00 AM" in (await reader.get(PATH)).text
    assert (await reader.get("/settings/quiet-hours")).status_code == 403
    assert (await reader.post("/settings/quiet-hours", {"quiet_from": "", "quiet_until": ""})).status_code == 403


async def test_it_is_said_what_cannot_be_turned_off(sqlite_cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(sqlite_cast.fbi_lead)).get(PATH)).text
    assert "We always send invitations, changes, cancellations, and new action items" in page


async def test_the_next_reminders_are_shown_as_they_would_come(sqlite_cast: Cast, browse: SignIn) -> None:
    starts = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone
    await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=starts), NOW - timedelta(days=5))
    await preferences.save_preferences(sqlite_cast.fbi_lead, Preferences(leads=frozenset({DAY, HOURS})), NOW)
    browser = await browse(sqlite_cast.fbi_lead)
    page = (await browser.get(PATH)).text
    assert "Mon, Dec 21, 10:00 AM" in page
    assert "Tue, Dec 22, 8:00 AM" in page
    await save_preferences(browser, date_reminders=[])
    assert "None in the next two weeks." in (await browser.get(PATH)).text


async def test_a_chair_finds_the_reminders_of_the_own_committee_in_the_notifications(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    page = (await (await browse(sqlite_cast.caht_lead)).get(PATH)).text
    assert f'href="/committees/{sqlite_cast.committees["services"]}/reminders"' in page


def path(viewer: Viewer) -> str:
    keys.use_secret(SECRET)
    return f"/n/{Links(keys.named('links')).digest(viewer.member_id)}"


async def is_on(viewer: Viewer) -> bool:
    return (await preferences.preferences_of(viewer)).digest


async def test_looking_a_hundred_times_changes_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    for method in ("GET", "HEAD") * 50:
        assert (await stranger.send(method, path(reader))).status_code == 200
    assert await is_on(reader)


async def test_the_button_stops_it_without_an_account(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    assert "Stop digest" in (await stranger.get(path(reader))).text
    response = await stranger.post(path(reader))
    assert (response.status_code, "You won’t get the weekly digest" in response.text) == (200, True)
    assert not await is_on(reader)


async def test_a_mail_program_stops_it_by_one_click(sqlite_cast: Cast, browse: SignIn) -> None:
    """RFC 8058 §3.2: a POST with this committee, without cookies and without Origin, and no redirect for an answer."""
    reader, program = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    response = await program.send("POST", path(reader), data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not await is_on(reader)


async def test_it_stops_no_one_else_s_and_a_made_up_link_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    await stranger.post(path(sqlite_cast.caht_lead))
    other = Links(keys.named("links")).item(reader.member_id, reader.member_id)
    for odd in ("/n/nothing", f"/n/{other}", path(reader)[:-1]):
        assert (await stranger.post(odd)).status_code == 404
        assert (await stranger.get(odd)).status_code == 404
    assert await is_on(reader)


def test_the_email_says_to_programs_how_to_stop_it_and_no_other_email_does() -> None:
    member_id = uuid4()
    email = composer().compose(email_of(stop=StopDigestPage(member_id=member_id)), message_with_key())
    url = f"https://tracker.example/n/{LINKS.digest(member_id)}"
    assert parse_email(email.content)["List-Unsubscribe"] == f"<{url}>"
    assert parse_email(email.content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(url in part.get_content() for kind, part in parts(email.content).items() if kind.startswith("text/"))
    assert parse_email(composer().compose(email_of(), message_with_key()).content)["List-Unsubscribe"] is None


STARTS = datetime(2027, 1, 14, 10)  # noqa: DTZ001 - local to the event's zone
COMMITTEE_REMINDERS_DAY = ReminderPolicy(
    leads=frozenset({timedelta(days=1)}), asks_before=frozenset({timedelta(days=10)})
)
CHOSEN = {"reminders": "own", "leads": ["1440"], "asks_before": ["14400"]}
AFTER = {"reminders": "own", "asks_before": [], "asks_after": ["2880", "7200"]}


async def save_policy(browser: Browser, path: str, **changes: Any) -> Any:
    page = (await browser.get(path)).text
    return await browser.post(path, form_with(page, path, **changes))


async def schedule_for_services(cast: Cast) -> UUID:
    plan = meeting(cast.caht_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def test_a_chair_sets_the_policy_and_the_committee_says_it(sqlite_cast: Cast, browse: SignIn) -> None:
    services = sqlite_cast.committees["services"]
    chair, member = await browse(sqlite_cast.caht_lead), await browse(sqlite_cast.harbor_advocate)
    path = f"/committees/{services}/reminders"
    assert (await save_policy(chair, path, **CHOSEN)).status_code == 303
    await save_policy(chair, path)  # as it comes, it changes nothing
    assert await policy_of_committee(services) == COMMITTEE_REMINDERS_DAY
    page = (await member.get(f"/committees/{services}")).text
    said = "Reminders go out 1 day before. We follow up 10 days before with people who haven’t replied."
    assert said in page
    assert "Change reminders" not in page
    await save_policy(chair, path, leads=[], asks_before=[])
    assert "No reminders." in (await member.get(f"/committees/{services}")).text


async def test_a_form_says_what_its_choices_mean_before_they_are_saved(sqlite_cast: Cast, browse: SignIn) -> None:
    path = f"/committees/{sqlite_cast.committees['services']}/reminders"
    chair = await browse(sqlite_cast.caht_lead)
    fields = form_with((await chair.get(path)).text, path, reminders="own", leads=[], asks_before=["14400", "7200"])
    words = "No reminders. We follow up 10 days and 5 days before with people who haven’t replied."
    assert words in (await chair.post(f"{path}/preview", fields)).text
    assert words not in (await chair.get(path)).text
    words = "We follow up 2 days and 5 days after the invitation with people who haven’t replied."
    assert words in (await chair.post(f"{path}/preview", {**fields, **AFTER})).text
    await save_policy(chair, path, **AFTER)
    assert words in (await chair.get(path)).text


async def test_events_already_scheduled_change_when_that_is_checked_and_undo_puts_both_back(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    services, event_id = sqlite_cast.committees["services"], await schedule_for_services(sqlite_cast)
    chair, path = await browse(sqlite_cast.caht_lead), f"/committees/{services}/reminders"
    assert "Also change 1 upcoming event" in (await chair.get(path)).text
    await save_policy(chair, path, upcoming="yes", **CHOSEN)
    assert (await scheduling.event_seen_by(sqlite_cast.caht_lead, event_id)).reminders == COMMITTEE_REMINDERS_DAY
    page = (await chair.get(f"/committees/{services}")).text
    assert "Reminders saved for new events, and changed for 1 upcoming event." in page
    removal = f"{path}/removal"
    await chair.post(removal, form_with(page, removal))
    assert (await scheduling.event_seen_by(sqlite_cast.caht_lead, event_id)).reminders == ReminderPolicy()
    assert await policy_of_committee(services) == ReminderPolicy()


async def test_a_series_counts_as_one_event_and_its_dates_ahead_are_said_too(sqlite_cast: Cast, browse: SignIn) -> None:
    services, rule = sqlite_cast.committees["services"], rule_for_choice("weekly", STARTS, count=7)
    only = {"visibility": Visibility.COMMITTEE, "committee_id": services}
    plan = meeting(sqlite_cast.caht_lead, starts=STARTS, rule=rule, **only)
    await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    page = (await (await browse(sqlite_cast.caht_lead)).get(f"/committees/{services}/reminders")).text
    assert "Also change 1 upcoming event (7 dates)" in page


async def test_if_another_event_came_meanwhile_the_new_number_is_shown_first(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_for_services(sqlite_cast)
    chair, path = await browse(sqlite_cast.caht_lead), f"/committees/{sqlite_cast.committees['services']}/reminders"
    page = (await chair.get(path)).text
    await schedule_for_services(sqlite_cast)
    response = await chair.post(path, form_with(page, path, upcoming="yes", **CHOSEN))
    assert response.status_code == 409
    assert "Also change 2 upcoming events" in response.text
    assert form_with(response.text, path)["leads"] == ["1440"]


async def test_people_who_only_sit_in_a_committee_cannot_set_it_and_for_others_it_is_missing(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    path = f"/committees/{sqlite_cast.committees['services']}/reminders"
    assert (await (await browse(sqlite_cast.harbor_advocate)).get(path)).status_code == 403
    assert (await (await browse(sqlite_cast.fbi_lead)).post(path, {"leads": "120"})).status_code == 404


async def test_a_new_event_begins_with_the_policy_of_its_committee_or_has_its_own(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    services, desk = sqlite_cast.committees["services"], await browse(sqlite_cast.caht_lead)
    await preferences.save_committee_policy(sqlite_cast.caht_lead, services, COMMITTEE_REMINDERS_DAY, NOW)
    page = (await desk.get("/schedule")).text
    assert "Victim Services Committee: Reminders go out 1 day before." in page
    form = {"title": "Case review", "committee": str(services), "visibility": "committee", "save": "send"}
    made = []
    for own in ({}, {"reminders": "own", "leads": ["120"]}):
        fields = form_with((await desk.get("/schedule")).text, "/events", **form, **own)
        location = (await desk.post("/events", fields)).headers["location"]
        event = await scheduling.event_seen_by(sqlite_cast.caht_lead, UUID(location.rpartition("/")[2]))
        made.append(event.reminders)
    assert made == [COMMITTEE_REMINDERS_DAY, ReminderPolicy(leads=frozenset({timedelta(hours=2)}))]


async def test_both_forms_show_what_people_get_in_the_same_panel_and_ask_for_it_again(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    desk, panels = await browse(sqlite_cast.coordinator), []
    for form in ("/settings/reminders", f"/committees/{sqlite_cast.committees['services']}/reminders"):
        page = (await desk.get(form)).text
        [panel] = re.findall(r'<div class="tt-panel.*?<p>.*?</p>\s*</div>\s*</div>', page, re.DOTALL)
        assert f'hx-post="{form}/preview"' in panel
        panels.append(panel.replace(form, "FORM"))
    assert len({" ".join(one.split()) for one in panels}) == 1


async def test_a_coordinator_sets_the_reminders_of_the_task_force_and_a_committee_goes_back_to_them(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    desk, chair = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.caht_lead)
    services, steering = (sqlite_cast.committees[one] for one in ("services", "steering"))
    await save_policy(chair, f"/committees/{services}/reminders", **CHOSEN)
    fields = form_with((await desk.get("/settings/reminders")).text, "/settings/reminders", asks_after=["7200"])
    words = "We follow up 5 days after the invitation with people who haven’t replied."
    assert words in (await desk.post("/settings/reminders/preview", fields)).text
    assert (await desk.post("/settings/reminders", fields)).headers["location"] == "/settings/notifications"
    assert words in (await desk.get(f"/committees/{steering}")).text
    assert words not in (await desk.get(f"/committees/{services}")).text
    assert words in (await desk.get("/schedule")).text
    await save_policy(chair, f"/committees/{services}/reminders", reminders="usual")
    assert words in (await desk.get(f"/committees/{services}")).text
    assert (await chair.get("/settings/reminders")).status_code == 403
    assert (await chair.post("/settings/reminders", fields)).status_code == 403
    assert (await chair.post("/settings/reminders/preview", fields)).status_code == 403
