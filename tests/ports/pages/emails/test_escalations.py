"""The form for the escalation of a committee's action items."""

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed


async def test_the_days_of_a_committee_are_set_and_its_page_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    page, browser = f"/committees/{sqlite_cast.committees['steering']}", await browse(sqlite_cast.coordinator)
    assert (
        "escalate to the owner’s agency after 4 days and the coordinators after 8 days."
        in (await browser.get(page)).text
    )
    address = f"{page}/escalation"
    wrong = await browser.post(address, typed((await browser.get(address)).text, address, agency="soon"))
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    mixed = await browser.post(address, typed(wrong.text, address, agency="6", coordinator="3"))
    assert (mixed.status_code, 'value="6"' in mixed.text, 'value="3"' in mixed.text) == (422, True, True)
    assert "Enter 6 or more, or 0 for never" in mixed.text
    saved = await browser.post(address, typed(wrong.text, address, agency="2", coordinator="0"))
    assert (saved.status_code, saved.headers["location"]) == (303, page)
    assert "escalate to the owner’s agency after 2 days." in (await browser.get(page)).text
