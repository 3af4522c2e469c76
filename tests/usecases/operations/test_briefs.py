"""Numbered copies of a brief, against both databases."""

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.operations.world import planned
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.usecases.events.events import schedule
from tracker.usecases.operations import briefs, grants

pytestmark = [pytest.mark.anyio, pytest.mark.both_engines]

KEY = "2027-01-16"


async def test_copies_are_numbered_one_after_the_other_for_each_date(cast: Cast) -> None:
    event_id = await schedule(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    for one in (cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_detective):
        await briefs.issue_copy(cast.fbi_lead, event_id, KEY, one.member_id, NOW)
    found = await briefs.brief(cast.fbi_lead, event_id, KEY)
    assert [(one.number, one.issued_to) for one in found.copies] == [
        (1, "Kcpd detective (KCPD)"),
        (2, "Hsi liaison (HSI)"),
        (3, "Kcpd detective (KCPD)"),
    ]
    shown = await briefs.copy(cast.fbi_lead, event_id, KEY, 2, NOW)
    assert (shown.copy.issued_by, shown.copy.version) == ("Fbi lead (FBI)", None)
    with pytest.raises(NotFound):
        await briefs.copy(cast.fbi_lead, event_id, KEY, 4, NOW)


async def test_nobody_issues_a_copy_to_somebody_else_or_without_the_right(cast: Cast) -> None:
    event_id = await schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(Invalid):
        await briefs.issue_copy(cast.fbi_lead, event_id, KEY, cast.caht_lead.member_id, NOW)
    with pytest.raises(NotAllowed):
        await briefs.issue_copy(cast.kcpd_detective, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(NotFound):
        await briefs.issue_copy(cast.coordinator, event_id, KEY, cast.kcpd_detective.member_id, NOW)


async def test_only_an_operation_has_a_brief(cast: Cast) -> None:
    event_id = await schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    with pytest.raises(NotFound):
        await briefs.brief(cast.coordinator, event_id, "2027-01-12")


async def test_the_copy_of_someone_who_was_taken_off_the_operation_is_not_printed_again(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    await briefs.issue_copy(cast.fbi_lead, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    await grants.end(cast.fbi_lead, event_id, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(Conflict, match=r"Kcpd detective \(KCPD\) is no longer on the operation\."):
        await briefs.copy(cast.fbi_lead, event_id, KEY, 1, NOW)
    assert [one.number for one in (await briefs.brief(cast.fbi_lead, event_id, KEY)).copies] == [1]
