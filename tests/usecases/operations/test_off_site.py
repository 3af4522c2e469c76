"""Confidential sites: their agency has the address, the lead of an operation a public name, and no one a pin."""

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import A, planned
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.roster.confidential_sites import ConfidentialSiteFacts
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.visible.roster.confidential_sites import public_sites
from tracker.usecases.operations import officer, readiness
from tracker.usecases.operations.states import operation_for
from tracker.usecases.roster import confidential_sites

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
SHELTER = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
OTHERS = ("coordinator", "fbi_lead", "caht_lead", "bridge_advocate", "administrator", "auditor")


async def test_only_people_of_its_agency_read_the_address_whatever_role_others_hold(two: Cast) -> None:
    site_id = await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    [own] = await confidential_sites.own_sites_of(two.harbor_advocate)
    assert own.facts == SHELTER
    for name in OTHERS:
        assert await confidential_sites.own_sites_of(two.members[name]) == []
        with pytest.raises(NotFound):
            await confidential_sites.own_site_for(two.members[name], site_id)
        with pytest.raises(NotFound):
            await confidential_sites.change_confidential_site(two.members[name], site_id, SHELTER, 1, NOW)
        [public] = await public_sites(two.members[name])
        assert "Elm" not in repr(public)


async def test_the_plan_of_another_agency_has_its_public_name_and_no_pin(two: Cast) -> None:
    site_id = await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    before = await operation_for(two.fbi_lead, event_id)
    await readiness.add_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert [(one.name, one.agency) for one in view.off_site] == [("Partner location 2", "Harbor House")]
    assert (view.own_addresses, view.places) == ({}, [])
    assert (view.operation.sites, view.operation.version) == (before.sites, before.version + 1)
    await readiness.remove_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    assert (await readiness.readiness_view(two.fbi_lead, event_id, KEY)).off_site == []


async def test_two_operations_with_one_confidential_site_are_not_compared_by_it(two: Cast) -> None:
    site_id = await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(A[0] - 2, A[1]))
    await readiness.add_off_site_place(two.fbi_lead, bluestem, site_id, NOW)
    await readiness.add_off_site_place(two.kcpd_alternate, larkspur, site_id, NOW)
    assert await officer.open_conflicts(two.coordinator, NOW) == []


async def test_a_place_that_is_closed_is_no_longer_offered_and_stays_where_it_is(two: Cast) -> None:
    site_id = await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    await readiness.add_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    closed = ConfidentialSiteFacts(name="Partner location 3", address="12 Elm St", directions="", is_open=False)
    await confidential_sites.change_confidential_site(two.harbor_advocate, site_id, closed, 1, NOW)
    assert await public_sites(two.fbi_lead) == []
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert [one.name for one in view.off_site] == ["Partner location 3"]
    with pytest.raises(Conflict):
        await confidential_sites.change_confidential_site(two.harbor_advocate, site_id, SHELTER, 1, NOW)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (ConfidentialSiteFacts(name="", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="House at 12 elm st", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="Partner location 3", address="", directions=""), "address"),
    ],
)
async def test_a_public_name_is_needed_once_and_without_the_address(
    two: Cast, facts: ConfidentialSiteFacts, field: str
) -> None:
    await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    with pytest.raises(Invalid) as refused:
        await confidential_sites.add_confidential_site(two.caht_lead, facts, NOW)
    assert set(refused.value.fields) == {field}


async def test_the_audit_log_has_neither_address_nor_directions(two: Cast) -> None:
    site_id = await confidential_sites.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    moved = ConfidentialSiteFacts(name="Partner location 2", address="9 Oak St", directions="In the back")
    await confidential_sites.change_confidential_site(two.harbor_advocate, site_id, moved, 1, NOW)
    facts = await AuditEntry.select(AuditEntry.facts).output(as_list=True)
    assert [one for one in facts if "Elm" in one or "Oak" in one or "Partner" in one or "back" in one] == []
