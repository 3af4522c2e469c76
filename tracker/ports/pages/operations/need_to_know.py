"""Who gets to know of an operation: need-to-know list, emergency access, service readiness, and copies of the brief."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec.structs import asdict, replace

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer, Visit
from tracker.ports.http.guards import UNDER_EMERGENCY, signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import is_from_home
from tracker.ports.pages.core.dependencies import (
    Form,
    HomeRows,
    OnDate,
    Page,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_shapes import (
    Choice,
    DayField,
    FormShape,
    Id,
    Ids,
    Text,
    TimeOfDay,
    Whole,
    form_context,
)
from tracker.ports.pages.core.form_values import ChosenPerson, FormValues, ids_among, person_label, read_chosen_person
from tracker.ports.pages.events.date_pages import date_context
from tracker.ports.pages.operations.orders import VERSION_NUMBER
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.operations.access import (
    LONGEST_EMERGENCY_REASON,
    LONGEST_GRANT_REASON,
    GrantState,
    Outlet,
    may_use_emergency_access,
)
from tracker.rules.operations.deconfliction import Decision, Outcome
from tracker.rules.operations.orders import Paragraph, draw_timeline
from tracker.rules.operations.plans import OUTSIDE_RESULTS, SiteRole, System
from tracker.rules.operations.readiness import LONGEST_TEXTS, LedNotice, Minors, NoticeState, NoticeText
from tracker.rules.operations.site_maps import draw_site_map
from tracker.usecases.core import audit
from tracker.usecases.operations import access, orders, readiness
from tracker.usecases.operations.access import AccessView, access_view
from tracker.usecases.operations.orders import Brief
from tracker.usecases.operations.readiness import ReadinessView, readiness_view
from tracker.usecases.roster.known_people import candidates_among

ACCESS = "/events/{event_id:uuid}/{key:str}/plan/access"


class AccessForm(FormShape, kw_only=True):
    """Who gets access to an operation, why, and until when."""

    person: Annotated[UUID | None, Id("Person")]
    reason: Annotated[str, Text("Why they need to know", LONGEST_GRANT_REASON)]
    until: Annotated[date | None, DayField("Last day of access")]
    until_time: Annotated[time | None, TimeOfDay("Time it ends")]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a time without a day."""
        is_half = values["until"] is None and values["until_time"] is not None
        return [("until", "Enter the day as well.")] if is_half else []

    def ends_at(self, zone: str) -> datetime | None:
        """Return when access ends: at a time of a day, or with the day; None for access that doesn't end by itself."""
        if self.until is None:
            return None
        is_whole_day = self.until_time is None
        day = self.until + timedelta(days=1) if is_whole_day else self.until
        return to_utc(datetime.combine(day, self.until_time or time()), zone)


