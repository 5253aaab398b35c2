"""What the links of one wiki mean, by the namespaces that its dump names."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from glotmill.core.errors import RecipeError
from glotmill.text.tags import canonical, from_bcp47

LinkKind = Literal["article", "file", "category", "language", "elsewhere"]

MEDIA, FILE, CATEGORY = (
    -2,
    6,
    14,
)  # numbers of namespaces that are the same in every wiki (MediaWiki, includes/Defines.php)
_EVERYWHERE = {"media": "file", "file": "file", "image": "file", "category": "category"}  # names that every wiki knows

# Names of files and of categories that siteinfo leaves out, since they are second names there.
# Source: `namespaceAliases` and older `namespaceNames` of MediaWiki, languages/messages.
_SECOND_NAMES: Final = {
    "irudi": "file", "bild": "file", "datei": "file", "चित्र": "file", "छवि": "file", "ภาพ": "file", "ไฟล์": "file",
    "صورة": "file", "ملف": "file", "圖像": "file", "图像": "file", "檔案": "file", "文件": "file", "picha": "file",
    "resim": "file", "dosya": "file", "immagine": "file", "imagen": "file", "fichier": "file", "imagem": "file",
    "изображение": "file", "файл": "file", "slika": "file", "plik": "file", "grafika": "file", "kuva": "file",
    "分类": "category", "分類": "category", "श्रेणी": "category", "تصنيف": "category", "категория": "category",
}  # fmt: skip

# A link to something that ends so is a picture or a sound, whatever a wiki calls the namespace.
_MEDIA_NAME = re.compile(
    r"\.(?:apng|djvu|flac|gif|jpe?g|mid|mp3|mpe?g|og[agv]|opus|pdf|png|stl|svg|tiff?|wav|web[mp]|xcf)\Z", re.IGNORECASE
)

# Prefixes of Wikimedia's other projects (the interwiki map, meta.wikimedia.org/wiki/Interwiki_map); some are ISO 639 codes too.
_PROJECTS: Final = frozenset({
    "b", "c", "commons", "d", "foundation", "incubator", "m", "mail", "mediazilla", "meta", "metawikipedia", "mw",
    "n", "outreach", "phab", "phabricator", "q", "s", "species", "toollabs", "tools", "v", "voy", "w", "wikibooks",
    "wikidata", "wikimedia", "wikinews", "wikipedia", "wikiquote", "wikisource", "wikispecies", "wikiversity",
    "wikivoyage", "wikt", "wiktionary", "wmf", "doi", "gutenberg", "google", "youtube", "arxiv", "iarchive",
})  # fmt: skip
# Codes of wikis that are no language tags, or tags of another language -> the tag (RFC 5646) of what they are written in.
# Sources: MediaWiki 1.39, includes/language/LanguageCode.php and, where the usual script of a wiki is not the language's,
# includes/languages/data/Names.php. Of a dialect without a code it is the language; Norwegian is Bokmål there.
_LANGUAGES: Final = {
    "als": "gsw", "bat-smg": "sgs", "be-tarask": "be", "be-x-old": "be", "bh": "bho", "cbk-zam": "cbk", "cdo": "cdo-Latn", "crh": "crh-Latn", "eml": "egl",
    "fiu-vro": "vro", "hif": "hif-Latn", "map-bms": "jv", "mo": "ro-Cyrl", "no": "nb", "nrm": "nrf", "roa-rup": "rup",
    "roa-tara": "nap", "shi": "shi-Latn", "simple": "en", "sr-ec": "sr-Cyrl", "sr-el": "sr-Latn", "zh-classical": "lzh", "zh-min-nan": "nan-Latn",
    "zh-yue": "yue",
}  # fmt: skip
_OWN_CODES: Final = frozenset({*_LANGUAGES, "nah"})
_SPACE = re.compile(r"[ _\u200e\u200f\t\n]+")  # of titles; marks of direction are no part of them
_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,8}){0,2}\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link's target means.

    Args:
        kind: `elsewhere` is another wiki.
        target: without prefix for `category` and `language`, without fragment; spaces for underscores.
        language: of a language link, the code of the edition.
    """

    kind: LinkKind
    target: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """One wiki, as the `<siteinfo>` of its dump describes it.

    Args:
        base: address of its main page.
        language: code of its content, as the dump's root element has it.
        database: its name among Wikimedia's (`euwiki`).
        namespaces: number -> name in the wiki's own language; the articles' is "".
    """

    base: str
    language: str
    database: str
    namespaces: Mapping[int, str]

    @property
    def host(self) -> str:
        """The host that the wiki is read at."""
        return self.base.partition("://")[2].partition("/")[0].lower()

    def prefixes(self) -> dict[str, str]:
        """Return each prefix of titles, casefolded -> `file`, `category` or `other`."""
        found = dict(_EVERYWHERE)
        for number, name in self.namespaces.items():
            if name:
                kind = {MEDIA: "file", FILE: "file", CATEGORY: "category"}.get(number, "other")
                found[_fold(name)] = kind
        return {**{_fold(name): kind for name, kind in _SECOND_NAMES.items()}, **found}


