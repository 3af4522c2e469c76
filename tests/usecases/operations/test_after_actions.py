"""The hot wash: written by the lead once everyone is released, read by everyone on the operation."""

from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import let_in, over, planned
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.records import LONGEST_EDITION_TITLE, LONGEST_PART, Edition, LessonLearned
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations.records import ReleasedLesson
from tracker.usecases.operations import records
from tracker.usecases.operations.records import after_action_view

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


@pytest.fixture
async def released(cast: Cast) -> UUID:
    """Return an operation that is over."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.kcpd_detective, event_id, cast.caht_lead)
    await over(cast.fbi_lead, event_id)
    return event_id


async def saved(viewer: Viewer, event_id: UUID, went_well: str = "The lot held.", *, read: int = 0) -> None:
    await records.save_hot_wash(viewer, event_id, went_well, "", NOW, read=read)


async def test_everyone_on_the_operation_reads_its_hot_wash(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead):
        found = (await after_action_view(viewer, released, KEY)).hot_wash
        assert found is not None
        assert (found.went_well, found.version, found.saved_by) == ("The lot held.", 1, "Fbi lead (FBI)")


async def test_people_who_are_not_on_the_operation_find_none(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    for viewer in (cast.coordinator, cast.harbor_advocate, cast.administrator):
        with pytest.raises(NotFound):
            await after_action_view(viewer, released, KEY)


async def test_only_the_lead_writes_it(cast: Cast, released: UUID) -> None:
    with pytest.raises(NotAllowed, match="Only the operation lead"):
        await saved(cast.kcpd_detective, released)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (OperationState.EXECUTING, "once the operation is released or aborted"),
        (OperationState.CLOSED, "The operation is closed"),
    ],
)
async def test_it_is_written_after_the_operation_and_before_it_is_closed(
    cast: Cast, released: UUID, state: OperationState, reason: str
) -> None:
    await over(cast.fbi_lead, released, state)
    with pytest.raises(NotAllowed, match=reason):
        await saved(cast.fbi_lead, released)


async def test_a_hot_wash_that_was_saved_meanwhile_is_not_overwritten(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    with pytest.raises(Conflict):
        await saved(cast.fbi_lead, released, "Nothing.")
    await saved(cast.fbi_lead, released, "All of it.", read=1)
    assert (await after_action_view(cast.fbi_lead, released, KEY)).version == 2


@pytest.mark.parametrize(("text", "sentence"), [("", "Enter what went well"), ("x" * (LONGEST_PART + 1), "5,001")])
async def test_a_hot_wash_says_something_and_not_too_much(cast: Cast, released: UUID, text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        await saved(cast.fbi_lead, released, text)
    assert sentence in refused.value.fields["went_well"]


TEXT = "Bluestem: radios didn’t reach the lot."
EDITION = Edition(title="Radios", text="Try each radio at its place before the briefing.")


@pytest.fixture
async def closed(cast: Cast) -> UUID:
    """Return an operation that is closed."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.kcpd_detective, event_id, cast.caht_lead)
    await over(cast.fbi_lead, event_id, OperationState.CLOSED)
    return event_id


async def of(viewer: Viewer, event_id: UUID) -> list[LessonLearned]:
    return (await after_action_view(viewer, event_id, KEY)).lessons


async def again(cast: Cast, event_id: UUID, lesson: LessonLearned) -> LessonLearned:
    """Return a lesson as it is now."""
    [found] = [one for one in await of(cast.fbi_lead, event_id) if one.id == lesson.id]
    return found


async def written(cast: Cast, event_id: UUID, edition: Edition = EDITION) -> LessonLearned:
    """Add a lesson with an edition."""
    await records.add_lesson(cast.fbi_lead, event_id, TEXT, NOW)
    [added] = [one for one in await of(cast.fbi_lead, event_id) if one.version == 1]
    await records.change_lesson(cast.fbi_lead, event_id, added.id, TEXT, edition, NOW, read=1)
    return await again(cast, event_id, added)


async def released_of_lessons(cast: Cast, event_id: UUID, edition: Edition = EDITION) -> LessonLearned:
    lesson = await written(cast, event_id, edition)
    await records.release_lesson(cast.fbi_lead, event_id, lesson.id, NOW, read=lesson.version)
    return await again(cast, event_id, lesson)


