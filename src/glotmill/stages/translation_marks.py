"""What a page says, or its site's plugins let slip, of having been translated by a machine.

That a page offers to be translated says nothing: the reader's browser does that, and a crawler gets the original. So
widgets, switchers, `notranslate` and the plugins themselves are no marks; what they leave in a page that they translated is.
Where each mark was seen: docs/decisions/0047-chat-data-and-machine-translated-pages.md.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urldefrag, urljoin, urlsplit

from glotmill.licensing.page import Page, attribute, parse_page, text_of

Suspicion = Literal["marked", "plugin", "set"]
SUSPICIONS: Final[tuple[Suspicion, ...]] = ("marked", "plugin", "set")  # the surest first
MIN_LANGUAGES: Final = 30  # of a set of translations that nobody has made by hand for a small site

# In lower case; a page without any of them is not parsed.
_HINTS: Final = (
    *("-x-mtfrom-", "translated-ltr", "translated-rtl", "x-translated-by", "translated-by", "vertical-align: inherit"),
    *(
        "data-wg-translated",
        "weglot-data",
        "trp_original_language",
        "gtranslatesettings",
        'hreflang="iw"',
        'hreflang="jw"',
    ),
    *("hreflang='iw'", "hreflang='jw'", "hreflang=iw", "hreflang=jw"),
)
_PROXIES: Final = (".translate.goog", "translate.googleusercontent.com")
_CLASSES: Final = frozenset({"translated-ltr", "translated-rtl"})  # Chrome's translator and Google's widget set them
# Google's names for Hebrew and Javanese, which ISO 639 withdrew in 1989 and 2001; GTranslate's addresses have them.
_GOOGLE_CODES: Final = frozenset({"iw", "jw"})
_MACHINE = re.compile(
    r"google|deepl|microsoft|bing|yandex|amazon|machine|automat|gpt|neural|\bmt\b|\bai\b", re.IGNORECASE
)
_FONTS = 3  # pairs of them: text that somebody pasted has one or two
_PARALLEL = 0.9  # of a set's addresses that are one address but for the language
_LARGEST = 500_000  # characters of a script that is read
_MOST_LINKS = 2_000
_MOST_SETTINGS = 20
_SETTING = re.compile(r"""["']?(default_language|url_structure)["']?\s*:\s*["']([\w-]{1,20})["']""")
_TRP = re.compile(r'"trp_(original|current)_language"\s*:\s*"([\w-]{1,20})"')


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark.

    Args:
        suspicion: `marked` where the page says that a machine translated it, `plugin` where a plugin that can translate by machine
            serves it in another language than the site's own, `set` where the set of translations looks machine-made.
        evidence: what stood where, in words.
    """

    suspicion: Suspicion
    evidence: str


def marks(html: str, url: str | None, *, min_languages: int = MIN_LANGUAGES) -> list[Mark] | None:
    """Return the marks of a page, the surest first; None where it cannot be parsed, though something hints at a mark.

    A page whose `html` element has `lang="sw-x-mtfrom-en"` is `marked`.

    Args:
        html: a decoded page.
        url: its address.
        min_languages: of the set of translations that it names, from which on that is a mark.
    """
    found = list(_address(url))
    lowered = html.lower()
    if any(hint in lowered for hint in _HINTS):
        page = parse_page(html)
        if page is None:
            return found or None
        found += [*_said(page), *_fonts(page), *_plugins(page, html, url), *_set(page, url, min_languages)]
    return sorted(found, key=lambda mark: SUSPICIONS.index(mark.suspicion))


def _address(url: str | None) -> Iterator[Mark]:
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return
    if host.endswith(_PROXIES):
        yield Mark("marked", f"address on {host[:100]}")


def _said(page: Page) -> Iterator[Mark]:
    for element in page.select("html, body"):
        language = attribute(element, "lang")
        if "-x-mtfrom-" in language.lower():
            yield Mark("marked", f"lang {language[:40]}")
        for name in sorted(_CLASSES.intersection(attribute(element, "class").split())):
            yield Mark("marked", f"class {name}")
    for meta in page.select("meta[http-equiv][content]"):
        if attribute(meta, "http-equiv").strip().lower() == "x-translated-by":
            yield Mark("marked", f"meta X-Translated-By {attribute(meta, 'content')[:60]}")
            return
    for meta in page.select("meta[name][content]"):
        content = attribute(meta, "content")
        if attribute(meta, "name").strip().lower() == "translated-by" and _MACHINE.search(content[:200]):
            yield Mark("marked", f"meta translated-by {content[:60]}")
            return


def _fonts(page: Page) -> Iterator[Mark]:
    """Yield a mark where the pairs of elements stand that Chrome's translator puts around what it translated."""
    count = len(page.select('font[style="vertical-align: inherit;"] > font[style="vertical-align: inherit;"]'))
    if count >= _FONTS:
        yield Mark("marked", f"font vertical-align inherit, {count} pairs")