class Links:
    """Tells links to articles from files, categories and other wikis."""

    def __init__(self, site: Site) -> None:
        self._prefixes = site.prefixes()

    def read(self, target: str) -> Link:
        """Return what the target of a link means.

        >>> site = Site("https://eu.wikipedia.org/wiki/Azala", "eu", "euwiki", {6: "Fitxategi", 14: "Kategoria"})
        >>> Links(site).read("Kategoria:Zubiak").kind
        'category'
        >>> Links(site).read("hi:पुल").language
        'hi'
        """
        name = _clean(target)
        prefix, colon, rest = name.partition(":")
        if not colon:
            return Link("article", name.partition("#")[0].rstrip())
        if name.startswith(":"):  # [[:Kategoria:Zubiak]] is a link to what [[Kategoria:Zubiak]] would put the page into
            inner = self.read(rest.lstrip(": "))
            kind: LinkKind = (
                "elsewhere" if inner.kind == "language" else "article" if inner.kind != "elsewhere" else inner.kind
            )
            return Link(kind, rest.strip().partition("#")[0].rstrip())
        folded, rest = _fold(prefix), rest.strip()
        kind_here = self._prefixes.get(folded)
        if kind_here == "category":
            return Link("category", rest.partition("#")[0].rstrip())
        if kind_here == "file" or (kind_here is None and _MEDIA_NAME.search(rest)):
            return Link("file", name)
        if kind_here is None and folded in _PROJECTS:
            return Link("elsewhere", name)
        if kind_here is None and is_edition(folded):
            return Link("language", rest.partition("#")[0].rstrip(), folded)
        return Link("article", name.partition("#")[0].rstrip())


def _clean(target: str) -> str:
    return _SPACE.sub(" ", target).strip()


def _fold(name: str) -> str:
    return _clean(name).casefold()


def language_of(code: str) -> str | None:
    """Return the canonical tag of the language that a wiki is written in, by its code; None where the code says none.

    >>> language_of("als"), language_of("zh-min-nan"), language_of("eu")
    ('gsw_Latn', 'nan_Latn', 'eus_Latn')
    """
    return from_bcp47(_LANGUAGES.get(code.lower(), code))


@functools.lru_cache(maxsize=4096)
def is_edition(code: str) -> bool:
    """Tell whether a prefix is the code of a language edition: `[[de:...]]`, and not `[[Star Trek: ...]]`."""
    if code in _OWN_CODES:
        return True
    if not _CODE.match(code):
        return False
    try:
        canonical(code.partition("-")[0])
    except RecipeError:
        return False
    return True


# First words of pages that lead elsewhere, casefolded, for dumps without `<redirect>`; `redirect` is known everywhere.
# Source: `magicWords` of MediaWiki, languages/messages (read November 2026).
_REDIRECTS: Final = (
    "redirect", "birzuzendu", "weiterleitung", "अनुप्रेषित", "पुनर्प्रेषित", "अनुप्रेषण", "เปลี่ยนทาง", "បញ្ជូនបន្ត", "ប្តូរទីតាំងទៅ", "تحويل",
    "重定向", "重新導向", "yönlendir", "yönlendirme", "redirección", "redirection", "rinvia", "redirecionamento", "doorverwijzing",
    "перенаправление", "перенапр", "перенаправлення", "patrz", "przekieruj", "転送", "넘겨주기", "הפניה", "تغییرمسیر", "تغییر_مسیر",
    "omdirigering", "ohjaus", "uudelleenohjaus", "suuna", "đổi", "alih", "ανακατευθυνση", "přesměruj", "átirányítás",
)  # fmt: skip
_FOLDED_REDIRECTS: Final = frozenset(word.casefold() for word in _REDIRECTS) | {"yönlendi\u0307r", "yönlendi\u0307rme"}
_REDIRECT = re.compile(r"\s*#\s*([^\s\[:]{3,30})\s*:?\s*\[\[([^\[\]\n|]{1,500})")


def redirect_target(text: str) -> str | None:
    """Return where a page leads that only leads elsewhere, or None.

    >>> redirect_target("#BIRZUZENDU [[Zubi]]")
    'Zubi'
    """
    found = _REDIRECT.match(text[:1000])
    return found[2].strip() if found and found[1].casefold() in _FOLDED_REDIRECTS else None


def title_path(title: str) -> str:
    """Return a title as it stands in addresses: underscores for spaces, the rest as MediaWiki encodes it (wfUrlencode)."""
    from urllib.parse import quote  # noqa: PLC0415  # of this function alone

    return quote(title.replace(" ", "_"), safe="/:;@$!*(),~-._")


def namespace_names(pairs: Iterable[tuple[int, str]]) -> Mapping[int, str]:
    """Return a site's namespaces out of (number, name), the smaller numbers first."""
    return dict(sorted(pairs))
