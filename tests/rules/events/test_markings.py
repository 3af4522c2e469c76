"""Markings of controlled information: the banner, what may not be chosen, and who may have it."""

from datetime import date
from uuid import UUID

import pytest

from tracker.errors import Invalid
from tracker.rules.core.viewers import Level, Visibility
from tracker.rules.events.markings import (
    Category,
    Limit,
    Marking,
    banner_of_all,
    check_limit_visibility,
    check_marking,
    check_people_admitted,
)

TODAY = date(2026, 12, 15)


def marking(*categories: Category, limit: Limit | None = None, until: date = date(2027, 12, 31)) -> Marking:
    return Marking(
        categories=frozenset(categories), limit=limit, agency_id=UUID(int=1), agency="FBI", decontrol_on=until
    )


@pytest.mark.parametrize(
    ("made", "banner"),
    [
        (marking(Category.LEI, Category.SP_INV, limit=Limit.FEDCON), "CUI//SP-INV/LEI//FEDCON"),
        (marking(Category.SP_PRVCY, Category.LEI, Category.SP_CHRI, Category.INV), "CUI//SP-CHRI/SP-PRVCY/INV/LEI"),
        (marking(Category.LEI), "CUI//LEI"),
        (marking(Category.INV, limit=Limit.DL_ONLY), "CUI//INV//DL ONLY"),
    ],
)
def test_a_banner_names_specified_categories_first_each_group_by_the_alphabet(made: Marking, banner: str) -> None:
    assert made.banner == banner


def test_the_first_page_says_who_designated_it_and_until_when() -> None:
    assert marking(Category.LEI).indicator == "Controlled by: FBI. Decontrol on: Dec 31, 2027."


@pytest.mark.parametrize(
    ("held", "banner"),
    [
        ([], ""),
        ([marking(Category.LEI), marking(Category.INV)], "CUI//INV/LEI"),
        ([marking(Category.INV), marking(Category.SP_INV)], "CUI//SP-INV"),
        (
            [marking(Category.LEI, limit=Limit.FEDCON), marking(Category.LEI, limit=Limit.FED_ONLY)],
            "CUI//LEI//FED ONLY",
        ),
        ([marking(Category.LEI, limit=Limit.FEDCON), marking(Category.LEI, limit=Limit.NOCON)], "CUI//LEI//FED ONLY"),
        (
            [marking(Category.LEI, limit=Limit.NOCON), marking(Category.LEI, limit=Limit.DL_ONLY)],
            "CUI//LEI//DL ONLY/NOCON",
        ),
        ([marking(Category.LEI, limit=Limit.NOCON), marking(Category.LEI)], "CUI//LEI//NOCON"),
    ],
)
def test_what_holds_several_marked_things_has_all_categories_and_the_closest_limit(
    held: list[Marking], banner: str
) -> None:
    assert banner_of_all(held) == banner


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (marking(), "mark_categories"),
        (marking(Category.INV, Category.SP_INV), "mark_categories"),
        (marking(Category.LEI, until=date(2026, 12, 14)), "mark_until"),
    ],
)
def test_a_marking_that_means_nothing_is_refused_at_its_field(made: Marking, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_marking(made, TODAY)
    assert list(refused.value.fields) == [field]


def test_control_may_end_on_the_day_on_which_it_is_set() -> None:
    check_marking(marking(Category.LEI, until=TODAY), TODAY)


@pytest.mark.parametrize("limit", Limit)
def test_a_limit_goes_only_with_a_list_of_named_people(limit: Limit) -> None:
    for visibility in set(Visibility) - {Visibility.NAMED}:
        with pytest.raises(Invalid, match="list of people"):
            check_limit_visibility(limit, visibility)
    check_limit_visibility(limit, Visibility.NAMED)


@pytest.mark.parametrize(
    ("limit", "kept_out"),
    [
        (Limit.FED_ONLY, {Level.STATE, Level.LOCAL, Level.TRIBAL, Level.NON_GOVERNMENTAL}),
        (Limit.FEDCON, {Level.STATE, Level.LOCAL, Level.TRIBAL, Level.NON_GOVERNMENTAL}),
        (Limit.NOCON, {Level.NON_GOVERNMENTAL}),
        (Limit.DL_ONLY, set()),
    ],
)
def test_a_limit_names_those_on_the_list_who_may_not_have_it(limit: Limit, kept_out: set[Level]) -> None:
    check_people_admitted(limit, [(f"A {level} person", level) for level in set(Level) - kept_out])
    for level in kept_out:
        with pytest.raises(Invalid) as refused:
            check_people_admitted(limit, [("FBI lead (FBI)", Level.FEDERAL), (f"A {level} person", level)])
        assert refused.value.fields["mark_limit"].endswith(f"another limit: A {level} person.")
