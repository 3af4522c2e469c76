"""The demo's calendar: the recurring meetings of each arm and of both, trainings, outreach, operations."""

from datetime import time

from msgspec import Struct

from tracker.demo.days import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Day,
    last_workday,
    months,
    unless_holiday,
    weeks,
    workday,
)
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Category, Limit
from tracker.rules.recurrence.series import RepeatChoice

VIDEO = "https://video.example/task-force"
ALL, LAW, SERVICES = Visibility.ALL, Visibility.LAW_ENFORCEMENT, Visibility.VICTIM_SERVICES


class Script(Struct, frozen=True, kw_only=True):
    """One event: `first` is the day of its first date, `who` are keys of people, committees or arms, or "everyone"."""

    key: str
    title: str
    lead: str
    first: Day
    who: tuple[str, ...]
    kind: Kind = Kind.MEETING
    sees: Visibility = ALL
    committee: str | None = None
    starts: time = time(10)
    """Ignored for all-day events."""
    minutes: int = 60
    repeat: RepeatChoice = RepeatChoice.NONE
    interval: int = 1
    status: EventStatus = EventStatus.CONFIRMED
    place: str = ""
    video_link: str = ""
    description: str = ""
    agenda: str = ""
    notice: int = 14
    """Days before its first date on which it was scheduled."""
    categories: frozenset[Category] = frozenset()
    """The marking by its organizer's agency, as controlled unclassified information; none = it is not marked."""
    limit: Limit | None = None
    is_new: bool = False
    """Scheduled when the demo starts, so that its invitations are really sent."""

    @property
    def is_all_day(self) -> bool:
        """Return whether it is an all-day event."""
        return self.minutes % (24 * 60) == 0


