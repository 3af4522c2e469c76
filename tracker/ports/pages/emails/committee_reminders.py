"""The reminder policy of a committee: its form, also for the committee's upcoming events, and the Undo button."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Conflict, Gone
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, count_in, moment_in
from tracker.ports.pages.events.schedule_form import (
    USUAL_REMINDERS,
    offered_lead_times,
    policy_in_form,
    reminder_texts,
    usual_reminder_texts,
)
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import plural
from tracker.rules.events.undo import UNDO_FOR
from tracker.usecases.emails import committee_reminders
from tracker.usecases.emails.committee_reminders import Policy

PATH = "/committees/{committee_id:uuid}/reminders"
NEVER = datetime.min.replace(tzinfo=UTC)


@get(PATH, guards=[signed_in])
async def reminders_of_committee(
    committee_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the policy, or what the viewer chose and did not save. Errors: NotFound, NotAllowed."""
    policy = await committee_reminders.of_committee(viewer, committee_id, now)
    key = DraftKey(form=DraftForm.COMMITTEE_REMINDERS, subject=str(committee_id))
    return _page(pages, policy, await drafts.begun(key, _form_of(policy)))


@post(PATH, guards=[signed_in], status_code=303)
async def save_reminders_of_committee(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the policy, or show the form again when the number of upcoming events is another one now."""
    policy = None if form["reminders"] == USUAL_REMINDERS else policy_in_form(form)
    upcoming = count_in(form["number"]) if form["upcoming"] else None
    try:
        changed = await committee_reminders.save(viewer, committee_id, policy, now, upcoming=upcoming)
    except Conflict as refused:
        found = await committee_reminders.of_committee(viewer, committee_id, now)
        return _page(pages, found, form, Errors(upcoming=refused.sentence), 409)
    address = f"/committees/{committee_id}/reminders"
    fields = {"at": now.isoformat()}
    undo = Undo(address=f"{address}/removal", fields=fields, until=now + UNDO_FOR)
    return pages.redirect(f"/committees/{committee_id}", _said(changed, form), undo)


@post(PATH + "/preview", guards=[signed_in], status_code=200)
async def preview_reminders_of_committee(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[str]:
    """Say what the choices of an open form mean. Errors: NotFound, NotAllowed."""
    policy = await committee_reminders.of_committee(viewer, committee_id, now)
    return pages.render_block("emails/pages/reminder-panel.html", "words", words=_words(policy, form))


@post(PATH + "/removal", guards=[signed_in], status_code=303)
async def undo_reminders_of_committee(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Undo a change of the policy, or say why it can't be undone."""
    address = f"/committees/{committee_id}"
    try:
        await committee_reminders.undo(viewer, committee_id, moment_in(form["at"]) or NEVER, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(address, refused.sentence)
    return pages.redirect(address, "Undone. The previous reminders are back.")


def _form_of(policy: Policy) -> FormValues:
    return FormValues(usual_reminder_texts(policy.policy) if policy.is_usual else reminder_texts(policy.policy))


def _words(policy: Policy, form: FormValues) -> str:
    return (policy.usual if form["reminders"] == USUAL_REMINDERS else policy_in_form(form)).words


def _said(changed: int, form: FormValues) -> str:
    if not form["upcoming"]:
        return "Reminders saved for new events. Events already scheduled keep theirs."
    return f"Reminders saved for new events, and changed for {plural(changed, 'upcoming event')}."


def _page(
    pages: Pages, policy: Policy, form: FormValues, errors: Errors | None = None, status_code: int = 200
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
