"""The pages of a committee's reminder policy: its form, what the committee's page says, and the form of an event."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tracker.rules.core.viewers import Visibility
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.quorum import ReminderPolicy
from tracker.usecases.emails import preferences
from tracker.usecases.events import scheduling
from tracker.usecases.roster.committees import policy_of_committee

STARTS = datetime(2027, 1, 14, 10)  # noqa: DTZ001 - local to the event's zone
DAY = ReminderPolicy(leads=frozenset({timedelta(days=1)}), asks_before=frozenset({timedelta(days=10)}))
CHOSEN = {"reminders": "own", "leads": ["1440"], "asks_before": ["14400"]}
AFTER = {"reminders": "own", "asks_before": [], "asks_after": ["2880", "7200"]}


async def send(browser: Browser, path: str, **changes: Any) -> Any:
    page = (await browser.get(path)).text
    return await browser.post(path, typed(page, path, **changes))


async def scheduled(cast: Cast) -> UUID:
    plan = meeting(cast.caht_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def test_a_chair_sets_the_policy_and_the_committee_says_it(sqlite_cast: Cast, browse: SignIn) -> None:
    services = sqlite_cast.committees["services"]
    chair, member = await browse(sqlite_cast.caht_lead), await browse(sqlite_cast.harbor_advocate)
    path = f"/committees/{services}/reminders"
    assert (await send(chair, path, **CHOSEN)).status_code == 303
    await send(chair, path)  # as it comes, it changes nothing
    assert await policy_of_committee(services) == DAY
    page = (await member.get(f"/committees/{services}")).text
    said = "Reminders go out 1 day before. We follow up 10 days before with people who haven’t replied."
    assert said in page
    assert "Change reminders" not in page
    await send(chair, path, leads=[], asks_before=[])
    assert "No reminders." in (await member.get(f"/committees/{services}")).text


async def test_a_form_says_what_its_choices_mean_before_they_are_saved(sqlite_cast: Cast, browse: SignIn) -> None:
    path = f"/committees/{sqlite_cast.committees['services']}/reminders"
    chair = await browse(sqlite_cast.caht_lead)
    fields = typed((await chair.get(path)).text, path, reminders="own", leads=[], asks_before=["14400", "7200"])
    words = "No reminders. We follow up 10 days and 5 days before with people who haven’t replied."
    assert words in (await chair.post(f"{path}/preview", fields)).text
    assert words not in (await chair.get(path)).text
    words = "We follow up 2 days and 5 days after the invitation with people who haven’t replied."
    assert words in (await chair.post(f"{path}/preview", {**fields, **AFTER})).text
    await send(chair, path, **AFTER)
    assert words in (await chair.get(path)).text


async def test_events_already_scheduled_change_when_that_is_checked_and_undo_puts_both_back(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    services, event_id = sqlite_cast.committees["services"], await scheduled(sqlite_cast)
    chair, path = await browse(sqlite_cast.caht_lead), f"/committees/{services}/reminders"
    assert "Also change 1 upcoming event" in (await chair.get(path)).text
    await send(chair, path, upcoming="yes", **CHOSEN)
    assert (await scheduling.event_seen_by(sqlite_cast.caht_lead, event_id)).reminders == DAY
    page = (await chair.get(f"/committees/{services}")).text
    assert "Reminders saved for new events, and changed for 1 upcoming event." in page
    removal = f"{path}/removal"
    await chair.post(removal, typed(page, removal))
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
    await scheduled(sqlite_cast)
    chair, path = await browse(sqlite_cast.caht_lead), f"/committees/{sqlite_cast.committees['services']}/reminders"
    page = (await chair.get(path)).text
    await scheduled(sqlite_cast)
    response = await chair.post(path, typed(page, path, upcoming="yes", **CHOSEN))
    assert response.status_code == 409
    assert "Also change 2 upcoming events" in response.text
    assert typed(response.text, path)["leads"] == ["1440"]


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
    await preferences.save_committee_policy(sqlite_cast.caht_lead, services, DAY, NOW)
    page = (await desk.get("/schedule")).text
    assert "Victim Services Committee: Reminders go out 1 day before." in page
    about = {"title": "Case review", "committee": str(services), "visibility": "committee", "save": "send"}
    made = []
    for own in ({}, {"reminders": "own", "leads": ["120"]}):
        fields = typed((await desk.get("/schedule")).text, "/events", **about, **own)
        location = (await desk.post("/events", fields)).headers["location"]
        event = await scheduling.event_seen_by(sqlite_cast.caht_lead, UUID(location.rpartition("/")[2]))
        made.append(event.reminders)
    assert made == [DAY, ReminderPolicy(leads=frozenset({timedelta(hours=2)}))]


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
    await send(chair, f"/committees/{services}/reminders", **CHOSEN)
    fields = typed((await desk.get("/settings/reminders")).text, "/settings/reminders", asks_after=["7200"])
    words = "We follow up 5 days after the invitation with people who haven’t replied."
    assert words in (await desk.post("/settings/reminders/preview", fields)).text
    assert (await desk.post("/settings/reminders", fields)).headers["location"] == "/settings/notifications"
    assert words in (await desk.get(f"/committees/{steering}")).text
    assert words not in (await desk.get(f"/committees/{services}")).text
    assert words in (await desk.get("/schedule")).text
    await send(chair, f"/committees/{services}/reminders", reminders="usual")
    assert words in (await desk.get(f"/committees/{services}")).text
    assert (await chair.get("/settings/reminders")).status_code == 403
    assert (await chair.post("/settings/reminders", fields)).status_code == 403
    assert (await chair.post("/settings/reminders/preview", fields)).status_code == 403
