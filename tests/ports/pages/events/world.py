"""Events scheduled on their pages, replies by link, and rows of substitutes."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.pages.forms import form_with
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Occurrence
from tracker.rules.events.plans import Plan
from tracker.usecases.events import occurrences, replies, scheduling


async def schedule_core_group(desk: Browser, cast: Cast) -> httpx.Response:
    form: dict[str, Any] = {"title": "Core group", "date": "2027-01-12", "save": "send"}
    page = (await desk.get("/schedule")).text
    sent = await desk.post("/events", form_with(page, "/events", person=[str(cast.fbi_lead.member_id)], **form))
    return await follow_redirects(desk, sent)


async def follow_redirects(desk: Browser, response: httpx.Response) -> httpx.Response:
    while response.status_code == 303:
        response = await desk.get(response.headers["location"])
    return response


async def press_undo(desk: Browser, page: httpx.Response) -> httpx.Response:
    event_id = page.url.path.split("/")[2]
    address = f"/events/{event_id}/undo"
    fields = {name: texts[0] for name, texts in form_with(page.text, address).items()}
    return await follow_redirects(desk, await desk.post(address, fields))


async def schedule_with_reply_link(
    app: Litestar, cast: Cast, plan: Plan, viewer: Viewer, *, one_date: bool = False
) -> tuple[UUID, str]:
    """Schedule and return the event with the address in someone's email."""
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=3))
    occurrence = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    return event_id, await reply_link_of(app, viewer, occurrence, one_date=one_date)


async def reply_link_of(app: Litestar, viewer: Viewer, occurrence: Occurrence, *, one_date: bool = False) -> str:
    own_reply = await replies.my_reply(viewer, occurrence)
    assert own_reply is not None
    return f"/r/{app.state.links.reply(own_reply[0], occurrence.id if one_date else None)}"


FIRST_DATE = "2027-01-12"


async def schedule_for_committee(cast: Cast) -> UUID:
    """Schedule a meeting of the committee in which the Bureau's lead has an alternate."""
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **seats), NOW)


def row_of_person(page: str, name: str) -> str:
    """Return the words of a person's row."""
    flat = " ".join(page.split())
    [place] = [match.start() for match in re.finditer(rf"<li> ?<b>{name}</b>", flat)]
    return flat[place : flat.index("</li>", place)]
