"""tracker demo: a newly made demo task force, served on this computer only."""

from datetime import datetime
from pathlib import Path

import click

from tracker.errors import Invalid
from tracker.ports.cli.serve import listen, need_assertions

LARGEST = 1_000


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for its database, emails, and secret.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="Port number; 0 for any free one."
)
@click.option("--json", "lists", is_flag=True, help="Also write demo.json into the folder when it is ready.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same demo.")
@click.option(
    "--now", "start", metavar="ISO", help="Start its clock at this time, for example 2026-12-01T08:40:00-06:00."
)
@click.option(
    "--size",
    type=click.IntRange(1, LARGEST),
    default=1,
    show_default=True,
    help="Each step above 1 adds 25 people and 1,000 past dates.",
)
@click.option("--keep", "keeps", is_flag=True, help="Continue the demo in the folder.")
@click.option("--no-serve", "only_makes", is_flag=True, help="Create it and stop; serve it later with --keep.")
def demo(
    data: Path, port: int, seed: int, start: str | None, size: int, *, lists: bool, keeps: bool, only_makes: bool
) -> None:
    """Create and serve the demo task force.

    It prints sign-in links for five people, and shows the emails it sends.
    """
    from tracker.demo.run import Options, run  # noqa: PLC0415 - other commands need not wait for it

    need_assertions()
    listener = None if only_makes else listen("127.0.0.1", port)
    run(
        Options(folder=data, listener=listener, seed=seed, size=size, now=_moment(start), keeps=keeps, lists=lists),
        click.echo,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as odd:
        raise Invalid("--now isn't a date and time. Write it as 2026-12-01T08:40:00-06:00.") from odd
    if moment is not None and moment.tzinfo is None:
        raise Invalid("--now needs a UTC offset, for example 2026-12-01T08:40:00-06:00.")
    return moment
