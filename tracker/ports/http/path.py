"""The parts of an address, as a handler declares them.

They are named once because each `FromPath[…]` takes 0.1 ms: typing hashes its marker, and Litestar does that field by
field. There are more than 400 such parameters.
"""

from typing import TypeAlias
from uuid import UUID

from litestar.params import FromPath  # noqa: TID251 - here it gets its names

PathId: TypeAlias = FromPath[UUID]
PathText: TypeAlias = FromPath[str]
