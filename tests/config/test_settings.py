"""Settings from the environment and a folder, and the versions that the product needs."""

from importlib import metadata
from pathlib import Path

import pytest
from msgspec.structs import asdict

from tracker.config import installation
from tracker.config.settings import PREFIX, BadSettings, Settings, database_elsewhere, load_settings, notice_lines

SECRET = "a secret of the tests, long enough"


@pytest.fixture
def settings_folder(tmp_path: Path) -> Path:
    private(tmp_path / installation.SECRET, SECRET + "\n")
    say(tmp_path, "")
    return tmp_path


def private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def say(folder: Path, text: str) -> None:
    (folder / installation.NAME).write_text(text, encoding="utf-8")


def load_from(folder: Path, **environment: str) -> Settings:
    return load_settings(
        {"TRACKER_DATA": str(folder), **{f"{PREFIX}{name}": value for name, value in environment.items()}}
    )


def test_the_secret_and_the_database_of_a_folder_need_no_line(settings_folder: Path) -> None:
    settings = load_from(settings_folder)
    assert (settings.secret, settings.database_url) == (SECRET, f"sqlite:///{settings_folder}/tracker.sqlite")


def test_a_line_of_the_file_counts_and_the_environment_counts_more(settings_folder: Path) -> None:
    say(
        settings_folder, "# a remark\n\nTRACKER_SMTP_HOST = 'mail.example'\nTRACKER_SMTP_PORT=587\n".replace(" = ", "=")
    )
    settings = load_from(settings_folder, SMTP_PORT="465")
    assert (settings.smtp_host, settings.smtp_port) == ("mail.example", 465)


def test_a_value_of_the_environment_hides_a_file_that_the_settings_name(settings_folder: Path) -> None:
    say(settings_folder, "TRACKER_SMTP_PASSWORD_FILE=nowhere\n")
    assert load_from(settings_folder, SMTP_PASSWORD="from above").smtp_password == "from above"


def test_relative_paths_begin_at_the_folder_and_absolute_ones_stay(settings_folder: Path) -> None:
    private(settings_folder / "mail.key", "from a file")
    say(settings_folder, "TRACKER_DATABASE_URL=sqlite:///other.sqlite\nTRACKER_SMTP_PASSWORD_FILE=mail.key\n")
    settings = load_from(settings_folder)
    assert (settings.database_url, settings.smtp_password) == (
        f"sqlite:///{settings_folder}/other.sqlite",
        "from a file",
    )
    assert (
        load_from(settings_folder, DATABASE_URL="sqlite:////elsewhere.sqlite").database_url
        == "sqlite:////elsewhere.sqlite"
    )


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o660, 0o601], ids=oct)
@pytest.mark.parametrize("name", ["secret", "secret.before", "mail.key"])
def test_a_secret_that_other_users_may_read_is_refused(settings_folder: Path, name: str, mode: int) -> None:
    private(settings_folder / name, SECRET)
    (settings_folder / name).chmod(mode)
    say(settings_folder, "TRACKER_SMTP_PASSWORD_FILE=mail.key\n" if name == "mail.key" else "")
    with pytest.raises(BadSettings, match=f"can read {settings_folder / name}. Run chmod go= {settings_folder / name}"):
        load_from(settings_folder)
    assert load_from(settings_folder, SHARED_SECRET_FILES="yes").secret == SECRET


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
    settings_folder: Path, name: str, value: str
) -> None:
    say(settings_folder, f"{name}={value}\n")
    path = settings_folder / installation.NAME
    path.chmod(0o644)
    with pytest.raises(BadSettings, match=f"can read {path}. Run chmod go= {path}"):
        load_from(settings_folder)
    assert asdict(load_from(settings_folder, SHARED_SECRET_FILES="yes"))[name.removeprefix(PREFIX).lower()] == value
    path.chmod(0o600)
    assert asdict(load_from(settings_folder))[name.removeprefix(PREFIX).lower()] == value


@pytest.mark.parametrize("line", ["TRACKER_DATABASE_URL=sqlite:///other.sqlite", "TRACKER_SMTP_PASSWORD="])
def test_a_settings_file_without_a_secret_may_be_read_by_other_users(settings_folder: Path, line: str) -> None:
    say(settings_folder, f"{line}\n")
    (settings_folder / installation.NAME).chmod(0o644)
    assert load_from(settings_folder).secret == SECRET


