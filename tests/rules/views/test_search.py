"""Where a text has the words that someone looks for."""

from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.word_forms import search_words
from tracker.rules.views.search import is_quoted, parts_with_words, passage_around


def test_quotation_marks_are_seen_and_apostrophes_are_none() -> None:
    assert [is_quoted(text) for text in ('"task force"', "“task force”", "victims’ 'services'")] == [True, True, False]


def test_words_are_marked_in_a_text_as_they_are_found() -> None:
    assert parts_with_words("Task force, taskmaster; multitask", ("task", "forces")) == [
        ("Task", True),
        (" ", False),
        ("force", True),
        (", ", False),
        ("taskmaster", True),
        ("; multitask", False),
    ]


@given(text=some.text(max_size=60), words=some.text(max_size=12))
def test_pieces_make_up_the_text_again(text: str, words: str) -> None:
    assert "".join(piece for piece, _ in parts_with_words(text, search_words(words))) == text


def test_a_passage_begins_near_the_word() -> None:
    long = "One. " * 60 + "The interpreter roster. " + "Two. " * 60
    assert "interpreter roster" in passage_around(long, ("interpreter",))
    assert len(passage_around(long, ("interpreter",))) < 140
    assert passage_around("Nothing here", ("interpreter",)) == ""


def test_a_passage_has_whole_words() -> None:
    long = "Parking is in the north lot. Guests sign in. " * 3 + "The interpreter roster. " + "Bring the lists. " * 9
    found = passage_around(long, ("interpreter",))
    assert found.startswith("… in the north lot. Guests sign in. The interpreter roster. Bring the lists.")
    assert found.endswith("Bring the lists. Bring the …")


@given(before=some.text(max_size=150), after=some.text(max_size=150))
def test_a_passage_has_its_word_and_the_length_that_is_asked_for(before: str, after: str) -> None:
    found = passage_around(f"{before} interpreter {after}", ("interpreter",))
    assert "interpreter" in found
    assert len(found) <= 120 + len("…  …")


def test_of_a_text_without_spaces_a_passage_has_the_word() -> None:
    assert passage_around("a/" * 90 + "roster" + "/b" * 90, ("roster",)) == "… roster …"
    assert passage_around("r" * 500, ("rr",)) == "r" * 120 + " …"
