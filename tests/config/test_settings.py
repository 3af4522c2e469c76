"""Settings: what the data folder's file says, what the environment says above it, and what cannot be meant."""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from tracker.config import settings_file
from tracker.config.settings import PREFIX, BadSettings, Settings, database_elsewhere, load_settings, statements

SECRET = "a secret of the tests, long enough"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private(tmp_path / settings_file.SECRET, SECRET + "\n")
    say(tmp_path, "")
    return tmp_path


def private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def say(folder: Path, text: str) -> None:
    (folder / settings_file.NAME).write_text(text, encoding="utf-8")


def of(folder: Path, **environment: str) -> Settings:
    return load_settings(
        {"TRACKER_DATA": str(folder), **{f"{PREFIX}{name}": value for name, value in environment.items()}}
    )


def test_the_secret_and_the_database_of_a_folder_need_no_line(folder: Path) -> None:
    found = of(folder)
    assert (found.secret, found.database_url) == (SECRET, f"sqlite:///{folder}/tracker.sqlite")


def test_a_line_of_the_file_counts_and_the_environment_counts_more(folder: Path) -> None:
    say(folder, "# a remark\n\nTRACKER_SMTP_HOST = 'mail.example'\nTRACKER_SMTP_PORT=587\n".replace(" = ", "="))
    found = of(folder, SMTP_PORT="465")
    assert (found.smtp_host, found.smtp_port) == ("mail.example", 465)


def test_a_value_of_the_environment_hides_a_file_that_the_settings_name(folder: Path) -> None:
    say(folder, "TRACKER_SMTP_PASSWORD_FILE=nowhere\n")
    assert of(folder, SMTP_PASSWORD="from above").smtp_password == "from above"


def test_relative_paths_begin_at_the_folder_and_absolute_ones_stay(folder: Path) -> None:
    private(folder / "mail.key", "from a file")
    say(folder, "TRACKER_DATABASE_URL=sqlite:///other.sqlite\nTRACKER_SMTP_PASSWORD_FILE=mail.key\n")
    found = of(folder)
    assert (found.database_url, found.smtp_password) == (f"sqlite:///{folder}/other.sqlite", "from a file")
    assert of(folder, DATABASE_URL="sqlite:////elsewhere.sqlite").database_url == "sqlite:////elsewhere.sqlite"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o660, 0o601], ids=oct)
@pytest.mark.parametrize("name", ["secret", "secret.before", "mail.key"])
def test_a_secret_that_other_users_may_read_is_refused(folder: Path, name: str, mode: int) -> None:
    private(folder / name, SECRET)
    (folder / name).chmod(mode)
    say(folder, "TRACKER_SMTP_PASSWORD_FILE=mail.key\n" if name == "mail.key" else "")
    with pytest.raises(BadSettings, match=f"can read {folder / name}. Run chmod go= {folder / name}"):
        of(folder)
    assert of(folder, SHARED_SECRET_FILES="yes").secret == SECRET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKER_SECRET", SECRET),
        ("TRACKER_SECRET_BEFORE", SECRET),
        ("TRACKER_SMTP_PASSWORD", "from a line"),
        ("TRACKER_DATABASE_URL", "postgresql://tracker:password@127.0.0.1/tracker"),
    ],
    ids=["secret", "secret before", "mail password", "database"],
)
def test_a_settings_file_that_holds_a_secret_is_refused_when_other_users_may_read_it(
    folder: Path, name: str, value: str
) -> None:
    say(folder, f"{name}={value}\n")
    path = folder / settings_file.NAME
    path.chmod(0o644)
    with pytest.raises(BadSettings, match=f"can read {path}. Run chmod go= {path}"):
        of(folder)
    assert asdict(of(folder, SHARED_SECRET_FILES="yes"))[name.removeprefix(PREFIX).lower()] == value
    path.chmod(0o600)
    assert asdict(of(folder))[name.removeprefix(PREFIX).lower()] == value


@pytest.mark.parametrize("line", ["TRACKER_DATABASE_URL=sqlite:///other.sqlite", "TRACKER_SMTP_PASSWORD="])
def test_a_settings_file_without_a_secret_may_be_read_by_other_users(folder: Path, line: str) -> None:
    say(folder, f"{line}\n")
    (folder / settings_file.NAME).chmod(0o644)
    assert of(folder).secret == SECRET


@pytest.mark.parametrize("secret", ["a" * 32, "abababab" * 5, "1234567" * 5])
def test_a_secret_of_few_characters_is_refused(folder: Path, secret: str) -> None:
    with pytest.raises(BadSettings, match="repeats a few characters"):
        of(folder, SECRET=secret)


@pytest.mark.parametrize("given", [{}, {"REPLY_ADDRESS": "reply@tracker.example"}, {"IMAP_USER": "reply"}])
def test_a_mailbox_of_replies_needs_their_address_and_a_user(folder: Path, given: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="TRACKER_IMAP_HOST reads emails to TRACKER_REPLY_ADDRESS"):
        of(folder, IMAP_HOST="imap.example", **given)


def test_questions_to_the_coordinator_do_not_come_to_the_tracker(folder: Path) -> None:
    with pytest.raises(BadSettings, match="TRACKER_REPLY_ADDRESS and TRACKER_COORDINATOR_ADDRESS must differ"):
        of(folder, REPLY_ADDRESS="team@tracker.example", COORDINATOR_ADDRESS="Team@tracker.example")


