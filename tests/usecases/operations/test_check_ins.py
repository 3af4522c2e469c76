"""People check in and out on the day of an operation; a tap may arrive late or twice, and each counts once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import let_in, planned
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.check_ins import CheckIn, CheckInTally, Direction, LineCorrection, Presence, Tap, WalkIn
from tracker.usecases.operations import check_ins

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
FIVE = datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
"""5 AM in Kansas City, an hour before the operation."""
MINUTE = timedelta(minutes=1)


async def bluestem(two: Cast) -> UUID:
    event_id = await planned(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await let_in(two.fbi_lead, two.hsi_liaison, event_id, two.caht_lead)
    return event_id


async def line(viewer: Viewer, event_id: UUID, person: Viewer) -> CheckIn:
    return (await check_ins.check_in_list(viewer, event_id, KEY, FIVE)).line(person.member_id)


async def tap(
    by: Viewer,
    event_id: UUID,
    person: Viewer,
    button: Direction,
    now: datetime = FIVE,
    *,
    tap_id: str = "",
    was: Presence = Presence.EXPECTED,
    waited: timedelta = timedelta(),
) -> CheckIn:
    """Tap a button; without an id of its own, each moment's tap is another."""
    press = Tap(tap_id=tap_id or now.isoformat(), person_id=person.member_id, button=button, was=was, waited=waited)
    return await check_ins.record_tap(by, event_id, KEY, press, now)


def walk_in(two: Cast, agency: str = "FBI", name: str = "Medic", number: int = 1) -> WalkIn:
    return WalkIn(
        ticket=UUID(int=number),
        name=name,
        agency_id=two.agencies[agency],
        agency="",
        contact="Channel 2",
        assignment="Medic",
    )


def names(lines: Iterable[CheckIn]) -> list[str]:
    return [one.words for one in lines]


async def test_the_list_has_the_people_of_law_enforcement_on_the_operation_by_agency(two: Cast) -> None:
    event_id = await bluestem(two)
    found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert names(found.lines) == ["Fbi alternate (FBI)", "Fbi lead (FBI)", "Hsi liaison (HSI)", "Kcpd detective (KCPD)"]


async def test_a_person_is_checked_in_and_out_with_one_tap_each(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    await tap(two.fbi_lead, event_id, two.fbi_lead, Direction.IN)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT, FIVE + MINUTE)
    found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert found.tally == CheckInTally(listed=4, checked_in=2, checked_out=1)
    assert names(found.still_in) == ["Fbi lead (FBI)"]
    its = found.line(two.hsi_liaison.member_id)
    assert (its.time_in, its.time_out) == (FIVE, FIVE + MINUTE)


async def test_the_same_tap_sent_twice_counts_once_also_after_others(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, tap_id="1")
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + MINUTE, tap_id="1")
    assert (await line(two.fbi_lead, event_id, two.hsi_liaison)).time_in == FIVE
    taken_back = (await line(two.fbi_lead, event_id, two.hsi_liaison)).id
    assert taken_back
    await check_ins.undo_tap(two.fbi_lead, event_id, KEY, taken_back, FIVE + MINUTE)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + MINUTE, tap_id="1")
    assert (await line(two.fbi_lead, event_id, two.hsi_liaison)).presence is Presence.EXPECTED


async def test_a_tap_that_waited_for_a_network_counts_at_the_moment_of_the_tap(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + 10 * MINUTE, waited=10 * MINUTE)
    assert (await line(two.fbi_lead, event_id, two.hsi_liaison)).time_in == FIVE
    with pytest.raises(Invalid, match="more than a day old"):
        await tap(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, waited=timedelta(hours=25))


async def test_a_tap_that_arrives_late_does_not_take_a_later_one_back(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN)
    await tap(two.fbi_lead, event_id, two.kcpd_detective, Direction.OUT, FIVE + 5 * MINUTE)
    await tap(two.kcpd_detective, event_id, two.kcpd_detective, Direction.IN, FIVE + 9 * MINUTE, waited=8 * MINUTE)
    await tap(two.kcpd_detective, event_id, two.kcpd_detective, Direction.IN, FIVE + 9 * MINUTE, tap_id="2")
    its = await line(two.fbi_lead, event_id, two.kcpd_detective)
    assert (its.time_in, its.time_out) == (FIVE, FIVE + 5 * MINUTE)


async def test_in_takes_a_check_out_back_for_who_saw_it(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN)
    await tap(two.fbi_lead, event_id, two.kcpd_detective, Direction.OUT, FIVE + MINUTE)
    await tap(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN, FIVE + 2 * MINUTE, was=Presence.OUT)
    its = await line(two.fbi_lead, event_id, two.kcpd_detective)
    assert (its.time_in, its.time_out) == (FIVE, None)


async def test_no_one_checks_out_who_did_not_check_in(two: Cast) -> None:
    event_id = await bluestem(two)
    with pytest.raises(Invalid, match="isn’t checked in"):
        await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT)


