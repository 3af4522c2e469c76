"""Adding and changing a committee with its chair and quorum, for people who manage the roster."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tracker.ports.pages.core.choosers import WORDS, chosen, settled
from tracker.ports.pages.core.form_values import FormValues, Reader, id_in, ids_in
from tracker.ports.pages.core.sheets import NO_FORM, Words
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.csv_rows import LONGEST_COMMITTEE
from tracker.rules.roster.directory import ARM_WORDS, COMMITTEE_KINDS, CommitteeStatus
from tracker.rules.roster.people_changes import CommitteeFacts
from tracker.rules.roster.quorum import QuorumRule
from tracker.usecases.core import names
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.sites import open_sites

LONGEST_PLACE = 200  # characters
LABELS = {
    "name": "Name",
    "kind": "Kind",
    "arm": "Arm",
    "place": "Usual place",
    "chair": "Chair",
    "quorum": "Quorum",
    "both_arms": "Require someone from each arm",
    "status": "Status",
}
STATUSES = [
    (CommitteeStatus.ACTIVE.value, "Active", ""),
    (CommitteeStatus.ENDED.value, "Ended", "Its seats no longer give access; its records stay"),
]


async def _texts(viewer: Viewer, committee_id: UUID, _: str) -> tuple[FormValues, int]:
    committee = await directory.committee(viewer, committee_id)
    return NO_FORM.but(
        {
            "name": committee.name,
            "kind": committee.kind,
            "arm": committee.arm or "",
            "place": committee.place,
            "chair": str(committee.chairs[0].id) if committee.chairs else "",
            "quorum": str(committee.quorum.seats or ""),
            "both_arms": "yes" if committee.quorum.both_arms else "",
            "status": committee.status,
        }
    ), committee.version


async def _shown(viewer: Viewer, committee_id: UUID | None, form: FormValues) -> Mapping[str, Any]:
    return {
        "committee": await directory.committee(viewer, committee_id) if committee_id else None,
        "statuses": STATUSES,
        "kinds": list(COMMITTEE_KINDS.items()),
        "sites": await open_sites(),
        "chair": await chosen(form, "chair", committees.possible_chairs(viewer)),
        "arms": [("", "Both arms"), *((arm.value, words) for arm, words in ARM_WORDS.items())],
    }


def _read(form: FormValues, _: str) -> CommitteeFacts:
    reader = Reader(form)
    name, place = reader.named("name", LONGEST_COMMITTEE), reader.text("place", LONGEST_PLACE)
    seats = reader.number("quorum")
    if form[f"chair{WORDS}"]:  # more than one person, or no one
        reader.refuse("chair", "Choose one person, or leave the chair blank.")
    reader.check()
    arm, status = form["arm"], form["status"]
    return CommitteeFacts(
        name=name,
        kind=form["kind"],
        arm=Arm(arm) if arm in set(Arm) else None,
        place=place,
        chair_id=id_in(form["chair"]),
        quorum=QuorumRule(seats=seats, both_arms=bool(form["both_arms"])),
        status=CommitteeStatus(status) if status in set(CommitteeStatus) else CommitteeStatus.ACTIVE,
    )


async def _settled(viewer: Viewer, form: FormValues) -> FormValues:
    return await settled(form, "chair", committees.possible_chairs(viewer))


async def _words(_: Viewer, shown: Sequence[FormValues]) -> Words:
    meanings = {arm.value: words for arm, words in ARM_WORDS.items()} | dict(COMMITTEE_KINDS)
    chairs = await names.people(ids_in([form["chair"] for form in shown]))
    meanings |= {str(one): f"{name} ({agency})" for one, (name, agency) in chairs.items()}
    meanings |= {value: words for value, words, _ in STATUSES}
    return Words(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "none")


committee_form = handlers_of(
    AdminForm(
        address="/committees",
        key="committee_id",
        template="roster/committees/form.html",
        fields=tuple(LABELS),
        read=_read,
        add=committees.add_committee,
        change=committees.change_committee,
        texts=_texts,
        words=_words,
        settled=_settled,
        shown=_shown,
        added=lambda facts: f"{facts.name} added. Next, add seats for agencies.",
        saved=lambda facts: f"{facts.name} saved.",
    )
)
