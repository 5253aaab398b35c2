"""An article dressed in the furniture of a real site: head, menus, cookie banner, sidebar, comments, footer, marks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from glotmill.demo.marks import MARKS, Mark
from glotmill.demo.pages import Page, Site

LAYOUTS = 3

_STYLE = (
    "body{margin:0;font:18px/1.6 serif}.wrap{max-width:70rem;margin:auto}.cookie{position:fixed;bottom:0;"
    "background:#222;color:#fff;padding:1rem}nav li{display:inline;margin:0 1rem}aside{float:right;width:18rem}"
)
_SCRIPT = (
    "window.stats=window.stats||[];function note(what){stats.push([Date.now(),what]);}"
    'document.addEventListener("click",function(event){note(event.target.id);});'
)


@dataclass(frozen=True, slots=True)
class Dress:
    """How one article is served: everything about a page that is not its text.

    Args:
        site: whose menus, banner and footer surround the article, in that site's language.
        host: where it is served.
        path: the rest of its address, from the slash on.
        lang: the BCP 47 tag that the page claims.
        layout: 0 a magazine in HTML5 elements, 1 a portal in nested divisions, 2 a web log.
        charset: what `<meta charset>` says; None leaves it out.
        others: (title, summary, path) of other pages of the site, for teasers and related links.
    """

    site: Site
    host: str
    path: str
    lang: str
    layout: int
    charset: str | None = "utf-8"
    others: tuple[tuple[str, str, str], ...] = ()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"https://{self.host}{self.path}"


def render(page: Page, dress: Dress) -> str:
    """Return the page as an HTML document."""
    body = (_magazine, _portal, _weblog)[dress.layout](page, dress)
    return _document(_head(page, dress), body, dress)


def render_index(dress: Dress) -> str:
    """Return a page that is nothing but navigation: menus, teasers, links."""
    site = dress.site
    teasers = _teasers(dress.others, site)
    links = _list([(item, f"/{number}/") for number, item in enumerate(site.menu)] * 2, "sitemap")
    body = [_cookies(site), _header(site), f'<div class="wrap"><div class="front">{teasers}</div>{links}</div>']
    head = [f"<title>{escape(site.name)}</title>"]
    return _document(head, [*body, _footer(site, MARKS["none"])], dress)


def render_keywords(dress: Dress, *, rounds: int) -> str:
    """Return a page whose main part is a list of search words, as link farms have them.

    Args:
        dress: how it is served.
        rounds: how often the site's words come round, each time from another start.
    """
    site, words = dress.site, dress.site.keywords
    turned = [words[(start * 7 + at) % len(words)] for start in range(rounds) for at in range(len(words))]
    paragraphs = [f"<p>{escape(', '.join(turned[at : at + 30]))}</p>" for at in range(0, len(turned), 30)]
    main = f"<main><article><h1>{escape(' '.join(words[:6]))}</h1>{''.join(paragraphs)}</article></main>"
    head = [f"<title>{escape(' | '.join(words[:8]))}</title>"]
    return _document(head, [_cookies(site), _header(site), main, _footer(site, MARKS["by-rel"])], dress)


def http_headers(page: Page) -> tuple[tuple[str, str], ...]:
    """Return the HTTP headers that a page's license mark asks for."""
    mark = MARKS[page.license].header
    return () if mark is None else (("Link", f'<{mark[1]}>; rel="license"'),)


