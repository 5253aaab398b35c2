"""Addresses of documents: the form in which two are one, and the host."""

import functools
import re
import string
import unicodedata
from urllib.parse import SplitResult, urlsplit, urlunsplit

NORM_VERSION = 1  # raise it whenever an address could get another canonical form

_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")  # RFC 3986, 2.3
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def canonical_url(url: str) -> str:
    """Return the address under which two URLs count as one; the order of query parameters is kept.

    Scheme and host in lower case, no fragment, no default port, `/` for an empty path, no `.` and `..` in a path,
    escapes in upper case and only where they are needed (RFC 3986, 6.2.2 and 6.2.3); letters beyond ASCII as escapes
    (RFC 3987, 3.1), but in the host as letters, since `xn--` says the same.
    `"HTTPS://xn--80abmy0agn7e.example:443/%7ea/../ж#верх"` is `"https://беларусь.example/%D0%B6"`. What is no URL
    comes back stripped.
    """
    stripped = url.strip()
    try:
        parts = urlsplit(stripped)
        port = parts.port
    except ValueError:
        return stripped
    if not parts.scheme or not parts.netloc:
        return stripped
    user, at, _ = parts.netloc.rpartition("@")
    host = _letters(parts.hostname or "")
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    path = _without_dots(_escaped(parts.path)) or "/"
    return urlunsplit(SplitResult(parts.scheme.lower(), user + at + host, path, _escaped(parts.query), ""))


@functools.lru_cache(maxsize=4_096)  # a crawler asks for that of a URL at every step
def host(url: str | None) -> str:
    """Return the host of a URL in lower case, `xn--` as letters, without port; empty where there is none."""
    try:
        return _letters(urlsplit((url or "").strip()).hostname or "")
    except ValueError:
        return ""


def _letters(name: str) -> str:
    return ".".join(map(_label, unicodedata.normalize("NFC", name).split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--") or not label.isascii():
        return label
    try:
        return label[4:].encode("ascii").decode("punycode") or label
    except UnicodeError:
        return label


def _escaped(part: str) -> str:
    plain = _ESCAPE.sub(_needed, part)
    return _BEYOND_ASCII.sub(_as_escapes, plain)


def _needed(escape: re.Match[str]) -> str:
    sign = chr(int(escape[0][1:], 16))
    return sign if sign in _UNRESERVED else escape[0].upper()


def _as_escapes(signs: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in signs[0].encode("utf-8", "surrogatepass"))


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` as RFC 3986, 5.2.4 does; a path without them comes back as it is."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
            if last:
                kept.append("")
        elif segment == ".":
            if last:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)
