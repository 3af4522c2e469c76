"""The reminder policies of committees, read; `usecases.emails.committee_reminders` changes them."""

from uuid import UUID

from tracker.rules.roster.reminder_policy import USUAL_POLICY, ReminderPolicy
from tracker.tables.schema.emails.preferences import CommitteePreference
from tracker.tables.schema.events.policy_columns import leads_of


async def policies() -> dict[UUID, ReminderPolicy]:
    """Return the policies of the committees that chose one."""
    return {
        row["committee"]: ReminderPolicy(
            leads=leads_of(row["leads"]),
            asks_before=leads_of(row["ask_leads"]),
            asks_after=leads_of(row["ask_after"]),
            sends_thanks=bool(row["sends_thanks"]),
        )
        for row in await CommitteePreference.select(
            CommitteePreference.committee,
            CommitteePreference.leads,
            CommitteePreference.ask_leads,
            CommitteePreference.ask_after,
            CommitteePreference.sends_thanks,
        )
    }


async def policy_of(committee_id: UUID | None) -> ReminderPolicy:
    """Return the policy with which an event of a committee, or of none, begins."""
    return USUAL_POLICY if committee_id is None else (await policies()).get(committee_id, USUAL_POLICY)
