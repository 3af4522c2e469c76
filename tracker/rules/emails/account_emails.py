"""Emails about the reader's own account, and about the audit log.

They reveal nothing about events, and only an invitation can sign in.
"""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import AccountChanged, AccountInvited, AuditLogAltered
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, long_day, short_day, zone_word
from tracker.rules.emails.emails import (
    AddressPage,
    Button,
    ButtonName,
    Email,
    Fact,
    FactName,
    Footer,
    InvitationPage,
    SitePage,
)
from tracker.rules.emails.template_values import (
    AccountChangedEmail,
    AccountInvitationEmail,
    AccountLockedEmail,
    AddressAddedEmail,
    AddressCheckEmail,
    EmailTestEmail,
    signpost_values,
)
from tracker.rules.roster.directory import LINK_WORKS_FOR, Alias


def account_invitation_email(reader: Viewer, content: AccountInvited, until: datetime, zone: str) -> Email:
    """Return the email with which a new member signs in for the first time; its link expires at `until`."""
    ends = local(until, zone)
    page = InvitationPage(member_id=reader.member_id, link_id=content.link_id)
    return Email(
        says=AccountInvitationEmail(until=short_day(ends, ends.date())),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(
            Fact(name=FactName.INVITED_BY, value=content.by),
            Fact(name=FactName.GOOD_UNTIL, value=moment_words(until, zone)),
        ),
        buttons=(Button(name=ButtonName.SET_UP_ACCOUNT, target=page),),
        footer=Footer.ACCOUNT,
    )


def email_test_email(reader: Viewer, zone: str, asked_at: datetime) -> Email:
    """Return the email with which a person sees that emails arrive."""
    return Email(
        says=EmailTestEmail(asked=moment_words(asked_at, zone)),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.HOME, target=SitePage(path="/")),),
        footer=Footer.ACCOUNT,
    )


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
    return Email(
        says=AddressAddedEmail(address=address),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(Fact(name=FactName.WHEN, value=moment_words(added_at, zone)),),
        buttons=(Button(name=ButtonName.ADDRESSES, target=SitePage(path="/settings#addresses")),),
        footer=Footer.ACCOUNT,
    )


def account_locked_email(reader: Viewer, call: str, zone: str, paused_at: datetime) -> Email:
    """Return the email that notifies a member that sign-in is paused; `zone` is the task force's.

    `call` names the coordinators to call; it is empty when the only one is the member.
    """
    return Email(
        says=AccountLockedEmail(call=call),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(Fact(name=FactName.SINCE, value=moment_words(paused_at, zone)),),
        buttons=(Button(name=ButtonName.SESSIONS, target=SitePage(path="/settings#sessions")),),
        footer=Footer.ACCOUNT,
    )


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
    return Email(
        says=signpost_values(AuditLogAltered),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(Fact(name=FactName.FOUND, value=moment_words(found_at, zone)),),
        buttons=(Button(name=ButtonName.AUDIT_LOG, target=SitePage(path="/audit")),),
        footer=Footer.AUDIT,
    )
