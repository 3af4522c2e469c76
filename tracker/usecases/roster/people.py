"""People of the roster: adding them, inviting them to sign in, and their profile."""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import asdict, replace
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, Invalid, NotFound, refuse_fields
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core import viewers
from tracker.rules.core.clean_text import clean, name_in
from tracker.rules.core.message_types import AccountChange, AccountInvited
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Role, Status, Viewer
from tracker.rules.core.wording import zone_of
from tracker.rules.emails.messages import MessageStatus, status_of_state
from tracker.rules.roster import directory as account_rules
from tracker.rules.roster.csv_file import LONGEST
from tracker.rules.roster.directory import LONGEST_PHONE, AccountState, PersonCard, PersonFacts, Profile, check_phones
from tracker.tables.background.emails import outbox_queue
from tracker.tables.schema import events
from tracker.tables.schema.roster import Agency, Member, MemberRole, SeatHolder
from tracker.tables.visible import emails
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.sessions import end_links
from tracker.usecases.roster import accounts, committees, directory
from tracker.usecases.roster.accounts import clear_credentials, coordinators

TAKEN = "Someone else already has this email address."
ONLY_COORDINATORS = "Only a coordinator can add or remove the coordinator role."
ONLY_COORDINATORS_MOVE_PEOPLE = (
    "Only a coordinator can move a person to the other arm because they would see different events."
)
OVER = "Choose today or a later date."


