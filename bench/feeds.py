"""Feeds per second, whole (200) and unchanged (304), against a bare Litestar handler that gives the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.server import Server, bare, product
from bench.stock import feed_in, filled
from bench.visitors import Visitors

DATES = 1_000
ROUNDS, COUNT = 5, 400  # in turn, so that what else the machine does falls on both alike; requests on a connection
TARGET = 0.30  # of the floor, for 304
PACKED = {"Accept-Encoding": "gzip", "User-Agent": "bench"}


def measure() -> Sequence[Figure]:
    """Measure a detective's feed as calendar programs fetch it: over loopback, packed, on kept connections."""
    with TemporaryDirectory() as folder, _both(Path(folder)) as (path, ours, floor, known):
        whole = _side_by_side(200, Visitors(ours, path, PACKED), Visitors(floor, "/200", PACKED))
        unchanged = _side_by_side(304, Visitors(ours, path, known), Visitors(floor, "/304", known))
    return (
        Figure(name="feed fetched whole (200)", value=whole[0], unit="/s", floor=whole[1]),
        Figure(name="feed unchanged (304)", value=unchanged[0], unit="/s", floor=unchanged[1], target=TARGET),
    )


@contextmanager
def _both(folder: Path) -> Iterator[tuple[str, Server, Server, Mapping[str, str]]]:
    """Run both servers; yield the feed's address, the two, and the headers of a client that has the feed already."""
    database, body = filled(folder, DATES), folder / "body"
    path = f"/feeds/{feed_in(database)}.ics"
    with ExitStack() as stack:
        ours = stack.enter_context(product(database))
        with Visitors(ours, path, PACKED, 1) as first:
            _, headers, content = first.one()
        body.write_bytes(content)
        yield path, ours, stack.enter_context(bare(body)), PACKED | {"If-None-Match": headers["etag"]}


def _side_by_side(status: int, ours: Visitors, floor: Visitors) -> tuple[float, float]:
    with ours, floor:
        rates = [(ours.rate(status, COUNT), floor.rate(status, COUNT)) for _ in range(ROUNDS)]
    return median(one for one, _ in rates), median(one for _, one in rates)
