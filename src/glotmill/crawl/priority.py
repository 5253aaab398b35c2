"""How soon a link is asked for where nothing is known of its site's language."""

from datetime import datetime

from glotmill.crawl.messages import Link

# What the user named, then what a site calls new, then what it calls a page or a translation, then the rest. The steps
# are a judgment: a hunt for a language adds the weight of the host, which is greater than any of them.
_SOURCES = {"seed": 0.9, "feed": 0.7, "redirect": 0.65, "hreflang": 0.6, "canonical": 0.6, "next": 0.5, "link": 0.45}
_HOP = 0.02
_FRESH_DAYS = 30


def base_priority(link: Link, *, hops: int, now: datetime) -> float:
    """Return 0..1: by where a link was found, what its sitemap says, its age and its distance from a seed.

    A sitemap's `priority` 0 .. 1 gives 0.4 .. 0.6; what changed within 30 days gets 0.1 more; each hop costs 0.02.

    Args:
        link: found.
        hops: from a seed.
        now: UTC.
    """
    base = 0.4 + 0.2 * link.weight if link.source == "sitemap" else _SOURCES.get(link.source, 0.45)
    fresh = link.last_modified is not None and abs((now - link.last_modified).total_seconds()) < _FRESH_DAYS * 86_400
    return min(1.0, max(0.0, base + 0.1 * fresh - _HOP * hops))
