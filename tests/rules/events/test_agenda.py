"""Agendas: what a line says of its minutes."""

import pytest

from tracker.rules.events.events import agenda_items, planned_minutes


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
