"""The folder of a demo: its own files alone are deleted, for its owner alone, by one demo at a time."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.demo.folder import DemoFolder
from tracker.errors import Conflict, Invalid

REAL = datetime(2026, 12, 15, 15, tzinfo=UTC)


def claimed(path: Path) -> DemoFolder:
    folder = DemoFolder(path)
    folder.claim()
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_database_that_no_demo_made_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "tracker.sqlite").write_bytes(b"real")
    with pytest.raises(Invalid, match="that aren't from a demo"):
        DemoFolder(tmp_path).claim()
    assert (tmp_path / "tracker.sqlite").read_bytes() == b"real"


def test_settings_that_no_demo_made_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("TRACKER_DATABASE_URL=postgresql://real")
    with pytest.raises(Invalid, match="that aren't from a demo"):
        DemoFolder(tmp_path).claim()
    assert (tmp_path / "settings.env").read_text() == "TRACKER_DATABASE_URL=postgresql://real"


def test_two_demos_never_share_a_folder(tmp_path: Path) -> None:
    first = claimed(tmp_path)
    with pytest.raises(Conflict):
        DemoFolder(tmp_path).claim()
    assert first.path == tmp_path


def test_a_clock_that_was_set_has_run_on_when_the_demo_continues(tmp_path: Path) -> None:
    folder = claimed(tmp_path)
    assert folder.clock(REAL) is None
    folder.settle({"TRACKER_NOW": "2031-03-03T09:00:00-06:00"})
    os.utime(tmp_path / "settings.env", times=(REAL.timestamp(), REAL.timestamp()))
    assert folder.clock(REAL + timedelta(hours=2)) == datetime(2031, 3, 3, 17, tzinfo=UTC)
    folder.settle({})
    assert folder.clock(REAL) is None


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Invalid):
        DemoFolder(tmp_path / "file" / "demo").claim()


def test_a_fresh_start_deletes_what_a_demo_made_and_nothing_else(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "demo")
    folder.clear()
    folder.list({})
    (folder.path / "tracker.sqlite").touch()
    (folder.mails / "000001.eml").touch()
    (folder.path / "notes.txt").touch()
    secret = folder.secret()
    folder.clear()
    assert sorted(one.name for one in folder.path.iterdir()) == ["DEMO.txt", "demo.json", "mail", "notes.txt", "secret"]
    assert list(folder.mails.iterdir()) == []
    assert folder.secret() != secret


def test_what_opens_doors_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "demo")
    folder.clear()
    folder.list({"personas": []})
    folder.settle({"TRACKER_IS_DEMO": "yes"})
    files = (folder.path / "secret", folder.path / "settings.env", folder.listing)
    assert [mode(one) for one in (folder.path, *files)] == [0o700, 0o600, 0o600, 0o600]
    assert json.loads(folder.listing.read_text()) == {"personas": []}


def test_the_listing_of_an_earlier_demo_is_gone_before_the_next_is_ready(tmp_path: Path) -> None:
    first = claimed(tmp_path)
    first.list({})
    first.leave()
    assert not claimed(tmp_path).listing.exists()
