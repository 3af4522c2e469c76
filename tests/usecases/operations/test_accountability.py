"""Scenario 2.9: briefed at five, released at 11:40 with one person still in; the lead is emailed at 12:10, once."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import planned, under_way
from tracker.rules.core.message_types import CheckOutMissing
from tracker.rules.core.outbox import Message, Skip
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Letter
from tracker.rules.operations.check_ins import CheckIn, CheckInTally, Direction, Presence, Tap, WalkIn
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import MissingCheckOut, Need
from tracker.usecases.core import outbox
from tracker.usecases.emails.content import letter
from tracker.usecases.events import events
from tracker.usecases.operations import approvals, check_ins
from tracker.usecases.operations.check_ins import CheckInList
from tracker.usecases.operations.states import operation_for
from tracker.usecases.views.home import home_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
WALK_INS = {"FBI": 3, "HSI": 3, "KCPD": 2}
"""With the four people on the operation, 12 of three agencies."""


def at(hour: int, minute: int) -> datetime:
    """Return a time of the Saturday in Kansas City."""
    return datetime(2027, 1, 16, hour + 6, minute, tzinfo=NOW.tzinfo)


async def tap(by: Viewer, event_id: UUID, person_id: UUID, button: Direction, now: datetime) -> CheckIn:
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    press = Tap(tap_id=now.isoformat(), person_id=person_id, button=button, was=was)
    return await check_ins.record_tap(by, event_id, KEY, press, now)


async def seen(two: Cast, event_id: UUID, now: datetime) -> CheckInList:
    return await check_ins.check_in_list(two.fbi_lead, event_id, KEY, now)


async def state(two: Cast, event_id: UUID) -> OperationState:
    return (await operation_for(two.fbi_lead, event_id)).state


async def emails(now: datetime) -> list[Message]:
    """Let the clock look, and return the emails about people who haven't checked out."""
    await check_ins.notify_leads_of_missing(now)
    queued = await outbox.claim_messages("w", [], now, 1_000)
    return [one for one in queued if isinstance(one.content, CheckOutMissing)]


async def named_at_home(viewer: Viewer, now: datetime) -> list[str]:
    found = await home_for(viewer, now, now.date(), ZONE)
    return [row.people for row in found.follow_up if isinstance(row, MissingCheckOut)]


