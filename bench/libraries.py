"""The floor of a start: a process that imports the libraries which the server imports, and nothing of ours."""

import json
import os
import subprocess
import sys

WHICH = """
import json, sys
import tracker.app, tracker.ports.cli.serve
installed = [name for name, one in sys.modules.items() if "site-packages" in (getattr(one, "__file__", "") or "")]
print(json.dumps(installed))
"""
IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"


def names() -> list[str]:
    """Return the modules of libraries that the server has imported before it answers, in its order."""
    said = subprocess.run([sys.executable, "-c", WHICH], check=True, capture_output=True, text=True)  # noqa: S603 - our own command
    found: list[str] = json.loads(said.stdout)
    return found


def import_them(modules: list[str]) -> float:
    """Import the modules in a process of its own, and return its processor time in seconds."""
    process = subprocess.Popen([sys.executable, "-c", IMPORT, *modules])  # noqa: S603 - our own command
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("The libraries could not be imported without the product.")
    return used.ru_utime + used.ru_stime
