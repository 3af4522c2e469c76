"""The reminder policy of the task force, which coordinators set: its form, and what its choices mean."""

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import NotAllowed
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues
from tracker.ports.pages.events.schedule_form import offered_lead_times, policy_in_form, reminder_texts
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.usecases.emails import committee_reminders
from tracker.usecases.roster import reminder_policies

PATH = "/settings/reminders"
TEMPLATE, PANEL = "emails/pages/usual-reminders.html", "emails/pages/reminder-panel.html"
SAVED = "The task force’s reminders are saved for new events. Events already scheduled keep theirs."


@get(PATH, guards=[signed_in])
async def usual_reminders(pages: Pages, viewer: Viewer, drafts: Drafts) -> Response[str]:
    """Show the policy that applies now, or what the viewer chose and did not save. Errors: NotAllowed."""
    _check(viewer)
    saved = FormValues(reminder_texts(await reminder_policies.policy_of_committee(None)))
    form = await drafts.begun(DraftKey(form=DraftForm.USUAL_REMINDERS), saved)
    return pages.render(TEMPLATE, form=form, words=policy_in_form(form).words, errors=Errors(), **offered_lead_times())


@post(PATH, guards=[signed_in], status_code=303)
async def save_usual_reminders(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Save the policy. Errors: NotAllowed."""
    await committee_reminders.save_usual(viewer, policy_in_form(form), now)
    return pages.redirect("/settings/notifications", SAVED)


@post(PATH + "/preview", guards=[signed_in], status_code=200)
async def preview_usual_reminders(pages: Pages, viewer: Viewer, form: Form) -> Response[str]:
    """Say what the choices of an open form mean. Errors: NotAllowed."""
    _check(viewer)
    return pages.render_block(PANEL, "words", words=policy_in_form(form).words)


def _check(viewer: Viewer) -> None:
    if not viewer.is_coordinator:
        raise NotAllowed(committee_reminders.ONLY_COORDINATORS)
