"""The quorum of record: what counted when attendance was closed stays, whatever becomes of seats, rules and people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.rules.attendance.roll_call import AttendanceWalkIn, Mark, QuorumOfRecord
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.recurrence import rule_for
from tracker.rules.roster.directory import SeatFacts
from tracker.tables.schema.attendance.attendance import QuorumRecord
from tracker.tables.schema.roster.people import Committee
from tracker.usecases.attendance import roll_call
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import events
from tracker.usecases.views import offboarding, seat_changes
from tracker.usecases.views.event_page import view_event

pytestmark = pytest.mark.both_engines

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)
LATER = STARTS + timedelta(hours=3)
SEATED = ("fbi_lead", "hsi_liaison", "kcpd_detective", "caht_lead")


async def of_steering(cast: Cast, **facts: Any) -> UUID:
    """Return a meeting of the Steering Committee, which needs 3 of its 8 seats."""
    await Committee.update({Committee.quorum: 3}).where(Committee.id == cast.committees["steering"])
    people = [cast.members[name] for name in SEATED]
    about = {"visibility": Visibility.ALL, "committee_id": cast.committees["steering"], **facts}
    return await events.schedule(cast.coordinator, meeting(*people, **about), NOW)


async def mark(cast: Cast, event_id: UUID, *names: str, what: Mark = Mark.HERE) -> None:
    marks = {cast.members[name].member_id: what for name in names}
    await roll_call.record_marks(cast.coordinator, event_id, KEY, marks, STARTS)


async def closed(cast: Cast, **facts: Any) -> UUID:
    """Return a meeting at which four of eight seats were filled."""
    event_id = await of_steering(cast, **facts)
    await mark(cast, event_id, *SEATED)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, LATER)
    return event_id


async def recorded(viewer: Viewer, event_id: UUID) -> QuorumOfRecord | None:
    return (await view_event(viewer, event_id, KEY, LATER)).quorum


async def test_closing_attendance_records_which_seats_were_filled_and_whether_that_was_a_quorum(cast: Cast) -> None:
    found = await recorded(cast.coordinator, await closed(cast))
    assert found is not None
    assert found.words == "Quorum: 4 of 8 seats (3 needed)"
    assert found.present == "CAHT, FBI, HSI, KCPD"
    assert found.missing == "Harbor House, HHS, IPD, USAO"
    assert found.recorded_at == LATER


async def test_a_seat_that_is_removed_later_leaves_the_record_alone(cast: Cast) -> None:
    event_id = await closed(cast)
    before = await recorded(cast.coordinator, event_id)
    proof = (1, LATER, LATER)
    await seat_changes.remove_seat(cast.coordinator, cast.committees["steering"], cast.agencies["FBI"], *proof)
    assert await recorded(cast.coordinator, event_id) == before


async def test_a_person_who_leaves_later_leaves_the_record_and_the_roll_alone(cast: Cast) -> None:
    event_id = await closed(cast)
    before = await recorded(cast.coordinator, event_id)
    roll = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    successor = cast.coordinator.member_id
    day = LATER.date()
    await offboarding.offboard_person(cast.coordinator, cast.hsi_liaison.member_id, successor, LATER, LATER, day)
    assert await recorded(cast.coordinator, event_id) == before
    after = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    assert (after.tally, after.recorded_quorum) == (roll.tally, before)


async def test_another_rule_later_leaves_the_record_alone(cast: Cast) -> None:
    event_id = await closed(cast)
    await Committee.update({Committee.quorum: 8}).where(Committee.id == cast.committees["steering"])
    found = await recorded(cast.coordinator, event_id)
    assert found is not None
    assert found.words == "Quorum: 4 of 8 seats (3 needed)"


async def test_open_again_it_shows_what_was_recorded_and_closed_again_it_records_anew(cast: Cast) -> None:
    event_id = await closed(cast)
    await roll_call.reopen_attendance(cast.coordinator, event_id, KEY, LATER)
    await mark(cast, event_id, "fbi_lead", "hsi_liaison", what=Mark.ABSENT)
    roll = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    assert roll.quorum is not None
    assert roll.recorded_quorum is not None
    assert roll.quorum.words == "No quorum: 2 of 8 seats (3 needed)"
    assert roll.recorded_quorum.words == "Quorum: 4 of 8 seats (3 needed)"
    again = LATER + timedelta(hours=1)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, again)
    found = await recorded(cast.coordinator, event_id)
    assert found is not None
    assert (found.words, found.recorded_at) == ("No quorum: 2 of 8 seats (3 needed)", again)
    assert await QuorumRecord.count() == 2


async def test_a_committee_without_a_rule_leaves_no_record(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await Committee.update({Committee.quorum: None}, force=True)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, LATER)
    assert await recorded(cast.coordinator, event_id) is None


async def test_it_is_recorded_whoever_closes_and_shown_to_members_of_the_committee(cast: Cast) -> None:
    event_id = await closed(cast)
    assert await recorded(cast.fbi_lead, event_id) is not None
    assert await recorded(cast.bridge_advocate, event_id) is None


async def test_a_coordinator_reads_it_after_the_committee_has_ended(cast: Cast) -> None:
    event_id = await closed(cast)
    await Committee.update({Committee.status: "ended"}).where(Committee.id == cast.committees["steering"])
    assert await recorded(await viewer_for(cast.coordinator.member_id, LATER), event_id) is not None
    assert await recorded(await viewer_for(cast.fbi_lead.member_id, LATER), event_id) is None


async def test_the_printed_sheet_has_it(cast: Cast) -> None:
    event_id = await closed(cast)
    sheet = await roll_call.read_sign_in_sheet(cast.coordinator, event_id, KEY)
    assert sheet.quorum is not None
    assert sheet.quorum.words == "Quorum: 4 of 8 seats (3 needed)"


async def test_an_alternate_fills_the_seat(cast: Cast) -> None:
    event_id = await of_steering(cast)
    walk_in = AttendanceWalkIn(id=event_id, member_id=cast.fbi_alternate.member_id)
    await roll_call.record_walk_in(cast.coordinator, event_id, KEY, walk_in, STARTS)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, LATER)
    found = await recorded(cast.coordinator, event_id)
    assert found is not None
    assert (found.present, found.count.is_met) == ("FBI", False)


async def test_a_seat_that_changes_hands_twice_leaves_the_rolls_in_between_alone(cast: Cast) -> None:
    """Who was off the list of a date while it was held isn't counted there when they come back."""
    weekly = rule_for("weekly", meeting().starts, count=4)
    event_id = await of_steering(cast, rule=weekly)
    counted = []
    for number, (primary, when) in enumerate(
        (
            (cast.kcpd_alternate, STARTS + timedelta(days=1)),
            (cast.kcpd_detective, STARTS + timedelta(days=8)),
            (cast.kcpd_alternate, STARTS + timedelta(days=15)),
            (cast.kcpd_detective, STARTS + timedelta(days=22)),
        ),
        start=1,
    ):
        counted.append(await _names(cast, event_id, when))
        facts = SeatFacts(primary_id=primary.member_id, alternate_ids=frozenset())
        seat = (cast.committees["steering"], cast.agencies["KCPD"], facts, number)
        await seat_changes.set_seat(cast.coordinator, *seat, when, when)
    assert await _names(cast, event_id, STARTS + timedelta(days=23)) == counted[3]
    assert [names & {"Kcpd detective", "Kcpd alternate"} for names in counted[3]] == [
        {"Kcpd detective"},
        {"Kcpd alternate"},
        {"Kcpd detective"},
        {"Kcpd alternate"},
    ]


async def _names(cast: Cast, event_id: UUID, now: datetime) -> list[set[str]]:
    """Return who is on the attendance sheet of each weekly date."""
    keys = [f"2027-{day}" for day in ("01-12", "01-19", "01-26", "02-02")]
    rolls = [await roll_call.read_roll_call(cast.coordinator, event_id, key, now) for key in keys]
    return [{line.name for line in roll.lines} for roll in rolls]


async def test_a_person_who_was_marked_before_the_start_and_leaves_then_was_invited(cast: Cast) -> None:
    event_id = await of_steering(cast)
    early = STARTS - timedelta(minutes=20)
    await roll_call.record_marks(cast.coordinator, event_id, KEY, {cast.hsi_liaison.member_id: Mark.HERE}, early)
    before = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, early)
    gone = (cast.hsi_liaison.member_id, cast.coordinator.member_id, early, early + timedelta(minutes=1), early.date())
    await offboarding.offboard_person(cast.coordinator, *gone)
    after = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    assert (after.tally, [line.is_walk_in for line in after.lines]) == (before.tally, [False] * len(before.lines))
