"""From a plan to the texts of its form, and the texts of an empty form."""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from uuid import UUID

from msgspec.structs import replace

from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.events.schedule_form import ON_HOLIDAY
from tracker.ports.pages.events.schedule_marking import ready, texts_of
from tracker.ports.pages.events.schedule_people import EVERY_AGENCY
from tracker.ports.pages.events.schedule_reminders import texts_of as texts_of_reminders
from tracker.ports.pages.events.schedule_reminders import usual_texts
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event import EventStatus, Kind
from tracker.rules.events.event_fields import texts_of as texts_of_event
from tracker.rules.events.picks import Decided
from tracker.rules.events.plan import Plan
from tracker.rules.events.templates import ROLE, Template
from tracker.rules.recurrence import SUNDAY, Repeat, Rule, choice_of
from tracker.usecases.events.form_options import Choices

BEGINS, ENDS = time(9), time(10)
"""The hours of an empty form."""
A_DAY = timedelta(days=1)


def empty_form(kind: Kind, day: date, offered: Choices) -> FormValues:
    """Return the form of a new event: an operation is for named people unless its organizer chooses otherwise."""
    form = FormValues(
        {
            name: (text,)
            for name, text in {
                "kind": kind,
                "kind_shown": kind,
                "visibility": _usual(kind, offered),
                "committee": _usual_committee(offered),
                "date": day.isoformat(),
                "starts": _clock(BEGINS),
                "ends": _clock(ENDS),
                "repeat": Repeat.NONE,
                "interval": "1",
                "week_starts": str(SUNDAY),
            }.items()
        }
        | usual_texts(offered.usual_policy)
    )
    return ready(form, offered)


def form_of_plan(plan: Plan) -> FormValues:
    """Return the form that describes a plan."""
    ends = plan.starts + plan.duration
    last = ends - A_DAY if plan.is_all_day else ends
    one = {
        **texts_of_event(plan),
        "kind": plan.kind,
        "kind_shown": plan.kind,
        "visibility": plan.visibility,
        "committee": str(plan.committee_id or ""),
        "tentative": "yes" if plan.status is EventStatus.TENTATIVE else "",
        "zone": plan.zone,
        "all_day": "yes" if plan.is_all_day else "",
        "date": plan.starts.date().isoformat(),
        "last_day": "" if last.date() == plan.starts.date() else last.date().isoformat(),
        "starts": _clock(BEGINS if plan.is_all_day else plan.starts.time()),
        "ends": _clock(ENDS if plan.is_all_day else ends.time()),
        **_repeating(plan.rule),
    }
    chosen = {f"{ON_HOLIDAY}{day.isoformat()}": (choice,) for day, choice in plan.on_holidays.items()}
    roles = {f"role-{member_id}": (role,) for member_id, role in plan.invitees.items()}
    return FormValues(
        {
            **{name: (text,) for name, text in one.items()},
            **roles,
            **chosen,
            "weekdays": tuple(str(day) for day in plan.rule.weekdays) if plan.rule else (),
            "person": tuple(str(member_id) for member_id in plan.invitees),
            **texts_of(plan.marking),
            **texts_of_reminders(plan.reminders),
        }
    )


def form_of_copy(plan: Plan, day: str, offered: Choices) -> FormValues:
    """Return the form of a new event like another one: it starts on `day` (ISO) and doesn't repeat.

    People whom the form does not offer are left out, such as its own organizer.
    """
    people = {one.id for one in offered.people}
    invitees = {member_id: role for member_id, role in plan.invitees.items() if member_id in people}
    form = form_of_plan(replace(plan, on_holidays={}, invitees=invitees))
    length = date.fromisoformat(form["last_day"]) - date.fromisoformat(form["date"]) if form["last_day"] else None
    return form.but(
        {
            "date": day,
            "last_day": (date.fromisoformat(day) + length).isoformat() if length else "",
            "repeat": Repeat.NONE,
            "until": "",
            "count": "",
            "weekdays": (),
            "tentative": "",
        }
    )


def form_of_template(template: Template, day: date, offered: Choices) -> tuple[FormValues, int]:
    """Return the form that a template starts on `day`, and how many of its people the form does not offer.

    Only choices that its user may make are kept: a committee, who can see it, and people.
    """
    kept = FormValues(template.form)
    kind = next((one for one in Kind if one == kept["kind"]), Kind.MEETING)
    people = {str(one.id) for one in offered.people}
    chosen: dict[str, Sequence[str]] = {
        name: kept.all(name) for name in kept if not name.startswith(ROLE) or name.removeprefix(ROLE) in people
    }
    for name in ("person", Decided.BY_NAME):
        chosen[name] = [one for one in kept.all(name) if one in people]
    chosen["agency"] = _among(kept.all("agency"), (EVERY_AGENCY, *(one.id for one in offered.agencies)))
    chosen["seats"] = _among(kept.all("seats"), (one.id for one in offered.committees))
    for name, known in (
        ("visibility", offered.visibilities),
        ("committee", [str(one.id) for one in offered.own_committees]),
    ):
        if kept[name] not in known:
            chosen.pop(name, None)
    return ready(empty_form(kind, day, offered).but(chosen), offered), len(set(kept.all("person")) - people)


def _among(texts: Sequence[str], values: Iterable[UUID | str]) -> list[str]:
    offered = {str(one) for one in values}
    return [one for one in texts if one in offered]


def _usual(kind: Kind, offered: Choices) -> Visibility | str:
    wanted = Visibility.NAMED if kind is Kind.JOINT_OPERATION else Visibility.ALL
    return wanted if wanted in offered.visibilities else next(iter(offered.visibilities), "")


def _usual_committee(offered: Choices) -> str:
    """Return the committee of a chair who schedules for that committee only."""
    is_chair = Visibility.ALL not in offered.visibilities and Visibility.COMMITTEE in offered.visibilities
    return str(offered.own_committees[0].id) if is_chair and offered.own_committees else ""


def _repeating(rule: Rule | None) -> dict[str, str]:
    if rule is None:
        return {"repeat": Repeat.NONE, "interval": "1", "week_starts": str(SUNDAY), "until": "", "count": ""}
    return {
        "repeat": choice_of(rule),
        "interval": str(rule.interval),
        "week_starts": str(rule.week_starts),
        "until": rule.until.isoformat() if rule.until else "",
        "count": str(rule.count or ""),
    }


def _clock(moment: time) -> str:
    return moment.isoformat(timespec="minutes")
