"""The spellings that wikis of languages in several scripts offer side by side: `-{zh-hans:计算机;zh-hant:電腦}-`."""

import re
from typing import Final

# Languages whose wikis convert between spellings (MediaWiki, includes/languages: LanguageConverter and its children).
VARIANT_LANGUAGES: Final = frozenset(
    {"ban", "crh", "gan", "iu", "kk", "ku", "mni", "sh", "shi", "sr", "tg", "tly", "uz", "wuu", "zgh", "zh"}
)

# `-{{` is a hyphen before a template. The content holds no braces but those of templates: the innermost goes first.
_MARK = re.compile(r"-\{(?!\{)((?:[^{}]|\{\{[^{}]*\}\})*)\}-")
_FLAGS = re.compile(r"\s*(?:([A-Za-z-]+(?:;[A-Za-z-]+)*)\s*)?\|")
_PAIR = re.compile(r"(?:\A|;)(?:[^;:]*=>)?\s*([a-z]{2,3}(?:-[a-z]+)*)\s*:")
_DEPTH = 4


def choose_variants(text: str, variant: str | None) -> str:
    """Return wikitext with one spelling of each that it offers.

    Args:
        text: wikitext.
        variant: the code to choose; where a mark lacks it, and for None, the first that it offers.

    >>> choose_variants("一台-{zh-hans:计算机;zh-hant:電腦}-。", "zh-hant")
    '一台電腦。'
    """
    for _ in range(_DEPTH):
        text, count = _MARK.subn(lambda found: _chosen(found[1], variant), text)
        if not count:
            break
    return text


def _chosen(content: str, variant: str | None) -> str:
    flags: set[str] = set()
    if found := _FLAGS.match(content):
        flags, content = set((found[1] or "").upper().split(";")), content[found.end() :]
    if flags & {"H", "T", "-"}:  # rules for the whole page, its title, and their end: they show nothing
        return ""
    if "R" in flags:
        return content
    pairs = list(_PAIR.finditer(content))
    if not pairs:
        return content
    ends = [pair.start() for pair in pairs[1:]] + [len(content)]
    offered = [(pair[1], content[pair.end() : end].strip().rstrip(";")) for pair, end in zip(pairs, ends, strict=True)]
    return dict(reversed(offered)).get(variant or "", offered[0][1])
