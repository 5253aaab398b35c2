"""Which encoding the bytes of a page are in, and their text.

The order is that of the HTML standard (WHATWG, "determining the character encoding"): byte order mark, HTTP
header, `<meta>`; then what browsers ask their users for: strict UTF-8, a later `<meta>`, a detector. Beyond the
standard, a declaration is a claim to be checked: bytes that it cannot decode send it to the end of the queue,
since a wrong server default is the commonest fault of pages in languages other than English.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glotmill.io.codepages import MULTI_BYTE, Encoding, detected, labelled

PRESCAN = 1024  # bytes, as the standard says
_LATE_PRESCAN = 64 << 10  # browsers restart at a <meta> that comes late; so do we, but after strict UTF-8
_DETECT = 64 << 10  # bytes the detector sees, half from each end

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s;"',>]+)""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""")
_XML = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)["']""")

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r")
_HIGH = bytes(range(128, 256))
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_UTF8 = Encoding("utf-8", "utf-8")

# Of all characters: what a text may hold of U+FFFD and control characters and still be one. Binary files under
# any encoding hold a tenth and more; damaged pages hold a handful.
_TOLERATED = 0.01


class Decoded(NamedTuple):
    """A text and how it was found.

    Args:
        text: without byte order mark and without lone surrogates.
        encoding: WHATWG name (`windows-1256`).
        how: bom, header, meta, utf-8 or detector: whose word was taken.
        replaced: how many U+FFFD stand where bytes could not be decoded.
    """

    text: str
    encoding: str
    how: str
    replaced: int = 0

    def utf8(self, body: bytes) -> bytes:
        """Return the text in UTF-8, out of the body that it was decoded from: the body itself where it is that."""
        exact = self.encoding == "utf-8" and self.how != "bom" and not self.replaced
        return body if exact else self.text.encode("utf-8")


def decode(body: bytes, content_type: str | None) -> Decoded | None:
    """Return the text of a page, or None where no encoding gives one.

    A text has at most 1 in 100 characters that are U+FFFD, U+FFFE, U+FFFF or controls (NUL, C0 other
    than tab, line feed, form feed and return, C1). The first candidate that decodes every byte wins: byte order mark, HTTP header,
    `<meta>` in the first 1,024 bytes, UTF-8, a later `<meta>`, uchardet's guess. Failing all, bytes are
    replaced: as UTF-8 where its valid sequences outnumber the broken ones ten to one, as the declared encoding
    where at most 1 in 100 non-ASCII characters breaks, as the guess, as UTF-8.

    Args:
        body: the page as the server sent it, content coding undone.
        content_type: the HTTP header `Content-Type`, for its charset.
    """
    if not body:
        return Decoded("", "utf-8", "utf-8")
    marked = _by_mark(body)
    if marked:
        return marked
    strict_utf8 = _strict(body, _UTF8)
    named = header_charset(content_type)
    if strict_utf8 is not None and named is not None and named.name == "utf-8":
        return Decoded(strict_utf8, "utf-8", "header")
    declared = _declared(body, named)
    for encoding, how in declared:
        if encoding.name == "utf-8":
            text = strict_utf8
        elif strict_utf8 is not None and _surely_utf8(body, encoding):
            continue
        else:
            text = _strict(body, encoding)
        if text is not None:
            return Decoded(text, encoding.name, how)
    if strict_utf8 is not None:
        escaped = _escaped_japanese(body)
        return escaped or Decoded(strict_utf8, "utf-8", "utf-8")
    return _legacy(body, declared)


def _legacy(body: bytes, declared: list[tuple[Encoding, str]]) -> Decoded | None:
    repaired = _damaged_utf8(body)
    if repaired:
        return repaired
    late = meta_charset(body[:_LATE_PRESCAN])
    candidates = [*declared, (late, "meta")] if late else declared
    for encoding, how in candidates:
        text = _strict(body, encoding)
        if text is not None:
            return Decoded(text, encoding.name, how)
    for encoding, how in candidates:
        found = _replacing(body, encoding, how, among_all=False)
        if found:
            return found
    guess = detected(body, _DETECT)
    guessed = [(guess, "detector")] if guess else []
    for encoding, how in guessed:
        text = _strict(body, encoding)
        if text is not None:
            return Decoded(text, encoding.name, how)
    for encoding, how in [*guessed, (_UTF8, "utf-8")]:
        found = _replacing(body, encoding, how, among_all=True)
        if found:
            return found
    return None


