"""Pages, emails, commands, code, and documents say one word for one thing, in sentences that people read at once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import texts, words
from tests.house.reading import COMPOSITION, ROOT, modules, path_shown, tree_of

ALLOWED = {
    "pyproject.toml": ("(mail)",),  # the name of a port
    "templates/operations/printouts/ics-211.html": ("Departure point",),  # the name of the form's field
}
"""Exact words that stay, by file."""
IN_CONTEXT = {"body", "meeting", "answer", "letter", "notice", "tell", "outlook", "former", "prints", "bars", "seen by"}
"""Words of STYLE.md that are right in another sense; only a reader can judge them."""


CODE = ("tracker", "tests", "scripts", "bench", *COMPOSITION)
"""Where names are read; migrations keep theirs."""


def replaced_words(files: list[Path]) -> list[str]:
    """Return each replaced word as file, line, word, and what to say instead."""
    return [
        f"{path_shown(file)}:{line} {said}"
        for file in files
        for start, text in texts.of_file(file)
        for line, said in words.replaced(_without_allowed(file, text), start)
    ]


def _without_allowed(file: Path, text: str) -> str:
    for phrase in ALLOWED.get(path_shown(file), ()):
        text = text.replace(phrase, "")
    return text


def words_not_to_use() -> list[str]:
    """Return the words that STYLE.md says not to use."""
    style = (ROOT / "STYLE.md").read_text(encoding="utf-8")
    rules = re.findall(r"^[45]\. .*", style, re.MULTILINE)
    cells = re.findall(r"^\| (?!write).* \| (`.*) \|$", style, re.MULTILINE)
    return [word for line in (*rules, *cells) for word in re.findall(r"`([^`]+)`", line)]


def test_no_one_reads_a_word_that_was_replaced() -> None:
    assert replaced_words(texts.read_by_people()) == []


def test_nothing_is_named_by_a_word_that_was_replaced() -> None:
    assert [
        f"{path_shown(file)}:{line} {said}"
        for file in modules(*CODE)
        for line, name in texts.of_names(tree_of(file))
        for _, said in words.replaced(name)
    ] == []


def test_names_are_read_word_by_word() -> None:
    tree = ast.parse("class OldNews:\n    def test_nobody_comes(a_trail):\n        self.aDoor = mails = 1")
    assert {said.partition("”")[0][1:] for _, name in texts.of_names(tree) for _, said in words.replaced(name)} == {
        "news",
        "nobody",
        "trail",
        "mails",
        "door",
    }


def test_every_word_that_the_style_replaces_is_found_or_left_to_readers() -> None:
    assert len(words_not_to_use()) > 50
    assert [word for word in words_not_to_use() if word not in IN_CONTEXT and not list(words.replaced(word))] == []


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


LONGEST = 25  # words
LONGEST_IN_DOCUMENTS = 40  # words
QUOTED = re.compile(r'"{3}(.*?)"{3}|"([^"\n]*)"', re.DOTALL)
WORD = re.compile(r"[A-Za-z0-9’'–-]+")
UNKIND = re.compile(r"\b(click here|oops|simply|invalid)\b", re.IGNORECASE)
SPEAKING = ("ports", "usecases", "rules", "ical", "config", "crypto", "database", "demo", "errors.py")
"""What says something to people; tables speak SQL."""
LIBRARY = "Invalid enum value"
"""msgspec's words, which the API looks for and replaces."""
WORD_LIST = re.compile(r"\s*[\w/-]+(\s+[\w/-]+)*\s*")
"""Words and nothing else, as rules know the names of zones and what passwords are made of; no sentence."""
HANDBOOKS = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "docs/operations.md",
    "docs/guide/*.md",
)
"""Documents that people follow step by step."""
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)|\n(?=#)|(?<=\S)\s+\|\s+|^#.*$", re.MULTILINE)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    yield from re.split(r"(?<=[.!?:;])\s+", text.strip())


def sentences_said() -> Iterator[tuple[str, str]]:
    """Yield each sentence of a page, an email, an error or a command, with the file that says it."""
    for file in sorted((ROOT / "templates").rglob("*.*")):
        for _, text in texts.of_template(file.read_text(encoding="utf-8")):
            for chunk in text.split("|"):
                yield from ((path_shown(file), sentence) for sentence in sentences(chunk))
    for file in modules(*(f"tracker/{place}" for place in SPEAKING)):
        for _, text in texts.of_strings(tree_of(file)):
            if not WORD_LIST.fullmatch(text):
                yield from ((path_shown(file), sentence) for sentence in sentences(text))
    yield from invented()


def invented() -> Iterator[tuple[str, str]]:
    """Yield each sentence of the demo's story, with the file that has it."""
    for file in sorted((ROOT / "tracker/demo/story").glob("*.toml")):
        for text in map("".join, QUOTED.findall(file.read_text(encoding="utf-8"))):
            yield from ((path_shown(file), sentence) for sentence in sentences(text))


def sentences_written(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each sentence of a document, with the file that says it; an item or a cell is a paragraph."""
    for _, text in texts.of_document(file.read_text(encoding="utf-8")):
        for paragraph in PARAGRAPH.split(text):
            yield from ((path_shown(file), sentence) for sentence in re.split(r"(?<=[.!?])\s+", paragraph.strip()))


def longer(said: Iterator[tuple[str, str]], words: int) -> list[tuple[str, str]]:
    """Return the sentences of more than so many words."""
    return [(name, one) for name, one in said if len(WORD.findall(one)) > words]


def test_no_sentence_is_longer_than_a_breath() -> None:
    assert longer(sentences_said(), LONGEST) == []


def test_no_sentence_of_a_handbook_is_longer_than_a_breath() -> None:
    files = sorted(file for pattern in HANDBOOKS for file in ROOT.glob(pattern))
    assert len(files) > len(HANDBOOKS)
    assert [one for file in files for one in longer(sentences_written(file), LONGEST)] == []


def test_no_sentence_of_a_document_is_longer_than_two_breaths() -> None:
    files = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    assert [one for file in files for one in longer(sentences_written(file), LONGEST_IN_DOCUMENTS)] == []


def test_nothing_is_said_that_helps_no_one() -> None:
    assert [
        (name, one) for name, one in sentences_said() if UNKIND.search(one.replace(LIBRARY, "")) and "aria-" not in one
    ] == []
