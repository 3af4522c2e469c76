"""Write what a release consists of, as a CycloneDX 1.6 bill of materials: Python packages, and files for browsers.

`python scripts/sbom.py [FILE]` (dist/sbom.cdx.json). It holds no time and no chance: the same release, the same bytes.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
SPDX = re.compile(r"[A-Za-z0-9.+() -]{2,80}")
Component = dict[str, Any]


def pins() -> dict[str, str]:
    """Return the releases that a deployment installs, by name."""
    return dict(PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))


def python_packages() -> Iterator[Component]:
    """Yield the packages that Python imports."""
    for name, version in sorted(pins().items()):
        yield _component(name, version, f"pkg:pypi/{name}@{version}", _license_of(name))


def browser_packages() -> Iterator[Component]:
    """Yield the packages of which browsers are sent files."""
    manifest = json.loads((ROOT / "tracker/static/vendor/manifest.json").read_text(encoding="utf-8"))
    packages: dict[tuple[str, str], set[str]] = {}
    for entry in manifest.values():
        if entry["version"]:
            packages.setdefault((entry["package"].split(",")[0], entry["version"]), set()).update(
                entry["license"].split(" AND ")
            )
    for (name, version), licenses in sorted(packages.items()):
        yield _component(name, version, f"pkg:npm/{quote(name, safe='/')}@{version}", " AND ".join(sorted(licenses)))


def bill() -> dict[str, Any]:
    """Return the bill of materials of this source."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    product = _component(
        project["name"], project["version"], f"pkg:pypi/{project['name']}@{project['version']}", project["license"]
    ) | {"type": "application"}
    parts = [*python_packages(), *browser_packages()]
    refs = {part["name"]: part["bom-ref"] for part in parts}
    leads = _leads(project["name"], project["dependencies"])
    leads[project["name"]] |= {part["name"] for part in browser_packages()}
    refs_of_all = {project["name"]: product["bom-ref"], **refs}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": parts,
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(refs[one] for one in leads.get(name, ()) if one in refs)}
            for name, ref in refs_of_all.items()
        ],
    }


def _leads(root: str, lines: Iterable[str]) -> dict[str, set[str]]:
    """Return which packages each package asks for, on whatever platform, by the extras that were asked for."""
    leads: dict[str, set[str]] = {}
    waiting = [(root, frozenset[str](), list(lines))]
    seen = set()
    while waiting:
        name, extras, required = waiting.pop()
        for requirement in filter(lambda line: _is_asked(line, extras), map(Requirement, required)):
            asked = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            leads.setdefault(name, set()).add(asked[0])
            if asked not in seen:
                seen.add(asked)
                waiting.append((*asked, _requires(requirement.name)))
    return leads


def _is_asked(requirement: Requirement, extras: frozenset[str]) -> bool:
    named = re.findall(r"extra == [\"']([^\"']+)", str(requirement.marker or ""))
    return not named or bool(extras & set(named))


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another platform, or for browsers
        return []


def _license_of(name: str) -> str:
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    return said.get("License-Expression") or said.get("License") or ""


def _component(name: str, version: str, purl: str, expression: str) -> Component:
    part: Component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if SPDX.fullmatch(expression):
        part["licenses"] = [{"license": {"name": expression}}]
    return part


def main(file: Path) -> None:
    """Write the bill and say how much it names."""
    made = bill()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{file.name}: {len(made['components'])} components\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "sbom.cdx.json"))
