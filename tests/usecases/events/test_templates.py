"""Templates of events: what they keep, who may begin with them, who removes them."""

import pytest

from tests.cast import NOW, Cast
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.forms import MOST_TEMPLATES, Template, may_be_shared, texts_kept
from tracker.usecases.events import form_options

FORM = {"title": ["Core group"], "place": ["Room A"], "person": ["one", "two"], "date": ["2027-01-12"]}


async def saved(viewer: Viewer, name: str = "Core group", committee: str = "", cast: Cast | None = None) -> Template:
    committee_id = cast.committees[committee] if cast else None
    await form_options.save_template(viewer, name, FORM, committee_id, NOW)
    [found] = [one for one in await form_options.templates_for(viewer) if one.name == name]
    return found


async def names(viewer: Viewer) -> list[str]:
    return [one.name for one in await form_options.templates_for(viewer)]


async def test_a_template_keeps_what_who_and_where_and_not_the_day(cast: Cast) -> None:
    found = await saved(cast.coordinator)
    assert found.form == {"title": ["Core group"], "place": ["Room A"], "person": ["one", "two"]}


async def test_a_template_without_a_committee_is_its_owners_alone(cast: Cast) -> None:
    template = await saved(cast.coordinator)
    assert await names(cast.caht_lead) == []
    with pytest.raises(NotFound):
        await form_options.template_for(cast.caht_lead, template.id)
    with pytest.raises(NotFound):
        await form_options.remove_template(cast.caht_lead, template.id, NOW)


async def test_a_template_of_a_committee_is_for_all_who_schedule_for_it(cast: Cast) -> None:
    template = await saved(cast.coordinator, committee="services", cast=cast)
    assert (template.committee, await names(cast.caht_lead)) == ("Victim Services Committee", ["Core group"])
    assert await names(cast.harbor_advocate) == []
    assert await names(cast.fbi_lead) == []


async def test_saving_under_the_same_name_replaces_ones_own(cast: Cast) -> None:
    first = await saved(cast.coordinator)
    await form_options.save_template(cast.coordinator, " Core group ", {"title": ["Another"]}, None, NOW)
    [found] = await form_options.templates_for(cast.coordinator)
    assert (found.id, found.form) == (first.id, {"title": ["Another"]})


async def test_only_its_owner_or_a_coordinator_removes_a_template(cast: Cast) -> None:
    theirs = await saved(cast.coordinator, committee="services", cast=cast)
    with pytest.raises(NotAllowed):
        await form_options.remove_template(cast.caht_lead, theirs.id, NOW)
    own = await saved(cast.caht_lead, "Own", committee="services", cast=cast)
    assert await form_options.remove_template(cast.coordinator, own.id, NOW) == "Own"
    assert await names(cast.caht_lead) == ["Core group"]


async def test_a_template_has_a_name_and_a_size_and_nobody_keeps_too_many(cast: Cast) -> None:
    for name, form in (("  ", FORM), ("x" * 81, FORM), ("Long", {"agenda": ["x" * 61_000]})):
        with pytest.raises(Invalid):
            await form_options.save_template(cast.coordinator, name, form, None, NOW)
    for number in range(MOST_TEMPLATES):
        await form_options.save_template(cast.coordinator, str(number), FORM, None, NOW)
    with pytest.raises(Invalid):
        await form_options.save_template(cast.coordinator, "One more", FORM, None, NOW)


async def test_odd_characters_of_a_form_come_back_as_they_were(cast: Cast) -> None:
    await form_options.save_template(cast.coordinator, "Odd", {"title": ["\x00“\u2028"]}, None, NOW)
    [found] = await form_options.templates_for(cast.coordinator)
    assert found.form["title"] == ["\x00“\u2028"]


def test_what_a_template_does_not_keep() -> None:
    form = {"date": ["2027-01-12"], "repeat": ["weekly"], "_csrf": ["x"], "place": [""], "role-1": ["required"]}
    assert texts_kept(form | {"role-2": ["optional"]}) == {"role-2": ["optional"]}


def test_a_template_for_named_people_is_never_of_a_committee() -> None:
    assert not may_be_shared("named")
    assert may_be_shared("all")
