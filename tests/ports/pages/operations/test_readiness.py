"""The page of a service-readiness notice: what is typed is kept, and nothing is offered that is refused."""

from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import over, planned
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.roster.sites import ConfidentialSiteFacts
from tracker.usecases.operations import readiness
from tracker.usecases.roster import agencies

KEY = "2027-01-16"
TYPED = {
    "starts": "2027-01-15",
    "starts_at": "20:00",
    "ends": "2027-01-17",
    "ends_at": "02:00",
    "fewest": "3",
    "most": "6",
    "minors": "unknown",
    "needs": "Beds for one night",
    "contact": "Duty desk, 816-555-0100",
}


@pytest.fixture
async def bluestem(sqlite_cast: Cast) -> UUID:
    return await planned(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison)


def at(event_id: UUID) -> str:
    return f"/events/{event_id}/{KEY}/plan/readiness"


def typed(cast: Cast) -> dict[str, str]:
    return TYPED | {"recipient": str(cast.caht_lead.member_id)}


async def test_a_refused_notice_is_shown_again_with_what_was_typed(
    sqlite_cast: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    refused = await lead.post(at(bluestem), typed(sqlite_cast) | {"ends": "2027-01-15", "ends_at": "21:00"})
    assert (refused.status_code, "Make the window at least 4 hours long." in refused.text) == (422, True)
    assert "Beds for one night</textarea>" in refused.text
    assert (await lead.post(at(bluestem), typed(sqlite_cast))).status_code == 303


async def test_recipients_are_found_by_words_one_after_another(
    sqlite_cast: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    several = await lead.post(at(bluestem), typed(sqlite_cast) | {"more": "", "more_words": "caht"})
    assert (several.status_code, "More than one person matches." in several.text) == (422, True)
    assert f'value="{sqlite_cast.caht_lead.member_id}" checked' in several.text
    assert 'value="caht"' in several.text
    refused = await lead.post(at(bluestem), typed(sqlite_cast) | {"more_words": "harbor advocate", "ends": "soon"})
    assert f'value="{sqlite_cast.harbor_advocate.member_id}" checked' in refused.text
    await lead.post(at(bluestem), typed(sqlite_cast) | {"more_words": "harbor advocate"})
    view = await readiness.readiness_view(sqlite_cast.fbi_lead, bluestem, KEY)
    assert view.current
    assert {one.name for one in view.current.recipients} == {"Caht lead", "Harbor advocate"}


async def test_a_text_stays_readable_when_another_person_has_scheduled_the_draft_meanwhile(
    sqlite_cast: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    await lead.post(at(bluestem), typed(sqlite_cast))
    view = await readiness.readiness_view(sqlite_cast.fbi_lead, bluestem, KEY)
    assert view.current
    await readiness.change_notice_state(sqlite_cast.fbi_lead, bluestem, view.current.id, NoticeState.SCHEDULED, NOW)
    refused = await lead.post(at(bluestem), typed(sqlite_cast) | {"needs": "A female interpreter"})
    assert (refused.status_code, "This operation has a notice already." in refused.text) == (422, True)
    assert "A female interpreter</textarea>" in refused.text


async def test_nothing_is_offered_that_an_operation_refuses_once_it_is_over(
    sqlite_cast: Cast, bluestem: UUID, browse: SignIn
) -> None:
    facts = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
    await agencies.add_confidential_site(sqlite_cast.harbor_advocate, facts, NOW)
    lead = await browse(sqlite_cast.fbi_lead)
    before = (await lead.get(at(bluestem))).text
    assert ("Write a notice" in before, "Add place" in before) == (True, True)
    [place] = (await readiness.readiness_view(sqlite_cast.fbi_lead, bluestem, KEY)).places
    await readiness.add_off_site_place(sqlite_cast.fbi_lead, bluestem, place.id, NOW)
    await over(sqlite_cast.fbi_lead, bluestem)
    after = (await lead.get(at(bluestem))).text
    assert [one for one in ("Write a notice", "Add place", "/removal", "can write one") if one in after] == []
    assert "There is no notice." in after
    assert (await lead.post(at(bluestem), typed(sqlite_cast))).status_code == 422


async def test_other_people_of_the_operation_cannot_write_a_notice(
    sqlite_cast: Cast, bluestem: UUID, browse: SignIn
) -> None:
    other = await browse(sqlite_cast.hsi_liaison)
    assert "Write a notice" not in (await other.get(at(bluestem))).text
    assert (await other.post(at(bluestem), typed(sqlite_cast))).status_code == 403