@pytest.mark.parametrize("secret", ["a" * 32, "abababab" * 5, "1234567" * 5])
def test_a_secret_of_few_characters_is_refused(settings_folder: Path, secret: str) -> None:
    with pytest.raises(BadSettings, match="repeats a few characters"):
        load_from(settings_folder, SECRET=secret)


@pytest.mark.parametrize("given", [{}, {"REPLY_ADDRESS": "reply@tracker.example"}, {"IMAP_USER": "reply"}])
def test_a_mailbox_of_replies_needs_their_address_and_a_user(settings_folder: Path, given: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="TRACKER_IMAP_HOST reads emails to TRACKER_REPLY_ADDRESS"):
        load_from(settings_folder, IMAP_HOST="imap.example", **given)


def test_questions_to_the_coordinator_do_not_come_to_the_tracker(settings_folder: Path) -> None:
    with pytest.raises(BadSettings, match="TRACKER_REPLY_ADDRESS and TRACKER_COORDINATOR_ADDRESS must differ"):
        load_from(settings_folder, REPLY_ADDRESS="team@tracker.example", COORDINATOR_ADDRESS="Team@tracker.example")


def test_days_of_escalation_in_a_contradictory_order_are_refused(settings_folder: Path) -> None:
    with pytest.raises(BadSettings, match="TRACKER_ESCALATE_TO_COORDINATOR must be 0, or at least"):
        load_from(settings_folder, ESCALATE_TO_AGENCY="9")
    assert load_from(settings_folder, ESCALATE_TO_AGENCY="9", ESCALATE_TO_COORDINATOR="0").escalate_to_agency == 9


@pytest.mark.parametrize("url", ["http://login.example/token", "login.example/token"])
def test_a_client_secret_is_sent_encrypted_only(settings_folder: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="TRACKER_IMAP_TOKEN_URL must start with https://"):
        load_from(settings_folder, IMAP_TOKEN_URL=url)


