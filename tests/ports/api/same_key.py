"""A process that posts one marked operation by API under an Idempotency-Key, and writes the status and the event's id.

python -m tests.ports.api.same_key DATABASE_URL TOKEN AGENCY INVITED KEY
"""

import asyncio
import sys

from tests.cast import SECRET
from tests.ports.api.conftest import Program
from tests.ports.standing import standing
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database

CATEGORIES = ["SP-INV", "LEI", "PRVCY", "PRIVILEGE"]


def marked_operation(agency: str, invited: str) -> dict[str, object]:
    """Return an operation whose marking has several categories, which the rules keep in a set."""
    return {
        "kind": "joint_operation",
        "title": "Operation Bluestem",
        "visibility": "named",
        "date": "2027-01-16",
        "time": "06:00",
        "minutes": 360,
        "people": [{"member_id": invited}],
        "marking": {"categories": CATEGORIES, "agency_id": agency, "decontrol_on": "2027-12-31"},
    }


async def post_operation(url: str, token: str, agency: str, invited: str, key: str) -> None:
    """Post it."""
    keys.use_secret(SECRET)
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    with standing() as app:
        response = await Program(app, token).ask(
            "POST", "/events", marked_operation(agency, invited), headers={"Idempotency-Key": key}
        )
    sys.stdout.write(f"{response.status_code} {response.json().get('id', response.text)}")
    await close_database(engine)


if __name__ == "__main__":
    asyncio.run(post_operation(*sys.argv[1:]))
