"""After how many days the overdue and blocked action items of a committee reach others than their owners: its form."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, usual_escalation
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.rules.emails.escalations import CommitteeDays, committee_days_in
from tracker.usecases.emails import escalations
from tracker.usecases.roster.committees import CommitteeChoice

PATH = "/committees/{committee_id:uuid}/escalation"
FIELDS = ("agency", "coordinator")
SAVED = (
    "Escalation saved. It starts with the next morning’s emails."
    " Items already past these days escalate then, if they haven’t before."
)


@get(PATH, guards=[signed_in])
async def show_committee_escalation(
    committee_id: PathId, pages: Pages, viewer: Viewer, settings: Settings
) -> Response[str]:
    """Show the days. Errors: NotFound, NotAllowed."""
    committee, days = await escalations.committee_escalation(viewer, committee_id)
    return _page(pages, committee, _form_of(days), settings)


@post(PATH, guards=[signed_in], status_code=303)
async def post_committee_escalation(
    committee_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Save the days, or show the form again with its errors."""
    try:
        days = committee_days_in(form["agency"], form["coordinator"], usual_escalation(settings))
        await escalations.save_committee_escalation(viewer, committee_id, days, now)
    except Invalid as wrong:
        committee, _ = await escalations.committee_escalation(viewer, committee_id)
        return _page(pages, committee, form, settings, errors_of(wrong, FIELDS), 422)
    return pages.redirect(f"/committees/{committee_id}", SAVED)


def _form_of(days: CommitteeDays) -> FormValues:
    chosen = {"agency": days.agency, "coordinator": days.coordinator}
    return FormValues({name: [str(number)] for name, number in chosen.items() if number is not None})


def _page(
    pages: Pages,
    committee: CommitteeChoice,
    form: FormValues,
    settings: Settings,
    errors: Errors | None = None,
    status_code: int = 200,
) -> Response[str]:
    return pages.render(
        "emails/pages/committee-escalation.html",
        committee=committee,
        form=form,
        errors=errors or Errors(),
        usual=usual_escalation(settings),
        status_code=status_code,
    )
