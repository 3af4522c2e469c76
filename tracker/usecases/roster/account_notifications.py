"""Who is notified, and whom to call, when an administrator changes a member's access."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.account_messages import AccountChange, AccountChanged
from tracker.rules.core.viewer import Role, Status, Viewer
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import outbox


async def notify(viewer: Viewer, member_id: UUID, what: AccountChange, now: datetime) -> None:
    """Queue the email about a change to a member's account, to the address before the change.

    Without it, an administrator could take over an account unnoticed. The caller is inside `writing()`, and calls this
    before it replaces an address.
    """
    [row] = await Member.select(Member.email, Member.name).where(Member.id == member_id)
    changed = AccountChanged(what=what, to=row["email"], name=row["name"], by=viewer.name, by_id=viewer.member_id)
    key = f"account_changed:{member_id}:{what}:{now.isoformat()}"
    await outbox.enqueue_all([outbox.Draft(content=changed, recipient_id=member_id, key=key)], now)


async def whom_to_call(but: UUID) -> str:
    """Return the coordinators with their telephone numbers, except the one who made the change; "" for none."""
    roles = MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR)
    wanted = [one for one in await roles.output(as_list=True) if one != but]
    if not wanted:
        return ""
    found = await (
        Member.select(Member.name, Member.phone)
        .where(Member.id.is_in(wanted) & (Member.status == Status.ACTIVE))
        .order_by(Member.name)
    )
    return " or ".join(f"{row['name']}, {row['phone']}" if row["phone"] else row["name"] for row in found)
