"""The pages of who is who, as members and as those who keep the roster see them."""

from uuid import uuid4

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


@pytest.mark.parametrize("path", ["/people", "/agencies", "/committees"])
async def test_a_stranger_is_led_to_sign_in(browse: SignIn, path: str) -> None:
    reply = await (await browse(None)).get(path)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_the_list_counts_only_whom_the_viewer_may_know(cast: Cast, browse: SignIn) -> None:
    assert "9 agencies, 14 people" in (await (await browse(cast.coordinator)).get("/people")).text
    page = (await (await browse(cast.bridge_advocate)).get("/people")).text
    assert "3 agencies, 3 people you share an agency, committee, or event with" in page
    assert "Kcpd detective" not in page


async def test_people_are_found_by_name_title_address_and_agency(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    for words in ("detective", "kcpd_detective@", "kcpd"):
        page = (await browser.get(f"/people?q={words}")).text
        assert "Kcpd detective" in page
        assert "Harbor advocate" not in page


async def test_a_search_without_a_find_says_so_and_leads_back(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.coordinator)).get("/people?q=<b>nobody")).text
    assert "No results for “&lt;b&gt;nobody”" in page


async def test_what_is_hidden_reads_like_what_is_not_there(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.bridge_advocate)
    hidden = (
        f"/people/{cast.fbi_lead.member_id}",
        f"/agencies/{cast.agencies['FBI']}",
        f"/committees/{cast.committees['steering']}",
    )
    for address in hidden:
        missing = await browser.get(f"{address.rpartition('/')[0]}/{uuid4()}")
        reply = await browser.get(address)
        assert (reply.status_code, reply.content) == (404, missing.content)


async def test_a_member_reads_how_to_reach_somebody_and_nothing_of_their_account(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(f"/people/{cast.caht_lead.member_id}")).text
    assert "caht_lead@caht.example" in page
    assert "Last sign-in" not in page
    assert "Not signed in yet" not in page


async def test_a_keeper_reads_who_has_not_signed_in_yet(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    page = (await browser.get(f"/people/{cast.caht_lead.member_id}")).text
    assert "Not signed in yet" in page
    own = (await browser.get(f"/people/{cast.administrator.member_id}")).text
    assert "Just now" in own


async def test_an_agency_shows_people_seats_items_and_events_as_far_as_the_viewer_sees_them(
    cast: Cast, browse: SignIn
) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(f"/agencies/{cast.agencies['CAHT']}")).text
    assert "Victim Services Committee (chair, primary)" in page
    assert "No open items that you can see." in page
    assert "No events in the next 3 weeks." in page


async def test_a_committee_shows_a_vacant_seat(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.coordinator)).get(f"/committees/{cast.committees['steering']}")).text
    assert "8 seats" in page
    assert "Vacant" not in page


async def test_names_are_shown_as_text(cast: Cast, browse: SignIn) -> None:
    assert "Agencies &amp; people" in (await (await browse(cast.auditor)).get("/people")).text


async def test_that_someone_never_signed_in_is_said_once_and_quietly(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.administrator)).get("/people?q=caht_lead@")).text
    [row] = [row for row in page.split("<tr") if "Caht lead" in row]
    assert row.count("Not signed in yet") == 1
    assert [words for words in ("Not set up", "Never", "None", "tt-tag--warn") if words in row] == []
