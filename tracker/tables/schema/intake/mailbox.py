"""How reading the mailbox of replies goes, in one row that every process and the Health page share."""

from piccolo.columns import BigInt, Text, Timestamptz
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check


class MailboxState(Table):
    """One row with id 1, once a process has tried to read the mailbox."""

    id = BigInt(primary_key=True)
    read_at = Timestamptz(null=True, default=None)
    """When every email in the mailbox had last been taken."""
    email_at = Timestamptz(null=True, default=None)
    """When an email was last taken from it."""
    trouble = Text(default="")
    """Why it can't be read now, in words of ours and of the mail server; empty = it can."""
    trouble_since = Timestamptz(null=True, default=None)

    constraints = (check("id = 1"), check("(trouble = '') = (trouble_since IS NULL)"))
