"""Compare what a deployment installs with the published security advisories, by pip-audit.

`python scripts/advisories.py` reads requirements.txt. Without a network, or behind a mirror that has no advisories, it
says that it skipped the comparison and succeeds: `make check` must work on a train. The tool is in its own
folder, so its dependencies don't mix with the project's.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
TOOL = "pip-audit==2.10.1"
HOME = Path(sys.prefix) / "pip-audit"
BRIEFLY = ("--retries", "0", "--timeout", "3")  # seconds; without a network, pip itself would try for half a minute
KNOWN = "jinja2==2.10\n"
"""A release with advisories. A database that lists none for it would call anything safe."""
OPTIONS = ("--no-deps", "--disable-pip", "--timeout", "3", "--progress-spinner", "off", "--format", "json")
FINISHES_WITHIN = 120.0  # seconds


def bring() -> bool:
    """Install the tool, once; return whether it is here."""
    if not HOME.exists():
        sys.stderr.write(f"Installing {TOOL} (once).\n")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", *BRIEFLY]
        subprocess.run([*pip, "--target", HOME, TOOL], stderr=subprocess.DEVNULL, check=False)
    return HOME.exists()


def ask(requirements: Path) -> list[str] | None:
    """Return a line for each advisory that concerns a release of a requirements file; None when none could be read."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), *OPTIONS]
    environ = os.environ | {"PYTHONPATH": str(HOME)}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, timeout=FINISHES_WITHIN, check=False)
    except subprocess.TimeoutExpired:
        return None
    return lines_of(done.stdout)


def lines_of(report: bytes) -> list[str] | None:
    """Return a line for each advisory in the JSON of pip-audit; None when it isn't JSON, as without a network."""
    try:
        releases = json.loads(report)["dependencies"]
    except ValueError:
        return None
    return [line for one in releases for line in _lines(one)]


def _lines(release: dict[str, Any]) -> list[str]:
    name, advisories = f"{release['name']} {release.get('version')}", release.get("vulns", [])
    return [f"{name}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'no release'}" for one in advisories]


def knows_advisories() -> bool:
    """Return whether the database can be reached and lists the advisories of a release that has some."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "known.txt"
        file.write_text(KNOWN, encoding="utf-8")
        return bool(ask(file))


def result(advisories: list[str] | None) -> tuple[str, int]:
    """Return what to print and the exit status: 1 only if advisories concern a release that is installed."""
    if advisories is None:
        return "Advisories: skipped. The advisory database can't be reached from here.", 0
    return "\n".join([*advisories, f"Advisories: {len(advisories)} concern the releases in requirements.txt."]), min(
        len(advisories), 1
    )


def main() -> int:
    """Print the result and return the exit status."""
    text, status = result(ask(REQUIREMENTS) if bring() and knows_advisories() else None)
    sys.stdout.write(f"{text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
