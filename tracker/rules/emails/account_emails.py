"""Emails that reveal little: about the reader's own account, to readers of time-only emails, and about operations.

Every word of a time-only email is made from an event of which only the times are known, so that no text can reveal
more. Emails about accounts reveal nothing about events, and only an invitation can sign in.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs
from msgspec.structs import replace

from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import (
    AccountChanged,
    AccountInvited,
    AuditLogAltered,
    Canceled,
    Changed,
    ConfirmationNudge,
    DateAdded,
    EventAnnouncement,
    EventContent,
    Invited,
    KnownBefore,
    ProposalDeclined,
    ReplyNudge,
    Restored,
    SeriesEnded,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, long_day, short_day, zone_word
from tracker.rules.emails.emails import (
    AddressPage,
    Button,
    ButtonName,
    CalendarPart,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    InvitationPage,
    SitePage,
)
from tracker.rules.emails.event_emails import event_email
from tracker.rules.emails.event_parts import EventForReader
from tracker.rules.emails.template_values import (
    AccountChangedEmail,
    AccountInvitationEmail,
    AccountLockedEmail,
    AddressAddedEmail,
    AddressCheckEmail,
    EmailTestEmail,
    EmailValues,
    signpost_values,
)
from tracker.rules.events.events import TEXTS, Event, Occurrence
from tracker.rules.roster.directory import LINK_WORKS_FOR, Alias

SOMEONE = "someone"
"""Replaces the name of the person for whom the reader substitutes."""
KEPT_FACTS = frozenset(
    {
        FactName.WHAT,
        FactName.WHEN,
        FactName.WAS,
        FactName.WAS_UNTIL,
        FactName.NOW,
        FactName.FIRST_DATE,
        FactName.THEN,
        FactName.LAST_DATE,
        FactName.DATES,
        FactName.NOT_ON,
        FactName.MOVED,
        FactName.ALSO_ON,
        FactName.ALSO_ADDED,
        FactName.ALSO_CHANGED,
        FactName.ALSO_CANCELED,
        FactName.ALSO_RESTORED,
        FactName.OWN_TIME,
        FactName.CANCELED,
        FactName.ALL_CANCELED,
        FactName.NEXT,
        FactName.TENTATIVE,
        FactName.CONFIRMED,
        FactName.REPLY_BY,
        FactName.REPLIED,
        FactName.REPLY_KEPT,
        FactName.REPLY_BEFORE_CHANGE,
        FactName.REPLY_MISSING,
        FactName.REPLY_MISSING_FOR_TIME,
        FactName.REPLY_MISSING_FOR_SOME,
        FactName.PROPOSED_TIME,
        FactName.DUE,
        FactName.WAS_DUE,
        FactName.DETAILS,
    }
)
"""The rows that show times and the reader's own reply."""


def discreet_event_email(occasion: EventForReader) -> Email:
    """Return the email about an event, as one about an appointment."""
    event, onward = _nameless_event(occasion.event), _nameless_event(occasion.onward) if occasion.onward else None
    onward_dates = occasion.onward_dates if onward else ()
    appointment = replace(
        occasion,
        event=event,
        date=_nameless_date(event, occasion.date),
        dates=tuple(_nameless_date(event, occurrence) for occurrence in occasion.dates),
        ahead=tuple(_nameless_date(event, occurrence) for occurrence in occasion.ahead),
        replies=None,
        released="",
        delegation=replace(occasion.delegation, name=SOMEONE) if occasion.delegation else None,
        substitution=replace(occasion.substitution, principal=SOMEONE) if occasion.substitution else None,
        onward=onward,
        onward_dates=tuple(_nameless_date(onward or event, occurrence) for occurrence in onward_dates),
        content=_times_only(occasion.content),
    )
    return _without_details(event_email(appointment), f"/events/{event.id}")


def discreet_restricted_email(email: Email, page: str = "") -> Email:
    """Return the email about a restricted event, which doesn't even show the time; `page` is where to read on."""
    return _without_details(email, page or f"/events/{email.thread}")


def discreet_email(email: Email) -> Email:
    """Return an email that reveals nothing about an event or item and doesn't name the task force."""
    return replace(email, footer=Footer.DISCREET, is_discreet=True)


def _without_details(email: Email, page: str) -> Email:
    part = email.calendar
    return replace(
        email,
        facts=tuple(fact for fact in email.facts if fact.name in KEPT_FACTS),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        more=(),
        footer=Footer.DISCREET,
        reads=None,
        is_discreet=True,
        is_time_only=True,
        calendar=replace(part, is_discreet=True) if isinstance(part, CalendarPart) else part,
    )


def _times_only(content: EventContent) -> EventContent:
    """Return a message without what people wrote: no reason, no place, nothing about what is to be confirmed."""
    bare = content
    if isinstance(content, EventAnnouncement | Invited):
        bare = structs.replace(content, also=tuple(structs.replace(also, reason="") for also in content.also))
    if isinstance(content, ProposalDeclined):
        bare = structs.replace(content, comment="")
    match bare:
        case Changed(before=before, also=also) | DateAdded(before=before, also=also):
            return Changed(before=_placeless(before), also=also)
        case Restored(before=before, also=also):
            return Restored(before=_placeless(before), also=also)
        case SeriesEnded(also=also):
            return SeriesEnded(also=also)
        case Canceled():
            return Canceled()
        case ConfirmationNudge():
            return ReplyNudge()
        case _:
            return bare


