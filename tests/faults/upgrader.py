"""A process that brings a database up to date: `tracker migrate` on a URL, and nothing else.

python -m tests.faults.upgrader DATABASE_URL
"""

import asyncio
import sys

from tests.database.sources import migrated

if __name__ == "__main__":
    asyncio.run(migrated(sys.argv[1]))
