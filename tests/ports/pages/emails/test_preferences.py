"""The pages on which members choose their emails, and chairs the reminders of their committee."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import NOW, SECRET, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.mail.making import letter, message, parts, read
from tests.ports.mail.sending import LINKS, composer
from tests.ports.pages.forms import typed
from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import StopDigestPage
from tracker.rules.emails.preferences import Preferences
from tracker.usecases.emails import preferences
from tracker.usecases.events.scheduling import schedule_event

PATH = "/settings/notifications"
DAY, HOURS = timedelta(days=1), timedelta(hours=2)


async def send(browser: Browser, path: str = PATH, **changes: Any) -> Any:
    page = (await browser.get(path)).text
    return await browser.post(path, typed(page, path, **changes))


async def test_the_form_as_it_comes_changes_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    response = await send(await browse(sqlite_cast.fbi_lead))
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
    await send(browser, **choices)
    kept = Preferences(
        item_reminders=False,
        leads=frozenset({DAY, HOURS}),
        quiet=(time(22), time(6, 30)),
        has_quiet_weekends=True,
        is_discreet=True,
    )
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == kept
    await send(browser)
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
    response = await send(await browse(sqlite_cast.fbi_lead), is_discreet="yes", **changes)
    assert response.status_code == 422
    assert response.text.count(sentence) == 2
    assert ("or check weekends" in response.text) == ("or check weekends" in sentence)
    assert typed(response.text, PATH)["is_discreet"] == ["yes"]
    assert await preferences.preferences_of(sqlite_cast.fbi_lead) == Preferences()


async def test_a_coordinator_sets_the_quiet_hours_of_people_who_chose_none(sqlite_cast: Cast, browse: SignIn) -> None:
    desk, reader = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    refused = await send(desk, "/settings/quiet-hours", quiet_from="21:00")
    assert (refused.status_code, refused.text.count("Enter when quiet hours end.")) == (422, 2)
    await send(desk, "/settings/quiet-hours", quiet_from="21:00", quiet_until="06:00")
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
    await send(browser, date_reminders=[])
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


async def test_it_stops_nobody_else_s_and_a_made_up_link_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    await stranger.post(path(sqlite_cast.caht_lead))
    other = Links(keys.named("links")).item(reader.member_id, reader.member_id)
    for odd in ("/n/nothing", f"/n/{other}", path(reader)[:-1]):
        assert (await stranger.post(odd)).status_code == 404
        assert (await stranger.get(odd)).status_code == 404
    assert await is_on(reader)


def test_the_mail_says_to_programs_how_to_stop_it_and_no_other_mail_does() -> None:
    member_id = uuid4()
    mail = composer().mail(letter(stop=StopDigestPage(member_id=member_id)), message())
    url = f"https://tracker.example/n/{LINKS.digest(member_id)}"
    assert read(mail.content)["List-Unsubscribe"] == f"<{url}>"
    assert read(mail.content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(url in part.get_content() for kind, part in parts(mail.content).items() if kind.startswith("text/"))
    assert read(composer().mail(letter(), message()).content)["List-Unsubscribe"] is None
