"""Signing in on the pages, with an authenticator app."""

import html
import re
from typing import Any

import httpx

from tests.ports.browser import Browser
from tests.ports.pages.forms import form_with
from tests.usecases.identity.world import PASSWORD, App
from tracker import clock
from tracker.rules.core.viewers import Viewer

SHOWN_SECRET = re.compile(r'<p class="tt-key"><b[^>]*>([A-Z2-7 ]+)</b>')
ACKNOWLEDGED = {"ack": "yes", "password": PASSWORD}


async def send_form(browser: Browser, page: str, action: str, **fields: Any) -> httpx.Response:
    """Fill in the form of a page and send it."""
    form = form_with(html.unescape((await browser.get(page)).text), action, **fields)
    return await browser.send("POST", action, data=form, headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"})


async def enroll_in_browser(browser: Browser, viewer: Viewer) -> App:
    """Sign in for the first time, and return the app that was set up."""
    await send_form(browser, "/sign-in", "/sign-in", email=viewer.email, **ACKNOWLEDGED)
    page = html.unescape((await browser.get("/sign-in/enrollment")).text)
    app = App(SHOWN_SECRET.search(page)[1].replace(" ", ""))  # type: ignore[index]  # the page has it
    form = form_with(page, "/sign-in/enrollment", code=app.code(clock.now()))
    response = await browser.send("POST", "/sign-in/enrollment", data=form)
    assert (response.status_code, "Save your recovery codes" in response.text) == (200, True)
    assert 'href="/password"' not in response.text
    return app
