"""Personal tokens of the API: what each may be allowed, and for how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.wording import Worded

LIFETIME = timedelta(days=365)
MAX_TOKENS = 10  # tokens of one person


class ApiScope(Worded):
    """What a token allows; it never allows more than its owner may see and do."""

    EVENTS_READ = "events:read", "Read events, their dates, people, agencies, and committees"
    EVENTS_WRITE = "events:write", "Schedule, change, and cancel events and dates"
    REPLIES_READ = "replies:read", "Read replies"
    REPLIES_WRITE = "replies:write", "Reply on your behalf"
    ATTENDANCE_READ = "attendance:read", "Read attendance"
    ATTENDANCE_WRITE = "attendance:write", "Take attendance"
    ITEMS_READ = "items:read", "Read action items"
    ITEMS_WRITE = "items:write", "Assign, update, and complete action items"
    OPERATIONS_READ = "operations:read", "Read the plans of joint operations, with their sites and conflicts"
    OPERATIONS_WRITE = (
        "operations:write",
        "Plan joint operations: sites, agency resources, approvals, and acknowledgments",
    )


class OwnApiToken(Struct, frozen=True, kw_only=True):
    """A token as its owner sees it, without its value."""

    id: UUID
    name: str
    scopes: frozenset[ApiScope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


def scopes_of(words: Iterable[str]) -> frozenset[ApiScope]:
    """Return the scopes that a form sent. Errors: Invalid(scopes) for none or an unknown one."""
    chosen = set(words)
    if not chosen or not chosen <= set(ApiScope):
        raise Invalid(scopes="Choose at least one permission.")
    return frozenset(ApiScope(one) for one in chosen)
