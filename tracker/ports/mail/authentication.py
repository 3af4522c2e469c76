"""Whether the site's own mail server confirmed the domain of a sender (RFC 8601).

Anyone can write such a header. So only those that name our server count, which removes the ones that it did not write
(RFC 8601 §5); and where its headers contradict each other, none does.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from authres import AuthenticationResultsHeader
from authres.core import AuthResError

NAME = "Authentication-Results"
LONGEST, MOST = 4_000, 10  # characters of a header, and headers: reading one takes the square of its length
PASS = "pass"  # noqa: S105 - the word of RFC 8601, no password


def is_verified(sender: str, headers: Iterable[str], authserv_id: str) -> bool:
    """Return whether DMARC passed for the sender's domain, or a DKIM signature of that domain.

    `headers` are the values of the email's Authentication-Results; `authserv_id` is the name of our server in them, and
    empty trusts none.
    """
    domain = sender.rpartition("@")[2].lower()
    found = list(_results(headers, authserv_id)) if authserv_id and domain else []
    dmarc = [one for one in found if one.method == "dmarc"]
    if dmarc:
        return all(one.result == PASS and _value(one, "from") == domain for one in dmarc)
    return any(one.method == "dkim" and one.result == PASS and _is_aligned(domain, _signer(one)) for one in found)


def _results(headers: Iterable[str], authserv_id: str) -> Iterator[Any]:
    for value in islice((header for header in headers if len(header) <= LONGEST), MOST):
        try:
            parsed = AuthenticationResultsHeader.parse(f"{NAME}: {' '.join(value.split())}")
        except (AuthResError, ValueError, IndexError):  # one that can't be read confirms nothing
            continue
        if parsed.authserv_id.lower() == authserv_id.lower():
            yield from parsed.results


def _signer(result: Any) -> str:
    return _value(result, "d") or _value(result, "i").rpartition("@")[2]


def _value(result: Any, name: str) -> str:
    found = (one.value for one in result.properties if one.type == "header" and one.name == name)
    return str(next(found, "")).strip().lower()


def _is_aligned(domain: str, signer: str) -> bool:
    """Return whether a signature of one domain speaks for another: the same, or one below it (RFC 7489 §3.1.1)."""
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))
