"""A process that brings a database up to date with a release: `tracker migrate` on a URL, and nothing else.

python -m tests.faults.upgrader DATABASE_URL FOLDER_OF_MIGRATIONS
"""

import asyncio
import sys
from functools import partial
from pathlib import Path

from tests.database.sources import run_in_database
from tracker.database.migrate import migrate

if __name__ == "__main__":
    asyncio.run(run_in_database(partial(migrate, Path(sys.argv[2])), sys.argv[1]))
