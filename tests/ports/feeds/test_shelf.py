"""What is kept for the next fetch, and what has to go."""

from msgspec import Struct

from tracker.ports.feeds.feed_builder import Cache


class Box(Struct, frozen=True):
    size: int


def test_what_was_put_is_found_until_the_shelf_is_full() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(60))
    shelf.put("b", Box(40))
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (Box(60), Box(40), None)


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(40))
    shelf.put("b", Box(40))
    shelf.get("a")
    shelf.put("c", Box(40))
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (Box(40), None, Box(40))


def test_a_thing_takes_the_place_of_an_earlier_one_with_its_key() -> None:
    shelf: Cache[str, Box] = Cache(100)
    for size in (90, 80, 100):
        shelf.put("a", Box(size))
    assert shelf.get("a") == Box(100)


def test_what_is_larger_than_the_shelf_is_not_kept() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(101))
    assert shelf.get("a") is None
