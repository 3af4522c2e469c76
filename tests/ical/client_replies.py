"""Replies as calendar programs write them, after messages that were captured from each."""

WINDOWS_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Central Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0600\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0600\r\nTZOFFSETTO:-0500\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)
IANA_ZONE = WINDOWS_ZONE.replace("Central Standard Time", "America/Chicago")


def _calendar(program: str, zone: str, *events: str, method: str = "REPLY") -> bytes:
    head = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nPRODID:{program}\r\nVERSION:2.0\r\n"
    bodies = "".join(f"BEGIN:VEVENT\r\n{one}END:VEVENT\r\n" for one in events)
    return f"{head}{zone}{bodies}END:VCALENDAR\r\n".encode()


def outlook(
    uid: str,
    who: str,
    said: str = "ACCEPTED",
    *,
    date: str = "",
    stamp: str = "20261201T160400Z",
    sequence: int | None = 0,
    note: str = "Running late.\\n",
) -> bytes:
    """Return the reply of Exchange: no ORGANIZER, one bare ATTENDEE, a Windows zone, and a note with a line end.

    `date` is a local time like 20270511T100000.
    """
    recurrence = f"RECURRENCE-ID;TZID=Central Standard Time:{date}\r\n" if date else ""
    number = "" if sequence is None else f"SEQUENCE:{sequence}\r\n"
    return _calendar(
        "Microsoft Exchange Server 2010",
        WINDOWS_ZONE,
        f"ATTENDEE;PARTSTAT={said};CN=Liaison:mailto:{who}\r\nCOMMENT;LANGUAGE=en-US:{note}\r\nUID:{uid}\r\n"
        f"{recurrence}SUMMARY;LANGUAGE=en-US:{said.title()}: Monthly meeting\r\n"
        "DTSTART;TZID=Central Standard Time:20270112T100000\r\nDTEND;TZID=Central Standard Time:20270112T113000\r\n"
        f"CLASS:PUBLIC\r\nPRIORITY:5\r\nDTSTAMP:{stamp}\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\n{number}"
        "X-MICROSOFT-CDO-APPT-SEQUENCE:0\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n",
    )


def google(
    uid: str,
    who: str,
    said: str = "ACCEPTED",
    *,
    date: str = "",
    stamp: str = "20261201T160400Z",
    sequence: int = 0,
    note: str = "",
) -> bytes:
    """Return the reply of Google Calendar: UTC only, the note in a parameter, SEQUENCE kept. `date` is in UTC."""
    recurrence = f"RECURRENCE-ID:{date}\r\n" if date else ""
    said_why = f';X-RESPONSE-COMMENT="{note}"' if note else ""
    return _calendar(
        "-//Google Inc//Google Calendar 70.9054//EN",
        "",
        f"DTSTART:20270112T160000Z\r\nDTEND:20270112T173000Z\r\nDTSTAMP:{stamp}\r\n"
        f"ORGANIZER;CN=Task Force:mailto:reply@example.test\r\nUID:{uid}\r\n"
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said};CN={who};X-NUM\r\n -GUESTS=0{said_why}"
        f":mailto:{who}\r\n{recurrence}CREATED:20261101T120000Z\r\nLAST-MODIFIED:20261201T160400Z\r\n"
        f"SEQUENCE:{sequence}\r\nSTATUS:CONFIRMED\r\nSUMMARY:Monthly meeting\r\nTRANSP:OPAQUE\r\n",
    )


def apple(
    uid: str,
    who: str,
    said: str = "ACCEPTED",
    *,
    date: str = "",
    stamp: str = "20261201T160400Z",
    sequence: int = 0,
    note: str = "",
) -> bytes:
    """Return the reply of Apple Calendar: an IANA zone, ORGANIZER and SEQUENCE kept. `date` is a local time."""
    recurrence = f"RECURRENCE-ID;TZID=America/Chicago:{date}\r\n" if date else ""
    comment = f"COMMENT:{note}\r\n" if note else ""
    return _calendar(
        "-//Apple Inc.//macOS 15.1//EN",
        f"CALSCALE:GREGORIAN\r\n{IANA_ZONE}",
        f"ATTENDEE;CN=Liaison;CUTYPE=INDIVIDUAL;EMAIL={who};PARTSTAT={said}:mailto:{who}\r\n{comment}"
        f"DTEND;TZID=America/Chicago:20270112T113000\r\nDTSTAMP:{stamp}\r\n"
        f"DTSTART;TZID=America/Chicago:20270112T100000\r\nORGANIZER;CN=Task Force:mailto:reply@example.test\r\n"
        f"{recurrence}SEQUENCE:{sequence}\r\nSUMMARY:Monthly meeting\r\nUID:{uid}\r\n",
    )


def thunderbird(
    uid: str,
    who: str,
    said: str = "ACCEPTED",
    *,
    date: str = "",
    stamp: str = "20261201T160400Z",
    sequence: int = 0,
    note: str = "",
) -> bytes:
    """Return the reply of Thunderbird, which keeps what it was sent and has one ATTENDEE. `date` is a local time."""
    comment = f"COMMENT:{note}\r\n" if note else ""
    body = apple(uid, who, said, date=date, stamp=stamp, sequence=sequence).replace(
        b"-//Apple Inc.//macOS 15.1//EN", b"-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN"
    )
    return body.replace(b"DTEND;", f"{comment}DTEND;".encode())


def proposal(uid: str, who: str, *, stamp: str = "20261201T160400Z") -> bytes:
    """Return METHOD:COUNTER as Outlook writes it: another time, and the one that it replaces."""
    return _calendar(
        "Microsoft Exchange Server 2010",
        WINDOWS_ZONE,
        f"ATTENDEE;PARTSTAT=TENTATIVE;CN=Liaison:mailto:{who}\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:0\r\n"
        "DTSTART;TZID=Central Standard Time:20270112T130000\r\nDTEND;TZID=Central Standard Time:20270112T143000\r\n"
        "X-MS-OLK-ORIGINALSTART;TZID=Central Standard Time:20270112T100000\r\n"
        "X-MS-OLK-ORIGINALEND;TZID=Central Standard Time:20270112T113000\r\n",
        method="COUNTER",
    )


CLIENTS = {"outlook": outlook, "google": google, "apple": apple, "thunderbird": thunderbird}
