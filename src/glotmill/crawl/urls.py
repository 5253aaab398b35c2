"""The form under which the frontier knows a URL, and what can be read off it: domain, path template, query names."""

import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from glotmill.dedup.addresses import canonical_url

MAX_URL = 2_000  # characters of the canonical form; the sitemap protocol allows 2,048
_MAX_RAW = 8_000  # characters as written: tracking alone can be long, and goes
_ROUNDS = 8  # removing one thing can uncover another; real URLs need two rounds

# Parameters that name who sent the visitor, not what the page shows. Names and prefixes that appear in at least two of:
# AdGuard's TrackParamFilter (general_url.txt), ClearURLs (data.min.json, globalRules), Firefox's query-stripping
# records, Matomo's and AT Internet's documentation of their own. `ref`, `source`, `id` and the like are not here:
# they choose the page on too many sites (`?source=eu` of a dictionary), which is why courlan's list is not used.
_TRACKING = frozenset(
    {
        *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid", "_ga", "_gl"),
        *("fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "action_object_map", "igshid", "igsh"),
        *("msclkid", "yclid", "ysclid", "ymclid", "_openstat", "twclid", "ttclid", "li_fat_id", "epik", "rdt_cid"),
        *("mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "__s", "vero_id", "vero_conv", "_kx"),
        *("oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "ml_subscriber", "ml_subscriber_hash", "wickedid"),
        *("xtor", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee", "wt_mc", "wt.mc_id", "cmpid"),
        *("guce_referrer", "guce_referrer_sig", "guccounter", "ref_src", "ref_url", "spm", "scm", "cvid", "ncid"),
        "replytocom",  # WordPress: the same page with its form under another comment
    }
)
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "itm_", "hsa_", "at_custom", "at_campaign", "__hs")
# Session ids of servlet containers, PHP, ASP, ColdFusion, osCommerce, Zen Cart: the name alone says what it is.
_SESSIONS = frozenset(
    {
        *("jsessionid", "phpsessid", "sessionid", "session_id", "sessid", "cfid", "cftoken", "oscsid", "zenid"),
        *("asp.net_sessionid", "phpsession", "psession", "sesskey"),
    }
)
# `sid` and `s` are a session on phpBB and vBulletin, a story or a search elsewhere: the value must look the part.
_MAYBE_SESSIONS = frozenset({"sid", "s", "sess", "session", "sessionkey", "token_id"})
_SESSION_VALUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[0-9A-Za-z-]{20,}")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid|sessionid)=[^/;]*", re.IGNORECASE)
_ASP_SESSION = re.compile(r"/(?:\([AFSX]\([0-9A-Za-z_-]{8,}\)\)|\([0-9a-z]{24}\))(?=/|$)")
_SIGNED = frozenset({"signature", "sig", "hmac", "x-amz-signature", "hash"})  # some are made over the query as it is
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.~-]+")
_UNSAFE = re.compile(r"[\x00-\x20\"<>`{}|\\^\x7f]")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
# What a second round cannot change: no escape that could be a letter, no dot segment, nothing of a session, a plain
# host. Nine links of ten are so after the first, and a page has a hundred links of 30 us each.
_SURROGATE = re.compile("[\ud800-\udfff]")
_SETTLED = re.compile(
    r"https?://(?!.*xn--)[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?!(?:80|443)/)(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?/(?:[A-Za-z0-9_~/-]|(?<!/)\.|%[89A-F][0-9A-F])*"
    r"(?:\?(?:[A-Za-z0-9_~/.&=-]|%[89A-F][0-9A-F])+)?"
)
_PLAIN_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9_~/-]|(?<!/)\.|%[89A-F][0-9A-F])*")
_BAD_HOST = re.compile(r"[\x00-\x20\x7f#%/<>?@\\^|\"`{}\[\]]")