def _document(head: Iterable[str], body: Iterable[str], dress: Dress) -> str:
    charset = f'<meta charset="{dress.charset}">\n' if dress.charset else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{dress.lang}" dir="{dress.site.direction}">\n<head>\n{charset}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        + "\n".join(head)
        + f"\n<style>{_STYLE}</style>\n<script>{_SCRIPT}</script>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _head(page: Page, dress: Dress) -> list[str]:
    site, mark = dress.site, MARKS[page.license]
    title, summary = escape(page.title), escape(page.summary)
    lines = [
        f"<title>{title} - {escape(site.name)}</title>",
        f'<meta name="description" content="{summary}">',
        f'<link rel="canonical" href="{dress.url}">',
        f'<link rel="alternate" type="application/rss+xml" href="https://{dress.host}/feed.xml">',
        f'<meta property="og:title" content="{title}">',
        '<meta property="og:type" content="article">',
        f'<meta property="og:url" content="{dress.url}">',
        f'<meta property="og:site_name" content="{escape(site.name)}">',
        f'<meta property="og:locale" content="{dress.lang.replace("-", "_")}">',
        f'<meta property="og:description" content="{summary}">',
        f'<meta property="article:published_time" content="{page.date}T08:00:00+00:00">',
    ]
    if page.author:
        lines.append(f'<meta name="author" content="{escape(page.author)}">')
    if mark.meta:
        lines.append(f'<meta name="dcterms.license" content="{mark.meta[1]}">')
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.title,
        "datePublished": page.date,
        "inLanguage": dress.lang,
        "url": dress.url,
        "publisher": {"@type": "Organization", "name": site.name},
    }
    if page.author:
        article["author"] = {"@type": "Person", "name": page.author}
    if mark.jsonld:
        article["license"] = mark.jsonld[1]
    # "</" would end the script element early.
    data = json.dumps(article, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    return [*lines, f'<script type="application/ld+json">{data}</script>']


def _magazine(page: Page, dress: Dress) -> list[str]:
    site = dress.site
    article = (
        f"<article>\n<h1>{escape(page.title)}</h1>\n{_byline(page, site)}\n{_figure(page)}\n"
        f"{_paragraphs(page.paragraphs)}\n{_license_line(page, site)}\n</article>"
    )
    return [
        _cookies(site),
        _header(site),
        _breadcrumbs(page, site),
        f"<main>\n{article}\n{_share(site)}\n{_related(page, dress)}\n{_comments(page, site)}\n</main>",
        f"<aside><h2>{escape(site.labels.latest)}</h2>{_teasers(dress.others, site)}</aside>",
        _footer(site, MARKS[page.license]),
    ]


def _portal(page: Page, dress: Dress) -> list[str]:
    site = dress.site
    menu = "".join(
        f'<div class="item"><a href="/{at}.html">{escape(item)}</a></div>' for at, item in enumerate(site.menu)
    )
    return [
        (
            f'<div id="top"><div class="logo"><a href="/">{escape(site.name)}</a></div>'
            f'<div class="menu">{menu}</div></div>'
        ),
        (
            f'<div class="wrap"><div class="left"><div class="box"><b>{escape(site.labels.latest)}</b>'
            f"{_teasers(dress.others, site)}</div></div>"
        ),
        (
            f'<div id="content" class="content">{_breadcrumbs(page, site)}<h1 class="title">{escape(page.title)}</h1>'
            f"{_byline(page, site)}"
        ),
        f'<div class="text">{_figure(page)}\n{_paragraphs(page.paragraphs)}</div>',
        f"{_license_line(page, site)}{_share(site)}</div>",
        f"{_related(page, dress)}{_comments(page, site)}</div>",
        _footer(site, MARKS[page.license]),
        _cookies(site),
    ]


def _weblog(page: Page, dress: Dress) -> list[str]:
    site = dress.site
    tags = "".join(f'<a href="/tag/{at}" rel="tag">{escape(word)}</a> ' for at, word in enumerate(site.keywords[:8]))
    return [
        '<div id="page" class="hfeed">',
        _header(site),
        '<div id="primary" class="content-area"><main id="main" class="site-main">',
        (
            f'<article class="post"><header class="entry-header"><h1 class="entry-title">{escape(page.title)}</h1>'
            f"{_byline(page, site)}</header>"
        ),
        f'<div class="entry-content">\n{_paragraphs(page.paragraphs)}\n{_figure(page)}</div>',
        f'<footer class="entry-footer">{tags}{_license_line(page, site)}</footer></article>',
        f"{_comments(page, site)}</main></div>",
        (
            f'<div id="secondary" class="widget-area"><section class="widget"><h2>{escape(site.labels.latest)}</h2>'
            f"{_teasers(dress.others, site)}</section>{_related(page, dress)}</div></div>"
        ),
        _cookies(site),
        _footer(site, MARKS[page.license]),
    ]


def _paragraphs(paragraphs: Sequence[str]) -> str:
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in paragraphs)


def _cookies(site: Site) -> str:
    banner = site.cookies
    return (
        f'<div id="cookie-consent" class="cookie" role="dialog"><p>{escape(banner.text)}</p>'
        f"<button>{escape(banner.accept)}</button> <button>{escape(banner.reject)}</button></div>"
    )


