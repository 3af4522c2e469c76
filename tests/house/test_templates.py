"""Laws for templates: their parts, controls, and styles."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts import sbom
from tests.house import markup
from tests.house.reading import ROOT, modules, path_shown

EMAIL = ROOT / "templates" / "emails" / "layout.html"


def page_templates() -> list[Path]:
    """Return the templates that a browser shows."""
    return sorted(file for file in (ROOT / "templates").rglob("*.html") if file != EMAIL)


def offences(law: Callable[[str], Iterator[str]], files: list[Path]) -> list[str]:
    """Return what breaks the law, each as file, line and reason."""
    return [f"{path_shown(file)}:{found}" for file in files for found in law(file.read_text(encoding="utf-8"))]


def test_there_are_templates_to_judge() -> None:
    assert page_templates()


def test_no_line_is_longer_than_a_reader_can_take_in() -> None:
    assert offences(markup.lines_are_short, page_templates()) == []


def test_no_template_turns_escaping_off() -> None:
    everything = sorted(file for file in (ROOT / "templates").rglob("*.*") if file.is_file())
    assert offences(markup.nothing_is_marked_safe, everything) == []


def test_no_page_holds_inline_script_or_style() -> None:
    assert offences(markup.nothing_is_inline, page_templates()) == []


def test_every_attribute_is_quoted() -> None:
    assert offences(markup.attributes_are_quoted, sorted((ROOT / "templates").rglob("*.html"))) == []


def test_every_field_of_a_code_can_be_filled_in_by_the_browser() -> None:
    fields = [text for file in page_templates() for text in markup.CODE_FIELD.findall(file.read_text(encoding="utf-8"))]
    assert len(fields) >= len(("sign-in", "enrollment", "proof", "another authenticator"))
    assert offences(markup.codes_are_filled_in, page_templates()) == []


BROKEN = [
    (markup.lines_are_short, "<p>" + "word " * 24 + "</p>"),
    (markup.codes_are_filled_in, '{{ forms.field("code", "6-digit code", inputmode="numeric") }}'),
    (markup.codes_are_filled_in, '{{ forms.field(\n  "code",\n  "6-digit code",\n  inputmode="numeric",\n) }}'),
    (markup.codes_are_filled_in, '{{ forms.declared(fields.code, hint="Spaces are ignored.") }}'),
    (markup.nothing_is_marked_safe, "{{ title|safe }}"),
    (markup.nothing_is_marked_safe, "<a {{ attributes | xmlattr }}>"),
    (markup.nothing_is_inline, "<p style='color: red'>"),
    (markup.nothing_is_inline, "<style>p {}</style>"),
    (markup.nothing_is_inline, "<script>alert(1)</script>"),
    (markup.nothing_is_inline, '<button type="button" onclick="go()">'),
    (markup.nothing_is_inline, '<a href="javascript:go()">'),
    (markup.attributes_are_quoted, "<a href={{ url }}>"),
    (markup.attributes_are_quoted, '<input type="text" value={% if x %}{{ x }}{% endif %}>'),
]
SOUND = [
    "<script src=\"{{ static('tracker.js') }}\" defer></script>",
    '<a class="a{% if x %} b{% endif %}" {% if y %}aria-current="page"{% endif %} href="/m?x=1&amp;y=2">J</a>',
    '<input {% if a == b %}checked{% endif %} data-style="x">{# |safe is forbidden #}',
]


@pytest.mark.parametrize(("law", "source"), BROKEN)
def test_every_law_on_templates_can_be_broken(law: Callable[[str], Iterator[str]], source: str) -> None:
    assert list(law(source))


@pytest.mark.parametrize("source", SOUND)
def test_sound_markup_breaks_no_law(source: str) -> None:
    laws = (
        markup.nothing_is_marked_safe,
        markup.nothing_is_inline,
        markup.attributes_are_quoted,
        markup.lines_are_short,
    )
    assert [found for law in laws for found in law(source)] == []


def test_a_form_with_a_long_text_keeps_drafts_or_asks_before_it_is_left() -> None:
    """The parts of the schedule form are in the form that includes them."""
    long = [file for file in page_templates() if "forms.textarea(" in file.read_text(encoding="utf-8")]
    safe = re.compile(r"forms\.draft\(|data-leaving")
    parts = ROOT / "templates" / "events" / "schedule"
    assert [file.name for file in long if file.parent != parts and not safe.search(file.read_text("utf-8"))] == []
    assert safe.search((parts / "form.html").read_text("utf-8"))


def test_a_form_with_a_password_or_a_code_keeps_no_draft() -> None:
    secret = re.compile(r"forms\.password\(|one-time-code")
    texts = {file.name: file.read_text(encoding="utf-8") for file in page_templates()}
    assert [name for name, text in texts.items() if secret.search(text) and "forms.draft(" in text] == []


ROW = re.compile(r"^\| ([A-Z]\d\d) \(([123])\) \| ([^|]+) \| ([^|]*)\| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
WHY = r"\bno [\w -]+ yet$|\*\*missing\*\*|nothing (?:is fetched|of the kind)|no [\w ]+ (?:is taken in|are kept) yet"
TEXT = (ROOT / "docs" / "controls.md").read_text(encoding="utf-8")


def test_every_control_is_listed_once() -> None:
    rows = [row[0] for row in ROW.findall(TEXT)]
    assert len(rows) == len(set(rows)) == len(re.findall(r"^\| [A-Z]\d\d ", TEXT, re.MULTILINE)) > 100


def test_every_test_that_the_list_names_exists() -> None:
    here = {name for file in modules("tests") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}
    assert sorted(set(NAMED.findall(TEXT)) - here) == []


def test_a_control_without_a_test_says_why() -> None:
    silent = [row[0] for row in ROW.findall(TEXT) if not NAMED.search(row[4]) and not re.search(WHY, row[4])]
    assert silent == []


SHEET = Path(__file__).parents[2] / "tracker" / "static" / "tracker.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[;,\s)}!])|\brgba?\(")
SIZED = re.compile(
    r"(?<![\w-])(?:font-size|border-radius|(?:row-|column-)?gap|(?:padding|margin)(?:-[a-z]+)*):(?P<value>[^;{}]*)"
)
SMALL = re.compile(r"(?<![\w.-])-?(?:[012]?\.\d+|[12])rem\b|\b[34]px\b")
"""Up to 3 rem; what is longer is a width of the layout. Drawings have pixels of their own, and paper has points."""
PALETTE = re.compile(r":root\s*\{[^}]*\}")
PRINT = re.compile(r"@media print\{.*?\n\}", re.DOTALL)


def palettes() -> list[set[str]]:
    """Return the names of the custom properties of the light colors, and of the dark ones."""
    return [set(re.findall(r"(--[\w-]+):", one)) for one in PALETTE.findall(SHEET.read_text(encoding="utf-8"))]


def test_a_color_is_written_only_in_the_palette_and_for_paper() -> None:
    rest = PRINT.sub("", PALETTE.sub("", COMMENT.sub("", SHEET.read_text(encoding="utf-8"))))
    assert [line.strip()[:80] for line in rest.splitlines() if COLOR.search(line)] == []


def test_a_size_of_text_space_or_corners_is_written_only_in_the_scale() -> None:
    sheet = PALETTE.sub("", COMMENT.sub("", SHEET.read_text(encoding="utf-8")))
    written = [declaration.group() for declaration in SIZED.finditer(sheet) if SMALL.search(declaration["value"])]
    assert written == []


def test_each_color_of_the_style_sheet_is_in_the_palette() -> None:
    light, dark = palettes()
    used = set(re.findall(r"var\((--[\w-]+)", SHEET.read_text(encoding="utf-8")))
    assert used - light - {"--edge"} == set()  # --edge is a length of the header
    assert dark - light == set()


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
