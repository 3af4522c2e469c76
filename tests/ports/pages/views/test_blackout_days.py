"""Blackout days on the page of an agency."""

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed


async def test_a_lead_names_blackout_days_and_removes_them(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    days = f"{page}/blackout-days"
    lead = await browse(sqlite_cast.fbi_lead)
    form = typed((await lead.get(page)).text, days, first="2027-01-11", last="2027-01-15", reason="Range week")
    assert (await lead.post(days, form)).status_code == 303
    shown = (await lead.get(page)).text
    assert "Mon, Jan 11 \N{EN DASH} Fri, Jan 15" in shown
    assert "Range week" in shown
    removal = shown.partition(f'action="{days}/')[2].partition('"')[0]
    await lead.post(f"{days}/{removal}", typed(shown, f"{days}/{removal}"))
    assert "No blackout days." in (await lead.get(page)).text


async def test_what_cannot_be_taken_is_said_at_its_field(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    lead = await browse(sqlite_cast.fbi_lead)
    form = typed((await lead.get(page)).text, f"{page}/blackout-days", first="2026-12-01", reason="Range week")
    reply = await lead.post(f"{page}/blackout-days", form)
    assert reply.status_code == 422
    assert 'href="#f-first"' in reply.text
    assert "Choose today or later dates." in reply.text
    assert typed(reply.text, f"{page}/blackout-days")["reason"] == ["Range week"]


async def test_others_of_the_agency_see_the_days_and_no_form(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    other = await browse(sqlite_cast.fbi_alternate)
    shown = (await other.get(page)).text
    assert "Blackout days" in shown
    assert "Add blackout days" not in shown
    assert (await other.post(f"{page}/blackout-days", {"first": "2027-01-11"})).status_code == 403
