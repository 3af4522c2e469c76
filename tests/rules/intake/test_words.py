"""The first line of a reply is understood as its writer meant it, and nothing that was quoted counts."""

import pytest

from tests.processor_time import within
from tracker.rules.core.answers import Word
from tracker.rules.intake.own_text import own_text
from tracker.rules.intake.words import about_invitation, about_item

QUOTES = {
    "gmail": "On Fri, Nov 27, 2026 at 10:04 AM Task Force <a@b.example> wrote:\n\n> YES\n> DONE",
    "gmail, wrapped": "On Fri, Nov 27, 2026 at 10:04 AM Task Force\nof the District <\na@b.example> wrote:\n> DONE",
    "gmail in Spanish": "El vie, 27 nov 2026 a las 10:04, Task Force (<a@b.example>) escribió:\n\n> DONE",
    "outlook": "________________________________\nFrom: Task Force <a@b.example>\nSent: Friday\nTo: Jane\n\nDONE",
    "outlook, no rule": "From: Task Force <a@b.example>\nSent: Friday, November 27\nTo: Jane\nSubject: Item\n\nDONE",
    "old outlook": "-----Original Message-----\nFrom: Task Force\n\nDONE",
    "marked only": "> DONE\n> YES",
    "phone": "Sent from my iPhone\n\n> On Nov 27, 2026, at 10:04 AM, Task Force wrote:\n>\n> DONE",
    "signature": "-- \nDONE\nJane Doe",
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
def test_what_a_program_quotes_or_signs_is_no_part_of_the_reply(quote: str) -> None:
    assert own_text(quote).lines == ()
    assert own_text(f"Two calls made\n\n{quote}").lines == ("Two calls made",)
    assert own_text(f"Two calls made\r\n{quote}").lines == ("Two calls made",)
    assert about_item(quote).word is about_invitation(quote).word is None


def test_a_note_may_begin_like_a_header() -> None:
    for text in ("From: the lab, all clear", "On hold until they call", "Waiting for two things:\nthe key and the car"):
        assert own_text(text).lines == tuple(text.split("\n"))


def test_the_warning_that_a_server_puts_above_an_email_is_passed_over() -> None:
    assert about_item("CAUTION: This email came from outside the department.\nBe careful.\n\nDONE").word is Word.DONE
    assert about_item("[EXTERNAL]\n\nDONE").word is Word.DONE
    assert about_item("Caution: the gate is locked").word is Word.NOTE


@pytest.mark.parametrize(
    ("text", "word", "note"),
    [
        ("DONE", Word.DONE, ""),
        ("done.", Word.DONE, ""),
        ("  Done!  \n\nJane Doe\nDetective", Word.DONE, ""),
        ("Done. Sent it Friday.", Word.DONE, "Sent it Friday."),
        ("DONE\nSent it Friday.", Word.DONE, "Sent it Friday."),
        ("BLOCKED: no subpoena yet", Word.BLOCKED, "no subpoena yet"),
        ("in progress", Word.IN_PROGRESS, ""),
        ("In-Progress", Word.IN_PROGRESS, ""),
        ("Done with half of it", Word.NOTE, "Done with half of it"),
        ("Done, but not sent", Word.NOTE, "Done, but not sent"),
        ("Not done", Word.NOTE, "Not done"),
        ("Hi,\nDONE", Word.NOTE, "Hi,\nDONE"),
        ("YES", Word.NOTE, "YES"),
        ("", None, ""),
        ("\n \n", None, ""),
    ],
)
def test_the_first_line_updates_an_action_item(text: str, word: Word | None, note: str) -> None:
    said = about_item(text)
    assert (said.word, said.text) == (word, note)


@pytest.mark.parametrize(
    ("text", "word", "comment"),
    [
        ("YES", Word.YES, ""),
        ("No, I’m in court.", Word.NO, "I’m in court."),
        ("Maybe - depends on the trial", Word.MAYBE, "depends on the trial"),
        ("no.\nSorry", Word.NO, "Sorry"),
        ("No problem, I’ll be there", None, "No problem, I’ll be there"),
        ("Yesterday was better", None, "Yesterday was better"),
        ("Yes-men only?", None, "Yes-men only?"),
        ("Where do we park?", None, "Where do we park?"),
        ("DONE", None, "DONE"),
    ],
)
def test_the_first_line_replies_to_an_invitation(text: str, word: Word | None, comment: str) -> None:
    said = about_invitation(text)
    assert (said.word, said.text) == (word, comment)


def test_what_was_left_out_is_known() -> None:
    assert about_item("First part\n\nSecond part").is_whole is False
    assert about_item("x" * 3_000).is_whole is False
    assert about_item("All of it\n\n> quoted").is_whole is True


@pytest.mark.parametrize(
    "piece", ["On ", "\n", "> ", "From: a\n", "a:\n", "-", "_", "done ", "Caution outside\n", "=?", ":"]
)
def test_no_text_takes_long_to_read(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    within(500, lambda: (about_item(text), about_invitation(text)))
