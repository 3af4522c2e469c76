"""The home page, read in parts, and what is on it."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.usecases.actions import action_items
from tracker.usecases.events.scheduling import schedule_event

TODAY = date(2026, 12, 15)
LONG_AGO = NOW - timedelta(days=20)
NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def home_page(browser: Browser) -> str:
    response = await browser.get("/")
    assert response.status_code == 200
    return response.text


def section_of(html: str, heading: str) -> str:
    match = re.search(rf'<section class="tt-sec" aria-labelledby="{heading}">.*?</section>', html, re.DOTALL)
    assert match
    return match[0]


def tiles_of(html: str) -> list[tuple[str, str]]:
    texts = re.findall(r'<a class="tt-stat[^"]*" href="([^"]*)"><b>(\d+)</b> <span>([^<]*)</span>', html)
    return [(f"{count} {words}", address) for address, count, words in texts]


async def schedule_next_week(cast: Cast, *invitees: Viewer, **facts: Any) -> Any:
    return await schedule_event(cast.coordinator, meeting(*invitees, **{"starts": NEXT_WEEK, **facts}), LONG_AGO)


async def create_late_item(giver: Viewer, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Send the contact sheet", owner_id=owner.member_id, due=TODAY - timedelta(days=4), **facts)
    return await action_items.create_item(giver, new, LONG_AGO, LONG_AGO.date())
