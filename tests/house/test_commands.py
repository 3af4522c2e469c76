"""What the documents and the deployment files tell people to type is what the command line takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tracker.ports.cli import main

from .reading import ROOT

SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TYPED = re.compile(r"(?:^|[\s/])tracker\s+(?P<words>[a-z].*)", re.MULTILINE)
UNITS = sorted((ROOT / "deploy").glob("*.service")) + sorted((ROOT / "deploy").glob("*.timer"))

# systemd passes over a directive that it does not know: a misspelled one would harden nothing, and nobody would notice.
# The sections and names are those of systemd.directives(7), and are extended when a unit needs another one.
DIRECTIVES = {
    "[Unit]": {"Description", "After", "Wants"},
    "[Install]": {"WantedBy"},
    "[Timer]": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "[Service]": set(
        """
        CapabilityBoundingSet Environment ExecStart ExecStartPost Group LimitCORE LockPersonality
        MemoryDenyWriteExecute NoNewPrivileges PrivateDevices PrivateTmp PrivateUsers ProcSubset ProtectClock
        ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules
        ProtectKernelTunables ProtectProc ProtectSystem ReadWritePaths RemoveIPC Restart RestartSec
        RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID StateDirectory
        StateDirectoryMode SystemCallArchitectures SystemCallFilter TimeoutStopSec Type UMask User
        """.split()
    ),
}


NGINX = frozenset(
    """
    access_log client_body_timeout client_header_timeout client_max_body_size error_log gzip http2 keepalive listen
    location proxy_connect_timeout proxy_http_version proxy_next_upstream proxy_next_upstream_tries proxy_pass
    proxy_read_timeout proxy_set_header return send_timeout server server_name server_tokens ssl_certificate
    ssl_certificate_key ssl_protocols ssl_session_tickets upstream
    """.split()
)
"""The directives of nginx that the example uses, each looked up in its documentation."""


def blocks() -> Iterator[tuple[str, str]]:
    """Yield what stands in shell blocks of documents and in deployment files, with the name of the file."""
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        yield from ((file.name, block) for block in SHELL.findall(file.read_text(encoding="utf-8")))
    yield from ((file.name, file.read_text(encoding="utf-8")) for file in UNITS)


def typed() -> list[tuple[str, str]]:
    """Return each use of the command, without the shell around it."""
    lines = [(name, re.sub(r"\\\n\s*", "", block)) for name, block in blocks()]
    found = [(name, one["words"]) for name, block in lines for one in TYPED.finditer(block)]
    return [(name, words.removesuffix("'")) for name, words in found if words.split()[0] in main.commands]


def test_there_are_commands_to_judge() -> None:
    assert {words.split()[0] for _, words in typed()} >= {"init", "check", "serve", "backup", "restore", "migrate"}


@pytest.mark.parametrize(("file", "words"), typed())
def test_every_command_in_a_document_has_these_options(file: str, words: str) -> None:
    command: click.Command = main
    rest = shlex.split(words, comments=True)
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    command.make_parser(click.Context(command)).parse_args(rest)  # raises for what it does not know


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_holds_only_directives_that_systemd_knows(unit: Path) -> None:
    section, unknown = "", []
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif line and not line.startswith("#") and line.partition("=")[0] not in DIRECTIVES[section]:
            unknown.append(f"{section} {line}")
    assert unknown == []


def test_the_container_is_built_of_what_it_is_given() -> None:
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE)
    wanted = {word for line in copied for word in line.split()}
    given = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert wanted == given
    assert [name for name in wanted if not (ROOT / name).exists()] == []


def test_the_example_for_nginx_holds_only_directives_that_nginx_knows() -> None:
    lines = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8").splitlines()
    words = [line.split()[0].rstrip(";") for line in lines if line.strip() and line.strip()[0] not in "#}"]
    assert [word for word in words if word not in NGINX] == []
