"""Backups as an operator meets them: what is in one, who can open it, and what a restored copy does not do."""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.database.sources import Source
from tests.ports.cli.commands import BOSS, founded, is_one_sentence, run_tracker
from tracker.config import installation
from tracker.ports.cli.deployments import MAKING


@pytest.fixture
def deployed_folder(tmp_path: Path) -> Path:
    """A data folder with one person and a password for its mail server."""
    return founded(tmp_path / "data", "--set", "SMTP_PASSWORD=Canary-password")


@pytest.fixture
def backup(deployed_folder: Path, tmp_path: Path) -> Path:
    return backed_up(deployed_folder, tmp_path / "one.backup")


def backed_up(folder: Path, file: Path) -> Path:
    result = run_tracker("backup", file, "--data", folder)
    assert result.exit_code == 0, result.output
    return file


def restored(file: Path, folder: Path, secret: Path, *more: str) -> Path:
    result = run_tracker("restore", file, "--data", folder, "--secret", secret, *more)
    assert result.exit_code == 0, result.output
    return folder


def words_by_line(folder: Path) -> dict[str, str]:
    """Return the words of `tracker check` by the name of the line."""
    output = run_tracker("check", "--data", folder).output
    return {line[9:23].strip(): line[:9] + line[24:] for line in output.splitlines()}


def test_a_restored_folder_is_as_it_was_and_holds_its_emails(
    deployed_folder: Path, backup: Path, tmp_path: Path
) -> None:
    copy = restored(backup, tmp_path / "copy", deployed_folder / "secret")
    assert "sends nothing until" in words_by_line(copy)["Sending"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in copy.iterdir()} == {
        "settings.env": 0o600,
        "secret": 0o600,
        "tracker.sqlite": 0o600,
    }
    for name in (installation.NAME, installation.SECRET):
        assert (copy / name).read_text() == (deployed_folder / name).read_text()
    assert run_tracker("audit", "verify", "--data", copy).exit_code == 0
    assert run_tracker("sign-in-link", BOSS, "--data", copy).exit_code == 0


def test_a_copy_sends_when_it_is_let(deployed_folder: Path, backup: Path, tmp_path: Path) -> None:
    copy = restored(backup, tmp_path / "copy", deployed_folder / "secret")
    assert run_tracker("resume", "--data", copy).output.startswith("Sending has resumed.")
    assert run_tracker("resume", "--data", copy).output == "Sending wasn't on hold.\n"
    assert "Sending" not in words_by_line(copy)


def test_a_backup_is_for_its_owner_alone_and_tells_nothing_without_the_secret(
    deployed_folder: Path, backup: Path
) -> None:
    content = backup.read_bytes()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [word for word in (BOSS, "Canary", "CREATE TABLE", "USAO") if word.encode() in content] == []
    assert not list(deployed_folder.glob(".*"))


def test_a_secret_in_the_settings_is_not_in_the_backup(deployed_folder: Path, tmp_path: Path) -> None:
    secret, settings = (deployed_folder / "secret").read_text().strip(), deployed_folder / installation.NAME
    settings.write_text(installation.changed(settings.read_text(), "TRACKER_SECRET", secret))
    copy = restored(backed_up(deployed_folder, tmp_path / "one.backup"), tmp_path / "copy", deployed_folder / "secret")
    assert secret not in (copy / installation.NAME).read_text()


def test_check_knows_the_last_backup(deployed_folder: Path, tmp_path: Path) -> None:
    assert words_by_line(deployed_folder)["Backup"].startswith("warning  No backup yet.")
    backed_up(deployed_folder, tmp_path / "one.backup")
    assert words_by_line(deployed_folder)["Backup"].startswith("ok")


def test_another_secret_is_refused_in_one_sentence(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("another secret, just as long as the first")
    result = run_tracker("restore", backup, "--data", tmp_path / "copy", "--secret", tmp_path / "other")
    assert is_one_sentence(result)
    assert "another secret" in result.stderr
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("place", [0, 60, 300, -1])
def test_a_changed_backup_is_refused_and_leaves_nothing(
    deployed_folder: Path, backup: Path, tmp_path: Path, place: int
) -> None:
    content = bytearray(backup.read_bytes())
    content[place] ^= 1
    backup.write_bytes(content)
    assert is_one_sentence(
        run_tracker("restore", backup, "--data", tmp_path / "copy", "--secret", deployed_folder / "secret")
    )
    assert not (tmp_path / "copy").exists()


def test_a_backup_that_is_cut_off_is_refused(deployed_folder: Path, backup: Path, tmp_path: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-1])
    assert is_one_sentence(
        run_tracker("restore", backup, "--data", tmp_path / "copy", "--secret", deployed_folder / "secret")
    )


