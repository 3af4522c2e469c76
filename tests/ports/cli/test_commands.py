"""Commands on an empty place and on a founded one: what they say, and what they import."""

import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ical.files import calendar, vevent
from tests.ports.cli.commands import BOSS, founded, run_tracker
from tests.ports.cli.commands import is_one_sentence as commands_is_one_sentence
from tracker import clock
from tracker.ports.cli import main
from tracker.ports.cli.opening import progress
from tracker.rules.roster.csv_file import LARGEST

SECRET = "a secret of the tests, long enough"
ROSTER = (
    "agency_code,arm,level,name,email,roles,seats\n"
    "USAO,law enforcement,federal,Coordinator,boss@usao.example,coordinator,Steering\n"
    "CAHT,victim services,ngo,CAHT lead,lead@caht.example,agency lead,Steering\n"
)
Tracker = Callable[..., Result]


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "tracker.sqlite"


@pytest.fixture
def tracker_here(database_file: Path) -> Iterator[Tracker]:
    """The command on an empty place, with settings of its own."""

    def run(*words: str, **settings: str) -> Result:
        given = {"SECRET": SECRET, "DATABASE_URL": f"sqlite:///{database_file}", "SMTP_PORT": "1", **settings}
        environment = {"TRACKER_DATA": None} | {f"TRACKER_{name}": value for name, value in given.items()}
        return CliRunner(env=environment).invoke(main, words)

    yield run
    clock.start_at(None)


@pytest.fixture
def peopled(tracker_here: Tracker, tmp_path: Path) -> Tracker:
    """The command on a database with two members."""
    assert tracker_here("migrate").exit_code == 0
    assert tracker_here("roster", "import", str(roster_file(tmp_path))).exit_code == 0
    return tracker_here


def roster_file(folder: Path, content: bytes = ROSTER.encode()) -> Path:
    file = folder / "people.csv"
    file.write_bytes(content)
    return file


def is_one_sentence(result: Result) -> bool:
    return result.exit_code == 2 and result.stderr.count("\n") == 1 and result.stderr.rstrip().endswith((".", "`."))


def test_the_database_is_made_once(tracker_here: Tracker) -> None:
    assert "Done: " in tracker_here("migrate").output
    assert tracker_here("migrate").output == "The database is up to date.\n"


def test_an_import_reports_each_row(tracker_here: Tracker, tmp_path: Path) -> None:
    tracker_here("migrate")
    result = tracker_here("roster", "import", str(roster_file(tmp_path)))
    assert "Row 3: CAHT lead (CAHT) is new." in result.output
    assert "2 added, 0 changed, 0 unchanged." in result.output


def test_a_dry_run_writes_nothing(tracker_here: Tracker, tmp_path: Path) -> None:
    tracker_here("migrate")
    result = tracker_here("roster", "import", "--dry-run", str(roster_file(tmp_path)))
    assert "Nothing was changed" in result.output
    assert tracker_here("sign-in-link", "boss@usao.example").exit_code == 2


def test_bad_rows_are_named_on_stderr_and_nothing_is_imported(tracker_here: Tracker, tmp_path: Path) -> None:
    tracker_here("migrate")
    bad = ROSTER.replace("lead@caht.example", "nobody").replace("federal", "county")
    result = tracker_here("roster", "import", str(roster_file(tmp_path, bad.encode())))
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "Row 2, level",
        "Row 3, email",
        "Nothing was imported.",
    ]
    assert (result.exit_code, result.stdout) == (2, "")


def test_of_very_many_faults_the_first_are_shown(peopled: Tracker, tmp_path: Path) -> None:
    rows = "".join(f"USAO,Member {number},nobody\n" for number in range(200))
    result = peopled("roster", "import", str(roster_file(tmp_path, b"agency_code,name,email\n" + rows.encode())))
    assert "And 150 more." in result.stderr


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", ROSTER.encode("utf-16"), b"x" * (LARGEST * 5), b'agency_code,name,email\n"']
)
def test_a_file_that_is_no_roster_is_refused_in_one_sentence(peopled: Tracker, tmp_path: Path, content: bytes) -> None:
    assert is_one_sentence(peopled("roster", "import", str(roster_file(tmp_path, content))))


