"""What the event form offers and starts with, templates of it, and what a plan would do before it is saved."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace
from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import together, writing
from tracker.database.binding import insert_row
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events import forms as rules
from tracker.rules.events import kept_dates
from tracker.rules.events.events import Event, Kind, Occurrence, day_of_key, may_schedule
from tracker.rules.events.forms import Picks, Template, Texts
from tracker.rules.events.plans import Person, Plan, needs_split
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.roster.meetings import USUAL_POLICY, MeetingSite, ReminderPolicy
from tracker.tables.schema.events import EventTemplate
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.events.scheduling import event_to_edit, plan_in_form
from tracker.usecases.events.visibility import possible_designators
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster import known_people
from tracker.usecases.roster.agencies import open_sites
from tracker.usecases.roster.committees import CommitteeChoice
from tracker.usecases.roster.known_people import (
    MANAGERS,
    AgencyCount,
    PeopleMatched,
    active_among,
    all_but,
    both,
    candidates_with_words,
    chosen_candidates,
    count_candidates,
    either,
    people_to_invite,
)


class AgencyChoice(NamedTuple):
    """An agency with people to invite; the organizer is not among them."""

    id: UUID
    agency: str
    """Its short name."""
    people: int
    """People the viewer may invite, and invitees whom they don't know."""
    participants: int
    """How many of them are invited when it is checked."""


class EventChoices(Struct, frozen=True, kw_only=True):
    """The choices in the form of an event.

    It knows how many people there are at each agency, and by name only those of whom the form says something.
    """

    lead_id: UUID
    agencies: tuple[AgencyChoice, ...] = ()
    """Agencies with people to invite, by short name."""
    people: tuple[Person, ...] = ()
    """Invitees, and people whom the form names or shows, by agency and name; the organizer is not among them."""
    committees: tuple[CommitteeChoice, ...]
    """Committees whose seats can be invited at once."""
    own_committees: tuple[CommitteeChoice, ...]
    """Committees that the event can belong to, and to which it can be limited."""
    visibilities: tuple[Visibility, ...]
    managers: frozenset[UUID] = frozenset()
    """People who only manage accounts or read the audit log: left out when their agency is checked."""
    only_invited: frozenset[UUID] = frozenset()
    """People who are offered only because they are invited: the viewer doesn't know them, so can't search for them."""
    lead: Person | None = None
    """The organizer, where the viewer may invite them too."""
    sites: tuple[MeetingSite, ...] = ()
    """Sites to choose from; any other text is accepted too."""
    policies: Mapping[UUID, ReminderPolicy] = field(default_factory=dict)
    """The reminder policies of committees that chose one, with which their new events begin."""
    usual_policy: ReminderPolicy = USUAL_POLICY
    """The policy of the task force, with which all others begin."""
    designators: Mapping[UUID, str] = field(default_factory=dict)
    """Agencies that may mark it as controlled information; none where the viewer may not mark it."""


class NotifiedCounts(Struct, frozen=True, kw_only=True):
    """Who is notified when the form is sent; the organizer never is."""

    people: int
    agencies: tuple[tuple[str, int], ...]
    required: int
    optional: int
    informed: int

    @property
    def coming(self) -> int:
        """Return how many of them are asked to come."""
        return self.required + self.optional


class EditImpact(Struct, frozen=True, kw_only=True):
    """The effect of a change of time or rule on an event."""

    splits: bool
    """Whether the series ends with its last date before now and a new one continues it."""
    ahead: int
    invited: Mapping[UUID, AttendeeRole]
    """The people invited so far."""
    dates: Sequence[Occurrence]
    """Its dates, in the order of its rule."""
    first: Occurrence | None = None
    """The date from which the series changes, when not all of it does."""
    last_before: Occurrence | None = None
    """The date with which the series then ends."""


async def choices_in_form(viewer: Viewer, event: Event | None = None, invited: Collection[UUID] = ()) -> EventChoices:
    """Return the choices for a new event, or for an event that the viewer may edit and the people `invited` to it.

    Of the other people there are only numbers; `choices_with_people` adds those whom a form names.
    """
    lead_id = event.lead_id if event else viewer.member_id
    known_or_managers = both(people_to_invite(viewer), either(active_among({*invited, lead_id}), MANAGERS))
    (agencies, managers), candidates, asked, committees, policies, sites = await together(
        together(count_candidates(people_to_invite(viewer)), known_people.managers()),
        known_people.all_candidates(known_or_managers),
        known_people.people_by_id(invitee for invitee in invited if invitee != lead_id),
        roster_committees.committee_choices(viewer),
        roster_committees.reminder_policies(),
        open_sites(),
    )
    named = {person.id: person for person in candidates}
    strangers = frozenset(asked) - frozenset(named)
    own = tuple(
        committee for committee in committees if may_schedule(viewer, Kind.MEETING, Visibility.COMMITTEE, committee.id)
    )
    return EventChoices(
        lead_id=lead_id,
        lead=named.get(lead_id),
        only_invited=strangers,
        committees=tuple(committees),
        own_committees=own,
        visibilities=_visibilities(viewer, own, event),
        sites=sites,
        policies={
            committee.id: policies.of_committee[committee.id]
            for committee in own
            if committee.id in policies.of_committee
        },
        usual_policy=policies.usual,
        managers=managers,
        designators=possible_designators(viewer, agencies),
        agencies=_agency_choices(
            agencies,
            lead=named.get(lead_id),
            strangers=[asked[stranger] for stranger in strangers],
            managers=[person for person in (*named.values(), *asked.values()) if person.id in managers],
        ),
        people=_people_in_order(asked),
    )


