"""tracker audit: verify the audit log, and print where it ends."""

import re
from pathlib import Path

import click

from tracker.errors import Invalid
from tracker.ports.cli.opening import takes_data, with_database
from tracker.usecases.core import audit as audit_log

HEAD = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64}) ([0-9a-f]{64})")
LARGEST = 10_000_000  # bytes of kept heads


@click.group()
def audit() -> None:
    """Verify the audit log."""


@audit.command()
@takes_data
@click.pass_context
def head(context: click.Context) -> None:
    """Print where the audit log ends.

    The line has the number and hash of the last entry, and their seal. Keep it elsewhere.
    """
    log_head = with_database(lambda _: audit_log.audit_log_head())
    if log_head is None:
        click.echo("The audit log has no entries.", err=True)
        context.exit(1)
    click.echo(f"{log_head.seq} {log_head.hash} {log_head.seal}")


@audit.command()
@click.option(
    "--head",
    "kept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of lines from `tracker audit head`: also detects a log that was cut off or rewritten.",
)
@takes_data
@click.pass_context
def verify(context: click.Context, kept: Path | None) -> None:
    """Check every entry.

    Name the first broken entry and exit with 1.
    """
    heads = _heads(kept) if kept else []
    broken = with_database(lambda _: audit_log.verify_chain(heads))
    if broken is not None:
        click.echo(f"Entry {broken.seq}: {broken.why}", err=True)
        context.exit(1)
    click.echo("The audit log is unchanged.")


def _heads(file: Path) -> list[audit_log.AuditLogHead]:
    if file.stat().st_size > LARGEST:
        raise Invalid(f"{file} is too large to be output of `tracker audit head`.")
    heads = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if line.strip():
            match = HEAD.fullmatch(line.strip())
            if match is None:
                raise Invalid(f"Line {number} of {file} isn't output of `tracker audit head`.")
            heads.append(audit_log.AuditLogHead(int(match[1]), match[2], match[3]))
    return heads
