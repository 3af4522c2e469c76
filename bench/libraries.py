"""The floor of a start: a process that imports the libraries which the server imports, and nothing of ours.

Both sides have their bytecode, as every installed package has: pip compiles when it installs. The product's own is kept
in a folder of the measurement, because this environment may say that none is written.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.stock import SECRET

WHICH = """
import anyio, json, sys
from tracker.ports.cli.serve import server_config
import tracker.ports.cli
config = server_config("tracker.app:create_app")
config.load()
config.get_loop_factory()
anyio.run(anyio.sleep, 0)
installed = [name for name, one in sys.modules.items() if "site-packages" in (getattr(one, "__file__", "") or "")]
print(json.dumps(installed))
"""
IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"


def compiled_in(folder: Path) -> dict[str, str]:
    """Return the environment in which Python keeps its bytecode in that folder."""
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


def names(compiled: Path) -> list[str]:
    """Return the modules of libraries that the server has imported before it answers, in its order."""
    settings = {"TRACKER_SECRET": SECRET, "TRACKER_RUN_CLOCK": "no"}
    said = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", WHICH], check=True, capture_output=True, text=True, env=compiled_in(compiled) | settings
    )
    modules: list[str] = json.loads(said.stdout)
    return modules


def import_them(modules: list[str], compiled: Path) -> float:
    """Import the modules in a process of its own, and return its processor time in seconds."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", IMPORT, *modules], env=compiled_in(compiled)
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("The libraries could not be imported without the product.")
    return used.ru_utime + used.ru_stime
