"""The first line of a reply is understood as its writer meant it, and nothing that was quoted counts."""

import pytest

from tests.processor_time import within
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.intake.emailed_words import read_invitation_words, read_item_words, read_own_text

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
    assert read_own_text(quote).lines == ()
    assert read_own_text(f"Two calls made\n\n{quote}").lines == ("Two calls made",)
    assert read_own_text(f"Two calls made\r\n{quote}").lines == ("Two calls made",)
    assert read_item_words(quote).word is read_invitation_words(quote).word is None


def test_a_note_may_begin_like_a_header() -> None:
    for text in ("From: the lab, all clear", "On hold until they call", "Waiting for two things:\nthe key and the car"):
        assert read_own_text(text).lines == tuple(text.split("\n"))


def test_the_warning_that_a_server_puts_above_an_email_is_passed_over() -> None:
    assert (
        read_item_words("CAUTION: This email came from outside the department.\nBe careful.\n\nDONE").word
        is AnswerWord.DONE
    )
    assert read_item_words("[EXTERNAL]\n\nDONE").word is AnswerWord.DONE
    assert read_item_words("Caution: the gate is locked").word is AnswerWord.NOTE


@pytest.mark.parametrize(
    ("text", "word", "note"),
    [
        ("DONE", AnswerWord.DONE, ""),
        ("done.", AnswerWord.DONE, ""),
        ("  Done!  \n\nJane Doe\nDetective", AnswerWord.DONE, ""),
        ("Done. Sent it Friday.", AnswerWord.DONE, "Sent it Friday."),
        ("DONE\nSent it Friday.", AnswerWord.DONE, "Sent it Friday."),
        ("BLOCKED: no subpoena yet", AnswerWord.BLOCKED, "no subpoena yet"),
        ("in progress", AnswerWord.IN_PROGRESS, ""),
        ("In-Progress", AnswerWord.IN_PROGRESS, ""),
        ("Done with half of it", AnswerWord.NOTE, "Done with half of it"),
        ("Done, but not sent", AnswerWord.NOTE, "Done, but not sent"),
        ("Not done", AnswerWord.NOTE, "Not done"),
        ("YES", AnswerWord.NOTE, "YES"),
        ("", None, ""),
        ("\n \n", None, ""),
    ],
)
def test_the_first_line_updates_an_action_item(text: str, word: AnswerWord | None, note: str) -> None:
    said = read_item_words(text)
    assert (said.word, said.text) == (word, note)


@pytest.mark.parametrize(
    ("text", "word", "comment"),
    [
        ("YES", AnswerWord.YES, ""),
        ("No, I’m in court.", AnswerWord.NO, "I’m in court."),
        ("Maybe - depends on the trial", AnswerWord.MAYBE, "depends on the trial"),
        ("no.\nSorry", AnswerWord.NO, "Sorry"),
        ("No problem, I’ll be there", None, "No problem, I’ll be there"),
        ("Yesterday was better", None, "Yesterday was better"),
        ("Yes-men only?", None, "Yes-men only?"),
        ("Where do we park?", None, "Where do we park?"),
        ("DONE", None, "DONE"),
    ],
)
def test_the_first_line_replies_to_an_invitation(text: str, word: AnswerWord | None, comment: str) -> None:
    said = read_invitation_words(text)
    assert (said.word, said.text) == (word, comment)


@pytest.mark.parametrize(
    "greeting",
    ["Hi,", "Hello Jane,", "Good morning Sgt. O’Neil -", "Hey team!", "HI,", "Dear Ms. de la Cruz:", "Hi all"],
)
def test_a_greeting_above_the_word_is_passed_over(greeting: str) -> None:
    for gap in ("\n", "\n\n"):
        said = read_item_words(f"{greeting}{gap}DONE\n\nThanks")
        assert (said.word, said.text) == (AnswerWord.DONE, "")
        assert read_invitation_words(f"CAUTION: from outside\n\n{greeting}{gap}No, I'm in court").word is AnswerWord.NO


@pytest.mark.parametrize(
    "text", ["Hi,", "Hello Jane", "Hi DONE\nJane", "Hi, done\nwith half", "Hi the key is gone\nDONE", "High time\nDONE"]
)
def test_more_than_a_greeting_is_a_note(text: str) -> None:
    said = read_item_words(text)
    assert (said.word, said.text) == (AnswerWord.NOTE, text)


