"""From host names to IP addresses."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol


class Resolver(Protocol):
    """What the fetcher asks once per request; whatever it answers is judged before it is used."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the IP addresses of a name, best first.

        Args:
            host: ASCII, lower case.

        Raises:
            OSError: there are none (`socket.gaierror` is one).
        """
        ...


class SystemResolver:
    """The resolver of the operating system, on a thread of the event loop's pool."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return what `getaddrinfo` says, in its order, addresses without a route last (RFC 6724)."""
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
