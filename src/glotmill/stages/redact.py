"""`redact`: replaces e-mail addresses and public IP addresses by placeholders."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StrictStr, model_validator

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec

Kind = Literal["email", "ip"]

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
# At most 45 characters (RFC 4291 with an IPv4 tail); a longer run of them is something else.
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]{2,46}+(?![\w:])", re.ASCII)
_VERSION_BEFORE = re.compile(r"(?:\bv|\bver|\bversion|\brelease|\bsection)\.?\s?\Z", re.IGNORECASE | re.ASCII)


class RedactSpec(Spec):
    """Replaces personal addresses in `text` and counts them in `redactions`; drops nothing.

    Args:
        find: `email`: addresses with ASCII local parts and domains in any script. `ip`: IPv4 and IPv6 addresses that
            are globally routable; private, loopback and documentation addresses stay.
        replace: placeholders other than `<email>` and `<ip>`.
    """

    kind: Literal["redact"]
    find: Annotated[tuple[Kind, ...], Field(min_length=1)]
    replace: Mapping[Kind, StrictStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _placeholders_are_found_kinds(self) -> Self:
        for kind, placeholder in self.replace.items():
            if kind not in self.find:
                raise ValueError(f"`replace` names {kind!r}, which `find` does not")
            if any(found for _, found in redact(placeholder, dict.fromkeys(self.find, ""))[1].items()):
                raise ValueError(f"the placeholder {placeholder!r} would itself be redacted")
        return self

    def contract(self, resources: Resources) -> Contract:
        provides = pa.schema([*fields("text", "content_hash"), pa.field("redactions", pa.int32())])
        return Contract(fields("text"), provides, frozenset())

    def build(self, resources: Resources) -> "Redact":
        return Redact({kind: self.replace.get(kind, f"<{kind}>") for kind in self.find})


class Redact:
    """The step."""

    def __init__(self, placeholders: Mapping[Kind, str]) -> None:
        self._placeholders = dict(placeholders)

    def __call__(self, batch: Batch) -> Outcome:
        texts: list[str | None] = []
        counts: list[int] = []
        for text in optional_texts(batch.column("text")):
            if text is None:
                texts.append(None)
                counts.append(0)
                continue
            changed, found = redact(text, self._placeholders)
            texts.append(changed)
            counts.append(sum(found.values()))
        columns = {
            "text": strings(texts),
            "content_hash": strings(None if text is None else content_hash(text) for text in texts),
            "redactions": column(counts, pa.int32()),
        }
        return Outcome(batch.with_columns(columns))


def redact(text: str, placeholders: Mapping[Kind, str]) -> tuple[str, dict[Kind, int]]:
    """Return the text with placeholders in place of addresses, and how many of each kind; time is linear.

    `redact("ติดต่อmali@example.co.thได้", {"email": "<email>"})` gives `"ติดต่อ<email>ได้"`.

    Args:
        text: any string.
        placeholders: what to write, for the kinds to look for.
    """
    counts: dict[Kind, int] = {}
    for kind, find in _FINDERS.items():
        if kind in placeholders:
            text, counts[kind] = _replace(text, find(text), placeholders[kind])
    return text, counts


def _replace(text: str, spans: list[tuple[int, int]], placeholder: str) -> tuple[str, int]:
    pieces = []
    position = 0
    for start, end in spans:
        pieces += [text[position:start], placeholder]
        position = end
    pieces.append(text[position:])
    return "".join(pieces), len(spans)


def _emails(text: str) -> list[tuple[int, int]]:
    """Return the spans of addresses. Only text near an `@` is looked at, so other text costs one search."""
    spans: list[tuple[int, int]] = []
    at = text.find("@")
    free_from = 0
    while at >= 0:
        span = _email_at(text, at, free_from)
        if span is not None:
            spans.append(span)
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


def _ips(text: str) -> list[tuple[int, int]]:
    """Return the spans of globally routable IPv4 and IPv6 addresses."""
    spans = [match.span() for match in _IPV4.finditer(text) if _is_public_v4(text, match)]
    for match in _IPV6.finditer(text):
        address = match[0].rstrip(".")
        if address.endswith(":") and not address.endswith("::"):
            address = address[:-1]
        if address.count(":") >= 2 and _is_global(address):
            spans.append((match.start(), match.start() + len(address)))
    spans.sort()
    return [span for index, span in enumerate(spans) if index == 0 or span[0] >= spans[index - 1][1]]


def _is_public_v4(text: str, match: re.Match[str]) -> bool:
    # Four numbers behind a `v` or the word version count releases, not machines.
    return _is_global(match[0]) and not _VERSION_BEFORE.search(text[max(0, match.start() - 10) : match.start()])


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


_FINDERS: dict[Kind, Callable[[str], list[tuple[int, int]]]] = {"email": _emails, "ip": _ips}
