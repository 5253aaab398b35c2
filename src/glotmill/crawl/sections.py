"""Which part of a host a URL belongs to: multilingual sites keep each language in a folder or a parameter."""

import functools
import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from glotmill.stages.hints import PARAMETERS

OTHERS: Final = "*"  # the name of what a host has too many sections to tell apart

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{2,4})?")
_DIGITS = re.compile(r"[0-9]+")
_LONGEST: Final = 40  # characters of a name
_LONGEST_URL: Final = 2_000


@functools.lru_cache(maxsize=65_536)  # every page of a host repeats the links of its menu
def section_of(url: str) -> str:
    """Return host and first folder of a URL, and the language that its query names.

    `https://www.adibidea.eus/eu/albisteak/1.html` is in `www.adibidea.eus/eu`, `https://adibidea.eus/?lang=eu` in
    `adibidea.eus/?eu`, `https://hi.example.in/समाचार/2024` in `hi.example.in/समाचार`. Digits become `#`, so that years are one section;
    a file in the root is in the root, `adibidea.eus/`; a port that is not the scheme's own stays with the host. What is no URL is in
    the section `/`.
    """
    try:
        parts = urlsplit(url[:_LONGEST_URL])
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return "/"
    if port is not None and port != {"http": 80, "https": 443}.get(parts.scheme):
        host = f"{host}:{port}"
    first, behind, _ = parts.path.removeprefix("/").partition("/")
    name = first.casefold() if behind or _LANGUAGE.fullmatch(first.casefold()) else ""
    name = _DIGITS.sub("#", name)[:_LONGEST].replace(OTHERS, "")
    for parameter, value in parse_qsl(parts.query):
        if parameter.lower() in PARAMETERS and _LANGUAGE.fullmatch(value.lower()):
            return f"{host}/{name}?{value.lower()}"
    return f"{host}/{name}"


def host_of(section: str) -> str:
    """Return the host, with its port, of a section."""
    return section.partition("/")[0]
