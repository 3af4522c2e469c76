"""The words that someone looks for, and where they are."""

from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.views.search import around, pieces, words_of


def test_words_count_once_and_without_case_or_signs() -> None:
    assert words_of("  Task-FORCE task’ ") == ("task", "force")


def test_words_are_marked_in_a_text_as_they_are_found() -> None:
    assert pieces("Task force, taskmaster; multitask", ("task", "forces")) == [
        ("Task", True),
        (" ", False),
        ("force", True),
        (", ", False),
        ("taskmaster", True),
        ("; multitask", False),
    ]


@given(text=some.text(max_size=60), words=some.text(max_size=12))
def test_pieces_make_up_the_text_again(text: str, words: str) -> None:
    assert "".join(piece for piece, _ in pieces(text, words_of(words))) == text


def test_a_passage_begins_near_the_word() -> None:
    long = "One. " * 60 + "The interpreter roster. " + "Two. " * 60
    assert "interpreter roster" in around(long, ("interpreter",))
    assert len(around(long, ("interpreter",))) < 140
    assert around("Nothing here", ("interpreter",)) == ""
