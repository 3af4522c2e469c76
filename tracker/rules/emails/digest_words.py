"""The text of the weekly digest; restricted events are counted, not listed."""

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import clock, long_day, short_day
from tracker.rules.emails.content import Button, ButtonName, Letter, SitePage, StopPage, one_line
from tracker.rules.emails.contexts import DigestEmail
from tracker.rules.emails.digest import Week
from tracker.rules.emails.discreet import of_nothing_more
from tracker.rules.emails.facts import FactName, Facts, Footer
from tracker.rules.emails.item_lines import listed, others_items, own_items
from tracker.rules.events.events import DateLine, EventStatus
from tracker.rules.events.markings import banner_of_all


def digest(week: Week) -> Letter:
    """Return the digest of a week that is not empty."""
    letter = Letter(
        says=_says(week),
        to=week.reader.email,
        to_name=week.reader.name,
        thread=week.reader.member_id,
        facts=(
            *_dates(FactName.REPLY_OWED, week.owed, week),
            *_dates(FactName.EVENT, week.events, week),
            *own_items((action_item for action_item in week.items if not action_item.is_restricted), week.today),
            *others_items(
                FactName.FOLLOW_UP,
                (action_item for action_item in week.followed_up if not action_item.is_restricted),
                week.today,
            ),
        ),
        buttons=(Button(name=ButtonName.HOME, target=SitePage(path="/")),),
        footer=Footer.DIGEST,
        stop=StopPage(member_id=week.reader.member_id),
    )
    if week.reader.is_discreet:
        return of_nothing_more(replace(letter, facts=()))
    return replace(letter, banner=_banner(week))


def _says(week: Week) -> DigestEmail:
    return DigestEmail(
        monday=_day(week.monday),
        sunday=_day(week.sunday),
        events=len(week.events),
        replies=len(week.owed),
        items=len(week.items),
        followed_up=len(week.followed_up),
        has_restricted=_has_named(week),
    )


def _banner(week: Week) -> str:
    """Return the banner for everything that is listed."""
    dates = (
        date_line.marking for date_line in (*week.events, *week.owed) if date_line.visibility is not Visibility.NAMED
    )
    items = (action_item.marking for action_item in (*week.items, *week.followed_up) if not action_item.is_restricted)
    return banner_of_all(marking for marking in (*dates, *items) if marking)


def _dates(name: FactName, lines: Iterable[DateLine], week: Week) -> Facts:
    shown = [line for line in lines if line.visibility is not Visibility.NAMED]
    return listed(
        name, [f"{one_line(date_line.title)}, {_when(date_line, week)}{_standing(date_line)}" for date_line in shown]
    )


def _when(line: DateLine, week: Week) -> str:
    starts = to_local(line.starts_at, line.zone if line.is_all_day else week.reader.zone)
    return short_day(starts, week.today) if line.is_all_day else f"{short_day(starts, week.today)}, {clock(starts)}"


def _standing(line: DateLine) -> str:
    return ", tentative" if line.status is EventStatus.TENTATIVE else ""


def _has_named(week: Week) -> bool:
    dates = (*week.events, *week.owed)
    items = (*week.items, *week.followed_up)
    return any(date_line.visibility is Visibility.NAMED for date_line in dates) or any(
        action_item.is_restricted for action_item in items
    )


def _day(value: date) -> str:
    return long_day(value).rpartition(",")[0]
