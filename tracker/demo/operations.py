"""The plans of the demo's two operations, which are in each other's way: neither lead knows more than whom to call."""

from datetime import timedelta

from msgspec import Struct

from tracker.demo.story import Story
from tracker.rules.operations.orders import Paragraph, Paragraphs, PhasePlan
from tracker.rules.operations.plans import DEFAULT_BUFFER, Disclosure
from tracker.rules.operations.sites import PlannedSite, SiteRole, point_at
from tracker.rules.operations.states import OperationState
from tracker.usecases.events import occurrences
from tracker.usecases.operations import access, approvals, orders, plans
from tracker.usecases.operations.plans import PlanBasics


class Sketch(Struct, frozen=True, kw_only=True):
    """One plan: its lead and supervisor, its sites, what agencies commit (people, vehicles, skills), and its order."""

    key: str
    lead: str
    supervisor: str
    sites: tuple[tuple[SiteRole, str, float, float, int], ...]
    commitments: tuple[tuple[str, int, int, str], ...]
    kind: str
    order: Paragraphs
    phases: tuple[tuple[str, int, int | None], ...] = ()
    """Name, and from when to when, in minutes from the start of the operation."""


SKETCHES = (
    Sketch(
        key="bluestem",
        lead="fbi_lead",
        supervisor="hsi_liaison",
        sites=(
            (SiteRole.TARGET, "Motel on the frontage road", 39.0911, -94.4155, 1_320),
            (SiteRole.STAGING, "Staging lot north", 39.0968, -94.4185, 600),
        ),
        commitments=(("fbi_lead", 6, 3, ""), ("kcpd_detective", 4, 2, "K-9")),
        kind="Search warrant",
        order={
            Paragraph.SITUATION: "A motel on the frontage road, two exits to the lot. Guests who aren’t part of this.",
            Paragraph.MISSION: "The FBI, with the KCPD, serves a search warrant at the motel.",
            Paragraph.EXECUTION: "Team 1 enters, team 2 holds the lot, K-9 waits at staging.\n"
            "No one enters before the command post calls it.",
            Paragraph.ADMINISTRATION: "Evidence goes to the FBI van. The ambulance waits at the staging lot.",
            Paragraph.COMMAND: "The FBI operation lead commands, then the KCPD detective. Channel 2, backup channel 5.",
        },
        phases=(
            ("Briefing", -60, -15),
            ("Staging", -15, 5),
            ("Execution", 5, 270),
            ("Release", 270, 330),
            ("All out", 340, None),
        ),
    ),
    Sketch(
        key="larkspur",
        lead="kcpd_sergeant",
        supervisor="ipd_detective",
        sites=((SiteRole.TARGET, "Parking garage", 39.0925, -94.4130, 1_320),),
        commitments=(("kcpd_sergeant", 5, 2, "Spanish"),),
        kind="Surveillance",
        order={Paragraph.MISSION: "The KCPD watches the parking garage."},
    ),
)


async def plan(story: Story) -> None:
    """Plan both operations, Bluestem first, inside the caller's transaction.

    An advocate's access to Larkspur waits, and its plan was sent back once.
    """
    for sketch in SKETCHES:
        await _plan(story, sketch)
    lead, advocate = story.who("kcpd_sergeant"), story.who("caht_lead").member_id
    why = "Arranges interpreters for the people we find."
    await access.give_access(lead, story.events["larkspur"], advocate, why, None, story.now)
    await approvals.change_plan_state(lead, story.events["larkspur"], OperationState.SUBMITTED, story.now)
    supervisor, comment = story.who(SKETCHES[-1].supervisor), "Add a staging site, and call the FBI about the conflict."
    await approvals.return_plan(supervisor, story.events["larkspur"], comment, story.now)


async def _plan(story: Story, sketch: Sketch) -> None:
    lead, event_id, now = story.who(sketch.lead), story.events[sketch.key], story.now
    await plans.start_plan(lead, event_id, now)
    basics = PlanBasics(
        supervisor_id=story.who(sketch.supervisor).member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=DEFAULT_BUFFER
    )
    await plans.change_plan_basics(lead, event_id, basics, now)
    for role, place, latitude, longitude, radius_ft in sketch.sites:
        site = PlannedSite(role=role, place=place, point=point_at(latitude, longitude, radius_ft))
        await plans.add_site_to_plan(lead, event_id, site, now)
    for key, people, vehicles, skills in sketch.commitments:
        agency_id = story.who(key).agency_id
        await plans.commit_resources(
            lead, event_id, agency_id, people=people, vehicles=vehicles, skills=skills, now=now
        )
    start = (await occurrences.nearest_date(lead, event_id, now)).starts_at
    for name, first, last in sketch.phases:
        ends_at = None if last is None else start + timedelta(minutes=last)
        phase = PhasePlan(name=name, starts_at=start + timedelta(minutes=first), ends_at=ends_at)
        await orders.plan_phase(lead, event_id, phase, now)
    await plans.choose_operation_kind(lead, event_id, sketch.kind, (sketch.kind,), now)
    await orders.save_operations_order(lead, event_id, sketch.order, now, read=0)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, now)
