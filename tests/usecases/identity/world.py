"""What the tests of signing in share: a cheap hashing, a member with a password, and an authenticator app."""

from datetime import datetime
from uuid import UUID

import pyotp

from tests.cast import NOW
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.tables.schema.roster import Member
from tracker.usecases.identity import credentials, sign_in
from tracker.usecases.identity.credentials import Argon2, Hashing

PASSWORD = "violet kettle orbit plywood"
CHEAP = Hashing(Argon2(memory=64, rounds=1))


def hash_cheaply() -> None:
    """Let passwords cost next to nothing."""
    credentials.use_hashing(CHEAP)


async def give_password(viewer: Viewer, password: str = PASSWORD) -> None:
    """Give a member a password."""
    await credentials.set_password(viewer.member_id, password, NOW, by=BY_COMMAND)


async def enroll(viewer: Viewer, now: datetime = NOW) -> "App":
    """Sign a member in for the first time, and return the authenticator app they enrolled."""
    challenge = await sign_in.sign_in(viewer.email, PASSWORD, now)
    enrollment = await sign_in.enroll(challenge.token, now)
    app = App(enrollment.secret)
    await sign_in.confirm_totp(challenge.token, enrollment.sealed, app.code(now), now)
    return app


async def locked_at(member_id: UUID) -> datetime | None:
    """Return when the account was paused."""
    row = await Member.select(Member.locked_at).where(Member.id == member_id).first()
    return row["locked_at"]


class App:
    """An authenticator app on someone's phone."""

    def __init__(self, secret: str) -> None:
        self._codes = pyotp.TOTP(secret)

    def code(self, now: datetime) -> str:
        """Return what the app shows."""
        return self._codes.at(now)
