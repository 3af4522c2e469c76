"""Emails beside invitations: about a date poll, the weekly digest, and the thank-you to people who were present."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions import ActionItem, ItemStatus, days_late, may_direct_item
from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge, PollOpened
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.core.wording import clock, local, long_day, plural, short_day, time_span, to_local, to_utc, zone_word
from tracker.rules.emails import account_emails
from tracker.rules.emails.account_emails import discreet_email, discreet_restricted_email
from tracker.rules.emails.emails import (
    Button,
    ButtonName,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    PollPage,
    SitePage,
    StopDigestPage,
    mark_email,
    one_line,
)
from tracker.rules.emails.event_parts import event_place_words
from tracker.rules.emails.item_emails import listed_facts, other_item_facts, own_item_facts
from tracker.rules.emails.template_values import (
    DigestEmail,
    EmailValues,
    PollCanceledEmail,
    PollNudgeEmail,
    PollOpenedEmail,
    RestrictedEmail,
    RestrictedReason,
    ThankYouEmail,
)
from tracker.rules.events.events import DateLine, EventStatus, Occurrence
from tracker.rules.events.markings import banner_of_all
from tracker.rules.polls import Fit, Poll

Fits = Mapping[UUID, Fit]


def poll_email(content: PollContent, poll: Poll, reader: Viewer, fits: Fits, now: datetime) -> Email:
    """Return the email; about a restricted event, and to readers of time-only emails, it reveals nothing.

    `fits`: what the reader has replied, by date. Once they have, the email is only read in Messages.
    """
    event, path, is_over = poll.event, f"/polls/{poll.id}", isinstance(content, PollCanceled)
    page = SitePage(path=path)
    if event.is_restricted or reader.is_discreet:
        sign_in = ButtonName.SIGN_IN_TO_READ if is_over else ButtonName.SIGN_IN_AND_REPLY
        reason = RestrictedReason.UPDATE if is_over else RestrictedReason.REPLY
        neutral = Email(
            says=RestrictedEmail(reason=reason, has_attachment=False, asks_reply=not is_over),
            to=reader.email,
            to_name=reader.name,
            thread=event.id,
            facts=(Fact(name=FactName.DETAILS),),
            buttons=(Button(name=sign_in, target=page),),
            footer=Footer.RESTRICTED,
        )
        return account_emails.discreet_restricted_email(neutral, path) if reader.is_discreet else neutral
    reply = Button(name=ButtonName.REPLY_TO_POLL, target=PollPage(poll_id=poll.id, member_id=reader.member_id))
    written = Email(
        says=_poll_values(content, poll, now),
        to=reader.email,
        to_name=reader.name,
        thread=event.id,
        facts=(*_what(poll), *(() if is_over else _proposed_dates(poll, fits, now))),
        buttons=() if is_over else (reply,),
        more=() if is_over else (Button(name=ButtonName.POLL, target=page),),
        footer=Footer.POLL,
    )
    return written if poll.is_private_again else mark_email(written, event.marking)


def _poll_values(content: PollContent, poll: Poll, now: datetime) -> EmailValues:
    title, by = one_line(poll.event.title), local(poll.reply_by, poll.event.zone)
    reply_by = short_day(by, local(now, poll.event.zone))
    match content:
        case PollOpened():
            return PollOpenedEmail(title=title, reply_by=reply_by)
        case PollNudge():
            return PollNudgeEmail(title=title, reply_by=reply_by if now < poll.reply_by else "")
        case PollCanceled():
            return PollCanceledEmail(title="" if poll.is_private_again else title)


def _what(poll: Poll) -> Facts:
    event = poll.event
    organizer = Fact(name=FactName.ORGANIZER, value=one_line(f"{event.lead} ({event.lead_agency})"))
    if poll.is_private_again:
        return (organizer,)
    where = event_place_words(event, event.place)
    return (
        Fact(name=FactName.WHAT, value=one_line(event.title)),
        organizer,
        *([Fact(name=FactName.WHERE, value=where)] if where else []),
    )


def _proposed_dates(poll: Poll, fits: Fits, now: datetime) -> Facts:
    """Return the dates, each with what the reader replied about it: "Tue, Jan 12, 10:00-11:30 AM Central: Yes"."""
    zone = poll.event.zone
    proposed = []
    for option in poll.ahead(now):
        starts, ends = (local(moment, zone) for moment in poll.slot(option))
        day, fit = short_day(starts, local(now, zone)), fits.get(option.id)
        date = day if poll.event.is_all_day else f"{day}, {time_span(starts, ends)} {zone_word(zone)}"
        proposed.append(Fact(name=FactName.PROPOSED, value=f"{date}: {fit.label}" if fit else date))
    by = local(poll.reply_by, zone)
    return *proposed, Fact(name=FactName.REPLY_BY, value=f"{long_day(by)}, {clock(by)} {zone_word(zone)}")


DIGEST_AT = time(7)
"""On Mondays, in the reader's own zone."""
DIGEST_OF_USE = timedelta(days=1)
"""After this long, a digest that could not be sent is no longer useful."""
OWED_AHEAD = timedelta(days=14)
"""Replies to later dates are not requested yet."""
A_WEEK = 7  # days
FOLLOWED_UP = 7  # days after the due day from which other people's items are listed


