"""A process that sends a form of a marked operation, and writes the id of its event.

    python -m tests.usecases.events.same_form DATABASE_URL LEAD INVITED AGENCY FORM

All but the first are ids.
"""

import asyncio
import sys
from datetime import date
from uuid import UUID

from tests.cast import NOW, SECRET, operation
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.rules.events.markings import Category, Marking
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling


async def send_form(url: str, lead: UUID, invited: UUID, agency: UUID, form: UUID) -> None:
    """Schedule the operation."""
    keys.use_secret(SECRET)
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    categories = frozenset({Category.LEI, Category.SP_INV, Category.PRIVILEGE, Category.PRVCY})
    marking = Marking(categories=categories, agency_id=agency, decontrol_on=date(2027, 12, 31))
    plan = operation(await viewer_for(invited, NOW), marking=marking)
    event_id = await scheduling.schedule_event(await viewer_for(lead, NOW), plan, NOW, form_id=form)
    sys.stdout.write(str(event_id))
    await close_database(engine)


if __name__ == "__main__":
    asyncio.run(send_form(sys.argv[1], *map(UUID, sys.argv[2:])))
