"""Run mutmut: change the code in small ways, one at a time, and list the changes that no test notices.

`python scripts/mutants.py` judges all that `[tool.mutmut]` in pyproject.toml names, which takes hours; with a pattern
like 'tracker.rules.roster.meetings*' it judges one module. What was judged is kept in `mutants/`, so a run that was
stopped continues where it was. Mutmut changes code while the tests run in its own process, so it has an
environment of its own that holds the project too.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import environment

ROOT = environment.ROOT
TOOL = "mutmut==3.8.1"
HOME = Path(sys.prefix) / "mutmut"
COMMAND = HOME / "bin" / "mutmut"


def bring() -> None:
    """Install the tool and the project, once."""
    if COMMAND.exists():
        return
    if not environment.make(HOME) or not environment.install(HOME):
        sys.exit(environment.HELP)
    subprocess.run([HOME / "bin" / "python", "-m", "pip", "install", "-q", TOOL], check=True)


def main(names: list[str]) -> int:
    """Judge the mutants whose names match the patterns (all of them without any); list those that survive."""
    bring()
    environ = os.environ | {"PYTHONPATH": ""}
    done = subprocess.run([COMMAND, "run", *names], cwd=ROOT, env=environ, check=False)
    if done.returncode == 0:
        subprocess.run([COMMAND, "results"], cwd=ROOT, env=environ, check=False)
        sys.stdout.write(f"To read one: {COMMAND.relative_to(ROOT)} show NAME. To look through them: … browse.\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
