"""Emails that people send or set for events and committees: reminders, escalation, reminders to reply, thank-yous."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec.structs import asdict

from tracker.errors import Conflict, Gone, Invalid, NotAllowed
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Injected, Now, PathId, Settings, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Drafts, Form, HomeRows, OnDate, Page, Pages, usual_escalation
from tracker.ports.pages.core.form_values import Errors, FormValues, count_in, errors_of, moment_in
from tracker.ports.pages.core.home_part import is_from_home
from tracker.ports.pages.emails.messages import PageEmailReader
from tracker.ports.pages.events.schedule_form import (
    USUAL_REMINDERS,
    offered_lead_times,
    policy_in_form,
    reminder_texts,
    usual_reminder_texts,
)
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import plural
from tracker.rules.emails.escalations import committee_days_in
from tracker.rules.emails.follow_ups import UNDO_FOR as REMINDERS_UNDO_FOR
from tracker.rules.emails.follow_ups import nudged_words
from tracker.rules.emails.summaries import UNDO_FOR as SUMMARIES_UNDO_FOR
from tracker.rules.emails.summaries import sent_thank_you_words
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.emails import escalations, nudges, preferences, summaries
from tracker.usecases.emails.preferences import CommitteePolicy
from tracker.usecases.emails.summaries import ThankYouView
from tracker.usecases.roster import committees
from tracker.usecases.roster.committees import CommitteeChoice

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
    return await pages.answer(f"/committees/{committee_id}", deed, said, (Gone, Conflict))


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
    undo_button = Undo(address=removal, fields=fields, until=now + REMINDERS_UNDO_FOR)
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


THANK_YOU_PATH = "/events/{event_id:uuid}/{key:str}/thank-you"


@get(THANK_YOU_PATH, guards=[signed_in])
async def show_thank_you(
    date: OnDate, pages: Pages, viewer: Viewer, *, zone: Zone, now: Now, read_email: Injected[PageEmailReader]
) -> Page:
    """Show who would get it, and what it says to the viewer; or that it was sent."""
    thank_you = await summaries.thank_you_view(viewer, *date, now, zone)
    return _thank_you_page(pages, thank_you, read_email, zone, now)


@post(THANK_YOU_PATH, guards=[signed_in], status_code=303)
async def post_thank_you(
    date: OnDate,
    pages: Pages,
    viewer: Viewer,
    form: Form,
    *,
    zone: Zone,
    now: Now,
    read_email: Injected[PageEmailReader],
) -> Page:
    """Send it to as many people as the page showed, or show the page again with the reason why not."""
    try:
        people = await summaries.send_thank_you(viewer, *date, now, people=count_in(form["people"]))
    except Conflict as refused:
        thank_you = await summaries.thank_you_view(viewer, *date, now, zone)
        return _thank_you_page(pages, thank_you, read_email, zone, now, refused.sentence)
    removal = f"{date.page}/thank-you/removal"
    undo = Undo(address=removal, fields={"at": now.isoformat()}, until=now + SUMMARIES_UNDO_FOR)
    return pages.redirect(date.page, f"Thank-you on its way to {plural(people, 'person', 'people')}.", undo)


@post(f"{THANK_YOU_PATH}/removal", guards=[signed_in], status_code=303)
async def post_thank_you_undo(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a thank-you that has not left yet, or say that it may have."""
    deed = summaries.undo_thank_you(viewer, *date, moment_in(form["at"]) or NEVER, now)
    return await pages.answer(date.page, deed, "Undone. No one was emailed.", Gone)


def _thank_you_page(
    pages: Pages, thank_you: ThankYouView, read_email: PageEmailReader, zone: str, now: Now, refused: str = ""
) -> Page:
    occurrence, event = thank_you.occurrence, thank_you.occurrence.event
    return pages.render(
        "emails/pages/thank-you.html",
        status_code=409 if refused else 200,
        found=thank_you,
        occurrence=occurrence,
        event=event,
        address=f"/events/{event.id}/{occurrence.key}",
        refused=refused,
        sent=sent_thank_you_words(thank_you.sent, zone, now.date()) if thank_you.sent else "",
        email=read_email(thank_you.letter) if thank_you.letter else None,
    )
