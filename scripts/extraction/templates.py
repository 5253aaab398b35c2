"""Page templates as the web has them: what stands around an article, in the page's own language."""

import html
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from extraction.blocks import Article, Look, markup

_RIGHT_TO_LEFT = frozenset({"Arab", "Hebr"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What a language says around its articles (scripts/extraction/wording.yaml).

    Args:
        nav: six entries of a menu.
        cookies: what a banner says, two sentences.
        buttons: accept, refuse, subscribe, read more, share, reply.
        search: of the search field.
        related: heading over links to other pages.
        sidebar: heading over a list of pages.
        teasers: three headlines.
        summaries: two sentences under headlines.
        comments: heading, and three comments.
        newsletter: an invitation.
        footer: four links.
        rights: of the footer.
        titles: of articles that came without one.
    """

    nav: tuple[str, ...]
    cookies: tuple[str, ...]
    buttons: tuple[str, ...]
    search: str
    related: str
    sidebar: str
    teasers: tuple[str, ...]
    summaries: tuple[str, ...]
    comments: tuple[str, ...]
    newsletter: str
    footer: tuple[str, ...]
    rights: str
    titles: tuple[str, ...]


class Page:
    """What a template is given: the article's blocks, the words around it, and chance.

    Args:
        article: the main content.
        wording: of its language.
        tag: canonical tag.
        others: titles of other articles in the language.
        chance: seeded by the page's name.
    """

    def __init__(
        self, article: Article, wording: Wording, tag: str, others: Sequence[str], chance: random.Random
    ) -> None:
        self.article, self.wording, self.tag, self.chance = article, wording, tag, chance
        self._others = others
        self.title = html.escape(next(article.blocks[0].texts()))
        self.attributes = f'lang="{tag[:3]}"' + (' dir="rtl"' if tag[-4:] in _RIGHT_TO_LEFT else "")

    def blocks(self, look: Look) -> list[str]:
        """Return the markup of the article's blocks, title first."""
        return markup(self.article.blocks, look)

    def teasers(self, count: int) -> list[str]:
        """Return headlines of other pages."""
        known = [*self.wording.teasers, *self._others]
        return [html.escape(one) for one in self.chance.sample(known, min(count, len(known)))]

    def summary(self) -> str:
        """Return a sentence for under a headline."""
        return self.chance.choice(self.wording.summaries)

    def links(self, texts: Sequence[str], around: str = "li") -> str:
        """Return links, each in an element."""
        return "".join(f'<{around}><a href="/{place}">{text}</a></{around}>' for place, text in enumerate(texts))

    def head(self, more: str = "") -> str:
        """Return the head of the page."""
        return (
            f'<head><meta charset="utf-8"><title>{self.title} - {self.wording.nav[0]}</title>'
            f'<meta name="viewport" content="width=device-width"><style>body{{margin:0}}.menu>li{{float:left}}</style>'
            f"<script>window.dataLayer=window.dataLayer||[];function gtag(){{dataLayer.push(arguments);}}</script>{more}</head>"
        )

    def comments(self, around: str) -> str:
        """Return what readers wrote; `{}` in `around` is a comment."""
        return "".join(around.format(one) for one in self.wording.comments[1:])


def _article(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look()))
    teasers = "".join(f"<li><a href='/t'>{one}</a><p>{page.summary()}</p></li>" for one in page.teasers(4))
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body>
<a class="skip-link" href="#main">{w.nav[0]}</a>
<div id="cookie-banner" class="cookie-consent" role="dialog"><p>{w.cookies[0]}</p><p>{w.cookies[1]}</p><button>{w.buttons[0]}</button><button>{w.buttons[1]}</button></div>
<header class="site-header"><nav><ul class="menu">{page.links(w.nav)}</ul></nav><form role="search"><input placeholder="{w.search}"></form></header>
<main id="main"><article>{body}<div class="share"><a href="#">{w.buttons[4]}</a></div></article>
<section id="comments" class="comments"><h3>{w.comments[0]}</h3>{page.comments('<div class="comment"><p>{}</p><a href="#">' + w.buttons[5] + "</a></div>")}</section></main>
<aside class="sidebar"><h3>{w.sidebar}</h3><ul>{teasers}</ul></aside>
<footer><ul>{page.links(w.footer)}</ul><p>{w.rights}</p></footer>
<script>(function(){{var s=document.createElement('script');s.async=1;document.head.appendChild(s)}})();</script></body></html>"""


def _div_soup(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look(paragraph="div", headings=("div", "div"))))
    cards = "".join(
        f'<div class="x9k"><div class="b2"><a href="/c">{one}</a></div><div class="b3">{page.summary()}</div></div>'
        for one in page.teasers(5)
    )
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body><div class="q1"><div class="q2">
<div class="z7"><div>{page.links(w.nav, "span")}</div></div>
<div class="k4"><div class="k5">{body}</div></div>
<div class="m1"><div class="m2">{w.related}</div>{cards}</div>
<div class="n1"><div>{w.newsletter}</div><button>{w.buttons[2]}</button></div>
<div class="f0"><div>{page.links(w.footer, "span")}</div><div>{w.rights}</div></div>
</div></div><div class="o1"><div class="o2">{w.cookies[0]} {w.cookies[1]}</div><div><span>{w.buttons[0]}</span><span>{w.buttons[1]}</span></div></div></body></html>"""


def _table_layout(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look(paragraph="br", headings=("h2", "h4"), closed=False)))
    menu = "".join(f'<tr><td bgcolor="#eeeeee"><a href="/m">{one}</a></td></tr>' for one in [*w.nav, *page.teasers(6)])
    return f"""<html {page.attributes}><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{page.title}</title></head>
<body bgcolor="white"><table width="100%" border="0"><tr><td colspan="3"><img src="logo.gif" alt=""> {w.nav[0]}</td></tr>
<tr><td width="160" valign="top"><table>{menu}</table></td>
<td valign="top">{body}</td>
<td width="140" valign="top"><b>{w.sidebar}</b><br>{"<br>".join(f'<a href="/s">{one}</a>' for one in page.teasers(3))}<br>{w.newsletter}</td></tr>
<tr><td colspan="3" align="center"><small>{" | ".join(f'<a href="/f">{one}</a>' for one in w.footer)}<br>{w.rights}</small></td></tr></table></body></html>"""


