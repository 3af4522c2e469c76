"""The joint operations of a report: each counts once, and so does each agency."""

from uuid import uuid4

from tracker.rules.reports.operations import TookPart, operations_of

FIRST, SECOND = uuid4(), uuid4()


def test_an_operation_and_an_agency_count_once() -> None:
    found = operations_of([TookPart(FIRST, "KCPD"), TookPart(FIRST, "FBI"), TookPart(SECOND, "FBI")])
    assert (found.held, found.agencies, found.is_withheld) == (2, ("FBI", "KCPD"), False)


def test_a_reader_who_sees_none_has_no_figure() -> None:
    assert operations_of([]).is_withheld
