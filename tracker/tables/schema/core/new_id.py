"""The default of a table's id."""

from piccolo.columns.defaults.uuid import UUID4  # noqa: TID251 - here it gets its equality


class NewId(UUID4):
    """A random UUID as Piccolo's own, but equal to itself alone.

    Piccolo asks of each column whether its default equals `uuid.uuid4`, and its own class compares the text of its
    signature: half a millisecond for each table.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__


NEW_ID = NewId()