def _blog(page: Page) -> str:
    w = page.wording
    first, *rest = page.blocks(Look())
    widgets = "".join(
        f'<section class="widget widget_recent"><h2 class="widget-title">{heading}</h2><ul>{page.links(page.teasers(5))}</ul></section>'
        for heading in (w.sidebar, w.related)
    )
    comments = page.comments(
        '<li class="comment"><div class="comment-body"><div class="comment-author">@</div><div class="comment-content"><p>{}</p></div></div></li>'
    )
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head('<link rel="stylesheet" href="/wp-content/themes/a/style.css">')}<body class="post-template single">
<div id="page" class="site"><header id="masthead" class="site-header"><div class="site-branding"><p class="site-title">{w.nav[0]}</p></div>
<nav id="site-navigation" class="main-navigation"><ul class="menu">{page.links(w.nav)}</ul></nav></header>
<div id="content" class="site-content"><div id="primary" class="content-area"><div class="post hentry"><div class="entry-header">{first}<div class="entry-meta"><time datetime="2025-03-04">2025-03-04</time></div></div>
<div class="entry-content">{"".join(rest)}</div><div class="sharedaddy"><a href="#">{w.buttons[4]}</a></div></div>
<div class="jp-relatedposts"><h3>{w.related}</h3><ul>{page.links(page.teasers(3))}</ul></div>
<div id="comments" class="comments-area"><h2 class="comments-title">{w.comments[0]}</h2><ol class="comment-list">{comments}</ol></div></div>
<div id="secondary" class="widget-area">{widgets}</div></div>
<div id="colophon" class="site-footer"><ul>{page.links(w.footer)}</ul>{w.rights}</div></div>
<div class="cookie-notice"><span>{w.cookies[0]}</span><a href="#">{w.buttons[0]}</a></div></body></html>"""


def _docs(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look()))
    tree = "".join(
        f'<li class="toctree-l1"><a href="/d">{one}</a><ul>{page.links(page.teasers(4))}</ul></li>'
        for one in page.teasers(7)
    )
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body class="wy-body"><div class="wy-grid">
<nav class="wy-nav-side"><div class="wy-side-scroll"><form><input type="text" placeholder="{w.search}"></form><ul>{tree}</ul></div></nav>
<section class="wy-nav-content-wrap"><div class="rst-content"><div role="navigation" aria-label="breadcrumbs"><ul class="wy-breadcrumbs">{page.links([w.nav[0], w.nav[2]])}<li>{page.title}</li></ul><hr></div>
<div role="main" class="document" itemscope="itemscope"><div itemprop="articleBody"><section id="a">{body}</section></div></div>
<footer><div class="rst-footer-buttons" role="navigation"><a href="/n" rel="next">{page.teasers(1)[0]}</a></div><hr><div role="contentinfo"><p>{w.rights}</p></div></footer></div></section></div></body></html>"""


