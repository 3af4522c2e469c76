"""People check in and out on the day of an operation; a tap may arrive late or twice, and each counts once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import begin_execution, let_in, plan_operation
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import CheckOutMissing
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.check_ins import CheckIn, CheckInTally, Direction, LineCorrection, Presence, Tap, WalkIn
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import MissingCheckOut, Need
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import write_email
from tracker.usecases.events import scheduling
from tracker.usecases.operations import approvals, check_ins
from tracker.usecases.operations.check_ins import CheckInList
from tracker.usecases.operations.states import operation_for
from tracker.usecases.views.home import home_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
FIVE = datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
"""5 AM in Kansas City, an hour before the operation."""
MINUTE = timedelta(minutes=1)


async def plan_bluestem(two: Cast) -> UUID:
    event_id = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await let_in(two.fbi_lead, two.hsi_liaison, event_id, two.caht_lead)
    return event_id


async def line_of(viewer: Viewer, event_id: UUID, person: Viewer) -> CheckIn:
    return (await check_ins.check_in_list(viewer, event_id, KEY, FIVE)).line(person.member_id)


async def tap_button(
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


def medic(two: Cast, agency: str = "FBI", name: str = "Medic", number: int = 1) -> WalkIn:
    return WalkIn(
        ticket=UUID(int=number),
        name=name,
        agency_id=two.agencies[agency],
        agency="",
        contact="Channel 2",
        assignment="Medic",
    )


def words_of_lines(lines: Iterable[CheckIn]) -> list[str]:
    return [one.words for one in lines]


async def test_the_list_has_the_people_of_law_enforcement_on_the_operation_by_agency(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert words_of_lines(check_ins_found.lines) == [
        "Fbi alternate (FBI)",
        "Fbi lead (FBI)",
        "Hsi liaison (HSI)",
        "Kcpd detective (KCPD)",
    ]


async def test_a_person_is_checked_in_and_out_with_one_tap_each(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    await tap_button(two.fbi_lead, event_id, two.fbi_lead, Direction.IN)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT, FIVE + MINUTE)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert check_ins_found.tally == CheckInTally(listed=4, checked_in=2, checked_out=1)
    assert words_of_lines(check_ins_found.still_in) == ["Fbi lead (FBI)"]
    line = check_ins_found.line(two.hsi_liaison.member_id)
    assert (line.time_in, line.time_out) == (FIVE, FIVE + MINUTE)


async def test_the_same_tap_sent_twice_counts_once_also_after_others(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, tap_id="1")
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + MINUTE, tap_id="1")
    assert (await line_of(two.fbi_lead, event_id, two.hsi_liaison)).time_in == FIVE
    taken_back = (await line_of(two.fbi_lead, event_id, two.hsi_liaison)).id
    assert taken_back
    await check_ins.undo_tap(two.fbi_lead, event_id, KEY, taken_back, FIVE + MINUTE)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + MINUTE, tap_id="1")
    assert (await line_of(two.fbi_lead, event_id, two.hsi_liaison)).presence is Presence.EXPECTED


async def test_a_tap_that_waited_for_a_network_counts_at_the_moment_of_the_tap(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN, FIVE + 10 * MINUTE, waited=10 * MINUTE)
    assert (await line_of(two.fbi_lead, event_id, two.hsi_liaison)).time_in == FIVE
    with pytest.raises(Invalid, match="more than a day old"):
        await tap_button(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, waited=timedelta(hours=25))


async def test_a_tap_that_arrives_late_does_not_take_a_later_one_back(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN)
    await tap_button(two.fbi_lead, event_id, two.kcpd_detective, Direction.OUT, FIVE + 5 * MINUTE)
    await tap_button(
        two.kcpd_detective, event_id, two.kcpd_detective, Direction.IN, FIVE + 9 * MINUTE, waited=8 * MINUTE
    )
    await tap_button(two.kcpd_detective, event_id, two.kcpd_detective, Direction.IN, FIVE + 9 * MINUTE, tap_id="2")
    line = await line_of(two.fbi_lead, event_id, two.kcpd_detective)
    assert (line.time_in, line.time_out) == (FIVE, FIVE + 5 * MINUTE)


async def test_in_takes_a_check_out_back_for_who_saw_it(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN)
    await tap_button(two.fbi_lead, event_id, two.kcpd_detective, Direction.OUT, FIVE + MINUTE)
    await tap_button(two.fbi_lead, event_id, two.kcpd_detective, Direction.IN, FIVE + 2 * MINUTE, was=Presence.OUT)
    line = await line_of(two.fbi_lead, event_id, two.kcpd_detective)
    assert (line.time_in, line.time_out) == (FIVE, None)


async def test_no_one_checks_out_who_did_not_check_in(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(Invalid, match="isn’t checked in"):
        await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT)


async def test_law_enforcement_on_the_operation_checks_in_its_own_agency_alone(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_alternate, event_id, two.fbi_lead, Direction.IN)
    await tap_button(two.hsi_liaison, event_id, two.hsi_liaison, Direction.IN)
    with pytest.raises(NotAllowed, match="yourself and people from your agency"):
        await tap_button(two.hsi_liaison, event_id, two.kcpd_detective, Direction.IN)
    with pytest.raises(NotAllowed):
        await check_ins.check_in_walk_in(two.kcpd_detective, event_id, KEY, medic(two, "KCPD"), FIVE - 13 * 60 * MINUTE)
    with pytest.raises(Invalid):
        await check_ins.check_in_walk_in(two.kcpd_detective, event_id, KEY, medic(two, "FBI"), FIVE)


async def test_victim_services_and_strangers_find_no_list(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    for other in (two.caht_lead, two.coordinator, two.kcpd_alternate):
        with pytest.raises(NotFound):
            await check_ins.check_in_list(other, event_id, KEY, FIVE)


async def test_a_walk_in_is_added_once_and_gone_when_taken_back(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    for _ in range(2):
        added = await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, medic(two), FIVE)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert words_of_lines(check_ins_found.agencies["FBI"]) == ["Fbi alternate (FBI)", "Fbi lead (FBI)", "Medic (FBI)"]
    assert added.id
    await check_ins.undo_tap(two.fbi_alternate, event_id, KEY, added.id, FIVE)
    await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, medic(two), FIVE)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert "Medic (FBI)" not in words_of_lines(check_ins_found.lines)


async def test_a_walk_in_of_an_agency_that_is_not_in_the_list_is_checked_in_by_who_leads(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    outside = WalkIn(ticket=UUID(int=1), name="Trooper", agency_id=None, agency="MSHP", contact="", assignment="")
    with pytest.raises(Invalid, match="Choose your agency"):
        await check_ins.check_in_walk_in(two.fbi_alternate, event_id, KEY, outside, FIVE)
    await check_ins.check_in_walk_in(two.fbi_lead, event_id, KEY, outside, FIVE)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, event_id, KEY, FIVE)
    assert words_of_lines(check_ins_found.agencies["MSHP"]) == ["Trooper (MSHP)"]


async def test_undo_restores_what_was_before_unless_someone_recorded_something_else_since(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    out = await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.OUT, FIVE + MINUTE)
    assert out.id
    with pytest.raises(NotAllowed):
        await check_ins.undo_tap(two.fbi_alternate, event_id, KEY, out.id, FIVE + MINUTE)
    await check_ins.undo_tap(two.fbi_lead, event_id, KEY, out.id, FIVE + MINUTE)
    line = await line_of(two.fbi_lead, event_id, two.hsi_liaison)
    assert (line.time_in, line.time_out) == (FIVE, None)
    with pytest.raises(NotAllowed, match="someone recorded something else"):
        await check_ins.undo_tap(two.fbi_lead, event_id, KEY, out.id, FIVE + MINUTE)


async def test_times_are_corrected_and_a_stale_form_is_refused(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    first = await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    to = LineCorrection(time_in=FIVE - MINUTE, time_out=None, contact="Channel 2", assignment="Perimeter")
    person = two.hsi_liaison.member_id
    await check_ins.correct_line(two.fbi_lead, event_id, KEY, person, to, FIVE, seen=first.id)
    with pytest.raises(Conflict):
        await check_ins.correct_line(two.fbi_lead, event_id, KEY, person, to, FIVE, seen=first.id)
    line = await line_of(two.fbi_lead, event_id, two.hsi_liaison)
    assert (line.time_in, line.contact, line.assignment) == (FIVE - MINUTE, "Channel 2", "Perimeter")


async def test_an_assignment_given_since_does_not_outdate_a_tap_that_waits(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    first = await tap_button(two.fbi_lead, event_id, two.hsi_liaison, Direction.IN)
    to = LineCorrection(time_in=FIVE, time_out=None, contact="", assignment="Perimeter")
    later = FIVE + 10 * MINUTE
    await check_ins.correct_line(two.fbi_lead, event_id, KEY, two.hsi_liaison.member_id, to, later, seen=first.id)
    await tap_button(two.hsi_liaison, event_id, two.hsi_liaison, Direction.OUT, later + MINUTE, waited=5 * MINUTE)
    assert (await line_of(two.fbi_lead, event_id, two.hsi_liaison)).time_out == FIVE + 6 * MINUTE


async def test_check_in_opens_twelve_hours_before_the_operation(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(NotAllowed, match="Check-in opens on Fri, Jan 15 at 6:00 PM"):
        await tap_button(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, FIVE - timedelta(hours=12))
    await tap_button(two.fbi_lead, event_id, two.fbi_lead, Direction.IN, FIVE - timedelta(hours=11))


WALK_INS = {"FBI": 3, "HSI": 3, "KCPD": 2}
"""With the four people on the operation, 12 of three agencies."""


def saturday_at(hour: int, minute: int) -> datetime:
    """Return a time of the Saturday in Kansas City."""
    return datetime(2027, 1, 16, hour + 6, minute, tzinfo=NOW.tzinfo)


async def tap_as_usual(by: Viewer, event_id: UUID, person_id: UUID, button: Direction, now: datetime) -> CheckIn:
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    press = Tap(tap_id=now.isoformat(), person_id=person_id, button=button, was=was)
    return await check_ins.record_tap(by, event_id, KEY, press, now)


async def list_at(two: Cast, event_id: UUID, now: datetime) -> CheckInList:
    return await check_ins.check_in_list(two.fbi_lead, event_id, KEY, now)


async def state_of(two: Cast, event_id: UUID) -> OperationState:
    return (await operation_for(two.fbi_lead, event_id)).state


async def missing_emails(now: datetime) -> list[Message]:
    """Let the clock look, and return the emails about people who haven't checked out."""
    await check_ins.notify_leads_of_missing(now)
    queued = await outbox.claim_messages("w", [], now, 1_000)
    return [one for one in queued if isinstance(one.content, CheckOutMissing)]