def frontier_url(url: str, base: str | None = None) -> str | None:
    """Return the one form of a URL that is asked for and remembered, or None where it is none to ask for.

    `canonical_url`, and: fragments, tracking parameters and session ids go; blanks become escapes and backslashes
    slashes, as browsers do; a final dot of the host goes. Parameters are sorted only where every one is `name=value`,
    no name stands twice and none is a signature: `?b=1&a=2` is such a query, `?tag=a&tag=b`, `?page/3` and
    `?q=1;r` keep their order, which may carry meaning. Doubled slashes and `index.html` stay: servers differ there.

    Without a URL to give: other schemes than http and https, user names in it, no or a broken host or port, and more
    than 2,000 characters. `("../बाज़ार?utm_source=x", "https://hi.example/क/ख/")` gives
    `"https://hi.example/%E0%A4%95/%E0%A4%AC%E0%A4%BE%E0%A4%9C%E0%A4%BC%E0%A4%BE%E0%A4%B0"`.

    Args:
        url: as written in a page, relative or absolute.
        base: absolute URL that a relative one is resolved against (RFC 3986, 5.2).
    """
    if len(url) > _MAX_RAW:
        return None
    if base and _PLAIN_PATH.fullmatch(url) and (cut := base.find("/", len("https://"))) > 0:
        whole = base[:cut] + url  # most links of most pages: nothing to read, resolve or reduce
        if _SETTLED.fullmatch(whole):
            return whole if len(whole) <= MAX_URL else None
    written = _as_browsers_read(url)
    try:
        whole = urljoin(base, written) if base and not _ABSOLUTE.match(written) else written
        # Of a path alone, nothing is left to the first round either: it only takes out and orders parameters then.
        found = whole if "?" not in whole and _SETTLED.fullmatch(whole) else _reduced(whole)
        if found is not None and _SETTLED.fullmatch(found):
            return found if len(found) <= MAX_URL else None
        for _ in range(_ROUNDS):
            again = None if found is None else _reduced(found)
            if again == found:
                break
            found = again
        else:
            return None
    except ValueError:
        return None
    # A punycode label can decode to a lone surrogate, which no database holds.
    return None if found is None or len(found) > MAX_URL or _SURROGATE.search(found) else found


def _as_browsers_read(url: str) -> str:
    """Strip and resolve slashes by the URL standard (WHATWG, 4.4): controls go, backslashes are slashes before the query."""
    text = url.strip("".join(map(chr, range(0x21)))).translate({9: None, 10: None, 13: None})
    cut = min((place for sign in "?#" if (place := text.find(sign)) >= 0), default=len(text))
    return text[:cut].replace("\\", "/") + text[cut:]


def _reduced(url: str) -> str | None:
    parts = urlsplit(canonical_url(_UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", url)))
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return None
    name = parts.hostname or ""
    port = parts.port  # raises where it is out of range
    if ":" not in name:
        name = unicodedata.normalize("NFKC", name).replace("。", ".").removesuffix(".").lower()
        if not name or len(name) > 253 or ".." in name or name.startswith(".") or _BAD_HOST.search(name):
            return None
    else:
        name = f"[{ipaddress.IPv6Address(name)}]"
    place = name if port is None else f"{name}:{port}"
    path = _ASP_SESSION.sub("", _PATH_SESSION.sub("", parts.path)) or "/"
    whole = urlunsplit(SplitResult(parts.scheme, place, path, _query(parts.query), ""))
    return whole if _SETTLED.fullmatch(whole) else canonical_url(whole)


def _query(query: str) -> str:
    if not query:
        return ""
    pieces = [piece for piece in query.split("&") if piece and not _is_noise(piece)]
    names = [piece.partition("=")[0] for piece in pieces]
    lowered = {name.lower() for name in names}
    sortable = (
        len(lowered) == len(pieces)
        and not lowered & _SIGNED
        and all("=" in piece and ";" not in piece for piece in pieces)
        and all(_PLAIN_NAME.fullmatch(name) for name in names)
    )
    return "&".join(sorted(pieces) if sortable else pieces)


def _is_noise(piece: str) -> bool:
    name, _, value = piece.partition("=")
    name = name.lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or name in _SESSIONS:
        return True
    if name.startswith("aspsessionid"):
        return True
    return name in _MAYBE_SESSIONS and _SESSION_VALUE.fullmatch(value) is not None


_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"(?<![^\W_])(?=[0-9A-Za-z]*[0-9])(?=[0-9A-Za-z]*[A-Za-z])(?:[0-9a-f]{8,}|[0-9A-F]{8,})(?![^\W_])")
_NUMBER = re.compile(r"\d+")


def path_template(url: str) -> str:
    """Return the path with numbers as `{n}` and hashes as `{h}`: what a site's own router would have beside it.

    `https://azoka.example/2026/11/27/azoka-123` gives `/{n}/{n}/{n}/azoka-{n}`. Digits of every script count
    (`/समाचार/२०२६` gives `/समाचार/{n}`); a hash is eight or more hexadecimal signs of one case with a letter and a
    digit among them, or a UUID. At most 300 characters; words, slugs among them, stay.
    """
    path = unquote(urlsplit(url).path) or "/"
    folded = _HASH.sub("{h}", _UUID.sub("{h}", path[:MAX_URL]))
    return _NUMBER.sub("{n}", folded)[:300]


def query_names(url: str) -> tuple[str, ...]:
    """Return the names of a URL's parameters, each as often as it stands there, sorted."""
    query = urlsplit(url).query
    return tuple(sorted(piece.partition("=")[0] for piece in query.split("&") if piece))
