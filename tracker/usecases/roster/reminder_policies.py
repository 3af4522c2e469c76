"""The reminder policies of the task force and its committees, read; `usecases.emails` changes them."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.roster.reminder_policies import ReminderPolicy
from tracker.tables.schema.events.event_columns import policy_in_row

_POLICIES = (
    "SELECT p.committee, p.leads AS reminder_leads, p.ask_leads, p.ask_after, p.sends_thanks"
    " FROM committee_preference p WHERE NOT p.is_usual"
    " UNION ALL SELECT NULL, d.reminder_leads, d.ask_leads, d.ask_after, d.sends_thanks FROM deployment d"
)


class ReminderPolicies(NamedTuple):
    """The policy of the task force, and those of the committees that chose one."""

    usual: ReminderPolicy
    of_committee: Mapping[UUID, ReminderPolicy]

    def of(self, committee_id: UUID | None) -> ReminderPolicy:
        """Return the policy with which an event of a committee, or of none, begins."""
        return self.of_committee.get(committee_id, self.usual) if committee_id else self.usual


async def reminder_policies() -> ReminderPolicies:
    """Return the policies, by one query."""
    found = {row["committee"]: policy_in_row(row) for row in await engine().run_querystring(QueryString(_POLICIES))}
    return ReminderPolicies(usual=found.pop(None), of_committee=found)


async def policy_of_committee(committee_id: UUID | None) -> ReminderPolicy:
    """Return the policy with which an event of a committee, or of none, begins."""
    return (await reminder_policies()).of(committee_id)
