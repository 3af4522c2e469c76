"""Markdown becomes the body of a page."""

import pytest

from tracker.ports.pages.core.templating import MarkdownReader, Picture

PAGES = {"other.md": "/help/other"}
PICTURES = {"pictures/one.png": Picture("/static/one.png", 640, 480)}
READER = MarkdownReader(page=PAGES.__getitem__, picture=PICTURES.__getitem__)


def test_the_first_heading_is_the_title_and_no_part_of_the_body() -> None:
    assert READER.read("# Taking attendance\n\nOn a phone.") == ("Taking attendance", "<p>On a phone.</p>\n")


def test_a_link_leads_to_the_page_that_it_names() -> None:
    assert 'href="/help/other"' in READER.read("# A\n\n[Other](other.md)").body


def test_a_picture_has_its_address_its_size_and_its_words() -> None:
    body = READER.read("# A\n\n![What it shows](pictures/one.png)").body
    assert '<img src="/static/one.png" alt="What it shows" width="640" height="480" loading="lazy" />' in body


def test_html_in_a_page_stays_text() -> None:
    assert READER.read("# A\n\n<script>alert(1)</script>").body == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


@pytest.mark.parametrize("text", ["# A\n\n[Gone](gone.md)", "# A\n\n![Gone](pictures/gone.png)"])
def test_what_a_page_names_and_is_not_there_is_an_error(text: str) -> None:
    with pytest.raises(LookupError):
        READER.read(text)


@pytest.mark.parametrize("text", ["", "No heading", "Words\n\n# A"])
def test_a_page_without_a_heading_at_its_start_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="begin with a heading"):
        READER.read(text)
