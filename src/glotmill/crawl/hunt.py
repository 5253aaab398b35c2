"""How much a queued URL is worth to a crawl that looks for some languages, from what came of pages so far."""

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field

from glotmill.core.errors import DataError
from glotmill.core.steps import Frozen
from glotmill.crawl.messages import Link
from glotmill.crawl.sections import OTHERS, host_of, section_of
from glotmill.crawl.worth import Learned, PageVerdict, Tally, Worth
from glotmill.stages.hints import MOST_NATS, NATS, hints, nats
from glotmill.text.tags import matches

TOO_FAR: Final = "hunt.too_far"
HOST_PARKED: Final = "hunt.host_parked"
SECTION_PARKED: Final = "hunt.section_parked"

_CLAIM: Final = 3.0  # nats, of a language that a link claims for its page, for a target or against
_PLAIN: Final = NATS["path"]  # a hint this strong opens a parked host and is followed a hop further
_MOST_SHARE: Final = 0.99
_SECTIONS: Final = 64  # of a host that are told apart, or a host with endless folders would fill the memory
_PATIENCE: Final = 3  # times the budget, whatever links hint at


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What a hunt takes for likely before it has seen anything.

    Set by what they mean and then swept on simulated graphs for tuning: half and twice of each change next to nothing
    (docs/decisions/0027-language-hunting.md).

    Args:
        share: of what accepted pages yield, for a host of which nothing is known.
        density: characters of target text per byte of an accepted page.
        certainty: bytes that each prior weighs as much as; the default is some three pages.
        request: bytes that a request counts for besides its body, since the host's delay is what a crawl waits for.
        kinship: nats for a link on a host that yields as accepted pages do.
        rejected: nats against a link on a rejected page.
        seed: nats for what the user named.
    """

    share: float = 0.05
    density: float = 0.08
    certainty: int = 131_072
    request: int = 16_384
    kinship: float = 3.0
    rejected: float = 1.0
    seed: float = 3.0


DEFAULT: Final = Beliefs()


class Order(Protocol):
    """In which order a crawl fetches, and what it does not fetch at all."""

    def value(self, link: Link, via: PageVerdict | None) -> Worth: ...

    def expected(self, section: str, nats: float) -> float: ...

    def learn(self, page: PageVerdict) -> Learned: ...

    def explores(self, fetched: int) -> bool: ...

    def unknown(self, section: str) -> bool: ...

    def accepted(self, url: str) -> bool: ...

    def widen(self) -> bool: ...

    def rows(self) -> Iterator[Tally]: ...

    def rows_of(self, host: str) -> Iterator[Tally]: ...


class HuntSpec(Frozen):
    """How a crawl chooses among the URLs it knows.

    Args:
        order: `hunt`, or `breadth-first`, which takes links as they come and leaves none out.
        tunnel: links from an accepted page (or a seed) that are followed through pages that were not accepted.
        widest: to which `tunnel` grows, by one each time that nothing else is left to fetch.
        budget: pages of a host without an accepted one, after which it is parked; of a section of a host alike.
        explore_every: of so many fetches one goes to a host that nothing was fetched from; None leaves the best value alone
            to decide.
    """

    order: Literal["hunt", "breadth-first"] = "hunt"
    tunnel: Annotated[int, Field(ge=1)] = 1
    widest: Annotated[int, Field(ge=1)] = 8
    budget: Annotated[int, Field(ge=1)] = 20
    explore_every: Annotated[int, Field(ge=2)] | None = 10

    def build(self, targets: Sequence[str], rows: Iterable[Tally] = ()) -> "Order":
        """Return the policy in the state that `rows` had, or a fresh one.

        Args:
            targets: canonical tags.
            rows: what `Order.rows` gave.

        Raises:
            DataError: a row counts less than nothing or accepts more than was fetched.
        """
        return BreadthFirst() if self.order == "breadth-first" else Hunt(self, targets, rows)


class Hunt:
    """Best-first by expected target text per byte.

    A section of a host (`www.adibidea.eus/eu`) that gave C characters of target text for B bytes is expected to give

        y = (C + k h) / (B + k)        with  h = (C' + k s d) / (B' + k)        and  d = (C" + k d0) / (B" + k)

    characters for each further byte: h is the same of the host with all its sections, d of all accepted pages of the crawl,
    s = 0.05 the guess for a host of which nothing is known, k = 131,072 bytes. Each is the mean of a Gamma distribution after
    Poisson counts with the one above as the mean of its prior and k as its weight (Gelman et al., Bayesian Data Analysis,
    2.6): a host with few pages is judged by what is known of hosts, one with many by itself, and no threshold stands between.
    A request counts for 16,384 bytes besides its body. Characters of a page are no Poisson counts but come in
    lumps, so that k is of the size of pages rather than of characters.

    What the link says multiplies the odds of the share y / d: value = y m / (1 - p + p m) with p = min(y / d, 0.99) and m = exp(nats).
    Nats are those of `stages/hints.py` for the URL, 3 for a claimed language that is a target and -3 for one that is not, at
    most 6 together; 3 times the standing of the linking page's host, min(y / d, 1) there, so that a farm that links to itself
    with a line of target text passes on as little as it yields; -1 if that page was rejected; 3 for seeds.

    Links are followed outward from accepted pages (Chakrabarti et al. 1999, doi:10.1016/S1389-1286(99)00052-3), through at most
    `tunnel` links without one (Bergmark et al. 2002, doi:10.1007/3-540-45747-X_7), one more where the link hints at a target, and
    further only when nothing else is left (`widen`).

    It has no clock, no randomness and does no I/O: the same verdicts in the same order give the same values.

    Args:
        spec: the limits.
        targets: canonical tags.
        rows: state of an earlier one.
        beliefs: before anything was seen.
    """

    def __init__(
        self, spec: HuntSpec, targets: Sequence[str], rows: Iterable[Tally] = (), beliefs: Beliefs = DEFAULT
    ) -> None:
        self._spec = spec
        self._beliefs = beliefs
        self._tunnel = spec.tunnel
        self._targets = tuple(targets)
        self._sections: dict[str, Tally] = {}
        self._hosts: dict[str, Tally] = {}
        self._parts: dict[str, list[str]] = {}  # sections of each host
        self._all = Tally("")
        for row in rows:
            _check(row)
            self._add(row)

    def value(self, link: Link, via: PageVerdict | None) -> Worth:
        """Return what a link is worth.

        Args:
            link: in canonical form.
            via: the page that it stands on, as `learn` returned it; None for seeds, sitemaps and feeds. What sitemaps list is
                followed, but only accepted pages of it lead on: a sitemap is no sign that anyone got closer.
        """
        section = self._place(link.url)
        hint = self._hint(link)
        said = hint + (self._beliefs.seed if link.source == "seed" else 0.0)
        hops = beyond = 0
        if via is None and link.source != "seed":
            hops, beyond = 1, self._spec.tunnel
        elif via is not None:
            said += self._beliefs.kinship * via.standing - (0.0 if via.accepted else self._beliefs.rejected)
            hops, beyond = via.hops + 1, via.beyond + 1
        said += math.log(0.5 + link.weight)  # 1 at 0.5, where a sitemap says nothing
        reason = self._refusal(section, hint, beyond)
        value = None if reason else self.expected(section, said)
        return Worth(value, reason, section, said, hops, beyond)

    def expected(self, section: str, nats: float) -> float:
        """Return characters of target text per byte to expect of a link in a section, by what the link says."""
        yielded = self._yield(section)
        share = min(yielded / self._density(), _MOST_SHARE)
        odds = math.exp(nats)
        return yielded * odds / (1 - share + share * odds)

    def learn(self, page: PageVerdict) -> Learned:
        """Take in what came of a page."""
        section = self._place(page.url)
        self._add(Tally(section).with_page(page, self._beliefs.request))
        host, part = self._hosts[host_of(section)], self._sections[section]
        standing = min(1.0, self._yield(section) / self._density())
        via = replace(page, standing=standing, beyond=0 if host.accepted else page.beyond)
        first = page.accepted and host.accepted == 1
        parked = self._spec.budget in (host.fetched - host.accepted, part.fetched - part.accepted)
        return Learned(via, first or parked or not host.fetched & (host.fetched - 1))

    def explores(self, fetched: int) -> bool:
        """Tell whether the next fetch, after so many, should go to the best link on a host that is `unknown`."""
        every = self._spec.explore_every
        return every is not None and fetched % every == every - 1

    def unknown(self, section: str) -> bool:
        """Tell whether nothing was fetched from a section's host."""
        return host_of(section) not in self._hosts

    def accepted(self, url: str) -> bool:
        """Tell whether a page of a URL's host was accepted."""
        host = self._hosts.get(host_of(section_of(url)))
        return host is not None and host.accepted > 0

    def widen(self) -> bool:
        """Allow links one further from accepted pages, for when nothing is left to fetch; tell whether that changed anything.

        Links that were refused as `hunt.too_far` are to be valued again. It is no part of the state: a crawl that begins
        again widens again, as soon as it has to.
        """
        wider = self._tunnel < self._spec.widest
        self._tunnel += wider
        return wider

    def rows(self) -> Iterator[Tally]:
        """Yield the state, by section: `HuntSpec.build` takes it in any order."""
        for section in sorted(self._sections):
            yield self._sections[section]

    def rows_of(self, host: str) -> Iterator[Tally]:
        """Yield the state of one host, by section."""
        for section in sorted(self._parts.get(host, ())):
            yield self._sections[section]

    def _place(self, url: str) -> str:
        section = section_of(url)
        host = host_of(section)
        if section in self._sections or len(self._parts.get(host, ())) < _SECTIONS:
            return section
        return f"{host}/{OTHERS}"

    def _add(self, row: Tally) -> None:
        host = host_of(row.section)
        if row.section not in self._sections:
            self._parts.setdefault(host, []).append(row.section)
        self._sections[row.section] = self._sections.get(row.section, Tally(row.section)).plus(row)
        self._hosts[host] = self._hosts.get(host, Tally(host)).plus(row)
        self._all = self._all.plus(row)

    def _density(self) -> float:
        return (self._all.characters + self._beliefs.certainty * self._beliefs.density) / (
            self._all.accepted_spent + self._beliefs.certainty
        )

    def _yield(self, section: str) -> float:
        expected = self._beliefs.share * self._density()
        for tally in (self._hosts.get(host_of(section)), self._sections.get(section)):
            if tally is not None:
                expected = (tally.characters + self._beliefs.certainty * expected) / (
                    tally.spent + self._beliefs.certainty
                )
        return expected

    def _hint(self, link: Link) -> float:
        said = _hint_of(link.url, self._targets)
        if link.language is not None:
            meant = any(matches(link.language, tag) for tag in self._targets)
            said += _CLAIM if meant else -_CLAIM
        return min(said, MOST_NATS)

    def _refusal(self, section: str, hint: float, beyond: int) -> str | None:
        budget = self._spec.budget
        plain = hint >= _PLAIN
        host, part = self._hosts.get(host_of(section)), self._sections.get(section)
        if part is not None and not part.accepted and part.fetched >= budget:
            return SECTION_PARKED if host is not None and host.accepted else HOST_PARKED
        if host is not None and not host.accepted and host.fetched >= budget * (_PATIENCE if plain else 1):
            return HOST_PARKED
        accepted = host is not None and host.accepted
        return TOO_FAR if not accepted and beyond > self._tunnel + plain else None


