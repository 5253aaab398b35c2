"""E-mail addresses, and the public addresses of machines."""

import ipaddress
import re

from glotmill.text.pii.spans import Span

# Longest local part and longest domain that a mail server has to accept (RFC 5321, 4.5.3.1).
_LOCAL_MAX = 64
_DOMAIN_MAX = 255
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*\Z")
# A domain is labels of letters (of any script, with their marks), digits and hyphens; \w lacks combining marks.
_LABEL_CHARACTER = r"[\w\-\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u200c\u200d]"
_DOMAIN = re.compile(rf"{_LABEL_CHARACTER}+(?:\.{_LABEL_CHARACTER}+)+")
_ASCII_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_LEADING_MARKS = "'`*/=|{}~!#$%&?^"

_NUMBER = r"[0-9]{1,3}"
_IPV4 = re.compile(rf"(?<![\w.]){_NUMBER}(?:\.{_NUMBER}){{3}}(?![0-9])(?!\.[0-9])", re.ASCII)
_SECTIONS = 30
# At most 45 characters (RFC 4291 with an IPv4 tail); a longer run of them is something else.
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]{2,46}+(?![\w:])", re.ASCII)
_VERSION_BEFORE = re.compile(r"(?:\bv|\bver|\bversion|\brelease|\bsection)\.?\s?\Z", re.IGNORECASE | re.ASCII)


def emails(text: str) -> list[Span]:
    """Return the mail addresses: ASCII local parts, domains in any script. Only text near an `@` is looked at, so other text costs one search."""
    spans: list[Span] = []
    at = text.find("@")
    free_from = 0
    while at >= 0:
        span = _email_at(text, at, free_from)
        if span is not None:
            spans.append(Span(*span, "email"))
            free_from = span[1]
        at = text.find("@", max(at + 1, free_from))
    return spans


def _email_at(text: str, at: int, free_from: int) -> tuple[int, int] | None:
    if not text[at + 1 : at + 2].isalnum() or not text[at - 1 : at].isascii():
        return None
    window = text[max(free_from, at - _LOCAL_MAX - 1) : at]
    match = _LOCAL.search(window)
    local = match[0].lstrip(_LEADING_MARKS).lstrip(".") if match else ""
    if not local or len(local) > _LOCAL_MAX or local.endswith(".") or ".." in local:
        return None
    domain = _domain(text[at + 1 : at + 1 + _DOMAIN_MAX])
    return (at - len(local), at + 1 + len(domain)) if domain else None


def _domain(after: str) -> str:
    """Return the domain at the beginning of a text, or the empty string.

    Scripts without spaces run on behind an address, so a domain in ASCII ends where ASCII ends, unless a Latin letter
    follows (`mail.münchen.de`); a domain that is none in ASCII alone may have letters of any script.
    """
    for pattern, forbidden in ((_ASCII_DOMAIN, _LATIN), (_DOMAIN, None)):
        match = pattern.match(after)
        found = match[0].rstrip("-") if match else ""
        if _plausible(found) and not (forbidden and forbidden.match(after, len(found))):
            return found
    return ""


def _plausible(domain: str) -> bool:
    labels = domain.split(".")
    top = labels[-1]
    # The top label is letters of any script or punycode: `a@1.2` is no address.
    alphabetic = len(top) >= 2 and not any(character.isdigit() or character == "_" for character in top)
    well_formed = all(label and label[0] != "-" and label[-1] != "-" for label in labels)
    return well_formed and len(labels) >= 2 and (alphabetic or top.lower().startswith("xn--"))


def ips(text: str) -> list[Span]:
    """Return the globally routable IPv4 and IPv6 addresses."""
    spans = [Span(*match.span(), "ip") for match in _IPV4.finditer(text) if _is_public_v4(text, match)]
    for match in _IPV6.finditer(text):
        address = match[0].rstrip(".")
        if address.endswith(":") and not address.endswith("::"):
            address = address[:-1]
        if address.count(":") >= 2 and _is_global(address):
            spans.append(Span(match.start(), match.start() + len(address), "ip"))
    spans.sort()
    return [span for index, span in enumerate(spans) if index == 0 or span.start >= spans[index - 1].end]


def _is_public_v4(text: str, match: re.Match[str]) -> bool:
    # Four small numbers count sections (6.3.4.2); of all addresses 1 in 5,000 looks like that.
    numbers = {int(number) for number in match[0].split(".")}
    if max(numbers) < _SECTIONS and len(numbers) > 1:
        return False
    # Four numbers behind a `v` or the word version count releases, not machines.
    return _is_global(match[0]) and not _VERSION_BEFORE.search(text[max(0, match.start() - 10) : match.start()])


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
