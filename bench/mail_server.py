"""A mail server that takes everything and keeps nothing, in a process of its own; it prints its port.

python -m bench.mail_server
"""

import asyncio
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP


class Taker:
    """Says 250 to every email."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's hook
        """Take one email."""
        return "250 Taken"


async def main() -> None:
    """Listen on loopback until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(SMTP, Taker(), hostname="taker.example", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
