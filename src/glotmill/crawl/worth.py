"""What is known of pages, and what links are worth by it: values that the hunt takes and gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What came of one fetched page.

    Args:
        url: of the page, absolute.
        accepted: whether the gate found text in a target.
        characters: of such text, estimated; 0 where not accepted.
        size: of the content, without its content codings, in bytes.
        language: canonical tag of the target that the text speaks for loudest, or None.
        hops: links from a seed, 0 for a seed.
        beyond: links from the last accepted page or seed on the way; `Hunt.learn` makes it 0 where page or host is accepted.
        standing: 0..1, what the page's host yields of what accepted pages do; `Hunt.learn` fills it.
    """

    url: str
    accepted: bool
    characters: int
    size: int
    language: str | None = None
    hops: int = 0
    beyond: int = 0
    standing: float = 0.0


@dataclass(frozen=True, slots=True)
class Worth:
    """What a link is worth.

    Args:
        value: characters of target text expected per byte, more is better; None: not worth following as things stand.
        reason: `hunt.too_far`, `hunt.host_parked` or `hunt.section_parked`, where `value` is None. A host that is accepted
            later lifts all but the last, so that a frontier puts such links aside rather than away.
        section: host and first folder, by which a frontier finds what `learn` has changed.
        nats: what the link says by itself; `expected(section, nats)` is the value when more is known of the section.
        hops: links from a seed, for the page's verdict.
        beyond: links from the last accepted page or seed, for the page's verdict.
    """

    value: float | None
    reason: str | None
    section: str
    nats: float
    hops: int
    beyond: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What a verdict has changed.

    Args:
        via: the verdict, to be handed on with the page's links, to other workers too.
        moved: whether queued links of the page's host should be valued again. That is so at 1, 2, 4, 8, ... pages of the
            host, at its first accepted page, and where the host or a section of it is parked.
    """

    via: PageVerdict
    moved: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a section of a host, all of it integers.

    Args:
        section: host and first folder, as `section_of` has it, or `<host>/*` for sections beyond the 64th.
        fetched: pages.
        spent: bytes of them, with what each request counts for.
        accepted: pages.
        accepted_spent: bytes of these, counted alike.
        characters: of target text.
    """

    section: str
    fetched: int = 0
    spent: int = 0
    accepted: int = 0
    accepted_spent: int = 0
    characters: int = 0

    def with_page(self, page: PageVerdict, request: int) -> "Tally":
        """Return the tally with one page more, its request counting for so many bytes."""
        cost = page.size + request
        return Tally(
            self.section,
            self.fetched + 1,
            self.spent + cost,
            self.accepted + page.accepted,
            self.accepted_spent + cost * page.accepted,
            self.characters + page.characters,
        )

    def plus(self, other: "Tally") -> "Tally":
        """Return the sum of two tallies under the name of the first."""
        return Tally(
            self.section,
            self.fetched + other.fetched,
            self.spent + other.spent,
            self.accepted + other.accepted,
            self.accepted_spent + other.accepted_spent,
            self.characters + other.characters,
        )
