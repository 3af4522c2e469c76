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
            *own_items((one for one in week.items if not one.is_restricted), week.today),
            *others_items(FactName.FOLLOW_UP, (one for one in week.followed_up if not one.is_restricted), week.today),
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
    dates = (one.marking for one in (*week.events, *week.owed) if one.visibility is not Visibility.NAMED)
    items = (one.marking for one in (*week.items, *week.followed_up) if not one.is_restricted)
    return banner_of_all(one for one in (*dates, *items) if one)


def _dates(name: FactName, lines: Iterable[DateLine], week: Week) -> Facts:
    shown = [one for one in lines if one.visibility is not Visibility.NAMED]
    return listed(name, [f"{one_line(one.title)}, {_when(one, week)}{_standing(one)}" for one in shown])


def _when(line: DateLine, week: Week) -> str:
    starts = to_local(line.starts_at, line.zone if line.is_all_day else week.reader.zone)
    return short_day(starts, week.today) if line.is_all_day else f"{short_day(starts, week.today)}, {clock(starts)}"


def _standing(line: DateLine) -> str:
    return ", tentative" if line.status is EventStatus.TENTATIVE else ""


def _has_named(week: Week) -> bool:
    dates = (*week.events, *week.owed)
    items = (*week.items, *week.followed_up)
    return any(one.visibility is Visibility.NAMED for one in dates) or any(one.is_restricted for one in items)


def _day(value: date) -> str:
    return long_day(value).rpartition(",")[0]