def _by_mark(body: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            rest, encoding = body[len(mark) :], Encoding(name, name)
            text = _strict(rest, encoding)
            if text is not None:
                return Decoded(text, name, "bom")
            return _replacing(rest, encoding, "bom", among_all=True)
    return None


def _declared(body: bytes, named: Encoding | None) -> list[tuple[Encoding, str]]:
    found: list[tuple[Encoding, str]] = []
    if named and (not named.name.startswith("utf-16") or _looks_utf16(body)):
        found.append((named, "header"))
    meta = meta_charset(body[:PRESCAN])
    if meta and meta != named:
        found.append((meta, "meta"))
    return found


def header_charset(content_type: str | None) -> Encoding | None:
    """Return the encoding that a Content-Type header names, if it is one of the standard's labels."""
    match = _CHARSET.search(content_type) if content_type else None
    return labelled(match.group(1)) if match else None


@lru_cache(maxsize=1024)
def _meta_label(label: bytes) -> Encoding | None:
    encoding = labelled(label.decode("latin-1"))
    if encoding and encoding.name.startswith("utf-16"):
        return _UTF8  # the prescan read the label as ASCII, so the page cannot be UTF-16
    return encoding


def meta_charset(head: bytes) -> Encoding | None:
    """Return the encoding that a page's `<meta>` (or XML declaration) names, by the standard's prescan."""
    if b"<!--" in head:
        head = _COMMENT.sub(b"", head)
    for tag in _META.finditer(head):
        label = _label_of(tag.group(1))
        encoding = _meta_label(label) if label else None
        if encoding:
            return encoding
    declaration = _XML.match(head)
    return _meta_label(declaration.group(1)) if declaration else None


@lru_cache(maxsize=128)  # few are different; each may have 64 KB
def _label_of(attributes: bytes) -> bytes | None:
    if b"harset" not in attributes and b"HARSET" not in attributes.upper():
        return None
    values: dict[bytes, bytes] = {}
    for name, value in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), value.strip(b"\"'"))
    if b"charset" in values:
        return values[b"charset"]
    if values.get(b"http-equiv", b"").strip().lower() != b"content-type":
        return None
    match = _CHARSET.search(values.get(b"content", b"").decode("latin-1"))
    return match.group(1).encode("latin-1") if match else None


def _looks_utf16(body: bytes) -> bool:
    return b"<\0" in body[:PRESCAN] or b"\0<" in body[:PRESCAN]


def _surely_utf8(body: bytes, claimed: Encoding) -> bool:
    """Tell whether valid UTF-8 refutes a claimed legacy encoding.

    In windows-1252, which servers add without looking, no text has a capital with accent before a symbol each
    time; in others, four such pairs without one exception do not occur.
    """
    if claimed.name in MULTI_BYTE:
        return False
    pairs = len(body) - len(body.translate(None, bytes(range(0xC2, 0xF5))))
    return pairs >= (1 if claimed.name == "windows-1252" else 4)


def _escaped_japanese(body: bytes) -> Decoded | None:
    if b"\x1b$" not in body:
        return None
    text = _strict(body, Encoding("iso-2022-jp", "iso2022_jp"))
    return None if text is None else Decoded(text, "iso-2022-jp", "detector")


def _strict(body: bytes, encoding: Encoding) -> str | None:
    try:
        text = encoding.decode(body)
        as_utf8 = body if encoding.name == "utf-8" else text.encode("utf-8")
    except UnicodeError:
        return None
    return text if _blemishes(as_utf8) <= _TOLERATED * len(text) else None


def _replacing(body: bytes, encoding: Encoding, how: str, *, among_all: bool) -> Decoded | None:
    text = body.decode(encoding.codec, "replace").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    as_utf8 = text.encode("utf-8")
    broken = text.count("\ufffd")
    ascii_only = len(as_utf8) - len(as_utf8.translate(None, bytes(range(128))))
    of = len(text) if among_all else len(text) - ascii_only
    if broken > _TOLERATED * of or _blemishes(as_utf8) > _TOLERATED * len(text):
        return None
    return Decoded(text, encoding.name, how, broken)


def _damaged_utf8(body: bytes) -> Decoded | None:
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    valid = len(text) - len(body.translate(None, _HIGH)) - broken
    cut = broken == 1 and text.endswith("\ufffd") and valid > 0  # a page cut within its last character
    if not (cut or valid >= 10 * broken) or _blemishes(text.encode("utf-8")) > _TOLERATED * len(text) + cut:
        return None
    return Decoded(text, "utf-8", "utf-8", broken)


def _blemishes(as_utf8: bytes) -> int:
    """Count controls, U+FFFD and noncharacters of UTF-8: most pages have none, which takes a third of the time of counting."""
    from glotmill.io.blemish_kernel import is_clean  # noqa: PLC0415  # brings numba

    if is_clean(np.frombuffer(as_utf8, np.uint8)):
        return 0
    found = len(as_utf8) - len(as_utf8.translate(None, _CONTROLS))
    if b"\xef" in as_utf8 and b"\xef\xbf" in as_utf8:  # memchr finds one byte, and not two, at its full speed
        found += sum(map(as_utf8.count, (b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xef\xbf\xbf")))
    return found + len(_C1.findall(as_utf8)) if b"\xc2" in as_utf8 else found
