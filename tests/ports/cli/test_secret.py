"""tracker secret replace, as an operator meets it."""

import stat
from pathlib import Path

import pytest

from tests.ports.cli.commands import BOSS, founded, is_one_sentence, tracker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return founded(tmp_path / "data")


def secrets(folder: Path) -> list[str]:
    return [(folder / name).read_text().strip() for name in ("secret", "secret.before")]


def replaced(folder: Path) -> str:
    result = tracker("secret", "replace", "--data", folder)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_secret_is_in_force_and_the_one_before_is_kept_for_its_owner_alone(folder: Path) -> None:
    before = (folder / "secret").read_text().strip()
    assert "The secret was replaced" in replaced(folder)
    now, kept = secrets(folder)
    assert (kept, len(now) > 40, now != before) == (before, True, True)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("secret", "secret.before")} == {0o600}
    assert tracker("audit", "verify", "--data", folder).exit_code == 0
    assert tracker("sign-in-link", BOSS, "--data", folder).exit_code == 0


def test_all_secrets_of_before_are_kept(folder: Path) -> None:
    first = (folder / "secret").read_text().strip()
    replaced(folder)
    second = (folder / "secret").read_text().strip()
    replaced(folder)
    assert secrets(folder)[1].splitlines() == [second, first]
    assert tracker("audit", "verify", "--data", folder).exit_code == 0


def test_without_the_one_before_the_trail_cannot_be_read(folder: Path) -> None:
    replaced(folder)
    (folder / "secret.before").unlink()
    assert tracker("audit", "verify", "--data", folder).exit_code == 1


def test_a_secret_that_stands_elsewhere_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SECRET", "a secret of the environment, long enough")
    assert is_one_sentence(tracker("secret", "replace", "--data", folder))
    assert not (folder / "secret.before").exists()


def test_nothing_is_replaced_while_the_database_cannot_be_opened(folder: Path) -> None:
    (folder / "tracker.sqlite").rename(folder / "away.sqlite")
    assert is_one_sentence(tracker("secret", "replace", "--data", folder))
    assert not (folder / "secret.before").exists()


def test_a_copy_of_a_backup_takes_the_secrets_of_before_along(folder: Path, tmp_path: Path) -> None:
    replaced(folder)
    file, copy = tmp_path / "one.backup", tmp_path / "copy"
    assert tracker("backup", file, "--data", folder).exit_code == 0
    result = tracker("restore", file, "--data", copy, "--secret", folder / "secret")
    assert (result.exit_code, "Warning" in result.output) == (0, False)
    assert secrets(copy) == secrets(folder)
