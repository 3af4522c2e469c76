"""Drafts and saved filters: each person's own, and never of an event that they may not see."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core.drafts import (
    KEPT_FOR,
    LARGEST,
    MOST_DRAFTS,
    MOST_FILTERS,
    RESTORABLE_FOR,
    DraftForm,
    DraftKey,
    DraftVersion,
    SavedFilter,
)
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.core import tables as rows
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.core import drafts
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.roster import accounts

NEW = DraftKey(form=DraftForm.SCHEDULE)
TAB, OTHER_TAB = ids.new_id(), ids.new_id()
TYPED = {"title": ["Case briefing"]}


def draft_key_of(event_id: UUID) -> DraftKey:
    return DraftKey(form=DraftForm.EVENT, subject=str(event_id), event_id=event_id)


async def save_typed(
    viewer: Viewer,
    key: DraftKey = NEW,
    title: str = "Case briefing",
    *,
    tab: UUID = TAB,
    shown: DraftVersion | None = None,
) -> None:
    await drafts.save_draft(viewer, key, {"title": [title]}, NOW, tab=tab, shown=shown)


async def title_of(viewer: Viewer, key: DraftKey = NEW) -> str | None:
    draft = await drafts.draft_of(viewer, key, NOW)
    return draft.texts["title"][0] if draft else None


async def schedule_raid(cast: Cast) -> UUID:
    """Return an event that only its organizer and one detective may see."""
    return await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)


@pytest.mark.both_engines
async def test_what_was_typed_last_is_there_again(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, title="Case")
    await save_typed(cast.fbi_lead, title="Case briefing")
    assert await title_of(cast.fbi_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_a_draft_is_its_persons_alone(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    others = (cast.coordinator, cast.administrator, cast.auditor, cast.fbi_alternate)
    assert [await title_of(one) for one in others] == [None] * 4


@pytest.mark.both_engines
async def test_each_form_and_each_thing_has_a_draft_of_its_own(cast: Cast) -> None:
    event_id = await schedule_raid(cast)
    await save_typed(cast.fbi_lead, NEW, "New")
    await save_typed(cast.fbi_lead, draft_key_of(event_id), "Changed")
    assert [await title_of(cast.fbi_lead, key) for key in (NEW, draft_key_of(event_id))] == ["New", "Changed"]


@pytest.mark.both_engines
async def test_a_draft_of_an_event_is_shown_only_while_its_person_may_see_the_event(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await save_typed(cast.caht_lead, draft_key_of(event_id))
    assert await title_of(cast.caht_lead, draft_key_of(event_id)) == "Case briefing"
    await _keep_to(cast, event_id, cast.fbi_lead)
    assert await title_of(cast.caht_lead, draft_key_of(event_id)) is None


@pytest.mark.both_engines
async def test_a_discarded_draft_of_an_event_that_its_person_lost_is_not_restored(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await save_typed(cast.caht_lead, draft_key_of(event_id))
    await drafts.discard_draft(cast.caht_lead, draft_key_of(event_id), NOW)
    await _keep_to(cast, event_id, cast.fbi_lead)
    assert not await drafts.restore_draft(cast.caht_lead, draft_key_of(event_id), NOW)


@pytest.mark.both_engines
async def test_a_draft_of_an_event_that_its_person_lost_is_deleted(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await save_typed(cast.caht_lead, draft_key_of(event_id))
    await save_typed(cast.fbi_lead, draft_key_of(event_id))
    await _keep_to(cast, event_id, cast.fbi_lead)
    await drafts.purge_drafts(NOW)
    assert await rows.Draft.select(rows.Draft.member).output(as_list=True) == [cast.fbi_lead.member_id]


@pytest.mark.both_engines
async def test_typing_continues_in_a_form_whose_draft_was_about_an_event_that_its_person_lost(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    origin = await occurrences.nearest_date(cast.caht_lead, event_id, NOW)
    new_item = DraftKey(form=DraftForm.NEW_ITEM)
    about_it = {"title": ["Case briefing"], "origin": [str(origin.id)]}
    await drafts.save_draft(cast.caht_lead, new_item, about_it, NOW, tab=TAB, shown=None)
    await _keep_to(cast, event_id, cast.fbi_lead)
    await save_typed(cast.caht_lead, new_item, "Book the room", tab=OTHER_TAB)
    assert await title_of(cast.caht_lead, new_item) == "Book the room"


@pytest.mark.both_engines
async def test_a_draft_of_an_event_that_its_person_may_not_see_is_not_saved(cast: Cast) -> None:
    event_id = await schedule_raid(cast)
    with pytest.raises(NotFound):
        await save_typed(cast.harbor_advocate, draft_key_of(event_id))


@pytest.mark.both_engines
async def test_a_draft_goes_with_its_event(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective, status=EventStatus.DRAFT), NOW
    )
    await save_typed(cast.fbi_lead, draft_key_of(event_id))
    await scheduling.cancel_event(cast.fbi_lead, event_id, 1, "", NOW)
    assert await rows.Draft.count() == 0


@pytest.mark.both_engines
async def test_a_second_tab_does_not_overwrite_what_another_typed_since(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, title="First tab", tab=TAB)
    with pytest.raises(Conflict):
        await save_typed(cast.fbi_lead, title="Second tab", tab=OTHER_TAB)
    assert await title_of(cast.fbi_lead) == "First tab"


@pytest.mark.both_engines
async def test_a_tab_that_was_opened_with_the_draft_continues_with_it(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, tab=TAB)
    draft = await drafts.draft_of(cast.fbi_lead, NEW, NOW)
    assert draft
    await save_typed(cast.fbi_lead, title="Went on", tab=OTHER_TAB, shown=draft.saved)
    with pytest.raises(Conflict):
        await save_typed(cast.fbi_lead, title="Old tab", tab=TAB)
    assert await title_of(cast.fbi_lead) == "Went on"


@pytest.mark.both_engines
async def test_a_tab_that_shows_a_draft_that_was_removed_does_not_overwrite_the_next_one(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, title="First event", tab=TAB)
    draft = await drafts.draft_of(cast.fbi_lead, NEW, NOW)
    assert draft
    await drafts.remove_draft(cast.fbi_lead, NEW, tab=TAB, shown=None)
    await save_typed(cast.fbi_lead, title="Second event", tab=TAB)
    with pytest.raises(Conflict):
        await save_typed(cast.fbi_lead, title="First event, changed", tab=OTHER_TAB, shown=draft.saved)
    assert await title_of(cast.fbi_lead) == "Second event"


@pytest.mark.both_engines
async def test_a_form_that_was_sent_in_vain_takes_the_place_of_any_draft(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, title="Elsewhere", tab=OTHER_TAB)
    await drafts.save_draft(cast.fbi_lead, NEW, TYPED, NOW, tab=TAB, shown=None, replaces=True)
    assert await title_of(cast.fbi_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_the_draft_of_a_saved_form_is_gone(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    await drafts.remove_draft(cast.fbi_lead, NEW, tab=TAB, shown=None)
    assert await rows.Draft.count() == 0


@pytest.mark.both_engines
async def test_what_another_tab_typed_stays_when_a_form_is_saved(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, title="Another event", tab=OTHER_TAB)
    await drafts.remove_draft(cast.fbi_lead, NEW, tab=TAB, shown=None)
    assert await title_of(cast.fbi_lead) == "Another event"


@pytest.mark.both_engines
async def test_a_discarded_draft_can_be_restored_for_a_minute(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    assert await title_of(cast.fbi_lead) is None
    assert await drafts.restore_draft(cast.fbi_lead, NEW, NOW + RESTORABLE_FOR - timedelta(seconds=1))
    assert await title_of(cast.fbi_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_after_a_minute_a_discarded_draft_is_deleted(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    assert not await drafts.restore_draft(cast.fbi_lead, NEW, NOW + RESTORABLE_FOR)
    await drafts.purge_drafts(NOW + RESTORABLE_FOR)
    assert await rows.Draft.count() == 0


@pytest.mark.both_engines
async def test_typing_after_a_draft_was_discarded_begins_a_new_one(cast: Cast) -> None:
    await save_typed(cast.fbi_lead, tab=TAB)
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    await save_typed(cast.fbi_lead, title="Anew", tab=OTHER_TAB)
    assert await title_of(cast.fbi_lead) == "Anew"


@pytest.mark.both_engines
async def test_a_draft_that_no_one_typed_in_for_fourteen_days_is_deleted(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    assert await drafts.draft_of(cast.fbi_lead, NEW, NOW + KEPT_FOR) is None
    await drafts.purge_drafts(NOW + KEPT_FOR - timedelta(seconds=1))
    assert await rows.Draft.count() == 1
    await drafts.purge_drafts(NOW + KEPT_FOR)
    assert await rows.Draft.count() == 0


@pytest.mark.both_engines
async def test_the_oldest_draft_makes_room_for_one_too_many(cast: Cast) -> None:
    for number in range(MOST_DRAFTS + 1):
        key, at = DraftKey(form=DraftForm.SUSPENSION, subject=str(number)), NOW + timedelta(seconds=number)
        await drafts.save_draft(cast.fbi_lead, key, TYPED, at, tab=TAB, shown=None)
    left = await rows.Draft.select(rows.Draft.subject).output(as_list=True)
    assert sorted(left, key=int) == [str(number) for number in range(1, MOST_DRAFTS + 1)]


@pytest.mark.both_engines
async def test_other_peoples_drafts_never_make_room(cast: Cast) -> None:
    await save_typed(cast.caht_lead)
    for number in range(MOST_DRAFTS):
        await save_typed(cast.fbi_lead, DraftKey(form=DraftForm.SUSPENSION, subject=str(number)))
    assert await title_of(cast.caht_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_a_draft_that_is_too_large_leaves_the_one_before(cast: Cast) -> None:
    await save_typed(cast.fbi_lead)
    with pytest.raises(Invalid):
        await save_typed(cast.fbi_lead, title="a" * LARGEST)
    assert await title_of(cast.fbi_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_someone_whose_account_is_suspended_keeps_no_draft(cast: Cast) -> None:
    await save_typed(cast.fbi_alternate)
    await accounts.suspend_account(cast.administrator, cast.fbi_alternate.member_id, "Long leave", NOW, NOW)
    assert await rows.Draft.count() == 0


@pytest.mark.both_engines
async def test_drafts_leave_no_entry_in_the_audit_log(cast: Cast) -> None:
    before = await AuditEntry.count()
    await save_typed(cast.fbi_lead)
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    assert await AuditEntry.count() == before


async def _keep_to(cast: Cast, event_id: UUID, *people: Viewer) -> None:
    """Let only some people see an event from now on."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    named = replace(
        plan, visibility=Visibility.NAMED, invitees={one.member_id: AttendeeRole.REQUIRED for one in people}
    )
    await scheduling.change_event(cast.coordinator, event_id, named, event.version, NOW, reauthenticated_at=NOW)