def test_days_of_escalation_in_a_contradictory_order_are_refused(folder: Path) -> None:
    with pytest.raises(BadSettings, match="TRACKER_ESCALATE_TO_COORDINATOR must be 0, or at least"):
        of(folder, ESCALATE_TO_AGENCY="9")
    assert of(folder, ESCALATE_TO_AGENCY="9", ESCALATE_TO_COORDINATOR="0").escalate_to_agency == 9


@pytest.mark.parametrize("url", ["http://login.example/token", "login.example/token"])
def test_a_client_secret_is_sent_encrypted_only(folder: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="TRACKER_IMAP_TOKEN_URL must start with https://"):
        of(folder, IMAP_TOKEN_URL=url)


def test_a_notice_comes_from_a_file_and_has_four_statements(folder: Path) -> None:
    (folder / "notice.txt").write_text("One.\nTwo.\n\nThree.\nFour.\n")
    say(folder, "TRACKER_NOTICE_FILE=notice.txt\n")
    assert statements(of(folder).notice) == ["One.", "Two.", "Three.", "Four."]
    (folder / "notice.txt").write_text("One.\nTwo.\nThree.\n")
    with pytest.raises(BadSettings, match="at least 4 statements"):
        of(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TRACKER_TIMEZONE=America/Chicago", "TRACKER_TIMEZONE"),
        ("TRACKER_DATA=elsewhere", "TRACKER_DATA"),
        ("\nsmtp host is mail.example", "Line 2"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(folder: Path, text: str, words: str) -> None:
    say(folder, text)
    with pytest.raises(BadSettings, match=words):
        of(folder)


def test_a_folder_without_settings_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="tracker init --data"):
        of(tmp_path)


def test_a_written_file_explains_every_setting_and_changes_nothing_by_itself(folder: Path) -> None:
    text = settings_file.written(Settings, PREFIX, {})
    say(folder, text)
    assert of(folder) == Settings(secret=SECRET, data=str(folder), database_url=f"sqlite:///{folder}/tracker.sqlite")
    assert [part for part in text.split("\n\n")[1:] if not part.startswith("# ") or "\n# TRACKER_" not in part] == []


def test_every_default_that_the_file_shows_may_be_turned_on(folder: Path) -> None:
    text = settings_file.written(Settings, PREFIX, {}).replace("# TRACKER_", "TRACKER_")
    say(folder, settings_file.without(text, "TRACKER_SECRET"))
    assert of(folder).smtp_port == 25


def test_a_setting_is_changed_at_its_place(folder: Path) -> None:
    text = settings_file.written(Settings, PREFIX, {"TRACKER_SMTP_PORT": "587"})
    say(folder, settings_file.changed(settings_file.changed(text, "TRACKER_SMTP_PORT", "25"), "TRACKER_TICK", "1"))
    found = of(folder)
    assert (found.smtp_port, found.tick) == (25, 1.0)


def test_a_setting_that_is_taken_out_leaves_no_value_behind(folder: Path) -> None:
    text = settings_file.without("TRACKER_SMTP_PASSWORD=hunter2\n", "TRACKER_SMTP_PASSWORD")
    assert "hunter2" not in text


def test_a_copied_folder_that_names_the_first_database_is_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = tmp_path_factory.mktemp("first") / "tracker.sqlite"
    say(folder, f"TRACKER_DATABASE_URL=sqlite:///{first}\n")
    assert (of(folder).database_url, database_elsewhere({"TRACKER_DATA": str(folder)})) == (f"sqlite:///{first}", first)
    (folder / "tracker.sqlite").touch()
    with pytest.raises(BadSettings, match=r"write TRACKER_DATABASE_URL=sqlite:///tracker.sqlite there"):
        of(folder)


def test_a_folder_may_name_its_own_database_by_an_absolute_path(folder: Path) -> None:
    (folder / "tracker.sqlite").touch()
    say(folder, f"TRACKER_DATABASE_URL=sqlite:///{folder}/tracker.sqlite\n")
    assert of(folder).database_url == f"sqlite:///{folder}/tracker.sqlite"
    assert database_elsewhere({"TRACKER_DATA": str(folder)}) is None


def test_a_database_that_the_environment_names_may_be_anywhere(folder: Path) -> None:
    (folder / "tracker.sqlite").touch()
    say(folder, "TRACKER_DATABASE_URL=sqlite:////first/tracker.sqlite\n")
    assert of(folder, DATABASE_URL="sqlite:////elsewhere.sqlite").database_url == "sqlite:////elsewhere.sqlite"


def test_kinds_of_operations_are_listed_once_in_their_order(folder: Path) -> None:
    assert of(folder, OPERATION_KINDS=" Raid, Arrest,, Raid ").operation_kind_names == ["Raid", "Arrest"]


@pytest.mark.parametrize("kinds", ["", " , ", "x" * 61])
def test_a_list_of_kinds_that_offers_none_or_too_long_ones_is_refused(folder: Path, kinds: str) -> None:
    with pytest.raises(BadSettings, match="TRACKER_OPERATION_KINDS"):
        of(folder, OPERATION_KINDS=kinds)
