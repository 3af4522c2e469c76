"""The directory, the file of a roster, quorums, reminder policies, and sites."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import asdict, replace

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Level, Role, Status, Viewer
from tracker.rules.roster.csv_file import RosterRow, RowFault, SeatPlace, contradictions, roster_row
from tracker.rules.roster.directory import PHONE_HINT, AgencyContact, check_phones, is_email, is_phone, mobile_for
from tracker.rules.roster.meetings import (
    OFFERED,
    USUAL,
    USUAL_POLICY,
    FillableSeat,
    MeetingSite,
    MeetingSiteFacts,
    Quorum,
    QuorumRule,
    ReminderPolicy,
    check_leads,
    lead_words,
    leads_words,
    policy_in,
    site_at,
)

VIEWER = Viewer(
    member_id=uuid4(),
    name="Detective",
    email="detective@kcpd.example",
    agency_id=uuid4(),
    agency="KCPD",
    arm=Arm.LAW_ENFORCEMENT,
    zone="America/Chicago",
)


@pytest.mark.parametrize(
    "text",
    ["", "816-555-0100", "(816) 555-0100", "+1 816.555.0100", "8165550100 x12", "816-555-0100 ext. 1234", "555-0100"],
)
def test_digits_with_their_usual_signs_and_an_extension_are_a_phone_number(text: str) -> None:
    assert is_phone(text)


@pytest.mark.parametrize(
    "text", ["911", "call me", "816-555-01OO", "+", "1" * 16, "816-555-0100 x", "=816-555-0100", "816-555-0100 or 0101"]
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_phone(text)


def test_the_sentence_for_a_wrong_number_is_at_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_phones(phone="816-555-0100", mobile="none")
    assert refused.value.fields == {"mobile": PHONE_HINT}


def test_an_agencys_contact_names_its_wrong_fields() -> None:
    wrong = AgencyContact(name="Front desk", phone="x", email="nobody").wrong()
    assert {field for field, sentence in wrong.items() if sentence} == {"contact_phone", "contact_email"}
    assert not AgencyContact().is_given
    assert is_email("desk@kcpd.example")


@pytest.mark.parametrize("role", [None, Role.AGENCY_LEAD, Role.AUDITOR])
def test_a_private_mobile_number_is_hidden_from_everyone_else(role: Role | None) -> None:
    viewer = replace(VIEWER, roles=frozenset({role} if role else ()))
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=True) == ""
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=False) == "816-555-0101"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_coordinators_administrators_and_the_person_see_it(role: Role) -> None:
    viewer = replace(VIEWER, roles=frozenset({role}))
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=True) == "816-555-0101"
    assert mobile_for(VIEWER, VIEWER.member_id, "816-555-0101", is_private=True) == "816-555-0101"


ROW = {"agency_code": "KCPD", "name": "KCPD detective", "email": "detective@kcpd.example"}


def row_of(**cells: str) -> RosterRow:
    row_found, faults = roster_row(2, {**ROW, **cells})
    assert faults == []
    assert row_found is not None
    return row_found


def faults_of(**cells: str) -> list[RowFault]:
    return roster_row(2, {**ROW, **cells})[1]


@pytest.mark.parametrize(
    ("field", "cell", "meant"),
    [
        ("email", " Detective@KCPD.example ", "detective@kcpd.example"),
        ("arm", "Law enforcement", Arm.LAW_ENFORCEMENT),
        ("arm", "victim-services", Arm.VICTIM_SERVICES),
        ("level", "NGO", Level.NON_GOVERNMENTAL),
        ("level", "", None),
        ("phone", "+1 (816) 555-0100", "+1 (816) 555-0100"),
        ("roles", "coordinator; Agency lead", {Role.COORDINATOR, Role.AGENCY_LEAD}),
        ("roles", "", frozenset()),
        ("seats", "Steering; Training (ALTERNATE);", {"Steering": SeatPlace.PRIMARY, "Training": SeatPlace.ALTERNATE}),
        ("seats", "Review (cold) (chair)", {"Review (cold)": SeatPlace.CHAIR}),
        ("status", "departed", Status.DEPARTED),
        ("zone", "America/Denver", "America/Denver"),
        ("name", "Ngọc\u200cAn", "Ngọc\u200cAn"),
    ],
)
def test_a_cell_means_what_people_write(field: str, cell: str, meant: object) -> None:
    assert asdict(row_of(**{field: cell}))[field] == meant


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("name", ""),
        ("name", "=HYPERLINK(1)"),
        ("name", "@SUM(A1)"),
        ("title", "-2+3"),
        ("agency_name", "\uff1dcmd"),
        ("name", "\u200b=1+1"),
        ("title", "\u115f@SUM(A1)"),
        ("agency_code", "\u2003-1"),
        ("name", "\u2800"),
        ("name", "two\nlines"),
        ("name", "turned \u202e round"),
        ("name", "x" * 121),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "a b@agency.example"),
        ("email", "ada@münchen.example"),
        ("email", "a@b.example, c@d.example"),
        ("arm", "police"),
        ("level", "county"),
        ("phone", "=1+1"),
        ("phone", "call me"),
        ("zone", "Central"),
        ("roles", "boss"),
        ("seats", "(chair)"),
        ("seats", "Steering; steering (alternate)"),
        ("status", "retired"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(field: str, cell: str) -> None:
    assert [(one.row, one.field) for one in faults_of(**{field: cell})] == [(2, field)]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    assert {one.field for one in faults_of(name="", email="nobody", arm="police")} == {"name", "email", "arm"}


def test_the_faults_are_sentences() -> None:
    every = faults_of(name="", email="nobody", arm="police", phone="x", zone="x", seats="()", title="=1")
    assert all(one.sentence[0].isupper() and one.sentence.endswith(".") for one in every)


def other(row: int, **cells: str) -> RosterRow:
    row_found, _ = roster_row(row, {**ROW, "email": f"other{row}@kcpd.example", **cells})
    assert row_found is not None
    return row_found


def test_an_address_is_in_one_row_only() -> None:
    assert [(one.row, one.field) for one in contradictions([row_of(), other(3, email=ROW["email"])])] == [(3, "email")]


def test_rows_of_one_agency_agree_on_its_arm() -> None:
    rows = [row_of(arm="law enforcement"), other(3, arm=""), other(4, arm="victim services", agency_code="kcpd")]
    assert [(one.row, one.field) for one in contradictions(rows)] == [(4, "arm")]


def test_an_agency_has_one_primary_in_a_committee() -> None:
    rows = [row_of(seats="Steering"), other(3, seats="steering (chair)"), other(4, seats="Steering (alternate)")]
    assert [(one.row, one.field) for one in contradictions(rows)] == [(3, "seats")]


def test_two_agencies_sit_in_the_same_committee() -> None:
    assert contradictions([row_of(seats="Steering"), other(3, seats="Steering", agency_code="FBI")]) == []


LAW, SERVICES = Arm.LAW_ENFORCEMENT, Arm.VICTIM_SERVICES
ANNA, BEN, CARL, DORA = (UUID(int=number) for number in range(1, 5))


def quorum(seats: int | None = 2, *, both_arms: bool = True) -> Quorum:
    return Quorum(
        rule=QuorumRule(seats=seats, both_arms=both_arms),
        seats=(
            FillableSeat(agency_id=uuid4(), arm=LAW, holders=frozenset({ANNA, BEN})),
            FillableSeat(agency_id=uuid4(), arm=LAW, holders=frozenset({CARL})),
            FillableSeat(agency_id=uuid4(), arm=SERVICES, holders=frozenset({DORA})),
        ),
    )


def test_an_alternate_fills_the_seat_of_a_primary_who_cannot_come() -> None:
    assert quorum().count({ANNA}).words == "Quorum: 3 of 3 seats (2 needed)"


def test_two_people_of_one_seat_fill_it_once() -> None:
    assert quorum(both_arms=False).count_present({ANNA, BEN}).words == "No quorum: 1 of 3 seats (2 needed)"


def test_an_arm_of_which_no_one_is_there_keeps_it_from_being_a_quorum() -> None:
    assert quorum().count({DORA}).words == "No quorum: no one from victim services"
    assert quorum(3).count({DORA}).words == "No quorum: 2 of 3 seats (3 needed), no one from victim services"


def test_a_seat_of_which_no_one_is_invited_is_not_filled() -> None:
    assert quorum().among({BEN, DORA}).count(set()).words == "Quorum: 2 of 3 seats (2 needed)"


def test_without_a_number_the_arms_alone_count() -> None:
    assert quorum(None).count({ANNA, BEN}).is_met
    assert quorum(None).count({ANNA, BEN}).words == "Quorum: 2 of 3 seats"
    assert not quorum(None).count({ANNA, BEN, CARL}).is_met


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (QuorumRule(), "none"),
        (QuorumRule(seats=5), "5 of 8 seats"),
        (QuorumRule(seats=5, both_arms=True), "5 of 8 seats, both arms"),
        (QuorumRule(both_arms=True), "both arms"),
    ],
)
def test_a_rule_is_said_in_words(rule: QuorumRule, words: str) -> None:
    assert rule.words(8) == words


def test_a_committee_of_one_arm_cannot_ask_for_both_and_no_one_for_no_seat() -> None:
    with pytest.raises(Invalid) as refused:
        QuorumRule(both_arms=True).check(LAW)
    assert "both_arms" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        QuorumRule(seats=0).check(None)
    assert "quorum" in refused.value.fields


DAY = timedelta(days=1)


@pytest.mark.parametrize("leads", [[], [timedelta(hours=5)]])
def test_lead_times_are_some_of_those_offered(leads: list[timedelta]) -> None:
    with pytest.raises(Invalid):
        check_leads(leads)


def test_lead_times_are_said_as_people_say_them() -> None:
    assert [lead_words(one) for one in OFFERED] == ["7 days", "3 days", "1 day", "2 hours", "30 minutes"]
    assert leads_words(USUAL) == "7 days, 1 day, and 2 hours before"
    assert leads_words([DAY]) == "1 day before"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (USUAL_POLICY, "Reminders go out 7 days, 1 day, and 2 hours before."),
        (ReminderPolicy(leads=frozenset()), "No reminders."),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({timedelta(days=5), timedelta(days=2)})),
            "Reminders go out 1 day before. We follow up 5 days and 2 days before with people who haven’t replied.",
        ),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_after=frozenset({2 * DAY, 5 * DAY, 7 * DAY})),
            (
                "Reminders go out 1 day before."
                " We follow up 2 days, 5 days, and 7 days after the invitation with people who haven’t replied."
            ),
        ),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({2 * DAY}), asks_after=frozenset({5 * DAY})),
            (
                "Reminders go out 1 day before. We follow up 5 days after the invitation, and 2 days before the event,"
                " with people who haven’t replied."
            ),
        ),
        (
            ReminderPolicy(leads=frozenset(), sends_thanks=True),
            "No reminders. People who were there get a thank-you after attendance is closed.",
        ),
    ],
)
def test_a_policy_is_said_in_a_sentence_or_two(policy: ReminderPolicy, words: str) -> None:
    assert policy.words == words


def test_a_form_describes_a_policy_by_minutes_and_others_are_ignored() -> None:
    chosen = policy_in(["1440", "7", "odd"], ["14400", "1440"], sends_thanks=True)
    assert chosen == ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({10 * DAY}), sends_thanks=True)
    assert policy_in([]) == ReminderPolicy(leads=frozenset())


ROOM = MeetingSite(
    id=UUID(int=1),
    name="5th-floor conference room",
    address="400 E 9th St, Kansas City",
    capacity=12,
    equipment="Projector",
    is_open=True,
    version=1,
)


@pytest.mark.parametrize(
    "place",
    [
        "5th-floor conference room",
        " 5th-Floor  Conference Room",
        "5th-floor conference room, 400 E 9th St, Kansas City",
    ],
)
def test_a_place_means_a_site_by_its_name_with_or_without_the_address(place: str) -> None:
    assert site_at(place, [ROOM]) is ROOM


@pytest.mark.parametrize("place", ["", "5th-floor", "By video", "6th-floor conference room"])
def test_other_words_mean_no_site(place: str) -> None:
    assert site_at(place, [ROOM]) is None


def test_the_organizer_needs_a_seat_too() -> None:
    assert ROOM.too_small(11) == ""
    assert ROOM.too_small(12) == "Room holds 12; 13 invited, including the organizer."


def test_a_site_says_what_there_is() -> None:
    assert ROOM.words == "holds 12, Projector"


def test_a_site_has_a_name_and_a_seat() -> None:
    with pytest.raises(Invalid) as refused:
        MeetingSiteFacts(name="", address="", capacity=0, equipment="", is_open=True).check()
    assert set(refused.value.fields) == {"name", "capacity"}