class DigestWeek(Struct, frozen=True, kw_only=True):
    """One reader's week; `today` and the days are in their zone."""

    reader: Viewer
    monday: date
    today: date
    events: tuple[DateLine, ...]
    """Dates that they are invited to and did not decline, earliest first."""
    owed: tuple[DateLine, ...]
    """The next date of each event to which they have not replied."""
    items: tuple[ActionItem, ...]
    """Their own open items that are overdue or due by Sunday."""
    followed_up: tuple[ActionItem, ...] = ()
    """Items of other people that need the reader, or have escalated to them."""

    @property
    def sunday(self) -> date:
        """Return the last day of the week."""
        return self.monday + timedelta(days=A_WEEK - 1)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to report."""
        return not (self.events or self.owed or self.items or self.followed_up)


def needs_follow_up(reader: Viewer, item: ActionItem, today: date) -> bool:
    """Return whether another person's item is blocked, or overdue for a week, and the reader can reassign it."""
    is_stuck = item.status is ItemStatus.BLOCKED or days_late(item, today) >= FOLLOWED_UP
    return is_stuck and item.owner_id != reader.member_id and may_direct_item(reader, item)


def mondays_due(after: datetime, until: datetime, zone: str) -> list[tuple[date, datetime]]:
    """Return the Mondays whose digest is due in (after, until], earliest first, and when."""
    first = to_local(after, zone).date()
    monday, mondays = first - timedelta(days=first.weekday()), list[tuple[date, datetime]]()
    while (moment := to_utc(datetime.combine(monday, DIGEST_AT), zone)) <= until:
        if after < moment:
            mondays.append((monday, moment))
        monday += timedelta(days=A_WEEK)
    return mondays


def week_span(monday: date, zone: str) -> tuple[datetime, datetime]:
    """Return the start of a week and the start of the next one."""
    first, after = (datetime.combine(day, time()) for day in (monday, monday + timedelta(days=A_WEEK)))
    return to_utc(first, zone), to_utc(after, zone)


def digest_email(week: DigestWeek) -> Email:
    """Return the digest of a week that is not empty."""
    dates, items = (*week.events, *week.owed), (*week.items, *week.followed_up)
    shown_dates = [line for line in dates if line.visibility is not Visibility.NAMED]
    shown_items = [item for item in items if not item.is_restricted]
    markings = (*(line.marking for line in shown_dates), *(item.marking for item in shown_items))
    email = Email(
        says=DigestEmail(
            monday=long_day(week.monday).rpartition(",")[0],
            sunday=long_day(week.sunday).rpartition(",")[0],
            events=len(week.events),
            replies=len(week.owed),
            items=len(week.items),
            followed_up=len(week.followed_up),
            has_restricted=len(shown_dates) < len(dates) or len(shown_items) < len(items),
        ),
        to=week.reader.email,
        to_name=week.reader.name,
        thread=week.reader.member_id,
        facts=(
            *_dates(FactName.REPLY_OWED, week.owed, week),
            *_dates(FactName.EVENT, week.events, week),
            *own_item_facts([item for item in week.items if not item.is_restricted], week.today),
            *other_item_facts(
                FactName.FOLLOW_UP, [item for item in week.followed_up if not item.is_restricted], week.today
            ),
        ),
        buttons=(Button(name=ButtonName.HOME, target=SitePage(path="/")),),
        footer=Footer.DIGEST,
        stop=StopDigestPage(member_id=week.reader.member_id),
    )
    if week.reader.is_discreet:
        return discreet_email(replace(email, facts=()))
    return replace(email, banner=banner_of_all(marking for marking in markings if marking))


