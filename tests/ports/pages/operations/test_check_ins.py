"""The check-in page: one tap per person with scripts or without, walk-ins, undo, and corrected times."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import let_in, planned, under_way
from tracker import clock
from tracker.rules.core.viewers import Viewer

FIVE = datetime(2027, 1, 16, 11, tzinfo=UTC)
HTMX = {"headers": {"HX-Request": "true"}}


class List(Struct, frozen=True):
    """The check-in list of an operation in one person's browser."""

    browser: Browser
    at: str

    async def text(self, tail: str = "") -> str:
        return " ".join((await self.browser.get(self.at + tail)).text.split())

    async def tap(self, person: Viewer, status: str, was: str = "expected", **kwargs: Any) -> httpx.Response:
        form = {"person": str(person.member_id), "status": status, "was": was, "tap": f"{status}-{was}"}
        return await self.browser.post(f"{self.at}/taps", form, **kwargs)


@pytest.fixture
async def event_id(sqlite_cast: Cast) -> UUID:
    cast = sqlite_cast
    event_id = await planned(cast.fbi_lead, cast.fbi_alternate, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    return event_id


async def list_of(browse: SignIn, viewer: Viewer, event_id: UUID) -> List:
    clock.start_at(FIVE, stands_still=True)
    return List(await browse(viewer), f"/events/{event_id}/2027-01-16/plan/check-in")


async def test_a_tap_without_scripts_leads_back_with_an_undo(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    response = await found.tap(sqlite_cast.hsi_liaison, "in")
    assert response.status_code == 303
    assert response.headers["location"].endswith(f"#p-{sqlite_cast.hsi_liaison.member_id}")
    page = " ".join((await found.browser.get(response.headers["location"])).text.split())
    assert "Hsi liaison (HSI): checked in at 5:00 AM." in page
    row = page.partition('name="row" value="')[2].partition('"')[0]
    await found.browser.post(f"{found.at}/undo", {"row": row})
    assert '<b class="nums">0</b> here now' in await found.text()


async def test_a_tap_with_scripts_answers_with_the_line_and_the_counts(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    response = await found.tap(sqlite_cast.hsi_liaison, "in", **HTMX)
    text = " ".join(response.text.split())
    assert f'<li id="p-{sqlite_cast.hsi_liaison.member_id}">' in text
    assert "In 5:00 AM" in text
    assert "1</b> here now" in text
    assert "<h1>" not in text


async def test_each_agency_is_counted(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    for one in (sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate):
        await found.tap(one, "in")
    await found.tap(sqlite_cast.fbi_lead, "out", "in")
    assert f'id="n-{sqlite_cast.agencies["FBI"]}">1 here, 1 out<' in await found.text()
    assert "1</b> here now" in await found.text("/count")


async def test_people_have_buttons_for_those_whom_they_may_check_in(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    lead = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    assert (await lead.text()).count('name="person"') == 4
    liaison = await list_of(browse, sqlite_cast.hsi_liaison, event_id)
    assert (await liaison.text()).count('name="person"') == 1
    assert (await liaison.tap(sqlite_cast.fbi_lead, "in")).status_code == 403


async def test_victim_services_on_the_operation_find_neither_the_page_nor_its_link(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    found = await list_of(browse, sqlite_cast.caht_lead, event_id)
    assert (await found.browser.get(found.at)).status_code == 404
    plan = await found.browser.get(found.at.removesuffix("/check-in"))
    assert (plan.status_code, "check-in" in plan.text.lower()) == (200, False)


async def test_a_walk_in_without_a_name_is_refused_with_what_was_typed(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    refused = await found.browser.post(f"{found.at}/walk-ins", {"name": "", "agency": "other", "contact": "Channel 2"})
    assert (refused.status_code, "Enter the name of the person who came." in refused.text) == (422, True)
    assert 'value="Channel 2"' in refused.text
    form = {"name": "Trooper", "agency": "other", "agency_name": "MSHP", "contact": "Channel 2"}
    assert (await found.browser.post(f"{found.at}/walk-ins", form)).status_code == 303
    assert "Trooper" in await found.text()


async def test_times_are_corrected_on_the_clock_of_the_operation(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    clock.start_at(FIVE + timedelta(minutes=20), stands_still=True)
    await found.tap(sqlite_cast.hsi_liaison, "in")
    person = f"/people/{sqlite_cast.hsi_liaison.member_id}"
    page = await found.text(person)
    assert 'value="2027-01-16T05:20"' in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    wrong = {"time_in": "2027-01-16T05:50", "time_out": "noon", "seen": seen}
    refused = await found.browser.post(found.at + person, wrong)
    assert (refused.status_code, "Enter the day and time, like 2027-05-15 05:00." in refused.text) == (422, True)
    odd = await found.browser.post(found.at + person, wrong | {"time_in": "2017-01-16T05:50", "time_out": ""})
    assert (odd.status_code, "more than 30 days ago. Check the date." in odd.text) == (422, True)
    form = {"time_in": "2027-01-16 05:10", "time_out": "", "assignment": "Perimeter", "seen": seen}
    assert (await found.browser.post(found.at + person, form)).status_code == 303
    assert "In 5:10 AM" in await found.text()
    stale = await found.browser.post(found.at + person, form | {"assignment": "Entry"})
    assert (stale.status_code, "Someone changed this since you opened it." in stale.text) == (422, True)
    assert 'value="Entry"' in stale.text


async def test_the_page_says_what_the_last_check_out_after_a_release_does(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    cast = sqlite_cast
    await under_way(cast, event_id)
    found = await list_of(browse, cast.fbi_lead, event_id)
    await found.tap(cast.hsi_liaison, "in")
    assert "When the last person checks out, the operation is marked released." in await found.text()
    refused = await found.browser.post(f"{found.at}/release", {"minutes": "soon"})
    assert (refused.status_code, 'value="soon"' in refused.text) == (422, True)
    assert (await found.browser.post(f"{found.at}/release", {"minutes": "30"})).status_code == 303
    page = await found.text()
    assert "Release ordered at 5:00 AM" in page
    assert "If someone hasn’t checked out by 5:30 AM, Fbi lead gets an email." in page
    assert "Not checked out: Hsi liaison (HSI)." in page
    response = await found.tap(cast.hsi_liaison, "out", "in", **HTMX)
    assert "Everyone is out, and the operation is released." in " ".join(response.text.split())
    assert 'id="roll" hx-swap-oob' in response.text
    plan = await found.browser.get(found.at.removesuffix("/check-in"))
    assert "<b>Released</b>" in plan.text


async def test_the_lead_can_take_a_release_back(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    await under_way(sqlite_cast, event_id)
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    await found.tap(sqlite_cast.hsi_liaison, "in")
    await found.browser.post(f"{found.at}/release", {"minutes": "30"})
    assert (await found.browser.post(f"{found.at}/release/removal")).status_code == 303
    assert "Release ordered at" not in await found.text()


@pytest.mark.parametrize("odd", [{"status": "away"}, {"was": "lost"}, {"tap": ""}, {"person": "someone"}])
async def test_what_no_page_sends_is_refused(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID, odd: dict[str, str]
) -> None:
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    form = {"person": str(sqlite_cast.hsi_liaison.member_id), "status": "in", "was": "expected", "tap": "1"}
    assert (await found.browser.post(f"{found.at}/taps", form | odd)).status_code == 422


async def test_when_the_time_to_check_out_is_over_the_page_names_who_is_in_and_promises_no_email(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    await under_way(sqlite_cast, event_id)
    found = await list_of(browse, sqlite_cast.fbi_lead, event_id)
    await found.tap(sqlite_cast.hsi_liaison, "in")
    await found.browser.post(f"{found.at}/release", {"minutes": "5"})
    clock.start_at(FIVE + timedelta(minutes=5), stands_still=True)
    page = await found.text()
    assert "Not checked out: Hsi liaison (HSI). Check them out when they’re accounted for." in page
    assert "gets an email" not in page
