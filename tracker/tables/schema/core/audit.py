"""The audit log: who did what to what and when, and from which source; rows chained by HMAC, never changed."""

from piccolo.columns import BigInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from tracker.tables.schema.core.constraints import index


class AuditEntry(Table):
    """One deed. `hash` covers the row and the hash before it."""

    seq = BigInt(primary_key=True)
    at = Timestamptz(null=False)
    actor = Varchar(length=36, default="")
    """Member id; empty = the system. No foreign key: the audit log outlives its subjects."""
    agency = Varchar(length=36, default="")
    """Id of the agency for which the member acted; empty = the system, or an unknown person."""
    source = Varchar(length=12)
    """page, link, feed, api, cli, clock"""
    address = Varchar(length=45, default="")
    """Network address, of 45 characters at most (RFC 4291 §2.2); empty for commands and the clock."""
    session = Varchar(length=12, default="")
    """The first characters of the session's id, which is the hash of its cookie; for a program, of its token's row."""
    request = Varchar(length=16, default="")
    """The id that the access log gives the request."""
    verb = Varchar(length=40)
    subject = Varchar(length=20)
    """Kind of thing: event, occurrence, item, member, subscription…"""
    subject_id = Varchar(length=64, default="")
    facts = Text(default="{}")
    """JSON: names of the changed fields, and their values unless they are secret."""
    previous = Varchar(length=64)
    hash = Varchar(length=64)

    constraints = (
        index("audit_entry_at", "at", "seq"),
        index("audit_entry_actor", "actor", "at"),
        index("audit_entry_verb", "verb", "at"),
        index("audit_entry_subject", "subject", "subject_id"),
    )


class AuditHead(Table):
    """The end of the chain, one row with id 1: shows when the last entry was deleted."""

    id = BigInt(primary_key=True)
    seq = BigInt(null=False)
    hash = Varchar(length=64)
    seal = Varchar(length=64)
    """HMAC over seq and hash."""