def test_a_file_that_is_not_there_or_a_folder_is_refused_in_one_sentence(peopled: Tracker, tmp_path: Path) -> None:
    assert is_one_sentence(peopled("roster", "import", str(tmp_path / "missing.csv")))


def test_the_roster_is_written_to_a_new_file_of_its_owner_and_over_no_other(peopled: Tracker, tmp_path: Path) -> None:
    file = tmp_path / "exported.csv"
    assert "people" in peopled("roster", "export", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "0 added, 0 changed" in peopled("roster", "import", str(file)).stdout
    assert is_one_sentence(peopled("roster", "export", str(file)))
    assert is_one_sentence(peopled("roster", "import", str(tmp_path)))


def test_a_link_for_a_new_password_is_printed(peopled: Tracker) -> None:
    result = peopled("account", "reset", "Boss@usao.example")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/reset/[A-Za-z0-9_-]{43}\n", result.stdout)


@pytest.mark.parametrize(("deed", "said"), [("release", "paused."), ("forget-authenticator", "removed.")])
def test_an_account_is_helped_and_the_audit_log_says_so(peopled: Tracker, deed: str, said: str) -> None:
    assert said in peopled("account", deed, "boss@usao.example").stdout
    assert peopled("audit", "verify").exit_code == 0


@pytest.mark.parametrize("deed", ["reset", "release", "forget-authenticator"])
def test_an_unknown_address_is_no_account(peopled: Tracker, deed: str) -> None:
    assert is_one_sentence(peopled("account", deed, "nobody@usao.example"))


def test_a_whole_audit_log_is_found_whole(peopled: Tracker) -> None:
    result = peopled("audit", "verify")
    assert (result.exit_code, result.output) == (0, "The audit log is unchanged.\n")


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ("verb = 'removed'", "Entry 2: The entry was changed.\n"),
        ("hash = 'é'", "Entry 2: The entry was changed.\n"),
        ("at = 'x'", "Entry 2: The entry can’t be read.\n"),
    ],
)
def test_the_first_broken_entry_of_the_audit_log_is_named(
    peopled: Tracker, database_file: Path, put: str, said: str
) -> None:
    with closing(sqlite3.connect(database_file)) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(f"UPDATE audit_entry SET {put} WHERE seq IN (2, 3)")
    result = peopled("audit", "verify")
    assert (result.exit_code, result.stderr) == (1, said)


def test_another_secret_finds_the_audit_log_altered(peopled: Tracker) -> None:
    assert peopled("audit", "verify", SECRET="another secret of forty letters, at most").exit_code == 1


def test_a_sign_in_link_is_printed_for_an_active_member_alone(peopled: Tracker) -> None:
    assert peopled("sign-in-link", "Boss@USAO.example").stdout.startswith("http://127.0.0.1:8000/sign-in/")
    assert is_one_sentence(peopled("sign-in-link", "stranger@usao.example"))


def test_check_names_what_is_sound_and_what_is_not(peopled: Tracker) -> None:
    result = peopled("check")
    states = {line[9:21].strip(): line.split()[0] for line in result.output.splitlines()}
    assert states | {"Python": ""} == states | {"Database": "ok", "Schema": "ok", "Mail server": "fault", "Python": ""}
    assert result.exit_code == 1