async def named_at_home(viewer: Viewer, now: datetime) -> list[str]:
    home = await home_for(viewer, now, now.date(), ZONE)
    return [row.people for row in home.follow_up if isinstance(row, MissingCheckOut)]


@pytest.fixture
async def bluestem_of_twelve(two: Cast) -> UUID:
    """Twelve people of three agencies are checked in at five, and it begins at 6:05."""
    event_id = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await begin_execution(two, event_id)
    for person in (two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective):
        await tap_as_usual(two.fbi_lead, event_id, person.member_id, Direction.IN, saturday_at(5, 0))
    for agency, count in WALK_INS.items():
        for number in range(count):
            await check_ins.check_in_walk_in(two.fbi_lead, event_id, KEY, agent(two, agency, number), saturday_at(5, 0))
    return event_id


def agent(two: Cast, agency: str, number: int) -> WalkIn:
    return WalkIn(
        ticket=UUID(int=number),
        name=f"Agent {number + 1}",
        agency_id=two.agencies[agency],
        agency="",
        contact="",
        assignment="Perimeter",
    )


@pytest.fixture
async def released(two: Cast, bluestem_of_twelve: UUID) -> UUID:
    """Released at 11:40 with eleven out; the detective of KCPD is still in."""
    for line in (await list_at(two, bluestem_of_twelve, saturday_at(11, 30))).lines:
        if line.member_id != two.kcpd_detective.member_id:
            await tap_as_usual(two.fbi_lead, bluestem_of_twelve, line.person_id, Direction.OUT, saturday_at(11, 35))
    await check_ins.release_everyone(two.fbi_lead, bluestem_of_twelve, 30, saturday_at(11, 40))
    return bluestem_of_twelve


