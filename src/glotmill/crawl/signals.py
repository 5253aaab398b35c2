"""What was said about the use of one fetched page, by its site and by itself: rows for the WARC's metadata."""

from datetime import UTC, datetime

from glotmill.crawl.messages import Response
from glotmill.crawl.robots_cache import RobotsCache
from glotmill.crawl.tdm_cache import TdmCache
from glotmill.licensing.agents import AiAgents
from glotmill.licensing.signals import Signal, at, from_headers, from_page, from_robots
from glotmill.licensing.tdmrep import PATH


def site_signals(url: str, robots: RobotsCache, tdm: TdmCache, agents: AiAgents) -> tuple[Signal, ...]:
    """Return what robots.txt and tdmrep.json say of the use of a URL, each with its own address and time.

    Known before the fetch, so `licensing.consent.before_fetch` can be asked; they hold for the fetch too.

    Args:
        url: absolute.
        robots: with the site's robots.txt as last taken; a site without one says nothing.
        tdm: with its tdmrep.json, likewise.
        agents: whose being kept out says that training is not wanted.
    """
    found: list[Signal] = []
    rules, entry = robots.robots(url), robots.entry(url)
    if rules is not None and entry is not None:
        said = from_robots(rules.use_lines(url, agents.training), rules.refused(url, agents.training))
        found.extend(at(said, f"{entry.origin}/robots.txt", _time(entry.taken)))
    reserved, entry = tdm.rules(url), tdm.entry(url)
    if reserved is not None and entry is not None:
        found.extend(at(reserved.signals(url), f"{entry.origin}{PATH}", _time(entry.taken)))
    return tuple(found)


def page_signals(response: Response, html: str | None) -> tuple[Signal, ...]:
    """Return what a page's headers and elements say, with its address and the time at which it was asked for.

    Args:
        response: as it came.
        html: its decoded content where that is HTML, else None.
    """
    said = (*from_headers(response.headers), *(from_page(html) if html else ()))
    return at(said, response.url, response.started)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
