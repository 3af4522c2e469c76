"""A real IMAP server for one test session: Debian's Dovecot, below a temporary folder, on a free port of loopback."""

import grp
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from imap_tools import BaseMailBox, MailBoxUnencrypted

from scripts.dovecot import find

PASSWORD = "secret"
PATIENCE = 20.0  # seconds until it listens
UNPRIVILEGED = 65_534  # the user without rights, for tests that run as root
EVERYWHERE = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
SINCE_2_4 = """
dovecot_config_version = {version}
dovecot_storage_version = {version}
auth_allow_cleartext = yes
auth_failure_delay = 0
mail_driver = maildir
mail_path = ~/Maildir
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {root}/mail/%{{user}}
  }}
}}
"""
BEFORE_2_4 = """
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A server at which every user name has a mailbox, and all have the same password."""

    port: int

    def open(self, user: str) -> BaseMailBox:
        """Open someone's mailbox, as a mail program does."""
        return MailBoxUnencrypted("127.0.0.1", self.port, timeout=PATIENCE).login(user, PASSWORD)

    def put(self, user: str, *emails: bytes) -> None:
        """Put emails into someone's mailbox."""
        with self.open(user) as mailbox:
            for email in emails:
                mailbox.append(email)

    def unseen(self, user: str) -> list[str]:
        """Return the numbers of the emails in someone's mailbox that no one has read."""
        with self.open(user) as mailbox:
            return mailbox.uids("UNSEEN", charset=None)


@contextmanager
def running() -> Iterator[Dovecot]:
    """Run a server that serves no one but this session."""
    program = find()
    if program is None:
        pytest.fail("No Dovecot is here. `make test` installs one; or name yours in TRACKER_DOVECOT.")
    root = Path(tempfile.mkdtemp(prefix="tracker-dovecot-"))
    user = pwd.getpwuid(os.geteuid() or UNPRIVILEGED)
    try:
        port = _free_port()
        _configure(root, port, user, _version(program))
        server = subprocess.Popen([program, "-F", "-c", root / "dovecot.conf"], user=user.pw_uid, group=user.pw_gid)
        try:
            _wait(server, port, root)
            yield Dovecot(port)
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(root)


def _configure(root: Path, port: int, user: pwd.struct_passwd, version: str) -> None:
    is_new = tuple(map(int, version.split(".")[:2])) >= (2, 4)
    values = {"root": root, "port": port, "version": version, "password": PASSWORD}
    values |= {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name, "uid": user.pw_uid, "gid": user.pw_gid}
    text = f"{SINCE_2_4}{EVERYWHERE}" if is_new else f"{EVERYWHERE}{BEFORE_2_4}"
    (root / "dovecot.conf").write_text(text.format(**values), encoding="utf-8")
    (root / "mail").mkdir()
    for path in (root, *root.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.match(r"\d+\.\d+(\.\d+)?", said)
    assert found, said
    return found.group()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], port: int, root: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
            return
        time.sleep(0.02)
    log = root / "log"
    pytest.fail(f"Dovecot doesn't listen. {log.read_text() if log.exists() else ''}")
