"""Renew what the project installs: constraints.txt for developers, requirements.txt with hashes for deployments.

Both hold for every platform and name no host: a file is the one that was meant by its hash, wherever it comes from.
`python scripts/pins.py hashes` keeps the releases that constraints.txt names and renews the hashes alone.
"""

import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
REQUIREMENTS = ROOT / "requirements.txt"
HEADER = "# Made by `make pins` from pyproject.toml; read the diff before you commit it.\n"
QUIET = ("--quiet", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links")
NEWEST = ("--upgrade", "--extra", "dev")
HASHED = ("--generate-hashes", "--constraint", str(CONSTRAINTS))


def resolve(python: Path, *options: str) -> str:
    """Return the releases that fit pyproject.toml on Python 3.11 and later, as pip reads them."""
    ask = [python, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11", *QUIET, *options]
    done = subprocess.run([*ask, ROOT / "pyproject.toml"], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def write(file: Path, pins: str) -> None:
    """Write a file and say how many releases it names."""
    file.write_text(HEADER + pins, encoding="utf-8")
    sys.stdout.write(f"{file.name}: {pins.count('==')} releases\n")


def main(words: Sequence[str]) -> None:
    """Resolve in an environment that is thrown away afterward: uv is not one of the project's own tools."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        if "hashes" not in words:
            write(CONSTRAINTS, resolve(python, *NEWEST))
        write(REQUIREMENTS, resolve(python, *HASHED))


if __name__ == "__main__":
    main(sys.argv[1:])