async def add_person(viewer: Viewer, facts: PersonFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add a person and return their id. No one is notified, and the person cannot sign in before they get a link.

    Errors: NotAllowed, Invalid by field.
    """
    account_rules.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check_person(viewer, facts, None, frozenset(), None, now)
        member_id = await insert_member(facts, now)
        details = {"roles": sorted(facts.roles), "is_guest": facts.is_guest}
        await audit.record(viewer.actor, "added", "member", member_id, details, now)
    return member_id


async def save_person(
    viewer: Viewer,
    member_id: UUID,
    facts: PersonFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a person. Errors: NotFound, NotAllowed, Conflict when they have changed since that version, Invalid."""
    account_rules.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    assert facts.agency_id is not None  # noqa: S101 - `check` refuses facts without an agency
    async with writing():
        person = await directory.person_for(viewer, member_id)
        held = person.roles & account_rules.GRANTED
        account_rules.check_account(viewer, member_id, held)
        if person.version != expected_version:
            raise Conflict
        [row] = await Member.select(*_person_columns(facts)).where(Member.id == member_id)
        await _check_person(viewer, facts, member_id, held, row["expires_at"], now)
        if not viewer.is_coordinator and await is_other_arm(row["agency"], facts.agency_id):
            raise Invalid(agency=ONLY_COORDINATORS_MOVE_PEOPLE)
        changed = {name: value for name, value in _person_columns(facts).items() if row[name] != value}
        if "email" in changed:
            await accounts.notify_of_account_change(viewer, member_id, AccountChange.ADDRESS, now)
            await end_links(member_id)  # the reader of the old mailbox could sign in with one
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await Member.update(values).where(Member.id == member_id)
        if "agency" in changed:
            # The seat of the former agency stays there.
            condition = SeatHolder.member == member_id
            seated = await SeatHolder.select(SeatHolder.seat.committee).where(condition).output(as_list=True)
            await SeatHolder.delete().where(condition)
            await committees.touch_committees(seated)
        await set_roles(member_id, facts.roles, held)
        if "is_guest" in changed and facts.is_guest:
            await clear_credentials(member_id, now)
        await events.raise_audience_versions([viewers.member_audience(member_id)])
        details: dict[str, object] = {"fields": sorted(changed) + ["roles"] * (held != facts.roles)}
        if held != facts.roles:
            details |= {"gained": sorted(facts.roles - held), "lost": sorted(held - facts.roles)}
        await audit.record(viewer.actor, "updated", "member", member_id, details, now)


async def is_other_arm(agency_id: UUID, other_id: UUID) -> bool:
    """Return whether two agencies belong to different arms."""
    arms = Agency.select(Agency.arm).where(Agency.id.is_in([agency_id, other_id])).output(as_list=True)
    return len(set(await arms)) > 1


async def _check_person(
    viewer: Viewer,
    facts: PersonFacts,
    member_id: UUID | None,
    held: Iterable[Role],
    ends: datetime | None,
    now: datetime,
) -> None:
    """Raise `Invalid` when other rows forbid the change; inside the caller's transaction."""
    was, will = Role.COORDINATOR in held, Role.COORDINATOR in facts.roles
    agency = await Agency.select(Agency.status).where(Agency.id == facts.agency_id).first()
    taken = await Member.select(Member.id).where(Member.email == facts.email).first()
    wrong = {
        "email": TAKEN if taken and taken["id"] != member_id else "",
        "agency": "" if agency and agency["status"] == Status.ACTIVE else "Choose an agency from the list.",
        "roles": ONLY_COORDINATORS if was != will and not viewer.is_coordinator else "",
        "ends": OVER if facts.expires_at and facts.expires_at != ends and facts.expires_at <= now else "",
    }
    if was and not will and not await coordinators() - {member_id}:
        wrong["roles"] = account_rules.LAST_COORDINATOR
    refuse_fields(wrong)


def _person_columns(facts: PersonFacts) -> dict[str, Any]:
    return {name.removesuffix("_id"): value for name, value in asdict(facts).items() if name != "roles"}


async def profile_of(viewer: Viewer) -> Profile:
    """Return the viewer's own profile. Errors: NotFound."""
    row = await Member.select(exclude_secrets=True).where(Member.id == viewer.member_id).first()
    if row is None:
        raise NotFound
    return convert(row, Profile, strict=False)


async def change_profile(viewer: Viewer, wanted: Profile, now: datetime) -> None:
    """Change the viewer's own title, phones and zone, and a coordinator's own name; other members' names stay.

    Errors: Invalid by field.
    """
    was = await profile_of(viewer)
    name = name_in(wanted.name if viewer.is_coordinator else was.name, LONGEST["name"], "name")
    if not name:
        raise Invalid(name="Enter your display name, for example your role and agency.")
    phone, mobile = clean(wanted.phone, LONGEST_PHONE, "phone"), clean(wanted.mobile, LONGEST_PHONE, "mobile")
    check_phones(phone=phone, mobile=mobile)
    title = name_in(wanted.title, LONGEST["title"], "title")
    zone = zone_of(wanted.zone).key
    new, before = asdict(replace(wanted, name=name, title=title, phone=phone, mobile=mobile, zone=zone)), asdict(was)
    changed = [field for field in new if new[field] != before[field]]
    if not changed:
        return
    async with writing():
        values: dict[Any, Any] = {**new, "version": Member.version + 1}
        await Member.update(values).where(Member.id == viewer.member_id)
        facts = {"fields": changed}
        await audit.record(viewer.actor, "profile_changed", "member", viewer.member_id, facts, now)


async def insert_member(facts: PersonFacts, now: datetime) -> UUID:
    """Add a member with their roles (a committee chair's role is given with the committee)."""
    member = Member(id=ids.new_id(), joined_at=now, **_person_columns(facts) | {"email": facts.email.lower()})
    await Member.insert(member)
    await set_roles(member.id, facts.roles, frozenset())
    return member.id


async def set_roles(member_id: UUID, wanted: AbstractSet[Role], held: AbstractSet[Role]) -> None:
    """Replace the roles a member holds with these; a chair's role comes and goes with the committee."""
    if lost := held - wanted:
        of_member = (MemberRole.member == member_id) & MemberRole.committee.is_null()
        await MemberRole.delete().where(of_member & MemberRole.role.is_in(sorted(lost)))
    for role in sorted(wanted - held):
        await MemberRole.insert(MemberRole(id=ids.new_id(), member=member_id, role=role))


LIFETIME = timedelta(days=7)
"""How long an emailed link works; it lets in only people who have never signed in, and only once."""
NO_ONE = "Choose at least one person."
_NEW = (
    "FROM member m JOIN agency g ON g.id = m.agency {} WHERE m.status = 'active' AND g.status = 'active'"
    " AND NOT m.is_guest AND m.signed_in_at IS NULL AND m.password_hash IS NULL"
    " AND (m.expires_at IS NULL OR m.expires_at > {{}})"
)
# Those with a role, and in a row of its own how many there are.
_NUMBER = (
    "SELECT CAST(m.id AS VARCHAR(36)) AS id, r.role, 0 AS people"
    f" {_NEW.format('JOIN member_role r ON r.member = m.id')}"
    f" UNION ALL SELECT NULL, NULL, COUNT(*) {_NEW.format('')}"
)


class SentInvitation(Struct, frozen=True, kw_only=True):
    """The state of a person's latest invitation."""

    at: datetime
    state: MessageState
    reason: str
    until: datetime
    is_open: bool
    """Whether its link still works: a corrected address, or a newer link, ends it."""

    @property
    def standing(self) -> MessageStatus:
        """Return what its state means in plain words."""
        return status_of_state(self.state)

    def is_good(self, now: datetime) -> bool:
        """Return whether it is on its way, or arrived with a link that still works."""
        return self.is_open and self.state in (MessageState.PENDING, MessageState.SENT) and now < self.until


class Newcomer(Struct, frozen=True, kw_only=True):
    """A person who has never signed in and may be invited."""

    person: PersonCard
    invitation: SentInvitation | None
    is_paused: bool
    """Whether no email goes to their address, because earlier ones couldn't be delivered."""


class InvitationsSent(Struct, frozen=True, kw_only=True):
    """How many people were invited."""

    sent: int
    paused: int
    """Those to whose address no email goes."""


async def newcomers(viewer: Viewer, now: datetime) -> list[Newcomer]:
    """Return the people who have never signed in and whom the viewer may invite, by agency and name."""
    unused, paused = await sign_in.unused_links(), await outbox_queue.paused_members()
    invitations = {
        invitation.recipient_id: SentInvitation(
            at=invitation.at,
            state=invitation.state,
            reason=invitation.reason,
            until=invitation.until,
            is_open=(invitation.recipient_id, invitation.until) in unused,
        )
        for invitation in await emails.account_invitations(viewer)
    }
    return [
        Newcomer(person=person_card, invitation=invitations.get(person_card.id), is_paused=person_card.id in paused)
        for person_card in await _people_to_invite(viewer, now)
    ]


async def number_of_newcomers(viewer: Viewer, now: datetime) -> int:
    """Return how many people `newcomers` returns, without reading them: a large task force has thousands."""
    if not viewer.manages_accounts:
        return 0
    people, roles = 0, dict[UUID, set[Role]]()
    for row in await engine().run_querystring(QueryString(_NUMBER, now, now)):
        if row["id"] is None:
            people = int(row["people"])
        else:
            roles.setdefault(UUID(row["id"]), set()).add(Role(row["role"]))
    return people - sum(
        not account_rules.may_change_account(viewer, member_id, frozenset(held)) for member_id, held in roles.items()
    )


async def send_invitations(
    viewer: Viewer, chosen: Collection[UUID] | None, reauthenticated_at: datetime, now: datetime
) -> InvitationsSent:
    """Queue an email with a one-time link, valid for a week, to the `chosen` or to all (None).

    People who have signed in since, or may not be invited, are skipped. Errors: NotAllowed, Invalid(person).
    """
    account_rules.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        new = [
            person_card.id
            for person_card in await _people_to_invite(viewer, now)
            if chosen is None or person_card.id in chosen
        ]
        if not new:
            raise Invalid(person=NO_ONE)
        links = {member_id: ids.new_id() for member_id in new}
        await sign_in.issue_emailed_links(links, now + LIFETIME)
        by = f"{viewer.name} ({viewer.agency})"
        drafts = [
            outbox_rules.NewMessage(
                content=AccountInvited(link_id=link_id, by=by),
                recipient_id=member_id,
                key=f"account_invitation:{link_id}",
                not_after=now + LIFETIME,
            )
            for member_id, link_id in links.items()
        ]
        await outbox.enqueue_all(drafts, now)
        entries = [audit.NewAuditEntry(viewer.actor, "invited", "member", member_id, {}) for member_id in new]
        await audit.record_all(entries, now)
        paused = await outbox_queue.paused_members() & links.keys()
    return InvitationsSent(sent=len(new) - len(paused), paused=len(paused))


async def _people_to_invite(viewer: Viewer, now: datetime) -> Sequence[PersonCard]:
    open_now = await Agency.select(Agency.id).where(Agency.status == Status.ACTIVE).output(as_list=True)
    return [
        person
        for person in await directory.people_for(viewer)
        if person.access is AccountState.NOT_YET
        and person.agency_id in open_now
        and account_rules.may_change_account(viewer, person.id, person.roles)
        and not (person.account and account_rules.is_account_over(person.account.expires_at, now))
    ]
