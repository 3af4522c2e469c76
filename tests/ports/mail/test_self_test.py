"""The self-test of the email builder: ours passes, and one that lets a title make headers is found."""

import pytest
from msgspec.structs import replace

from tests.ports.mail.sending import composer
from tracker.ports.mail.compose import MimeMessage, UnsafeEmail, prove_headers_safe
from tracker.rules.core.outbox import Message
from tracker.rules.emails.emails import Email


class Careless:
    """Writes emails as some releases of Python did: the content of an encoded word becomes headers."""

    def __init__(self, header: bytes) -> None:
        self._composer, self._header = composer(), header

    def mail(self, letter: Email, message: Message) -> MimeMessage:
        sound = self._composer.mail(letter, message)
        content = self._header + sound.content if "=?" in letter.to_name else sound.content
        return replace(sound, content=content)


def test_our_mails_pass() -> None:
    prove_headers_safe(composer())


@pytest.mark.parametrize("header", [b"Bcc: someone@else.example\r\n", b"To: someone@else.example\r\n"])
def test_a_builder_that_lets_a_title_make_headers_is_found(header: bytes) -> None:
    with pytest.raises(UnsafeEmail, match="headers that were not intended"):
        prove_headers_safe(Careless(header))
