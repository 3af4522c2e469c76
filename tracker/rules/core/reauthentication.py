"""How long a proof of who somebody is holds, for what needs more than a session (CJIS IA-11)."""

from datetime import datetime, timedelta

PROOF_HOLDS = timedelta(minutes=15)


def is_recent(reauthenticated_at: datetime, now: datetime) -> bool:
    """Whether a person who proved who they are at `reauthenticated_at` need not do it again."""
    return now - reauthenticated_at < PROOF_HOLDS
