"""What the weekly digest says; what is for named people is counted and not listed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tracker.rules.actions.action_items import ActionItem, days_late
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import clock, day, longday, plural
from tracker.rules.emails import discreet
from tracker.rules.emails.content import Button, Letter, SitePage, StopPage, one_line
from tracker.rules.emails.digest import Week
from tracker.rules.events.event import Line
from tracker.rules.events.markings import banner_of_all

LISTED = 10  # lines of a kind
FOOT = "Sent Mondays at 7:00 AM, because you turned it on."
COUNTED = "What is for named people is counted but not listed here. Sign in to see it."

Facts = list[tuple[str, str]]


def digest(week: Week) -> Letter:
    """Return the digest of a week that is not empty."""
    letter = Letter(
        kind=MessageKind.DIGEST,
        to=week.reader.email,
        to_name=week.reader.name,
        thread=week.reader.member_id,
        subject=f"Your week: {', '.join(_counts(week))}",
        heading="Your week",
        preview=f"{_day(week.monday)} to {_day(week.sunday)}.",
        facts=(*_dates("Reply owed", week.owed, week), *_dates("Event", week.events, week), *_items(week)),
        paragraphs=(COUNTED,) if _has_named(week) else (),
        buttons=(Button(label="Open my page", target=SitePage(path="/")),),
        foot=FOOT,
        stop=StopPage(member_id=week.reader.member_id),
    )
    return _discreet(letter, week) if week.reader.is_discreet else replace(letter, banner=_banner(week))


def _banner(week: Week) -> str:
    """Return the banner over all that is listed."""
    dates = (one.marking for one in (*week.events, *week.owed) if one.visibility is not Visibility.NAMED)
    items = (one.marking for one in week.items if not one.is_restricted)
    return banner_of_all(one for one in (*dates, *items) if one)


def _discreet(letter: Letter, week: Week) -> Letter:
    counts = [plural(len(week.events), "appointment")] if week.events else []
    other = [plural(len(week.owed) + len(week.items), "thing") + " to do"] if week.owed or week.items else []
    return replace(
        letter,
        subject=f"Your week: {', '.join(counts + other)}",
        facts=(),
        paragraphs=(discreet.SEE,),
        foot=discreet.FOOT,
        is_discreet=True,
    )


def _counts(week: Week) -> list[str]:
    counted = (
        (len(week.events), plural(len(week.events), "event")),
        (len(week.owed), plural(len(week.owed), "reply owed", "replies owed")),
        (len(week.items), plural(len(week.items), "action item")),
    )
    return [words for count, words in counted if count]


def _dates(label: str, lines: Iterable[Line], week: Week) -> Facts:
    shown = [one for one in lines if one.visibility is not Visibility.NAMED]
    return _listed(label, [f"{one_line(one.title)}, {_when(one, week)}" for one in shown])


def _items(week: Week) -> Facts:
    shown = [one for one in week.items if not one.is_restricted]
    late = [one for one in shown if days_late(one, week.today) > 0]
    return [
        *_listed("Overdue", [f"{_item(one)}, {plural(days_late(one, week.today), 'day')}" for one in late]),
        *_listed("Due", [f"{_item(one)}, {day(one.due, week.today)}" for one in shown if one not in late]),
    ]


def _item(item: ActionItem) -> str:
    return f"{item.reference}, {one_line(item.title)}"


def _listed(label: str, words: list[str]) -> Facts:
    more = [(label, f"and {len(words) - LISTED} more")] if len(words) > LISTED else []
    return [*((label, one) for one in words[:LISTED]), *more]


def _when(line: Line, week: Week) -> str:
    starts = to_local(line.starts_at, line.zone if line.is_all_day else week.reader.zone)
    return day(starts, week.today) if line.is_all_day else f"{day(starts, week.today)}, {clock(starts)}"


def _has_named(week: Week) -> bool:
    dates = (*week.events, *week.owed)
    return any(one.visibility is Visibility.NAMED for one in dates) or any(one.is_restricted for one in week.items)


def _day(value: date) -> str:
    return longday(value).rpartition(",")[0]
