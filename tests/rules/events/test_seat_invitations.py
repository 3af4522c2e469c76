"""What the change of a seat does to the list of a meeting."""

from uuid import UUID, uuid4

import pytest

from tests.cast import meeting, operation
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.invitees import ListChange, ListedInvitee, SeatChange, change_of_list, follows_seats
from tracker.rules.events.replies import AttendeeRole

FORMER, NEW, COMMITTEE = uuid4(), uuid4(), uuid4()
BY_SEAT = ListedInvitee(AttendeeRole.REQUIRED, by_seat=True)
BY_NAME = ListedInvitee(AttendeeRole.OPTIONAL, by_seat=False)
CHAIR = ListedInvitee(AttendeeRole.CHAIR, by_seat=True)


def changed(
    invited: dict[UUID, ListedInvitee],
    former: UUID | None = FORMER,
    new: UUID | None = NEW,
    seated: set[UUID] | None = None,
) -> tuple[UUID | None, UUID | None]:
    found = change_of_list(SeatChange(COMMITTEE, former, new), invited, seated or {NEW})
    return found.gone_id, found.new_id


def test_the_new_primary_takes_the_place_of_the_former() -> None:
    assert changed({FORMER: BY_SEAT}) == (FORMER, NEW)


def test_the_new_primary_has_the_role_of_the_former() -> None:
    optional = ListedInvitee(AttendeeRole.OPTIONAL, by_seat=True)
    found = change_of_list(SeatChange(COMMITTEE, FORMER, NEW), {FORMER: optional}, {NEW})
    assert found == ListChange(FORMER, NEW, AttendeeRole.OPTIONAL)


def test_where_the_former_primary_was_not_invited_the_new_one_is_not_either() -> None:
    assert changed({}) == (None, None)


def test_a_person_invited_by_name_stays_and_the_new_primary_comes_too() -> None:
    assert changed({FORMER: BY_NAME}) == (None, NEW)


def test_an_organizer_stays_and_the_new_primary_comes_too() -> None:
    assert changed({FORMER: CHAIR}) == (None, NEW)


def test_a_person_with_another_seat_on_the_committee_stays() -> None:
    assert changed({FORMER: BY_SEAT}, seated={FORMER, NEW}) == (None, NEW)


def test_the_first_primary_of_a_vacant_seat_is_invited_to_every_meeting() -> None:
    assert changed({}, former=None) == (None, NEW)


def test_a_seat_that_becomes_vacant_takes_its_primary_off_the_list() -> None:
    assert changed({FORMER: BY_SEAT}, new=None) == (FORMER, None)


def test_a_new_primary_who_is_invited_already_keeps_their_place() -> None:
    assert changed({FORMER: BY_SEAT, NEW: BY_NAME}) == (FORMER, None)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_the_lists_of_meetings_follow_seats_and_those_of_named_people_never(visibility: Visibility) -> None:
    plan = meeting(visibility=visibility, committee_id=COMMITTEE)
    assert follows_seats(plan) is (visibility is not Visibility.NAMED)


def test_no_operation_and_no_event_without_a_committee_follows_seats() -> None:
    assert not follows_seats(operation(visibility=Visibility.LAW_ENFORCEMENT, committee_id=COMMITTEE))
    assert not follows_seats(meeting())
