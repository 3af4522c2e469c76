"""The activity log of an operation, its hot wash, and its lessons: who writes and who reads them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.operations.world import (
    BASICS,
    BEGINS,
    RISSAFE,
    B,
    begin_execution,
    end_operation,
    let_in,
    plan_operation,
    site,
)
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.check_ins import Direction, Presence, Tap
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.records import LONGEST_EDITION_TITLE, LONGEST_PART, ActivityLine, Edition, LessonLearned
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations import ReleasedLesson
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.operations import approvals, check_ins, deconfliction, plans, records
from tracker.usecases.operations.records import after_action_view
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def running_bluestem(two: Cast) -> UUID:
    """Under way since `BEGINS`."""
    event_id = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await begin_execution(two, event_id)
    return event_id


async def write_entry(
    by: Viewer, event_id: UUID, text: str, now: datetime = SIX, *, tap: str = "1", waited: int = 0
) -> None:
    """Write an entry that waited for so many minutes."""
    await records.add_log_entry(by, event_id, KEY, text, now, tap_id=tap, waited=waited * MINUTE)


async def lines_since_start(viewer: Viewer, event_id: UUID) -> list[ActivityLine]:
    """Return the lines since NOW, but for the beginning of the operation."""
    lines = (await records.read_activity_log(viewer, event_id, KEY, SIX)).lines
    return [one for one in lines if one.at > NOW and one.at != BEGINS]


async def only_entry(two: Cast, event_id: UUID) -> ActivityLine:
    [line] = [one for one in await lines_since_start(two.fbi_lead, event_id) if one.entry_id]
    return line


async def test_entries_are_in_time_order_with_states_check_ins_and_the_release(
    two: Cast, running_bluestem: UUID
) -> None:
    lead = two.fbi_lead
    for person in (two.fbi_lead, two.hsi_liaison):
        press = Tap(tap_id="1", person_id=person.member_id, button=Direction.IN)
        await check_ins.record_tap(lead, running_bluestem, KEY, press, SIX)
    await write_entry(two.hsi_liaison, running_bluestem, "Entry made", SIX + 5 * MINUTE)
    await write_entry(lead, running_bluestem, "On scene", SIX + 6 * MINUTE, tap="2", waited=3)
    await check_ins.release_everyone(lead, running_bluestem, 30, SIX + 20 * MINUTE)
    for person in (two.fbi_lead, two.hsi_liaison):
        press = Tap(tap_id="2", person_id=person.member_id, button=Direction.OUT, was=Presence.IN)
        await check_ins.record_tap(lead, running_bluestem, KEY, press, SIX + 30 * MINUTE)
    assert [(one.at - SIX, one.text, one.by) for one in await lines_since_start(lead, running_bluestem)] == [
        (timedelta(), "Checked in: Fbi lead (FBI), Hsi liaison (HSI)", ""),
        (3 * MINUTE, "On scene", "Fbi lead (FBI)"),
        (5 * MINUTE, "Entry made", "Hsi liaison (HSI)"),
        (20 * MINUTE, "Everyone released", "Fbi lead (FBI)"),
        (30 * MINUTE, "Checked out: Fbi lead (FBI), Hsi liaison (HSI)", ""),
        (30 * MINUTE, "State: Released", ""),
    ]


async def test_people_who_check_in_in_one_minute_are_listed_after_what_happened_before_the_last_of_them(
    two: Cast, running_bluestem: UUID
) -> None:
    lead, second = two.fbi_lead, timedelta(seconds=1)
    for number, person in enumerate((two.fbi_lead, two.hsi_liaison)):
        press = Tap(tap_id=str(number), person_id=person.member_id, button=Direction.IN, was=Presence.EXPECTED)
        await check_ins.record_tap(lead, running_bluestem, KEY, press, SIX + number * 20 * second)
    await write_entry(lead, running_bluestem, "Entry made", SIX + 10 * second)
    assert [one.text for one in await lines_since_start(lead, running_bluestem)] == [
        "Entry made",
        "Checked in: Fbi lead (FBI), Hsi liaison (HSI)",
    ]


async def test_the_states_before_the_day_are_in_the_log_too(two: Cast, running_bluestem: UUID) -> None:
    activity_log = await records.read_activity_log(two.fbi_lead, running_bluestem, KEY, SIX)
    states = {one.text for one in activity_log.lines}
    assert {"State: Planning", "State: Approved, version 3", "State: Briefed", "State: Executing"} <= states


async def test_the_log_says_who_took_the_operation_to_a_state(two: Cast, running_bluestem: UUID) -> None:
    activity_log = await records.read_activity_log(two.fbi_lead, running_bluestem, KEY, SIX)
    by = {one.text: one.by for one in activity_log.lines}
    assert (by["State: Approved, version 3"], by["State: Executing"]) == ("Fbi alternate (FBI)", "Fbi lead (FBI)")


async def test_the_log_says_who_recorded_a_number_what_ended_it_and_what_was_sent_back(two: Cast) -> None:
    lead, event_id = two.fbi_lead, await plan_operation(two.fbi_lead, two.fbi_alternate)
    await plans.change_plan_basics(lead, event_id, replace(BASICS, supervisor_id=two.fbi_alternate.member_id), NOW)
    await approvals.record_deconfliction_number(lead, event_id, RISSAFE, NOW + MINUTE)
    await approvals.change_plan_state(lead, event_id, OperationState.SUBMITTED, NOW + 2 * MINUTE)
    await plans.add_site_to_plan(lead, event_id, site(B), NOW + 3 * MINUTE)
    await approvals.waive_deconfliction(two.fbi_alternate, event_id, "A child is in danger.", NOW + 4 * MINUTE)
    assert [(one.text, one.by) for one in await lines_since_start(lead, event_id)] == [
        ("Deconfliction number recorded: RISSafe RS-1042, no conflict", "Fbi lead (FBI)"),
        ("State: Submitted", "Fbi lead (FBI)"),
        ("Deconfliction number ended: RISSafe RS-1042", "Fbi lead (FBI)"),
        ("State: Planning, sent back from Submitted", "Fbi lead (FBI)"),
        ("Deconfliction number waived: A child is in danger.", "Fbi alternate (FBI)"),
    ]


async def test_the_log_keeps_each_decision_about_a_conflict_for_those_who_may_know_of_it(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    [hit] = await visible.plan_hits(two.fbi_lead, await operation_for(two.fbi_lead, bluestem))
    for number, (lead, event_id, decision) in enumerate(
        (
            (two.fbi_lead, bluestem, Decision.RESCHEDULE),
            (two.fbi_lead, bluestem, Decision.PROCEED),
            (two.kcpd_alternate, larkspur, Decision.PROCEED),
        ),
        start=1,
    ):
        await deconfliction.decide_conflict(lead, event_id, hit.id, decision, "We spoke.", NOW + number * MINUTE)
    assert [(one.text, one.by) for one in await lines_since_start(two.fbi_lead, bluestem)] == [
        ("Conflict with KCPD decided: We’ll change our time or place (We spoke.)", "Fbi lead (FBI)"),
        ("Conflict with KCPD decided: Both proceed, with coordination (We spoke.)", "Fbi lead (FBI)"),
        ("Conflict with KCPD ended: Both proceed", ""),
    ]
    assert all(one.is_limited for one in await lines_since_start(two.fbi_lead, bluestem))
    assert await lines_since_start(two.hsi_liaison, bluestem) == []


async def test_an_entry_that_is_sent_twice_counts_once(two: Cast, running_bluestem: UUID) -> None:
    for tap in ("1", "1", "2"):
        await write_entry(two.fbi_lead, running_bluestem, "On scene", tap=tap)
    assert [one.text for one in await lines_since_start(two.fbi_lead, running_bluestem)] == ["On scene", "On scene"]


async def test_a_correction_is_shown_as_one_and_what_was_written_stays(two: Cast, running_bluestem: UUID) -> None:
    await write_entry(two.hsi_liaison, running_bluestem, "Two in custody")
    line = await only_entry(two, running_bluestem)
    assert line.entry_id
    assert line.last
    correct = (two.hsi_liaison, running_bluestem, KEY, line.entry_id, "One in custody", SIX - MINUTE, SIX + MINUTE)
    await records.correct_log_entry(*correct, seen=line.last.id)
    line = await only_entry(two, running_bluestem)
    assert (line.text, line.at) == ("One in custody", SIX - MINUTE)
    assert [(one.text, one.at, one.by) for one in line.earlier] == [("Two in custody", SIX, "Hsi liaison (HSI)")]
    with pytest.raises(Conflict):
        await records.correct_log_entry(*correct, seen=line.entry_id)


async def test_only_who_wrote_an_entry_and_who_leads_correct_it(two: Cast, running_bluestem: UUID) -> None:
    await write_entry(two.hsi_liaison, running_bluestem, "Two in custody")
    line = await only_entry(two, running_bluestem)
    assert line.entry_id
    with pytest.raises(NotAllowed):
        await records.correct_log_entry(
            two.kcpd_detective, running_bluestem, KEY, line.entry_id, "None", SIX, SIX, seen=line.entry_id
        )
    await records.correct_log_entry(
        two.fbi_lead, running_bluestem, KEY, line.entry_id, "One", SIX, SIX, seen=line.entry_id
    )
    assert (await only_entry(two, running_bluestem)).by == "Fbi lead (FBI)"


async def test_an_entry_says_something_that_has_happened(two: Cast, running_bluestem: UUID) -> None:
    with pytest.raises(Invalid):
        await write_entry(two.fbi_lead, running_bluestem, "")
    await write_entry(two.fbi_lead, running_bluestem, "On scene")
    line = await only_entry(two, running_bluestem)
    assert line.entry_id
    with pytest.raises(Invalid, match="has passed"):
        await records.correct_log_entry(
            two.fbi_lead, running_bluestem, KEY, line.entry_id, "On scene", SIX + MINUTE, SIX, seen=line.entry_id
        )


async def test_victim_services_and_strangers_find_no_log(two: Cast, running_bluestem: UUID) -> None:
    await let_in(two.fbi_lead, two.hsi_liaison, running_bluestem, two.caht_lead)
    for other in (two.caht_lead, two.coordinator, two.kcpd_alternate):
        with pytest.raises(NotFound):
            await records.read_activity_log(other, running_bluestem, KEY, SIX)
        with pytest.raises(NotFound):
            await write_entry(other, running_bluestem, "On scene")


@pytest.fixture
async def ended_operation(cast: Cast) -> UUID:
    """Return an operation that is over."""
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.kcpd_detective, event_id, cast.caht_lead)
    await end_operation(cast.fbi_lead, event_id)
    return event_id


async def save_hot_wash(viewer: Viewer, event_id: UUID, went_well: str = "The lot held.", *, read: int = 0) -> None:
    await records.save_hot_wash(viewer, event_id, went_well, "", NOW, read=read)


async def test_everyone_on_the_operation_reads_its_hot_wash(cast: Cast, ended_operation: UUID) -> None:
    await save_hot_wash(cast.fbi_lead, ended_operation)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead):
        hot_wash = (await after_action_view(viewer, ended_operation, KEY)).hot_wash
        assert hot_wash is not None
        assert (hot_wash.went_well, hot_wash.version, hot_wash.saved_by) == ("The lot held.", 1, "Fbi lead (FBI)")


async def test_people_who_are_not_on_the_operation_find_none(cast: Cast, ended_operation: UUID) -> None:
    await save_hot_wash(cast.fbi_lead, ended_operation)
    for viewer in (cast.coordinator, cast.harbor_advocate, cast.administrator):
        with pytest.raises(NotFound):
            await after_action_view(viewer, ended_operation, KEY)


async def test_only_the_lead_writes_it(cast: Cast, ended_operation: UUID) -> None:
    with pytest.raises(NotAllowed, match="Only the operation lead"):
        await save_hot_wash(cast.kcpd_detective, ended_operation)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (OperationState.EXECUTING, "once the operation is released or aborted"),
        (OperationState.CLOSED, "The operation is closed"),
    ],
)
async def test_it_is_written_after_the_operation_and_before_it_is_closed(
    cast: Cast, ended_operation: UUID, state: OperationState, reason: str
) -> None:
    await end_operation(cast.fbi_lead, ended_operation, state)
    with pytest.raises(NotAllowed, match=reason):
        await save_hot_wash(cast.fbi_lead, ended_operation)


async def test_a_hot_wash_that_was_saved_meanwhile_is_not_overwritten(cast: Cast, ended_operation: UUID) -> None:
    await save_hot_wash(cast.fbi_lead, ended_operation)
    with pytest.raises(Conflict):
        await save_hot_wash(cast.fbi_lead, ended_operation, "Nothing.")
    await save_hot_wash(cast.fbi_lead, ended_operation, "All of it.", read=1)
    assert (await after_action_view(cast.fbi_lead, ended_operation, KEY)).version == 2


@pytest.mark.parametrize(("text", "sentence"), [("", "Enter what went well"), ("x" * (LONGEST_PART + 1), "5,001")])
async def test_a_hot_wash_says_something_and_not_too_much(
    cast: Cast, ended_operation: UUID, text: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await save_hot_wash(cast.fbi_lead, ended_operation, text)
    assert sentence in refused.value.fields["went_well"]


TEXT = "Bluestem: radios didn’t reach the lot."
EDITION = Edition(title="Radios", text="Try each radio at its place before the briefing.")


@pytest.fixture
async def closed_operation(cast: Cast) -> UUID:
    """Return an operation that is closed."""
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.kcpd_detective, event_id, cast.caht_lead)
    await end_operation(cast.fbi_lead, event_id, OperationState.CLOSED)
    return event_id


async def lessons_of(viewer: Viewer, event_id: UUID) -> list[LessonLearned]:
    return (await after_action_view(viewer, event_id, KEY)).lessons


async def reread_lesson(cast: Cast, event_id: UUID, lesson: LessonLearned) -> LessonLearned:
    """Return a lesson as it is now."""
    [lesson_found] = [one for one in await lessons_of(cast.fbi_lead, event_id) if one.id == lesson.id]
    return lesson_found


async def add_edition(cast: Cast, event_id: UUID, edition: Edition = EDITION) -> LessonLearned:
    """Add a lesson with an edition."""
    await records.add_lesson(cast.fbi_lead, event_id, TEXT, NOW)
    [added] = [one for one in await lessons_of(cast.fbi_lead, event_id) if one.version == 1]
    await records.change_lesson(cast.fbi_lead, event_id, added.id, TEXT, edition, NOW, read=1)
    return await reread_lesson(cast, event_id, added)


async def release_lesson(cast: Cast, event_id: UUID, edition: Edition = EDITION) -> LessonLearned:
    lesson = await add_edition(cast, event_id, edition)
    await records.release_lesson(cast.fbi_lead, event_id, lesson.id, NOW, read=lesson.version)
    return await reread_lesson(cast, event_id, lesson)


async def test_only_people_on_the_operation_read_a_lesson_that_is_not_released(
    cast: Cast, closed_operation: UUID
) -> None:
    await add_edition(cast, closed_operation)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead):
        assert [one.text for one in await lessons_of(viewer, closed_operation)] == [TEXT]
    for viewer in (cast.coordinator, cast.harbor_advocate):
        with pytest.raises(NotFound):
            await lessons_of(viewer, closed_operation)
    assert await records.released_lessons() == []


async def test_everyone_reads_the_edition_that_was_released_and_nothing_else(
    cast: Cast, closed_operation: UUID
) -> None:
    await release_lesson(cast, closed_operation)
    assert await records.released_lessons() == [EDITION]
    [row] = await ReleasedLesson.select()
    assert set(row) == {"id", "title", "text"}


async def test_the_order_of_released_lessons_says_nothing_of_when(cast: Cast, closed_operation: UUID) -> None:
    for title in ("Water", "Keys", "radios"):
        await release_lesson(cast, closed_operation, Edition(title=title, text="Bring them."))
    assert [one.title for one in await records.released_lessons()] == ["Keys", "radios", "Water"]


async def test_a_lesson_that_is_withdrawn_is_read_by_no_one_else(cast: Cast, closed_operation: UUID) -> None:
    lesson = await release_lesson(cast, closed_operation)
    await records.withdraw_lesson(cast.fbi_lead, closed_operation, lesson.id, NOW)
    assert await records.released_lessons() == []
    assert [one.released_id for one in await lessons_of(cast.fbi_lead, closed_operation)] == [None]


async def test_what_everyone_reads_does_not_change_until_it_is_withdrawn(cast: Cast, closed_operation: UUID) -> None:
    lesson = await release_lesson(cast, closed_operation)
    with pytest.raises(Conflict, match="Withdraw it before you change it"):
        await records.change_lesson(
            cast.fbi_lead, closed_operation, lesson.id, TEXT, Edition(), NOW, read=lesson.version
        )
    with pytest.raises(Conflict, match="Withdraw it before you change it"):
        await records.remove_lesson(cast.fbi_lead, closed_operation, lesson.id, NOW)
    assert await records.released_lessons() == [EDITION]


async def test_only_the_edition_of_the_preview_is_released(cast: Cast, closed_operation: UUID) -> None:
    seen = await add_edition(cast, closed_operation)
    await records.change_lesson(
        cast.fbi_lead, closed_operation, seen.id, TEXT, Edition(title="x", text="y"), NOW, read=seen.version
    )
    with pytest.raises(Conflict):
        await records.release_lesson(cast.fbi_lead, closed_operation, seen.id, NOW, read=seen.version)
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
    cast: Cast, closed_operation: UUID, edition: Edition, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await add_edition(cast, closed_operation, edition)
    assert set(refused.value.fields) == {field}


async def test_a_lesson_without_a_text_for_everyone_is_not_released(cast: Cast, closed_operation: UUID) -> None:
    lesson = await add_edition(cast, closed_operation, Edition(title="Radios"))
    with pytest.raises(Invalid) as refused:
        await records.release_lesson(cast.fbi_lead, closed_operation, lesson.id, NOW, read=lesson.version)
    assert refused.value.fields == {"edition_title": "Write a title and a text for everyone first."}


async def test_only_the_lead_writes_and_releases_lessons(cast: Cast, closed_operation: UUID) -> None:
    lesson = await add_edition(cast, closed_operation)
    for viewer in (cast.kcpd_detective, cast.caht_lead):
        with pytest.raises(NotAllowed):
            await records.release_lesson(viewer, closed_operation, lesson.id, NOW, read=lesson.version)
        with pytest.raises(NotAllowed):
            await records.add_lesson(viewer, closed_operation, TEXT, NOW)


async def test_lessons_are_written_once_the_operation_is_over(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    with pytest.raises(NotAllowed, match="once the operation is released or aborted"):
        await records.add_lesson(cast.fbi_lead, event_id, TEXT, NOW)
