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
from tests.ports.cli.commands import BOSS, founded, is_one_sentence, tracker
from tracker.config import settings_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one person and a password for its mail server."""
    return founded(tmp_path / "data", "--set", "SMTP_PASSWORD=Canary-password")


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    return backed_up(folder, tmp_path / "one.backup")


def backed_up(folder: Path, file: Path) -> Path:
    result = tracker("backup", file, "--data", folder)
    assert result.exit_code == 0, result.output
    return file


def restored(file: Path, folder: Path, secret: Path, *more: str) -> Path:
    result = tracker("restore", file, "--data", folder, "--secret", secret, *more)
    assert result.exit_code == 0, result.output
    return folder


def lines(folder: Path) -> dict[str, str]:
    """Return the words of `tracker check` by the name of the line."""
    output = tracker("check", "--data", folder).output
    return {line[9:23].strip(): line[:9] + line[24:] for line in output.splitlines()}


def test_a_restored_folder_is_as_it_was_and_holds_its_mails(folder: Path, backup: Path, tmp_path: Path) -> None:
    copy = restored(backup, tmp_path / "copy", folder / "secret")
    assert "sends nothing until" in lines(copy)["Sending"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in copy.iterdir()} == {
        "settings.env": 0o600,
        "secret": 0o600,
        "tracker.sqlite": 0o600,
    }
    for name in (settings_file.NAME, settings_file.SECRET):
        assert (copy / name).read_text() == (folder / name).read_text()
    assert tracker("audit", "verify", "--data", copy).exit_code == 0
    assert tracker("sign-in-link", BOSS, "--data", copy).exit_code == 0


def test_a_copy_sends_when_it_is_let(folder: Path, backup: Path, tmp_path: Path) -> None:
    copy = restored(backup, tmp_path / "copy", folder / "secret")
    assert tracker("resume", "--data", copy).output.startswith("Sending has resumed.")
    assert tracker("resume", "--data", copy).output == "Sending wasn't on hold.\n"
    assert "Sending" not in lines(copy)


def test_a_backup_is_for_its_owner_alone_and_tells_nothing_without_the_secret(folder: Path, backup: Path) -> None:
    content = backup.read_bytes()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [word for word in (BOSS, "Canary", "CREATE TABLE", "USAO") if word.encode() in content] == []
    assert not list(folder.glob(".*"))


def test_a_secret_in_the_settings_is_not_in_the_backup(folder: Path, tmp_path: Path) -> None:
    secret, settings = (folder / "secret").read_text().strip(), folder / settings_file.NAME
    settings.write_text(settings_file.changed(settings.read_text(), "TRACKER_SECRET", secret))
    copy = restored(backed_up(folder, tmp_path / "one.backup"), tmp_path / "copy", folder / "secret")
    assert secret not in (copy / settings_file.NAME).read_text()


def test_check_knows_the_last_backup(folder: Path, tmp_path: Path) -> None:
    assert lines(folder)["Backup"].startswith("warning  No backup yet.")
    backed_up(folder, tmp_path / "one.backup")
    assert lines(folder)["Backup"].startswith("ok")


def test_another_secret_is_refused_in_one_sentence(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("another secret, just as long as the first")
    result = tracker("restore", backup, "--data", tmp_path / "copy", "--secret", tmp_path / "other")
    assert is_one_sentence(result)
    assert "another secret" in result.stderr
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("place", [0, 60, 300, -1])
def test_a_changed_backup_is_refused_and_leaves_nothing(folder: Path, backup: Path, tmp_path: Path, place: int) -> None:
    content = bytearray(backup.read_bytes())
    content[place] ^= 1
    backup.write_bytes(content)
    assert is_one_sentence(tracker("restore", backup, "--data", tmp_path / "copy", "--secret", folder / "secret"))
    assert not (tmp_path / "copy").exists()


def test_a_backup_that_is_cut_off_is_refused(folder: Path, backup: Path, tmp_path: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-1])
    assert is_one_sentence(tracker("restore", backup, "--data", tmp_path / "copy", "--secret", folder / "secret"))


def test_nothing_is_restored_over_something(folder: Path, backup: Path) -> None:
    before = (folder / "tracker.sqlite").read_bytes()
    result = tracker("restore", backup, "--data", folder, "--secret", folder / "secret")
    assert is_one_sentence(result)
    assert "isn't empty" in result.stderr
    assert (folder / "tracker.sqlite").read_bytes() == before


def test_no_backup_is_written_over_another(folder: Path, backup: Path) -> None:
    before = backup.read_bytes()
    assert is_one_sentence(tracker("backup", backup, "--data", folder))
    assert backup.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    assert is_one_sentence(tracker("backup", tmp_path / "nowhere" / "one.backup", "--data", folder))
    assert not (folder / ".backup").exists()


def test_what_a_killed_backup_left_is_taken_away_by_the_next(folder: Path, tmp_path: Path) -> None:
    (folder / ".backup").mkdir()
    (folder / ".backup" / "tracker.sqlite").write_bytes(b"unsealed")
    backed_up(folder, tmp_path / "one.backup")
    assert not (folder / ".backup").exists()


def test_settings_around_it_do_not_lead_a_copy_elsewhere(folder: Path, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    shutil.copyfile(folder / "tracker.sqlite", other)
    copy = tmp_path / "copy"
    words = ("restore", backup, "--data", copy, "--secret", folder / "secret")
    assert tracker(*words, DATABASE_URL=f"sqlite:///{other}", SECRET="x" * 40).exit_code == 0
    with closing(sqlite3.connect(other)) as raw:
        assert raw.execute("SELECT copy_of FROM deployment").fetchone() == (None,)
    assert "Sending" in lines(copy)


def test_a_backup_of_a_newer_release_is_refused(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "tracker.sqlite")) as raw, raw:
        raw.execute("UPDATE migration SET name = '2099-01-01T00:00:00:000000' WHERE id = 1")
    assert is_one_sentence(tracker("serve", "--data", folder))
    assert is_one_sentence(tracker("backup", tmp_path / "one.backup", "--data", folder))


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
    assert f"\nTRACKER_DATABASE_URL={url}\n" in (copy / settings_file.NAME).read_text()
    assert "sends nothing until" in lines(copy)["Sending"]
    assert "Sending" not in lines(folder)
    assert tracker("audit", "verify", "--data", copy).exit_code == 0
    assert is_one_sentence(
        tracker("restore", file, "--data", tmp_path / "two", "--secret", folder / "secret", "--database", url)
    )


def test_a_backup_of_postgresql_without_its_programs_says_what_to_install(
    tmp_path: Path, blank: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = founded(tmp_path / "data", "--set", f"DATABASE_URL={blank()}")
    monkeypatch.setenv("PATH", "")
    result = tracker("backup", tmp_path / "one.backup", "--data", folder)
    assert is_one_sentence(result)
    assert "pg_dump" in result.stderr


def test_a_backup_says_which_database_it_needs(folder: Path, backup: Path, tmp_path: Path) -> None:
    words = ("restore", backup, "--data", tmp_path / "copy", "--secret", folder / "secret")
    assert is_one_sentence(tracker(*words, "--database", "postgresql://elsewhere/x"))
