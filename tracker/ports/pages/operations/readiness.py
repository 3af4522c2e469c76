"""Service readiness of an operation, and the brief with its copies."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec.structs import asdict

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Form, HomeRows, OnDate, Page, Pages, first_reauthenticate
from tracker.ports.pages.core.form_shapes import Choice, Day, FormShape, Id, Ids, Text, TimeOfDay, Whole, form_context
from tracker.ports.pages.core.form_values import FormValues, ids_among, person_label, read_chosen_person
from tracker.ports.pages.core.home_part import is_from_home
from tracker.ports.pages.events.date_pages import date_context
from tracker.ports.pages.operations.orders import VERSION_NUMBER
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.operations.deconfliction import Decision, Outcome
from tracker.rules.operations.orders import PARAGRAPH_WORDS, draw_timeline
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SiteRole, System, draw_site_map
from tracker.rules.operations.readiness import LONGEST_TEXTS, Minors, NoticeState, NoticeText
from tracker.usecases.core import audit
from tracker.usecases.operations import orders, readiness
from tracker.usecases.operations.orders import Brief
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import candidates_among

READINESS = "/events/{event_id:uuid}/{key:str}/plan/readiness"
STATE_SAID = {
    NoticeState.DRAFT: "Returned to draft. No one was emailed.",
    NoticeState.SCHEDULED: "Release scheduled.",
    NoticeState.ACTIVATED: "Services activated. The recipients get an email.",
    NoticeState.STOOD_DOWN: "Services stood down. The recipients get an email.",
    NoticeState.CLOSED: "Notice closed. No one was emailed.",
}
NO_RELEASE = "Choose a day and a time, or neither."
HOW_MANY = "Enter a whole number."
NO_MINORS = "Choose whether minors are expected."
ACKNOWLEDGED = "You acknowledged the notice."


class NoticeForm(FormShape, kw_only=True):
    """A notice: its window, what is expected, and when it is released to whom."""

    starts: Annotated[date, Day("First day", missing="Choose the first day of the window.")]
    starts_at: Annotated[time, TimeOfDay("Starts", missing="Enter when the window starts.")]
    ends: Annotated[date, Day("Last day", missing="Choose the last day of the window.")]
    ends_at: Annotated[time, TimeOfDay("Ends", missing="Enter when the window ends.")]
    fewest: Annotated[int, Whole("Fewest people", 3, unreadable=HOW_MANY, of="text.fewest")] = 0
    most: Annotated[int, Whole("Most people", 3, unreadable=HOW_MANY, of="text.most")] = 0
    languages: Annotated[str, Text("Languages", LONGEST_TEXTS["languages"], of="text.languages")]
    minors: Annotated[
        Minors,
        Choice(
            "Minors expected", words=Minors.labels(), missing="Choose whether minors are expected.", of="text.minors"
        ),
    ]
    needs: Annotated[str, Text("Needs", LONGEST_TEXTS["needs"], is_multiline=True, of="text.needs")]
    place: Annotated[str, Text("Off-site place", LONGEST_TEXTS["place"], of="text.place")]
    contact: Annotated[str, Text("Law enforcement contact", LONGEST_TEXTS["contact"], of="text.contact")]
    release: Annotated[date | None, Day("Day")]
    release_at: Annotated[time | None, TimeOfDay("Time")]
    recipient: Annotated[frozenset[UUID], Ids("Recipients")]

    @classmethod
    def refusals(cls, form: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a release on a day without a time, and at a time without a day."""
        is_later = bool(form["release"] or form["release_at"])
        return [(name, NO_RELEASE) for name in ("release", "release_at") if is_later and values[name] is None]

    def notice(self, zone: str) -> NoticeText:
        """Return the text, with the window aware UTC."""
        typed = asdict(self)
        return NoticeText(
            starts_at=to_utc(datetime.combine(self.starts, self.starts_at), zone),
            ends_at=to_utc(datetime.combine(self.ends, self.ends_at), zone),
            **{name: typed[name] for name in ("fewest", "most", "minors", *LONGEST_TEXTS)},
        )


class OffSiteForm(FormShape, kw_only=True):
    """A confidential place for services."""

    site: Annotated[UUID | None, Id("Place")]


class CopyForm(FormShape, kw_only=True):
    """Who gets the next copy of a brief."""

    member: Annotated[UUID | None, Id("Issued to")]