class BreadthFirst:
    """Takes links by their hops from the seeds and leaves none out: what a hunt is compared with.

    Among equal values a frontier takes the older one. It has no state.
    """

    def value(self, link: Link, via: PageVerdict | None) -> Worth:
        hops = 0 if via is None else via.hops + 1
        section = section_of(link.url)
        return Worth(self.expected(section, -hops), None, section, -hops, hops, 0)

    def expected(self, section: str, nats: float) -> float:
        """Return 1 / (1 + hops), `nats` being -hops."""
        return 1 / (1 - nats)

    def learn(self, page: PageVerdict) -> Learned:
        return Learned(page, moved=False)

    def explores(self, fetched: int) -> bool:
        return False

    def unknown(self, section: str) -> bool:
        return False

    def accepted(self, url: str) -> bool:
        return True

    def widen(self) -> bool:
        return False

    def rows(self) -> Iterator[Tally]:
        return iter(())

    def rows_of(self, host: str) -> Iterator[Tally]:
        return iter(())


@functools.lru_cache(maxsize=65_536)  # every page of a host repeats the links of its menu
def _hint_of(url: str, targets: tuple[str, ...]) -> float:
    return max((nats(names) for names in hints("", url, None, targets).values()), default=0.0)


def _check(row: Tally) -> None:
    counts = (row.fetched, row.spent, row.accepted, row.accepted_spent, row.characters)
    if min(counts) < 0 or row.accepted > row.fetched or row.accepted_spent > row.spent:
        raise DataError(f"no tally of pages: {row}")
