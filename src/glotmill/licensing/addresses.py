"""How a web address is read for comparison: host and path, and nothing that could hide another host."""

import re
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(r"^(?:https?:)?//([^/?#\\]+)([^?#]*)", re.IGNORECASE)
_BARE = re.compile(r"^([a-z0-9-]+(?:\.[a-z0-9-]+)+)(/[^?#]*)?(?:[?#]|$)", re.IGNORECASE)
_HOST = re.compile(r"^[a-z0-9-]+(?:\.[a-z0-9-]+)+$")
_CONTROLS = re.compile(r"[\x00-\x20\u200b\ufeff]+")
_MAX_URL = 2000  # characters; longer addresses carry payloads, not licenses


def address(url: str) -> tuple[str, str] | None:
    """Return host (lower case, without `www.`) and path (lower case, without trailing `/`) of an http address.

    A bare `host/path` counts as an address; a relative path, another scheme, a user name before the host and
    an address over 2,000 characters give None.
    """
    text = _CONTROLS.sub("", url[: _MAX_URL + 1])
    if len(text) > _MAX_URL:
        return None
    match = _ADDRESS.match(text) or _BARE.match(text)
    if match is None:
        return None
    host = re.sub(r":(?:80|443)$", "", match[1].lower()).rstrip(".").removeprefix("www.")
    if not _HOST.match(host):
        return None
    path = unquote(match[2] or "").lower()
    return host, re.sub(r"/{2,}", "/", path).rstrip("/")


def site_host(url: str) -> str | None:
    """Return the host of an http address by which sites are told apart: lower case, no port, no `www.`; or None.

    >>> site_host("https://www.Adibidea.example:8080/albistea?id=1")
    'adibidea.example'
    """
    try:
        parts = urlsplit(url[:_MAX_URL])
        host = parts.hostname
    except ValueError:  # a broken IPv6 address
        return None
    if parts.scheme not in ("http", "https") or host is None:
        return None
    plain = host.rstrip(".").removeprefix("www.")
    return plain if re.fullmatch(r"[^\s\x00-\x20/\\@:]+", plain) else None