def _placeless(before: KnownBefore | None) -> KnownBefore | None:
    return structs.replace(before, place="", details={}) if before else None


def _nameless_event(event: Event) -> Event:
    texts: dict[str, Any] = dict.fromkeys(TEXTS, "") | {"title": APPOINTMENT}
    return replace(event, **texts, reference=None, committee=None, lead="", lead_agency="", marking=None)


def _nameless_date(event: Event, date: Occurrence) -> Occurrence:
    return replace(date, event=event, title=APPOINTMENT, place="", agenda="", cancel_reason="")


def signpost_email(reader: Viewer, content: Content, page: str, footer: Footer = Footer.OPERATION) -> Email:
    """Return the email of a message that declares only where its words are; `page` is where to read on."""
    return sign_in_email(reader, signpost_values(type(content)), page, footer)


def sign_in_email(reader: Viewer, says: EmailValues, page: str, footer: Footer) -> Email:
    """Return an email whose only button leads to `page`, behind the sign-in."""
    email = account_email(reader, says, Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)), footer=footer)
    return discreet_email(email) if reader.is_discreet else email


def account_email(
    reader: Viewer, says: EmailValues, button: Button, *, facts: Facts = (), footer: Footer = Footer.ACCOUNT
) -> Email:
    """Return an email about no event or item, with one button, in the reader's own thread."""
    return Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=facts,
        buttons=(button,),
        footer=footer,
    )


def account_invitation_email(reader: Viewer, content: AccountInvited, until: datetime, zone: str) -> Email:
    """Return the email with which a new member signs in for the first time; its link expires at `until`."""
    ends = local(until, zone)
    page = InvitationPage(member_id=reader.member_id, link_id=content.link_id)
    return account_email(
        reader,
        AccountInvitationEmail(until=short_day(ends, ends.date())),
        Button(name=ButtonName.SET_UP_ACCOUNT, target=page),
        facts=(
            Fact(name=FactName.INVITED_BY, value=content.by),
            Fact(name=FactName.GOOD_UNTIL, value=moment_words(until, zone)),
        ),
    )


def email_test_email(reader: Viewer, zone: str, asked_at: datetime) -> Email:
    """Return the email with which a person sees that emails arrive."""
    says = EmailTestEmail(asked=moment_words(asked_at, zone))
    return account_email(reader, says, Button(name=ButtonName.HOME, target=SitePage(path="/")))


def address_check_email(reader: Viewer, alias: Alias, zone: str) -> Email:
    """Return the email that goes to a further address of a member, with the link that confirms it."""
    return Email(
        says=AddressCheckEmail(person=f"{reader.name} ({reader.agency})", address=alias.address),
        to=alias.address,
        to_name="",
        thread=alias.id,
        facts=(Fact(name=FactName.GOOD_UNTIL, value=moment_words(alias.added_at + LINK_WORKS_FOR, zone)),),
        buttons=(Button(name=ButtonName.CONFIRM_ADDRESS, target=AddressPage(alias_id=alias.id)),),
        footer=Footer.ADDRESS,
    )


def address_added_email(reader: Viewer, address: str, zone: str, added_at: datetime) -> Email:
    """Return the email that notifies a member that replies from a further address count as theirs."""
    addresses = Button(name=ButtonName.ADDRESSES, target=SitePage(path="/settings#addresses"))
    when = Fact(name=FactName.WHEN, value=moment_words(added_at, zone))
    return account_email(reader, AddressAddedEmail(address=address), addresses, facts=(when,))


def account_locked_email(reader: Viewer, call: str, zone: str, paused_at: datetime) -> Email:
    """Return the email that notifies a member that sign-in is paused; `zone` is the task force's.

    `call` names the coordinators to call; it is empty when the only one is the member.
    """
    sessions = Button(name=ButtonName.SESSIONS, target=SitePage(path="/settings#sessions"))
    since = Fact(name=FactName.SINCE, value=moment_words(paused_at, zone))
    return account_email(reader, AccountLockedEmail(call=call), sessions, facts=(since,))


def account_changed_email(member_id: UUID, content: AccountChanged, call: str, zone: str, done_at: datetime) -> Email:
    """Return the email that notifies a person that another person changed their account.

    The message holds the address, because the address may be what was replaced. `call` names the coordinators to call;
    it is empty when the only one is the person who made the change.
    """
    return Email(
        says=AccountChangedEmail(call=call),
        to=content.to,
        to_name=content.name,
        thread=member_id,
        facts=(
            Fact(name=FactName.ACCOUNT_CHANGE, value=content.what),
            Fact(name=FactName.WHEN, value=moment_words(done_at, zone)),
            Fact(name=FactName.BY, value=content.by),
        ),
        footer=Footer.ACCOUNT,
    )


def moment_words(moment: datetime, zone: str) -> str:
    """Return "Thursday, December 10, 2026, 2:00 PM Central"."""
    at = local(moment, zone)
    return f"{long_day(at)}, {clock(at)} {zone_word(zone)}"


def audit_log_altered_email(reader: Viewer, zone: str, found_at: datetime) -> Email:
    """Return the email to a reader of the audit log; it names no entry, because not every reader may know of each."""
    audit_log = Button(name=ButtonName.AUDIT_LOG, target=SitePage(path="/audit"))
    when = Fact(name=FactName.FOUND, value=moment_words(found_at, zone))
    return account_email(reader, signpost_values(AuditLogAltered), audit_log, facts=(when,), footer=Footer.AUDIT)