def _header(site: Site) -> str:
    return (
        f'<header class="site-header"><a class="logo" href="/">{escape(site.name)}</a>'
        f'<form action="/search"><input type="search" name="q" placeholder="{escape(site.labels.search)}"></form>'
        f"<nav>{_list([(item, f'/{at}/') for at, item in enumerate(site.menu)], 'menu')}</nav></header>"
    )


def _list(items: Iterable[tuple[str, str]], name: str) -> str:
    return (
        f'<ul class="{name}">' + "".join(f'<li><a href="{to}">{escape(text)}</a></li>' for text, to in items) + "</ul>"
    )


def _breadcrumbs(page: Page, site: Site) -> str:
    parts = [f'<a href="/">{escape(site.labels.home)}</a>']
    if page.section:
        parts.append(
            f'<a href="/{site.menu.index(page.section) if page.section in site.menu else 0}/">{escape(page.section)}</a>'
        )
    return f'<nav class="breadcrumbs" aria-label="breadcrumb">{" &rsaquo; ".join(parts)}</nav>'


def _byline(page: Page, site: Site) -> str:
    author = ""
    if page.author:
        author = f'<span class="author" rel="author">{escape(site.labels.written_by)}: {escape(page.author)}</span> '
    mail = f'<a href="mailto:{page.contact}">{page.contact}</a> ' if page.contact else ""
    when = f'{escape(site.labels.published)}: <time datetime="{page.date}">{page.date}</time>'
    return f'<div class="byline">{author}{mail}{when}</div>'


def _figure(page: Page) -> str:
    if page.caption is None:
        return ""
    mark = MARKS[page.license].caption
    link = f' <a href="{mark[1]}">{mark[0]}</a>' if mark else ""
    return (
        f'<figure><img src="/img/{page.date}.jpg" alt="" width="960" height="540">'
        f"<figcaption>{escape(page.caption)}{link}</figcaption></figure>"
    )


def _license_line(page: Page, site: Site) -> str:
    mark = MARKS[page.license].body
    if mark is None:
        return ""
    link = f'<a rel="license" href="{mark[1]}">{mark[0]}</a>'
    return f'<p class="license">{escape(site.license_phrase).replace("{license}", link)}</p>'


def _share(site: Site) -> str:
    return f'<div class="share"><button>{escape(site.labels.share)}</button></div>'


def _related(page: Page, dress: Dress) -> str:
    if not dress.others or not page.links:
        return ""
    links = _list([(title, path) for title, _, path in dress.others[: len(page.links)]], "links")
    return f'<section class="related"><h2>{escape(dress.site.labels.related)}</h2>{links}</section>'


def _teasers(others: Sequence[tuple[str, str, str]], site: Site) -> str:
    return "".join(
        f'<div class="teaser"><h3><a href="{path}">{escape(title)}</a></h3><p>{escape(summary)}</p>'
        f'<a class="more" href="{path}">{escape(site.labels.read_more)}</a></div>'
        for title, summary, path in others
    )


def _comments(page: Page, site: Site) -> str:
    if not page.comments:
        return ""
    entries = "".join(
        f'<li class="comment"><b>{escape(entry.by)}</b><p>{escape(entry.text)}</p></li>' for entry in page.comments
    )
    return (
        f'<section id="comments" class="comments"><h2>{escape(site.labels.comments)}</h2><ol>{entries}</ol></section>'
    )


def _footer(site: Site, mark: Mark) -> str:
    badge = rights = ""
    if mark.badge:
        name, url = mark.badge
        badge = f'<a href="{url}"><img src="/img/badge.png" alt="{name}" width="88" height="31"></a>'
    if mark.reserved:
        rights = f" {escape(site.rights)}"
    return (
        f'<footer class="site-footer"><p>{escape(site.footer)}</p>'
        f"{_list([(item, f'/{at}/') for at, item in enumerate(site.menu)], 'footer-menu')}"
        f'<p><a href="mailto:{site.contact}">{site.contact}</a></p>{badge}'
        f'<p class="copyright">&copy; 2026 {escape(site.name)}.{rights}</p></footer>'
    )
