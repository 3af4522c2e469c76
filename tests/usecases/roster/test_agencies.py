"""Adding, changing and suspending agencies."""

from uuid import uuid4

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import session_of
from tests.usecases.roster.forms import agency, verbs
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Arm, Level, Status, Viewer
from tracker.rules.roster.directory import AgencyFacts
from tracker.tables.schema.roster import Member
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.roster import agencies, directory


def usao(**facts: object) -> AgencyFacts:
    return agency(code="USAO", name="U.S. Attorney's Office", level=Level.FEDERAL, **facts)


def caht(**facts: object) -> AgencyFacts:
    return agency(
        code="CAHT",
        name="Coalition Against Human Trafficking",
        **{"arm": Arm.VICTIM_SERVICES, "level": Level.NON_GOVERNMENTAL, **facts},
    )


async def change(viewer: Viewer, cast: Cast, code: str, facts: AgencyFacts, version: int = 1) -> None:
    await agencies.change_agency(viewer, cast.agencies[code], facts, version, NOW, NOW)


async def test_a_keeper_adds_an_agency(cast: Cast) -> None:
    agency_id = await agencies.add_agency(cast.administrator, agency(), NOW, NOW)
    assert (await directory.agency_for(cast.coordinator, agency_id)).code == "MSHP"
    assert await verbs(agency_id) == ["added"]


async def test_nobody_else_adds_an_agency(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await agencies.add_agency(sqlite_cast.fbi_lead, agency(), NOW, NOW)


async def test_what_is_missing_is_named_at_its_field(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await agencies.add_agency(sqlite_cast.coordinator, agency(code="", name="", arm=None, level=None), NOW, NOW)
    assert set(refused.value.fields) == {"code", "name", "arm", "level"}


async def test_a_short_name_belongs_to_one_agency_in_any_letters(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid, match="already has this short name"):
        await agencies.add_agency(sqlite_cast.coordinator, agency(code="kcpd"), NOW, NOW)


async def test_a_coalition_is_another_agency(sqlite_cast: Cast) -> None:
    for odd in (sqlite_cast.agencies["CAHT"], uuid4()):
        with pytest.raises(Invalid) as refused:
            await change(sqlite_cast.coordinator, sqlite_cast, "CAHT", caht(coalition_id=odd))
        assert "coalition" in refused.value.fields


async def test_a_suspended_agency_shuts_the_doors_of_its_members_and_active_again_opens_them(cast: Cast) -> None:
    session = await session_of(cast.caht_lead, NOW)
    await change(cast.administrator, cast, "CAHT", caht(status=Status.SUSPENDED))
    assert await viewer_of_session(session, NOW) is None
    with pytest.raises(NotFound):
        await viewer_for(cast.caht_lead.member_id, NOW)
    await change(cast.administrator, cast, "CAHT", caht(), 2)
    assert await viewer_of_session(session, NOW) is None
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).agency == "CAHT"


async def test_nobody_suspends_the_own_agency_or_the_last_coordinators(cast: Cast) -> None:
    for manager in (cast.administrator, cast.coordinator):
        with pytest.raises(Invalid, match="yourself"):
            await change(manager, cast, "USAO", usao(status=Status.SUSPENDED))


async def test_an_agency_leaves_when_nobody_serves_there_any_more(cast: Cast) -> None:
    with pytest.raises(Invalid, match="2 people are still at this agency"):
        await change(cast.coordinator, cast, "CAHT", caht(status=Status.DEPARTED))
    await Member.update({Member.status: "departed"}).where(Member.agency == cast.agencies["CAHT"])
    await change(cast.coordinator, cast, "CAHT", caht(status=Status.DEPARTED))
    assert (await directory.agency_for(cast.coordinator, cast.agencies["CAHT"])).status is Status.DEPARTED


async def test_only_a_coordinator_moves_an_agency_to_the_other_arm(cast: Cast) -> None:
    moved = caht(arm=Arm.LAW_ENFORCEMENT)
    with pytest.raises(Invalid, match="other arm"):
        await change(cast.administrator, cast, "CAHT", moved)
    await change(cast.coordinator, cast, "CAHT", moved)
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).arm is Arm.LAW_ENFORCEMENT


async def test_of_two_keepers_the_second_learns_of_the_first(cast: Cast) -> None:
    await change(cast.administrator, cast, "CAHT", caht(level=Level.LOCAL))
    with pytest.raises(Conflict):
        await change(cast.coordinator, cast, "CAHT", caht(level=Level.STATE))


async def test_no_agency_is_not_found(sqlite_cast: Cast) -> None:
    with pytest.raises(NotFound):
        await agencies.change_agency(sqlite_cast.coordinator, uuid4(), agency(), 1, NOW, NOW)