@pytest.fixture
async def bluestem(two: Cast) -> UUID:
    """Twelve people of three agencies are checked in at five, and it begins at 6:05."""
    event_id = await planned(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await under_way(two, event_id)
    for one in (two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective):
        await tap(two.fbi_lead, event_id, one.member_id, Direction.IN, at(5, 0))
    for agency, count in WALK_INS.items():
        for number in range(count):
            await check_ins.check_in_walk_in(two.fbi_lead, event_id, KEY, walk_in(two, agency, number), at(5, 0))
    return event_id


def walk_in(two: Cast, agency: str, number: int) -> WalkIn:
    return WalkIn(
        ticket=UUID(int=number),
        name=f"Agent {number + 1}",
        agency_id=two.agencies[agency],
        agency="",
        contact="",
        assignment="Perimeter",
    )


@pytest.fixture
async def released(two: Cast, bluestem: UUID) -> UUID:
    """Released at 11:40 with eleven out; the detective of KCPD is still in."""
    for line in (await seen(two, bluestem, at(11, 30))).lines:
        if line.member_id != two.kcpd_detective.member_id:
            await tap(two.fbi_lead, bluestem, line.person_id, Direction.OUT, at(11, 35))
    await check_ins.release_everyone(two.fbi_lead, bluestem, 30, at(11, 40))
    return bluestem


async def test_home_asks_the_lead_for_missing_people_instead_of_the_check_in(two: Cast, released: UUID) -> None:
    found = {}
    for minute in (0, 20):
        shown = await home_for(two.fbi_lead, at(12, minute), NOW.date(), ZONE)
        found[minute] = [row.need for row in shown.follow_up if row.need in {Need.CHECK_IN, Need.CHECK_OUT}]
    assert found == {0: [Need.CHECK_IN], 20: [Need.CHECK_OUT]}


async def test_twelve_people_of_three_agencies_are_checked_in(two: Cast, bluestem: UUID) -> None:
    found = await seen(two, bluestem, at(6, 5))
    assert found.tally == CheckInTally(listed=12, checked_in=12, checked_out=0)
    assert {agency: len(lines) for agency, lines in found.agencies.items()} == {"FBI": 5, "HSI": 4, "KCPD": 3}
    assert await state(two, bluestem) is OperationState.EXECUTING


async def test_it_is_released_at_11_40_with_eleven_out_and_is_still_under_way(two: Cast, released: UUID) -> None:
    found = await seen(two, released, at(11, 40))
    assert found.tally == CheckInTally(listed=12, checked_in=12, checked_out=11)
    assert found.not_out == "Not checked out: Kcpd detective (KCPD)."
    assert found.release
    assert (found.release.ordered_at, found.release.due_at) == (at(11, 40), at(12, 10))
    assert await state(two, released) is OperationState.EXECUTING


async def test_at_12_10_the_lead_gets_one_email_that_names_no_one(two: Cast, released: UUID) -> None:
    assert await emails(at(12, 9)) == []
    [email] = await emails(at(12, 10))
    assert (email.recipient_id, email.event_id) == (two.fbi_lead.member_id, released)
    assert await check_ins.notify_leads_of_missing(at(12, 11)) == 0
    made = await letter(email, at(12, 10), ZONE)
    assert isinstance(made, Letter)
    assert (made.facts, made.calendar) == ((), None)
    assert [button.target.path for button in made.buttons] == ["/"]


async def test_at_12_10_the_page_and_the_lead_s_home_name_the_one_person(two: Cast, released: UUID) -> None:
    for now, is_named in ((at(12, 9), False), (at(12, 10), True)):
        assert (await seen(two, released, now)).is_overdue is is_named
        expected = ["Not checked out: Kcpd detective (KCPD)."] if is_named else []
        assert await named_at_home(two.fbi_lead, now) == expected
    for other in (two.hsi_liaison, two.kcpd_detective, two.coordinator, two.caht_lead):
        assert await named_at_home(other, at(12, 10)) == []


async def test_the_check_out_at_12_15_clears_it_and_ends_the_operation(two: Cast, released: UUID) -> None:
    [email] = await emails(at(12, 10))
    await tap(two.kcpd_detective, released, two.kcpd_detective.member_id, Direction.OUT, at(12, 15))
    assert await state(two, released) is OperationState.RELEASED
    assert await named_at_home(two.fbi_lead, at(12, 15)) == []
    assert (await seen(two, released, at(12, 15))).is_overdue is False
    assert isinstance(await letter(email, at(12, 15), ZONE), Skip)
    assert await check_ins.notify_leads_of_missing(at(12, 16)) == 0


async def test_no_one_is_notified_when_all_are_out_in_time(two: Cast, released: UUID) -> None:
    await tap(two.fbi_lead, released, two.kcpd_detective.member_id, Direction.OUT, at(12, 5))
    assert await emails(at(12, 10)) == []


async def test_a_release_that_was_taken_back_notifies_no_one_and_the_next_one_does(two: Cast, released: UUID) -> None:
    await check_ins.withdraw_release(two.fbi_lead, released, at(11, 41))
    assert await emails(at(12, 10)) == []
    await check_ins.release_everyone(two.fbi_lead, released, 5, at(12, 11))
    assert len(await emails(at(12, 16))) == 1


async def test_people_who_are_still_in_after_an_abort_are_missed_too(two: Cast, bluestem: UUID) -> None:
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.ABORTED, at(7, 0))
    assert await emails(at(7, 29)) == []
    assert len(await emails(at(7, 30))) == 1
    [said] = await named_at_home(two.fbi_lead, at(7, 30))
    assert said.endswith("and 7 more.")


async def test_someone_who_does_not_lead_it_gets_no_email(two: Cast, released: UUID) -> None:
    [email] = await emails(at(12, 10))
    event, plan = await events.plan_to_change(two.fbi_lead, released)
    assert event.lead_id == email.recipient_id
    stranger = two.kcpd_alternate.member_id
    other = replace(email, recipient_id=stranger)
    assert plan
    assert isinstance(await letter(other, at(12, 10), ZONE), Skip)
