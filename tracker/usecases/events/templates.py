"""Event templates: save a form under a name, start a new event from it, remove it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import templates as template_rules
from tracker.rules.events.templates import Template, Texts
from tracker.tables.schema.events.events import EventTemplate
from tracker.usecases.core import audit


async def save_template(viewer: Viewer, name: str, form: Texts, committee_id: UUID | None, now: datetime) -> None:
    """Save a form under a name, replacing the viewer's template of that name.

    `committee_id` is a committee for which the viewer may schedule. Errors: Invalid(template_name).
    """
    named = clean(name, template_rules.LONGEST_NAME, "template_name")
    if not named:
        raise Invalid(template_name="Name the template.")
    text = json.dumps(template_rules.texts_kept(form))
    if len(text) > template_rules.LARGEST:
        raise Invalid(template_name="This form is too long for a template. Shorten what you typed.")
    facts: dict[Any, Any] = {"committee": committee_id, "form": text, "created_at": now}
    condition = EventTemplate.owner == viewer.member_id
    async with writing():
        same = (
            await EventTemplate.update(facts)
            .where(condition & (EventTemplate.name == named))
            .returning(EventTemplate.id)
        )
        template_id = same[0]["id"] if same else await _add_template(viewer, named, facts)
        await _log_template(viewer, "saved", template_id, now)


async def templates_for(viewer: Viewer) -> list[Template]:
    """Return the templates that the viewer may use, by name."""
    own_or_shared = (EventTemplate.owner == viewer.member_id) | EventTemplate.committee.is_not_null()
    usable = [
        template for template in await _templates(own_or_shared) if template_rules.may_use_template(viewer, template)
    ]
    return sorted(usable, key=lambda template: (template.name.casefold(), template.owner, str(template.id)))


async def template_for(viewer: Viewer, template_id: UUID) -> Template:
    """Return one template. Errors: NotFound when it is missing or not for this viewer."""
    for template in await _templates(EventTemplate.id == template_id):
        if template_rules.may_use_template(viewer, template):
            return template
    raise NotFound


async def remove_template(viewer: Viewer, template_id: UUID, now: datetime) -> str:
    """Remove a template and return its name. Errors: NotFound, NotAllowed."""
    async with writing():
        template = await template_for(viewer, template_id)
        if not template_rules.may_remove_template(viewer, template):
            raise NotAllowed("Only the person who saved a template, or a coordinator, can remove it.")
        await EventTemplate.delete().where(EventTemplate.id == template_id)
        await _log_template(viewer, "removed", template_id, now)
    return template.name


async def _add_template(viewer: Viewer, name: str, facts: dict[Any, Any]) -> UUID:
    if await EventTemplate.count().where(EventTemplate.owner == viewer.member_id) >= template_rules.MOST_TEMPLATES:
        raise Invalid(template_name=f"You have {template_rules.MOST_TEMPLATES} templates. Remove one you don’t use.")
    row = EventTemplate(id=ids.new_id(), owner=viewer.member_id, name=name, **facts)
    await EventTemplate.insert(row)
    template_id: UUID = row.id
    return template_id


async def _templates(condition: Combinable) -> list[Template]:
    rows = await EventTemplate.select(
        EventTemplate.id,
        EventTemplate.name,
        EventTemplate.owner.as_alias("owner_id"),
        EventTemplate.owner.name.as_alias("owner"),
        EventTemplate.committee.as_alias("committee_id"),
        EventTemplate.committee.name.as_alias("committee"),
        EventTemplate.form,
        EventTemplate.created_at,
    ).where(condition)
    return [
        msgspec.convert(row | {"committee": row["committee"] or "", "form": json.loads(row["form"])}, Template)
        for row in rows
    ]


async def _log_template(viewer: Viewer, verb: str, template_id: UUID, now: datetime) -> None:
    await audit.record(viewer.actor, verb, "template", template_id, {}, now)
