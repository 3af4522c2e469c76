"""The joint operations of a report: each counts once, and so does each agency."""

from uuid import uuid4

from tracker.rules.reports.sums import OperationPart, count_operations

FIRST, SECOND = uuid4(), uuid4()


def test_an_operation_and_an_agency_count_once() -> None:
    found = count_operations([OperationPart(FIRST, "KCPD"), OperationPart(FIRST, "FBI"), OperationPart(SECOND, "FBI")])
    assert (found.held, found.agencies, found.is_withheld) == (2, ("FBI", "KCPD"), False)


def test_a_reader_who_sees_none_has_no_figure() -> None:
    assert count_operations([]).is_withheld
