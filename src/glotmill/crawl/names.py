"""Host names of a crawl and their addresses: resolved once in a while, of a table, or all of this machine."""

import time
from collections.abc import Mapping, Sequence

from glotmill.crawl.job import CrawlJob
from glotmill.crawl.resolving import Resolver, SystemResolver

_ADDRESS_LIFE_S = 300.0  # a name is not resolved again before
_ADDRESSES = 50_000  # names in memory, from where on the old ones are forgotten


class Names:
    """Resolves names once in a while, and says what it knows of them."""

    def __init__(self, job: CrawlJob) -> None:
        self._inner: Resolver = SystemResolver() if job.names is None else _Table(job.names)
        if job.loopback:
            self._inner = _Loopback()
        self._known: dict[str, tuple[float, Sequence[str]]] = {}

    def known(self, host: str) -> str | None:
        """Return the first address of a name resolved before, or None."""
        found = self._known.get(host)
        return found[1][0] if found is not None and found[1] else None

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the addresses of a name."""
        found, now = self._known.get(host), time.monotonic()
        if found is None or now - found[0] > _ADDRESS_LIFE_S:
            found = (now, await self._inner.resolve(host))
            if len(self._known) >= _ADDRESSES:
                self._known = {name: one for name, one in self._known.items() if now - one[0] <= _ADDRESS_LIFE_S}
            self._known[host] = found
        return found[1]


class _Loopback:
    """A resolver for which every name is this machine."""

    async def resolve(self, host: str) -> Sequence[str]:
        return ("127.0.0.1",)


class _Table:
    """A resolver that knows the names it is given."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self._names = names

    async def resolve(self, host: str) -> Sequence[str]:
        if host not in self._names:
            raise OSError(f"no such name: {host}")
        return self._names[host]