def _portal(page: Page) -> str:
    w = page.wording
    first, *rest = page.blocks(Look())
    middle = len(rest) // 2
    inline = f'<div class="inline-related"><strong>{w.related}</strong><ul>{page.links(page.teasers(3))}</ul></div>'
    cards = "".join(
        f'<div class="teaser"><a href="/n"><h3 class="teaser__headline">{one}</h3><p class="teaser__text">{page.summary()}</p><span>{w.buttons[3]}</span></a></div>'
        for one in page.teasers(9)
    )
    structured = json.dumps({"@type": "NewsArticle", "headline": page.title}, ensure_ascii=False)
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head(f'<script type="application/ld+json">{structured}</script>')}<body>
<div class="consent-layer"><div class="consent-layer__text"><p>{w.cookies[0]}</p><p>{w.cookies[1]}</p></div><button>{w.buttons[0]}</button></div>
<div class="header"><ul class="nav nav--main">{page.links([*w.nav, *w.nav])}</ul></div>
<div class="container"><div class="article"><div class="article__header">{first}</div><div class="article__tools"><ul>{page.links([w.buttons[4], w.buttons[2]])}</ul></div>
<div class="article__body">{"".join(rest[:middle])}{inline}<div class="ad-slot" data-slot="mid"><script>ads.push('mid')</script></div>{"".join(rest[middle:])}</div></div>
<div class="more"><h2>{w.sidebar}</h2>{cards}</div></div>
<div class="footer"><ul>{page.links([*w.footer, *w.nav])}</ul><p>{w.rights}</p></div></body></html>"""


def _amp(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look()))
    teasers = "".join(
        f'<a class="card" href="/a"><amp-img src="/i.jpg" width="80" height="60"></amp-img><span>{one}</span></a>'
        for one in page.teasers(4)
    )
    return f"""<!doctype html><html amp {page.attributes}>{page.head('<style amp-boilerplate>body{-webkit-animation:none}</style><script async src="https://cdn.ampproject.example/v0.js"></script>')}<body>
<amp-sidebar id="menu" layout="nodisplay"><ul>{page.links([*w.nav, *page.teasers(4)])}</ul></amp-sidebar>
<header class="top"><button on="tap:menu.toggle">=</button><a href="/">{w.nav[0]}</a></header>
<amp-consent id="c" layout="nodisplay"><div id="ui"><p>{w.cookies[0]}</p><button on="tap:c.accept">{w.buttons[0]}</button></div></amp-consent>
<div class="amp-wp-article"><amp-img src="/hero.jpg" width="800" height="450" layout="responsive"></amp-img>{body}</div>
<amp-ad width="300" height="250" type="x"></amp-ad><div class="cards"><h4>{w.related}</h4>{teasers}</div>
<amp-list src="/more.json"><div placeholder>{page.summary()}</div></amp-list>
<div class="bottom"><p>{w.rights}</p>{page.links(w.footer, "span")}</div></body></html>"""


def _old(page: Page) -> str:
    w = page.wording
    look = Look(headings=("h1", "h3"), closed=False, upper=True, inline=False, around='<font face="Arial" size="2">')
    body = "\n".join(page.blocks(look))
    menu = " | ".join(f'<A HREF="/{place}">{one}</A>' for place, one in enumerate(w.nav))
    return f"""<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=utf-8"><TITLE>{page.title}</TITLE></HEAD>
<BODY BGCOLOR="#FFFFCC" TEXT="#000000"><CENTER><FONT SIZE="5" COLOR="red">{w.nav[0]}</FONT><BR><FONT SIZE="2">[ {menu} ]</FONT></CENTER><HR>
{body}
<HR><CENTER><FONT SIZE="1">{w.newsletter}<BR>{" - ".join(f'<A HREF="/o">{one}</A>' for one in [*w.footer, *page.teasers(3)])}<BR>{w.rights}</FONT></CENTER></BODY></HTML>"""


def _wiki(page: Page) -> str:
    w = page.wording
    first, *rest = page.blocks(Look())
    inside = "\n".join(rest).replace(
        "</h2>", f'<span class="mw-editsection">[<a href="/e">{w.buttons[5]}</a>]</span></h2>'
    )
    languages = "".join(
        f'<li class="interlanguage-link"><a href="/l">{one}</a></li>'
        for one in ("Euskara", "ไทย", "Kiswahili", "中文", "हिन्दी")
    )
    return f"""<!DOCTYPE html><html {page.attributes} class="client-nojs">{page.head()}<body class="mediawiki ltr">