def _plugins(page: Page, html: str, url: str | None) -> Iterator[Mark]:
    own = next((attribute(element, "lang") for element in page.select("html")), "")
    for element in page.select("html[data-wg-translated]"):
        yield Mark("plugin", f"Weglot, translated into {attribute(element, 'data-wg-translated')[:20]}")
    for script in page.select("script#weglot-data")[:1]:
        yield from _weglot(text_of(script), url)
    said = dict(_TRP.findall(html)) if "trp_original_language" in html else {}
    if "original" in said and "current" in said and _differ(said["original"], said["current"]):
        yield Mark("plugin", f"TranslatePress, from {said['original']} into {said['current']}")
    site = _gtranslate(html)
    if site is not None and own and _differ(site, own):
        yield Mark("plugin", f"GTranslate, from {site} into {own[:20]}")


def _weglot(text: str, url: str | None) -> Iterator[Mark]:
    try:
        told = json.loads(text) if len(text) <= _LARGEST else {}
    except (ValueError, RecursionError):
        return
    if not isinstance(told, dict):
        return
    original, addresses = told.get("originalCanonicalUrl"), told.get("allLanguageUrls")
    if not isinstance(original, str) or not isinstance(addresses, dict):
        return
    here = _bare(url or "")
    languages = [name for name, address in addresses.items() if isinstance(address, str) and _bare(address) == here]
    if languages and here != _bare(original):
        yield Mark("plugin", f"Weglot, original at {original[:200]}")


def _bare(address: str) -> str:
    return urldefrag(address).url.rstrip("/")


def _gtranslate(html: str) -> str | None:
    """Return the language of a site whose translations GTranslate serves under addresses of their own."""
    at = 0
    for _ in range(_MOST_SETTINGS):
        at = html.find("gtranslateSettings", at)
        if at < 0:
            return None
        end = html.find("</script", at, at + _LARGEST)
        said = dict(_SETTING.findall(html, at, at + 5_000 if end < 0 else min(end, at + 5_000)))
        if said.get("url_structure") in ("sub_directory", "sub_domain") and "default_language" in said:
            return str(said["default_language"])
        at += 1
    return None


def _set(page: Page, url: str | None, min_languages: int) -> Iterator[Mark]:
    """Yield a mark where the page is one of many translations whose addresses differ in Google's language codes alone."""
    if url is None:
        return
    codes: dict[str, str] = {}
    for link in page.select('link[rel~="alternate" i][hreflang][href]')[:_MOST_LINKS]:
        try:
            codes[urldefrag(urljoin(url, attribute(link, "href").strip()[:2_000])).url] = attribute(
                link, "hreflang"
            ).lower()
        except ValueError:
            continue
    languages = {code for code in codes.values() if code != "x-default"}
    own = codes.get(urldefrag(url).url)
    if own is None or len(languages) < min_languages or not languages & _GOOGLE_CODES:
        return
    own_address = urldefrag(url).url
    without = {address: _without(address, code) for address, code in codes.items()}
    mine = without[own_address]
    same = sum(one == mine for one in without.values())
    if mine != _without(own_address, "") and same >= _PARALLEL * len(codes):
        named = " and ".join(sorted(languages & _GOOGLE_CODES))
        yield Mark("set", f"hreflang, {len(languages)} languages at one address, {named} among them")


def _without(address: str, code: str) -> str:
    """Return an address without its language: the first part of its path, or of its host."""
    parts = urlsplit(address)
    host, path = parts.netloc.lower(), parts.path
    first, _, rest = path.lstrip("/").partition("/")
    if code and first.lower() == code:
        path = f"/{rest}"
    elif code and host.startswith(f"{code}."):
        host = host.removeprefix(f"{code}.")
    return parts._replace(netloc=host.removeprefix("www."), path=path).geturl()


def _differ(one: str, other: str) -> bool:
    return _primary(one) != _primary(other)


def _primary(code: str) -> str:
    return re.split("[-_]", code.strip().lower(), maxsplit=1)[0]