async def save_filter(
    viewer: Viewer, name: str = "Trainings", query: str = "kind=training", listing: str = "calendar"
) -> SavedFilter:
    return await drafts.save_filter(viewer, listing, name, query, NOW)


async def test_a_filter_leads_back_to_what_it_narrows(cast: Cast) -> None:
    kept = await save_filter(cast.fbi_lead, query="month=2027-01&kind=training&agency=Harbor+House")
    assert await drafts.filters_of(cast.fbi_lead) == [kept]
    assert kept.address == "/calendar?kind=training&agency=Harbor+House"


async def test_a_filter_is_its_owners_alone(cast: Cast) -> None:
    kept = await save_filter(cast.fbi_lead)
    assert await drafts.filters_of(cast.coordinator) == []
    with pytest.raises(NotFound):
        await drafts.remove_filter(cast.coordinator, kept.id, NOW)


async def test_saving_under_the_same_name_replaces_the_filter_of_that_page_only(cast: Cast) -> None:
    first = await save_filter(cast.fbi_lead)
    elsewhere = await save_filter(cast.fbi_lead, query="q=Trainings", listing="action-items")
    again = await save_filter(cast.fbi_lead, " Trainings ", "kind=training&mine=1")
    assert again.id == first.id
    assert await drafts.filters_of(cast.fbi_lead) == [again, elsewhere]


async def test_a_removed_filter_is_gone(cast: Cast) -> None:
    kept = await save_filter(cast.fbi_lead)
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
        await save_filter(cast.fbi_lead, name, query)
    assert list(refused.value.fields) == ["name"]


async def test_a_page_without_filters_keeps_none(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await save_filter(cast.fbi_lead, listing="schedule")


async def test_no_one_keeps_too_many(cast: Cast) -> None:
    for number in range(MOST_FILTERS):
        await save_filter(cast.fbi_lead, str(number))
    with pytest.raises(Invalid):
        await save_filter(cast.fbi_lead, "One more")
    await save_filter(cast.fbi_lead, "0", "mine=1")


async def test_filters_are_listed_by_page_and_name(cast: Cast) -> None:
    for listing, name in (("audit", "a"), ("calendar", "b"), ("calendar", "A")):
        await save_filter(cast.fbi_lead, name, "mine=1&who=system", listing)
    filters = [(one.label, one.name) for one in await drafts.filters_of(cast.fbi_lead)]
    assert filters == [("Calendar", "A"), ("Calendar", "b"), ("Audit log", "a")]
