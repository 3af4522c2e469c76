"""Releases with known vulnerabilities are not used (minimum-versions.toml)."""

from importlib import metadata

import pytest

from tracker.config import minimum_versions


def test_no_installed_library_is_below_its_floor() -> None:
    assert [finding for finding in minimum_versions.libraries() if not finding.ok] == []


@pytest.mark.parametrize("installed", ["2.23.9", "1.99", "2"])
def test_an_older_release_is_below_the_floor(installed: str) -> None:
    assert not any(
        finding.ok for finding in minimum_versions.libraries(lambda _: installed) if finding.name == "litestar"
    )


@pytest.mark.parametrize("installed", ["2.24", "2.24.0", "2.25.1", "3.0", "10.0"])
def test_the_floor_and_what_follows_it_are_not_below(installed: str) -> None:
    assert all(finding.ok for finding in minimum_versions.libraries(lambda _: installed) if finding.name == "litestar")


def test_a_missing_library_is_below_its_floor() -> None:
    def nowhere(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    assert {finding.installed for finding in minimum_versions.libraries(nowhere)} == {"missing"}
    assert not any(finding.ok for finding in minimum_versions.libraries(nowhere))


@pytest.mark.parametrize(
    ("installed", "ok"), [("3.11.7", False), ("3.11.15", True), ("3.13.5", False), ("3.14.0", True)]
)
def test_python_is_measured_within_its_own_series(installed: str, ok: bool) -> None:
    assert minimum_versions.interpreter(installed).ok is ok
