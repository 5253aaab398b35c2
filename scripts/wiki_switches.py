"""Writes src/glotmill/text/wikitext/switches.tsv: what editors of wikis write for MediaWiki itself, such as `__NOTOC__`.

Run `python scripts/wiki_switches.py FOLDER OUT` with the folder `languages/messages` of MediaWiki, which Debian's package
`mediawiki` carries at /usr/share/mediawiki/languages/messages. Each language file gives its words and whether their case counts.
"""

import re
import sys
from pathlib import Path

# `MagicWordFactory::$mDoubleUnderscoreIDs`, which are all that MediaWiki itself takes out of a page.
IDS = (
    "notoc", "nogallery", "forcetoc", "toc", "noeditsection", "newsectionlink", "nonewsectionlink", "hiddencat",
    "expectunusedcategory", "index", "noindex", "staticredirect", "notitleconvert", "nocontentconvert",
)  # fmt: skip
# Of MediaWiki since 1.41, and of the extensions Disambiguator, DiscussionTools and Wikibase, by their English names.
MORE = ("EXPECTUNUSEDTEMPLATE", "DISAMBIG", "ARCHIVEDTALK", "EXPECTED_UNCONNECTED_PAGE")

HEAD = """\
# Behavior switches of MediaWiki without the underscores around them; those whose case does not count are casefolded behind a `~`.
# Facts of MediaWiki 1.39 (languages/messages, 424 files, read November 2026). Written by scripts/wiki_switches.py.
"""

_ENTRY = re.compile(r"'(\w+)'\s*=>\s*(?:\[|array\()\s*'?([01])'?\s*,([^\])]*)")
_NAME = re.compile(r"__([^\s_<>\[\]{}|'\"]+(?:_[^\s_<>\[\]{}|'\"]+)*)__")

folder, out = map(Path, sys.argv[1:])
found = set(MORE)
for path in sorted(folder.glob("Messages*.php")):
    for name, counts, words in _ENTRY.findall(path.read_text(encoding="utf-8")):
        if name in IDS:
            found |= {word if counts == "1" else f"~{word.casefold()}" for word in _NAME.findall(words)}
out.write_text(HEAD + "\n".join(sorted(found)) + "\n", encoding="utf-8")
print(f"{len(found)} names in {out}")
