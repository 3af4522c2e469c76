"""The command line in this process, on a data folder, with nothing of the environment around it."""

import sys
from pathlib import Path

from click.testing import CliRunner, Result

from tracker import clock
from tracker.ports.cli import main

BOSS = "boss@usao.gov"
NOTHING_LISTENS = "1"  # a port


def run_tracker(*words: object, **environment: str) -> Result:
    """Run one command; TRACKER_ variables around the tests do not count."""
    given = {"TRACKER_DATA": None, **{f"TRACKER_{name}": value for name, value in environment.items()}}
    try:
        return CliRunner(env=given).invoke(main, [str(word) for word in words])
    finally:
        clock.start_at(None)


def founded(folder: Path, *more: str) -> Path:
    """Return a data folder as `tracker init` makes it."""
    smtp = ("--set", f"SMTP_PORT={NOTHING_LISTENS}")
    result = run_tracker("init", "--data", folder, "--coordinator", BOSS, *smtp, *more)
    assert result.exit_code == 0, result.output
    return folder


def is_one_sentence(result: Result) -> bool:
    """Whether a command refused in one sentence on stderr, and said nothing else."""
    ends = result.stderr.rstrip().endswith((".", "`.", "@agency.gov"))
    return result.exit_code == 2 and result.stderr.count("\n") == 1 and ends and not result.stdout


COMMAND = [sys.executable, "-c", "from tracker.ports.cli import main; main()"]
READY_WITHIN = 30.0  # seconds; alone on a machine it takes two
