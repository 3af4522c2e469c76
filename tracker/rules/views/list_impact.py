"""What a change of seats does to the lists of events, as one viewer may know it, in words for forms and notices."""

from collections.abc import Collection, Iterable
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import plural
from tracker.rules.events.event import Line, may_edit


class ListImpact(Struct, frozen=True, kw_only=True):
    """The change to one event's list; a name is empty where no one leaves or joins."""

    dates: tuple[Line, ...]
    """The event's upcoming dates."""
    leaves: str
    joins: str
    notified: frozenset[UUID]
    """The people who get an email."""

    @property
    def words(self) -> str:
        """Return who is invited from now on, and who is not."""
        joins = f"{self.joins} is invited." if self.joins else ""
        leaves = f"{self.leaves} is removed from the list." if self.leaves else ""
        return " ".join(filter(None, (joins, leaves)))


def may_know(viewer: Viewer, line: Line, arms: Collection[Arm]) -> bool:
    """Return whether a viewer who sees an event may know which people of these arms are on its list, by name.

    It is the same as on the event's page: people who may change it read all names, others those of their own arm.
    """
    return may_edit(viewer, line) or all(one is viewer.arm for one in arms)


def notified(impact: Iterable[ListImpact]) -> frozenset[UUID]:
    """Return the people who get an email, each once."""
    return frozenset[UUID]().union(*(one.notified for one in impact))


def email_words(impact: Collection[ListImpact]) -> str:
    """Return how many emails go to how many people; a person gets one for each event."""
    people, number = len(notified(impact)), sum(len(one.notified) for one in impact)
    if not people:
        return "No one will get an email."
    return f"{plural(number, 'email')} will go to {plural(people, 'person', 'people')}."


def done_words(impact: Collection[ListImpact]) -> str:
    """Return what to add to the notice that a seat changed; nothing where no list changed."""
    if not impact:
        return ""
    return f" {plural(len(impact), 'invitee list')} also changed. {email_words(impact)}"