def _dates(name: FactName, lines: Iterable[DateLine], week: DigestWeek) -> Facts:
    words = []
    for line in lines:
        if line.visibility is Visibility.NAMED:
            continue
        starts = to_local(line.starts_at, line.zone if line.is_all_day else week.reader.zone)
        on = short_day(starts, week.today)
        at = "" if line.is_all_day else f", {clock(starts)}"
        tentative = ", tentative" if line.status is EventStatus.TENTATIVE else ""
        words.append(f"{one_line(line.title)}, {on}{at}{tentative}")
    return listed_facts(name, words)


AFTER_CLOSING = timedelta(hours=1)
"""How long after attendance is closed an event's own thank-you is sent: time to correct a mark."""
OF_USE = timedelta(days=7)
"""How long after it was asked for it is still of use."""
THANK_YOU_LEFT = "It’s too late to undo this. A thank-you may have gone out."
NO_ONE = "No one marked present can get a thank-you by email."
ONLY_THEY_THANK = "Only the organizer, the committee’s chair, or a coordinator can send a thank-you."


class SentThankYou(Struct, frozen=True, kw_only=True):
    """The thank-you that was sent about a date, or waits."""

    at: datetime
    people: int


def sent_thank_you_words(sent: SentThankYou, zone: str, today: date) -> str:
    """Return "Thank-you to 5 people, Thu, Dec 10."; the day it was sent, in `zone`."""
    return f"Thank-you to {plural(sent.people, 'person', 'people')}, {short_day(to_local(sent.at, zone), today)}."


def thank_you_email(reader: Viewer, occurrence: Occurrence, items: Sequence[ActionItem], today: date) -> Email:
    """Return the thank-you to one person; `items` are those of the date that they may see."""
    event = occurrence.event
    own, others = [], []
    for item in items:
        if item.is_restricted or item.status is ItemStatus.CANCELED:
            continue
        named = f"{item.reference}, {one_line(item.title)}"
        due = f"due {short_day(item.due, today)}" if item.is_open else item.status.label.lower()
        if item.owner_id == reader.member_id:
            own.append(f"{named}, {due}")
        else:
            others.append(f"{named}, {one_line(item.owner)} ({item.agency}), {due}")
    email = Email(
        says=ThankYouEmail(
            title=APPOINTMENT if reader.is_discreet else one_line(occurrence.title),
            day=short_day(to_local(occurrence.starts_at, event.zone), today),
            organizer="" if reader.is_discreet else one_line(event.lead),
            own=0 if reader.is_discreet else len(own),
            others=0 if reader.is_discreet else len(others),
        ),
        to=reader.email,
        to_name=reader.name,
        thread=event.id,
        facts=(
            Fact(name=FactName.WHAT, value=one_line(occurrence.title)),
            Fact(name=FactName.WHEN, value=long_day(to_local(occurrence.starts_at, event.zone))),
            *listed_facts(FactName.OWN_ITEM, own),
            *listed_facts(FactName.OTHER_ITEM, others),
        ),
        buttons=(Button(name=ButtonName.EVENT, target=SitePage(path=f"/events/{event.id}/{occurrence.key}")),),
        footer=Footer.PRESENT,
    )
    if reader.is_discreet:
        return discreet_restricted_email(replace(email, facts=()), f"/events/{event.id}/{occurrence.key}")
    return mark_email(email, event.marking)
