"""Strangers' titles, names and addresses in Markdown: shown as they are, and nothing else."""

import re
from typing import Final

_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#|~!<>])")
# Controls, and marks that turn the direction of what follows them: a title must not rearrange the line behind it.
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_UNSAFE_IN_LINK = re.compile(r"[\x00-\x20<>`\"\\{}|^\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]")
_MOST: Final = 300  # characters of a title
_MOST_URL: Final = 2000


def plain(text: str, most: int = _MOST) -> str:
    r"""Return a text on one line, cut, in which no character is markup.

    >>> print(plain("ตลาดเช้า [x](http://a)\u202e\n# b"))
    ตลาดเช้า \[x\]\(http://a\) \# b
    """
    line = _SPACES.sub(" ", _HIDDEN.sub("", _SPACES.sub(" ", text))).strip()
    cut = line if len(line) <= most else f"{line[: most - 1]}…"
    return _MARKUP.sub(r"\\\1", cut.replace("&", "&amp;"))


def link(url: str) -> str:
    """Return an http address as a Markdown link that shows it, or any other text as `plain` does."""
    if not url.startswith(("http://", "https://")) or len(url) > _MOST_URL:
        return plain(url)
    quoted = _UNSAFE_IN_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)
    return f"<{quoted}>"
