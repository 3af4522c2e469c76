"""A field that chooses one person: by the words that its reader types, never from a list of everyone.

With scripts the server offers the people found while one types (`ports/pages/views/search.py`). Without, and
when a form is sent before a choice, the words are looked up here: the only person found is taken, and of several the
form shows each. Words are never lost. The field itself is the macro `pickers.person`.
"""

from collections import Counter

from msgspec import Struct, field

from tracker.ports.pages.core.form_values import FormValues, id_in
from tracker.rules.core.word_forms import SHORTEST_OF_A_NAME, has_all, search_words
from tracker.rules.events.plans import Person
from tracker.usecases.roster.known_people import Candidates, PeopleMatched, candidates_among, candidates_with_words

MOST = 8  # people offered at once
WORDS = "_words"
"""What follows the name of a field in the name of the field that holds its words."""
SEVERAL = "More than one person matches. Choose one, or type more."


class ChosenPerson(Struct, frozen=True, kw_only=True):
    """Who is chosen, and what the field says; or the people among whom the words do not decide."""

    value: str = ""
    """The id of the person, or another value of the field."""
    words: str = ""
    found: PeopleMatched = field(default_factory=PeopleMatched)
    error: str | None = None

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return the values and labels of the people found; the labels of namesakes have their titles."""
        named = Counter(map(person_label, self.found.people))
        return [
            (
                str(person.id),
                f"{person_label(person)}, {person.title}"
                if named[person_label(person)] > 1 and person.title
                else person_label(person),
            )
            for person in self.found.people
        ]


def person_label(person: Person) -> str:
    """Return what the field says when a person is chosen; the same words find them."""
    return f"{person.name} ({person.agency})"


def is_typed(form: FormValues, name: str) -> bool:
    """Return whether a form or an address has the words of a field, beside the id of who is chosen."""
    return bool(form.all(f"{name}{WORDS}"))


async def read_chosen_person(form: FormValues, name: str, candidates: Candidates) -> ChosenPerson:
    """Return who is chosen in a field of a form, among the candidates.

    An id of anyone else is kept as it is, for the deed to refuse.
    """
    given, typed = form[name], form[f"{name}{WORDS}"].strip()
    if member_id := id_in(given):
        person = (await candidates_among(candidates, [member_id])).get(member_id)
        if person and (not is_typed(form, name) or (typed and _finds(typed, person))):
            return ChosenPerson(value=given, words=person_label(person))
    if not is_typed(form, name):
        return ChosenPerson(value=given)
    return await _looked_up(typed, candidates) if typed else ChosenPerson()


async def settle_chosen_person(form: FormValues, name: str, candidates: Candidates) -> FormValues:
    """Return a form with the id of who is chosen in place of the words, to be kept, compared, and merged.

    Words that don't find one person stay, with no id.
    """
    if not is_typed(form, name):
        return form
    chosen_person = await read_chosen_person(form, name, candidates)
    return (
        form.but({name: ""}) if chosen_person.error else form.without(f"{name}{WORDS}").but({name: chosen_person.value})
    )


async def _looked_up(typed: str, candidates: Candidates) -> ChosenPerson:
    people_matched = await candidates_with_words(candidates, typed, MOST)
    meant = [person for person in people_matched.people if typed.lower() in _names_of(person)] or people_matched.people
    if len(meant) == 1:
        return ChosenPerson(value=str(meant[0].id), words=person_label(meant[0]))
    return ChosenPerson(
        words=typed, found=people_matched, error=SEVERAL if people_matched.people else f"No one matches “{typed}”."
    )


def _names_of(person: Person) -> tuple[str, ...]:
    """Return what means this person even where it also finds others: a whole name, or the email address."""
    return person.name.lower(), person_label(person).lower(), person.email


def _finds(typed: str, person: Person) -> bool:
    """Return whether the words still find a person who was chosen before they were changed."""
    texts = (person.name, person.title, person.email, person.agency, person.agency_name)
    return has_all(search_words(typed), *texts, shortest=SHORTEST_OF_A_NAME)
