"""What a deployment stores about itself, in one row."""

from piccolo.columns import BigInt, Boolean, Timestamptz, Varchar
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.events.policy_columns import USUAL_LEADS


class Deployment(Table):
    """One row with id 1."""

    id = BigInt(primary_key=True)
    copy_of = Timestamptz(null=True, default=None)
    """The moment of the backup that this copy was restored from, until a person resumes sending; None = it sends."""
    backed_up_at = Timestamptz(null=True, default=None)
    """When the last backup was made."""
    unnamed_proxy_at = Timestamptz(null=True, default=None)
    """When a sign-in last came through a web server that `--proxy` doesn't name; None = not since it is named."""
    set_up_at = Timestamptz(null=True, default=None)
    """When the setup checklist of the first day was hidden; None = it is shown while anything on it is left to do."""
    quiet_from = Varchar(length=5, null=True, default=None)
    """22:00: when quiet hours begin for people who have chosen nothing, on their own clocks; None = there are none"""
    quiet_until = Varchar(length=5, null=True, default=None)
    reminder_leads = Varchar(length=60, default=USUAL_LEADS)
    """The reminder policy of the task force, which committees and events of none begin with; as in `Event`"""
    ask_leads = Varchar(length=60, default="")
    ask_after = Varchar(length=60, default="")
    sends_thanks = Boolean(default=False)

    constraints = (check("id = 1"), check("(quiet_from IS NULL) = (quiet_until IS NULL)"))
