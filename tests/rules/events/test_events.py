"""Events, their plans, and their markings: what may be, and what is refused."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, meeting, operation
from tests.event_fields import too_long_text
from tracker.errors import Invalid, ReauthenticationNeeded
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.core.viewers import Level, Visibility
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import (
    FIELDS,
    ONLY_HTTPS,
    TEXTS,
    Event,
    EventFields,
    agenda_items,
    field_values,
    fields_of,
    is_https,
    planned_minutes,
    where_words,
)
from tracker.rules.events.history import ChangedField, FieldChange, changes_of_event
from tracker.rules.events.markings import (
    Category,
    Limit,
    Marking,
    banner_of_all,
    check_limit_visibility,
    check_marking,
    check_people_admitted,
)
from tracker.rules.events.plans import DateChange, Plan, clock_notes, plan_of_event, slot_at


@pytest.mark.parametrize(
    ("line", "title", "minutes"),
    [
        ("Victim services update 20", "Victim services update", 20),
        ("Victim services update  20 min", "Victim services update", 20),
        ("Around the table 5 minutes", "Around the table", 5),
        ("Around the table", "Around the table", None),
        ("Awareness day, January 11", "Awareness day, January 11", None),
        ("Training on Sept. 9", "Training on Sept. 9", None),
        ("20", "20", None),
        ("min", "min", None),
        ("Budget 2027", "Budget 2027", None),
        ("Budget 0", "Budget 0", None),
        ("Budget ٣٠", "Budget ٣٠", None),
    ],
)
def test_minutes_are_a_plain_number_at_the_end_that_is_no_date(line: str, title: str, minutes: int | None) -> None:
    [item] = agenda_items(line)
    assert (item.title, item.minutes) == (title, minutes)


def test_empty_lines_are_no_items() -> None:
    assert [item.title for item in agenda_items("\nOne\n\n  Two 5\n")] == ["One", "Two"]


def test_items_without_minutes_do_not_count() -> None:
    assert planned_minutes(agenda_items("One 5\nTwo\nThree 10")) == 15


MIDNIGHT = datetime.fromisoformat("2027-01-12")
A_DAY = timedelta(days=1)
AN_ID = UUID(int=1)


def refused_fields(plan: Plan) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        plan_rules.check_plan(plan)
    return wrong.value.fields


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_of_a_plan_is_longer_than_its_field(name: str) -> None:
    text = too_long_text(name)
    assert refused_fields(meeting(**{name: text})) == {name: too_long_words(text, TEXTS[name].longest)}
    plan_rules.check_plan(meeting(**{name: text[:-1]}))


@pytest.mark.parametrize("name", ["title", "place", "agenda"])
def test_no_text_of_one_date_is_longer_than_its_field(name: str) -> None:
    change = DateChange(starts=MIDNIGHT, duration=A_DAY, **{name: too_long_text(name)})
    with pytest.raises(Invalid) as wrong:
        plan_rules.check_date_change(change, is_all_day=False)
    assert wrong.value.fields == {name: too_long_words(too_long_text(name), TEXTS[name].longest)}


@pytest.mark.parametrize(
    "link", ["http://video.example", "javascript:alert(1)", "https://", "https://a b", "https://["]
)
def test_a_link_is_a_whole_https_address(link: str) -> None:
    assert not is_https(link)
    assert refused_fields(meeting(video_link=link)) == {"video_link": ONLY_HTTPS}


@pytest.mark.parametrize(("starts", "duration"), [(MIDNIGHT.replace(hour=10), A_DAY), (MIDNIGHT, A_DAY * 1.5)])
def test_an_all_day_event_starts_at_midnight_and_lasts_whole_days(starts: datetime, duration: timedelta) -> None:
    plan = meeting(starts=starts, duration=duration, is_all_day=True)
    assert refused_fields(plan) == {"ends": plan_rules.WHOLE_DAYS}
    plan_rules.check_plan(replace(plan, is_all_day=False))
    with pytest.raises(Invalid, match=plan_rules.WHOLE_DAYS):
        plan_rules.check_date_change(DateChange(starts=starts, duration=duration), is_all_day=True)


def event_of(plan: Plan) -> Event:
    """Return the event that a plan makes."""
    facts = {
        "uid": "",
        "reference": None,
        "committee": None,
        "lead": "",
        "lead_agency": "",
        "version": 1,
        "sequence": 0,
    }
    moments = {"created_at": NOW, "changed_at": NOW}
    return Event(**field_values(plan), **facts, **moments, id=AN_ID, lead_id=AN_ID, rrule=plan.rrule)


@pytest.mark.parametrize("minutes", [None, 15, 16 * 60])
def test_a_restricted_event_opens_only_after_a_fresh_confirmation(minutes: int | None) -> None:
    event, opened = event_of(operation()), operation(visibility=Visibility.LAW_ENFORCEMENT)
    reauthenticated_at = None if minutes is None else NOW - timedelta(minutes=minutes)
    with pytest.raises(ReauthenticationNeeded, match=plan_rules.CONFIRM_FIRST):
        plan_rules.check_opening(opened, event, reauthenticated_at, NOW)
    plan_rules.check_opening(opened, event, NOW - timedelta(minutes=14), NOW)
    plan_rules.check_opening(operation(title="Renamed"), event, reauthenticated_at, NOW)


def test_a_plan_and_an_event_hold_the_same_fields() -> None:
    plan = meeting(video_link="https://video.example/1", agenda="One\nTwo")
    event = event_of(plan)
    assert list(field_values(plan)) == list(FIELDS)
    assert fields_of(event) == fields_of(plan) == EventFields(**field_values(plan))
    assert plan_of_event(event, plan.invitees) == plan


def test_each_field_has_a_label_of_its_own() -> None:
    labels = [one.label for one in FIELDS.values()]
    assert all(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("name", TEXTS)
def test_the_history_names_each_text_by_its_label(name: str) -> None:
    [change] = changes_of_event(event_of(meeting()), meeting(**{name: "Another"}), ())
    assert (change.field, change.field.label) == (name, TEXTS[name].label)


def test_what_people_see_of_places_and_titles_is_said_in_words() -> None:
    changes = changes_of_event(event_of(meeting()), meeting(place="Annex", title="Call"), ())
    assert changes == (
        FieldChange(field=ChangedField.PLACE, before="USAO conference room", after="Annex"),
        FieldChange(field=ChangedField.TITLE, before="Monthly task force meeting", after="Call"),
    )


@pytest.mark.parametrize(
    ("place", "link", "words"),
    [
        ("Room 4", "", "Room 4"),
        ("Room 4", "https://video.example/1", "Room 4, or by video"),
        ("", "https://video.example/1", "By video"),
        ("", "", ""),
    ],
)
def test_an_event_is_in_its_room_or_by_video(place: str, link: str, words: str) -> None:
    assert where_words(place, link) == words


CHICAGO = "America/Chicago"
HALF, HOUR = timedelta(minutes=30), timedelta(hours=1)
FORWARD, BACK = datetime(2027, 3, 14), datetime(2027, 11, 7)


@pytest.mark.parametrize(
    ("start", "length", "said"),
    [
        (FORWARD.replace(hour=2, minute=30), HALF, "starts at 3:30 AM and ends at 4:00 AM, because clocks go forward"),
        (FORWARD.replace(hour=1, minute=30), HOUR, "ends at 3:30 AM, because clocks go forward"),
        (BACK.replace(hour=1, minute=30), HOUR, "starts at the first 1:30 AM, because clocks go back"),
        (BACK.replace(hour=0, minute=30), HOUR, "ends at the first 1:30 AM, because clocks go back"),
    ],
)
def test_hours_that_the_clocks_skip_or_show_twice_are_said(start: datetime, length: timedelta, said: str) -> None:
    assert clock_notes([start], length, CHICAGO) == [f"This date {said}."]


@pytest.mark.parametrize("hour", [0, 3, 10])
def test_other_hours_of_the_same_days_are_not(hour: int) -> None:
    assert clock_notes([FORWARD.replace(hour=hour), BACK.replace(hour=hour + 2)], HALF, CHICAGO) == []


def test_of_a_series_the_day_is_named() -> None:
    nights = [FORWARD.replace(day=day, hour=2, minute=30) for day in (7, 14, 21)]
    assert clock_notes(nights, 2 * HOUR, CHICAGO) == [
        "Sun, Mar 14, 2027 starts at 3:30 AM and ends at 5:30 AM, because clocks go forward."
    ]


def test_a_date_whose_start_is_skipped_keeps_its_length() -> None:
    begins = datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert slot_at(FORWARD.replace(hour=2, minute=30), HALF, CHICAGO) == (begins, begins + HALF)


START = datetime(2027, 1, 12, 10)
PLANS_A_DAY, TWO_WEEKS, A_MINUTE = timedelta(days=1), timedelta(days=14), timedelta(minutes=1)


def test_an_event_or_a_date_of_exactly_14_days_is_saved() -> None:
    plan_rules.check_plan(meeting(duration=TWO_WEEKS))
    plan_rules.check_date_change(DateChange(starts=START, duration=TWO_WEEKS), is_all_day=False)


def test_an_event_or_a_date_of_a_minute_more_than_14_days_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 14 days"):
        plan_rules.check_plan(meeting(duration=TWO_WEEKS + A_MINUTE))
    with pytest.raises(Invalid, match="at most 14 days"):
        plan_rules.check_date_change(DateChange(starts=START, duration=TWO_WEEKS + A_MINUTE), is_all_day=False)


@pytest.mark.parametrize("days", [1, 3])
def test_a_date_of_days_ends_by_the_wall_clock_though_the_clocks_skip_its_start(days: int) -> None:
    """On March 14, 2027, half past two is half past three in Chicago; on the days after it is half past two."""
    skipped = datetime(2027, 3, 14, 2, 30)
    begins, ends = plan_rules.slot_at(skipped, days * PLANS_A_DAY, ZONE)
    assert begins == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert ends == datetime(2027, 3, 14 + days, 7, 30, tzinfo=UTC)


TODAY = date(2026, 12, 15)


def marking(*categories: Category, limit: Limit | None = None, until: date = date(2027, 12, 31)) -> Marking:
    return Marking(
        categories=frozenset(categories), limit=limit, agency_id=UUID(int=1), agency="FBI", decontrol_on=until
    )


@pytest.mark.parametrize(
    ("made", "banner"),
    [
        (marking(Category.LEI, Category.SP_INV, limit=Limit.FEDCON), "CUI//SP-INV/LEI//FEDCON"),
        (marking(Category.SP_PRVCY, Category.LEI, Category.SP_CHRI, Category.INV), "CUI//SP-CHRI/SP-PRVCY/INV/LEI"),
        (marking(Category.LEI), "CUI//LEI"),
        (marking(Category.INV, limit=Limit.DL_ONLY), "CUI//INV//DL ONLY"),
    ],
)
def test_a_banner_names_specified_categories_first_each_group_by_the_alphabet(made: Marking, banner: str) -> None:
    assert made.banner == banner


def test_the_first_page_says_who_designated_it_and_until_when() -> None:
    assert marking(Category.LEI).indicator == "Controlled by: FBI. Decontrol on: Dec 31, 2027."


@pytest.mark.parametrize(
    ("held", "banner"),
    [
        ([], ""),
        ([marking(Category.LEI), marking(Category.INV)], "CUI//INV/LEI"),
        ([marking(Category.INV), marking(Category.SP_INV)], "CUI//SP-INV"),
        (
            [marking(Category.LEI, limit=Limit.FEDCON), marking(Category.LEI, limit=Limit.FED_ONLY)],
            "CUI//LEI//FED ONLY",
        ),
        ([marking(Category.LEI, limit=Limit.FEDCON), marking(Category.LEI, limit=Limit.NOCON)], "CUI//LEI//FED ONLY"),
        (
            [marking(Category.LEI, limit=Limit.NOCON), marking(Category.LEI, limit=Limit.DL_ONLY)],
            "CUI//LEI//DL ONLY/NOCON",
        ),
        ([marking(Category.LEI, limit=Limit.NOCON), marking(Category.LEI)], "CUI//LEI//NOCON"),
    ],
)
def test_what_holds_several_marked_things_has_all_categories_and_the_closest_limit(
    held: list[Marking], banner: str
) -> None:
    assert banner_of_all(held) == banner


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (marking(), "mark_categories"),
        (marking(Category.INV, Category.SP_INV), "mark_categories"),
        (marking(Category.LEI, until=date(2026, 12, 14)), "mark_until"),
    ],
)
def test_a_marking_that_means_nothing_is_refused_at_its_field(made: Marking, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_marking(made, TODAY)
    assert list(refused.value.fields) == [field]


def test_control_may_end_on_the_day_on_which_it_is_set() -> None:
    check_marking(marking(Category.LEI, until=TODAY), TODAY)


@pytest.mark.parametrize("limit", Limit)
def test_a_limit_goes_only_with_a_list_of_named_people(limit: Limit) -> None:
    for visibility in set(Visibility) - {Visibility.NAMED}:
        with pytest.raises(Invalid, match="list of people"):
            check_limit_visibility(limit, visibility)
    check_limit_visibility(limit, Visibility.NAMED)


@pytest.mark.parametrize(
    ("limit", "kept_out"),
    [
        (Limit.FED_ONLY, {Level.STATE, Level.LOCAL, Level.TRIBAL, Level.NON_GOVERNMENTAL}),
        (Limit.FEDCON, {Level.STATE, Level.LOCAL, Level.TRIBAL, Level.NON_GOVERNMENTAL}),
        (Limit.NOCON, {Level.NON_GOVERNMENTAL}),
        (Limit.DL_ONLY, set()),
    ],
)
def test_a_limit_names_those_on_the_list_who_may_not_have_it(limit: Limit, kept_out: set[Level]) -> None:
    check_people_admitted(limit, [(f"A {level} person", level) for level in set(Level) - kept_out])
    for level in kept_out:
        with pytest.raises(Invalid) as refused:
            check_people_admitted(limit, [("FBI lead (FBI)", Level.FEDERAL), (f"A {level} person", level)])
        assert refused.value.fields["mark_limit"].endswith(f"another limit: A {level} person.")
