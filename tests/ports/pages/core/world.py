"""Drafts of forms, as the script of a page saves them."""

import re
from html import unescape

import httpx

from tests.ports.browser import Browser

DRAFT_MARK = re.compile(r'name="_draft" value="([^"]+)"')
TYPED_TITLE = "Case briefing for “March”"
DRAFT_SAVED = "What you typed is saved as a draft (9:00 AM). The form opens with it."
DRAFT_NOT_SAVED = "What you just typed isn’t saved."


async def draft_mark_on(browser: Browser, page: str = "/schedule") -> str:
    """Return the mark of the form on a page."""
    match = DRAFT_MARK.search((await browser.get(page)).text)
    assert match, page
    return match[1]


async def type_into(browser: Browser, page: str = "/schedule", **texts: str) -> httpx.Response:
    """Type into the form of a page, as its script sends it."""
    return await browser.post(
        "/drafts", {"_draft": await draft_mark_on(browser, page), **(texts or {"title": TYPED_TITLE})}
    )


async def text_on(browser: Browser, page: str = "/schedule") -> str:
    """Return what a page says."""
    return unescape((await browser.get(page)).text)
