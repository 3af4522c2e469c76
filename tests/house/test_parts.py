"""What a release consists of is pinned to the byte and listed."""

import json
import re
import tomllib

from packaging.requirements import Requirement

from scripts import sbom

from .reading import ROOT

REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_every_release_that_is_installed_is_named_by_the_hashes_of_its_files() -> None:
    blocks = re.split(r"^(?=[a-z])", REQUIREMENTS, flags=re.MULTILINE)[1:]
    assert len(blocks) > 40
    assert [block.split()[0] for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)] == []


def test_deployments_and_developers_have_the_same_releases() -> None:
    tested = dict(sbom.PIN.findall(CONSTRAINTS))
    assert {name: tested.get(name) for name in sbom.pins()} == sbom.pins()


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(line) for line in project["dependencies"]]
    assert [one.name for one in asked if not one.specifier.contains(sbom.pins().get(one.name.lower(), "0"))] == []


def test_the_bill_of_materials_names_every_part_once_with_its_release() -> None:
    bill = sbom.bill()
    named = {part["name"]: part["version"] for part in bill["components"]}
    assert len(named) == len(bill["components"])
    assert named == {**sbom.pins(), "@uswds/uswds": "3.14.0", "htmx.org": "4.0.1"}
    refs = {part["bom-ref"] for part in bill["components"]}
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} <= refs
    assert json.dumps(bill) == json.dumps(sbom.bill())


def test_what_nothing_leads_to_is_not_installed() -> None:
    leads = {one["ref"]: set(one["dependsOn"]) for one in sbom.bill()["dependencies"]}
    reached, waiting = set(), [next(iter(leads))]
    while waiting:
        ref = waiting.pop()
        waiting += leads.get(ref, set()) - reached
        reached |= leads.get(ref, set())
    assert {name for name, version in sbom.pins().items() if f"pkg:pypi/{name}@{version}" not in reached} == set()
