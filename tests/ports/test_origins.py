"""From where people come, as the audit trail tells it: by page, program, mail link and feed, and behind a proxy."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, session_of
from tracker import keys
from tracker.tables.audit import AuditEntry

pytestmark = pytest.mark.anyio

PEER, ELSEWHERE = "192.0.2.7", "203.0.113.9"
NOTE = "/settings/sessions/none/end"
"""A deed that changes nothing."""


async def entry(verb: str) -> Mapping[str, Any]:
    found = await AuditEntry.select().where(AuditEntry.verb == verb).order_by(AuditEntry.seq, ascending=False).first()
    assert found is not None
    return found


async def test_a_deed_on_a_page_says_from_where_and_in_which_session(app: Litestar, sqlite_cast: Cast) -> None:
    session = await session_of(sqlite_cast.caht_lead, NOW)
    assert (await Browser(app, session, address=PEER).post("/sign-out")).status_code == 303
    found = await entry("signed_out")
    whence = (found["door"], found["address"], found["session"], found["agency"])
    assert whence == ("page", PEER, keys.fingerprint(session)[:12], str(sqlite_cast.agencies["CAHT"]))
    assert re.fullmatch("[0-9a-f]{16}", found["request"])
