"""The page where someone is seen out."""

import re
from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tests.usecases.roster.forms import column
from tracker import clock
from tracker.rules.core.viewers import Visibility
from tracker.usecases.events import scheduling


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


def page_of(cast: Cast, name: str) -> str:
    return f"/people/{cast.members[name].member_id}/offboarding"


async def test_it_lists_what_moves_and_asks_who_takes_over(cast: Cast, browse: SignIn) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.coordinator), NOW)
    browser = await browse(cast.coordinator)
    page = (await browser.get(page_of(cast, "fbi_lead"))).text
    assert "Operation Bluestem" in page
    assert "Steering Committee" in page
    reply = await browser.post(page_of(cast, "fbi_lead"), typed(page, page_of(cast, "fbi_lead")))
    assert reply.status_code == 422
    assert "so everything has an owner" in reply.text


async def test_an_operation_that_the_keeper_may_not_see_is_not_on_the_page(cast: Cast, browse: SignIn) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    for manager in (cast.coordinator, cast.administrator):
        page = (await (await browse(manager)).get(page_of(cast, "fbi_lead"))).text
        assert "Bluestem" not in page
        assert "No upcoming events that you can see." in page


async def test_no_one_is_removed_before_the_button_says_so(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    theirs = page_of(cast, "fbi_lead")
    first = (await browser.get(theirs)).text
    assert "Remove Fbi lead</button>" not in " ".join(first.split()).replace("> ", ">").replace(" <", "<")
    last = await browser.post(theirs, typed(first, theirs, successor_words="fbi alternate"))
    assert last.status_code == 200
    assert "None of the invitations you can see will pass to someone else." in " ".join(last.text.split())
    assert await column(cast.fbi_lead.member_id, "status") == "active"
    reply = await browser.post(theirs, typed(last.text, theirs))
    assert reply.headers["location"] == f"/people/{cast.fbi_lead.member_id}"
    page = (await browser.get(reply.headers["location"])).text
    assert "Their work was reassigned and all access ended." in page
    assert "Add back" in page
    assert "Fbi lead" not in (await browser.get("/people")).text
    assert "Fbi lead" in (await browser.get("/people?left=1")).text


async def test_the_seat_of_who_is_suspended_returns_until_they_are_seen_out(cast: Cast, browse: SignIn) -> None:
    browser, theirs = await browse(cast.coordinator), page_of(cast, "fbi_lead")
    address = theirs.removesuffix("/offboarding")
    await browser.post(f"{address}/suspension", {"why": "Long leave"})
    assert "Removing them also ends a seat or chair that they held before." in (await browser.get(theirs)).text
    await browser.post(f"{address}/restoration")
    assert "Steering Committee" in (await browser.get(address)).text
    await browser.post(f"{address}/suspension", {"why": "Gone"})
    await browser.post(theirs, {"successor": str(cast.coordinator.member_id), "reviewed": "yes"})
    await browser.post(f"{address}/restoration")
    assert "No committee seats." in (await browser.get(address)).text


async def test_who_left_can_be_let_back_in_as_a_member_without_roles(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.coordinator)
    theirs = page_of(cast, "fbi_lead")
    await browser.post(theirs, {"successor": str(cast.fbi_alternate.member_id), "reviewed": "yes"})
    address = theirs.removesuffix("/offboarding")
    assert (await browser.post(f"{address}/restoration")).status_code == 303
    assert await column(cast.fbi_lead.member_id, "status") == "active"
    assert "<span>Member</span>" in (await browser.get(address)).text


async def test_a_successor_is_found_by_words_among_colleagues_and_coordinators(cast: Cast, browse: SignIn) -> None:
    browser, theirs = await browse(cast.administrator), page_of(cast, "fbi_lead")
    found = f"/people/found?candidates=successors&subject={cast.fbi_lead.member_id}&place=f-who&name=who&who_words="
    assert re.findall(r'data-words="([^"]+)"', (await browser.get(f"{found}example")).text) == [
        "Coordinator (USAO)",
        "Fbi alternate (FBI)",
    ]
    refused = await browser.post(theirs, {"successor": "", "successor_words": "kcpd"})
    assert refused.status_code == 422
    assert "No one matches “kcpd”." in refused.text
    review = await browser.post(theirs, {"successor": "", "successor_words": "fbi alt"})
    assert 'value="Fbi alternate (FBI)"' in review.text
    assert (await (await browse(cast.fbi_alternate)).get(f"{found}example")).status_code == 403


async def test_a_fresh_proof_is_asked_first(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.coordinator)
    clock.start_at(NOW + timedelta(minutes=15), stands_still=True)
    theirs = page_of(cast, "fbi_lead")
    for reply in (await browser.get(theirs), await browser.post(theirs, {"successor": ""})):
        assert (reply.status_code, reply.headers["location"]) == (303, f"/sign-in/again?next={theirs}")


async def test_others_are_refused(cast: Cast, browse: SignIn) -> None:
    assert (await (await browse(cast.fbi_lead)).get(page_of(cast, "fbi_alternate"))).status_code == 403


async def test_the_dates_and_emails_are_reviewed_before_anyone_is_removed(cast: Cast, browse: SignIn) -> None:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **about), NOW)
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    browser, theirs = await browse(cast.coordinator), page_of(cast, "fbi_lead")
    first = (await browser.get(theirs)).text
    assert "Monthly task force meeting" in first
    review = await browser.post(theirs, typed(first, theirs, successor_words="fbi alternate"))
    assert review.status_code == 200
    assert "Fbi alternate is invited. Fbi lead is removed from the list." in review.text
    assert "1 email will go to 1 person." in review.text
    assert "Fbi lead is removed from these lists, and no one is added:" in review.text
    assert await column(cast.fbi_lead.member_id, "status") == "active"
    done = await browser.post(theirs, typed(review.text, theirs))
    assert (
        "1 invitee list also changed. 1 email will go to 1 person."
        in (await browser.get(done.headers["location"])).text
    )


async def test_another_successor_is_reviewed_again(cast: Cast, browse: SignIn) -> None:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.hsi_liaison, **about), NOW)
    browser, theirs = await browse(cast.coordinator), page_of(cast, "hsi_liaison")
    first = (await browser.get(theirs)).text
    review = await browser.post(theirs, typed(first, theirs, successor_words="Coordinator"))
    assert "Hsi liaison is removed from the list." in review.text
    assert "No one will get an email." in review.text
