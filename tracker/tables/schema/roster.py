"""Rows of people, agencies, committees and seats, and sites."""

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from tracker.rules.core.viewers import Arm, Level, Role, Status
from tracker.tables.schema.core.columns import Identified, check, index, one_of, unique, unique_index


class Agency(Identified, Table):
    """A member organization of one arm and one level."""

    name = Varchar(length=200)
    code = Varchar(length=20, unique=True)
    """Short name, for example KCPD."""
    arm = Varchar(length=20)
    level = Varchar(length=20)
    coalition = ForeignKey(
        LazyTableReference("Agency", module_path="tracker.tables.schema.roster"),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
    )
    status = Varchar(length=12, default="active")
    contact_name = Varchar(length=120, default="")
    contact_phone = Varchar(length=40, default="")
    contact_email = Varchar(length=254, default="")
    address = Varchar(length=200, default="")
    """Of its office; never of a person or a shelter."""
    version = Integer(default=1)
    """Rises with every edit; so do those of members and committees."""

    constraints = (one_of("arm", Arm), one_of("level", Level), one_of("status", Status))


class Member(Identified, Table):
    """A person serving at an agency; guests have no account."""

    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120)
    title = Varchar(length=120, default="")
    email = Varchar(length=254, unique=True)
    """Always lower case."""
    phone = Varchar(length=40, default="")
    """At work."""
    mobile = Varchar(length=40, default="")
    is_mobile_private = Boolean(default=False)
    """Whether only coordinators and administrators see the mobile number."""
    zone = Varchar(length=60, default="America/Chicago")
    status = Varchar(length=12, default="active")
    password_hash = Varchar(length=255, null=True, default=None, secret=True)
    totp_sealed = Text(null=True, default=None, secret=True)
    totp_last_step = BigInt(default=0)
    """Number of the 30-second period whose code was used last: a code counts once (RFC 6238 §5.2)."""
    totp_at = Timestamptz(null=True, default=None)
    """Since when the authenticator is in force."""
    locked_at = Timestamptz(null=True, default=None)
    joined_at = Timestamptz(null=False)
    is_guest = Boolean(default=False)
    """Invited, and replies by the links in emails; cannot sign in."""
    expires_at = Timestamptz(null=True, default=None)
    """From this moment the account is suspended; None = it has no end date."""
    signed_in_at = Timestamptz(null=True, default=None)
    """When they last signed in; None = not yet."""
    reopened_at = Timestamptz(null=True, default=None)
    """When a suspended account was reopened: days without a sign-in are counted from there."""
    reviewed_at = Timestamptz(null=True, default=None)
    """When the account was last confirmed as still needed."""
    version = Integer(default=1)

    constraints = (
        check("email = lower(email)"),
        one_of("status", Status),
        index("member_counted", "agency", "status", "id"),
    )


class MemberRole(Identified, Table):
    """One role of one member; a committee chair's row names the committee."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    role = Varchar(length=20)
    committee = ForeignKey(
        LazyTableReference("Committee", module_path="tracker.tables.schema.roster"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
    )

    constraints = (
        unique("member", "role", "committee"),
        one_of("role", Role),
        check("(role = 'committee_chair') = (committee IS NOT NULL)"),
    )


class Committee(Identified, Table):
    """A steering committee, working group or team, with seats."""

    name = Varchar(length=120, unique=True)
    kind = Varchar(length=20, default="committee")
    arm = Varchar(length=20, null=True, default=None)
    place = Varchar(length=200, default="")
    status = Varchar(length=12, default="active")
    """active, ended"""
    version = Integer(default=1)
    quorum = Integer(null=True, default=None)
    """How many of its seats must be there; None = no number is required."""
    both_arms = Boolean(default=False)
    """Whether each arm must be represented."""

    constraints = (check("quorum > 0"),)


class Seat(Identified, Table):
    """The place of an agency in a committee."""

    committee = ForeignKey(Committee, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)

    constraints = (unique("committee", "agency"),)


class SeatHolder(Identified, Table):
    """A person who may fill a seat: its primary or an alternate."""

    seat = ForeignKey(Seat, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    is_primary = Boolean(default=False)

    constraints = (unique("member", "seat"), unique_index("seat_holder_primary", "seat", where="is_primary"))


class EmailAlias(Identified, Table):
    """One address; no email but the one with its link is ever sent there."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    address = Varchar(length=254)
    """Always lower case."""
    added_at = Timestamptz(null=False)
    """Its link works for an hour from here."""
    confirmed_at = Timestamptz(null=True, default=None)
    """When someone who reads its mailbox used the link; before that, it has no effect."""
    removed_at = Timestamptz(null=True, default=None)

    constraints = (
        check("address = lower(address)"),
        index("email_alias_member", "member"),
        unique_index("email_alias_confirmed", "address", where="confirmed_at IS NOT NULL AND removed_at IS NULL"),
    )


class Site(Identified, Table):
    """A room or a building; an event is there when its place is exactly this text."""

    name = Varchar(length=120, unique=True)
    address = Varchar(length=160, default="")
    capacity = Integer(null=True, default=None)
    """Chairs; None = not counted."""
    equipment = Varchar(length=160, default="")
    is_open = Boolean(default=True)
    """Whether it is offered for new events."""
    version = Integer(default=1)
    """Rises with every edit."""
    latitude_e6 = Integer(null=True, default=None)
    """Millionths of a degree of WGS 84; None = not known."""
    longitude_e6 = Integer(null=True, default=None)

    constraints = (check("capacity > 0"),)


class ConfidentialSite(Identified, Table):
    """A place of which only its agency has the address."""

    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120, unique=True)
    """The public name, which everyone may read."""
    address = Varchar(length=200)
    directions = Text(default="")
    is_open = Boolean(default=True)
    version = Integer(default=1)
