"""Whom a page names as those to credit for its text: in JSON-LD, or by ccREL's attribution name."""

from collections.abc import Iterator, Mapping

from glotmill.licensing import page as pages
from glotmill.licensing.page import Page, attribute, text_of
from glotmill.licensing.structured import PAGE_TYPES, nodes, term

MAX_NAMES = 50
MAX_NAME = 200  # characters of a name that are kept; "and the class of 2015 of the school at ..." is one, too
HINTS = ("ld+json", "attributionName")  # one of which stands in every page that says anything here

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
    they are about the page itself, as for licenses; `cc:attributionName` (ccREL, section 4) where they name nobody.
    None where neither does.
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
    people = list(named) or list(dict.fromkeys(_attribution_names(page)))
    return "; ".join(people[:MAX_NAMES]) or None


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


def _clean(name: str) -> str:
    return " ".join(name[: 4 * MAX_NAME].replace(";", ",").split())[:MAX_NAME]