async def test_home_asks_the_lead_for_missing_people_instead_of_the_check_in(two: Cast, released: UUID) -> None:
    needs = {}
    for minute in (0, 20):
        shown = await home_for(two.fbi_lead, saturday_at(12, minute), NOW.date(), ZONE)
        needs[minute] = [row.need for row in shown.follow_up if row.need in {Need.CHECK_IN, Need.CHECK_OUT}]
    assert needs == {0: [Need.CHECK_IN], 20: [Need.CHECK_OUT]}


async def test_twelve_people_of_three_agencies_are_checked_in(two: Cast, bluestem_of_twelve: UUID) -> None:
    check_in_list = await list_at(two, bluestem_of_twelve, saturday_at(6, 5))
    assert check_in_list.tally == CheckInTally(listed=12, checked_in=12, checked_out=0)
    assert {agency: len(lines) for agency, lines in check_in_list.agencies.items()} == {"FBI": 5, "HSI": 4, "KCPD": 3}
    assert await state_of(two, bluestem_of_twelve) is OperationState.EXECUTING


async def test_it_is_released_at_11_40_with_eleven_out_and_is_still_under_way(two: Cast, released: UUID) -> None:
    check_in_list = await list_at(two, released, saturday_at(11, 40))
    assert check_in_list.tally == CheckInTally(listed=12, checked_in=12, checked_out=11)
    assert check_in_list.not_out == "Not checked out: Kcpd detective (KCPD)."
    assert check_in_list.release
    assert (check_in_list.release.ordered_at, check_in_list.release.due_at) == (
        saturday_at(11, 40),
        saturday_at(12, 10),
    )
    assert await state_of(two, released) is OperationState.EXECUTING


