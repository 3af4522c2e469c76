"""Emails that people set for themselves, events, and committees: reminders, quiet hours, escalation, nudges.

The page behind a digest’s link stops the digest without an account (RFC 8058): looking changes nothing, a button does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, get, post, route
from litestar.response import Redirect
from msgspec.structs import asdict

from tracker.database import together
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Settings, Viewer, Zone
from tracker.ports.http.guards import link, signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import date_address, is_from_home
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    HomeRows,
    OnDate,
    Page,
    Pages,
    show_link_page,
    usual_escalation,
)
from tracker.ports.pages.core.form_shapes import CheckBox, Choices, FormField, FormShape, TimeOfDay, form_context
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, count_in, errors_of, moment_in
from tracker.ports.pages.events.schedule_form import (
    USUAL_REMINDERS,
    offered_lead_times,
    policy_in_form,
    reminder_texts,
    usual_reminder_texts,
)
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, plural
from tracker.rules.emails.escalations import committee_days_in
from tracker.rules.emails.preferences import Preferences, check_quiet_hours, quiet_hours_words
from tracker.rules.emails.reminders import nudged_words
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.roster.meetings import OFFERED, USUAL, check_leads, lead_words, leads_words, minutes_of, policy_in
from tracker.usecases.emails import escalations, nudges, preferences, reminders
from tracker.usecases.emails.preferences import CommitteePolicy
from tracker.usecases.roster import committees
from tracker.usecases.roster.committees import CommitteeChoice, policy_of_committee

COMMITTEE_REMINDERS = "/committees/{committee_id:uuid}/reminders"
NEVER = datetime.min.replace(tzinfo=UTC)
"""The moment of no deed, for an Undo that names none."""
USUAL_REMINDERS_PATH = "/settings/reminders"
TEMPLATE, PANEL = "emails/pages/usual-reminders.html", "emails/pages/reminder-panel.html"
USUAL_REMINDERS_SAVED = "The task force’s reminders are saved for new events. Events already scheduled keep theirs."


@get(COMMITTEE_REMINDERS, guards=[signed_in])
async def show_committee_reminders(
    committee_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Page:
    """Show the policy, or what the viewer chose and did not save. Errors: NotFound, NotAllowed."""
    policy = await preferences.committee_policy(viewer, committee_id, now)
    texts = usual_reminder_texts(policy.policy) if policy.is_usual else reminder_texts(policy.policy)
    key = DraftKey(form=DraftForm.COMMITTEE_REMINDERS, subject=str(committee_id))
    return _committee_page(pages, policy, await drafts.begun(key, FormValues(texts)))


@post(COMMITTEE_REMINDERS, guards=[signed_in], status_code=303)
async def post_committee_reminders(committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the policy, or show the form again when the number of upcoming events is another one now."""
    policy = None if form["reminders"] == USUAL_REMINDERS else policy_in_form(form)
    upcoming = count_in(form["number"]) if form["upcoming"] else None
    try:
        changed = await preferences.save_committee_policy(viewer, committee_id, policy, now, upcoming=upcoming)
    except Conflict as refused:
        present = await preferences.committee_policy(viewer, committee_id, now)
        return _committee_page(pages, present, form, Errors(upcoming=refused.sentence), 409)
    said = "Reminders saved for new events. Events already scheduled keep theirs."
    if form["upcoming"]:
        said = f"Reminders saved for new events, and changed for {plural(changed, 'upcoming event')}."
    address = f"/committees/{committee_id}"
    undo = Undo(address=f"{address}/reminders/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(address, said, undo)


@post(COMMITTEE_REMINDERS + "/preview", guards=[signed_in], status_code=200)
async def preview_committee_reminders(committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Say what the choices of an open form mean. Errors: NotFound, NotAllowed."""
    policy = await preferences.committee_policy(viewer, committee_id, now)
    return pages.render_block("emails/pages/reminder-panel.html", "words", words=_words(policy, form))


@post(COMMITTEE_REMINDERS + "/removal", guards=[signed_in], status_code=303)
async def post_committee_reminders_undo(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Undo a change of the policy, or say why it can't be undone."""
    deed = preferences.undo_committee_policy(viewer, committee_id, moment_in(form["at"]) or NEVER, now)
    said = "Undone. The previous reminders are back."
    return await pages.respond(f"/committees/{committee_id}", deed, said, (Gone, Conflict))


def _words(policy: CommitteePolicy, form: FormValues) -> str:
    return (policy.usual if form["reminders"] == USUAL_REMINDERS else policy_in_form(form)).words


def _committee_page(
    pages: Pages, policy: CommitteePolicy, form: FormValues, errors: Errors | None = None, status_code: int = 200
) -> Page:
    return pages.render(
        "emails/pages/committee-reminders.html",
        committee=policy.committee,
        upcoming=policy.upcoming,
        dates=policy.dates,
        form=form,
        words=_words(policy, form),
        usual=policy.usual.words,
        errors=errors or Errors(),
        **offered_lead_times(),
        status_code=status_code,
    )


@get(USUAL_REMINDERS_PATH, guards=[signed_in])
async def show_usual_reminders(pages: Pages, viewer: Viewer, drafts: Drafts) -> Page:
    """Show the policy that applies now, or what the viewer chose and did not save. Errors: NotAllowed."""
    _check_coordinator(viewer)
    saved = FormValues(reminder_texts(await committees.policy_of_committee(None)))
    form = await drafts.begun(DraftKey(form=DraftForm.USUAL_REMINDERS), saved)
    return pages.render(TEMPLATE, form=form, words=policy_in_form(form).words, errors=Errors(), **offered_lead_times())


@post(USUAL_REMINDERS_PATH, guards=[signed_in], status_code=303)
async def post_usual_reminders(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Save the policy. Errors: NotAllowed."""
    await preferences.save_usual_policy(viewer, policy_in_form(form), now)
    return pages.redirect("/settings/notifications", USUAL_REMINDERS_SAVED)


@post(USUAL_REMINDERS_PATH + "/preview", guards=[signed_in], status_code=200)
async def preview_usual_reminders(pages: Pages, viewer: Viewer, form: Form) -> Page:
    """Say what the choices of an open form mean. Errors: NotAllowed."""
    _check_coordinator(viewer)
    return pages.render_block(PANEL, "words", words=policy_in_form(form).words)


def _check_coordinator(viewer: Viewer) -> None:
    if not viewer.is_coordinator:
        raise NotAllowed(preferences.ONLY_COORDINATORS_SET_REMINDERS)


ESCALATION_PATH = "/committees/{committee_id:uuid}/escalation"
FIELDS = ("agency", "coordinator")
SAVED = (
    "Escalation saved. It starts with the next morning’s emails."
    " Items already past these days escalate then, if they haven’t before."
)


@get(ESCALATION_PATH, guards=[signed_in])
async def show_committee_escalation(committee_id: PathId, pages: Pages, viewer: Viewer, settings: Settings) -> Page:
    """Show the days. Errors: NotFound, NotAllowed."""
    committee, days = await escalations.committee_escalation(viewer, committee_id)
    texts = {name: [str(number)] for name, number in asdict(days).items() if number is not None}
    return _escalation_page(pages, committee, FormValues(texts), settings)


@post(ESCALATION_PATH, guards=[signed_in], status_code=303)
async def post_committee_escalation(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings
) -> Page:
    """Save the days, or show the form again with its errors."""
    try:
        days = committee_days_in(form["agency"], form["coordinator"], usual_escalation(settings))
        await escalations.save_committee_escalation(viewer, committee_id, days, now)
    except Invalid as wrong:
        committee, _ = await escalations.committee_escalation(viewer, committee_id)
        return _escalation_page(pages, committee, form, settings, errors_of(wrong, FIELDS), 422)
    return pages.redirect(f"/committees/{committee_id}", SAVED)


def _escalation_page(
    pages: Pages,
    committee: CommitteeChoice,
    form: FormValues,
    settings: Settings,
    errors: Errors | None = None,
    status_code: int = 200,
) -> Page:
    return pages.render(
        "emails/pages/committee-escalation.html",
        committee=committee,
        form=form,
        errors=errors or Errors(),
        usual=usual_escalation(settings),
        status_code=status_code,
    )


@post("/events/{event_id:uuid}/{key:str}/nudges", guards=[signed_in], status_code=303)
async def post_nudges(
    date: OnDate, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, zone: Zone, now: Now
) -> Page:
    """Nudge them and say how many; if someone else was faster, the page says when it is possible again."""
    confirms = bool(form["confirmations"])
    refused = ""
    try:
        count = await nudges.nudge_people(viewer, *date, now, zone, confirmations=confirms)
        said = nudged_words(count, "confirm the change" if confirms else "reply")
    except Conflict as conflict:
        said = refused = conflict.sentence
    fields = {"at": now.isoformat(), "next": form["next"]}
    removal = f"{date.page}/nudges/removal"
    undo_button = Undo(address=removal, fields=fields, until=now + UNDO_FOR)
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, *date, said, refused, None if refused else undo_button)
    address = HOME if is_from_home(form) else f"{date.page}#participants"
    if refused:
        return pages.refuse(address, refused if address == HOME else "")
    return pages.redirect(address, said, undo_button)


@post("/events/{event_id:uuid}/{key:str}/nudges/removal", guards=[signed_in], status_code=303)
async def post_nudges_undo(
    date: OnDate, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, now: Now
) -> Page:
    """Undo reminders that have not left yet, or say that they may have."""
    said, refused = "Undone. No one was reminded.", ""
    try:
        await nudges.undo_date_nudges(viewer, *date, moment_in(form["at"]) or NEVER, now)
    except Gone as gone:
        said = refused = gone.sentence
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, *date, said, refused)
    address = HOME if is_from_home(form) else f"{date.page}#participants"
    return pages.refuse(address, refused) if refused else pages.redirect(address, said)


async def _home_row(
    home_rows: HomeRows, event_id: UUID, key: str, said: str, refused: str, undo_button: Undo | None = None
) -> Page:
    """Return the row of the home page, also when nothing is left to do: it shows why."""
    home = await home_rows.found()
    rows = {(row.line.event_id, row.line.key): row for row in (home.days.replies if home.days else ())}
    row = rows.get((event_id, key))
    template = "core/home/row-nudge.html" if row else "core/home/row-settled.html"
    row_key = f"{event_id}-{key}"
    return home_rows.show(template, home, said, refused=refused, undo=undo_button, row=row, key=row_key)


NOTIFICATIONS = "/settings/notifications"
OWN, USUALLY, NEVER_QUIET = "own", "usual", "none"
NO_HOURS = "Enter when your quiet hours start and end, or check weekends."
NEXT_SHOWN = 5
NOTIFICATIONS_SAVED = "Notifications saved. They apply to every reminder from now on."
QUIET_HOURS = "/settings/quiet-hours"


class NotificationsForm(FormShape, kw_only=True):
    """Which emails a member gets, when, and how much they show."""

    date_reminders: Annotated[bool, CheckBox("Reminders before events")]
    item_reminders: Annotated[bool, CheckBox("Reminders about my action items")]
    thank_yous: Annotated[bool, CheckBox("Thank-yous after events")]
    digest: Annotated[bool, CheckBox("Weekly digest")]
    times: Annotated[str, FormField("Send reminders")]
    leads: Annotated[
        frozenset[str],
        Choices("Your own times", words={minutes_of(span): f"{lead_words(span)} before" for span in OFFERED}),
    ]
    quiet: Annotated[str, FormField("Your quiet hours")]
    quiet_from: Annotated[time | None, TimeOfDay("From")] = None
    quiet_until: Annotated[time | None, TimeOfDay("Until")] = None
    has_quiet_weekends: Annotated[bool, CheckBox("All day Saturday and Sunday")]
    is_discreet: Annotated[bool, CheckBox("Use time-only emails and feeds")]

    @classmethod
    def refusals(cls, form: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse times of one's own that are none, and quiet hours of one's own without hours or weekends."""
        reader = FormReader(form)
        if values["times"] == OWN:
            reader.tried(lambda: check_leads(policy_in(values["leads"]).leads), None)
        if values["quiet"] == OWN:
            reader.tried(lambda: check_quiet_hours(values["quiet_from"], values["quiet_until"]), None)
            if not (form["quiet_from"].strip() or form["quiet_until"].strip() or values["has_quiet_weekends"]):
                reader.refuse("quiet_from", NO_HOURS)
        return list(reader.wrong.items())

    @classmethod
    def of(cls, chosen: Preferences) -> FormValues:
        """Return the form of what a member chose."""
        starts, ends = chosen.quiet or (None, None)
        return cls.texts_of(
            chosen,
            times=USUALLY if chosen.leads is None else OWN,
            leads=[minutes_of(span) for span in (USUAL if chosen.leads is None else chosen.leads)],
            quiet=OWN if chosen.has_own_quiet else NEVER_QUIET if chosen.is_never_quiet else USUALLY,
            quiet_from=starts,
            quiet_until=ends,
        )

    def preferences(self) -> Preferences:
        """Return what the form chooses."""
        is_quiet = self.quiet == OWN
        return Preferences(
            date_reminders=self.date_reminders,
            item_reminders=self.item_reminders,
            thank_yous=self.thank_yous,
            leads=policy_in(self.leads).leads if self.times == OWN else None,
            quiet=check_quiet_hours(self.quiet_from, self.quiet_until) if is_quiet else None,
            has_quiet_weekends=is_quiet and self.has_quiet_weekends,
            is_never_quiet=self.quiet == NEVER_QUIET,
            digest=self.digest,
            is_discreet=self.is_discreet,
        )


class QuietHoursForm(FormShape, kw_only=True):
    """The quiet hours of people who chose nothing about them."""

    quiet_from: Annotated[time | None, TimeOfDay("From")] = None
    quiet_until: Annotated[time | None, TimeOfDay("Until")] = None


@get(NOTIFICATIONS, guards=[signed_in])
async def show_notifications(pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Page:
    """Show the viewer's choices."""
    form = NotificationsForm.of(await preferences.preferences_of(viewer))
    return await _notifications_page(pages, viewer, zone, now, form)


@post(NOTIFICATIONS, guards=[signed_in], status_code=303)
async def post_notifications(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Save the choices, or show the form again with its errors."""
    no_hours = {} if form["quiet"] == OWN else {"quiet_from": "", "quiet_until": ""}
    try:
        await preferences.save_preferences(viewer, NotificationsForm.read(form.but(no_hours)).preferences(), now)
    except Invalid as wrong:
        return await _notifications_page(pages, viewer, zone, now, form, wrong)
    return pages.redirect(NOTIFICATIONS, NOTIFICATIONS_SAVED)


async def _notifications_page(
    pages: Pages, viewer: Viewer, zone: str, now: Now, form: FormValues, wrong: Invalid | None = None
) -> Page:
    coming, usual_quiet, policy, committees = await together(
        reminders.own_reminders_ahead(viewer, now),
        preferences.usual_quiet_hours(),
        policy_of_committee(None),
        preferences.led_committees(viewer),
    )
    return pages.render(
        "emails/pages/notifications.html",
        **form_context(form, wrong, NotificationsForm),
        usual=leads_words(policy.leads) if policy.leads else "none",
        usual_quiet=usual_quiet and quiet_hours_words(usual_quiet),
        committees=committees,
        own_zone=viewer.zone,
        address=date_address,
        is_elsewhere=viewer.zone != zone,
        coming=[(local(planned.at, viewer.zone), planned.line) for planned in coming[:NEXT_SHOWN]],
    )


@get(QUIET_HOURS, guards=[signed_in])
async def show_quiet_hours(pages: Pages, viewer: Viewer) -> Page:
    """Show the hours that apply now. Errors: NotAllowed."""
    if not viewer.is_coordinator:
        raise NotAllowed(preferences.ONLY_COORDINATORS)
    starts, ends = await preferences.usual_quiet_hours() or (None, None)
    return _quiet_hours_page(pages, QuietHoursForm.texts_of(None, quiet_from=starts, quiet_until=ends))


@post(QUIET_HOURS, guards=[signed_in], status_code=303)
async def post_quiet_hours(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the hours, or show the form again with its errors."""
    try:
        quiet = QuietHoursForm.read(form)
        hours = check_quiet_hours(quiet.quiet_from, quiet.quiet_until)
    except Invalid as wrong:
        return _quiet_hours_page(pages, form, wrong)
    await preferences.save_usual_quiet_hours(viewer, hours, now)
    said = f"quiet hours are now {quiet_hours_words(hours)}." if hours else "quiet hours are off."
    return pages.redirect("/settings/notifications", f"The task force’s {said}")


def _quiet_hours_page(pages: Pages, form: FormValues, wrong: Invalid | None = None) -> Page:
    return pages.render("emails/pages/quiet-hours.html", **form_context(form, wrong, QuietHoursForm))


@route("/n/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_digest_stop(token: PathText, pages: Pages, links: Links) -> Page:
    """Ask whether to stop the digest."""
    try:
        links.read_digest(token)
    except NotFound:
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return show_link_page(pages.render("emails/pages/digest-stop.html", token=token))


@post("/n/{token:str}", guards=[link], status_code=200)
async def post_digest_stop(token: PathText, pages: Pages, origin: Origin, now: Now, links: Links) -> Page:
    """Stop it: the page's button, or an email program that unsubscribes with one click and shows no page."""
    try:
        await preferences.stop_digest(links.read_digest(token), now, origin)
    except NotFound:
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="digest"))
    return show_link_page(pages.render("emails/pages/digest-stopped.html"))
