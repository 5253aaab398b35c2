"""Whether a body is an HTML page, by what its header says and by its first kilobyte (after WHATWG MIME Sniffing)."""

import re
from functools import lru_cache

SNIFF = 1024  # bytes

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
# Types that browsers show as they are, whatever the body looks like.
_PLAIN_TYPES = frozenset({"text/plain", "text/css", "text/csv", "text/markdown", "text/vtt"})
_CODE_TYPES = ("json", "javascript", "ecmascript")
_MEDIA_TYPES = ("image/", "audio/", "video/", "font/")

_ANYWHERE = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_AT_START = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*>)*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE | re.DOTALL
)
_FEED = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?[^>]*>)*<(?:rss|feed|rdf:rdf|urlset|sitemapindex|svg|opml)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BINARY = (
    b"%PDF-",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"wOFF",
    b"wOF2",
    b"%!PS-Adobe-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x00\x00\x01\x00",
    b"\x7fELF",
    b"{\\rtf",
)


@lru_cache(maxsize=64)  # a header has up to 64 KB, and few are different
def media_type(content_type: str | None) -> str:
    """Return `type/subtype` in lower case, or the empty string."""
    return (content_type or "").split(";", 1)[0].split(",", 1)[0].strip().lower()


def magic_number(body: bytes) -> bytes | None:
    """Return the bytes by which a document, an image, an archive or a font shows itself, or None."""
    if not body.startswith(_BINARY):
        return None
    return next(magic for magic in _BINARY if body.startswith(magic))


def looks_binary(body: bytes) -> bool:
    """Tell whether the first kilobyte is no text (WHATWG MIME Sniffing 7.2: bytes that text does not have)."""
    head = body[:SNIFF]
    if magic_number(head):
        return True
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"<\0" not in head and bool(_NO_TEXT.search(head))


def not_html(body: bytes, content_type: str | None) -> str | None:
    """Return why a body is no HTML page, in words, or None where it is one.

    A declared HTML type holds unless the body begins like a PDF, an image, an archive or a feed. Any other type,
    or none, needs a doctype or `<html` in the first 1,024 bytes (media and script types: at the very beginning);
    `text/plain` and its like are never HTML, as in browsers.
    """
    kind = media_type(content_type)
    head = body[:SNIFF]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"\0" in head and b"<\0" in head
    ):  # one byte is found faster than two
        head = body[: 2 * SNIFF].replace(b"\0", b"")  # UTF-16: the ASCII letters are what is looked for
        head = head[2:] if head[:1] in (b"\xff", b"\xfe") else head
    if kind in _HTML_TYPES:
        magic = magic_number(head)
        if magic:
            return f"content-type {kind}, but the body begins with {magic!r}"
        return f"content-type {kind}, but the body is a feed or site map" if _FEED.match(head) else None
    if kind in _PLAIN_TYPES:
        return f"content-type {kind}"
    strict = kind.startswith(_MEDIA_TYPES) or any(word in kind for word in _CODE_TYPES)
    if (_AT_START.match(head) if strict else _ANYWHERE.search(head)) and not _FEED.match(head):
        return None
    return f"content-type {kind[:80] or 'missing'}, no <html or doctype in the first {SNIFF} bytes"