def test_check_survives_having_no_settings_and_no_database(tracker_here: Tracker) -> None:
    assert "fault    Settings" in tracker_here("check", SECRET="short").output
    result = tracker_here("check")
    assert "Run `tracker migrate`" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "words", [("roster", "import", "x.csv"), ("audit", "verify"), ("sign-in-link", "a@b.example"), ("serve",)]
)
def test_without_a_database_every_command_says_so_and_makes_none(
    tracker_here: Tracker, database_file: Path, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(ROSTER)
    assert is_one_sentence(tracker_here(*words))
    assert not database_file.exists()


@pytest.mark.parametrize(
    "setting",
    [
        {"SECRET": "short"},
        {"DATABASE_URL": "mysql://x"},
        {"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"},
        {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"},
        {"DATABASE_POOL": "many"},
        {"BASE_URL": "http://127.0.0.1/"},
        {"SECRET_FILE": "/nowhere/secret"},
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_sentence(tracker_here: Tracker, setting: dict[str, str]) -> None:
    assert is_one_sentence(tracker_here("migrate", **setting))


def test_a_database_that_is_none_is_refused_in_one_sentence(tracker_here: Tracker, database_file: Path) -> None:
    database_file.write_bytes(b"no database at all" * 100)
    assert is_one_sentence(tracker_here("audit", "verify"))


def test_an_empty_database_is_not_served(tracker_here: Tracker, database_file: Path) -> None:
    database_file.touch()
    result = tracker_here("serve")
    assert is_one_sentence(result)
    assert "tracker migrate" in result.stderr


def test_a_demo_is_not_served_to_other_computers(peopled: Tracker) -> None:
    assert is_one_sentence(peopled("serve", "--host", "0.0.0.0", IS_DEMO="yes"))  # noqa: S104 - that is the point


def test_a_clock_that_was_moved_is_for_demos(peopled: Tracker) -> None:
    assert is_one_sentence(peopled("serve", NOW="2027-01-01T00:00:00Z"))


def test_what_other_computers_use_is_served_by_https_alone(peopled: Tracker) -> None:
    result = peopled("serve", BASE_URL="http://tracker.agency.example")
    assert is_one_sentence(result)
    assert "https://" in result.stderr


@pytest.mark.parametrize("secret", ["changeme", "changeme" * 8, "password" * 8, "short", ""])
def test_a_default_or_short_secret_serves_nothing(peopled: Tracker, secret: str) -> None:
    assert is_one_sentence(peopled("serve", SECRET=secret))


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_python_without_assertions_does_not_serve(command: str) -> None:
    started = [sys.executable, "-O", "-c", f"from tracker.ports.cli import main; main(['{command}'])"]
    result = subprocess.run(started, capture_output=True, text=True, check=False, env={"TRACKER_SECRET": SECRET})
    assert result.returncode == 2
    assert "-O" in result.stderr


def test_what_serves_loads_no_tools_of_developers() -> None:
    tools = "{'black', 'piccolo.conf.apps', 'piccolo.apps.migrations.auto'}"
    asked = [sys.executable, "-c", f"import sys, tracker.app; print(*{tools} & sys.modules.keys())"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split() == []


def test_the_end_of_the_audit_log_is_kept_elsewhere_and_found_again(peopled: Tracker, tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    printed = peopled("audit", "head")
    assert printed.exit_code == 0
    assert len(printed.stdout.split()) == 3
    ends.write_text(printed.stdout * 2 + "\n")
    checked = peopled("audit", "verify", "--head", str(ends))
    assert (checked.exit_code, checked.stdout) == (0, "The audit log is unchanged.\n")


def test_a_kept_end_that_is_none_of_this_tracker_is_one_sentence(peopled: Tracker, tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    for text in ("something else\n", f"3 {'0' * 64} {'0' * 64}\n"):
        ends.write_text(text)
        assert is_one_sentence(peopled("audit", "verify", "--head", str(ends)))


def test_an_audit_log_without_entries_has_no_end_to_print(tracker_here: Tracker) -> None:
    assert tracker_here("migrate").exit_code == 0
    printed = tracker_here("audit", "head")
    assert (printed.exit_code, printed.stdout) == (1, "")


@pytest.fixture(scope="module")
def founded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return founded(tmp_path_factory.mktemp("founded") / "data")


def a_file(folder: Path, *components: str) -> Path:
    file = folder.parent / "calendar.ics"
    file.write_bytes(calendar(*components))
    return file


def test_a_file_is_imported_once(founded_folder: Path) -> None:
    file = a_file(
        founded_folder, vevent("RRULE:FREQ=WEEKLY;COUNT=3"), vevent("CLASS:PRIVATE", uid="private", title="Dentist")
    )
    words = ("calendar", "import", file, "--data", founded_folder, "--as", BOSS)
    trial = run_tracker(*words, "--dry-run")
    assert (trial.exit_code, trial.stdout.splitlines()[-1]) == (0, "This was a dry run. Nothing was changed.")
    first = run_tracker(*words)
    assert (first.exit_code, first.stdout.splitlines()) == (
        0,
        [
            "Row 1: Core group (Tue, Jan 12, 2027, 10:00–11:00 AM Central, 3 dates to Jan 26, 2027) is new.",
            "Row 2: Dentist is left out. It's marked private, and imported events are visible to everyone.",
            "1 event added, 1 left out.",
        ],
    )
    again = run_tracker(*words)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "0 events added, 1 already here, 1 left out.")


def test_a_dry_run_says_below_each_event_what_it_would_lose(founded_folder: Path) -> None:
    file = a_file(founded_folder, vevent("CATEGORIES:Red", uid="red"), vevent(uid="plain"))
    trial = run_tracker("calendar", "import", file, "--data", founded_folder, "--as", BOSS, "--dry-run")
    [first, note, second, *_] = trial.stdout.splitlines()
    assert first.startswith("Row 1: ")
    assert note == "  Left out: categories."
    assert second.startswith("Row 2: ")


def test_a_refused_event_stops_the_others_with_exit_code_1(founded_folder: Path) -> None:
    file = a_file(founded_folder, vevent(uid="three"), vevent("RRULE:FREQ=SECONDLY", uid="four", title="Bad one"))
    words = ("calendar", "import", file, "--data", founded_folder, "--as", BOSS)
    stopped = run_tracker(*words)
    assert stopped.exit_code == 1
    assert "Row 2: Bad one can't be imported." in stopped.stderr
    assert "Nothing was imported." in stopped.stderr
    skipping = run_tracker(*words, "--skip-refused")
    assert (skipping.exit_code, skipping.stdout.splitlines()[-1]) == (0, "1 event added, 1 refused.")


def test_a_file_of_more_dates_than_the_page_takes_is_refused_at_once_and_taken_with_higher_limits(
    founded_folder: Path,
) -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=1000"
    file = a_file(founded_folder, *(vevent(rule, uid=f"many {number}", title=f"Call {number}") for number in range(21)))
    words = ("calendar", "import", file, "--data", founded_folder, "--as", BOSS, "--dry-run")
    refused = run_tracker(*words)
    assert commands_is_one_sentence(refused)
    assert "more than 20,000 dates" in refused.stderr
    raised = run_tracker(*words, "--limits-times", "2")
    assert (raised.exit_code, raised.stdout.splitlines()[-2]) == (0, "21 events added.")


def test_a_series_of_too_many_dates_is_named(founded_folder: Path) -> None:
    extra = ",".join(
        f"2027{month:02}{day:02}T{hour:02}0000" for month in (2, 3) for day in range(1, 29) for hour in range(24)
    )
    file = a_file(founded_folder, vevent("RRULE:FREQ=WEEKLY;COUNT=3", f"RDATE;TZID=America/Chicago:{extra}"))
    refused = run_tracker("calendar", "import", file, "--data", founded_folder, "--as", BOSS)
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


def test_what_cannot_be_done_is_one_sentence(founded_folder: Path) -> None:
    file = a_file(founded_folder, vevent())
    assert commands_is_one_sentence(
        run_tracker("calendar", "import", "nowhere.ics", "--data", founded_folder, "--as", BOSS)
    )
    assert commands_is_one_sentence(
        run_tracker("calendar", "import", file, "--data", founded_folder, "--as", "nobody@usao.gov")
    )
    file.write_bytes(b"title,date")
    assert commands_is_one_sentence(run_tracker("calendar", "import", file, "--data", founded_folder, "--as", BOSS))