async def test_law_enforcement_on_the_operation_checks_in_its_own_agency_alone(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_alternate, event_id, two.fbi_lead, Direction.IN)
    await tap(two.hsi_liaison, event_id, two.hsi_liaison, Direction.IN)
    with pytest.raises(NotAllowed, match="yourself and people from your agency"):
        await tap(two.hsi_liaison, event_id, two.kcpd_detective, Direction.IN)
    with pytest.raises(NotAllowed):
        await check_ins.check_in_walk_in(
            two.kcpd_detective, event_id, KEY, walk_in(two, "KCPD"), FIVE - 13 * 60 * MINUTE
        )
    with pytest.raises(Invalid):
        await check_ins.check_in_walk_in(two.kcpd_detective, event_id, KEY, walk_in(two, "FBI"), FIVE)


async def test_victim_services_and_strangers_find_no_list(two: Cast) -> None:
    event_id = await bluestem(two)
    for other in (two.caht_lead, two.coordinator, two.kcpd_alternate):
        with pytest.raises(NotFound):
            await check_ins.check_in_list(other, event_id, KEY, FIVE)


async def test_a_walk_in_is_added_once_and_gone_when_taken_back(two: Cast) -> None:
    event_id = await bluestem(two)
    for _ in range(2):
        added = await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, walk_in(two), FIVE)
    found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert names(found.agencies["FBI"]) == ["Fbi alternate (FBI)", "Fbi lead (FBI)", "Medic (FBI)"]
    assert added.id
    await check_ins.undo_tap(two.fbi_alternate, event_id, KEY, added.id, FIVE)
    await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, walk_in(two), FIVE)
    found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert "Medic (FBI)" not in names(found.lines)


async def test_a_walk_in_of_an_agency_that_is_not_in_the_list_is_checked_in_by_who_leads(two: Cast) -> None:
    event_id = await bluestem(two)
    outside = WalkIn(ticket=UUID(int=1), name="Trooper", agency_id=None, agency="MSHP", contact="", assignment="")
    with pytest.raises(Invalid, match="Choose your agency"):
        await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, outside, FIVE)
    await check_ins.check_in_walk_in(two.fbi_lead, event_id, KEY, outside, FIVE)
    found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert names(found.agencies["MSHP"]) == ["Trooper (MSHP)"]


async def test_undo_restores_what_was_before_unless_someone_recorded_something_else_since(two: Cast) -> None:
    event_id = await bluestem(two)
    await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    out = await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT, FIVE + MINUTE)
    assert out.id
    with pytest.raises(NotAllowed):
        await check_ins.undo_tap(two.fbi_alternate, event_id, KEY, out.id, FIVE + MINUTE)
    await check_ins.undo_tap(two.fbi_lead, event_id, KEY, out.id, FIVE + MINUTE)
    its = await line(two.fbi_lead, event_id, two.hsi_liaison)
    assert (its.time_in, its.time_out) == (FIVE, None)
    with pytest.raises(NotAllowed, match="someone recorded something else"):
        await check_ins.undo_tap(two.fbi_lead, event_id, KEY, out.id, FIVE + MINUTE)


async def test_times_are_corrected_and_a_stale_form_is_refused(two: Cast) -> None:
    event_id = await bluestem(two)
    first = await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    to = LineCorrection(time_in=FIVE - MINUTE, time_out=None, contact="Channel 2", assignment="Perimeter")
    person = two.hsi_liaison.member_id
    await check_ins.correct_line(two.fbi_lead, event_id, KEY, person, to, FIVE, seen=first.id)
    with pytest.raises(Conflict):
        await check_ins.correct_line(two.fbi_lead, event_id, KEY, person, to, FIVE, seen=first.id)
    its = await line(two.fbi_lead, event_id, two.hsi_liaison)
    assert (its.time_in, its.contact, its.assignment) == (FIVE - MINUTE, "Channel 2", "Perimeter")


async def test_an_assignment_given_since_does_not_outdate_a_tap_that_waits(two: Cast) -> None:
    event_id = await bluestem(two)
    first = await tap(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    to = LineCorrection(time_in=FIVE, time_out=None, contact="", assignment="Perimeter")
    later = FIVE + 10 * MINUTE
    await check_ins.correct_line(two.fbi_lead, event_id, KEY, two.hsi_liaison.member_id, to, later, seen=first.id)
    await tap(two.hsi_liaison, event_id, two.hsi_liaison, Direction.OUT, later + MINUTE, waited=5 * MINUTE)
    assert (await line(two.fbi_lead, event_id, two.hsi_liaison)).time_out == FIVE + 6 * MINUTE


async def test_check_in_opens_twelve_hours_before_the_operation(two: Cast) -> None:
    event_id = await bluestem(two)
    with pytest.raises(NotAllowed, match="Check-in opens on Fri, Jan 15 at 6:00 PM"):
        await tap(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, FIVE - timedelta(hours=12))
    await tap(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, FIVE - timedelta(hours=11))
