"""The switches that editors of wikis write for MediaWiki itself: `__NOTOC__` in the words of every language that has its own."""

import functools
import re
from importlib import resources

# An underscore inside parts words: what MediaWiki takes for a switch holds none at its ends.
_MARKED = re.compile(r"__([^\s_<>\[\]{}|]+(?:_[^\s_<>\[\]{}|]+)*)__")


@functools.cache
def _table() -> tuple[frozenset[str], frozenset[str]]:
    text = resources.files("glotmill.text.wikitext").joinpath("switches.tsv").read_text(encoding="utf-8")
    words = [line for line in text.splitlines() if not line.startswith("#")]
    exact = frozenset(word for word in words if not word.startswith("~"))
    return exact, frozenset(word[1:] for word in words if word.startswith("~"))


def without_switches(text: str) -> str:
    """Return a text without behavior switches; what else stands between underscores stays.

    A wiki knows its language's words and English ones; here all languages' count in every wiki. Source: `magicWords` of MediaWiki
    1.39 and four of its extensions.

    >>> without_switches("__KEIN_INHALTSVERZEICHNIS__Das Skript ruft __init__ auf.__ไม่มีสารบัญ__")
    'Das Skript ruft __init__ auf.'
    """
    return _MARKED.sub(lambda found: "" if _is_switch(found[1]) else found[0], text)


def _is_switch(word: str) -> bool:
    exact, folded = _table()
    return word in exact or word.casefold() in folded
