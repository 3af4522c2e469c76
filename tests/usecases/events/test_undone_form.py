"""The form of a new event that was undone: its person’s draft again, and never in the place of another draft."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tracker.crypto import ids
from tracker.errors import Conflict
from tracker.rules.core.drafts import MOST_DRAFTS, DraftForm, DraftKey, SentForm, draft_text
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.history import UNDO_FOR, UndoneChange
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.core.tables import Draft
from tracker.tables.schema.events import UndoSnapshot
from tracker.usecases.core import drafts
from tracker.usecases.events import history, scheduling

pytestmark = pytest.mark.both_engines

NEW = DraftKey(form=DraftForm.SCHEDULE)
PAGE, TAB, OTHER_TAB = "/schedule", ids.new_id(), ids.new_id()


def sent(title: str = "Case briefing", key: DraftKey = NEW) -> SentForm:
    return SentForm(key=key, page=PAGE, tab=TAB, text=draft_text(key.form, {"title": [title]}))


async def scheduled(cast: Cast, form: SentForm) -> UUID:
    return await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective), NOW, form=form, notified_at=NOW + UNDO_FOR
    )


async def undone(viewer: Viewer, event_id: UUID) -> UndoneChange:
    change_id = await history.change_made_at(viewer, event_id, NOW)
    assert change_id
    return await history.undo_change(viewer, event_id, change_id, NOW)


async def title_of(viewer: Viewer, key: DraftKey = NEW) -> str | None:
    found = await drafts.draft_of(viewer, key, NOW)
    return found.texts["title"][0] if found else None


async def types(viewer: Viewer, title: str, key: DraftKey = NEW) -> None:
    await drafts.save_draft(viewer, key, {"title": [title]}, NOW, tab=OTHER_TAB, shown=None)


async def test_what_was_entered_is_a_draft_again_of_its_person_alone(cast: Cast) -> None:
    event_id = await scheduled(cast, sent())
    assert await title_of(cast.fbi_lead) is None
    assert (await undone(cast.fbi_lead, event_id)).form_page == PAGE
    people = (cast.fbi_lead, cast.coordinator, cast.administrator, cast.fbi_alternate)
    assert [await title_of(one) for one in people] == ["Case briefing", None, None, None]


async def test_a_draft_that_was_begun_meanwhile_stays(cast: Cast) -> None:
    event_id = await scheduled(cast, sent())
    await types(cast.fbi_lead, "Another event")
    assert not (await undone(cast.fbi_lead, event_id)).form_page
    assert await title_of(cast.fbi_lead) == "Another event"


async def test_a_draft_that_was_discarded_meanwhile_makes_room(cast: Cast) -> None:
    event_id = await scheduled(cast, sent())
    await types(cast.fbi_lead, "Another event")
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    assert (await undone(cast.fbi_lead, event_id)).form_page == PAGE
    assert await title_of(cast.fbi_lead) == "Case briefing"


async def test_the_page_that_sent_it_may_type_on_and_no_other_page_overwrites_it(cast: Cast) -> None:
    await undone(cast.fbi_lead, await scheduled(cast, sent()))
    await drafts.save_draft(cast.fbi_lead, NEW, {"title": ["Longer"]}, NOW, tab=TAB, shown=None)
    with pytest.raises(Conflict):
        await types(cast.fbi_lead, "Another event")
    assert await title_of(cast.fbi_lead) == "Longer"


async def test_a_copy_of_an_event_that_its_person_may_no_longer_see_is_not_back(cast: Cast) -> None:
    like = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.kcpd_detective), NOW)
    copy = DraftKey(form=DraftForm.COPY, subject=str(like), event_id=like)
    event_id = await scheduled(cast, sent(key=copy))
    event, plan = await scheduling.plan_to_change(cast.coordinator, like)
    named = replace(plan, visibility=Visibility.NAMED, invitees={cast.kcpd_detective.member_id: AttendeeRole.REQUIRED})
    await scheduling.change_event(cast.coordinator, like, named, event.version, NOW, reauthenticated_at=NOW)
    assert not (await undone(cast.fbi_lead, event_id)).form_page
    assert await Draft.count() == 0


async def test_it_makes_room_like_any_draft(cast: Cast) -> None:
    earlier = NOW - timedelta(hours=1)
    for number in range(MOST_DRAFTS):
        leave = DraftKey(form=DraftForm.SUSPENSION, subject=str(number))
        await drafts.save_draft(cast.fbi_lead, leave, {"title": ["Long leave"]}, earlier, tab=OTHER_TAB, shown=None)
    await undone(cast.fbi_lead, await scheduled(cast, sent()))
    assert (await Draft.count(), await title_of(cast.fbi_lead)) == (MOST_DRAFTS, "Case briefing")


async def test_nothing_of_it_is_kept_when_it_is_too_late_to_undo(cast: Cast) -> None:
    await scheduled(cast, sent())
    assert await Draft.count() == 0
    await history.purge_snapshots(NOW + UNDO_FOR)
    assert await UndoSnapshot.count() == 0