async def test_at_12_10_the_lead_gets_one_email_that_names_no_one(two: Cast, released: UUID) -> None:
    assert await missing_emails(saturday_at(12, 9)) == []
    [email] = await missing_emails(saturday_at(12, 10))
    assert (email.recipient_id, email.event_id) == (two.fbi_lead.member_id, released)
    assert await check_ins.notify_leads_of_missing(saturday_at(12, 11)) == 0
    made = await write_email(email, saturday_at(12, 10), ZONE)
    assert isinstance(made, Email)
    assert (made.facts, made.calendar) == ((), None)
    assert [button.target.path for button in made.buttons] == ["/"]


async def test_at_12_10_the_page_and_the_lead_s_home_name_the_one_person(two: Cast, released: UUID) -> None:
    for now, is_named in ((saturday_at(12, 9), False), (saturday_at(12, 10), True)):
        assert (await list_at(two, released, now)).is_overdue is is_named
        expected = ["Not checked out: Kcpd detective (KCPD)."] if is_named else []
        assert await named_at_home(two.fbi_lead, now) == expected
    for other in (two.hsi_liaison, two.kcpd_detective, two.coordinator, two.caht_lead):
        assert await named_at_home(other, saturday_at(12, 10)) == []


async def test_the_check_out_at_12_15_clears_it_and_ends_the_operation(two: Cast, released: UUID) -> None:
    [email] = await missing_emails(saturday_at(12, 10))
    await tap_as_usual(two.kcpd_detective, released, two.kcpd_detective.member_id, Direction.OUT, saturday_at(12, 15))
    assert await state_of(two, released) is OperationState.RELEASED
    assert await named_at_home(two.fbi_lead, saturday_at(12, 15)) == []
    assert (await list_at(two, released, saturday_at(12, 15))).is_overdue is False
    assert isinstance(await write_email(email, saturday_at(12, 15), ZONE), SendOutcome)
    assert await check_ins.notify_leads_of_missing(saturday_at(12, 16)) == 0


