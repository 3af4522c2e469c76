"""A real IMAP server for one test session: Debian's Dovecot, below a temporary folder, on a free port of loopback."""

import grp
import json
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from imap_tools import BaseMailBox, MailBoxUnencrypted
from msgspec import Struct

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
auth_mechanisms = plain xoauth2
mail_driver = maildir
mail_path = ~/Maildir
passdb static {{
  password = {password}
  mechanisms_filter = plain
}}
passdb oauth2 {{
  mechanisms_filter = xoauth2
}}
oauth2 {{
  introspection_mode = auth
  introspection_url = {tokens}
  username_attribute = email
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
auth_mechanisms = plain xoauth2
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  mechanisms = plain
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
"""
OAUTH2 = """
introspection_mode = auth
introspection_url = {tokens}
username_attribute = email
"""
CLIENT = {"grant_type": "client_credentials", "client_id": "tracker", "client_secret": "client secret"}


class _Tokens(BaseHTTPRequestHandler):
    """Gives access tokens to the tracker, whose scope is a mailbox, and says to Dovecot for which one a token is."""

    def do_POST(self) -> None:
        asked = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        user = asked.pop("scope")
        if asked == CLIENT:
            self._answer(200, {"access_token": f"for-{user}", "token_type": "Bearer", "expires_in": 3600})
        else:
            self._answer(401, {"error": "invalid_client"})

    def do_GET(self) -> None:
        user = self.headers["Authorization"].removeprefix("Bearer for-")
        self._answer(200, {"active": True, "email": user})

    def _answer(self, status: int, said: dict[str, object]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class Dovecot(Struct, frozen=True):
    """A server at which every user name has a mailbox, and all have the same password."""

    port: int
    tokens: str
    """Where to get access tokens; the scope is the user name."""

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
def run_dovecot() -> Iterator[Dovecot]:
    """Run a server that serves no one but this session."""
    program = find()
    if program is None:
        pytest.fail("No Dovecot is here. `make test` installs one; or name yours in TRACKER_DOVECOT.")
    root = Path(tempfile.mkdtemp(prefix="tracker-dovecot-"))
    user = pwd.getpwuid(os.geteuid() or UNPRIVILEGED)
    try:
        with _giving_tokens() as tokens:
            made = Dovecot(_free_port(), tokens)
            _configure(root, made, user, _version(program))
            server = subprocess.Popen([program, "-F", "-c", root / "dovecot.conf"], user=user.pw_uid, group=user.pw_gid)
            try:
                _wait(server, made.port, root)
                yield made
            finally:
                server.terminate()
                server.wait()
    finally:
        shutil.rmtree(root)


@contextmanager
def _giving_tokens() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tokens) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def _configure(root: Path, made: Dovecot, user: pwd.struct_passwd, version: str) -> None:
    is_new = tuple(map(int, version.split(".")[:2])) >= (2, 4)
    values = {"root": root, "port": made.port, "tokens": made.tokens, "version": version, "password": PASSWORD}
    values |= {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name, "uid": user.pw_uid, "gid": user.pw_gid}
    text = f"{SINCE_2_4}{EVERYWHERE}" if is_new else f"{EVERYWHERE}{BEFORE_2_4}"
    (root / "dovecot.conf").write_text(text.format(**values), encoding="utf-8")
    (root / "oauth2.conf").write_text(OAUTH2.format(**values), encoding="utf-8")
    (root / "mail").mkdir()
    for path in (root, *root.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    match = re.match(r"\d+\.\d+(\.\d+)?", said)
    assert match, said
    return match.group()


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
