"""Service readiness of an operation, and the brief with its copies."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Form, HomeRows, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import (
    ChosenPerson,
    Errors,
    FormReader,
    FormValues,
    errors_of,
    id_in,
    ids_among,
    person_label,
    read_chosen_person,
)
from tracker.ports.pages.core.home_part import is_from_home
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.operations.deconfliction import Decision, Outcome
from tracker.rules.operations.orders import PARAGRAPH_WORDS, draw_timeline
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SiteRole, System, draw_site_map
from tracker.rules.operations.readiness import LONGEST_TEXTS, LedNotice, Minors, NoticeState, NoticeText
from tracker.usecases.core import audit
from tracker.usecases.operations import orders, readiness
from tracker.usecases.operations.orders import Brief
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import candidates_among

READINESS = "/events/{event_id:uuid}/{key:str}/plan/readiness"
READINESS_FIELDS = (
    "starts",
    "starts_at",
    "ends",
    "ends_at",
    "fewest",
    "most",
    "languages",
    "minors",
    "needs",
    "place",
    "contact",
    "release",
    "release_at",
    "recipient",
    "site",
)
STATE_SAID = {
    NoticeState.DRAFT: "Returned to draft. No one was emailed.",
    NoticeState.SCHEDULED: "Release scheduled.",
    NoticeState.ACTIVATED: "Services activated. The recipients get an email.",
    NoticeState.STOOD_DOWN: "Services stood down. The recipients get an email.",
    NoticeState.CLOSED: "Notice closed. No one was emailed.",
}
NO_RELEASE = "Choose a day and a time, or neither."
HOW_MANY = "Enter a whole number."
ACKNOWLEDGED = "You acknowledged the notice."


@get(READINESS, guards=[signed_in])
async def show_readiness(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the notice as its recipients read it, who has acknowledged it, and the form of a new one."""
    view = await readiness_view(viewer, event_id, key)
    await audit.record_date_read(viewer, view.occurrence, now)
    return await _shown(pages, view, _typed(view), now=now)


