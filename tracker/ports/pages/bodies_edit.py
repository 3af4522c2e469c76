"""Adding a body and changing one with its chair, for those who keep the roster."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.form_values import FormValues, Reader, id_in, version_in
from tracker.ports.pages.keeping import NO_FORM, Sheet, Words, done, keeper_of, opened, save
from tracker.ports.pages.people import by_agency
from tracker.ports.pages.proof import first_prove, visit_of
from tracker.ports.pages.templating import page
from tracker.rules.audiences import Arm
from tracker.rules.directory import ARM_WORDS, BODY_KINDS, BodyStatus, PersonCard
from tracker.rules.people import Status
from tracker.rules.people_changes import BodyFacts
from tracker.rules.roster import LONGEST_BODY
from tracker.usecases import bodies, directory

NEW = "/bodies/new"
LONGEST_PLACE = 200  # characters
FIELDS = ("name", "kind", "arm", "place", "chair", "status")
LABELS = {
    "name": "Name", "kind": "Kind", "arm": "Arm", "place": "Usual place", "chair": "Chair", "status": "Status"
}  # fmt: skip
STATUSES = [
    (BodyStatus.ACTIVE.value, "Active", ""),
    (BodyStatus.ENDED.value, "Ended", "Its seats open nothing any more; what it decided stays"),
]


@get(NEW, guards=[signed_in])
async def new_body(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of a new body."""
    keeper_of(request)
    return first_prove(request, NEW) or await _form(request, Sheet(form=NO_FORM), None)


@post(NEW, guards=[signed_in], status_code=303)
async def add_body(request: Request[Any, Any, Any]) -> Response[Any]:
    """Add a body without seats."""
    viewer = keeper_of(request)

    async def add(form: FormValues) -> Response[Any]:
        facts = _read(form)
        body_id = await bodies.add_body(viewer, facts, visit_of(request).proved_at, clock.now())
        return done(request, f"/bodies/{body_id}", f"{facts.name} is added. Now give agencies a seat.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, None)

    return await save(request, FIELDS, add, show)


@get("/bodies/{body_id:uuid}/edit", guards=[signed_in])
async def edit_body(body_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of a body."""
    sheet, _ = await _opened(request, body_id)
    return first_prove(request, f"/bodies/{body_id}/edit") or await _form(request, sheet, body_id)


@post("/bodies/{body_id:uuid}/edit", guards=[signed_in], status_code=303)
async def save_body(body_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Save a body, or show the form again with errors or with what changed meanwhile."""
    viewer = keeper_of(request)

    async def change(form: FormValues) -> Response[Any]:
        facts, proved_at = _read(form), visit_of(request).proved_at
        await bodies.change_body(viewer, body_id, facts, version_in(form), proved_at, clock.now())
        return done(request, f"/bodies/{body_id}", f"{facts.name} is saved.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, body_id)

    async def now() -> tuple[Sheet, Words]:
        return await _opened(request, body_id)

    return await save(request, FIELDS, change, show, now)


async def _opened(request: Request[Any, Any, Any], body_id: UUID) -> tuple[Sheet, Words]:
    viewer = keeper_of(request)
    body = await directory.body(viewer, body_id)
    texts = {
        "name": body.name, "kind": body.kind, "arm": body.arm.value if body.arm else "", "place": body.place,
        "chair": str(body.chairs[0].id) if body.chairs else "", "status": body.status.value,
    }  # fmt: skip
    form = FormValues({name: (text,) for name, text in texts.items()})
    return opened(form, body.version), _words(await directory.people(viewer))


async def _form(request: Request[Any, Any, Any], sheet: Sheet, body_id: UUID | None) -> Response[Any]:
    viewer = keeper_of(request)
    known = [one for one in await directory.people(viewer) if one.status is Status.ACTIVE]
    chairs = [(first.agency, [(str(one.id), one.name) for one in group]) for first, group in by_agency(known)]
    return page(
        "bodies/form.html", request, status_code=sheet.status_code, sheet=sheet, form=sheet.form, errors=sheet.errors,
        changes=sheet.changes, body=await directory.body(viewer, body_id) if body_id else None, statuses=STATUSES,
        kinds=list(BODY_KINDS.items()), chairs=[("", "Nobody"), *chairs],
        arms=[("", "Both arms"), *((arm.value, words) for arm, words in ARM_WORDS.items())],
    )  # fmt: skip


def _read(form: FormValues) -> BodyFacts:
    reader = Reader(form)
    name, place = reader.text("name", LONGEST_BODY), reader.text("place", LONGEST_PLACE)
    reader.check()
    arm, status = form["arm"], form["status"]
    return BodyFacts(
        name=name, kind=form["kind"], arm=Arm(arm) if arm in set(Arm) else None, place=place,
        chair_id=id_in(form["chair"]), status=BodyStatus(status) if status in set(BodyStatus) else BodyStatus.ACTIVE,
    )  # fmt: skip


def _words(known: Sequence[PersonCard]) -> Words:
    meanings = {arm.value: words for arm, words in ARM_WORDS.items()} | dict(BODY_KINDS)
    meanings |= {str(one.id): f"{one.name} ({one.agency})" for one in known}
    meanings |= {value: words for value, words, _ in STATUSES}
    return Words(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "none")


handlers = [new_body, add_body, edit_body, save_body]
