"""Whether a response is text, which a crawl reads to its end, or something else, of which the beginning is enough."""

import re

from glotmill.io.sniff import looks_binary, magic_number, media_type, not_html

_TEXT = re.compile(r"text/|.*[+/](?:xml|json|html|javascript|ecmascript|x-ndjson|x-javascript|atom|rss)\Z")
# What servers say when they do not know.
_UNKNOWN = frozenset(
    {
        "",
        "application/octet-stream",
        "application/x-download",
        "application/force-download",
        "application/unknown",
        "binary/octet-stream",
        "unknown/unknown",
    }
)
_SITE_MAP = re.compile(r"\.(?:xml|txt)\.gz(?:\?|\Z)|sitemap[^/]*\.gz", re.IGNORECASE)


def not_text(content_type: str | None, beginning: bytes, target: str) -> str | None:
    """Return why a response is no text, in words, or None where it is.

    A declared text holds unless it begins like a PDF, an image or an archive; an undeclared one is judged by its
    bytes; anything else is text only if it is an HTML page in disguise. Compressed site maps count as text.

    Args:
        content_type: the header's value, or None.
        beginning: the first kilobyte of the content, or all of it.
        target: path and query of the URL.
    """
    kind = media_type(content_type)
    magic = magic_number(beginning)
    if magic and magic.startswith(b"\x1f\x8b") and _SITE_MAP.search(target):
        return None
    if _TEXT.match(kind):
        return f"content-type {kind[:80]}, but it begins with {magic!r}" if magic else None
    if kind in _UNKNOWN or "/" not in kind:
        return "no content-type, and bytes that are no text" if looks_binary(beginning) else None
    return None if not_html(beginning, content_type) is None else f"content-type {kind[:80]}"
