"""Lessons learned. `Lesson` belongs to an operation; `ReleasedLesson` is a copy that leads to none."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan


class ReleasedLesson(Table):
    """What everyone reads: a title and a text, and nothing that leads back, not even a time."""

    id = UUID(primary_key=True, default=NEW_ID)
    title = Varchar(length=120)
    text = Text()

    constraints = (check("title <> '' AND text <> ''"),)


class Lesson(Table):
    """What was learned from an operation, and the edition of it that could be released."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    text = Text()
    edition_title = Varchar(length=120, default="")
    edition_text = Text(default="")
    version = Integer(default=1)
    released = ForeignKey(ReleasedLesson, null=True, default=None, on_delete=OnDelete.set_null, unique=True)
    added_at = Timestamptz(null=False)

    constraints = (check("text <> ''"),)
