"""Print the path of a Chromium for the browser tests, after installing one if none is here.

The headless shell is preferred: it is the same engine without a window around it, and takes half the processor time.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL_BUILDS = "chromium_headless_shell-*/chrome-*/*headless*shell"
BUILDS = "chromium-*/chrome-linux*/chrome"
ROOMY = "--js-flags=--min-semi-space-size=32"  # MiB: judging a page leaves much garbage, and is a tenth quicker so
ARGUMENTS = ["--no-sandbox", "--disable-gpu", ROOMY]  # it shows our own pages only, on no screen
HELP = "No Chromium was found and none could be installed. Install one, or set TRACKER_CHROMIUM to its path."


def find() -> str | None:
    """Return the path of a Chromium: TRACKER_CHROMIUM, then a headless shell, then any other; None without one."""
    return os.environ.get("TRACKER_CHROMIUM") or _shell() or _on_path(*NAMES) or _of_playwright(BUILDS)


def install() -> None:
    """Bring a Chromium by Debian's packages, where one may; else let Playwright fetch its own build."""
    if not of_debian(SHELL) and not of_debian("chromium"):
        _runs(sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")


def of_debian(package: str) -> bool:
    """Install a package of Debian or Ubuntu, where one may; return whether it is here now."""
    may_install = os.geteuid() == 0 or (shutil.which("sudo") and _runs("sudo", "-n", "true"))
    if not may_install or not shutil.which("apt-get"):
        return False
    as_root("apt-get", "update", "-qq")
    return as_root("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)


def as_root(*command: str) -> bool:
    """Run a command that only root may run; return whether it did its work."""
    return _runs(*([] if os.geteuid() == 0 else ["sudo", "-n"]), *command)


def _runs(*command: str) -> bool:
    """Run a command that may ask nothing; what it prints goes to standard error."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=quiet, check=False)
    return done.returncode == 0


def _shell() -> str | None:
    return _on_path(SHELL) or _of_playwright(SHELL_BUILDS)


def _on_path(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _of_playwright(pattern: str) -> str | None:
    """Return the path of the build that Playwright downloaded, if it ever did."""
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    builds = sorted(folder.glob(pattern))
    return str(builds[-1]) if builds else None


def _is_wanting() -> bool:
    """Return whether to install one: any will do for a developer, and CI saves minutes with a headless shell."""
    return find() is None or ("CI" in os.environ and "TRACKER_CHROMIUM" not in os.environ and _shell() is None)


def main() -> None:
    """Print the path alone on standard output, so that a shell can take it."""
    if _is_wanting():
        sys.stderr.write("Installing Chromium for the browser tests (about a minute, once).\n")
        install()
    path = find() or sys.exit(HELP)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
