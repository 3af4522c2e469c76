"""How long what is known of incoming emails is kept."""

from datetime import timedelta

UNRECORDED_FOR = timedelta(days=90)
"""Of an email that changed nothing: who sent it, and what it said to people who decide about it."""
RECORDED_FOR = timedelta(days=365)
"""Of one that changed something, so that the same email again changes nothing; and of bounces.

A reply is kept longer while its event isn't over by as much: an older one that comes late must not count.
"""