async def test_no_one_is_notified_when_all_are_out_in_time(two: Cast, released: UUID) -> None:
    await tap_as_usual(two.fbi_lead, released, two.kcpd_detective.member_id, Direction.OUT, saturday_at(12, 5))
    assert await missing_emails(saturday_at(12, 10)) == []


async def test_a_release_that_was_taken_back_notifies_no_one_and_the_next_one_does(two: Cast, released: UUID) -> None:
    await check_ins.withdraw_release(two.fbi_lead, released, saturday_at(11, 41))
    assert await missing_emails(saturday_at(12, 10)) == []
    await check_ins.release_everyone(two.fbi_lead, released, 5, saturday_at(12, 11))
    assert len(await missing_emails(saturday_at(12, 16))) == 1


async def test_people_who_are_still_in_after_an_abort_are_missed_too(two: Cast, bluestem_of_twelve: UUID) -> None:
    await approvals.change_plan_state(two.fbi_lead, bluestem_of_twelve, OperationState.ABORTED, saturday_at(7, 0))
    assert await missing_emails(saturday_at(7, 29)) == []
    assert len(await missing_emails(saturday_at(7, 30))) == 1
    [said] = await named_at_home(two.fbi_lead, saturday_at(7, 30))
    assert said.endswith("and 7 more.")


async def test_someone_who_does_not_lead_it_gets_no_email(two: Cast, released: UUID) -> None:
    [email] = await missing_emails(saturday_at(12, 10))
    event, plan = await scheduling.plan_to_change(two.fbi_lead, released)
    assert event.lead_id == email.recipient_id
    stranger = two.kcpd_alternate.member_id
    other = replace(email, recipient_id=stranger)
    assert plan
    assert isinstance(await write_email(other, saturday_at(12, 10), ZONE), SendOutcome)


SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)


async def tap_at_six(by: Viewer, event_id: UUID, person: Viewer, button: Direction, now: datetime = SIX) -> CheckIn:
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    press = Tap(tap_id=now.isoformat(), person_id=person.member_id, button=button, was=was)
    return await check_ins.record_tap(by, event_id, KEY, press, now)


@pytest.fixture
async def bluestem_of_two(two: Cast) -> UUID:
    """Under way, with the lead and the liaison of HSI checked in."""
    event_id = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await begin_execution(two, event_id)
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, event_id, person, Direction.IN)
    return event_id


async def test_an_operation_is_not_released_while_people_are_in_and_names_them(
    two: Cast, bluestem_of_two: UUID
) -> None:
    with pytest.raises(NotAllowed) as refused:
        await approvals.change_plan_state(two.fbi_lead, bluestem_of_two, OperationState.RELEASED, SIX)
    assert refused.value.sentence == "Not checked out: Fbi lead (FBI), Hsi liaison (HSI)."


async def test_the_last_check_out_after_a_release_ends_the_operation(two: Cast, bluestem_of_two: UUID) -> None:
    assert await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX) is OperationState.EXECUTING
    await tap_at_six(two.fbi_lead, bluestem_of_two, two.fbi_lead, Direction.OUT, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.EXECUTING
    await tap_at_six(two.hsi_liaison, bluestem_of_two, two.hsi_liaison, Direction.OUT, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.RELEASED
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, bluestem_of_two, KEY, SIX + MINUTE)
    assert check_ins_found.release
    assert (check_ins_found.release.ordered_at, check_ins_found.release.by) == (SIX, "Fbi lead (FBI)")


async def test_the_audit_log_says_that_the_last_check_out_released_the_operation(
    two: Cast, bluestem_of_two: UUID
) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX)
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, bluestem_of_two, person, Direction.OUT, SIX + MINUTE)
    verbs = (
        await AuditEntry.select(AuditEntry.verb)
        .where(AuditEntry.subject_id == str(bluestem_of_two))
        .output(as_list=True)
    )
    assert "operation_released" in verbs


