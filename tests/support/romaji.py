"""Japanese in Latin letters, which no shipped table lists: the sentences of the how-to page, and the words in them."""

import functools
from pathlib import Path

from glotmill.text.identification.counting import counted_words
from glotmill.text.identification.own import OwnLanguage
from glotmill.text.identification.writing import own_text
from glotmill.text.rules import Evidence

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "add-a-language.md"
TAG = "jpn_Latn"
EVIDENCE = Evidence(text="Sentences of the how-to page.", source="the how-to page", license="CC0-1.0")
UNSEEN = "Kyō wa tenki ga ii node, kodomotachi to kawa no soba made arukimashita."


@functools.cache
def sentences() -> tuple[str, ...]:
    """The forty sentences of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return tuple(text.partition("cat > sentences.txt <<'EOF'\n")[2].partition("\nEOF\n")[0].splitlines())


def taught(tag: str = TAG, texts: tuple[str, ...] = ()) -> OwnLanguage:
    """A language as these texts teach it; as the page's do without any."""
    words = counted_words(tag, texts or sentences())
    return OwnLanguage(tag, tuple(w for w, _ in words), tuple(c for _, c in words), (0,) * len(words))


def file(own: OwnLanguage | None = None) -> str:
    """The text of its file."""
    return own_text(own or taught(), EVIDENCE)
