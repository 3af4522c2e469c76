"""Invitations by email: a one-time link for each person who has never signed in, all queued in one step."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Invalid
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.message_types import AccountInvited
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Role, Status, Viewer
from tracker.rules.emails.messages import MessageStatus, status_of_state
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import AccountState, PersonCard
from tracker.tables.background.emails import outbox_queue
from tracker.tables.schema.roster import Agency
from tracker.tables.visible.emails import messages
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity import one_time_links
from tracker.usecases.roster import directory

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
    mailed: SentInvitation | None
    is_paused: bool
    """Whether no email goes to their address, because earlier ones couldn't be delivered."""


class InvitationsSent(Struct, frozen=True, kw_only=True):
    """How many people were invited."""

    sent: int
    paused: int
    """Those to whose address no email goes."""


async def newcomers(viewer: Viewer, now: datetime) -> list[Newcomer]:
    """Return the people who have never signed in and whom the viewer may invite, by agency and name."""
    mailed, paused = await _sent_invitations(viewer), await outbox_queue.paused_members()
    return [
        Newcomer(person=person_card, mailed=mailed.get(person_card.id), is_paused=person_card.id in paused)
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
    return people - sum(not accounts.may_change_account(viewer, one, frozenset(held)) for one, held in roles.items())


async def send_invitations(
    viewer: Viewer, chosen: Collection[UUID] | None, reauthenticated_at: datetime, now: datetime
) -> InvitationsSent:
    """Queue an email with a one-time link, valid for a week, to the `chosen` or to all (None).

    People who have signed in since, or may not be invited, are skipped. Errors: NotAllowed, Invalid(person).
    """
    accounts.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        new = [
            person_card.id
            for person_card in await _people_to_invite(viewer, now)
            if chosen is None or person_card.id in chosen
        ]
        if not new:
            raise Invalid(person=NO_ONE)
        links = {member_id: ids.new_id() for member_id in new}
        await one_time_links.issue_mailed_links(links, now + LIFETIME)
        await outbox.enqueue_all([_draft(viewer, *pair, now) for pair in links.items()], now)
        await audit.record_all([_deed(viewer, member_id) for member_id in new], now)
        paused = await outbox_queue.paused_members() & links.keys()
    return InvitationsSent(sent=len(new) - len(paused), paused=len(paused))


async def _people_to_invite(viewer: Viewer, now: datetime) -> Sequence[PersonCard]:
    open_now = await Agency.select(Agency.id).where(Agency.status == Status.ACTIVE).output(as_list=True)
    return [
        person
        for person in await directory.people_for(viewer)
        if person.access is AccountState.NOT_YET
        and person.agency_id in open_now
        and accounts.may_change_account(viewer, person.id, person.roles)
        and not (person.account and accounts.is_account_over(person.account.expires_at, now))
    ]


async def _sent_invitations(viewer: Viewer) -> dict[UUID, SentInvitation]:
    unused = await one_time_links.unused_links()
    return {
        invitation.recipient_id: SentInvitation(
            at=invitation.at,
            state=invitation.state,
            reason=invitation.reason,
            until=invitation.until,
            is_open=(invitation.recipient_id, invitation.until) in unused,
        )
        for invitation in await messages.account_invitations(viewer)
    }


def _draft(viewer: Viewer, member_id: UUID, link_id: UUID, now: datetime) -> outbox_rules.NewMessage:
    return outbox_rules.NewMessage(
        content=AccountInvited(link_id=link_id, by=f"{viewer.name} ({viewer.agency})"),
        recipient_id=member_id,
        key=f"account_invitation:{link_id}",
        not_after=now + LIFETIME,
    )


def _deed(viewer: Viewer, member_id: UUID) -> audit.NewAuditEntry:
    return audit.NewAuditEntry(actor=viewer.actor, verb="invited", subject="member", subject_id=member_id, facts={})