SERIES = (
    Script(
        key="monthly",
        title="Monthly task force meeting",
        lead="coordinator",
        first=months(-5, 2, THURSDAY),
        who=("everyone",),
        starts=time(14),
        minutes=90,
        repeat=RepeatChoice.MONTHLY_NTH,
        place="5th-floor conference room",
        video_link=VIDEO,
        agenda="Open action items 10\nReports from each arm 30\nTraining and outreach 20\nUpcoming dates 10",
    ),
    Script(
        key="steering",
        title="Steering Committee",
        lead="coordinator",
        first=months(-4, 4, TUESDAY),
        who=("steering",),
        sees=Visibility.COMMITTEE,
        committee="steering",
        starts=time(14),
        minutes=90,
        repeat=RepeatChoice.MONTHLY_NTH,
        place="5th-floor conference room",
        agenda="Approval of minutes 5\nMOU renewals 30\nBudget 20",
    ),
    Script(
        key="enforcement",
        title="Law Enforcement Committee",
        lead="coordinator",
        first=months(-3, 1, WEDNESDAY),
        who=("enforcement",),
        sees=Visibility.COMMITTEE,
        committee="enforcement",
        starts=time(9),
        minutes=75,
        repeat=RepeatChoice.MONTHLY_NTH,
        place="FBI field office, room 210",
        agenda="Open action items 15\nUpcoming work 45",
    ),
    Script(
        key="services",
        title="Victim Services Committee",
        lead="caht_lead",
        first=months(-3, 3, MONDAY),
        who=("services",),
        sees=Visibility.COMMITTEE,
        committee="services",
        starts=time(13),
        minutes=75,
        repeat=RepeatChoice.MONTHLY_NTH,
        place="Harbor House, community room",
        agenda="Capacity 20\nReferral pathways 30\nTraining needs 15",
    ),
    Script(
        key="case_call",
        title="Coordination call",
        lead="fbi_lead",
        first=weeks(-10, TUESDAY),
        who=(LAW,),
        sees=LAW,
        starts=time(10),
        minutes=30,
        repeat=RepeatChoice.WEEKLY,
        video_link=VIDEO,
        notice=7,
    ),
    Script(
        key="tip_review",
        title="Tip line review",
        lead="hsi_liaison",
        first=weeks(-9, THURSDAY),
        who=("hsi_liaison", "hsi_agent", "fbi_agent", "kcpd_analyst", "ipd_detective"),
        sees=LAW,
        starts=time(15),
        minutes=45,
        repeat=RepeatChoice.WEEKLY,
        interval=2,
        video_link=VIDEO,
    ),
    Script(
        key="capacity",
        title="Shelter capacity call",
        lead="caht_lead",
        first=weeks(-8, FRIDAY),
        who=(SERVICES,),
        sees=SERVICES,
        starts=time(9),
        minutes=30,
        repeat=RepeatChoice.WEEKLY,
        video_link=VIDEO,
        notice=7,
    ),
    Script(
        key="partners",
        title="Service providers meeting",
        lead="caht_lead",
        first=weeks(-9, WEDNESDAY),
        who=(SERVICES,),
        sees=SERVICES,
        starts=time(13),
        minutes=60,
        repeat=RepeatChoice.WEEKLY,
        interval=2,
        place="Bridge Legal, second floor",
        agenda="Referral pathways 20\nLegal clinic dates 20\nTransportation 10",
    ),
    Script(
        key="figures",
        title="Quarterly statistics due",
        lead="coordinator",
        first=months(-2, 3, FRIDAY),
        who=("hsi_liaison", "kcpd_sergeant", "ipd_liaison", "caht_lead", "shelter_lead"),
        kind=Kind.DEADLINE,
        minutes=24 * 60,
        repeat=RepeatChoice.MONTHLY_NTH,
        interval=3,
        description="Totals only. Don't include names.",
    ),
)
SINGLES = (
    Script(
        key="interviewing",
        title="Training: Trauma-informed interviewing",
        lead="coordinator",
        first=workday(-33),
        who=(LAW, "caht_training"),
        kind=Kind.TRAINING,
        starts=time(9),
        minutes=180,
        place="KCPD academy, room 4",
    ),
    Script(
        key="hotels",
        title="Outreach: Hotel staff awareness night",
        lead="coordinator",
        first=workday(-19),
        who=("caht_outreach", "advocate", "kcpd_detective", "ipd_liaison", "hhs_specialist"),
        kind=Kind.OUTREACH,
        starts=time(18),
        minutes=120,
        place="Independence public library",
    ),
    Script(
        key="briefing",
        title="Joint briefing",
        lead="coordinator",
        first=last_workday,
        who=("everyone",),
        starts=time(9),
        minutes=60,
        place="5th-floor conference room",
        video_link=VIDEO,
    ),
    Script(
        key="labor_rights",
        title="Outreach: Labor rights fair",
        lead="coordinator",
        first=unless_holiday(weeks(2, SATURDAY)),
        who=("caht_outreach", "bridge_advocate", "hhs_liaison", "hsi_specialist", "shelter_lead"),
        kind=Kind.OUTREACH,
        starts=time(11),
        minutes=180,
        place="Union Station, north hall",
        notice=30,
    ),
    Script(
        key="grant",
        title="Grant progress report due",
        lead="coordinator",
        first=workday(24),
        who=("caht_lead", "attorney"),
        kind=Kind.DEADLINE,
        minutes=24 * 60,
        notice=40,
    ),
    Script(
        key="center",
        title="Family justice center tour",
        lead="coordinator",
        first=workday(20),
        who=("steering",),
        kind=Kind.OUTREACH,
        starts=time(13),
        minutes=90,
        status=EventStatus.TENTATIVE,
        place="Family justice center",
        notice=25,
    ),
    Script(
        key="radio",
        title="Interagency radio check",
        lead="fbi_lead",
        first=workday(6),
        who=(LAW,),
        sees=LAW,
        starts=time(8),
        minutes=30,
        notice=20,
    ),
    Script(
        key="exercise",
        title="Regional tabletop exercise",
        lead="coordinator",
        first=workday(45),
        who=("everyone",),
        kind=Kind.TRAINING,
        starts=time(9),
        minutes=240,
        status=EventStatus.DRAFT,
        notice=50,
    ),
    Script(
        key="bluestem",
        title="Operation Bluestem",
        lead="fbi_lead",
        first=unless_holiday(weeks(2, SATURDAY)),
        who=("coordinator", "hsi_liaison", "kcpd_detective", "ipd_liaison"),
        kind=Kind.JOINT_OPERATION,
        sees=Visibility.NAMED,
        starts=time(6),
        minutes=360,
        place="Staging lot north",
        notice=30,
        description="Briefing at 5:00 AM. Radio channel to follow separately.",
        categories=frozenset({Category.SP_INV, Category.LEI}),
        limit=Limit.NOCON,
    ),
    Script(
        key="larkspur",
        title="Operation Larkspur",
        lead="kcpd_sergeant",
        first=unless_holiday(weeks(2, SATURDAY)),
        who=("kcpd_analyst", "ipd_detective"),
        kind=Kind.JOINT_OPERATION,
        sees=Visibility.NAMED,
        starts=time(10),
        minutes=240,
        place="Staging garage east",
        is_new=True,
    ),
    Script(
        key="signs",
        title="Training: Recognizing the signs",
        lead="coordinator",
        first=workday(9),
        who=("hhs_specialist", "ipd_detective", "kcpd_analyst", "night_lead", "advocate", "bridge_advocate"),
        kind=Kind.TRAINING,
        starts=time(9),
        minutes=120,
        place="Harbor House, community room",
        is_new=True,
    ),
)
SOON = Script(
    key="soon",
    title="Weekly look-ahead call",
    lead="coordinator",
    first=workday(0),
    is_new=True,
    minutes=30,
    who=("fbi_lead", "kcpd_detective", "caht_lead", "advocate", "hhs_liaison"),
    video_link=VIDEO,
)
