"""The brief of an operation on paper: the copies that were issued, the form of the next one, and one copy to print."""

import re
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import errors_of, id_in
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.operations.deconfliction import DECISION_WORDS, OUTCOME_WORDS
from tracker.rules.operations.orders import PARAGRAPH_WORDS, draw_timeline
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SYSTEM_WORDS
from tracker.rules.operations.sites import SITE_WORDS, draw_site_map
from tracker.usecases.core import audit
from tracker.usecases.operations import briefs
from tracker.usecases.operations.briefs import Brief

AT = "/events/{event_id:uuid}/{key:str}/plan/brief"
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
FIELDS = ("member",)


@get(AT, guards=[signed_in])
async def show_copies(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Response[Any]:
    """Show the copies of a brief after a recent confirmation, and the form that issues the next one."""
    brief = await briefs.brief_with_copies(viewer, event_id, key)
    return first_reauthenticate(visit, _at(event_id, key), now) or await _render_copies(pages, viewer, now, brief)


@post(AT, guards=[signed_in], status_code=303)
async def post_copy(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Issue the next copy to a person, and show it."""
    brief = await briefs.brief_with_copies(viewer, event_id, key)
    if first := first_reauthenticate(visit, _at(event_id, key), now):
        return first
    try:
        number = await briefs.issue_brief_copy(viewer, event_id, key, id_in(form["member"]), now)
    except Invalid as wrong:
        return await _render_copies(pages, viewer, now, brief, wrong)
    return Redirect(f"{_at(event_id, key)}/{number}", status_code=303)


@get(f"{AT}/{{number:str}}", guards=[signed_in])
async def show_copy(
    event_id: PathId, key: PathText, number: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Show one copy for printing; back to the list when it is out of date."""
    if not NUMBER.fullmatch(number):
        raise NotFound
    try:
        printed = await briefs.printed_copy(viewer, event_id, key, int(number), now)
    except Conflict as outdated:
        return pages.refuse(_at(event_id, key), outdated.sentence)
    occurrence = printed.brief.occurrence
    await audit.record_date_read(viewer, occurrence, now, plan=printed.brief.version)
    return pages.render(
        "operations/brief.html",
        printed=printed,
        brief=printed.brief,
        copy=printed.copy,
        order=printed.order,
        map=draw_site_map(printed.sites),
        drawing=draw_timeline(printed.phases, now),
        paragraphs=PARAGRAPH_WORDS,
        roles=SITE_WORDS,
        systems=SYSTEM_WORDS,
        results=OUTSIDE_RESULTS,
        decisions=DECISION_WORDS,
        outcomes=OUTCOME_WORDS,
        event=occurrence.event,
        banner=occurrence.event.banner,
        **occurrence_times(occurrence),
    )


async def _render_copies(
    pages: Pages, viewer: Viewer, now: Now, brief: Brief, wrong: Invalid | None = None
) -> Response[str]:
    await audit.record_date_read(viewer, brief.occurrence, now)
    return pages.render(
        "operations/brief-copies.html",
        status_code=422 if wrong else 200,
        brief=brief,
        people=[
            ("", "Choose a person"),
            *((person.member_id, f"{person.name} ({person.agency})") for person in brief.people),
        ],
        errors=errors_of(wrong, FIELDS),
        event=brief.occurrence.event,
        **occurrence_times(brief.occurrence),
    )


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/brief"
