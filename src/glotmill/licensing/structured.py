"""Licenses stated for machines: HTTP Link headers, JSON-LD, meta elements."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

MAX_JSON = 512_000  # characters of one JSON-LD block: ten times the largest of an ordinary shop page
MAX_BLOCKS = 20
MAX_VALUES = 20  # licenses of one object
MAX_HEADER = 20_000  # characters of a Link header
MAX_NODES = 5_000  # JSON objects looked at per page

# schema.org types whose license is the page's text. What is not named here (ImageObject, VideoObject, Dataset,
# SoftwareSourceCode, Product, Comment ...) speaks of a part.
PAGE_TYPES = frozenset(
    {
        *("webpage", "aboutpage", "collectionpage", "contactpage", "faqpage"),
        *("itempage", "medicalwebpage", "profilepage", "qapage", "article"),
        *(
            "advertisercontentarticle",
            "newsarticle",
            "analysisnewsarticle",
            "askpublicnewsarticle",
            "backgroundnewsarticle",
        ),
        *("opinionnewsarticle", "reportagenewsarticle", "reviewnewsarticle", "report", "satiricalarticle"),
        *("scholarlyarticle", "medicalscholarlyarticle", "socialmediaposting", "blogposting", "liveblogposting"),
        *("discussionforumposting", "techarticle", "apireference", "creativework", "website"),
        *("blog", "book", "chapter", "course", "learningresource"),
        *("howto", "recipe", "thesis", "legislation", "digitaldocument"),
        *("textdigitaldocument", "guide", "shortstory", "manuscript", "play"),
        *("periodical", "publicationissue", "publicationvolume", "question", "quiz"),
        *("faq", "educationaloccupationalprogram"),
    }
)
_SITE_TYPES = frozenset({"website", "blog"})
_SAME_SUBJECT = frozenset({"mainentity", "mainentityofpage", "@graph"})
_RIGHTS_KEYS = frozenset({"copyrightnotice", "creditnotice"})
_PAID = frozenset({"false", "0", "no"})

RIGHTS_NAMES = frozenset(
    {
        "dc.rights",
        "dc:rights",
        "dcterms.rights",
        "dcterms:rights",
        "dct:rights",
        "rights",
        "copyright",
        "dc.rights.license",
    }
)
LICENSE_NAMES = frozenset(
    {
        "dcterms.license",
        "dcterms:license",
        "dct:license",
        "dc.license",
        "dc:license",
        "cc:license",
        "license",
        "citation_license",
        "og:license",
        "article:license",
    }
)

_LINK = re.compile(r"<([^<>]+)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What a page or its server says in a structure.

    Args:
        kind: `license`; `rights`, a notice in words; `paywall`, not to be had for free; `unread`, beyond the limits.
        value: address, id or words.
        scope: page, site or part.
    """

    kind: str
    value: str
    scope: str


def link_headers(headers: Mapping[str, str]) -> Iterator[Said]:
    """Yield the licenses of HTTP `Link` headers (RFC 8288).

    A link with `anchor` speaks of something else, and one of an RSL type names terms to buy, no license.
    """
    given = headers.get("link", "")
    if len(given) > MAX_HEADER:
        yield Said("unread", f"Link header of {len(given)} characters", "page")
    for match in _LINK.finditer(given[:MAX_HEADER]):
        url, parameters = match[1], match[2]
        rel = _REL.search(parameters)
        relations = (rel[1] or rel[2] or "").lower().split() if rel else []
        lowered = parameters.lower()
        if "license" in relations and "rsl" not in lowered:
            yield Said("license", url, "part" if "anchor" in lowered else "page")


def json_ld(blocks: Iterator[str]) -> Iterator[Said]:
    """Yield what JSON-LD blocks say of licenses and of who may read.

    Blocks that are no JSON or nested beyond what Python's reader takes give nothing, one that is too large says so.
    Objects are looked at once each, 5,000 at most, so that no page is dear to read; a license that is a reference is
    followed once, to the node of that id.
    """
    given = list(islice(blocks, MAX_BLOCKS + 1))
    if len(given) > MAX_BLOCKS:
        yield Said("unread", f"more than {MAX_BLOCKS} blocks of JSON-LD", "page")
    for block in given[:MAX_BLOCKS]:
        if len(block) > MAX_JSON:
            yield Said("unread", f"JSON-LD of {len(block)} characters", "page")
    found = list(nodes(iter(given)))
    if len(found) == MAX_NODES:
        yield Said("unread", f"JSON-LD of more than {MAX_NODES} objects", "page")
    by_id: dict[str, list[Mapping[str, object]]] = {}
    for node, _ in found:
        if isinstance(name := node.get("@id"), str) and len(node) > 1:
            by_id.setdefault(name, []).append(node)
    for node, scope in found:
        for key, inner in node.items():
            yield from _said(term(key), inner, scope, by_id)


_ById = Mapping[str, list[Mapping[str, object]]]  # several objects may speak of one thing


