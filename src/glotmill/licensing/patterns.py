"""The path patterns in which owners say what of a site a statement is about: prefixes with `*` and `$`."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

_PATH = re.compile(r"[^/?#]*:?//[^/?#]*([^#]*)", re.DOTALL)
# Escapes that stay: "/" would become a separator, "%" would start an escape; the others are what patterns are made of.
_KEPT_ESCAPE = re.compile(r"%(2F|25|2A|24|3F|23)", re.IGNORECASE)
_STARS = re.compile(r"\*+")
# What stays as it is; every other octet is written as %XX (RFC 3986, section 2; RFC 9309, section 2.2.2).
_SAFE = "!&'()+,/:;=?@[]~"


def path_of(url: str) -> str:
    """Return path and query of an absolute URL, as they stand in it; `/` where it has none. Never raises.

    >>> path_of("https://gure.eus/albisteak?orria=2#buru")
    '/albisteak?orria=2'
    """
    match = _PATH.match(url)
    path = match[1] if match else url.partition("#")[0]
    return path if path.startswith("/") else f"/{path}"


def normalized(text: str) -> str:
    """Return a path with every octet in the one spelling by which paths compare.

    Octets outside ASCII are percent-encoded, escapes of ordinary ASCII characters are decoded, hexadecimal digits are
    upper case (RFC 9309, section 2.2.2); `*` and `$` are escaped, as patterns write them when they mean themselves.
    `/市场` and `/%e5%b8%82%e5%9c%ba` come out equal.
    """
    if "%" not in text:
        return quote(text, safe=_SAFE, errors="replace")
    parts = _KEPT_ESCAPE.split(text)
    plain = [quote(unquote_to_bytes(part.encode("utf-8", "replace")), safe=_SAFE) for part in parts[::2]]
    kept = [f"%{code.upper()}" for code in parts[1::2]]
    return "".join(a + b for a, b in zip(plain, [*kept, ""], strict=True))


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One pattern, ready to be compared.

    It matches from the start of path and query, `*` stands for any characters, `$` at the end for the end; all else
    is literal, with case (RFC 9309, section 2.2.3; the TDMRep report and the AIPREF attachment draft take the same).
    Matching is linear in the length of the path: each part between stars is searched for once, the first place is
    as good as any later one, and nothing is tried again.
    """

    parts: tuple[str, ...]
    anchored: bool
    length: int

    @classmethod
    def of(cls, text: str) -> "PathPattern":
        """Return the pattern that stands in a file; the empty one matches everything."""
        anchored = text.endswith("$")
        parts = tuple(normalized(part) for part in _STARS.split(text[:-1] if anchored else text))
        return cls(parts, anchored, sum(map(len, parts)) + len(parts) - 1 + anchored)

    def matches(self, path: str) -> bool:
        """Return whether a normalized path with its query is one that the pattern speaks of."""
        if not path.startswith(self.parts[0]):
            return False
        here = len(self.parts[0])
        if len(self.parts) == 1:
            return not self.anchored or here == len(path)
        for part in self.parts[1:-1]:
            found = path.find(part, here)
            if found < 0:
                return False
            here = found + len(part)
        last = self.parts[-1]
        if self.anchored:
            return len(path) - len(last) >= here and path.endswith(last)
        return path.find(last, here) >= 0