async def choices_with_people(
    viewer: Viewer, offered: EventChoices, picks: Picks, listed: AbstractSet[UUID] = frozenset()
) -> EventChoices:
    """Return the choices with the people whom a form names, and everyone at agencies that it checks or has `listed`."""
    agencies = {agency.id for agency in offered.agencies if picks.every_agency or agency.id in picks.agencies | listed}
    named = {*picks.people, *picks.unchecked, *picks.roles, *_primaries_picked(picks, offered)}
    named -= {person.id for person in offered.people}
    chosen = await chosen_candidates(all_but(people_to_invite(viewer), {offered.lead_id}), agencies, named)
    return replace(offered, people=_people_in_order({person.id: person for person in (*offered.people, *chosen)}))


def _primaries_picked(picks: Picks, offered: EventChoices) -> set[UUID]:
    return {
        primary
        for committee in offered.committees
        if committee.id in picks.committees
        for primary in committee.primaries
    }


def _people_in_order(people_by_id: Mapping[UUID, Person]) -> tuple[Person, ...]:
    ordered = sorted(people_by_id.values(), key=lambda person: (person.name.casefold(), str(person.id)))
    return tuple(sorted(ordered, key=lambda person: person.agency.casefold()))


def _agency_choices(
    known: Iterable[AgencyCount], *, lead: Person | None, strangers: Iterable[Person], managers: Iterable[Person]
) -> tuple[AgencyChoice, ...]:
    """Return the agencies with people to invite: with `strangers` who are invited, and without the organizer."""
    codes = {agency.id: agency.code for agency in known}
    codes |= {stranger.agency_id: stranger.agency for stranger in strangers}
    people = Counter({agency.id: agency.people for agency in known})
    people += Counter(stranger.agency_id for stranger in strangers)
    if lead:
        people[lead.agency_id] -= 1
    apart = Counter({manager.id: manager.agency_id for manager in managers if manager != lead}.values())
    return tuple(
        AgencyChoice(agency_id, code, people[agency_id], people[agency_id] - apart[agency_id])
        for agency_id, code in sorted(codes.items(), key=lambda choice: choice[1].casefold())
        if people[agency_id]
    )


def people_in_groups(picks: Picks, offered: EventChoices) -> frozenset[UUID]:
    """Return the people whom the form offers whose agency is checked, and the primaries of checked committees."""
    of_agencies = {
        person.id
        for person in offered.people
        if (picks.every_agency or person.agency_id in picks.agencies) and person.id not in offered.managers
    }
    return frozenset(of_agencies | _primaries_picked(picks, offered)) & {person.id for person in offered.people}


def invited_by_form(picks: Picks, offered: EventChoices) -> dict[UUID, AttendeeRole]:
    """Return the invitees and their roles, limited to people whom the form offers."""
    asked = rules.people_picked(picks, people_in_groups(picks, offered))
    return {
        person.id: picks.roles.get(person.id, AttendeeRole.REQUIRED) for person in offered.people if person.id in asked
    }


async def invitable_people(viewer: Viewer, offered: EventChoices, words: str, at_most: int) -> PeopleMatched:
    """Return the first people whom the viewer may invite and whom the words find; never the organizer."""
    return await candidates_with_words(all_but(people_to_invite(viewer), {offered.lead_id}), words, at_most)


def notified_by_form(invitees: Mapping[UUID, AttendeeRole], offered: EventChoices) -> NotifiedCounts:
    """Return who would be notified."""
    agencies = Counter(person.agency for person in offered.people if person.id in invitees)
    roles = Counter(invitees.values())
    optional, informed = roles[AttendeeRole.OPTIONAL], roles[AttendeeRole.INFORMED]
    return NotifiedCounts(
        people=len(invitees),
        agencies=tuple(agencies.items()),
        required=len(invitees) - optional - informed,
        optional=optional,
        informed=informed,
    )


