"""The setup checklist of the first day: what a task force needs before its tracker is of use, and what is there."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tracker.rules.core.viewer import Viewer

FOUNDER = 1
"""The first coordinator, and their agency, are there from the start."""


class Step(StrEnum):
    """A step, in the order in which it is shown."""

    AGENCIES = "agencies"
    PEOPLE = "people"
    COMMITTEES = "committees"
    EMAIL = "email"
    EVENT = "event"


class Present(Struct, frozen=True, kw_only=True):
    """What is there now: active agencies, people and committees, whether a test email was sent, and a first event."""

    agencies: int
    people: int
    committees: int
    was_email_sent: bool
    has_event: bool
    """Whether the viewer may see any event that isn't a draft."""


def steps(viewer: Viewer, present: Present) -> Mapping[Step, bool]:
    """Return the steps and whether each is done.

    A viewer who schedules nothing has no step about events, and is not asked whether there are any.
    """
    found = {
        Step.AGENCIES: present.agencies > FOUNDER,
        Step.PEOPLE: present.people > FOUNDER,
        Step.COMMITTEES: present.committees > 0,
        Step.EMAIL: present.was_email_sent,
        Step.EVENT: present.has_event,
    }
    return found if viewer.may_schedule else {step: done for step, done in found.items() if step is not Step.EVENT}
