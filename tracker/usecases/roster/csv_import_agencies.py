"""The agencies of a roster: new ones are added, and those with other values are changed."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Level
from tracker.rules.roster.contacts import AgencyContact
from tracker.rules.roster.csv_rows import Entry, Fault
from tracker.tables.schema.roster.people import Agency
from tracker.usecases.roster import people
from tracker.usecases.roster.agencies import ONLY_COORDINATORS_MOVE

Log = Callable[[str, str, UUID | str, dict[str, object]], Awaitable[None]]
"""Writes an audit entry: verb, subject, its id, facts."""


class Agencies:
    """The agencies of one import; `ids` by code in lower case, `notes` on the changes."""

    def __init__(self, log: Log) -> None:
        self.ids: dict[str, UUID] = {}
        self.notes: list[str] = []
        self._log = log

    async def agree(self, entries: Iterable[Entry], *, may_move: bool = True) -> list[Fault]:
        """Make the agencies match the rows, or return why they cannot; inside the caller's transaction.

        `may_move`: whether an agency may move to the other arm.
        """
        stored = {row["code"].casefold(): row for row in await Agency.select()}
        self.ids = {code: row["id"] for code, row in stored.items()}
        named = _by_code(entries)
        moved = [] if may_move else _moves(named, stored)
        if faults := _faults(named, set(stored)) + moved:
            return faults
        for code, rows in named.items():
            await (self._change(stored[code], rows) if code in stored else self._add(code, rows))
        for code, rows in named.items():  # after every agency has been added
            await self._join(code, stored.get(code), rows)
        return []

    async def _add(self, code: str, rows: list[Entry]) -> None:
        facts = _said(rows)
        shown = rows[0].agency_code
        self.ids[code] = await people.add_agency(
            name=facts.get("name", shown),
            code=shown,
            arm=Arm(facts["arm"]),
            level=Level(facts["level"]),
            contact=AgencyContact(
                name=facts.get("contact_name", ""),
                phone=facts.get("contact_phone", ""),
                email=facts.get("contact_email", ""),
                address=facts.get("address", ""),
            ),
        )
        self.notes.append(f"{shown} is a new agency.")
        await self._log("added", "agency", self.ids[code], {})

    async def _change(self, stored: dict[str, Any], rows: list[Entry]) -> None:
        changed = {name: value for name, value in _said(rows).items() if value != stored[name]}
        if changed:
            values: dict[Any, Any] = {**changed, "version": Agency.version + 1}
            await Agency.update(values).where(Agency.id == stored["id"])
            self.notes.append(f"{stored['code']} changed: {', '.join(changed)}.")
            await self._log("updated", "agency", stored["id"], {"fields": list(changed)})

    async def _join(self, code: str, stored: dict[str, Any] | None, rows: list[Entry]) -> None:
        coalition = next((self.ids[one.coalition.casefold()] for one in rows if one.coalition), None)
        if coalition and (stored is None or stored["coalition"] != coalition):
            values: dict[Any, Any] = {Agency.coalition: coalition, Agency.version: Agency.version + 1}
            await Agency.update(values).where(Agency.id == self.ids[code])
            await self._log("updated", "agency", self.ids[code], {"fields": ["coalition"]})


def _by_code(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    named: dict[str, list[Entry]] = {}
    for one in entries:
        named.setdefault(one.agency_code.casefold(), []).append(one)
    return named


def _said(rows: list[Entry]) -> dict[str, str]:
    """Return the values that the rows of one agency give; the rows do not contradict each other."""
    said: dict[str, str] = {}
    for one in rows:
        for name, value in (
            ("name", one.agency_name),
            ("arm", one.arm),
            ("level", one.level),
            ("contact_name", one.agency_contact),
            ("contact_phone", one.agency_phone),
            ("contact_email", one.agency_email),
            ("address", one.agency_address),
        ):
            if value:
                said.setdefault(name, str(value))
    return said


def _moves(named: dict[str, list[Entry]], stored: dict[str, dict[str, Any]]) -> list[Fault]:
    return [
        Fault(row=one.row, field="arm", sentence=ONLY_COORDINATORS_MOVE)
        for code, rows in named.items()
        for one in rows
        if code in stored and one.arm and one.arm != stored[code]["arm"]
    ]


def _faults(named: dict[str, list[Entry]], stored: set[str]) -> list[Fault]:
    faults = []
    for code, rows in named.items():
        missing = [name for name in ("arm", "level") if name not in _said(rows)]
        if code not in stored and missing:
            sentence = f"{rows[0].agency_code} is a new agency, so one of its rows must have {' and '.join(missing)}."
            faults.append(Fault(row=rows[0].row, field=missing[0], sentence=sentence))
        faults += [
            Fault(row=one.row, field="coalition", sentence="Enter the code of another agency in the file.")
            for one in rows
            if one.coalition and (one.coalition.casefold() == code or one.coalition.casefold() not in {*named, *stored})
        ]
    return faults