@post(READINESS, guards=[signed_in], status_code=303)
async def post_notice(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the notice as a draft, or show the form again with what was refused."""
    view = await readiness_view(viewer, event_id, key)
    more = await read_chosen_person(form, "more", view.candidates)
    if more.value:
        form = form.without("more_words").but({"recipient": (*form.all("recipient"), more.value), "more": ""})
    try:
        text, release_at = _notice_in(form, view.occurrence.event.zone, now, more)
        await readiness.save_readiness_notice(viewer, event_id, text, release_at, ids_among(form.all("recipient")), now)
    except Invalid as wrong:
        return await _shown(pages, view, form, errors_of(wrong, READINESS_FIELDS), now=now, is_typed=True)
    except NotAllowed as refused:  # it was scheduled, or the operation ended, while someone was still writing
        if not view.may_plan:
            raise
        return await _shown(
            pages, view, form, errors_of(Invalid(refused.sentence), READINESS_FIELDS), now=now, is_typed=True
        )
    return pages.redirect(_readiness_address(event_id, key), "Draft saved. Check it below, then schedule its release.")


@post(f"{READINESS}/{{notice_id:uuid}}/states", guards=[signed_in], status_code=303)
async def post_notice_state(
    event_id: PathId, key: PathText, notice_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Take the notice to another state, or say why it can't."""
    try:
        to = NoticeState(form["to"])
    except ValueError as odd:
        raise NotFound from odd
    try:
        await readiness.change_notice_state(viewer, event_id, notice_id, to, now)
    except NotAllowed as refused:
        return pages.refuse(_readiness_address(event_id, key), f"Not changed. {refused.sentence}")
    return pages.redirect(_readiness_address(event_id, key), STATE_SAID[to])


@post(f"{READINESS}/{{notice_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_notice_removal(
    event_id: PathId, key: PathText, notice_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Delete a draft."""
    await readiness.discard_draft_notice(viewer, event_id, notice_id, now)
    return pages.redirect(_readiness_address(event_id, key), "Draft deleted.")


@post(f"{READINESS}/places", guards=[signed_in], status_code=303)
async def post_place(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Add a confidential place for off-site services."""
    view = await readiness_view(viewer, event_id, key)
    try:
        await readiness.add_off_site_place(viewer, event_id, id_in(form["site"]), now)
    except Invalid as wrong:
        return await _shown(pages, view, _typed(view), errors_of(wrong, READINESS_FIELDS), now=now)
    return pages.redirect(
        _readiness_address(event_id, key), "Place added. Each agency has to acknowledge the plan again."
    )


@post(f"{READINESS}/places/{{site_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_place_removal(
    event_id: PathId, key: PathText, site_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove such a place."""
    await readiness.remove_off_site_place(viewer, event_id, site_id, now)
    return pages.redirect(
        _readiness_address(event_id, key), "Place removed. Each agency has to acknowledge the plan again."
    )


async def _shown(
    pages: Pages,
    view: ReadinessView,
    form: FormValues,
    errors: Errors | None = None,
    *,
    now: datetime,
    is_typed: bool = False,
) -> Response[str]:
    """Render the page; `is_typed` shows the form of a notice, even when it can't be saved any longer."""
    people = await candidates_among(view.candidates, ids_among(form.all("recipient")))
    more = await read_chosen_person(form, "more", view.candidates)
    return pages.render(
        "operations/readiness.html",
        status_code=422 if errors else 200,
        view=view,
        event=view.occurrence.event,
        form=form,
        errors=errors or Errors(),
        is_typed=is_typed,
        states=NoticeState.labels(),
        minors=list(Minors.labels().items()),
        limits=LONGEST_TEXTS,
        recipients=[(str(person.id), person_label(person)) for person in people.values()],
        more=more,
        offered=[(str(place.id), f"{place.name} ({place.agency})") for place in view.places],
        is_due=view.current is not None and view.current.release_at <= now,
        **occurrence_times(view.occurrence),
    )


def _notice_in(form: FormValues, zone: str, now: datetime, more: ChosenPerson) -> tuple[NoticeText, datetime]:
    """Return the notice of a form, and when to release it: now, for an empty day.

    Errors: Invalid by field, also for words that don't find one more recipient.
    """
    reader = FormReader(form)
    starts_at = _moment(reader, "starts", zone, "Choose the first day of the window.", "Enter when the window starts.")
    ends_at = _moment(reader, "ends", zone, "Choose the last day of the window.", "Enter when the window ends.")
    is_later = bool(form["release"] or form["release_at"])
    release_at = _moment(reader, "release", zone, NO_RELEASE, NO_RELEASE) if is_later else now
    fewest, most = reader.number("fewest", HOW_MANY), reader.number("most", HOW_MANY)
    texts = {name: reader.text(name, LONGEST_TEXTS[name], multiline=name == "needs") for name in LONGEST_TEXTS}
    minors = reader.tried(lambda: _minors(form), Minors.UNKNOWN)
    if more.error:
        reader.refuse("recipient", more.error)
    reader.check()
    if starts_at is None or ends_at is None or release_at is None:
        raise Invalid(starts="Choose the first day of the window.")
    text = NoticeText(starts_at=starts_at, ends_at=ends_at, fewest=fewest or 0, most=most or 0, minors=minors, **texts)
    return text, release_at


def _moment(reader: FormReader, name: str, zone: str, no_day: str, no_time: str) -> datetime | None:
    """Return the moment of a day and a time; record what is missing, and return None."""
    day, at = reader.day(name, no_day), reader.time(f"{name}_at", no_time)
    return to_utc(datetime.combine(day, at), zone) if day and at else None


def _minors(form: FormValues) -> Minors:
    try:
        return Minors(form["minors"])
    except ValueError as odd:
        raise Invalid(minors="Choose whether minors are expected.") from odd


def _typed(view: ReadinessView) -> FormValues:
    """Return what the form begins with: the draft, or an empty one."""
    if view.current is None or view.current.state is not NoticeState.DRAFT:
        return FormValues({"minors": [Minors.UNKNOWN]})
    return FormValues(_texts(view.current, view.occurrence.event.zone))


def _texts(notice: LedNotice, zone: str) -> dict[str, list[str]]:
    text = notice.text
    moments = {"starts": text.starts_at, "ends": text.ends_at, "release": notice.release_at}
    local = {name: to_local(at, zone) for name, at in moments.items()}
    return {
        **{name: [f"{at:%Y-%m-%d}"] for name, at in local.items()},
        **{f"{name}_at": [f"{at:%H:%M}"] for name, at in local.items()},
        "fewest": [str(text.fewest)],
        "most": [str(text.most)],
        "languages": [text.languages],
        "minors": [text.minors],
        "needs": [text.needs],
        "place": [text.place],
        "contact": [text.contact],
        "recipient": [str(recipient.id) for recipient in notice.recipients],
    }


def _readiness_address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/readiness"


@get("/notices/{notice_id:uuid}", guards=[signed_in])
async def show_notice(notice_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show a notice that was released to the viewer. Errors: NotFound for any other."""
    notice = await readiness.notice_for(viewer, notice_id, now)
    return pages.render("operations/readiness-notice.html", notice=notice)


@post("/notices/{notice_id:uuid}/acknowledgments", guards=[signed_in], status_code=303)
async def post_notice_acknowledgment(
    notice_id: PathId, pages: Pages, viewer: Viewer, form: Form, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Acknowledge the notice on its page or on the home page."""
    page = HOME if is_from_home(form) else f"/notices/{notice_id}"
    try:
        notice = await readiness.acknowledge_notice(viewer, notice_id, now)
    except NotAllowed as ended:
        if home_rows.are_asked_for(form):
            why = ended.sentence
            row = "core/home/row-settled.html"
            return home_rows.show(row, await home_rows.found(), why, refused=why, key=str(notice_id))
        return pages.refuse(page, ended.sentence)
    if home_rows.are_asked_for(form):
        return home_rows.show("operations/readiness-row.html", await home_rows.found(), ACKNOWLEDGED, one=notice)
    return pages.redirect(page, ACKNOWLEDGED)


BRIEF = "/events/{event_id:uuid}/{key:str}/plan/brief"
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
COPY_FIELDS = ("member",)


@get(BRIEF, guards=[signed_in])
async def show_copies(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Response[Any]:
    """Show the copies of a brief after a recent confirmation, and the form that issues the next one."""
    brief = await orders.brief_with_copies(viewer, event_id, key)
    return first_reauthenticate(visit, _brief_address(event_id, key), now) or await _render_copies(
        pages, viewer, now, brief
    )


@post(BRIEF, guards=[signed_in], status_code=303)
async def post_copy(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Issue the next copy to a person, and show it."""
    brief = await orders.brief_with_copies(viewer, event_id, key)
    if first := first_reauthenticate(visit, _brief_address(event_id, key), now):
        return first
    try:
        number = await orders.issue_brief_copy(viewer, event_id, key, id_in(form["member"]), now)
    except Invalid as wrong:
        return await _render_copies(pages, viewer, now, brief, wrong)
    return Redirect(f"{_brief_address(event_id, key)}/{number}", status_code=303)


@get(f"{BRIEF}/{{number:str}}", guards=[signed_in])
async def show_copy(
    event_id: PathId, key: PathText, number: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Show one copy for printing; back to the list when it is out of date."""
    if not NUMBER.fullmatch(number):
        raise NotFound
    try:
        printed = await orders.printed_copy(viewer, event_id, key, int(number), now)
    except Conflict as outdated:
        return pages.refuse(_brief_address(event_id, key), outdated.sentence)
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
        roles=SiteRole.labels(),
        systems=System.labels(),
        results=OUTSIDE_RESULTS,
        decisions=Decision.labels(),
        outcomes=Outcome.labels(),
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
        errors=errors_of(wrong, COPY_FIELDS),
        event=brief.occurrence.event,
        **occurrence_times(brief.occurrence),
    )


def _brief_address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/brief"