async def test_only_people_on_the_operation_read_a_lesson_that_is_not_released(cast: Cast, closed: UUID) -> None:
    await written(cast, closed)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead):
        assert [one.text for one in await of(viewer, closed)] == [TEXT]
    for viewer in (cast.coordinator, cast.harbor_advocate):
        with pytest.raises(NotFound):
            await of(viewer, closed)
    assert await records.released_lessons() == []


async def test_everyone_reads_the_edition_that_was_released_and_nothing_else(cast: Cast, closed: UUID) -> None:
    await released_of_lessons(cast, closed)
    assert await records.released_lessons() == [EDITION]
    [row] = await ReleasedLesson.select()
    assert set(row) == {"id", "title", "text"}


async def test_the_order_of_released_lessons_says_nothing_of_when(cast: Cast, closed: UUID) -> None:
    for title in ("Water", "Keys", "radios"):
        await released_of_lessons(cast, closed, Edition(title=title, text="Bring them."))
    assert [one.title for one in await records.released_lessons()] == ["Keys", "radios", "Water"]


async def test_a_lesson_that_is_withdrawn_is_read_by_no_one_else(cast: Cast, closed: UUID) -> None:
    lesson = await released_of_lessons(cast, closed)
    await records.withdraw_lesson(cast.fbi_lead, closed, lesson.id, NOW)
    assert await records.released_lessons() == []
    assert [one.released_id for one in await of(cast.fbi_lead, closed)] == [None]


async def test_what_everyone_reads_does_not_change_until_it_is_withdrawn(cast: Cast, closed: UUID) -> None:
    lesson = await released_of_lessons(cast, closed)
    with pytest.raises(Conflict, match="Withdraw it before you change it"):
        await records.change_lesson(cast.fbi_lead, closed, lesson.id, TEXT, Edition(), NOW, read=lesson.version)
    with pytest.raises(Conflict, match="Withdraw it before you change it"):
        await records.remove_lesson(cast.fbi_lead, closed, lesson.id, NOW)
    assert await records.released_lessons() == [EDITION]


async def test_only_the_edition_of_the_preview_is_released(cast: Cast, closed: UUID) -> None:
    seen = await written(cast, closed)
    await records.change_lesson(
        cast.fbi_lead, closed, seen.id, TEXT, Edition(title="x", text="y"), NOW, read=seen.version
    )
    with pytest.raises(Conflict):
        await records.release_lesson(cast.fbi_lead, closed, seen.id, NOW, read=seen.version)
    assert await records.released_lessons() == []


@pytest.mark.parametrize(
    ("edition", "field"),
    [
        (Edition(title="After bluestem", text="Try each radio."), "edition_title"),
        (Edition(title="Radios", text="Try them at a lot like this."), "edition_text"),
        (Edition(title="Radios", text="There was no signal while staging at Larkspur Lot."), "edition_text"),
        (Edition(title="x" * (LONGEST_EDITION_TITLE + 1), text="Try each radio."), "edition_title"),
    ],
)
async def test_an_edition_that_names_the_operation_or_a_place_is_not_saved(
    cast: Cast, closed: UUID, edition: Edition, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await written(cast, closed, edition)
    assert set(refused.value.fields) == {field}


async def test_a_lesson_without_a_text_for_everyone_is_not_released(cast: Cast, closed: UUID) -> None:
    lesson = await written(cast, closed, Edition(title="Radios"))
    with pytest.raises(Invalid) as refused:
        await records.release_lesson(cast.fbi_lead, closed, lesson.id, NOW, read=lesson.version)
    assert refused.value.fields == {"edition_title": "Write a title and a text for everyone first."}


async def test_only_the_lead_writes_and_releases_lessons(cast: Cast, closed: UUID) -> None:
    lesson = await written(cast, closed)
    for viewer in (cast.kcpd_detective, cast.caht_lead):
        with pytest.raises(NotAllowed):
            await records.release_lesson(viewer, closed, lesson.id, NOW, read=lesson.version)
        with pytest.raises(NotAllowed):
            await records.add_lesson(viewer, closed, TEXT, NOW)


async def test_lessons_are_written_once_the_operation_is_over(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    with pytest.raises(NotAllowed, match="once the operation is released or aborted"):
        await records.add_lesson(cast.fbi_lead, event_id, TEXT, NOW)
