"""The pictures of the guide: whose page each one shows, the way to it, and how much of it is in the picture."""

from pathlib import Path

from msgspec import Struct
from playwright.sync_api import Page

from tests.browser.demo import Demo
from tests.browser.ways import (
    COORDINATOR,
    FBI_LEAD,
    MONTHLY,
    TRAINING,
    Way,
    to,
    to_event,
    to_item_link,
    to_operation,
    to_reply,
)

DESK, TALL, PHONE = (1280, 800), (1280, 1000), (390, 780)
"""Width and height of what is shown, in CSS pixels."""
WITHOUT_DEMO = "for (const banner of document.querySelectorAll('.tt-demo')) banner.hidden = true"
"""A real task force has no banner that says it is a demonstration."""


class Picture(Struct, frozen=True, kw_only=True):
    """One picture: the page that someone reaches, as far as it fits."""

    persona: str | None
    way: Way
    size: tuple[int, int] = DESK
    shown_from: str = "body"
    """A selector: the picture begins there."""


def take(picture: Picture, page: Page, demo: Demo, file: Path) -> None:
    """Go the way as a person would and write what is seen into a file, as PNG."""
    width, height = picture.size
    page.set_viewport_size({"width": width, "height": height})
    picture.way(page, demo)
    page.wait_for_load_state("networkidle")
    page.evaluate(WITHOUT_DEMO)
    page.locator(picture.shown_from).first.evaluate("one => one.scrollIntoView({block: 'start'})")
    page.screenshot(path=file, animations="disabled")


def to_filled_form(page: Page, _: Demo) -> None:
    """Fill the form of a new series, and wait for what sending it would do."""
    page.goto("/schedule")
    page.locator("#f-title").fill("Interviewing refresher")
    page.locator("#f-date").fill("2026-12-16")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    page.get_by_text("3 people").first.wait_for()


def to_plan_of_operation(page: Page, demo: Demo) -> None:
    """Go from an operation to its plan."""
    to_operation(page, demo)
    page.get_by_role("link", name="Plan, sites, and conflicts").click()
    page.get_by_role("heading", name="Conflicts with other operations").wait_for()


def to_person(page: Page, _: Demo) -> None:
    """Go to the page of a person, with what keeps their account."""
    page.goto("/people?q=detective")
    page.locator("#found").get_by_role("link", name="KCPD detective", exact=True).click()
    page.get_by_role("link", name="Manage access").wait_for()


def to_invitation(page: Page, demo: Demo) -> None:
    """Read the email that invites someone to a training."""
    demo.link("kcpd.analyst@kcpd.example", TRAINING)
    page.goto("/demo/mail")
    page.get_by_role("link", name=f"Invitation: {TRAINING}").first.click()
    page.frame_locator("iframe").get_by_text("Organizer").first.wait_for()


PICTURES: dict[str, Picture] = {
    "calendar": Picture(persona=COORDINATOR, way=to("/calendar?month=2026-12"), size=TALL),
    "event": Picture(persona=COORDINATOR, way=to_event(MONTHLY, "2026-12"), size=TALL),
    "home": Picture(persona=COORDINATOR, way=to("/")),
    "schedule": Picture(persona=COORDINATOR, way=to_filled_form, shown_from="section:has(#who-h)"),
    "report": Picture(persona=COORDINATOR, way=to("/reports")),
    "subscriptions": Picture(persona=COORDINATOR, way=to("/subscriptions")),
    "invitation": Picture(persona=COORDINATOR, way=to_invitation),
    "reply": Picture(persona=None, way=to_reply, size=PHONE),
    "item": Picture(persona=None, way=to_item_link, size=PHONE),
    "roll-call": Picture(persona=COORDINATOR, way=to_event("Joint briefing", "2026-11", "attendance"), size=PHONE),
    "sign-in-sheet": Picture(persona=COORDINATOR, way=to_event(MONTHLY, "2026-12", "print/sign-in-sheet")),
    "plan": Picture(persona=FBI_LEAD, way=to_plan_of_operation, size=TALL),
    "invite-people": Picture(persona=COORDINATOR, way=to("/people/invitations")),
    "person": Picture(persona=COORDINATOR, way=to_person),
}
"""By the name of the file in docs/guide/pictures."""
