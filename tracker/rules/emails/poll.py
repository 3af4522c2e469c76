"""The emails about a date poll: which dates suit the reader, a request to reply, and that it was canceled."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge, PollOpened
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, long_day, short_day, time_span, zone_word
from tracker.rules.emails import discreet
from tracker.rules.emails.content import Button, ButtonName, Letter, PollPage, SitePage, marked, one_line
from tracker.rules.emails.contexts import (
    PollCanceledEmail,
    PollNudgeEmail,
    PollOpenedEmail,
    Reason,
    RestrictedEmail,
    Says,
)
from tracker.rules.emails.facts import Fact, FactName, Facts, Footer
from tracker.rules.emails.parts import place_of
from tracker.rules.polls.polls import Fit, Poll, PollDate

Fits = Mapping[UUID, Fit]


def letter(content: PollContent, poll: Poll, reader: Viewer, fits: Fits, now: datetime) -> Letter:
    """Return the email; about a restricted event, and to readers of time-only emails, it reveals nothing.

    `fits`: what the reader has replied, by date. Once they have, the email is only read in Messages.
    """
    page = f"/polls/{poll.id}"
    if not (poll.event.is_restricted or reader.is_discreet):
        written = _open(content, poll, reader, fits, now)
        return written if poll.is_private_again else marked(written, poll.event.marking)
    neutral = _neutral(content, poll, reader, page)
    return discreet.of_named_event(neutral, page) if reader.is_discreet else neutral


def _open(content: PollContent, poll: Poll, reader: Viewer, fits: Fits, now: datetime) -> Letter:
    is_over = isinstance(content, PollCanceled)
    reply = Button(name=ButtonName.REPLY_TO_POLL, target=PollPage(poll_id=poll.id, member_id=reader.member_id))
    see = Button(name=ButtonName.POLL, target=SitePage(path=f"/polls/{poll.id}"))
    return Letter(
        says=_says(content, poll, now),
        to=reader.email,
        to_name=reader.name,
        thread=poll.event.id,
        facts=(*_what(poll), *(() if is_over else _dates(poll, fits, now))),
        buttons=() if is_over else (reply,),
        more=() if is_over else (see,),
        footer=Footer.POLL,
    )


def _neutral(content: PollContent, poll: Poll, reader: Viewer, page: str) -> Letter:
    is_over = isinstance(content, PollCanceled)
    sign_in = ButtonName.SIGN_IN_TO_READ if is_over else ButtonName.SIGN_IN_AND_REPLY
    return Letter(
        says=RestrictedEmail(
            reason=Reason.UPDATE if is_over else Reason.REPLY, has_attachment=False, asks_reply=not is_over
        ),
        to=reader.email,
        to_name=reader.name,
        thread=poll.event.id,
        facts=(Fact(name=FactName.DETAILS),),
        buttons=(Button(name=sign_in, target=SitePage(path=page)),),
        footer=Footer.RESTRICTED,
    )


def _says(content: PollContent, poll: Poll, now: datetime) -> Says:
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
    where = place_of(event, event.place)
    return (
        Fact(name=FactName.WHAT, value=one_line(event.title)),
        organizer,
        *([Fact(name=FactName.WHERE, value=where)] if where else []),
    )


def _dates(poll: Poll, fits: Fits, now: datetime) -> Facts:
    by = local(poll.reply_by, poll.event.zone)
    proposed = [_in_words(poll, poll_date, fits.get(poll_date.id), now) for poll_date in poll.ahead(now)]
    return (
        *[Fact(name=FactName.PROPOSED, value=one) for one in proposed],
        Fact(name=FactName.REPLY_BY, value=f"{long_day(by)}, {clock(by)} {zone_word(poll.event.zone)}"),
    )


def _in_words(poll: Poll, option: PollDate, fit: Fit | None, now: datetime) -> str:
    """Return a date, with what the reader replied about it: "Tue, Jan 12, 10:00-11:30 AM Central: Yes"."""
    zone = poll.event.zone
    starts, ends = (local(moment, zone) for moment in poll.slot(option))
    on = short_day(starts, local(now, zone))
    date = on if poll.event.is_all_day else f"{on}, {time_span(starts, ends)} {zone_word(zone)}"
    return f"{date}: {fit.label}" if fit else date
