"""`tracker init`: one folder that holds everything, whole or not at all, and a way in printed last."""

import stat
from pathlib import Path

import pytest

from tests.ports.cli.commands import BOSS, founded, is_one_sentence, tracker
from tracker.config import settings_file
from tracker.ports.cli.deployments import MAKING


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}


def test_the_folder_holds_settings_secret_and_database_for_its_owner_alone(folder: Path) -> None:
    founded(folder)
    assert modes(folder) == {"data": 0o700, "settings.env": 0o600, "secret": 0o600, "tracker.sqlite": 0o600}


def test_a_sign_in_link_is_the_last_line(folder: Path) -> None:
    result = tracker("init", "--data", folder, "--coordinator", BOSS, "--set", "base_url=https://tracker.usao.gov")
    assert result.output.splitlines()[-1].startswith("https://tracker.usao.gov/sign-in/link/")


def test_a_link_with_the_usual_port_says_what_to_do_when_another_one_is_served(folder: Path) -> None:
    said = "The link has the port 8000. If you serve on another one, with --port, write that into the link."
    assert said in tracker("init", "--data", folder, "--coordinator", BOSS).stderr
    link = tracker("sign-in-link", BOSS, "--data", folder)
    assert said in link.stderr
    assert link.stdout.startswith("http://127.0.0.1:8000/sign-in/link/")
    assert said not in tracker("sign-in-link", BOSS, "--data", folder, BASE_URL="https://tracker.usao.gov").stderr


def test_where_nobody_can_be_asked_the_first_coordinator_gets_an_address_to_replace(folder: Path) -> None:
    said = tracker("init", "--data", folder).output.splitlines()
    assert "That address is a placeholder. Enter your own on your profile page and in the settings." in said
    assert said[-1].startswith("http://127.0.0.1:8000/sign-in/link/")
    assert "still use a placeholder domain" in tracker("check", "--data", folder).output


def test_every_other_command_works_in_the_folder(folder: Path) -> None:
    founded(folder)
    assert tracker("migrate", "--data", folder).output == "The database is up to date.\n"
    assert tracker("audit", "verify", "--data", folder).exit_code == 0
    assert tracker("sign-in-link", BOSS, "--data", folder).exit_code == 0
    assert tracker("sign-in-link", BOSS, DATA=str(folder)).exit_code == 0


def test_what_it_made_is_not_made_again(folder: Path) -> None:
    founded(folder)
    before = (folder / settings_file.SECRET).read_text()
    assert is_one_sentence(tracker("init", "--data", folder, "--coordinator", BOSS))
    assert (folder / settings_file.SECRET).read_text() == before


def test_a_folder_with_something_else_in_it_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    assert is_one_sentence(tracker("init", "--data", folder, "--coordinator", BOSS))
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_that_is_there_is_taken(folder: Path) -> None:
    folder.mkdir()
    (folder / MAKING).mkdir()  # a maker was killed
    assert modes(founded(folder)).keys() == {"data", "settings.env", "secret", "tracker.sqlite"}


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
def test_what_cannot_be_meant_is_refused_in_one_sentence_and_leaves_nothing(folder: Path, words: tuple[str]) -> None:
    assert is_one_sentence(tracker("init", "--data", folder, *words))
    assert not folder.exists()


def test_the_first_person_is_as_one_says(folder: Path) -> None:
    person = ("--name", "Task force lead", "--agency", "AGO", "--agency-name", "Attorney General", "--level", "state")
    founded(folder, *person)
    people = folder / "people.csv"
    people.write_text(f"agency_code,name,email,agency_name,level\nAGO,Task force lead,{BOSS},Attorney General,state\n")
    assert "0 added, 0 changed, 1 unchanged." in tracker("roster", "import", people, "--data", folder).output


def test_files_that_others_may_read_are_told_of(folder: Path) -> None:
    founded(folder)
    (folder / settings_file.NAME).chmod(0o640)
    result = tracker("check", "--data", folder)
    assert "fault    Files          Other users of this computer can read settings.env." in result.output
    assert result.exit_code == 1


def test_a_folder_that_others_may_look_into_is_a_warning(folder: Path) -> None:
    founded(folder)
    folder.chmod(0o755)
    result = tracker("check", "--data", folder)
    assert "warning  Files          Other users of this computer can read data." in result.output


def test_nothing_starts_with_a_secret_that_others_may_read(folder: Path) -> None:
    founded(folder)
    (folder / settings_file.SECRET).chmod(0o604)
    result = tracker("check", "--data", folder)
    assert (
        f"fault    Settings       Other users of this computer can read {folder / settings_file.SECRET}"
        in result.output
    )
    assert result.exit_code == 1
    assert is_one_sentence(tracker("serve", "--data", folder))


def test_a_fresh_folder_lacks_only_a_mail_server(folder: Path) -> None:
    founded(folder)
    result = tracker("check", "--data", folder)
    assert [line.split()[1] for line in result.output.splitlines() if line.startswith("fault")] == ["Mail"]
    assert result.exit_code == 1


def test_addresses_that_are_still_examples_are_told_of(folder: Path) -> None:
    founded(folder, "--set", "MAIL_FROM=calendar@tracker.example")
    assert "warning  Settings       TRACKER_MAIL_FROM still" in tracker("check", "--data", folder).output
