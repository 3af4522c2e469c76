"""Pages, emails, commands, code and documents say one word for one thing, as STYLE.md lists them."""

import ast
import re
from pathlib import Path

import pytest

from . import texts, words
from .reading import ROOT, shown

ALLOWED = {
    "pyproject.toml": ("(mail)",),  # the name of a port
    "templates/operations/printouts/ics-211.html": ("Departure point",),  # the name of the form's field
}
"""Exact words that stay, by file."""
IN_CONTEXT = {"body", "meeting", "answer", "letter", "notice", "tell", "outlook", "former", "prints", "bars", "seen by"}
"""Words of STYLE.md that are right in another sense; only a reader can judge them."""


def found(files: list[Path]) -> list[str]:
    """Return each replaced word as file, line, word, and what to say instead."""
    return [
        f"{shown(file)}:{line} {said}"
        for file in files
        for start, text in texts.of_file(file)
        for line, said in words.replaced(_without_allowed(file, text), start)
    ]


def _without_allowed(file: Path, text: str) -> str:
    for phrase in ALLOWED.get(shown(file), ()):
        text = text.replace(phrase, "")
    return text


def listed() -> list[str]:
    """Return the words that STYLE.md says not to use."""
    style = (ROOT / "STYLE.md").read_text(encoding="utf-8")
    rules = re.findall(r"^[45]\. .*", style, re.MULTILINE)
    cells = re.findall(r"^\| (?!write).* \| (`.*) \|$", style, re.MULTILINE)
    return [word for line in (*rules, *cells) for word in re.findall(r"`([^`]+)`", line)]


def test_no_one_reads_a_word_that_was_replaced() -> None:
    assert found(texts.read_by_people()) == []


def test_every_word_that_the_style_replaces_is_found_or_left_to_readers() -> None:
    assert len(listed()) > 50
    assert [word for word in listed() if word not in IN_CONTEXT and not list(words.replaced(word))] == []


def test_every_exception_is_still_needed() -> None:
    kept = {(name, phrase) for name, phrases in ALLOWED.items() for phrase in phrases}
    assert [(name, phrase) for name, phrase in kept if phrase not in (ROOT / name).read_text(encoding="utf-8")] == []


def test_a_replaced_word_is_named_with_its_line_and_what_to_say_instead() -> None:
    assert list(words.replaced("Saved.\nNobody is\ninvited any\nmore.", start=7)) == [
        (8, "“Nobody”: say no one"),
        (9, "“any more”: say no longer"),
    ]


@pytest.mark.parametrize(
    "template",
    [
        "<p>Nobody replied.</p>",
        '{{ forms.field("Nobody replied.") }}',
        "{% if late %}Nobody{% endif %}",
        '<a title="x">Nobody</a>',
        '{{ "Nobody" if late }}',
    ],
)
def test_the_words_of_a_template_are_read(template: str) -> None:
    assert {said for _, text in texts.of_template(template) for _, said in words.replaced(text)}


@pytest.mark.parametrize("template", ["{% if nobody %}", "{{ nobody }}", '<p class="nobody">', "{# Nobody asks. #}"])
def test_the_code_of_a_template_is_not_read(template: str) -> None:
    assert [said for _, text in texts.of_template(template) for _, said in words.replaced(text)] == []


@pytest.mark.parametrize("line", ['Gone("Nobody came.")', 'f"Nobody in {place}."', '"Nobody"'])
def test_the_strings_of_a_module_are_read(line: str) -> None:
    assert [said for _, text in texts.of_strings(ast.parse(f"x = {line}")) for said in words.replaced(text)]


def test_docstrings_and_comments_are_read_and_names_and_sql_are_not() -> None:
    module = '"""Nobody."""\nnobody = NOBODY["nobody"]  # nobody\nrows("SELECT nobody FROM event")\n'
    tree = ast.parse(module)
    assert list(texts.of_docstrings(tree)) == [(1, "Nobody.")]
    assert list(texts.of_comments(module)) == [(2, "# nobody")]
    assert list(texts.of_strings(tree)) == []


@pytest.mark.parametrize("document", ["`nobody`", "[people](nobody.md)", "```sh\nnobody\n```"])
def test_the_code_and_links_of_a_document_are_not_read(document: str) -> None:
    assert [said for _, text in texts.of_document(f"Say\n{document}") for said in words.replaced(text)] == []


@pytest.mark.parametrize(
    "said", ["mail server", "/mail/", "mail.py", "can be told apart", "stands for", "stand down", "go on leave"]
)
def test_words_of_the_field_and_other_senses_are_left_alone(said: str) -> None:
    assert list(words.replaced(f"x {said} x")) == []