def test_a_notice_comes_from_a_file_and_has_four_statements(settings_folder: Path) -> None:
    (settings_folder / "notice.txt").write_text("One.\nTwo.\n\nThree.\nFour.\n")
    say(settings_folder, "TRACKER_NOTICE_FILE=notice.txt\n")
    assert notice_lines(load_from(settings_folder).notice) == ["One.", "Two.", "Three.", "Four."]
    (settings_folder / "notice.txt").write_text("One.\nTwo.\nThree.\n")
    with pytest.raises(BadSettings, match="at least 4 statements"):
        load_from(settings_folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TRACKER_TIMEZONE=America/Chicago", "TRACKER_TIMEZONE"),
        ("TRACKER_DATA=elsewhere", "TRACKER_DATA"),
        ("\nsmtp host is mail.example", "Line 2"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(settings_folder: Path, text: str, words: str) -> None:
    say(settings_folder, text)
    with pytest.raises(BadSettings, match=words):
        load_from(settings_folder)


def test_a_folder_without_settings_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="tracker init --data"):
        load_from(tmp_path)


def test_a_written_file_explains_every_setting_and_changes_nothing_by_itself(settings_folder: Path) -> None:
    text = installation.settings_text(Settings, PREFIX, {})
    say(settings_folder, text)
    assert load_from(settings_folder) == Settings(
        secret=SECRET, data=str(settings_folder), database_url=f"sqlite:///{settings_folder}/tracker.sqlite"
    )
    assert [part for part in text.split("\n\n")[1:] if not part.startswith("# ") or "\n# TRACKER_" not in part] == []


def test_every_default_that_the_file_shows_may_be_turned_on(settings_folder: Path) -> None:
    text = installation.settings_text(Settings, PREFIX, {}).replace("# TRACKER_", "TRACKER_")
    say(settings_folder, installation.with_settings_removed(text, "TRACKER_SECRET"))
    assert load_from(settings_folder).smtp_port == 25


def test_a_setting_is_changed_at_its_place(settings_folder: Path) -> None:
    text = installation.settings_text(Settings, PREFIX, {"TRACKER_SMTP_PORT": "587"})
    say(
        settings_folder,
        installation.changed(installation.changed(text, "TRACKER_SMTP_PORT", "25"), "TRACKER_TICK", "1"),
    )
    settings = load_from(settings_folder)
    assert (settings.smtp_port, settings.tick) == (25, 1.0)


def test_a_setting_that_is_taken_out_leaves_no_value_behind(settings_folder: Path) -> None:
    text = installation.with_settings_removed("TRACKER_SMTP_PASSWORD=hunter2\n", "TRACKER_SMTP_PASSWORD")
    assert "hunter2" not in text


def test_a_copied_folder_that_names_the_first_database_is_refused(
    settings_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = tmp_path_factory.mktemp("first") / "tracker.sqlite"
    say(settings_folder, f"TRACKER_DATABASE_URL=sqlite:///{first}\n")
    assert (load_from(settings_folder).database_url, database_elsewhere({"TRACKER_DATA": str(settings_folder)})) == (
        f"sqlite:///{first}",
        first,
    )
    (settings_folder / "tracker.sqlite").touch()
    with pytest.raises(BadSettings, match=r"write TRACKER_DATABASE_URL=sqlite:///tracker.sqlite there"):
        load_from(settings_folder)


def test_a_folder_may_name_its_own_database_by_an_absolute_path(settings_folder: Path) -> None:
    (settings_folder / "tracker.sqlite").touch()
    say(settings_folder, f"TRACKER_DATABASE_URL=sqlite:///{settings_folder}/tracker.sqlite\n")
    assert load_from(settings_folder).database_url == f"sqlite:///{settings_folder}/tracker.sqlite"
    assert database_elsewhere({"TRACKER_DATA": str(settings_folder)}) is None


def test_a_database_that_the_environment_names_may_be_anywhere(settings_folder: Path) -> None:
    (settings_folder / "tracker.sqlite").touch()
    say(settings_folder, "TRACKER_DATABASE_URL=sqlite:////first/tracker.sqlite\n")
    assert (
        load_from(settings_folder, DATABASE_URL="sqlite:////elsewhere.sqlite").database_url
        == "sqlite:////elsewhere.sqlite"
    )


def test_kinds_of_operations_are_listed_once_in_their_order(settings_folder: Path) -> None:
    assert load_from(settings_folder, OPERATION_KINDS=" Raid, Arrest,, Raid ").operation_kind_names == [
        "Raid",
        "Arrest",
    ]


@pytest.mark.parametrize("kinds", ["", " , ", "x" * 61])
def test_a_list_of_kinds_that_offers_none_or_too_long_ones_is_refused(settings_folder: Path, kinds: str) -> None:
    with pytest.raises(BadSettings, match="TRACKER_OPERATION_KINDS"):
        load_from(settings_folder, OPERATION_KINDS=kinds)


def test_no_installed_library_is_below_its_floor() -> None:
    assert [finding for finding in installation.libraries() if not finding.ok] == []


@pytest.mark.parametrize("installed", ["2.23.9", "1.99", "2"])
def test_an_older_release_is_below_the_floor(installed: str) -> None:
    assert not any(finding.ok for finding in installation.libraries(lambda _: installed) if finding.name == "litestar")


@pytest.mark.parametrize("installed", ["2.24", "2.24.0", "2.25.1", "3.0", "10.0"])
def test_the_floor_and_what_follows_it_are_not_below(installed: str) -> None:
    assert all(finding.ok for finding in installation.libraries(lambda _: installed) if finding.name == "litestar")


def test_a_missing_library_is_below_its_floor() -> None:
    def nowhere(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    assert {finding.installed for finding in installation.libraries(nowhere)} == {"missing"}
    assert not any(finding.ok for finding in installation.libraries(nowhere))


@pytest.mark.parametrize(
    ("installed", "ok"), [("3.11.7", False), ("3.11.15", True), ("3.13.5", False), ("3.14.0", True)]
)
def test_python_is_measured_within_its_own_series(installed: str, ok: bool) -> None:
    assert installation.interpreter(installed).ok is ok


def test_the_region_is_four_numbers_in_degrees(settings_folder: Path) -> None:
    assert load_from(settings_folder, REGION="38, -96,41,-91").region_degrees == (38, -96, 41, -91)


@pytest.mark.parametrize("region", ["", "38, -96, 41", "41, -96, 38, -91", "38, -196, 41, -91", "here"])
def test_a_region_that_is_none_is_refused_at_the_start(settings_folder: Path, region: str) -> None:
    with pytest.raises(BadSettings, match="TRACKER_REGION must be"):
        load_from(settings_folder, REGION=region)
