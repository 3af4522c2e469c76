"""Adding an agency and changing one, for those who keep the roster."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.form_values import FormValues, Reader, id_in, version_in
from tracker.ports.pages.keeping import NO_FORM, Sheet, Words, done, keeper_of, opened, save
from tracker.ports.pages.proof import first_prove, visit_of
from tracker.ports.pages.templating import page
from tracker.rules.audiences import Arm
from tracker.rules.directory import ARM_WORDS, LEVEL_WORDS, AgencyCard
from tracker.rules.people import Level, Status
from tracker.rules.people_changes import AgencyFacts
from tracker.rules.roster import LONGEST
from tracker.usecases import agencies, directory

NEW = "/agencies/new"
FIELDS = ("code", "name", "arm", "level", "coalition", "status")
LABELS = {
    "code": "Short name", "name": "Full name", "arm": "Arm", "level": "Level", "coalition": "Coalition",
    "status": "Status",
}  # fmt: skip
STATUSES = [
    (Status.ACTIVE.value, "Active", ""),
    (Status.SUSPENDED.value, "Suspended", "None of its people can sign in or gets mail until it is active again"),
    (Status.DEPARTED.value, "Left the task force", "Only when nobody serves there any more"),
]


@get(NEW, guards=[signed_in])
async def new_agency(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of a new agency."""
    keeper_of(request)
    return first_prove(request, NEW) or await _form(request, Sheet(form=NO_FORM), None)


@post(NEW, guards=[signed_in], status_code=303)
async def add_agency(request: Request[Any, Any, Any]) -> Response[Any]:
    """Add an agency."""
    viewer = keeper_of(request)

    async def add(form: FormValues) -> Response[Any]:
        facts = _read(form)
        agency_id = await agencies.add_agency(viewer, facts, visit_of(request).proved_at, clock.now())
        return done(request, f"/agencies/{agency_id}", f"{facts.code} is added.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, None)

    return await save(request, FIELDS, add, show)


@get("/agencies/{agency_id:uuid}/edit", guards=[signed_in])
async def edit_agency(agency_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of an agency."""
    sheet, _ = await _opened(request, agency_id)
    return first_prove(request, f"/agencies/{agency_id}/edit") or await _form(request, sheet, agency_id)


@post("/agencies/{agency_id:uuid}/edit", guards=[signed_in], status_code=303)
async def save_agency(agency_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Save an agency, or show the form again with errors or with what changed meanwhile."""
    viewer = keeper_of(request)

    async def change(form: FormValues) -> Response[Any]:
        facts, proved_at = _read(form), visit_of(request).proved_at
        await agencies.change_agency(viewer, agency_id, facts, version_in(form), proved_at, clock.now())
        return done(request, f"/agencies/{agency_id}", f"{facts.code} is saved.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, agency_id)

    async def now() -> tuple[Sheet, Words]:
        return await _opened(request, agency_id)

    return await save(request, FIELDS, change, show, now)


async def _opened(request: Request[Any, Any, Any], agency_id: UUID) -> tuple[Sheet, Words]:
    viewer = keeper_of(request)
    agency = await directory.agency(viewer, agency_id)
    texts = {
        "code": agency.code, "name": agency.name, "arm": agency.arm.value, "level": agency.level.value,
        "coalition": str(agency.coalition_id or ""), "status": agency.status.value,
    }  # fmt: skip
    form = FormValues({name: (text,) for name, text in texts.items()})
    return opened(form, agency.version), _words(await directory.agencies(viewer))


async def _form(request: Request[Any, Any, Any], sheet: Sheet, agency_id: UUID | None) -> Response[Any]:
    known = await directory.agencies(keeper_of(request))
    coalitions = [(str(one.id), f"{one.code} · {one.name}") for one in known if one.id != agency_id]
    return page(
        "agencies/form.html", request, status_code=sheet.status_code, sheet=sheet, form=sheet.form,
        errors=sheet.errors, changes=sheet.changes, agency=next((one for one in known if one.id == agency_id), None),
        arms=[(arm.value, words) for arm, words in ARM_WORDS.items()], statuses=STATUSES,
        levels=[("", "Choose a level"), *((level.value, words) for level, words in LEVEL_WORDS.items())],
        coalitions=[("", "None"), *coalitions],
    )  # fmt: skip


def _read(form: FormValues) -> AgencyFacts:
    reader = Reader(form)
    code, name = reader.text("code", LONGEST["agency_code"]), reader.text("name", LONGEST["agency_name"])
    reader.check()
    arm, level, status = form["arm"], form["level"], form["status"]
    return AgencyFacts(
        code=code, name=name, arm=Arm(arm) if arm in set(Arm) else None,
        level=Level(level) if level in set(Level) else None, coalition_id=id_in(form["coalition"]),
        status=Status(status) if status in set(Status) else Status.ACTIVE,
    )  # fmt: skip


def _words(known: Sequence[AgencyCard]) -> Words:
    meanings = {arm.value: words for arm, words in ARM_WORDS.items()}
    meanings |= {level.value: words for level, words in LEVEL_WORDS.items()}
    meanings |= {str(one.id): one.code for one in known} | {value: words for value, words, _ in STATUSES}
    return Words(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "empty")


handlers = [new_agency, add_agency, edit_agency, save_agency]
