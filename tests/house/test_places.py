"""Nothing in the repository depends on the machine on which it was written."""

import re
from pathlib import Path

import pytest

from .reading import ROOT, committed, shown

FOREIGN = (Path("tracker/static/vendor"), Path("LICENSE"))
"""Written by others and kept as it came."""

MACHINE = re.compile(r"(?<![\w.-])/(?:w[o]rk|t[m]p|r[o]ot|h[o]me/\w+)/")
REGISTRY = re.compile(
    r"(?:p[y]pi\.org|p[y]thonhosted\.org|n[p]mjs\.(?:org|com)|deb\.d[e]bian\.org|proxy\.g[o]lang\.org)"
)


def written_here() -> list[Path]:
    """Return the committed text files that are our own."""
    own = [file for file in committed() if not any(file.is_relative_to(ROOT / other) for other in FOREIGN)]
    return [file for file in own if b"\0" not in file.read_bytes()[:8000]]


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Return where the pattern stands, each as file, line and what was found."""
    return [
        f"{shown(file)}:{number} {found.group()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := pattern.search(line))
    ]


def test_there_are_files_to_judge() -> None:
    assert ROOT / "Makefile" in written_here()


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_with(MACHINE, written_here()) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRY, written_here()) == []


@pytest.mark.parametrize("folder", ["work", "tmp", "root", "home/ada"])
def test_a_folder_of_a_machine_is_seen(folder: str) -> None:
    assert MACHINE.search(f"see /{folder}/notes.txt")


@pytest.mark.parametrize("path", ["./tmp/x", "https://tracker.example/work/", "a/root/b"])
def test_a_relative_path_or_an_address_is_no_folder_of_a_machine(path: str) -> None:
    assert not MACHINE.search(path)


def test_the_host_of_a_registry_is_seen() -> None:
    assert REGISTRY.search("https://files." + "python" + "hosted.org/packages/x.whl")
