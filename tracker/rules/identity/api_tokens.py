"""Personal tokens of the API: what each may be allowed, and for how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid

LIFETIME = timedelta(days=365)
MAX_TOKENS = 10  # tokens of one person


class ApiScope(StrEnum):
    """What a token allows; it never allows more than its owner may see and do."""

    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    REPLIES_READ = "replies:read"
    REPLIES_WRITE = "replies:write"
    ATTENDANCE_READ = "attendance:read"
    ATTENDANCE_WRITE = "attendance:write"
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"


SCOPE_WORDS = {
    ApiScope.EVENTS_READ: "Read events, their dates, people, agencies, and committees",
    ApiScope.EVENTS_WRITE: "Schedule, change, and cancel events and dates",
    ApiScope.REPLIES_READ: "Read replies",
    ApiScope.REPLIES_WRITE: "Reply on your behalf",
    ApiScope.ATTENDANCE_READ: "Read attendance",
    ApiScope.ATTENDANCE_WRITE: "Take attendance",
    ApiScope.ITEMS_READ: "Read action items",
    ApiScope.ITEMS_WRITE: "Assign, update, and complete action items",
    ApiScope.OPERATIONS_READ: "Read the plans of joint operations, with their sites and conflicts",
    ApiScope.OPERATIONS_WRITE: "Plan joint operations: sites, agency resources, approvals, and acknowledgments",
}


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
