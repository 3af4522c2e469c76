"""Numbered copies of a brief, against both databases."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.operations.world import BASICS, B, let_in, planned
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Decision
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import access, deconfliction, orders, plans
from tracker.usecases.operations.orders import PrintedCopy
from tracker.usecases.operations.plans import whole_plan

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


async def test_copies_are_numbered_one_after_the_other_for_each_date(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    for one in (cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_detective):
        await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, one.member_id, NOW)
    found = await orders.brief_with_copies(cast.fbi_lead, event_id, KEY)
    assert [(one.number, one.issued_to) for one in found.copies] == [
        (1, "Kcpd detective (KCPD)"),
        (2, "Hsi liaison (HSI)"),
        (3, "Kcpd detective (KCPD)"),
    ]
    shown = await orders.printed_copy(cast.fbi_lead, event_id, KEY, 2, NOW)
    assert (shown.copy.issued_by, shown.copy.version) == ("Fbi lead (FBI)", None)
    with pytest.raises(NotFound):
        await orders.printed_copy(cast.fbi_lead, event_id, KEY, 4, NOW)


async def test_nobody_issues_a_copy_to_somebody_else_or_without_the_right(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(Invalid):
        await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, cast.caht_lead.member_id, NOW)
    with pytest.raises(NotAllowed):
        await orders.issue_brief_copy(cast.kcpd_detective, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(NotFound):
        await orders.issue_brief_copy(cast.coordinator, event_id, KEY, cast.kcpd_detective.member_id, NOW)


async def test_only_an_operation_has_a_brief(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    with pytest.raises(NotFound):
        await orders.brief_with_copies(cast.coordinator, event_id, "2027-01-12")


async def test_the_copy_of_someone_who_was_taken_off_the_operation_is_not_printed_again(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    await access.take_off_operation(cast.fbi_lead, event_id, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(Conflict, match=r"Kcpd detective \(KCPD\) is no longer on the operation\."):
        await orders.printed_copy(cast.fbi_lead, event_id, KEY, 1, NOW)
    assert [one.number for one in (await orders.brief_with_copies(cast.fbi_lead, event_id, KEY)).copies] == [1]


async def issued(by: Viewer, event_id: UUID, holder: Viewer) -> PrintedCopy:
    """Issue a copy to one person, and return what is on it."""
    number = await orders.issue_brief_copy(by, event_id, KEY, holder.member_id, NOW)
    return await orders.printed_copy(by, event_id, KEY, number, NOW)


async def test_a_copy_has_agreements_only_for_those_who_may_know_and_numbers_only_for_law_enforcement(
    two: Cast,
) -> None:
    lead = two.fbi_lead
    bluestem = await planned(lead, two.fbi_alternate, two.hsi_liaison)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await plans.change_plan_basics(lead, bluestem, replace(BASICS, supervisor_id=two.fbi_alternate.member_id), NOW)
    [hit] = (await whole_plan(lead, bluestem, NOW)).view.hits
    for one, event_id, reason in ((lead, bluestem, "Channel 2."), (two.kcpd_alternate, larkspur, "By phone.")):
        await deconfliction.decide_conflict(one, event_id, hit.id, Decision.PROCEED, reason, NOW)
    await let_in(lead, two.hsi_liaison, bluestem, two.caht_lead)
    roles = ["Operation lead", "Approving supervisor"]
    for holder, agreed, named in (
        (lead, [("KCPD", "proceed", "Channel 2.")], roles),
        (two.fbi_alternate, [("KCPD", "proceed", "Channel 2.")], roles),
        (two.hsi_liaison, [], roles),
        (two.caht_lead, [], []),
    ):
        on_it = await issued(lead, bluestem, holder)
        assert [(one.other.agency, one.outcome, one.reason) for one in on_it.hits] == agreed
        assert [one.role for one in on_it.contacts] == named


async def test_a_copy_names_no_contact_who_was_taken_off_the_operation(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    await plans.change_plan_basics(
        cast.fbi_lead, event_id, replace(BASICS, supervisor_id=cast.kcpd_detective.member_id), NOW
    )
    await access.take_off_operation(cast.fbi_lead, event_id, cast.kcpd_detective.member_id, NOW)
    on_it = await issued(cast.fbi_lead, event_id, cast.hsi_liaison)
    assert [one.name for one in on_it.contacts] == ["Fbi lead (FBI)"]