@pytest.mark.parametrize(
    ("text", "word", "note"),
    [
        ("BLOCKED lot B is closed until Friday", AnswerWord.BLOCKED, "lot B is closed until Friday"),
        ("BLOCKED no key yet", AnswerWord.BLOCKED, "no key yet"),
        ("Blocked, waiting on phone", AnswerWord.BLOCKED, "waiting on phone"),
        ("BLOCKED - waiting on the lab", AnswerWord.BLOCKED, "waiting on the lab"),
        ("Blocked by the lab", AnswerWord.BLOCKED, "by the lab"),
        ("Blocked — waiting on the lab", AnswerWord.BLOCKED, "waiting on the lab"),
        ("IN PROGRESS half way", AnswerWord.IN_PROGRESS, "half way"),
        ("in progress 50%", AnswerWord.IN_PROGRESS, "50%"),
        ("DONE mou signed, scan follows", AnswerWord.DONE, "mou signed, scan follows"),
        ("DONE (scan follows)", AnswerWord.DONE, "scan follows"),
        ("DONE and sent", AnswerWord.DONE, "and sent"),
        ("Done, thanks", AnswerWord.DONE, "thanks"),
        ("done thank you!", AnswerWord.DONE, "thank you!"),
        ("**DONE**", AnswerWord.DONE, ""),
        ("DONE ✅", AnswerWord.DONE, ""),
        ("Done ✔️ 🙏", AnswerWord.DONE, ""),
        ("Done, no problems", AnswerWord.DONE, "no problems"),
        ("Done. Sent it. Jane didn't need the scan.", AnswerWord.DONE, "Sent it. Jane didn't need the scan."),
        ("BLOCKED I can't reach Jane", AnswerWord.BLOCKED, "I can't reach Jane"),
        ("Completed", AnswerWord.DONE, ""),
        ("Complete.", AnswerWord.DONE, ""),
    ],
)
def test_a_status_may_have_its_note_on_the_same_line(text: str, word: AnswerWord, note: str) -> None:
    said = read_item_words(text)
    assert (said.word, said.text) == (word, note)


@pytest.mark.parametrize(
    "text",
    [
        "Done is better than perfect",
        "DONE is better than perfect",
        "DONE IS BETTER THAN PERFECT",
        "Done?",
        "Done, right?",
        "DONE yet?",
        "Done...?",
        "Done 👎",
        "Not done yet",
        "Done, almost",
        "Done. Not really.",
        "DONE but the scan is missing",
        "Done thanks, but not sent",
        "DONE by Friday",
        "DONE 50%",
        "Done\nexcept the last page",
        "Blocked? No",
        "Blocked no longer",
        "BLOCKED no longer",
        "Blocked: no",
        "Blocked numbers are on the list",
        "In progress or done?",
        "Completed half of it",
        "DONE 2 of 3",
        "Done, 2/3",
        "DONE the first half",
        "DONE nothing yet",
        "Done, all but one",
        "BLOCKED resolved",
        "Blocked, unblocked now",
        "DONE never",
        "DONE nothing so far",
        "DONE none of it",
        "DONE will not happen",
        "DONE cannot happen",
        "DONE will be Friday",
        "DONE Friday",
        "DONE, Fri",
        "DONE most of it",
        "DONE pending signature",
        "DONE hopefully Friday",
        "DONE still waiting for one",
        "Done, by Friday",
        "DONE, well, not really",
        "DONE – no it's not",
        "DONE the scan isn't signed",
        "DONE Two of three are in",
        "DONE waiting on one signature",
        "DONE working on it",
        "Done, _almost_",
        "DONE → Friday",
        "DONE :(",
        "Done 🤷",
        "Done 🙅",
        "Done\n👎",
        "DONE ✗",
        "DONE ✖",
        "DONE ×",
        "DONE 🚧",
        "DONE, 👍 🚧",
        "BLOCKED nothing",
        "BLOCKED by nothing",
        "BLOCKED not",
        "BLOCKED ✅",
        "BLOCKED until Monday, solved now",
        "Accept",
    ],
)
def test_a_sentence_that_may_not_mean_the_status_is_a_note(text: str) -> None:
    said = read_item_words(text)
    assert (said.word, said.text) == (AnswerWord.NOTE, text)


