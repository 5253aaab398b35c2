"""How the file of a language's own words is written."""

import textwrap

import yaml

from glotmill.text.identification.own import OwnLanguage
from glotmill.text.rules import Evidence

_WIDTH = 104
_HEAD = """# Words of the language by frequency, by which `identify` knows it (identifier: words, ngrams or both). A line is a word, how
# often it was counted, and in how many other languages it was found as usual, where that is not 0.
"""


def own_text(own: OwnLanguage, evidence: Evidence) -> str:
    """Return the text of the file, in the language's own script."""
    folded = textwrap.wrap(evidence.text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = [
        f"tag: {own.tag}",
        "evidence:",
        "  - text: >-",
        *(f"      {line}" for line in folded),
        f"    source: {_scalar(evidence.source)}",
        f"    license: {_scalar(evidence.license)}",
        "words: |",
    ]
    for word, count, others in zip(own.words, own.counts, own.others, strict=True):
        lines.append(f"  {word} {count} {others}" if others else f"  {word} {count}")
    return _HEAD + "\n".join(lines) + "\n"


def _scalar(value: str) -> str:
    flow = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=float("inf"))
    return flow.strip()[1:-1]
