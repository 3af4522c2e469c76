"""Laws for templates."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import markup
from .reading import ROOT, shown

EMAIL = ROOT / "templates" / "emails" / "layout.html"


def pages() -> list[Path]:
    """Return the templates that a browser shows."""
    return sorted(file for file in (ROOT / "templates").rglob("*.html") if file != EMAIL)


def offences(law: Callable[[str], Iterator[str]], files: list[Path]) -> list[str]:
    """Return what breaks the law, each as file, line and reason."""
    return [f"{shown(file)}:{found}" for file in files for found in law(file.read_text(encoding="utf-8"))]


def test_there_are_templates_to_judge() -> None:
    assert pages()


def test_no_line_is_longer_than_a_reader_can_take_in() -> None:
    assert offences(markup.lines_are_short, pages()) == []


def test_no_template_turns_escaping_off() -> None:
    everything = sorted(file for file in (ROOT / "templates").rglob("*.*") if file.is_file())
    assert offences(markup.nothing_is_marked_safe, everything) == []


def test_no_page_holds_inline_script_or_style() -> None:
    assert offences(markup.nothing_is_inline, pages()) == []


def test_every_attribute_is_quoted() -> None:
    assert offences(markup.attributes_are_quoted, sorted((ROOT / "templates").rglob("*.html"))) == []


def test_every_field_of_a_code_can_be_filled_in_by_the_browser() -> None:
    fields = [found for file in pages() for found in markup.CODE_FIELD.findall(file.read_text(encoding="utf-8"))]
    assert len(fields) >= len(("sign-in", "enrollment", "proof", "another authenticator"))
    assert offences(markup.codes_are_filled_in, pages()) == []


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
    long = [file for file in pages() if "forms.textarea(" in file.read_text(encoding="utf-8")]
    safe = re.compile(r"forms\.draft\(|data-leaving")
    parts = ROOT / "templates" / "events" / "schedule"
    assert [file.name for file in long if file.parent != parts and not safe.search(file.read_text("utf-8"))] == []
    assert safe.search((parts / "form.html").read_text("utf-8"))


def test_a_form_with_a_password_or_a_code_keeps_no_draft() -> None:
    secret = re.compile(r"forms\.password\(|one-time-code")
    texts = {file.name: file.read_text(encoding="utf-8") for file in pages()}
    assert [name for name, text in texts.items() if secret.search(text) and "forms.draft(" in text] == []
