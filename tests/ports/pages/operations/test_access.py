"""The page of the need-to-know list: the lead adds a person, a second person approves, and the lead removes."""

import re
from uuid import UUID

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import planned

APPROVAL = re.compile(r'action="(/events/[^"]+/approval)"')


async def bluestem(two: Cast) -> UUID:
    return await planned(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)


def at(event_id: UUID) -> str:
    return f"/events/{event_id}/2027-01-16/plan/access"


async def asked(desk: Browser, two: Cast, event_id: UUID) -> str:
    """Ask for access of the lead of victim services, and return what the page says then."""
    form = {"person": str(two.caht_lead.member_id), "reason": "She arranges the interpreters."}
    return (await desk.get(str((await desk.post(at(event_id), form)).headers["location"]))).text


async def test_the_page_shows_since_when_and_through_whom_each_person_sees_it(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    desk = await browse(two.fbi_lead)
    await desk.post(at(event_id), {"person": str(two.ipd_liaison.member_id), "reason": "Perimeter on the south side."})
    page = (await desk.get(at(event_id))).text
    for words in ("Ipd liaison (IPD)", "Perimeter on the south side.", "Leads the operation"):
        assert words in page


async def test_a_request_waits_and_a_second_person_approves_it(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    page = await asked(await browse(two.fbi_lead), two, event_id)
    assert "They see nothing, and get no email, until a second person" in page
    assert "No one on the operation can approve it yet." not in page
    assert not APPROVAL.search(page)
    advocate = await browse(two.caht_lead)
    assert (await advocate.get(at(event_id))).status_code == 404
    second = await browse(two.hsi_liaison)
    button = APPROVAL.search((await second.get(at(event_id))).text)
    assert button
    await second.post(button[1], {})
    assert (await advocate.get(at(event_id))).status_code == 200


async def test_a_request_that_no_one_on_the_operation_can_approve_says_so(two: Cast, browse: SignIn) -> None:
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    desk = await browse(two.fbi_lead)
    await desk.post(f"{at(event_id)}/people/{two.hsi_liaison.member_id}/removal", {})
    page = await asked(desk, two, event_id)
    assert "No one on the operation can approve it yet." in page


async def test_victim_services_without_a_reason_is_refused_at_the_field(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    desk = await browse(two.fbi_lead)
    refused = await desk.post(at(event_id), {"person": str(two.caht_lead.member_id), "reason": ""})
    assert refused.status_code == 422
    assert "Say why this person needs to know." in refused.text
    assert 'value="Caht lead (CAHT)"' in refused.text


async def test_a_removed_person_gets_not_found_with_the_next_request(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    gone = await browse(two.kcpd_detective)
    assert (await gone.get(at(event_id))).status_code == 200
    desk = await browse(two.fbi_lead)
    await desk.post(f"{at(event_id)}/people/{two.kcpd_detective.member_id}/removal", {})
    assert (await gone.get(at(event_id))).status_code == 404


async def test_someone_who_does_not_lead_it_sees_only_their_own_access(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    page = (await (await browse(two.hsi_liaison)).get(at(event_id))).text
    assert "Your access" in page
    assert "Kcpd detective" not in page