async def test_without_a_release_the_operation_continues_with_no_one_in(two: Cast, bluestem_of_two: UUID) -> None:
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, bluestem_of_two, person, Direction.OUT, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.EXECUTING
    await approvals.change_plan_state(two.fbi_lead, bluestem_of_two, OperationState.RELEASED, SIX + 2 * MINUTE)
    check_ins_found = await check_ins.check_in_list(two.fbi_lead, bluestem_of_two, KEY, SIX + 2 * MINUTE)
    assert check_ins_found.release
    assert check_ins_found.release.ordered_at == SIX + 2 * MINUTE


async def test_a_release_with_no_one_in_ends_the_operation_at_once(two: Cast, bluestem_of_two: UUID) -> None:
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, bluestem_of_two, person, Direction.OUT, SIX + MINUTE)
    assert (
        await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX + 2 * MINUTE) is OperationState.RELEASED
    )


async def test_the_last_check_out_can_be_taken_back(two: Cast, bluestem_of_two: UUID) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX)
    await tap_at_six(two.fbi_lead, bluestem_of_two, two.fbi_lead, Direction.OUT, SIX + MINUTE)
    last = await tap_at_six(two.fbi_lead, bluestem_of_two, two.hsi_liaison, Direction.OUT, SIX + MINUTE)
    assert last.id
    await check_ins.undo_tap(two.fbi_lead, bluestem_of_two, KEY, last.id, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.EXECUTING
    await tap_at_six(two.fbi_lead, bluestem_of_two, two.hsi_liaison, Direction.OUT, SIX + 2 * MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.RELEASED


async def test_only_who_leads_releases_everyone_once_and_while_it_is_under_way(
    two: Cast, bluestem_of_two: UUID
) -> None:
    with pytest.raises(NotAllowed):
        await check_ins.release_everyone(two.hsi_liaison, bluestem_of_two, 30, SIX)
    for odd in (None, 4, 241):
        with pytest.raises(Invalid):
            await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, odd, SIX)
    await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX)
    with pytest.raises(NotAllowed, match="already"):
        await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX)
    other = await plan_operation(two.fbi_lead, two.hsi_liaison, title="Operation Larkspur")
    with pytest.raises(NotAllowed, match="under way"):
        await check_ins.release_everyone(two.fbi_lead, other, 30, SIX)


async def test_a_release_is_taken_back_and_ordered_again(two: Cast, bluestem_of_two: UUID) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 30, SIX)
    with pytest.raises(NotAllowed):
        await check_ins.withdraw_release(two.hsi_liaison, bluestem_of_two, SIX)
    await check_ins.withdraw_release(two.fbi_lead, bluestem_of_two, SIX)
    with pytest.raises(NotAllowed, match="no release"):
        await check_ins.withdraw_release(two.fbi_lead, bluestem_of_two, SIX)
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, bluestem_of_two, person, Direction.OUT, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.EXECUTING
    assert (
        await check_ins.release_everyone(two.fbi_lead, bluestem_of_two, 15, SIX + 2 * MINUTE) is OperationState.RELEASED
    )


async def test_an_aborted_operation_is_debriefed_when_everyone_is_out(two: Cast, bluestem_of_two: UUID) -> None:
    await approvals.change_plan_state(two.fbi_lead, bluestem_of_two, OperationState.ABORTED, SIX)
    with pytest.raises(NotAllowed, match="Not checked out: Fbi lead"):
        await approvals.change_plan_state(two.fbi_lead, bluestem_of_two, OperationState.DEBRIEFED, SIX)
    with pytest.raises(NotAllowed, match="aborted"):
        await tap_at_six(two.fbi_lead, bluestem_of_two, two.kcpd_detective, Direction.IN, SIX + MINUTE)
    for person in (two.fbi_lead, two.hsi_liaison):
        await tap_at_six(two.fbi_lead, bluestem_of_two, person, Direction.OUT, SIX + MINUTE)
    assert await state_of(two, bluestem_of_two) is OperationState.ABORTED
    await approvals.change_plan_state(two.fbi_lead, bluestem_of_two, OperationState.DEBRIEFED, SIX + 2 * MINUTE)