def test_nothing_is_restored_over_something(deployed_folder: Path, backup: Path) -> None:
    before = (deployed_folder / "tracker.sqlite").read_bytes()
    result = run_tracker("restore", backup, "--data", deployed_folder, "--secret", deployed_folder / "secret")
    assert is_one_sentence(result)
    assert "isn't empty" in result.stderr
    assert (deployed_folder / "tracker.sqlite").read_bytes() == before


def test_no_backup_is_written_over_another(deployed_folder: Path, backup: Path) -> None:
    before = backup.read_bytes()
    assert is_one_sentence(run_tracker("backup", backup, "--data", deployed_folder))
    assert backup.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(deployed_folder: Path, tmp_path: Path) -> None:
    assert is_one_sentence(run_tracker("backup", tmp_path / "nowhere" / "one.backup", "--data", deployed_folder))
    assert not (deployed_folder / ".backup").exists()


def test_what_a_killed_backup_left_is_taken_away_by_the_next(deployed_folder: Path, tmp_path: Path) -> None:
    (deployed_folder / ".backup").mkdir()
    (deployed_folder / ".backup" / "tracker.sqlite").write_bytes(b"unsealed")
    backed_up(deployed_folder, tmp_path / "one.backup")
    assert not (deployed_folder / ".backup").exists()


