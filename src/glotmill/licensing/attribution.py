"""Whom a page names as those to credit for its text: in JSON-LD, by ccREL's attribution name, in meta elements, by rel=author."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from glotmill.licensing import page as pages
from glotmill.licensing.page import Page, attribute, text_of
from glotmill.licensing.structured import PAGE_TYPES, nodes, term

MAX_NAMES = 50
MAX_NAME = 200  # characters of a name that are kept; "and the class of 2015 of the school at ..." is one, too
# One of these stands in every page that says anything here.
HINTS = ("ld+json", "attributionName", "author", "Author", "AUTHOR", "creator", "Creator", "CREATOR")
MAX_METAS = 1_000
MAX_GUESSES = 10  # names of another reader; looking for 10 of 200 letters in 100,000 takes a second at worst
_MAX_TEXT = 100_000  # characters of a page's text in which they are looked for
# The first that names anybody counts: those of libraries and journals give each person an element of his own, Open
# Graph's is meant for an address, and one page must not name a person twice in two spellings.
_METAS = ("citation_author", "dcterms.creator", "dc.creator", "author", "article:author")
_ADDRESS = re.compile(r"(?:.*://.*|/.*|www\..*|\S+\.\S+/\S*|\S+@\S+)", re.DOTALL)

# schema.org properties of a work, by the role that is added to the name. Who drew the pictures is not in the text.
_ROLES: Mapping[str, str | None] = {
    "author": None,
    "creator": None,
    "translator": "translator",
    "contributor": "contributor",
}


def credit(page: Page) -> str | None:
    """Return the people to credit for a page's text, `; ` between them and the role in brackets where it is not authorship.

    `Basilio Gimo; David Ker; Antonio Mucavele (translator)`. Licenses that ask for attribution ask for all of them
    (CC BY 4.0, section 3(a)(1)(A)(i); a translator is the author of the translation). Objects of JSON-LD count where
    they are about the page itself, as for licenses. Where they name nobody, `cc:attributionName` (ccREL, section 4)
    does, else the meta elements `citation_author`, `dcterms.creator`, `author` and `article:author`, else links of the
    page with `rel=author` (HTML standard, 4.6.7.2). Names are as they are written there, but for runs of white space:
    `Muñoz, José` is one person, and the marks of `สมชาย ใจดี` stay. None where nothing names anybody.
    """
    blocks = (text_of(script) for script in page.select("script") if "ld+json" in attribute(script, "type").lower())
    found = list(nodes(blocks))
    by_id = {
        node["@id"]: node["name"]
        for node, _ in found
        if isinstance(node.get("@id"), str) and isinstance(node.get("name"), str)
    }
    own = [node for node, scope in found if scope == "page"]
    named = dict.fromkeys(
        name if role is None else f"{name} ({role})"
        for wanted, role in _ROLES.items()
        for node in own
        for key, value in node.items()
        if term(key) == wanted
        for name in _names(value, by_id)
    )
    people = (
        list(named)
        or list(dict.fromkeys(_attribution_names(page)))
        or list(dict.fromkeys(_meta_names(page)))
        or list(dict.fromkeys(_linked_names(page)))
    )
    return "; ".join(people[:MAX_NAMES]) or None


def as_it_stands(guess: str, page: Page) -> str | None:
    """Return what another reader took for the author, in the page's own spelling, or None where it is cut or made up.

    Readers that guess strip marks, markup and digits, and change case: `สมชาย ใจดี` becomes `สมชาย ใจด`, and a wrong
    name is worse than none, since a license asks for the right one. So each name has to stand in the page's text, and
    no letter, mark or digit may touch it there; blocks do not touch, and scripts are no text.
    """
    text = " ".join(pages.visible_text(page)[:_MAX_TEXT].split())
    guesses = guess.split(";", MAX_GUESSES)
    names = [_standing(_clean(name), text) for name in guesses[:MAX_GUESSES]]
    found = [name for name in names if name is not None]
    return "; ".join(dict.fromkeys(found)) if found and len(found) == len(guesses) else None


def _standing(name: str, text: str) -> str | None:
    if not name:
        return None
    for match in re.finditer(re.escape(name), text, re.IGNORECASE):
        around = text[max(match.start() - 1, 0) : match.start()] + text[match.end() : match.end() + 1]
        if not any(unicodedata.category(character)[0] in "LMN" for character in around):
            return match[0]
    return None


def _names(value: object, by_id: Mapping[object, object]) -> Iterator[str]:
    for one in value[:MAX_NAMES] if isinstance(value, list) else [value]:
        given = one
        if isinstance(one, dict):
            reference = one.get("@id")
            given = one.get("name") or (by_id.get(reference) if isinstance(reference, str) else None)
        if isinstance(given, str) and (name := _clean(given)) and "://" not in name:
            yield name


def _attribution_names(page: Page) -> Iterator[str]:
    own = pages.own_addresses(page)
    for element in page.select('[property~="cc:attributionName"]')[:MAX_NAMES]:
        if pages.place(element, PAGE_TYPES, own)[1] == "page":
            name = _clean(attribute(element, "content") or text_of(element))
            if name:
                yield name


def _meta_names(page: Page) -> Iterator[str]:
    given: dict[str, list[str]] = {}
    for meta in page.select("meta[content]")[:MAX_METAS]:
        for key in {attribute(meta, "name").strip().lower(), attribute(meta, "property").strip().lower()}:
            if key in _METAS:
                given.setdefault(key, []).append(attribute(meta, "content"))
    for key in _METAS:
        names = [name for value in given.get(key, []) for part in value.split(";") if (name := _name(part))]
        if names:
            yield from names
            return


def _linked_names(page: Page) -> Iterator[str]:
    own = pages.own_addresses(page)
    for link in page.select('a[rel~="author" i]')[:MAX_NAMES]:
        if pages.place(link, PAGE_TYPES | {"person"}, own)[1] == "page" and (name := _name(text_of(link))):
            yield name


def _name(value: str) -> str | None:
    name = _clean(value)
    return None if not name or _ADDRESS.fullmatch(name) else name


def _clean(name: str) -> str:
    return " ".join(name[: 4 * MAX_NAME].replace(";", ",").split())[:MAX_NAME]
