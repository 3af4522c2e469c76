"""Test the API of a fresh demo with schemathesis: every request that its document allows, and some that it doesn't.

The tool has a separate environment, because its dependencies aren't the project's. Arguments go on to
it: `python scripts/contract.py --seed 7 --max-examples 200`.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOOL = "schemathesis==4.32.5"
HOME = Path(sys.prefix) / "contract"
COMMAND = HOME / "bin" / "schemathesis"
DEMO = (sys.executable, "-c", "from tracker.ports.cli import main; main()", "demo", "--port", "0", "--json")
STARTS_WITHIN = 60.0  # seconds
USUAL = ("--seed", "1", "--max-examples", "20")


def bring() -> None:
    """Install the tool, once."""
    if not COMMAND.exists():
        sys.stderr.write(f"Installing {TOOL} (once).\n")
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([HOME / "bin" / "python", "-m", "pip", "install", "-q", TOOL], check=True)


@contextmanager
def served(folder: Path) -> Iterator[dict[str, Any]]:
    """Serve a fresh demo in a folder and return what its demo.json says."""
    with subprocess.Popen([*DEMO, "--data", str(folder)], stdout=subprocess.DEVNULL) as process:
        try:
            yield _listed(folder / "demo.json", process)
        finally:
            process.terminate()


def _listed(file: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    ends = time.monotonic() + STARTS_WITHIN
    while not file.exists():
        if process.poll() is not None or time.monotonic() > ends:
            sys.exit("The demo did not start.")
        time.sleep(0.1)
    listed: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return listed


def main(options: list[str]) -> int:
    """Ask as the coordinator, who may do most; return 0 when no answer is against the document."""
    bring()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "demo") as demo:
        token = demo["personas"][0]["api_token"]
        address = f"{demo['base_url']}/api/v1/openapi.json"
        asked = [COMMAND, "run", address, "-H", f"Authorization: Bearer {token}", "--continue-on-failure"]
        return subprocess.run([*asked, *(options or USUAL)], cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
