"""Print the path of Dovecot, the IMAP server of the tests, after installing one if none is here."""

import os
import shutil
import sys

from scripts.browser import as_root, of_debian

PACKAGE = "dovecot-imapd"
PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
HELP = "No Dovecot was found and none could be installed. Install one, or set TRACKER_DOVECOT to its path."


def find() -> str | None:
    """Return the path of Dovecot: TRACKER_DOVECOT, then PATH and where servers are; None when there is none."""
    return os.environ.get("TRACKER_DOVECOT") or shutil.which("dovecot", path=PLACES)


def install() -> None:
    """Bring it by Debian's package, and turn off the mail server that the package starts for the whole computer."""
    if of_debian(PACKAGE) and shutil.which("systemctl"):
        as_root("systemctl", "disable", "--quiet", "--now", "dovecot")


def main() -> None:
    """Print the path alone on standard output, so that a shell can take it."""
    if find() is None:
        sys.stderr.write("Installing Dovecot for the tests of replies by email (half a minute, once).\n")
        install()
    path = find() or sys.exit(HELP)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
