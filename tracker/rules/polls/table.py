"""The table of a date poll: who can come on which date, by agency, with the quorum and the arms."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.audiences import Arm
from tracker.rules.core.wording import plural
from tracker.rules.polls.polls import Fit, Option, Poll, Respondent
from tracker.rules.roster.quorum import IN_WORDS, Count, Quorum


class Numbers(Struct, frozen=True, kw_only=True):
    """How many people gave each reply about one date."""

    yes: int
    if_needed: int
    no: int
    silent: int
    """People who said nothing about it."""

    @property
    def can_come(self) -> int:
        """Return how many could come, some of them only if need be."""
        return self.yes + self.if_needed


class Column(Struct, frozen=True, kw_only=True):
    """One date, counted over all people."""

    option: Option
    numbers: Numbers
    arms: tuple[Arm, ...]
    """The arms that were asked and of which no one can come so far."""
    quorum: Count | None
    """With the people who said yes; None where the committee requires none, or the viewer may not know it."""
    quorum_if_needed: Count | None
    """With those who said if need be, too."""
    is_best: bool = False

    @property
    def quorum_words(self) -> str:
        """Return whether there would be a quorum: "Quorum: 5 of 8 seats (5 needed)", and whether only if need be."""
        if self.quorum is None or self.quorum_if_needed is None:
            return ""
        if self.quorum.is_met or not self.quorum_if_needed.is_met:
            return self.quorum.words if self.quorum.is_met else self.quorum_if_needed.words
        return f"{self.quorum_if_needed.words}, some only if need be"

    @property
    def arm_words(self) -> str:
        """Return which of the arms that were asked can't come so far: "No one from victim services so far"."""
        return f"No one from {' or '.join(IN_WORDS[arm] for arm in self.arms)} so far" if self.arms else ""


class AgencyRows(Struct, frozen=True, kw_only=True):
    """The people of one agency: their numbers for each date, and those whom the viewer reads by name."""

    agency: str
    people: int
    numbers: tuple[Numbers, ...]
    """In the order of the dates."""
    named: tuple[Respondent, ...]


def columns(poll: Poll, people: Sequence[Respondent], quorum: Quorum | None) -> list[Column]:
    """Return the dates, counted; the best one is marked once anyone who was asked has replied."""
    counted = [_column(one, people, quorum) for one in poll.options]
    if not any(one.role.is_asked and one.has_replied for one in people):
        return counted
    best = min(counted, key=_rank)
    return [replace(one, is_best=one is best) for one in counted]


def by_agency(poll: Poll, people: Iterable[Respondent], named: Container[UUID]) -> list[AgencyRows]:
    """Return the rows of the table, agencies and their people in the order given; `named` are read by name."""
    agencies: dict[UUID, list[Respondent]] = {}
    for one in people:
        agencies.setdefault(one.agency_id, []).append(one)
    return [
        AgencyRows(
            agency=some[0].agency,
            people=len(some),
            numbers=tuple(numbers(option, some) for option in poll.options),
            named=tuple(one for one in some if one.member_id in named),
        )
        for some in agencies.values()
    ]


def numbers(option: Option, people: Sequence[Respondent]) -> Numbers:
    """Return the numbers of some people for one date."""
    given = [one.fits.get(option.id) for one in people]
    return Numbers(
        yes=given.count(Fit.YES), if_needed=given.count(Fit.IF_NEEDED), no=given.count(Fit.NO), silent=given.count(None)
    )


def words(counted: Numbers) -> str:
    """Return the numbers in words: "2 yes, 1 if need be"; what no one said is left out."""
    said = ((counted.yes, "yes"), (counted.if_needed, "if need be"), (counted.no, "no"), (counted.silent, "no reply"))
    return ", ".join(f"{number} {word}" for number, word in said if number)


def replied_words(people: Sequence[Respondent]) -> str:
    """Return how many of the people who are asked have replied: "3 of 5 people asked have replied"."""
    asked = [one for one in people if one.role.is_asked]
    replied = sum(one.has_replied for one in asked)
    return f"{replied} of {plural(len(asked), 'person asked has', 'people asked have')} replied"


def _column(option: Option, people: Sequence[Respondent], quorum: Quorum | None) -> Column:
    yes = {one.member_id for one in people if one.fits.get(option.id) is Fit.YES}
    can_come = yes | {one.member_id for one in people if one.fits.get(option.id) is Fit.IF_NEEDED}
    asked, present = {one.arm for one in people}, {one.arm for one in people if one.member_id in can_come}
    return Column(
        option=option,
        numbers=numbers(option, people),
        arms=tuple(arm for arm in Arm if arm in asked - present),
        quorum=quorum.count_present(yes) if quorum else None,
        quorum_if_needed=quorum.count_present(can_come) if quorum else None,
    )


def _rank(one: Column) -> tuple[bool, bool, int, int, int, datetime]:
    """Order dates: with a quorum, with each arm, most people, most of them without reserve, then the soonest."""
    has_no_quorum = one.quorum_if_needed is not None and not one.quorum_if_needed.is_met
    return has_no_quorum, bool(one.arms), -one.numbers.can_come, -one.numbers.yes, one.numbers.no, one.option.starts