def test_settings_around_it_do_not_lead_a_copy_elsewhere(deployed_folder: Path, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    shutil.copyfile(deployed_folder / "tracker.sqlite", other)
    copy = tmp_path / "copy"
    words = ("restore", backup, "--data", copy, "--secret", deployed_folder / "secret")
    assert run_tracker(*words, DATABASE_URL=f"sqlite:///{other}", SECRET="x" * 40).exit_code == 0
    with closing(sqlite3.connect(other)) as raw:
        assert raw.execute("SELECT copy_of FROM deployment").fetchone() == (None,)
    assert "Sending" in words_by_line(copy)


def test_a_backup_of_a_newer_release_is_refused(deployed_folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(deployed_folder / "tracker.sqlite")) as raw, raw:
        raw.execute("UPDATE migration SET name = '2099-01-01T00:00:00:000000' WHERE id = 1")
    assert is_one_sentence(run_tracker("serve", "--data", deployed_folder))
    assert is_one_sentence(run_tracker("backup", tmp_path / "one.backup", "--data", deployed_folder))


@pytest.fixture
def blank(postgres_source: Source, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives empty PostgreSQL databases."""
    made: list[str] = []

    def one() -> str:
        made.append(asyncio.run(postgres_source.blank(tmp_path)))
        return made[-1]

    yield one
    for url in made:
        asyncio.run(postgres_source.drop(url))


def test_a_backup_of_postgresql_fills_an_empty_database(tmp_path: Path, blank: Callable[[], str]) -> None:
    folder = founded(tmp_path / "data", "--set", f"DATABASE_URL={blank()}")
    file, url = backed_up(folder, tmp_path / "one.backup"), blank()
    copy = restored(file, tmp_path / "copy", folder / "secret", "--database", url)
    assert sorted(path.name for path in copy.iterdir()) == ["secret", "settings.env"]
    assert f"\nTRACKER_DATABASE_URL={url}\n" in (copy / installation.NAME).read_text()
    assert "sends nothing until" in words_by_line(copy)["Sending"]
    assert "Sending" not in words_by_line(folder)
    assert run_tracker("audit", "verify", "--data", copy).exit_code == 0
    assert is_one_sentence(
        run_tracker("restore", file, "--data", tmp_path / "two", "--secret", folder / "secret", "--database", url)
    )


def test_a_backup_of_postgresql_without_its_programs_says_what_to_install(
    tmp_path: Path, blank: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = founded(tmp_path / "data", "--set", f"DATABASE_URL={blank()}")
    monkeypatch.setenv("PATH", "")
    result = run_tracker("backup", tmp_path / "one.backup", "--data", folder)
    assert is_one_sentence(result)
    assert "pg_dump" in result.stderr


def test_a_backup_says_which_database_it_needs(deployed_folder: Path, backup: Path, tmp_path: Path) -> None:
    words = ("restore", backup, "--data", tmp_path / "copy", "--secret", deployed_folder / "secret")
    assert is_one_sentence(run_tracker(*words, "--database", "postgresql://elsewhere/x"))


@pytest.fixture
def folder_of_init(tmp_path: Path) -> Path:
    return tmp_path / "data"


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}


def test_the_folder_holds_settings_secret_and_database_for_its_owner_alone(folder_of_init: Path) -> None:
    founded(folder_of_init)
    assert modes(folder_of_init) == {"data": 0o700, "settings.env": 0o600, "secret": 0o600, "tracker.sqlite": 0o600}


def test_a_sign_in_link_is_the_last_line(folder_of_init: Path) -> None:
    result = run_tracker(
        "init", "--data", folder_of_init, "--coordinator", BOSS, "--set", "base_url=https://tracker.usao.gov"
    )
    assert result.output.splitlines()[-1].startswith("https://tracker.usao.gov/sign-in/link/")


def test_a_link_with_the_usual_port_says_what_to_do_when_another_one_is_served(folder_of_init: Path) -> None:
    said = "The link has the port 8000. If you serve on another one, with --port, write that into the link."
    assert said in run_tracker("init", "--data", folder_of_init, "--coordinator", BOSS).stderr
    link = run_tracker("sign-in-link", BOSS, "--data", folder_of_init)
    assert said in link.stderr
    assert link.stdout.startswith("http://127.0.0.1:8000/sign-in/link/")
    assert (
        said
        not in run_tracker("sign-in-link", BOSS, "--data", folder_of_init, BASE_URL="https://tracker.usao.gov").stderr
    )


def test_where_no_one_can_be_asked_the_first_coordinator_gets_an_address_to_replace(folder_of_init: Path) -> None:
    said = run_tracker("init", "--data", folder_of_init).output.splitlines()
    assert "That address is a placeholder. Enter your own on your profile page and in the settings." in said
    assert said[-1].startswith("http://127.0.0.1:8000/sign-in/link/")
    assert "still use a placeholder domain" in run_tracker("check", "--data", folder_of_init).output


def test_every_other_command_works_in_the_folder(folder_of_init: Path) -> None:
    founded(folder_of_init)
    assert run_tracker("migrate", "--data", folder_of_init).output == "The database is up to date.\n"
    assert run_tracker("audit", "verify", "--data", folder_of_init).exit_code == 0
    assert run_tracker("sign-in-link", BOSS, "--data", folder_of_init).exit_code == 0
    assert run_tracker("sign-in-link", BOSS, DATA=str(folder_of_init)).exit_code == 0


def test_what_it_made_is_not_made_again(folder_of_init: Path) -> None:
    founded(folder_of_init)
    before = (folder_of_init / installation.SECRET).read_text()
    assert is_one_sentence(run_tracker("init", "--data", folder_of_init, "--coordinator", BOSS))
    assert (folder_of_init / installation.SECRET).read_text() == before


def test_a_folder_with_something_else_in_it_is_left_alone(folder_of_init: Path) -> None:
    folder_of_init.mkdir()
    (folder_of_init / "thesis.txt").write_text("mine")
    assert is_one_sentence(run_tracker("init", "--data", folder_of_init, "--coordinator", BOSS))
    assert [path.name for path in folder_of_init.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_that_is_there_is_taken(folder_of_init: Path) -> None:
    folder_of_init.mkdir()
    (folder_of_init / MAKING).mkdir()  # a maker was killed
    assert modes(founded(folder_of_init)).keys() == {"data", "settings.env", "secret", "tracker.sqlite"}


@pytest.mark.parametrize(
    "words",
    [
        ("--coordinator", "nobody"),
        ("--coordinator", BOSS, "--agency", "X" * 21),
        ("--coordinator", BOSS, "--name", "=1+1"),
        ("--coordinator", BOSS, "--set", "SMTP_HOST"),
        ("--coordinator", BOSS, "--set", "SMTPHOST=mail"),
        ("--coordinator", BOSS, "--set", "SMTP_PORT=many"),
        ("--coordinator", BOSS, "--set", "DATABASE_URL=mysql://x"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence_and_leaves_nothing(
    folder_of_init: Path, words: tuple[str]
) -> None:
    assert is_one_sentence(run_tracker("init", "--data", folder_of_init, *words))
    assert not folder_of_init.exists()


def test_the_first_person_is_as_one_says(folder_of_init: Path) -> None:
    person = ("--name", "Task force lead", "--agency", "AGO", "--agency-name", "Attorney General", "--level", "state")
    founded(folder_of_init, *person)
    people = folder_of_init / "people.csv"
    people.write_text(f"agency_code,name,email,agency_name,level\nAGO,Task force lead,{BOSS},Attorney General,state\n")
    assert (
        "0 added, 0 changed, 1 unchanged." in run_tracker("roster", "import", people, "--data", folder_of_init).output
    )


def test_files_that_others_may_read_are_named(folder_of_init: Path) -> None:
    founded(folder_of_init)
    (folder_of_init / installation.NAME).chmod(0o640)
    result = run_tracker("check", "--data", folder_of_init)
    assert "fault    Files          Other users of this computer can read settings.env." in result.output
    assert result.exit_code == 1


def test_a_folder_that_others_may_look_into_is_a_warning(folder_of_init: Path) -> None:
    founded(folder_of_init)
    folder_of_init.chmod(0o755)
    result = run_tracker("check", "--data", folder_of_init)
    assert "warning  Files          Other users of this computer can read data." in result.output


def test_nothing_starts_with_a_secret_that_others_may_read(folder_of_init: Path) -> None:
    founded(folder_of_init)
    (folder_of_init / installation.SECRET).chmod(0o604)
    result = run_tracker("check", "--data", folder_of_init)
    assert (
        f"fault    Settings       Other users of this computer can read {folder_of_init / installation.SECRET}"
        in result.output
    )
    assert result.exit_code == 1
    assert is_one_sentence(run_tracker("serve", "--data", folder_of_init))


def test_a_fresh_folder_lacks_only_a_mail_server(folder_of_init: Path) -> None:
    founded(folder_of_init)
    result = run_tracker("check", "--data", folder_of_init)
    assert [line.split()[1] for line in result.output.splitlines() if line.startswith("fault")] == ["Mail"]
    assert result.exit_code == 1


def test_addresses_that_are_still_examples_are_named(folder_of_init: Path) -> None:
    founded(folder_of_init, "--set", "MAIL_FROM=calendar@tracker.example")
    assert "warning  Settings       TRACKER_MAIL_FROM still" in run_tracker("check", "--data", folder_of_init).output


@pytest.fixture
def folder_of_secret(tmp_path: Path) -> Path:
    return founded(tmp_path / "data")


def secrets(folder: Path) -> list[str]:
    return [(folder / name).read_text().strip() for name in ("secret", "secret.before")]


def replace_secret(folder: Path) -> str:
    result = run_tracker("secret", "replace", "--data", folder)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_secret_is_in_force_and_the_one_before_is_kept_for_its_owner_alone(folder_of_secret: Path) -> None:
    before = (folder_of_secret / "secret").read_text().strip()
    assert "The secret was replaced" in replace_secret(folder_of_secret)
    now, kept = secrets(folder_of_secret)
    assert (kept, len(now) > 40, now != before) == (before, True, True)
    assert {stat.S_IMODE((folder_of_secret / name).stat().st_mode) for name in ("secret", "secret.before")} == {0o600}
    assert run_tracker("audit", "verify", "--data", folder_of_secret).exit_code == 0
    assert run_tracker("sign-in-link", BOSS, "--data", folder_of_secret).exit_code == 0


def test_all_earlier_secrets_are_kept(folder_of_secret: Path) -> None:
    first = (folder_of_secret / "secret").read_text().strip()
    replace_secret(folder_of_secret)
    second = (folder_of_secret / "secret").read_text().strip()
    replace_secret(folder_of_secret)
    assert secrets(folder_of_secret)[1].splitlines() == [second, first]
    assert run_tracker("audit", "verify", "--data", folder_of_secret).exit_code == 0


def test_without_the_one_before_the_audit_log_cannot_be_read(folder_of_secret: Path) -> None:
    replace_secret(folder_of_secret)
    (folder_of_secret / "secret.before").unlink()
    assert run_tracker("audit", "verify", "--data", folder_of_secret).exit_code == 1


def test_a_secret_that_is_elsewhere_is_not_replaced(folder_of_secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SECRET", "a secret of the environment, long enough")
    assert is_one_sentence(run_tracker("secret", "replace", "--data", folder_of_secret))
    assert not (folder_of_secret / "secret.before").exists()


def test_nothing_is_replaced_while_the_database_cannot_be_opened(folder_of_secret: Path) -> None:
    (folder_of_secret / "tracker.sqlite").rename(folder_of_secret / "away.sqlite")
    assert is_one_sentence(run_tracker("secret", "replace", "--data", folder_of_secret))
    assert not (folder_of_secret / "secret.before").exists()


def test_a_copy_of_a_backup_takes_the_earlier_secrets_along(folder_of_secret: Path, tmp_path: Path) -> None:
    replace_secret(folder_of_secret)
    file, copy = tmp_path / "one.backup", tmp_path / "copy"
    assert run_tracker("backup", file, "--data", folder_of_secret).exit_code == 0
    result = run_tracker("restore", file, "--data", copy, "--secret", folder_of_secret / "secret")
    assert (result.exit_code, "Warning" in result.output) == (0, False)
    assert secrets(copy) == secrets(folder_of_secret)
