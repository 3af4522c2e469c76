"""The guide says what the pages say: a person who looks for its words finds them."""

import re

from tests.browser.pictures import PICTURES

from .reading import ROOT

GUIDE = ROOT / "docs" / "guide"
SHOWN = re.compile(r"\]\((?:docs/guide/)?pictures/([\w-]+)\.png\)")
NAMED = re.compile(r"\*\*([^*]+)\*\*")
SPACE = re.compile(r"\s+")
SUFFIXES = {".html", ".txt", ".py", ".js"}
ENOUGH = 700
"""Words on two printed pages with two pictures."""


def pages() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in GUIDE.glob("*.md")}


def words_of_the_product() -> str:
    """Return every template and every module as one text, with single spaces."""
    files = [file for top in ("templates", "tracker") for file in (ROOT / top).rglob("*") if file.suffix in SUFFIXES]
    return SPACE.sub(" ", " ".join(file.read_text(encoding="utf-8") for file in files))


def test_what_the_guide_prints_in_bold_is_a_word_of_the_product() -> None:
    product = words_of_the_product()
    named = [(name, label) for name, text in pages().items() for label in NAMED.findall(text)]
    assert named
    assert [f"{name}: {label}" for name, label in named if label not in product] == []


def test_the_guide_shows_every_picture_that_is_taken_and_no_other() -> None:
    shown = {picture for text in pages().values() for picture in SHOWN.findall(text)}
    assert shown == set(PICTURES) == {file.stem for file in (GUIDE / "pictures").iterdir()}


def test_each_page_of_the_guide_fits_on_two_sheets() -> None:
    assert {name: len(text.split()) for name, text in pages().items() if len(text.split()) > ENOUGH} == {}
