"""Build the wheel, install it by hashes into a fresh environment elsewhere, see it make a data folder and serve a page.

`python scripts/wheel.py [FOLDER]` leaves the wheel in FOLDER (dist). It uses the Python that runs it.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import environment

ROOT = environment.ROOT
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
READY_WITHIN = 60.0  # seconds


def build(into: Path) -> Path:
    """Build the wheel, and return where it is."""
    subprocess.run([sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", into, ROOT], check=True)
    return max(into.glob("taskforce_tracker-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


def install(wheel: Path, place: Path) -> Path:
    """Install the wheel into a new environment, and return the command that it brings."""
    if not environment.make(place):
        sys.exit(environment.HELP)
    pip = [place / "bin" / "python", *PIP, "install"]
    subprocess.run([*pip, "--require-hashes", "--requirement", ROOT / "requirements.txt"], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    return place / "bin" / "tracker"


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def read(address: str) -> str:
    """Return what an address serves, after waiting for the server to respond."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            with urllib.request.urlopen(address) as response:  # noqa: S310 - our own server, by http
                return str(response.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def try_out(tracker: Path, folder: Path) -> None:
    """Make a data folder by the installed command and fetch a page, from a folder that knows nothing of the source."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "PYTHONPATH"))}
    words = ("--data", folder / "data")
    made = subprocess.run(
        [tracker, "init", *words, "--coordinator", "boss@usao.example", "--set", f"BASE_URL=http://127.0.0.1:{port}"],
        cwd=folder,
        env=clean,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    serving = subprocess.Popen([tracker, "serve", *words, "--port", str(port)], cwd=folder, env=clean)
    try:
        page = read(made.stdout.splitlines()[-1])
        style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        if "Sign in" not in page or not read(f"http://127.0.0.1:{port}{style}"):
            sys.exit(f"The sign-in page isn't what it should be:\n{page}")
    finally:
        serving.terminate()
        serving.wait()


def main(into: Path) -> None:
    """Build, install, try; say how long it took."""
    started = time.monotonic()
    wheel = build(into)
    with tempfile.TemporaryDirectory() as folder:
        try_out(install(wheel, Path(folder) / "venv"), Path(folder))
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    python, took = sys.version.split()[0], time.monotonic() - started
    sys.stdout.write(f"{wheel.name} serves on Python {python}, installed outside the source ({took:.0f} s).\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist"))