async def event_in_form(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> tuple[Event, Plan, EditImpact]:
    """Return an event, what its form shows, and the effect of a change; of a series, from the date `key` on if given.

    Errors: NotFound, NotAllowed.
    """
    event = await event_to_edit(viewer, event_id)
    invitees, every = await together(
        attendance.current_invitees(viewer, event.id), events.dates_in_order(viewer, event)
    )
    plan, first = plan_in_form(event, invitees, every), None
    if event.is_series and key:
        day = day_of_key(key).date()
        first = next((occurrence for occurrence in every if occurrence.original_start.date() == day), None)
        if first is None:
            raise NotFound
    before = [occurrence for occurrence in every if first and occurrence.original_start < first.original_start]
    ahead = [occurrence for occurrence in every if occurrence.starts_at > now and occurrence not in before]
    impact = EditImpact(
        splits=needs_split(event, every, now),
        ahead=len(ahead),
        invited=invitees,
        dates=every,
        first=first if before else None,
        last_before=before[-1] if before else None,
    )
    return event, kept_dates.plan_shown_from(event, plan, impact.first, every) if impact.first else plan, impact


def _visibilities(viewer: Viewer, own: tuple[CommitteeChoice, ...], event: Event | None) -> tuple[Visibility, ...]:
    """Return the visibilities that the viewer may choose for some event, and the one that `event` has."""
    committee_id = own[0].id if own else None
    return tuple(
        visibility
        for visibility in Visibility
        if (
            (visibility is not Visibility.COMMITTEE or own)
            and may_schedule(viewer, Kind.MEETING, visibility, committee_id)
        )
        or (event is not None and visibility is event.visibility)
    )


async def save_template(viewer: Viewer, name: str, form: Texts, committee_id: UUID | None, now: datetime) -> None:
    """Save a form under a name, replacing the viewer's template of that name.

    `committee_id` is a committee for which the viewer may schedule. Errors: Invalid(template_name).
    """
    named = clean(name, rules.LONGEST_NAME, "template_name")
    if not named:
        raise Invalid(template_name="Name the template.")
    text = json.dumps(rules.texts_kept(form))
    if len(text) > rules.LARGEST:
        raise Invalid(template_name="This form is too long for a template. Shorten what you typed.")
    facts: dict[str, Any] = {"committee": committee_id, "form": text, "created_at": now}
    is_own = EventTemplate.owner == viewer.member_id
    async with writing():
        replaced = EventTemplate.update(**facts).where(is_own & (EventTemplate.name == named))
        saved = await replaced.returning(EventTemplate.id)
        template_id = saved[0]["id"] if saved else ids.new_id()
        if not saved:
            if await EventTemplate.count().where(is_own) >= rules.MOST_TEMPLATES:
                raise Invalid(template_name=f"You have {rules.MOST_TEMPLATES} templates. Remove one you don’t use.")
            await insert_row(EventTemplate, id=template_id, owner=viewer.member_id, name=named, **facts)
        await audit.record(viewer.actor, "saved", "template", template_id, {}, now)


async def templates_for(viewer: Viewer) -> list[Template]:
    """Return the templates that the viewer may use, by name."""
    own_or_shared = (EventTemplate.owner == viewer.member_id) | EventTemplate.committee.is_not_null()
    usable = [template for template in await _templates(own_or_shared) if rules.may_use_template(viewer, template)]
    return sorted(usable, key=lambda template: (template.name.casefold(), template.owner, str(template.id)))


async def template_for(viewer: Viewer, template_id: UUID) -> Template:
    """Return one template. Errors: NotFound when it is missing or not for this viewer."""
    for template in await _templates(EventTemplate.id == template_id):
        if rules.may_use_template(viewer, template):
            return template
    raise NotFound


async def remove_template(viewer: Viewer, template_id: UUID, now: datetime) -> str:
    """Remove a template and return its name. Errors: NotFound, NotAllowed."""
    async with writing():
        template = await template_for(viewer, template_id)
        if not rules.may_remove_template(viewer, template):
            raise NotAllowed("Only the person who saved a template, or a coordinator, can remove it.")
        await EventTemplate.delete().where(EventTemplate.id == template_id)
        await audit.record(viewer.actor, "removed", "template", template_id, {}, now)
    return template.name


async def _templates(condition: Combinable) -> list[Template]:
    rows = await EventTemplate.select(
        EventTemplate.id,
        EventTemplate.name,
        EventTemplate.owner.as_alias("owner_id"),
        EventTemplate.owner.name.as_alias("owner"),
        EventTemplate.committee.as_alias("committee_id"),
        EventTemplate.committee.name.as_alias("committee"),
        EventTemplate.form,
        EventTemplate.created_at,
    ).where(condition)
    return [
        msgspec.convert(row | {"committee": row["committee"] or "", "form": json.loads(row["form"])}, Template)
        for row in rows
    ]