@get(READINESS, guards=[signed_in])
async def show_readiness(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the notice as its recipients read it, who has acknowledged it, and the form of a new one."""
    view = await readiness_view(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now)
    return await _shown(pages, view, now)


@post(READINESS, guards=[signed_in], status_code=303)
async def post_notice(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the notice as a draft, or show the form again with what was refused."""
    view = await readiness_view(viewer, *date)
    more = await read_chosen_person(form, "more", view.candidates)
    if more.value:
        form = form.without("more_words").but({"recipient": (*form.all("recipient"), more.value), "more": ""})
    zone = view.occurrence.event.zone
    try:
        typed = NoticeForm.read(form, recipient=more.error)
        day, at = typed.release, typed.release_at
        release_at = to_utc(datetime.combine(day, at), zone) if day and at else now
        await readiness.save_readiness_notice(
            viewer, date.event_id, typed.notice(zone), release_at, typed.recipient, now
        )
    except Invalid as wrong:
        return await _shown(pages, view, now, form, wrong)
    except NotAllowed as refused:  # it was scheduled, or the operation ended, while someone was still writing
        if not view.leads:
            raise
        return await _shown(pages, view, now, form, Invalid(refused.sentence))
    return pages.redirect(f"{date.plan}/readiness", "Draft saved. Check it below, then schedule its release.")


@post(f"{READINESS}/{{notice_id:uuid}}/states", guards=[signed_in], status_code=303)
async def post_notice_state(
    date: OnDate, notice_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Take the notice to another state, or say why it can't."""
    try:
        to = NoticeState(form["to"])
    except ValueError as odd:
        raise NotFound from odd
    deed = readiness.change_notice_state(viewer, date.event_id, notice_id, to, now)
    address = f"{date.plan}/readiness"
    return await pages.answer(address, deed, STATE_SAID[to], NotAllowed, refused="Not changed. ")


@post(f"{READINESS}/{{notice_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_notice_removal(date: OnDate, notice_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Delete a draft."""
    await readiness.discard_draft_notice(viewer, date.event_id, notice_id, now)
    return pages.redirect(f"{date.plan}/readiness", "Draft deleted.")


@post(f"{READINESS}/places", guards=[signed_in], status_code=303)
async def post_place(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a confidential place for off-site services."""
    view = await readiness_view(viewer, *date)
    try:
        await readiness.add_off_site_place(viewer, date.event_id, OffSiteForm.read(form).site, now)
    except Invalid as wrong:
        return await _shown(pages, view, now, wrong=wrong)
    return pages.redirect(f"{date.plan}/readiness", "Place added. Each agency has to acknowledge the plan again.")


@post(f"{READINESS}/places/{{site_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_place_removal(date: OnDate, site_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove such a place."""
    await readiness.remove_off_site_place(viewer, date.event_id, site_id, now)
    return pages.redirect(f"{date.plan}/readiness", "Place removed. Each agency has to acknowledge the plan again.")


async def _shown(
    pages: Pages, view: ReadinessView, now: datetime, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    """Render the page; the form of a notice has what was typed, even when it can't be saved any longer, or the draft.

    A new one begins empty.
    """
    shown = form or _draft_form(view)
    people = await candidates_among(view.candidates, ids_among(shown.all("recipient")))
    return pages.render(
        "operations/readiness.html",
        **date_context(view.occurrence),
        **form_context(shown, wrong, NoticeForm, OffSiteForm),
        view=view,
        is_typed=form is not None,
        states=NoticeState.labels(),
        recipients=[(str(person.id), person_label(person)) for person in people.values()],
        more=await read_chosen_person(shown, "more", view.candidates),
        offered=[(str(place.id), f"{place.name} ({place.agency})") for place in view.places],
        is_due=view.current is not None and view.current.release_at <= now,
    )


def _draft_form(view: ReadinessView) -> FormValues:
    notice, zone = view.current, view.occurrence.event.zone
    if notice is None or notice.state is not NoticeState.DRAFT:
        return NoticeForm.texts_of(None, minors=Minors.UNKNOWN)
    moments = {"starts": notice.text.starts_at, "ends": notice.text.ends_at, "release": notice.release_at}
    local = {name: to_local(moment, zone) for name, moment in moments.items()}
    times = {f"{name}_at": moment for name, moment in local.items()}
    return NoticeForm.texts_of(notice, **local, **times, recipient=[recipient.id for recipient in notice.recipients])


@get("/notices/{notice_id:uuid}", guards=[signed_in])
async def show_notice(notice_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show a notice that was released to the viewer. Errors: NotFound for any other."""
    notice = await readiness.notice_for(viewer, notice_id, now)
    return pages.render("operations/readiness-notice.html", notice=notice)


@post("/notices/{notice_id:uuid}/acknowledgments", guards=[signed_in], status_code=303)
async def post_notice_acknowledgment(
    notice_id: PathId, pages: Pages, viewer: Viewer, form: Form, home_rows: HomeRows, now: Now
) -> Page:
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


@get(BRIEF, guards=[signed_in])
async def show_copies(date: OnDate, pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
    """Show the copies of a brief after a recent confirmation, and the form that issues the next one."""
    brief = await orders.brief_with_copies(viewer, *date)
    return first_reauthenticate(visit, f"{date.plan}/brief", now) or await _render_copies(pages, viewer, now, brief)


@post(BRIEF, guards=[signed_in], status_code=303)
async def post_copy(date: OnDate, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
    """Issue the next copy to a person, and show it."""
    brief = await orders.brief_with_copies(viewer, *date)
    if first := first_reauthenticate(visit, f"{date.plan}/brief", now):
        return first
    try:
        number = await orders.issue_brief_copy(viewer, *date, CopyForm.read(form).member, now)
    except Invalid as wrong:
        return await _render_copies(pages, viewer, now, brief, wrong)
    return Redirect(f"{date.plan}/brief/{number}", status_code=303)


@get(f"{BRIEF}/{{number:str}}", guards=[signed_in])
async def show_copy(date: OnDate, number: PathText, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show one copy for printing; back to the list when it is out of date."""
    if not VERSION_NUMBER.fullmatch(number):
        raise NotFound
    try:
        printed = await orders.printed_copy(viewer, *date, int(number), now)
    except Conflict as outdated:
        return pages.refuse(f"{date.plan}/brief", outdated.sentence)
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
        banner=occurrence.event.banner,
        **date_context(occurrence),
    )


async def _render_copies(pages: Pages, viewer: Viewer, now: Now, brief: Brief, wrong: Invalid | None = None) -> Page:
    await audit.record_date_read(viewer, brief.occurrence, now)
    return pages.render(
        "operations/brief-copies.html",
        **date_context(brief.occurrence),
        **form_context(None, wrong, CopyForm),
        brief=brief,
        people=[
            ("", "Choose a person"),
            *((person.member_id, f"{person.name} ({person.agency})") for person in brief.people),
        ],
    )
