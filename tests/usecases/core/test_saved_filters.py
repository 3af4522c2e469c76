"""Saved filters: each member's own, under a name, on one page."""

import pytest

from tests.cast import NOW, Cast
from tracker.errors import Invalid, NotFound
from tracker.rules.core.drafts import MOST_FILTERS, SavedFilter
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core import drafts


async def saved(
    viewer: Viewer, name: str = "Trainings", query: str = "kind=training", listing: str = "calendar"
) -> SavedFilter:
    return await drafts.save_filter(viewer, listing, name, query, NOW)


async def test_a_filter_leads_back_to_what_it_narrows(cast: Cast) -> None:
    kept = await saved(cast.fbi_lead, query="month=2027-01&kind=training&agency=Harbor+House")
    assert await drafts.filters_of(cast.fbi_lead) == [kept]
    assert kept.address == "/calendar?kind=training&agency=Harbor+House"


async def test_a_filter_is_its_owners_alone(cast: Cast) -> None:
    kept = await saved(cast.fbi_lead)
    assert await drafts.filters_of(cast.coordinator) == []
    with pytest.raises(NotFound):
        await drafts.remove_filter(cast.coordinator, kept.id, NOW)


async def test_saving_under_the_same_name_replaces_the_filter_of_that_page_only(cast: Cast) -> None:
    first = await saved(cast.fbi_lead)
    elsewhere = await saved(cast.fbi_lead, query="q=Trainings", listing="action-items")
    again = await saved(cast.fbi_lead, " Trainings ", "kind=training&mine=1")
    assert again.id == first.id
    assert await drafts.filters_of(cast.fbi_lead) == [again, elsewhere]


async def test_a_removed_filter_is_gone(cast: Cast) -> None:
    kept = await saved(cast.fbi_lead)
    assert await drafts.remove_filter(cast.fbi_lead, kept.id, NOW) == kept
    assert await drafts.filters_of(cast.fbi_lead) == []
    with pytest.raises(NotFound):
        await drafts.remove_filter(cast.fbi_lead, kept.id, NOW)


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "mine=1"), ("x" * 61, "mine=1"), ("All", "month=2027-01"), ("Long", f"committee={'x' * 500}")],
)
async def test_a_filter_needs_a_name_and_something_to_narrow(cast: Cast, name: str, query: str) -> None:
    with pytest.raises(Invalid) as refused:
        await saved(cast.fbi_lead, name, query)
    assert list(refused.value.fields) == ["name"]


async def test_a_page_without_filters_keeps_none(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await saved(cast.fbi_lead, listing="schedule")


async def test_nobody_keeps_too_many(cast: Cast) -> None:
    for number in range(MOST_FILTERS):
        await saved(cast.fbi_lead, str(number))
    with pytest.raises(Invalid):
        await saved(cast.fbi_lead, "One more")
    await saved(cast.fbi_lead, "0", "mine=1")


async def test_filters_are_listed_by_page_and_name(cast: Cast) -> None:
    for listing, name in (("audit", "a"), ("calendar", "b"), ("calendar", "A")):
        await saved(cast.fbi_lead, name, "mine=1&who=system", listing)
    found = [(one.label, one.name) for one in await drafts.filters_of(cast.fbi_lead)]
    assert found == [("Calendar", "A"), ("Calendar", "b"), ("Audit log", "a")]
