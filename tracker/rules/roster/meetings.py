"""How the people of the roster meet: a committee's quorum, the reminders of its events, and sites."""

from collections.abc import Collection, Container, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid, refuse_fields
from tracker.rules.core.clean_text import name_fault
from tracker.rules.core.viewers import Arm
from tracker.rules.core.wording import plural
from tracker.rules.roster.coordinates import Coordinates

MOST_SEATS = 99


class QuorumRule(Struct, frozen=True, kw_only=True):
    """A committee's quorum requirement; by default none."""

    seats: int | None = None
    """How many of its seats must be filled."""
    both_arms: bool = False

    @property
    def is_asked(self) -> bool:
        """Return whether the committee requires a quorum."""
        return self.seats is not None or self.both_arms

    def words(self, of: int) -> str:
        """Return the rule for a committee with `of` seats: "5 of 8 seats, both arms"."""
        seats = f"{self.seats} of {plural(of, 'seat')}" if self.seats is not None else ""
        return ", ".join(filter(None, (seats, "both arms" if self.both_arms else ""))) or "none"

    def check(self, arm: Arm | None) -> None:
        """Raise `Invalid` for a rule that a committee of this arm (None: of both) can't require."""
        if self.seats is not None and not 1 <= self.seats <= MOST_SEATS:
            raise Invalid(quorum=f"Enter how many seats must be present, 1 to {MOST_SEATS}, or leave it blank.")
        if self.both_arms and arm is not None:
            raise Invalid(both_arms="This committee has one arm. Clear the check box, or choose both arms.")


NO_QUORUM = QuorumRule()


class FillableSeat(Struct, frozen=True, kw_only=True):
    """A seat of an agency, and who may fill it: its primary and alternates."""

    agency_id: UUID
    arm: Arm
    holders: frozenset[UUID]


class QuorumCount(Struct, frozen=True, kw_only=True):
    """How many seats are filled, compared with the requirement."""

    filled: int
    of: int
    needed: int
    absent: tuple[Arm, ...]
    """Required arms with no one present."""

    @property
    def is_met(self) -> bool:
        """Return whether there is a quorum."""
        return self.filled >= self.needed and not self.absent

    @property
    def words(self) -> str:
        """Return "Quorum: 6 of 8 seats (5 needed)", or why there is no quorum."""
        needed = f" ({self.needed} needed)" if self.needed else ""
        seats = f"{self.filled} of {plural(self.of, 'seat')}{needed}"
        if self.is_met:
            return f"Quorum: {seats}"
        few = seats if self.filled < self.needed else ""
        no_one = f"no one from {' or '.join(arm.label.lower() for arm in self.absent)}" if self.absent else ""
        return "No quorum: " + ", ".join(filter(None, (few, no_one)))


class Quorum(Struct, frozen=True, kw_only=True):
    """The rule of a committee and its seats."""

    rule: QuorumRule
    seats: Sequence[FillableSeat]

    @property
    def holders(self) -> frozenset[UUID]:
        """Return all people who may fill a seat."""
        return frozenset(holder for seat in self.seats for holder in seat.holders)

    def among(self, invited: Container[UUID]) -> "Quorum":
        """Return the committee reduced to seats of which a member is invited; an alternate may come then.

        No one fills the others.
        """
        open_ = self.filled(invited)
        seats = tuple(seat if seat in open_ else replace(seat, holders=frozenset()) for seat in self.seats)
        return replace(self, seats=seats)

    def count(self, absent: Container[UUID]) -> QuorumCount:
        """Return how many seats are filled when some people can't come."""
        seats = [seat for seat in self.seats if any(holder not in absent for holder in seat.holders)]
        return count_quorum(self.rule, [seat.arm for seat in seats], len(self.seats))

    def count_present(self, present: Container[UUID]) -> QuorumCount:
        """Return how many seats are filled by the people present."""
        return count_quorum(self.rule, [seat.arm for seat in self.filled(present)], len(self.seats))

    def filled(self, present: Container[UUID]) -> list[FillableSeat]:
        """Return the seats of which a holder is present."""
        return [seat for seat in self.seats if any(holder in present for holder in seat.holders)]


def count_quorum(rule: QuorumRule, filled: Sequence[Arm], of: int) -> QuorumCount:
    """Return how many of a committee's `of` seats are filled, compared with the rule; `filled` are their arms."""
    return QuorumCount(
        filled=len(filled),
        of=of,
        needed=rule.seats or 0,
        absent=tuple(arm for arm in Arm if arm not in filled) if rule.both_arms else (),
    )


