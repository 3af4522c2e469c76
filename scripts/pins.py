"""Write constraints.txt anew: the releases that the project installs, on every platform, without hosts or hashes."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make pins` from pyproject.toml; read the difference before you commit it.\n"
QUIET = ("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links")


def resolve(python: Path) -> str:
    """Return the newest releases that fit pyproject.toml on Python 3.11 and later, one `name==version` a line."""
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    ask = [python, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--upgrade", "--python-version", "3.11"]
    done = subprocess.run([*ask, "--extra", "dev", *QUIET, ROOT / "pyproject.toml"], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def main() -> None:
    """Resolve in an environment that is thrown away afterwards: uv is not one of the project's own tools."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pins = resolve(Path(folder) / "bin" / "python")
    (ROOT / "constraints.txt").write_text(HEADER + pins, encoding="utf-8")
    sys.stdout.write(f"constraints.txt: {len(pins.splitlines())} releases\n")


if __name__ == "__main__":
    main()
