"""Which pages say of each other that they are one page in several languages."""

from urllib.parse import urldefrag, urljoin

from glotmill.core.hashing import content_hash
from glotmill.licensing.page import Page, attribute

MAX_LINKS = 2_000  # a page of Wikipedia has 350
HINT = "hreflang"  # stands in every page that says anything here


def parallel_id(page: Page, url: str | None) -> str | None:
    """Return an id that a page shares with its translations, or None.

    Pages list their translations, themselves among them, in `<link rel="alternate" hreflang="...">` (HTML, 4.6.7.1). The
    id is a hash of the set of addresses: pages that list one another alike have one id, and a page that is not on its own
    list has none, so that a template that points every page at the front pages links nothing.

    Args:
        page: the parsed page.
        url: its address, against which relative ones are read.
    """
    if url is None:
        return None
    listed: dict[str, str] = {}
    for link in page.select('link[rel~="alternate" i][hreflang][href]')[:MAX_LINKS]:
        code = attribute(link, "hreflang").strip().lower()
        try:
            address = urldefrag(urljoin(url, attribute(link, "href").strip()[:2_000])).url
        except ValueError:  # an address nobody can read is no translation
            continue
        if code != "x-default":
            listed[address] = code
    if urldefrag(url).url not in listed or len(set(listed.values())) < 2:
        return None
    return content_hash("\n".join(sorted(listed)))