LEAD_TIMES = (timedelta(days=7), timedelta(days=1), timedelta(hours=2))
USUAL = frozenset(LEAD_TIMES)
OFFERED = (timedelta(days=7), timedelta(days=3), *LEAD_TIMES[1:], timedelta(minutes=30))
"""Lead times that people can choose from, longest first."""
ASKS_OFFERED = (timedelta(days=14), timedelta(days=10), timedelta(days=5), timedelta(days=2))
"""How long before a date missing replies can be requested again; no two within the 48 hours after a request."""
ASKS_AFTER_OFFERED = (timedelta(days=2), timedelta(days=5), timedelta(days=7), timedelta(days=10))
"""How many days after a person's invitation theirs can be requested again; no two within 48 hours either."""


class ReminderPolicy(Struct, frozen=True, kw_only=True):
    """What people get by email before and after the dates of an event; the defaults are for those of no committee."""

    leads: frozenset[timedelta] = USUAL
    """Empty = no reminders, except for people who chose times of their own."""
    asks_before: frozenset[timedelta] = frozenset()
    """How long before a date missing replies are requested again; empty = never."""
    asks_after: frozenset[timedelta] = frozenset()
    """How many days after a person's invitation was sent their missing reply is requested again; empty = never."""
    sends_thanks: bool = False
    """Whether people who were marked present get a thank-you, an hour after attendance is closed."""

    @property
    def words(self) -> str:
        """Return it in a sentence or two."""
        reminders = f"Reminders go out {leads_words(self.leads)}." if self.leads else "No reminders."
        asks = f" We follow up {self._asks} with people who haven’t replied." if self.asks else ""
        thanks = " People who were there get a thank-you after attendance is closed." if self.sends_thanks else ""
        return reminders + asks + thanks

    @property
    def brief(self) -> str:
        """Return it as a part of a sentence: "1 day before, follow-ups 5 days after the invitation, thank-you"."""
        asks = f"follow-ups {self._asks.rstrip(',')}" if self.asks else ""
        thanks = "thank-you" if self.sends_thanks else ""
        reminders = leads_words(self.leads) if self.leads else "no reminders"
        return ", ".join(filter(None, (reminders, asks, thanks)))

    @property
    def asks(self) -> bool:
        """Return whether missing replies are requested again at all."""
        return bool(self.asks_before or self.asks_after)

    @property
    def _asks(self) -> str:
        before = leads_words(self.asks_before) if self.asks_before else ""
        if not self.asks_after:
            return before
        after = f"{_listed(lead_words(span) for span in sorted(self.asks_after))} after the invitation"
        return f"{after}, and {before} the event," if before else after


USUAL_POLICY = ReminderPolicy()


def policy_in(
    minutes: Iterable[str],
    asks_before: Iterable[str] = (),
    asks_after: Iterable[str] = (),
    *,
    sends_thanks: bool = False,
) -> ReminderPolicy:
    """Return the policy that a form describes by times in minutes; ones that aren't offered are ignored."""
    return ReminderPolicy(
        leads=_offered(minutes, OFFERED),
        asks_before=_offered(asks_before, ASKS_OFFERED),
        asks_after=_offered(asks_after, ASKS_AFTER_OFFERED),
        sends_thanks=sends_thanks,
    )


def time_choices(offered: Iterable[timedelta], where: str = "before") -> list[tuple[str, str]]:
    """Return times before or after something as the choices of a form: minutes, and words."""
    return [(minutes_of(span), f"{lead_words(span)} {where}") for span in offered]


