"""Security advisories are compared where their database can be reached, and never called clear where it can't."""

import json
from typing import Any

from scripts.advisories import lines_of, result

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
