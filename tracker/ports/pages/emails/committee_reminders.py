"""The reminder policies of a committee, also for its upcoming events, and of the task force: forms, and Undo.

A panel says what the choices of an open form mean. Coordinators set the policy of the task force.
"""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, NotAllowed
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, count_in, moment_in
from tracker.ports.pages.events.schedule_form import USUAL_REMINDERS as SCHEDULE_FORM_USUAL_REMINDERS
from tracker.ports.pages.events.schedule_form import (
    offered_lead_times,
    policy_in_form,
    reminder_texts,
    usual_reminder_texts,
)
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import plural
from tracker.rules.events.undo import UNDO_FOR
from tracker.usecases.emails import committee_reminders
from tracker.usecases.emails.committee_reminders import CommitteePolicy
from tracker.usecases.roster import reminder_policies

COMMITTEE_REMINDERS = "/committees/{committee_id:uuid}/reminders"
NEVER = datetime.min.replace(tzinfo=UTC)
USUAL_REMINDERS = "/settings/reminders"
TEMPLATE, PANEL = "emails/pages/usual-reminders.html", "emails/pages/reminder-panel.html"
USUAL_REMINDERS_SAVED = "The task force’s reminders are saved for new events. Events already scheduled keep theirs."


@get(COMMITTEE_REMINDERS, guards=[signed_in])
async def show_committee_reminders(
    committee_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the policy, or what the viewer chose and did not save. Errors: NotFound, NotAllowed."""
    policy = await committee_reminders.committee_policy(viewer, committee_id, now)
    key = DraftKey(form=DraftForm.COMMITTEE_REMINDERS, subject=str(committee_id))
    return _committee_page(pages, policy, await drafts.begun(key, _form_of(policy)))


@post(COMMITTEE_REMINDERS, guards=[signed_in], status_code=303)
async def post_committee_reminders(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the policy, or show the form again when the number of upcoming events is another one now."""
    policy = None if form["reminders"] == SCHEDULE_FORM_USUAL_REMINDERS else policy_in_form(form)
    upcoming = count_in(form["number"]) if form["upcoming"] else None
    try:
        changed = await committee_reminders.save_committee_policy(viewer, committee_id, policy, now, upcoming=upcoming)
    except Conflict as refused:
        found = await committee_reminders.committee_policy(viewer, committee_id, now)
        return _committee_page(pages, found, form, Errors(upcoming=refused.sentence), 409)
    address = f"/committees/{committee_id}/reminders"
    fields = {"at": now.isoformat()}
    undo = Undo(address=f"{address}/removal", fields=fields, until=now + UNDO_FOR)
    return pages.redirect(f"/committees/{committee_id}", _said(changed, form), undo)


@post(COMMITTEE_REMINDERS + "/preview", guards=[signed_in], status_code=200)
async def preview_committee_reminders(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[str]:
    """Say what the choices of an open form mean. Errors: NotFound, NotAllowed."""
    policy = await committee_reminders.committee_policy(viewer, committee_id, now)
    return pages.render_block("emails/pages/reminder-panel.html", "words", words=_words(policy, form))


@post(COMMITTEE_REMINDERS + "/removal", guards=[signed_in], status_code=303)
async def post_committee_reminders_undo(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Undo a change of the policy, or say why it can't be undone."""
    address = f"/committees/{committee_id}"
    try:
        await committee_reminders.undo_committee_policy(viewer, committee_id, moment_in(form["at"]) or NEVER, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(address, refused.sentence)
    return pages.redirect(address, "Undone. The previous reminders are back.")


def _form_of(policy: CommitteePolicy) -> FormValues:
    return FormValues(usual_reminder_texts(policy.policy) if policy.is_usual else reminder_texts(policy.policy))


def _words(policy: CommitteePolicy, form: FormValues) -> str:
    return (policy.usual if form["reminders"] == SCHEDULE_FORM_USUAL_REMINDERS else policy_in_form(form)).words


def _said(changed: int, form: FormValues) -> str:
    if not form["upcoming"]:
        return "Reminders saved for new events. Events already scheduled keep theirs."
    return f"Reminders saved for new events, and changed for {plural(changed, 'upcoming event')}."


def _committee_page(
    pages: Pages, policy: CommitteePolicy, form: FormValues, errors: Errors | None = None, status_code: int = 200
) -> Response[str]:
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


@get(USUAL_REMINDERS, guards=[signed_in])
async def show_usual_reminders(pages: Pages, viewer: Viewer, drafts: Drafts) -> Response[str]:
    """Show the policy that applies now, or what the viewer chose and did not save. Errors: NotAllowed."""
    _check_coordinator(viewer)
    saved = FormValues(reminder_texts(await reminder_policies.policy_of_committee(None)))
    form = await drafts.begun(DraftKey(form=DraftForm.USUAL_REMINDERS), saved)
    return pages.render(TEMPLATE, form=form, words=policy_in_form(form).words, errors=Errors(), **offered_lead_times())


@post(USUAL_REMINDERS, guards=[signed_in], status_code=303)
async def post_usual_reminders(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Save the policy. Errors: NotAllowed."""
    await committee_reminders.save_usual_policy(viewer, policy_in_form(form), now)
    return pages.redirect("/settings/notifications", USUAL_REMINDERS_SAVED)


@post(USUAL_REMINDERS + "/preview", guards=[signed_in], status_code=200)
async def preview_usual_reminders(pages: Pages, viewer: Viewer, form: Form) -> Response[str]:
    """Say what the choices of an open form mean. Errors: NotAllowed."""
    _check_coordinator(viewer)
    return pages.render_block(PANEL, "words", words=policy_in_form(form).words)


def _check_coordinator(viewer: Viewer) -> None:
    if not viewer.is_coordinator:
        raise NotAllowed(committee_reminders.ONLY_COORDINATORS)
