"""Who is told, and whom to call, when a keeper of accounts changes how somebody comes in."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewer import Role, Status, Viewer
from tracker.rules.emails.account import AccountChange
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import outbox


async def notify(viewer: Viewer, member_id: UUID, what: AccountChange, now: datetime) -> None:
    """Queue the mail about a change to somebody's account, to the address that holds before it.

    Whoever keeps accounts could otherwise become anybody without a word. The caller is inside `writing()`, and calls
    it before it replaces an address.
    """
    [row] = await Member.select(Member.email, Member.name).where(Member.id == member_id)
    await outbox.enqueue(
        kind=MessageKind.ACCOUNT_CHANGED,
        recipient_id=member_id,
        key=f"account_changed:{member_id}:{what}:{now.isoformat()}",
        facts={"what": what, "to": row["email"], "name": row["name"], "by": viewer.name, "by_id": viewer.member_id},
        now=now,
    )


async def whom_to_call(but: UUID) -> str:
    """Return the coordinators with their telephone numbers, without the one who made the change; "" for none."""
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
