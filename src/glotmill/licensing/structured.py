"""Licenses stated for machines: HTTP Link headers, JSON-LD, meta elements."""

import json
import re
from collections.abc import Iterator, Mapping

MAX_JSON = 512_000  # characters of one JSON-LD block: ten times the largest of an ordinary shop page
MAX_BLOCKS = 20
MAX_NODES = 5_000  # JSON values looked at per page

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
_SAME_SUBJECT = frozenset({"mainentity", "mainentityofpage", "ispartof", "@graph"})

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

_LINK = re.compile(r"<([^<>]{1,2000})>([^<]{0,1000})")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


def link_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield addresses of HTTP `Link` headers with relation `license` about this very page.

    A link with `anchor` speaks of something else, and one of an RSL type names terms to buy, no license.
    """
    for match in _LINK.finditer(headers.get("link", "")[:20_000]):
        url, parameters = match[1], match[2]
        rel = _REL.search(parameters)
        relations = (rel[1] or rel[2] or "").lower().split() if rel else []
        lowered = parameters.lower()
        if "license" in relations and "rsl" not in lowered and "anchor" not in lowered:
            yield url


def json_ld(blocks: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield (license value, scope) of JSON-LD blocks; scope is page, site or part. Bounds as those of `nodes`."""
    for node, scope in nodes(blocks):
        for key, inner in node.items():
            if term(key) == "license":
                yield from ((text, scope) for text in _values(inner))


def nodes(blocks: Iterator[str]) -> Iterator[tuple[Mapping[str, object], str]]:
    """Yield the objects of JSON-LD blocks with what each is about: page, site or part.

    Blocks that are no JSON, too large or nested beyond what Python's reader takes give nothing. Values are
    looked at once each, 5,000 at most, so that no page is dear to read.
    """
    budget = MAX_NODES
    for index, block in enumerate(blocks):
        if index == MAX_BLOCKS or budget <= 0:
            return
        value = _load(block)
        # An explicit stack: (value, whether it is the page itself or a part of it).
        stack: list[tuple[object, bool]] = [(value, True)]
        while stack and budget > 0:
            here, own = stack.pop()
            budget -= 1
            if isinstance(here, list):
                stack.extend((item, own) for item in reversed(here[:MAX_NODES]))
            elif isinstance(here, dict):
                yield here, _scope(here, own=own)
                for key, inner in here.items():
                    name = term(key)
                    if name != "license" and isinstance(inner, dict | list):
                        stack.append((inner, own and name in _SAME_SUBJECT))


def term(key: str) -> str:
    """Return a key's name without vocabulary, in lower case: `schema:translator` is `translator`."""
    return key.lower().rpartition("/")[2].removeprefix("schema:")


def _load(block: str) -> object:
    text = block.strip().removeprefix("<!--").removesuffix("-->").strip()
    text = text.removeprefix("//<![CDATA[").removesuffix("//]]>").strip()
    if not text or len(text) > MAX_JSON:
        return None
    try:
        value: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):  # no JSON, or nested thousands deep: no evidence
        return None
    return value


def _scope(node: Mapping[str, object], *, own: bool) -> str:
    given = node.get("@type", node.get("type"))
    kinds = given if isinstance(given, list) else [given]
    names = {kind.rpartition("/")[2].removeprefix("schema:").lower() for kind in kinds if isinstance(kind, str)}
    if not own or not names or not names <= PAGE_TYPES:
        return "part"
    return "site" if names <= _SITE_TYPES else "page"


def _values(inner: object) -> Iterator[str]:
    for value in inner[:20] if isinstance(inner, list) else [inner]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            address = value.get("@id") or value.get("url") or value.get("name")
            if isinstance(address, str):
                yield address
