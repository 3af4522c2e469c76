"""The emails about a date poll: which dates suit the reader, a request to reply, and that it was canceled."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge, PollOpened
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, long_day, short_day, time_span, zone_word
from tracker.rules.emails import discreet
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
    mark_email,
    one_line,
)
from tracker.rules.emails.event_parts import event_place_words
from tracker.rules.emails.event_values import EmailValues
from tracker.rules.emails.template_values import (
    PollCanceledEmail,
    PollNudgeEmail,
    PollOpenedEmail,
    RestrictedEmail,
    RestrictedReason,
)
from tracker.rules.polls.polls import Fit, Poll

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
        return discreet.discreet_restricted_email(neutral, path) if reader.is_discreet else neutral
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
