"""Adding a body and changing one with its chair and quorum, for those who keep the roster."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tracker.ports.pages.core.form_values import FormValues, Reader, id_in
from tracker.ports.pages.roster.admin_forms import Asked, KeptForm, handlers_of
from tracker.ports.pages.roster.admin_saving import NO_FORM, Words, keeper_of
from tracker.ports.pages.roster.people import by_agency
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Status, Viewer
from tracker.rules.roster.csv_rows import LONGEST_BODY
from tracker.rules.roster.directory import ARM_WORDS, BODY_KINDS, BodyStatus
from tracker.rules.roster.people_changes import BodyFacts
from tracker.rules.roster.quorum import QuorumRule
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.sites import open_sites

LONGEST_PLACE = 200  # characters
LABELS = {
    "name": "Name", "kind": "Kind", "arm": "Arm", "place": "Usual place", "chair": "Chair", "quorum": "Quorum",
    "both_arms": "Both arms must be there", "status": "Status",
}  # fmt: skip
STATUSES = [
    (BodyStatus.ACTIVE.value, "Active", ""),
    (BodyStatus.ENDED.value, "Ended", "Its seats open nothing any more; what it decided stays"),
]


async def _texts(request: Asked, body_id: UUID) -> tuple[FormValues, int]:
    body = await directory.body(keeper_of(request), body_id)
    return NO_FORM.but({
        "name": body.name, "kind": body.kind, "arm": body.arm or "", "place": body.place,
        "chair": str(body.chairs[0].id) if body.chairs else "", "quorum": str(body.quorum.seats or ""),
        "both_arms": "yes" if body.quorum.both_arms else "", "status": body.status,
    }), body.version  # fmt: skip


async def _shown(viewer: Viewer, body_id: UUID | None, _: FormValues) -> Mapping[str, Any]:
    known = [one for one in await directory.people(viewer) if one.status is Status.ACTIVE]
    chairs = [(first.agency, [(str(one.id), one.name) for one in group]) for first, group in by_agency(known)]
    return {
        "body": await directory.body(viewer, body_id) if body_id else None, "statuses": STATUSES,
        "kinds": list(BODY_KINDS.items()), "sites": await open_sites(), "chairs": [("", "Nobody"), *chairs],
        "arms": [("", "Both arms"), *((arm.value, words) for arm, words in ARM_WORDS.items())],
    }  # fmt: skip


def _read(_: Asked, form: FormValues) -> BodyFacts:
    reader = Reader(form)
    name, place = reader.text("name", LONGEST_BODY), reader.text("place", LONGEST_PLACE)
    seats = reader.number("quorum")
    reader.check()
    arm, status = form["arm"], form["status"]
    return BodyFacts(
        name=name, kind=form["kind"], arm=Arm(arm) if arm in set(Arm) else None, place=place,
        chair_id=id_in(form["chair"]), quorum=QuorumRule(seats=seats, both_arms=bool(form["both_arms"])),
        status=BodyStatus(status) if status in set(BodyStatus) else BodyStatus.ACTIVE,
    )  # fmt: skip


async def _words(viewer: Viewer) -> Words:
    meanings = {arm.value: words for arm, words in ARM_WORDS.items()} | dict(BODY_KINDS)
    meanings |= {str(one.id): f"{one.name} ({one.agency})" for one in await directory.people(viewer)}
    meanings |= {value: words for value, words, _ in STATUSES}
    return Words(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "none")


handlers = handlers_of(
    KeptForm(
        address="/bodies", key="body_id", template="roster/committees/form.html", fields=tuple(LABELS), read=_read,
        add=committees.add_body, change=committees.change_body, texts=_texts, words=_words, shown=_shown,
        added=lambda facts: f"{facts.name} is added. Now give agencies a seat.",
        saved=lambda facts: f"{facts.name} is saved.",
    )
)  # fmt: skip
