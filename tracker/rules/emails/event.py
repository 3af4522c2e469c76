"""What mails about an event say: invitation, cancellation, withdrawal, and the one mail about restricted events."""

from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import clock, day, longday
from tracker.rules.emails.content import (
    FOOT,
    RESTRICTED_PREVIEW,
    RESTRICTED_SUBJECT,
    Button,
    Letter,
    MailedEntry,
    SitePage,
    mailed_entry,
    one_line,
    subject,
)
from tracker.rules.emails.parts import (
    Facts,
    Occasion,
    calendar_part,
    day_and_time,
    event_page,
    length_and_way,
    letter_of,
    reply_buttons,
    reply_by,
    what_when_where,
    when_words,
)
from tracker.rules.emails.parts import times as times_of
from tracker.rules.emails.reply import kept_reply_buttons, only_here, reply_facts, still_counts

NEWS = {
    MessageKind.INVITATION: "You are named on a task force event",
    MessageKind.REMINDER: "A reminder about a task force event",
    MessageKind.NO_REPLY: "Your reply to a task force event is missing",
}
SIGN_IN = (
    "The date, title, place and people are shown only after you sign in. "
    "Do not forward this email: the link works only for you."
)
NOTHING_TO_DO = "You do not need to do anything."
TAKEN_OUT = "The attached notice takes the event out of your calendar."
NAMED_NOW = f"The event is for named people from now on. {TAKEN_OUT} Your calendar subscription can show its time."
WERE_ON_THE_LIST = FOOT.replace("you are on the list", "you were on the list")


def restricted(about: Occasion) -> Letter:
    """Return the one letter that mails about events for named people may be: it says nothing.

    An entry that was mailed before the event was for named people goes out of the reader's calendar.
    """
    entry = mailed_entry(about.facts)
    return Letter(
        kind=about.kind,
        to=about.reader.email,
        to_name=about.reader.name,
        thread=about.event.id,
        subject=RESTRICTED_SUBJECT,
        preview=RESTRICTED_PREVIEW,
        heading=NEWS.get(about.kind, "There is news about a task force event"),
        facts=(("Details", "Shown after sign-in"),),
        paragraphs=(SIGN_IN, NAMED_NOW) if entry else (SIGN_IN,),
        buttons=(Button(label="Sign in and reply", target=SitePage(path=f"/events/{about.event.id}")),),
        foot="You get this because you are a named participant. No calendar entry is attached.",
        calendar=entry,
    )


def invitation(about: Occasion) -> Letter:
    """Return the invitation to an event, with all its dates; it asks for no reply that another series had already."""
    by = reply_by(about)
    asked = f"Please reply by {day(by, about.today)}." if by else "Please reply soon."
    reply: Facts = (("Reply by", f"{longday(by)}, {clock(by)}"),) if by else ()
    way = "Use a button to reply. Each button opens a page where you confirm."
    if about.is_replied and not about.is_lead:
        asked, reply, way = still_counts(about), reply_facts(about), "You do not need to reply again."
    return letter_of(
        about,
        "You are invited",
        subject(f"Invitation: {{}}, {day_and_time(about)}", about.title),
        f"{asked} {length_and_way(about)}".strip(),
        facts=(*what_when_where(about), ("Organizer", f"{about.event.lead} ({about.event.lead_agency})"), *reply),
        paragraphs=(way, *only_here(about)),
        buttons=kept_reply_buttons(about) if about.is_replied else reply_buttons(about),
        more=(event_page(about, "See the agenda and who is coming"),),
        calendar=calendar_part(about),
    )


def cancellation(about: Occasion) -> Letter:
    """Return the news that a date, or the whole event, does not take place."""
    if about.is_series:
        heading, pattern, off = "This series is canceled", "Canceled: {}, all dates", "All dates to come"
    else:
        heading, pattern = "This date is canceled", f"Canceled: {{}}, {day(about.starts, about.today)}"
        off = f"{longday(about.starts)}, {times_of(about)}"
    following = _following(about)
    return letter_of(
        about,
        heading,
        subject(pattern, about.title),
        f"Only this date. The next date is {following[0][1]}." if following else NOTHING_TO_DO,
        facts=(("What", about.title), ("Canceled", off), *following, *why(about)),
        paragraphs=(f"Other dates in the series are not affected. {NOTHING_TO_DO}" if following else NOTHING_TO_DO,),
        more=(event_page(about, "See the series" if about.event.is_series else "See the event"),),
        calendar=calendar_part(about, is_cancel=True),
    )


def withdrawal(about: Occasion) -> Letter:
    """Return the news that its reader is off the list; the event itself takes place."""
    when = "" if about.is_series else f", {day(about.starts, about.today)}"
    return letter_of(
        about,
        "You are no longer on the list",
        subject(f"You are off the list: {{}}{when}", about.title),
        "You do not need to come. The event itself takes place.",
        facts=(("What", about.title), ("When", when_words(about))),
        paragraphs=(f"{NOTHING_TO_DO} {TAKEN_OUT}",),
        more=(event_page(about, "See the event"),),
        calendar=calendar_part(about, is_cancel=True),
        foot=WERE_ON_THE_LIST,
    )


def substitute(about: Occasion) -> Letter:
    """Return the news that its reader comes in somebody's place."""
    name = one_line(about.substitutes_for)
    return letter_of(
        about,
        "You come as alternate",
        subject(f"Come as alternate: {{}}, {day_and_time(about)}", about.title),
        f"{name} cannot come and named you.",
        facts=(*what_when_where(about), ("You come for", name)),
        paragraphs=(f"If you cannot come either, tell {name}. The attached entry puts it into your calendar.",),
        more=(event_page(about, "See the agenda and who is coming"),),
        calendar=calendar_part(about),
        foot=FOOT.replace("you are on the list", "you come as alternate"),
    )


def off_the_list(reader: Viewer, event_id: UUID, entry: MailedEntry | None) -> Letter:
    """Return the news for somebody who may not see the event any more: that they are off a list, and nothing else.

    `entry` is what earlier mails put into their calendar, if any did.
    """
    gone = TAKEN_OUT if entry else "If the event stands in your calendar, delete it there."
    return Letter(
        kind=MessageKind.WITHDRAWAL,
        to=reader.email,
        to_name=reader.name,
        thread=event_id,
        subject="You are off the list for a task force event",
        preview=NOTHING_TO_DO,
        heading="You are off the list for a task force event",
        facts=(),
        paragraphs=(f"{NOTHING_TO_DO} {gone}",),
        foot=WERE_ON_THE_LIST,
        calendar=entry,
    )


def why(about: Occasion) -> Facts:
    """Return the reason that somebody gave."""
    reason = str(about.facts.get("reason") or "").strip()
    return (("Why", reason),) if reason else ()


def _following(about: Occasion) -> Facts:
    """Return the next date of the series, when one of its dates is canceled."""
    later = [one for one in about.ahead if one.starts_at > about.date.starts_at and not about.is_whole]
    if not later:
        return ()
    return (("Next", day_and_time(about, later[0])),)
