"""How long a confirmed identity holds, for actions that need more than a session (CJIS IA-11)."""

from datetime import datetime, timedelta

PROOF_HOLDS = timedelta(minutes=15)


def is_recent(reauthenticated_at: datetime, now: datetime) -> bool:
    """Return whether a person who confirmed their identity at `reauthenticated_at` need not do it again."""
    return now - reauthenticated_at < PROOF_HOLDS
