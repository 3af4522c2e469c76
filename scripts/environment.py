"""Make the virtual environment and install the project into it; runs on a bare Python 3.11 or later.

Debian's Python comes without `ensurepip`. What is tried then, in this order: its package python3-venv (as root, or by
sudo without a password); a `virtualenv` that is here; an environment that a pip from outside fills. If none of them can
be had, a sentence says what to install.
"""

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
HELP = f"This Python can't create a virtual environment. Install what's missing (Debian: apt-get install {PACKAGE})."


def works(*command: object) -> bool:
    """Run a command; return whether it succeeded. What it prints goes to standard error."""
    return subprocess.run([str(word) for word in command], stdout=sys.stderr, check=False).returncode == 0


def is_here(module: str) -> bool:
    """Return whether this Python has the module, also when it was installed a moment ago."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def administrator() -> list[str] | None:
    """Return what to write before a command that needs root: nothing, sudo, or None when there is no way."""
    if os.geteuid() == 0:
        return []
    can_sudo = shutil.which("sudo") is not None and works("sudo", "-n", "true")
    return ["sudo", "-n"] if can_sudo else None


def install_ensurepip() -> bool:
    """Let Debian's package bring the missing module, where there is an apt-get and the right to use it."""
    rights = administrator()
    if rights is None or shutil.which("apt-get") is None:
        return False
    works(*rights, "apt-get", "update", "-qq")
    return works(*rights, "apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE)


def has_pip(place: Path) -> bool:
    """Return whether the environment's Python starts and has its pip."""
    python = place / "bin" / "python"
    ask = [python, "-m", "pip", "--version"]
    return python.exists() and subprocess.run(ask, capture_output=True, check=False).returncode == 0


def made_by_venv(place: Path) -> bool:
    """Make the environment with the standard library, when its `ensurepip` is here."""
    return is_here("ensurepip") and works(sys.executable, "-m", "venv", "--clear", place)


def made_by_virtualenv(place: Path) -> bool:
    """Make the environment with a virtualenv that is installed already."""
    return is_here("virtualenv") and works(sys.executable, "-m", "virtualenv", "--quiet", "--clear", place)


def filled_from_outside(place: Path) -> bool:
    """Make an environment without pip, and let the pip outside put one in."""
    if not is_here("pip"):
        return False
    venv.create(place, clear=True, with_pip=False)
    return works(sys.executable, "-m", "pip", "--quiet", "--python", place / "bin" / "python", "install", "pip")


def make(place: Path) -> bool:
    """Make the environment by the first way that works."""
    return (
        made_by_venv(place)
        or (install_ensurepip() and made_by_venv(place))
        or made_by_virtualenv(place)
        or filled_from_outside(place)
    )


def install(place: Path) -> bool:
    """Install the project and the developers' tools, in the releases that constraints.txt names."""
    pip = [place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    return works(*pip, "install", "--constraint", ROOT / "constraints.txt", "--editable", f"{ROOT}[dev]")


def main(place: Path) -> int:
    """Bring the environment at `place` up to date; return the exit status."""
    if not has_pip(place):
        sys.stderr.write(f"Creating a virtual environment in {place.name} with Python {sys.version.split()[0]}.\n")
        if not make(place):
            sys.exit(HELP)
    sys.stderr.write("Installing the project and its tools (about half a minute, once).\n")
    return 0 if install(place) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
