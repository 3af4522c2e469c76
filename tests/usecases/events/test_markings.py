"""Marking events as controlled information, and what becomes readable when an event opens to more people."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everyone, marking, meeting, operation
from tracker.database import writing
from tracker.errors import Invalid, NotFound
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.history import ChangedField, FieldChange
from tracker.rules.events.markings import Category, Limit
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.roster import Agency, Member
from tracker.tables.visible.events import events
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import history, occurrences, series_split
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.roster.accounts import remove_from_task_force


async def test_a_marked_event_says_so_to_everyone_who_sees_it(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, marking=marking(cast, limit=Limit.FED_ONLY))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    for person in (cast.fbi_lead, cast.hsi_liaison):
        seen = (await event_deeds.event_seen_by(person, event_id)).marking
        assert seen is not None
        assert seen.banner == "CUI//SP-INV/LEI//FED ONLY"
        assert seen.indicator == "Controlled by: Federal Bureau of Investigation. Decontrol on: Dec 31, 2027."


async def test_federal_only_is_refused_while_someone_else_is_on_the_list_by_name(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, cast.kcpd_detective, marking=marking(cast, limit=Limit.FED_ONLY))
    with pytest.raises(Invalid) as refused:
        await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    assert "Kcpd detective (KCPD)" in refused.value.fields["mark_limit"]
    assert "Hsi" not in refused.value.fields["mark_limit"]


async def test_no_one_comes_onto_the_list_of_a_marked_event_whom_its_limit_keeps_out(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, marking=marking(cast, limit=Limit.FEDCON))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    wider = replace(plan, invitees=plan.invitees | operation(cast.ipd_liaison).invitees)
    with pytest.raises(Invalid, match="Ipd liaison"):
        await event_deeds.change_event(cast.fbi_lead, event_id, wider, 1, NOW)
    open_to_more = replace(plan, visibility=Visibility.LAW_ENFORCEMENT)
    with pytest.raises(Invalid, match="list of people"):
        await event_deeds.change_event(cast.fbi_lead, event_id, open_to_more, 1, NOW, reauthenticated_at=NOW)


async def test_only_law_enforcement_marks_and_only_as_one_of_its_agencies(cast: Cast) -> None:
    ours = meeting(visibility=Visibility.VICTIM_SERVICES, marking=marking(cast))
    with pytest.raises(Invalid, match="Only members of law-enforcement agencies"):
        await event_deeds.schedule_event(cast.caht_lead, ours, NOW)
    for agency in ("CAHT", "Harbor House"):
        other_meeting = meeting(marking=marking(cast, agency))
        with pytest.raises(Invalid, match="designates it"):
            await event_deeds.schedule_event(cast.coordinator, other_meeting, NOW)


async def test_who_may_not_mark_keeps_the_marking_of_what_they_edit(cast: Cast) -> None:
    plan = meeting(visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"], marking=marking(cast))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    chair = cast.caht_lead
    await event_deeds.change_event(chair, event_id, replace(plan, title="Renamed"), 1, NOW)
    event = await event_deeds.event_seen_by(chair, event_id)
    assert (event.title, event.banner) == ("Renamed", "CUI//SP-INV/LEI")
    for other in (None, marking(cast, categories=frozenset({Category.LEI}))):
        with pytest.raises(Invalid, match="Only members of law-enforcement agencies"):
            await event_deeds.change_event(chair, event_id, replace(plan, marking=other), 2, NOW)


async def test_an_event_stays_editable_after_the_day_of_decontrol(cast: Cast) -> None:
    plan = meeting(marking=marking(cast, decontrol_on=NOW.date()))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    later = NOW + timedelta(days=3)
    await event_deeds.change_event(cast.coordinator, event_id, replace(plan, title="Renamed"), 1, later)
    assert (await event_deeds.event_seen_by(cast.coordinator, event_id)).banner
    with pytest.raises(Invalid, match="This date has passed"):
        other = replace(plan, marking=marking(cast, decontrol_on=NOW.date(), limit=None, agency="HSI"))
        await event_deeds.change_event(cast.coordinator, event_id, other, 2, later)


async def test_a_new_marking_is_in_the_history_and_a_moment_long_it_can_be_taken_back(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, marking=marking(cast))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    plan = replace(plan, invitees=await invitees_of(event_id))
    await event_deeds.change_event(cast.coordinator, event_id, replace(plan, marking=None), 1, NOW)
    event = await event_deeds.event_seen_by(cast.fbi_lead, event_id)
    [entry] = await history.history_of_event(cast.fbi_lead, event)
    was = "CUI//SP-INV/LEI until Dec 31, 2027"
    assert entry.changes == (FieldChange(field=ChangedField.MARKING, before=was, after="none"),)
    await undo_newest_change(cast.coordinator, event_id)
    assert (await event_deeds.event_seen_by(cast.coordinator, event_id)).marking == plan.marking


async def undo_newest_change(viewer: Viewer, event_id: UUID) -> None:
    change_id = await history.change_made_at(viewer, event_id, NOW)
    assert change_id is not None
    await history.undo_change(viewer, event_id, change_id, NOW + timedelta(seconds=5))


async def test_no_one_else_takes_a_new_marking_back(cast: Cast) -> None:
    plan = meeting(visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    plan = replace(plan, invitees=await invitees_of(event_id), marking=marking(cast))
    await event_deeds.change_event(cast.coordinator, event_id, plan, 1, NOW)
    assert await history.change_made_at(cast.caht_lead, event_id, NOW) is None


async def test_who_designated_it_stays_a_choice_when_the_editor_knows_no_one_there_now(cast: Cast) -> None:
    plan = operation(cast.fbi_alternate, marking=marking(cast, "HSI"))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    await Agency.update({Agency.status: "departed"}).where(Agency.id == cast.agencies["HSI"])
    longer = replace(plan, marking=marking(cast, "HSI", decontrol_on=date(2028, 12, 31)))
    await event_deeds.change_event(cast.fbi_lead, event_id, longer, 1, NOW)
    assert (await event_deeds.event_seen_by(cast.fbi_lead, event_id)).marking == longer.marking
    with pytest.raises(Invalid, match="designates it"):
        await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)


async def test_a_series_continues_without_its_limit_and_its_past_stays_under_it(cast: Cast) -> None:
    starts = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone
    weekly = rule_for_choice("weekly", starts, count=6)
    plan = operation(cast.hsi_liaison, starts=starts, rule=weekly, marking=marking(cast, limit=Limit.FED_ONLY))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW - timedelta(days=10))
    wider = operation(cast.hsi_liaison, cast.kcpd_detective, starts=starts.replace(hour=14), rule=weekly)
    new_id = await event_deeds.change_event(cast.fbi_lead, event_id, wider, 1, NOW)
    assert (await event_deeds.event_seen_by(cast.kcpd_detective, new_id)).marking is None
    with pytest.raises(NotFound):
        await event_deeds.event_seen_by(cast.kcpd_detective, event_id)


@pytest.mark.parametrize(
    ("limit", "to", "sees"),
    [
        (Limit.FED_ONLY, "KCPD", False),
        (Limit.FEDCON, "KCPD", False),
        (Limit.FED_ONLY, "FBI", True),
        (Limit.NOCON, "KCPD", True),
        (Limit.NOCON, "CAHT", False),
        (Limit.DL_ONLY, "CAHT", True),
        (None, "CAHT", True),
    ],
)
async def test_who_moves_to_an_agency_outside_the_limit_loses_access_at_once_but_its_lead_does_not(
    cast: Cast, limit: Limit | None, to: str, sees: bool
) -> None:
    plan = operation(cast.hsi_liaison, marking=marking(cast, limit=limit))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    member_id, lead = cast.hsi_liaison.member_id, cast.fbi_lead.member_id
    for agency, expected in ((to, sees), ("HSI", True)):
        await Member.update({Member.agency: cast.agencies[agency]}).where(Member.id == member_id)
        assert (await events.event_by_id(await viewer_for(member_id, NOW), event_id) is not None) is expected
    await Member.update({Member.agency: cast.agencies[to]}).where(Member.id == lead)
    assert await events.event_by_id(await viewer_for(lead, NOW), event_id) is not None


async def test_who_leaves_loses_access_to_a_limited_event_for_good(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, marking=marking(cast, limit=Limit.FED_ONLY))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    member_id = cast.hsi_liaison.member_id
    async with writing():
        await remove_from_task_force(member_id, None, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == member_id)
    assert await events.event_by_id(await viewer_for(member_id, NOW), event_id) is None


async def test_a_new_limit_is_taken_back_with_who_could_see_the_event_before(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, marking=marking(cast))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    limited = replace(plan, invitees=await invitees_of(event_id), marking=marking(cast, limit=Limit.FED_ONLY))
    await event_deeds.change_event(cast.fbi_lead, event_id, limited, 1, NOW)
    await undo_newest_change(cast.fbi_lead, event_id)
    assert (await event_deeds.event_seen_by(cast.hsi_liaison, event_id)).marking == plan.marking


async def test_the_series_that_continues_is_marked_as_the_one_before(cast: Cast) -> None:
    starts = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone
    weekly = rule_for_choice("weekly", starts, count=6)
    plan = meeting(*everyone(cast), starts=starts, rule=weekly, kind=Kind.MEETING, marking=marking(cast))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW - timedelta(days=10))
    later = replace(plan, starts=starts.replace(hour=14))
    new_id = await event_deeds.change_event(cast.coordinator, event_id, later, 1, NOW)
    assert new_id != event_id
    for listed_id in (event_id, new_id):
        assert (await event_deeds.event_seen_by(cast.caht_lead, listed_id)).banner == "CUI//SP-INV/LEI"


THIRD, FOURTH = "2027-01-26", "2027-02-02"
REASON = "Surveillance of Larkspur"
LATER = NOW + timedelta(hours=1)
Change = Callable[..., Awaitable[UUID]]


async def schedule_with_canceled_date(cast: Cast, visibility: Visibility, *people: Viewer, **facts: Any) -> UUID:
    """Return a weekly series of which the fourth date was canceled with a reason."""
    weekly = rule_for_choice("weekly", meeting().starts, count=5)
    plan = meeting(*(people or (cast.fbi_lead,)), visibility=visibility, rule=weekly, **facts)
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, FOURTH, 1, REASON, NOW)
    return event_id


async def change_whole(cast: Cast, event_id: UUID, **facts: Any) -> UUID:
    event, plan = await event_deeds.plan_to_change(cast.coordinator, event_id)
    now = LATER
    return await event_deeds.change_event(
        cast.coordinator, event_id, replace(plan, **facts), event.version, now, reauthenticated_at=now
    )


async def change_from_third(cast: Cast, event_id: UUID, **facts: Any) -> UUID:
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, THIRD)
    return await series_split.change_from_date_on(
        cast.coordinator, event_id, THIRD, replace(plan, **facts), event.version, LATER, reauthenticated_at=LATER
    )


async def reason_seen_by(viewer: Viewer, event_id: UUID) -> str:
    return (await occurrences.date_seen_by(viewer, event_id, FOURTH)).cancel_reason


ways = pytest.mark.parametrize("change", [change_whole, change_from_third])


@pytest.mark.both_engines
@ways
@pytest.mark.parametrize("visibility", [Visibility.LAW_ENFORCEMENT, Visibility.COMMITTEE, Visibility.NAMED])
async def test_people_to_whom_an_event_opens_do_not_read_why_a_date_was_canceled_before(
    cast: Cast, change: Change, visibility: Visibility
) -> None:
    event_id = await schedule_with_canceled_date(cast, visibility, committee_id=cast.committees["steering"])
    opened = await change(cast, event_id, visibility=Visibility.ALL)
    date = await occurrences.date_seen_by(cast.caht_lead, opened, FOURTH)
    assert (date.is_canceled, date.cancel_reason) == (True, "")


@pytest.mark.both_engines
@ways
async def test_a_person_added_to_a_named_event_does_not_read_why_a_date_was_canceled_before(
    cast: Cast, change: Change
) -> None:
    event_id = await schedule_with_canceled_date(cast, Visibility.NAMED)
    invitees = {one.member_id: AttendeeRole.REQUIRED for one in (cast.fbi_lead, cast.hsi_liaison)}
    changed = await change(cast, event_id, invitees=invitees, duration=timedelta(hours=2))
    assert await reason_seen_by(cast.hsi_liaison, changed) == ""


@pytest.mark.both_engines
@ways
@pytest.mark.parametrize(
    ("visibility", "after"),
    [
        (Visibility.LAW_ENFORCEMENT, Visibility.LAW_ENFORCEMENT),
        (Visibility.ALL, Visibility.LAW_ENFORCEMENT),
        (Visibility.ALL, Visibility.NAMED),
        (Visibility.NAMED, Visibility.NAMED),
    ],
)
async def test_a_reason_stays_while_no_one_else_may_see_the_event(
    cast: Cast, change: Change, visibility: Visibility, after: Visibility
) -> None:
    event_id = await schedule_with_canceled_date(cast, visibility)
    changed = await change(cast, event_id, visibility=after, duration=timedelta(hours=2))
    assert await reason_seen_by(cast.fbi_lead, changed) == REASON


@pytest.mark.both_engines
@ways
async def test_an_opening_that_is_undone_leaves_the_reason_as_it_was(cast: Cast, change: Change) -> None:
    event_id = await schedule_with_canceled_date(cast, Visibility.LAW_ENFORCEMENT)
    await change(cast, event_id, visibility=Visibility.ALL)
    change_id = await history.change_made_at(cast.coordinator, event_id, LATER)
    assert change_id
    await history.undo_change(cast.coordinator, event_id, change_id, LATER + timedelta(seconds=5))
    assert await reason_seen_by(cast.fbi_lead, event_id) == REASON


@pytest.mark.both_engines
async def test_people_to_whom_a_canceled_event_opens_do_not_read_why_it_was_canceled(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT), NOW
    )
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, REASON, NOW)
    await change_whole(cast, event_id, visibility=Visibility.ALL)
    assert (await event_deeds.event_seen_by(cast.caht_lead, event_id)).cancel_reason == ""
