"""What people read is short and plain: the sentences of templates, emails, errors, and documents."""

import re
from collections.abc import Iterator
from pathlib import Path

from . import texts
from .reading import ROOT, modules, shown, tree_of

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


def said() -> Iterator[tuple[str, str]]:
    """Yield each sentence of a page, an email, an error or a command, with the file that says it."""
    for file in sorted((ROOT / "templates").rglob("*.*")):
        for _, text in texts.of_template(file.read_text(encoding="utf-8")):
            for chunk in text.split("|"):
                yield from ((shown(file), sentence) for sentence in sentences(chunk))
    for file in modules(*(f"tracker/{place}" for place in SPEAKING)):
        for _, text in texts.of_strings(tree_of(file)):
            if not WORD_LIST.fullmatch(text):
                yield from ((shown(file), sentence) for sentence in sentences(text))
    yield from invented()


def invented() -> Iterator[tuple[str, str]]:
    """Yield each sentence of the demo's story, with the file that has it."""
    for file in sorted((ROOT / "tracker/demo/story").glob("*.toml")):
        for text in map("".join, QUOTED.findall(file.read_text(encoding="utf-8"))):
            yield from ((shown(file), sentence) for sentence in sentences(text))


def written(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each sentence of a document, with the file that says it; an item or a cell is a paragraph."""
    for _, text in texts.of_document(file.read_text(encoding="utf-8")):
        for paragraph in PARAGRAPH.split(text):
            yield from ((shown(file), sentence) for sentence in re.split(r"(?<=[.!?])\s+", paragraph.strip()))


def longer(said: Iterator[tuple[str, str]], words: int) -> list[tuple[str, str]]:
    """Return the sentences of more than so many words."""
    return [(name, one) for name, one in said if len(WORD.findall(one)) > words]


def test_no_sentence_is_longer_than_a_breath() -> None:
    assert longer(said(), LONGEST) == []


def test_no_sentence_of_a_handbook_is_longer_than_a_breath() -> None:
    files = sorted(file for pattern in HANDBOOKS for file in ROOT.glob(pattern))
    assert len(files) > len(HANDBOOKS)
    assert [one for file in files for one in longer(written(file), LONGEST)] == []


def test_no_sentence_of_a_document_is_longer_than_two_breaths() -> None:
    files = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    assert [one for file in files for one in longer(written(file), LONGEST_IN_DOCUMENTS)] == []


def test_nothing_is_said_that_helps_no_one() -> None:
    assert [(name, one) for name, one in said() if UNKIND.search(one.replace(LIBRARY, "")) and "aria-" not in one] == []
