"""The setup checklist of the first day: read from what is there, hidden by a person, and shown again."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from tracker.database import together, writing
from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.views import set_up as rules
from tracker.rules.views.set_up import Present, Step
from tracker.tables.schema.core.deployment import Deployment
from tracker.tables.visible.emails.email_tests import SentTest
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.core.send_hold import ONLY, Known, known
from tracker.usecases.emails import email_tests
from tracker.usecases.roster import directory_rows


class SetUp(Struct, frozen=True, kw_only=True):
    """The steps with whether each is done, and the last test email."""

    steps: Mapping[Step, bool]
    test: SentTest | None

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(self.steps.values())


async def set_up(viewer: Viewer, known: Known) -> SetUp | None:
    """Return the list; None for people who do not manage accounts, when it was hidden, and when all is done."""
    if not viewer.manages_accounts or known.set_up_at:
        return None
    found = await progress(viewer)
    return None if all(found.steps.values()) else found


async def progress(viewer: Viewer) -> SetUp:
    """Return the steps as they are now, whether or not the list is shown."""
    sizes, tests, sees_any = await together(directory_rows.sizes(), email_tests.every(viewer), events.sees_any(viewer))
    present = Present(
        agencies=sizes.agencies,
        people=sizes.people,
        committees=sizes.committees,
        was_email_sent=email_tests.any_was_sent(tests),
        has_event=viewer.may_schedule and sees_any,
    )
    return SetUp(steps=rules.steps(viewer, present), test=email_tests.latest(viewer, tests))


async def is_hidden() -> bool:
    """Return whether a person hid the list."""
    return (await known()).set_up_at is not None


async def hide(viewer: Viewer, now: datetime) -> None:
    """Hide the list from everyone. Errors: NotFound for people who do not manage accounts."""
    await _note(viewer, now, "hidden", now)


async def show_again(viewer: Viewer, now: datetime) -> None:
    """Show the list again, as far as anything is left to do. Errors as in `hide`."""
    await _note(viewer, None, "shown_again", now)


async def _note(viewer: Viewer, set_up_at: datetime | None, verb: str, now: datetime) -> None:
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        await Deployment.update({Deployment.set_up_at: set_up_at}).where(Deployment.id == ONLY)
        await audit.record(viewer.actor, verb, "set_up_list", "", {}, now)
