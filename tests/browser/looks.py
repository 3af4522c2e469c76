"""Twenty pages for people to look at: whose page each one is, the way to it, and its main click."""

import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from playwright.sync_api import Page

from tests.browser.demo import Demo
from tests.browser.ways import (
    ADVOCATE,
    COORDINATOR,
    FBI_LEAD,
    MONTHLY,
    SEND,
    Way,
    to,
    to_edit_from,
    to_event,
    to_item,
    to_plan,
    to_reply,
    to_row,
)

WIDTHS = (390, 768, 1024, 1280)
HEIGHT = 900
ANSWERED = 1_000  # milliseconds until what a click changes is there
Press = Callable[[Page], None]


class Look(Struct, frozen=True, kw_only=True):
    """One page before and after its main click."""

    persona: str | None
    way: Way
    press: Press


def button(name: str | re.Pattern[str]) -> Press:
    """Press the first button of the page with this name."""
    return lambda page: page.locator("main").get_by_role("button", name=name).first.click()


def link(name: str | re.Pattern[str]) -> Press:
    """Follow the first link of the page with this name."""
    return lambda page: page.locator("main").get_by_role("link", name=name).first.click()


def fold(page: Page) -> None:
    """Open the first thing that is folded."""
    page.locator("main summary:visible").first.click()


def mark_first(page: Page) -> None:
    """Mark the first person on the attendance sheet as present."""
    page.locator(".tt-attbtns button").first.click()


LOOKS: dict[str, Look] = {
    "month": Look(persona=COORDINATOR, way=to("/calendar?month=2026-12"), press=link(re.compile("^Next|January"))),
    "week": Look(
        persona=COORDINATOR, way=to("/calendar?view=week&date=2026-12-10"), press=link(re.compile("^Next|December 13"))
    ),
    "event": Look(persona=COORDINATOR, way=to_event(MONTHLY, "2026-12"), press=button(re.compile("^Remind"))),
    "schedule": Look(persona=COORDINATOR, way=to("/schedule"), press=button(SEND)),
    "edit-from": Look(persona=COORDINATOR, way=to_edit_from, press=button(re.compile("^Save"))),
    "edit-date": Look(persona=COORDINATOR, way=to_event(MONTHLY, "2027-02", "edit"), press=button("Save date")),
    "cancel-date": Look(
        persona=COORDINATOR, way=to_event(MONTHLY, "2027-03", "cancellation"), press=button(re.compile("^Cancel"))
    ),
    "roll-call": Look(persona=COORDINATOR, way=to_event("Joint briefing", "2026-11", "attendance"), press=mark_first),
    "items": Look(persona=COORDINATOR, way=to("/action-items"), press=button(re.compile("^Done"))),
    "item": Look(persona=COORDINATOR, way=to_item, press=button(re.compile("^Save"))),
    "people": Look(persona=ADVOCATE, way=to("/people"), press=link(re.compile("lead"))),
    "access": Look(
        persona=COORDINATOR, way=to_row("/people", "KCPD detective", "access"), press=button("Create a reset link")
    ),
    "invitations": Look(persona=COORDINATOR, way=to("/people/invitations"), press=button("Invite selected people")),
    "offboarding": Look(
        persona=COORDINATOR, way=to_row("/people", "HSI liaison", "offboarding"), press=button("Continue")
    ),
    "messages": Look(persona=COORDINATOR, way=to("/messages"), press=fold),
    "reports": Look(persona=COORDINATOR, way=to("/reports"), press=button("Show")),
    "audit": Look(persona=COORDINATOR, way=to("/audit"), press=fold),
    "plan": Look(persona=FBI_LEAD, way=to_plan, press=fold),
    "reply": Look(persona=None, way=to_reply, press=button("Yes, I will attend")),
    "home": Look(persona=COORDINATOR, way=to("/"), press=button(re.compile("^Remind"))),
}
"""By the name of the files. A click changes the demo, so the page that shows everything comes last."""


def take(name: str, look: Look, page: Page, demo: Demo, folder: Path) -> None:
    """Go the way and write the whole page at each width into a folder, before the main click and after it."""
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    look.way(page, demo)
    _at_every_width(f"{name}-1-before", page, folder)
    look.press(page)
    page.wait_for_timeout(ANSWERED)
    _at_every_width(f"{name}-2-after", page, folder)


def _at_every_width(name: str, page: Page, folder: Path) -> None:
    page.wait_for_load_state("networkidle")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True, animations="disabled")
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
