"""Commands in documents are those of the product; advisories, and the rows of benchmarks."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec.structs import replace

from bench.__main__ import BASELINE, keep, kept_in, line
from bench.figures import Figure, middle
from scripts.advisories import lines_of, result
from tests.house.reading import ROOT
from tracker.ports.cli import main

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


def commands_typed() -> list[tuple[str, str]]:
    """Return each use of the command, without the shell around it."""
    lines = [(name, re.sub(r"\\\n\s*", "", block)) for name, block in blocks()]
    named = [(name, one["words"]) for name, block in lines for one in TYPED.finditer(block)]
    return [(name, words.removesuffix("'")) for name, words in named if words.split()[0] in main.commands]


def test_there_are_commands_to_judge() -> None:
    assert {words.split()[0] for _, words in commands_typed()} >= {
        "init",
        "check",
        "serve",
        "backup",
        "restore",
        "migrate",
    }


@pytest.mark.parametrize(("file", "words"), commands_typed())
def test_every_command_in_a_document_has_these_options(file: str, words: str) -> None:
    command: click.Command = main
    rest = shlex.split(words, comments=True)
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    command.make_parser(click.Context(command)).parse_args(rest)  # raises for what it does not know


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_holds_only_directives_that_systemd_knows(unit: Path) -> None:
    section, unknown = "", []
    for text in unit.read_text(encoding="utf-8").splitlines():
        if text.startswith("["):
            section = text
        elif text and not text.startswith("#") and text.partition("=")[0] not in DIRECTIVES[section]:
            unknown.append(f"{section} {text}")
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


JINJA = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1", "3.0"]}]}


def report(*dependencies: dict[str, Any]) -> bytes:
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


def test_an_advisory_names_the_release_and_the_fix() -> None:
    assert lines_of(report(JINJA)) == ["jinja2 2.10: PYSEC-2019-217, fixed in 2.10.1, 3.0"]


def test_a_release_without_advisories_is_not_mentioned() -> None:
    assert lines_of(report({"name": "click", "version": "8.5.1", "vulns": []})) == []


def test_a_mirror_without_advisories_shows_none_of_a_release_that_has_some() -> None:
    assert lines_of(report({"name": "jinja2", "skip_reason": "could not be audited"})) == []


def test_a_report_that_never_came_is_no_clear_result() -> None:
    assert lines_of(b"") is None


def test_an_advisory_fails_the_check() -> None:
    assert result(["jinja2 2.10: PYSEC-2019-217, fixed in 2.10.1"])[1] == 1


def test_a_comparison_without_findings_passes() -> None:
    assert result([]) == ("Advisories: 0 concern the releases in requirements.txt.", 0)


def test_a_database_out_of_reach_is_named_and_fails_nothing() -> None:
    assert result(None) == ("Advisories: skipped. The advisory database can't be reached from here.", 0)


HOME = Figure(name="home page", value=30.0, unit="ms", floor=20.0, target=2, more_is_better=False)
SIZE = Figure(name="month page, gzip", value=9.0, unit="kB", target=10, more_is_better=False)


FAST = Figure(name="home page", value=31.0, unit="ms", floor=20.0, target=2, more_is_better=False)
SLOW = Figure(name="home page", value=50.0, unit="ms", floor=20.0, target=2, more_is_better=False)
FEED = Figure(name="feed", value=600.0, unit="/s", floor=1000.0, target=0.6)


def rows_in(path: Path, *figures: Figure) -> Path:
    path.write_text(json.dumps([one.row() for one in figures]))
    return path


def test_a_row_shows_its_ratio_beside_the_one_that_was_kept() -> None:
    assert line(FAST, 1.5).split() == "home page 31.0 ms 1.55 of 20.0 ≤ 2 met was 1.50".split()


def test_a_row_that_became_slower_says_so() -> None:
    assert line(SLOW, 1.5).split() == "home page 50.0 ms 2.50 of 20.0 ≤ 2 MISSED was 1.50, SLOWER".split()
    assert "was 0.80, SLOWER" in line(FEED, 0.8)
    assert "SLOWER" not in line(FEED, 0.5)
    assert "SLOWER" not in line(replace(FEED, target=None), 0.8), "what has no target is only shown"


def test_a_row_that_is_new_shows_no_other() -> None:
    assert "was" not in line(HOME, None)


def test_the_ratios_of_all_results_are_kept_and_those_not_measured_stay(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text('{"home page": 9.0, "memory": 1.1}')
    keep(baseline, rows_in(tmp_path / "large.json", FEED), rows_in(tmp_path / "usual.json", HOME, SIZE))
    assert kept_in(baseline) == {"home page": 1.5, "memory": 1.1, "feed": 0.6}


def test_what_was_not_measured_yet_is_no_error_to_keep(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text("{}")
    keep(baseline, tmp_path / "never.json", rows_in(tmp_path / "usual.json", HOME))
    assert kept_in(baseline) == {"home page": 1.5}


def test_the_turn_with_the_median_ratio_counts_at_whatever_speed_it_ran() -> None:
    fast, slow = [(3.0, 2.0), (5.0, 2.0), (5.2, 2.0)], [(8.0, 4.0), (9.0, 4.0)]
    assert middle([*fast, *slow]) == (9.0, 4.0)


def test_the_kept_ratios_can_be_read() -> None:
    assert all(ratio > 0 for ratio in kept_in(BASELINE).values())