def _said(name: str, inner: object, scope: str, by_id: _ById) -> Iterator[Said]:
    if name == "license":
        values = list(islice(_values(inner, by_id), MAX_VALUES + 1))
        yield from (Said("license", text, scope) for text in values[:MAX_VALUES] if text.strip())
        if len(values) > MAX_VALUES:
            yield Said("unread", f"more than {MAX_VALUES} licenses of one object", scope)
    elif name in _RIGHTS_KEYS and isinstance(inner, str):
        yield Said("rights", inner, scope)
    elif name == "isaccessibleforfree" and _is_no(inner):
        yield Said("paywall", f"isAccessibleForFree: {inner}", scope)
    elif name == "haspart" and scope == "page" and _has_paid_part(inner):
        yield Said("paywall", "hasPart: isAccessibleForFree: false", scope)


def nodes(blocks: Iterator[str]) -> Iterator[tuple[Mapping[str, object], str]]:
    """Yield the objects of JSON-LD blocks with what each is about: page, site or part. Bounds as those of `json_ld`."""
    values = [_load(block) for block in islice(blocks, MAX_BLOCKS) if len(block) <= MAX_JSON]
    for node, own in islice(_nodes(values), MAX_NODES):
        yield node, _scope(node, own=own)


def _nodes(values: list[object]) -> Iterator[tuple[Mapping[str, object], bool]]:
    """Yield each object, and whether it may be the page itself, in document order."""
    # An explicit stack, for nesting is the page's to choose.
    stack: list[tuple[object, bool]] = [(value, True) for value in reversed(values)]
    while stack:
        here, own = stack.pop()
        if isinstance(here, list):
            stack.extend((item, own) for item in reversed(here))
        elif isinstance(here, dict):
            yield here, own
            inner = [(term(key), value) for key, value in here.items() if isinstance(value, dict | list)]
            stack.extend((value, own and _is_same(name, value)) for name, value in reversed(inner) if name != "license")


def _is_same(name: str, value: object) -> bool:
    """Return whether what stands under a key is the page itself or its whole site."""
    if name == "ispartof":  # the license of a book or a journal need not be that of its every page
        return isinstance(value, dict) and _scope(value, own=True) == "site"
    return name in _SAME_SUBJECT


def term(key: str) -> str:
    """Return a key's name without vocabulary, in lower case: `schema:license` is `license`."""
    return key.lower().rpartition("/")[2].removeprefix("schema:")


def _load(block: str) -> object:
    text = block.strip("\ufeff \t\r\n").removeprefix("<!--").removesuffix("-->").strip()
    text = text.removeprefix("//<![CDATA[").removesuffix("//]]>").strip()
    if not text:
        return None
    try:
        value: object = json.loads(text, strict=False, object_pairs_hook=_merged)
    except (ValueError, RecursionError):  # no JSON, or nested thousands deep: no evidence
        return None
    return value


def _merged(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object whose repeated keys hold all their values: the last alone could be the freest."""
    merged = dict(pairs)
    if len(merged) == len(pairs):
        return merged
    values: dict[str, list[object]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: some[0] if len(some) == 1 else some for key, some in values.items()}


def is_paid(value: str) -> bool:
    """Return whether a value of `isAccessibleForFree` says no: `false`, `False`, `http://schema.org/False`."""
    return term(value.strip()) in _PAID


def _is_no(inner: object) -> bool:
    return inner is False or (isinstance(inner, str) and is_paid(inner))


def _has_paid_part(inner: object) -> bool:
    """Return whether a part of the page's own text is not free: a `WebPageElement`, or a part of no type."""
    for part in inner if isinstance(inner, list) else [inner]:
        if isinstance(part, dict) and _kinds(part) <= {"webpageelement", "creativework"}:
            paid = [value for key, value in part.items() if term(key) == "isaccessibleforfree"]
            if any(_is_no(value) for value in paid):
                return True
    return False


def _kinds(node: Mapping[str, object]) -> frozenset[str]:
    given = node.get("@type", node.get("type"))
    kinds = given if isinstance(given, list) else [given]
    return frozenset(re.split(r"[/#:]", kind)[-1].lower() for kind in kinds if isinstance(kind, str))


def _scope(node: Mapping[str, object], *, own: bool) -> str:
    names = _kinds(node)
    if not own or not names or not names <= PAGE_TYPES:
        return "part"
    return "site" if names <= _SITE_TYPES else "page"


def _values(inner: object, by_id: _ById) -> Iterator[str]:
    for value in inner if isinstance(inner, list) else [inner]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))
        elif isinstance(value, dict):
            nodes = [value] if len(value) > 1 else by_id.get(str(value.get("@id")), [value])
            for node in nodes:
                names = [node.get("url"), node.get("@id"), node.get("name"), value.get("@id")]
                addresses = [name for name in names if isinstance(name, str) and name.strip()]
                # A node's id may be an address of the page's own, such as `#lic`.
                yield from [name for name in addresses if "//" in name][:1] or addresses[:1]
