"""Writes src/glotmill/text/unicode_ranges.tsv: script and character class of every assigned code point.

Run `python scripts/unicode_ranges.py src/glotmill/text/unicode_ranges.tsv` where the package `regex` is installed;
it carries the Unicode character database of the version that its metadata names.
"""

import importlib.metadata
import re
import sys
from pathlib import Path

import regex
from regex import _regex_core

UNICODE_SIZE = 0x110000
# One letter per class, in the order in which they are asked for; text/scripts.py names them.
CLASSES = (
    ("s", r"\p{White_Space}"),
    ("l", r"\p{L}"),
    ("m", r"\p{M}"),
    ("d", r"\p{Nd}"),
    ("n", r"\p{N}"),
    ("p", r"\p{P}"),
    ("y", r"\p{S}"),
    ("f", r"[\p{Cc}\p{Cf}]"),
)


def script_codes() -> list[str]:
    """Return the four-letter Unicode script codes that `regex` knows, as ISO 15924 writes them."""
    values = _regex_core.PROPERTIES["SCRIPT"][1]
    codes = sorted({name.capitalize() for name in values if re.fullmatch(r"[A-Z]{4}", name)})
    # Qaac and Qaai are old aliases; a few names of scripts (Cham, Thai, Lisu) are also their codes.
    seen: dict[int, str] = {}
    for code in codes:
        if not code.startswith("Qa"):
            seen.setdefault(values[code.upper()], code)
    return sorted(seen.values())


def main() -> None:
    """Write the table."""
    everything = "".join(chr(point) for point in range(UNICODE_SIZE) if not 0xD800 <= point <= 0xDFFF)
    scripts, classes = ["Zzzz"] * UNICODE_SIZE, ["o"] * UNICODE_SIZE
    for code in script_codes():
        for match in regex.finditer(rf"\p{{Script={code}}}", everything):
            scripts[ord(match.group())] = code
    for letter, pattern in reversed(CLASSES):
        for match in regex.finditer(pattern, everything):
            classes[ord(match.group())] = letter
    version = re.search(
        r"Unicode (\d+\.\d+\.\d+)", importlib.metadata.distribution("regex").read_text("METADATA") or ""
    )
    lines = [
        f"# Unicode {version.group(1) if version else 'unknown'}: first code point, last, Script property, class",
        "# (s white space, l letter, m mark, d decimal digit, n other number, p punctuation, y symbol, f control or",
        "# format; unlisted: unassigned, private or surrogate). Written by scripts/unicode_ranges.py.",
        "# Derived from the Unicode Character Database, (c) Unicode, Inc., Unicode License v3:",
        "# https://www.unicode.org/license.txt",
    ]
    start = 0
    for point in range(1, UNICODE_SIZE + 1):
        if point == UNICODE_SIZE or (scripts[point], classes[point]) != (scripts[start], classes[start]):
            if (scripts[start], classes[start]) != ("Zzzz", "o"):
                lines.append(f"{start:X}\t{point - 1:X}\t{scripts[start]}\t{classes[start]}")
            start = point
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
