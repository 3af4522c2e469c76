"""The committees of the task force, and the page of one: its chair, and the holders of its seats."""

from litestar import Response, get

from tracker.database import together
from tracker.ports.http.dependencies import Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.escalation import usual_escalation
from tracker.ports.pages.roster.people import WORDS
from tracker.rules.core.viewer import Status
from tracker.rules.emails.escalation import escalation_words
from tracker.rules.roster.directory import COMMITTEE_KINDS, AgencyCard, CommitteeCard, CommitteeStatus
from tracker.usecases.emails.escalations import days_of
from tracker.usecases.roster import directory
from tracker.usecases.roster.reminder_policies import policy_of


@get("/committees", guards=[signed_in])
async def committees_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the committees that the viewer may know."""
    found = await directory.committees(viewer)
    return pages.render("roster/committees/list.html", **WORDS, kinds=COMMITTEE_KINDS, committees=found)


@get("/committees/{committee_id:uuid}", guards=[signed_in])
async def committee_page(committee_id: PathId, pages: Pages, viewer: Viewer, settings: Settings) -> Response[str]:
    """Show one committee with its seats."""
    found = await directory.committee(viewer, committee_id)
    known, policy, days = await together(_may_sit(viewer, found), policy_of(committee_id), days_of(committee_id))
    seated = {seat.agency_id for seat in found.seats}
    seatless = [(str(one.id), one.code) for one in known if one.status is Status.ACTIVE and one.id not in seated]
    return pages.render(
        "roster/committees/show.html",
        **WORDS,
        kinds=COMMITTEE_KINDS,
        committee=found,
        seatless=seatless,
        reminders=policy.words,
        escalation=escalation_words(days.over(usual_escalation(settings))),
    )


async def _may_sit(viewer: Viewer, committee: CommitteeCard) -> list[AgencyCard]:
    """Return the agencies to which the viewer may give a seat, those that have one included."""
    may_add = viewer.manages_accounts and committee.status is CommitteeStatus.ACTIVE
    return await directory.agencies(viewer) if may_add else []
