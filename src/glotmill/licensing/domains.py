"""Which part of a host was registered: who answers for it, by the public suffix list."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import idna
from tld import get_tld

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+")  # names in their ASCII form, IPv4, IPv6


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str:
    """Return the part of a host that was registered: `el.example` of `www.el.example`, an address as itself.

    By the ICANN part of the public suffix list that the package tld carries; nothing is fetched. The private part is
    left out on purpose: the blogs of one platform stand on its machines, and what is owed is owed to the platform.
    A suffix that the list does not know counts as one label (the list's own rule `*`).
    """
    name = host.strip(".").lower()
    if ":" in name or re.fullmatch(r"[0-9.]+", name):
        return name
    labels = [label for label in name.split(".") if label]
    try:
        found = get_tld("http://" + ".".join(labels), as_object=True, fail_silently=True, search_private=False)
    except ValueError:
        found = None
    if found is None or isinstance(found, str):
        return ".".join(labels[-2:])
    return str(found.fld)


def domain_of(url: str | None) -> str | None:
    """Return the registered domain of a page's address, in ASCII, or None where it is no address of a host.

    >>> domain_of("https://www.baserria.example/azoka?id=3"), domain_of("http://ገበያ.et/"), domain_of("urn:isbn:1")
    ('baserria.example', 'xn--0zd2zzc.et', None)
    """
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
    return None if not host else _of_host(host)


@lru_cache(maxsize=65_536)  # 6 us a look-up and more, and pages of one host stand together
def _of_host(host: str) -> str | None:
    name = host.rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return None
    return registered_domain(name) if _HOST.fullmatch(name) else None