@pytest.mark.parametrize(
    ("text", "word", "comment"),
    [
        ("YES see you there", AnswerWord.YES, "see you there"),
        ("Yes see you there", AnswerWord.YES, "see you there"),
        ("Yes thanks", AnswerWord.YES, "thanks"),
        ("Yes, I can't wait", AnswerWord.YES, "I can't wait"),
        ("Yes I'll be there", AnswerWord.YES, "I'll be there"),
        ("Yes will be there", AnswerWord.YES, "will be there"),
        ("Yes, I won't be late", AnswerWord.YES, "I won't be late"),
        ("No; Jane will come for me", AnswerWord.NO, "Jane will come for me"),
        ("YES no problem", AnswerWord.YES, "no problem"),
        ("YES will be there", AnswerWord.YES, "will be there"),
        ("Yes please", AnswerWord.YES, "please"),
        ("Yes, sorry for the late reply", AnswerWord.YES, "sorry for the late reply"),
        ("Yes, I'll be there. I don't need parking.", AnswerWord.YES, "I'll be there. I don't need parking."),
        ("YES until 3", AnswerWord.YES, "until 3"),
        ("YES 👍", AnswerWord.YES, ""),
        ("YES 👍🏽 see you", AnswerWord.YES, "see you"),
        ("YES :)", AnswerWord.YES, ""),
        ("*YES*", AnswerWord.YES, ""),
        ("“Yes”", AnswerWord.YES, ""),
        ("Accept", AnswerWord.YES, ""),
        ("Accepted, thanks", AnswerWord.YES, "thanks"),
        ("Decline", AnswerWord.NO, ""),
        ("Tentative", AnswerWord.MAYBE, ""),
        ("No I'm in court", AnswerWord.NO, "I'm in court"),
        ("NO (in court)", AnswerWord.NO, "in court"),
        ("NO in court", AnswerWord.NO, "in court"),
        ("No I can't make it", AnswerWord.NO, "I can't make it"),
        ("No I have court", AnswerWord.NO, "I have court"),
        ("No thanks", AnswerWord.NO, "thanks"),
        ("No sorry, I can’t make it", AnswerWord.NO, "sorry, I can’t make it"),
        ("No, I'll be in court", AnswerWord.NO, "I'll be in court"),
        ("MAYBE depends on the trial", AnswerWord.MAYBE, "depends on the trial"),
        ("No :(", AnswerWord.NO, ""),
        ("Yes, this works", AnswerWord.YES, "this works"),
        ("Maybe, if court ends early", AnswerWord.MAYBE, "if court ends early"),
    ],
)
def test_a_reply_may_have_its_note_on_the_same_line(text: str, word: AnswerWord, comment: str) -> None:
    said = read_invitation_words(text)
    assert (said.word, said.text) == (word, comment)


@pytest.mark.parametrize(
    "text",
    [
        "Yes but only until 3",
        "YES but only until 3",
        "Yes, but only until 3",
        "Yes thanks, but only until 3",
        "Yes if it moves to Friday",
        "Yes, I can't come",
        "Yes I'm in court that day",
        "Yes?",
        "YES or NO?",
        "YES can I bring two people?",
        "yes/no?",
        "YES NO MAYBE",
        "Yes, no, wait",
        "YES and no",
        "YES I can't",
        "Yes, unable to",
        "Yes, please cancel it",
        "YES unfortunately not",
        "YES 🤔",
        "Can't say yes yet",
        "No problem, I'll be there",
        "NO problem",
        "No later than Friday",
        "NO idea yet",
        "No. 5 is closed",
        "No, I can come",
        "No - I'll be there",
        "No, see you there",
        "No, unless it moves",
        "No I'm free",
        "No, I'm not busy",
        "No, that works",
        "No, count me in",
        "No, no problem",
        "NO please keep me on",
        "No one asked me",
        "No?",
        "Maybe next week works better",
        "MAYBE next week works better",
        "Maybe not",
        "Maybe, not sure I'm invited?",
        "Yes sorry I am away",
        "Yes, sorry, I'm away",
        "YES I'm unable",
        "YES I decline",
        "YES never",
        "YES regrets",
        "YES unlikely",
        "YES I might",
        "YES I'd like to, but I have a trial",
        "YES I'm in court that day",
        "YES Friday",
        "Yes, please take me\noff the list",
        "Yes 🤷",
        "YES :(",
        "No I am going",
        "No I'm happy to join",
        "No, I'm happy to join",
        "No I can't miss it",
        "No, I wouldn't miss it",
        "No I have a question",
        "No I have a car so I drive",
        "NO see you Friday",
        "NO ✅",
        "Accept my apologies, I'm in court",
    ],
)
def test_a_sentence_that_may_mean_something_else_is_no_reply(text: str) -> None:
    said = read_invitation_words(text)
    assert (said.word, said.text) == (None, text)


def test_what_was_left_out_is_known() -> None:
    assert read_item_words("First part\n\nSecond part").is_whole is False
    assert read_item_words("x" * 3_000).is_whole is False
    assert read_item_words("All of it\n\n> quoted").is_whole is True


@pytest.mark.parametrize(
    "piece",
    [
        "On ",
        "\n",
        "> ",
        "From: a\n",
        "a:\n",
        "-",
        "_",
        "done ",
        "Caution outside\n",
        "=?",
        ":",
        "Hi ",
        "Hi Aa",
        "yes, ",
        "NO I'm ",
        "DONE a ",
    ],
)
def test_no_text_takes_long_to_read(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    within(500, lambda: (read_item_words(text), read_invitation_words(text)))
