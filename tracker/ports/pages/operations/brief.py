"""The brief of an operation on paper: the copies that were issued, the form of the next one, and one copy to print."""

import re
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import errors_of, id_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.operations.hits import DECISION_WORDS, OUTCOME_WORDS
from tracker.rules.operations.orders import PARAGRAPH_WORDS
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SYSTEM_WORDS
from tracker.rules.operations.site_map import site_map
from tracker.rules.operations.sites import SITE_WORDS
from tracker.rules.operations.timeline import timeline
from tracker.usecases.core import access_records
from tracker.usecases.operations import briefs
from tracker.usecases.operations.briefs import Brief

AT = "/events/{event_id:uuid}/{key:str}/plan/brief"
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
FIELDS = ("member",)


@get(AT, guards=[signed_in])
async def copies(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Response[Any]:
    """Show the copies of a brief after a recent confirmation, and the form that issues the next one."""
    brief = await briefs.brief(viewer, event_id, key)
    return first_reauthenticate(visit, _at(event_id, key), now) or await _copies(pages, viewer, now, brief)


@post(AT, guards=[signed_in], status_code=303)
async def issue_copy(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Issue the next copy to a person, and show it."""
    brief = await briefs.brief(viewer, event_id, key)
    if first := first_reauthenticate(visit, _at(event_id, key), now):
        return first
    try:
        number = await briefs.issue_copy(viewer, event_id, key, id_in(form["member"]), now)
    except Invalid as wrong:
        return await _copies(pages, viewer, now, brief, wrong)
    return Redirect(f"{_at(event_id, key)}/{number}", status_code=303)


@get(f"{AT}/{{number:str}}", guards=[signed_in])
async def print_copy(
    event_id: PathId, key: PathText, number: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Show one copy for printing; back to the list when it is out of date."""
    if not NUMBER.fullmatch(number):
        raise NotFound
    try:
        printed = await briefs.copy(viewer, event_id, key, int(number), now)
    except Conflict as outdated:
        return pages.refuse(_at(event_id, key), outdated.sentence)
    occurrence = printed.brief.occurrence
    await access_records.note_date(viewer, occurrence, now, plan=printed.brief.version)
    return pages.render(
        "operations/brief.html",
        printed=printed,
        brief=printed.brief,
        copy=printed.copy,
        order=printed.order,
        map=site_map(printed.sites),
        drawing=timeline(printed.phases, now),
        paragraphs=PARAGRAPH_WORDS,
        roles=SITE_WORDS,
        systems=SYSTEM_WORDS,
        results=OUTSIDE_RESULTS,
        decisions=DECISION_WORDS,
        outcomes=OUTCOME_WORDS,
        event=occurrence.event,
        banner=occurrence.event.banner,
        **times_of(occurrence),
    )


async def _copies(pages: Pages, viewer: Viewer, now: Now, brief: Brief, wrong: Invalid | None = None) -> Response[str]:
    await access_records.note_date(viewer, brief.occurrence, now)
    return pages.render(
        "operations/brief-copies.html",
        status_code=422 if wrong else 200,
        brief=brief,
        people=[("", "Choose a person"), *((one.member_id, f"{one.name} ({one.agency})") for one in brief.people)],
        errors=errors_of(wrong, FIELDS),
        event=brief.occurrence.event,
        **times_of(brief.occurrence),
    )


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/brief"