def minutes_of(lead: timedelta) -> str:
    """Return a lead time as forms and rows write it."""
    return str(int(lead.total_seconds() // 60))


def check_leads(leads: Collection[timedelta]) -> frozenset[timedelta]:
    """Return lead times. Errors: Invalid(leads) when there are none, or one that is not offered."""
    if not leads or not set(leads) <= set(OFFERED):
        raise Invalid(leads="Choose at least one time, or turn these reminders off.")
    return frozenset(leads)


def _offered(minutes: Iterable[str], offered: Iterable[timedelta]) -> frozenset[timedelta]:
    known = {minutes_of(span): span for span in offered}
    return frozenset(known[minute] for minute in minutes if minute in known)


def lead_words(lead: timedelta) -> str:
    """Return "7 days", "2 hours", "30 minutes"."""
    if lead.days:
        return plural(lead.days, "day")
    minutes = lead.seconds // 60
    return plural(minutes // 60, "hour") if minutes % 60 == 0 else plural(minutes, "minute")


def leads_words(leads: Iterable[timedelta]) -> str:
    """Return "7 days, 1 day, and 2 hours before", longest first."""
    return f"{_listed(lead_words(lead) for lead in sorted(leads, reverse=True))} before"


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} and {last}" if others else last


LONGEST_NAME = 120  # characters, as are the others
LONGEST_ADDRESS = 160
LONGEST_EQUIPMENT = 160
LARGEST_CAPACITY = 9_999
SEATS_WANTED = f"Enter how many people it holds, 1 to {LARGEST_CAPACITY:,}, or leave it blank."


class MeetingSiteFacts(Struct, frozen=True, kw_only=True):
    """A site as a form describes it."""

    name: str
    address: str
    capacity: int | None
    """Capacity in people; None = not known."""
    equipment: str
    is_open: bool
    """Whether it is offered for new events."""
    coordinates: Coordinates | None = None
    """None = not known."""

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field."""
        seats = self.capacity is None or 1 <= self.capacity <= LARGEST_CAPACITY
        wrong = {
            "name": name_fault(self.name) if self.name else "Enter a name, for example “5th-floor conference room”.",
            "capacity": "" if seats else SEATS_WANTED,
        }
        refuse_fields(wrong)


class MeetingSite(MeetingSiteFacts, frozen=True, kw_only=True):
    """A room or a building."""

    id: UUID
    version: int

    @property
    def place(self) -> str:
        """Return the place text of an event at this site."""
        return ", ".join(filter(None, (self.name, self.address)))

    @property
    def words(self) -> str:
        """Return what the site has: "holds 20, projector"."""
        size = f"holds {self.capacity}" if self.capacity is not None else ""
        return ", ".join(filter(None, (size, self.equipment)))

    @property
    def texts(self) -> tuple[str, str]:
        """Return the texts for its place in lower case: the name alone, and with the address."""
        return _folded(self.name), _folded(self.place)

    def too_small(self, invited: int) -> str:
        """Return the warning when the invited people and the organizer don't fit, else nothing."""
        if self.capacity is None or invited < self.capacity:
            return ""
        return f"Room holds {self.capacity}; {invited + 1} invited, including the organizer."


class SiteBooking(Struct, frozen=True, kw_only=True):
    """Another event at a site, which the viewer may see."""

    event_id: UUID
    title: str
    is_marked: bool
    """Whether it is controlled unclassified information."""
    starts_at: datetime


class Room(Struct, frozen=True, kw_only=True):
    """The site of an event, and other events there at its times, as far as the viewer may see them."""

    site: MeetingSite
    taken: Sequence[SiteBooking]


def site_at(place: str, sites: Iterable[MeetingSite]) -> MeetingSite | None:
    """Return the site that a place text names, with or without its address."""
    wanted = _folded(place)
    return next((site for site in sites if wanted and wanted in site.texts), None)


def known_place(text: str, sites: Iterable[MeetingSite]) -> MeetingSite | None:
    """Return the site that a text names by its name, its address, or both."""
    wanted = _folded(text)
    return next((site for site in sites if wanted and wanted in (*site.texts, _folded(site.address))), None)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


LONGEST_CONFIDENTIAL_NAME = 120  # characters, as are the others
LONGEST_CONFIDENTIAL_ADDRESS = 200
LONGEST_DIRECTIONS = 1_000


class PublicSite(Struct, frozen=True, kw_only=True):
    """What everyone may know of a confidential site."""

    id: UUID
    name: str
    """The public name, for example "partner location 2"."""
    agency: str
    """Short name of the agency to ask."""


class ConfidentialSiteFacts(Struct, frozen=True, kw_only=True):
    """A confidential site as its agency describes it."""

    name: str
    address: str
    directions: str
    """How to get there: a room, a map link, coordinates."""
    is_open: bool = True
    """Whether it is offered for off-site services."""

    def check(self) -> None:
        """Raise `Invalid` with a sentence for each wrong field, also for a public name that has the address in it."""
        wrong = {
            "name": name_fault(self.name) if self.name else "Enter a public name, for example “partner location 2”.",
            "address": "" if self.address else "Enter the address. Only your agency can read it.",
        }
        if self.address and self.address.casefold() in self.name.casefold():
            wrong["name"] = "Everyone can read the public name. Leave the address out."
        refuse_fields(wrong)


class OwnSite(Struct, frozen=True, kw_only=True):
    """A confidential site as the people of its agency see it."""

    id: UUID
    facts: ConfidentialSiteFacts
    version: int
