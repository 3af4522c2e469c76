"""The base of the messages in the outbox."""

from msgspec import Struct


class Tagged(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all messages have in common: a tag in their JSON that names the class."""
