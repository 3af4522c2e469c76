"""From a plan to the texts of its form, and the texts of an empty one."""

from datetime import date, time, timedelta

from tracker.ports.pages.form_values import FormValues
from tracker.rules.audiences import Visibility
from tracker.rules.meetings import EventStatus, Kind
from tracker.rules.planning import Plan
from tracker.rules.recurrence import Repeat, Rule, choice_of
from tracker.usecases.previews import Choices

BEGINS, ENDS = time(9), time(10)
"""The hours of an empty form."""
A_DAY = timedelta(days=1)


def empty_form(kind: Kind, day: date, offered: Choices) -> FormValues:
    """Return the form of a new event: an operation is for named people unless somebody decides otherwise."""
    return FormValues({name: (text,) for name, text in {
        "kind": kind, "kind_shown": kind, "visibility": _usual(kind, offered),
        "body": _usual_body(offered),
        "date": day.isoformat(), "starts": _clock(BEGINS), "ends": _clock(ENDS), "repeat": Repeat.NONE, "interval": "1",
    }.items()})  # fmt: skip


def form_of_plan(plan: Plan) -> FormValues:
    """Return the form that describes a plan."""
    ends = plan.starts + plan.duration
    last = ends - A_DAY if plan.is_all_day else ends
    one = {
        "title": plan.title, "kind": plan.kind, "kind_shown": plan.kind, "visibility": plan.visibility,
        "body": str(plan.body_id or ""), "place": plan.place, "video_link": plan.video_link, "agenda": plan.agenda,
        "description": plan.description, "tentative": "yes" if plan.status is EventStatus.TENTATIVE else "",
        "all_day": "yes" if plan.is_all_day else "", "date": plan.starts.date().isoformat(),
        "last_day": "" if last.date() == plan.starts.date() else last.date().isoformat(),
        "starts": _clock(BEGINS if plan.is_all_day else plan.starts.time()),
        "ends": _clock(ENDS if plan.is_all_day else ends.time()), **_repeating(plan.rule),
    }  # fmt: skip
    roles = {f"role-{member_id}": (role,) for member_id, role in plan.invitees.items()}
    return FormValues({
        **{name: (text,) for name, text in one.items()}, **roles,
        "weekdays": tuple(str(day) for day in plan.rule.weekdays) if plan.rule else (),
        "person": tuple(str(member_id) for member_id in plan.invitees),
    })  # fmt: skip


def form_of_copy(plan: Plan, day: str) -> FormValues:
    """Return the form of a new event like another one: it begins on `day` (ISO) and repeats as nothing does yet."""
    form = form_of_plan(plan)
    length = date.fromisoformat(form["last_day"]) - date.fromisoformat(form["date"]) if form["last_day"] else None
    return form.but({
        "date": day, "last_day": (date.fromisoformat(day) + length).isoformat() if length else "",
        "repeat": Repeat.NONE, "until": "", "count": "", "weekdays": (), "tentative": "",
    })  # fmt: skip


def _usual(kind: Kind, offered: Choices) -> Visibility | str:
    wanted = Visibility.NAMED if kind is Kind.JOINT_OPERATION else Visibility.ALL
    return wanted if wanted in offered.visibilities else next(iter(offered.visibilities), "")


def _usual_body(offered: Choices) -> str:
    """Return the body of a chair, who schedules for nobody else."""
    is_chair = Visibility.ALL not in offered.visibilities and Visibility.BODY in offered.visibilities
    return str(offered.own_bodies[0].id) if is_chair and offered.own_bodies else ""


def _repeating(rule: Rule | None) -> dict[str, str]:
    if rule is None:
        return {"repeat": Repeat.NONE, "interval": "1", "until": "", "count": ""}
    return {
        "repeat": choice_of(rule), "interval": str(rule.interval),
        "until": rule.until.isoformat() if rule.until else "", "count": str(rule.count or ""),
    }  # fmt: skip


def _clock(moment: time) -> str:
    return moment.isoformat(timespec="minutes")