@get(ACCESS, guards=[signed_in])
async def show_access(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show who may see the operation."""
    view = await access_view(viewer, *date, now)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return await _access_page(pages, view)


@post(ACCESS, guards=[signed_in], status_code=303)
async def post_access(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a person, or request it from a second person."""
    view = await access_view(viewer, *date, now)
    person = await _person_in(view, form)
    try:
        typed = AccessForm.read(form.but({"person": person.value}), person=person.error)
        until = typed.ends_at(view.occurrence.event.zone)
        state = await access.give_access(viewer, date.event_id, typed.person, typed.reason, until, now)
    except Invalid as wrong:
        return await _access_page(pages, view, form, wrong)
    except Conflict as taken:
        return await _access_page(pages, view, form, Invalid(person=taken.sentence))
    if state is GrantState.REQUESTED:
        waits = "They see nothing, and get no email, until a second person in law enforcement approves."
        return pages.redirect(f"{date.plan}/access", f"Access is requested for {person.words}. {waits}")
    return pages.redirect(f"{date.plan}/access", f"{person.words} can see the operation now.")


@post(f"{ACCESS}/{{grant_id:uuid}}/approval", guards=[signed_in], status_code=303)
async def post_access_approval(date: OnDate, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Approve a request as the second person."""
    deed = access.approve_access(viewer, date.event_id, grant_id, now)
    return await pages.respond(
        f"{date.plan}/access",
        deed,
        lambda grant: f"{grant.person} can see the operation now.",
        (Conflict, Invalid, NotAllowed),
        refused="Not approved. ",
    )


@post(f"{ACCESS}/{{grant_id:uuid}}/refusal", guards=[signed_in], status_code=303)
async def post_access_refusal(date: OnDate, grant_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Decline a request, or take it back."""
    deed = access.decline_access(viewer, date.event_id, grant_id, now)
    return await pages.respond(
        f"{date.plan}/access",
        deed,
        lambda grant: f"Request for {grant.person} closed. They weren’t notified.",
        (Conflict, NotAllowed),
    )


@post(f"{ACCESS}/people/{{member_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_access_removal(date: OnDate, member_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Take a person off the operation."""
    deed = access.take_off_operation(viewer, date.event_id, member_id, now)
    return await pages.respond(
        f"{date.plan}/access",
        deed,
        lambda person: f"{person} can no longer see the operation.",
        (Invalid, NotAllowed),
        refused="Not removed. ",
    )


async def _access_page(
    pages: Pages, view: AccessView, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    return pages.render(
        "operations/access.html",
        **form_context(form, wrong, AccessForm),
        view=view,
        person=await _person_in(view, form or FormValues({})),
        outlets=Outlet.labels(),
        **date_context(view.occurrence),
    )


async def _person_in(view: AccessView, form: FormValues) -> ChosenPerson:
    """Return whom the form adds; no one where the viewer adds no one."""
    return await read_chosen_person(form, "person", view.candidates) if view.candidates else ChosenPerson()


EMERGENCY = "/emergency-access"


class EmergencyForm(FormShape, kw_only=True):
    """Why an administrator needs emergency access."""

    reason: Annotated[str, Text("Why you need it", LONGEST_EMERGENCY_REASON)]


@get(EMERGENCY, guards=[signed_in])
async def show_emergency_access(pages: Pages, visit: Visit, now: Now) -> Page:
    """Show how to begin, or what can be opened, and who had it. Errors: NotFound for anyone it isn't for."""
    return await _emergency_page(pages, visit, now)


@post(EMERGENCY, guards=[signed_in], status_code=303)
async def post_emergency_access(pages: Pages, visit: Visit, form: Form, now: Now) -> Page:
    """Begin emergency access."""
    if first := first_reauthenticate(visit, EMERGENCY, now):
        return first
    try:
        reason = EmergencyForm.read(form).reason
        await access.begin_emergency_access(visit.viewer, visit.session_id, reason, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _emergency_page(pages, visit, now, form, wrong)
    return pages.redirect(EMERGENCY, "Emergency access started. The coordinators get an email.")


@post(f"{EMERGENCY}/end", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_end(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """End emergency access."""
    return await pages.respond(EMERGENCY, access.end_emergency_access(viewer, now), "Emergency access ended.", Conflict)


@post(f"{EMERGENCY}/operations/{{event_id:uuid}}", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_opening(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Open an operation, and go to its page."""
    emergency_date = await access.open_in_emergency(viewer, event_id, now)
    key = emergency_date.original_start.date().isoformat()
    return pages.redirect(f"/events/{event_id}/{key}", "You can read this operation. Its lead gets an email.")


async def _emergency_page(
    pages: Pages, visit: Visit, now: Now, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    viewer = visit.viewer
    return pages.render(
        "operations/emergency.html",
        **form_context(form, wrong, EmergencyForm),
        uses=await access.emergency_uses(viewer),
        choices=await access.emergency_choices(viewer, now) if viewer.emergency else [],
        may_begin=may_use_emergency_access(viewer) and viewer.emergency is None,
        confirm=None if is_reauthenticated(visit, now) else to_reauthentication(EMERGENCY),
    )


READINESS = "/events/{event_id:uuid}/{key:str}/plan/readiness"
STATE_SAID = {
    NoticeState.DRAFT: "Returned to draft. No one was emailed.",
    NoticeState.SCHEDULED: "Release scheduled.",
    NoticeState.ACTIVATED: "Services activated. The recipients get an email.",
    NoticeState.STOOD_DOWN: "Services stood down. The recipients get an email.",
    NoticeState.CLOSED: "Notice closed. No one was emailed.",
}
RELEASED_NOW = "The notice is released within a minute, and the recipients get an email."
OUT_OF_REACH = " You can choose people of victim services whom you know from an event or a committee."
HOW_MANY = "Enter a whole number."
ACKNOWLEDGED = "You acknowledged the notice."


class NoticeForm(FormShape, kw_only=True):
    """A notice: its window, what is expected, and when it is released to whom."""

    starts: Annotated[date, DayField("First day", missing="Choose the first day of the window.")]
    starts_at: Annotated[time, TimeOfDay("Starts", missing="Enter when the window starts.")]
    ends: Annotated[date, DayField("Last day", missing="Choose the last day of the window.")]
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
    release: Annotated[date | None, DayField("Day")]
    release_at: Annotated[time | None, TimeOfDay("Time")]
    recipient: Annotated[frozenset[UUID], Ids("Recipients")]

    @classmethod
    def refusals(cls, form: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a release on a day without a time, and at a time without a day."""
        is_later = bool(form["release"] or form["release_at"])
        return [
            (name, "Choose a day and a time, or neither.")
            for name in ("release", "release_at")
            if is_later and values[name] is None
        ]

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

    def said(notice: LedNotice) -> str:
        is_due = to is NoticeState.SCHEDULED and notice.release_at <= now
        return RELEASED_NOW if is_due else STATE_SAID[to]

    return await pages.respond(address, deed, said, NotAllowed, refused="Not changed. ")


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
    more = await read_chosen_person(shown, "more", view.candidates)
    if more.error and not more.matched.people:
        more = replace(more, error=more.error + OUT_OF_REACH)
    return pages.render(
        "operations/readiness.html",
        **date_context(view.occurrence),
        **form_context(shown, wrong, NoticeForm, OffSiteForm),
        view=view,
        is_typed=form is not None,
        states=NoticeState.labels(),
        recipients=[(str(person.id), person_label(person)) for person in people.values()],
        more=more,
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
        paragraphs=Paragraph.labels(),
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
