"""A process that writes the emails that wait in a database, sends none, and prints the hash of each.

python -m tests.ports.mail.same_bytes DATABASE_URL
"""

import asyncio
import hashlib
import sys
from datetime import timedelta

from tests.cast import NOW, SECRET, ZONE
from tests.ports.mail.sending import composer
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database, trying
from tracker.rules.emails.emails import Email
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails

LATER = NOW + timedelta(minutes=5)


async def write_waiting_emails(url: str) -> None:
    """Claim every email, write it, and take the claim back."""
    keys.use_secret(SECRET)
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    async with trying(10):
        for message in await outbox.claim_messages("same bytes", (), LATER, 1_000):
            letter = await emails.write_email(message, LATER, ZONE)
            assert isinstance(letter, Email)
            email = composer().compose(letter, message)
            sys.stdout.write(f"{message.id} {hashlib.sha256(email.content).hexdigest()}\n")
    await close_database(engine)


if __name__ == "__main__":
    asyncio.run(write_waiting_emails(sys.argv[1]))
