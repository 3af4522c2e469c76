"""Feeds per second, whole (200) and unchanged (304), against a bare Litestar handler that gives the same bytes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bare import keep
from bench.figures import Figure, middle
from bench.server import Server, bare, product
from bench.stock import feed_in, filled
from bench.visitors import Visitors

DATES = 1_000
ROUNDS, COUNT = 7, 80  # in turn, so that what else the machine does falls on both alike; requests on a connection
TARGET = 0.5  # of the floor
PACKED = {"Accept-Encoding": "gzip", "User-Agent": "bench"}


def measure() -> Sequence[Figure]:
    """Measure a detective's feed as calendar programs fetch it: over loopback, packed, on kept connections."""
    with TemporaryDirectory() as folder, _both(Path(folder)) as (path, etag, ours, floor):
        known = PACKED | {"If-None-Match": etag}
        whole = _side_by_side(200, Visitors(ours, path, PACKED), Visitors(floor, "/200", PACKED))
        unchanged = _side_by_side(304, Visitors(ours, path, known), Visitors(floor, "/304", known))
    return (
        Figure(name="feed fetched whole (200)", value=whole[0], unit="/s", floor=whole[1], target=TARGET),
        Figure(name="feed unchanged (304)", value=unchanged[0], unit="/s", floor=unchanged[1], target=TARGET),
    )


@contextmanager
def _both(folder: Path) -> Iterator[tuple[str, str, Server, Server]]:
    """Run both servers; yield the feed's address, its ETag, and the two."""
    database = filled(folder, DATES)
    path = f"/feeds/{feed_in(database)}.ics"
    with ExitStack() as stack:
        ours = stack.enter_context(product(database))
        with Visitors(ours, path, PACKED, 1) as first:
            status, headers, content = first.one()
        keep(folder, status, headers, content)
        with Visitors(ours, path, PACKED | {"If-None-Match": headers["etag"]}, 1) as second:
            keep(folder, *second.one())
        yield path, headers["etag"], ours, stack.enter_context(bare(folder))


def _side_by_side(status: int, ours: Visitors, floor: Visitors) -> tuple[float, float]:
    with ours, floor:
        return middle([(ours.rate(status, COUNT), floor.rate(status, COUNT)) for _ in range(ROUNDS)])