<div id="mw-page-base"></div><div id="content" class="mw-body" role="main"><div id="siteNotice"><p>{w.newsletter}</p></div>{first}
<div id="bodyContent"><div id="siteSub">{w.nav[3]}</div><div id="mw-content-text"><div class="mw-parser-output">{inside}</div></div>
<div id="catlinks" class="catlinks"><ul>{page.links([w.nav[2], w.nav[3]])}</ul></div></div></div>
<div id="mw-navigation"><div id="p-personal"><ul>{page.links([w.buttons[2], w.buttons[4]])}</ul></div><div id="mw-panel"><ul>{page.links([*w.nav, *page.teasers(8)])}</ul><ul>{languages}</ul></div></div>
<div id="footer" role="contentinfo"><ul id="footer-info"><li>{w.cookies[0]}</li><li>{w.rights}</li></ul><ul>{page.links(w.footer)}</ul></div></body></html>"""


def _municipal(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look()))
    columns = "".join(
        f'<div class="col-md-3"><h5>{heading}</h5><ul class="list-unstyled">{page.links(page.teasers(6))}</ul></div>'
        for heading in (w.nav[1], w.nav[2], w.nav[4])
    )
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body><div class="modal fade" id="consent"><div class="modal-dialog"><div class="modal-body"><h4>{w.footer[1]}</h4><p>{w.cookies[0]} {w.cookies[1]}</p><p>{w.newsletter} {w.cookies[1]}</p><label><input type="checkbox">{w.buttons[1]}</label><button class="btn">{w.buttons[0]}</button></div></div></div>
<div class="navbar"><ul class="navbar-nav">{page.links(w.nav)}</ul></div>
<div class="container"><div class="row"><div class="col-md-3"><div class="list-group">{page.links(page.teasers(7), "div")}</div></div>
<div class="col-md-9"><ol class="breadcrumb">{page.links([w.nav[0], w.nav[4]])}</ol><div class="panel"><div class="panel-body">{body}</div></div>
<div class="well"><h4>{w.nav[5]}</h4><p>{w.summaries[1]}</p><p>tel. 000 11 22</p></div></div></div></div>
<div class="footer-sitemap"><div class="row">{columns}</div><p class="text-muted">{w.rights}</p></div></body></html>"""


def _application(page: Page) -> str:
    w = page.wording
    body = "\n".join(page.blocks(Look()))
    state = json.dumps({"article": {"body": page.article.text()[:2000]}}, ensure_ascii=False).replace("</", "<\\/")
    feed = "".join(
        f'<div role="listitem"><div dir="auto"><span>{one}</span></div><div dir="auto"><span>{page.summary()}</span></div></div>'
        for one in page.teasers(6)
    )
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body><noscript><p>{w.cookies[1]}</p></noscript><div id="root"><div><div><div>
<div role="banner"><div role="navigation">{page.links(w.nav, "div")}</div></div>
<div><div><div role="main"><div><div><div dir="auto">{body}</div></div></div></div></div>
<div role="complementary"><h2>{w.sidebar}</h2><div role="list">{feed}</div></div></div>
<div role="dialog" aria-modal="true" hidden><h2>{w.buttons[2]}</h2><p>{w.newsletter}</p><p>{w.cookies[0]}</p></div>
<div role="contentinfo">{page.links(w.footer, "span")}<span>{w.rights}</span></div></div></div></div></div>
<script id="__STATE__" type="application/json">{state}</script></body></html>"""


def _magazine(page: Page) -> str:
    w = page.wording
    first, *rest = page.blocks(Look())
    third = max(1, -(-len(rest) // 3))
    sections = [
        f'<div class="story-section">{"".join(rest[at : at + third])}</div>' for at in range(0, len(rest), third)
    ]
    box = f'<div class="newsletter-box"><p>{w.newsletter}</p><form><input type="email"><button>{w.buttons[2]}</button></form></div>'
    return f"""<!DOCTYPE html><html {page.attributes}>{page.head()}<body><div class="topbar"><a href="/">{w.nav[0]}</a><ul>{page.links(w.nav[1:])}</ul></div>
<main><div class="story"><div class="story-title">{first}</div>{box.join(sections)}<div class="tags">{page.links(w.nav[1:4], "span")}</div></div>
<div class="rail"><div class="rail-title">{w.sidebar}</div>{"".join(f'<div class="rail-item"><h4><a href="/r">{one}</a></h4><p>{page.summary()}</p></div>' for one in page.teasers(5))}</div>
<div class="talk"><h3>{w.comments[0]}</h3>{page.comments("<blockquote>{}</blockquote>")}</div></main>
<div class="cookiebar">{w.cookies[0]} <a href="#">{w.buttons[0]}</a></div><footer><p>{w.rights}</p><ul>{page.links(w.footer)}</ul></footer></body></html>"""


# The first half is for development, the other half was looked at by nobody who set a bound.
TEMPLATES: Mapping[str, Callable[[Page], str]] = MappingProxyType(
    {
        "article": _article,
        "div-soup": _div_soup,
        "table-layout": _table_layout,
        "blog": _blog,
        "docs": _docs,
        "portal": _portal,
        "amp": _amp,
        "old": _old,
        "wiki": _wiki,
        "municipal": _municipal,
        "application": _application,
        "magazine": _magazine,
    }
)
SEEN_TEMPLATES = frozenset(tuple(TEMPLATES)[:6])
