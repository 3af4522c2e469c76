"""tracker calendar import, as an operator meets it."""

from pathlib import Path

import pytest

from tests.ical.files import calendar, vevent
from tests.ports.cli.commands import BOSS, founded, is_one_sentence, tracker
from tracker.ports.cli.opening import progress


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return founded(tmp_path_factory.mktemp("founded") / "data")


def a_file(folder: Path, *components: str) -> Path:
    file = folder.parent / "calendar.ics"
    file.write_bytes(calendar(*components))
    return file


def test_a_file_is_imported_once(folder: Path) -> None:
    file = a_file(folder, vevent("RRULE:FREQ=WEEKLY;COUNT=3"), vevent("CLASS:PRIVATE", uid="private", title="Dentist"))
    words = ("calendar", "import", file, "--data", folder, "--as", BOSS)
    trial = tracker(*words, "--dry-run")
    assert (trial.exit_code, trial.stdout.splitlines()[-1]) == (0, "This was a dry run. Nothing was changed.")
    first = tracker(*words)
    assert (first.exit_code, first.stdout.splitlines()) == (
        0,
        [
            "Row 1: Core group (Tue, Jan 12, 2027, 10:00–11:00 AM Central, 3 dates to Jan 26, 2027) is new.",
            "Row 2: Dentist is left out. It's marked private, and imported events are visible to everyone.",
            "1 event added, 1 left out.",
        ],
    )
    again = tracker(*words)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "0 events added, 1 already here, 1 left out.")


def test_a_dry_run_says_below_each_event_what_it_would_lose(folder: Path) -> None:
    file = a_file(folder, vevent("CATEGORIES:Red", uid="red"), vevent(uid="plain"))
    trial = tracker("calendar", "import", file, "--data", folder, "--as", BOSS, "--dry-run")
    [first, note, second, *_] = trial.stdout.splitlines()
    assert first.startswith("Row 1: ")
    assert note == "  Left out: categories."
    assert second.startswith("Row 2: ")


def test_a_refused_event_stops_the_others_with_exit_code_1(folder: Path) -> None:
    file = a_file(folder, vevent(uid="three"), vevent("RRULE:FREQ=SECONDLY", uid="four", title="Bad one"))
    words = ("calendar", "import", file, "--data", folder, "--as", BOSS)
    stopped = tracker(*words)
    assert stopped.exit_code == 1
    assert "Row 2: Bad one can't be imported." in stopped.stderr
    assert "Nothing was imported." in stopped.stderr
    skipping = tracker(*words, "--skip-refused")
    assert (skipping.exit_code, skipping.stdout.splitlines()[-1]) == (0, "1 event added, 1 refused.")


def test_a_file_of_more_dates_than_the_page_takes_is_refused_at_once_and_taken_with_higher_limits(folder: Path) -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=1000"
    file = a_file(folder, *(vevent(rule, uid=f"many {number}", title=f"Call {number}") for number in range(21)))
    words = ("calendar", "import", file, "--data", folder, "--as", BOSS, "--dry-run")
    refused = tracker(*words)
    assert is_one_sentence(refused)
    assert "more than 20,000 dates" in refused.stderr
    raised = tracker(*words, "--limits-times", "2")
    assert (raised.exit_code, raised.stdout.splitlines()[-2]) == (0, "21 events added.")


def test_a_series_of_too_many_dates_is_named(folder: Path) -> None:
    extra = ",".join(
        f"2027{month:02}{day:02}T{hour:02}0000" for month in (2, 3) for day in range(1, 29) for hour in range(24)
    )
    file = a_file(folder, vevent("RRULE:FREQ=WEEKLY;COUNT=3", f"RDATE;TZID=America/Chicago:{extra}"))
    refused = tracker("calendar", "import", file, "--data", folder, "--as", BOSS)
    assert "A series can have at most 1,000 dates, and this one would have 1,34" in refused.stderr


def test_without_a_terminal_every_tenth_of_the_work_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading", soon=0) as note:
        for done in range(1, 26):
            note(done, 25)
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10, "Reading: 10 %", "Reading: 100 %")


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading") as note:
        note(1, 1)
    assert capsys.readouterr().err == ""


def test_what_cannot_be_done_is_one_sentence(folder: Path) -> None:
    file = a_file(folder, vevent())
    assert is_one_sentence(tracker("calendar", "import", "nowhere.ics", "--data", folder, "--as", BOSS))
    assert is_one_sentence(tracker("calendar", "import", file, "--data", folder, "--as", "nobody@usao.gov"))
    file.write_bytes(b"title,date")
    assert is_one_sentence(tracker("calendar", "import", file, "--data", folder, "--as", BOSS))
