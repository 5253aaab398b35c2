"""What a stored measure rests on: the code that scans and measures, and what it knew about the language.

Two vintages that are equal mean that measuring again would give the same numbers; then other bounds can be put on
stored measures without the text.
"""

import functools
import hashlib
import unicodedata
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import numpy as np

from glotmill.text.measures import Profile

# What of this package measures nothing: decisions on measures, other uses of the scan, names of languages.
_ELSEWHERE = (
    "calibration/", "identification/", "labelling/", "labels.py", "languages.tsv", "linting/", "rules.py", "spelling/", "tags.py", "vintage.py",
)  # fmt: skip
# Of these, what measures of known words look up.
_WORDS = ("identification/word_table.py", "identification/words.npy", "identification/words.tsv")


@functools.cache
def code_vintage() -> str:
    """Return a digest, 16 digits, of the code and data that scanning and measuring consist of.

    It covers this package's files, the Unicode version that casefolds, and ICU's release, which carries dictionaries.
    """
    root = Path(__file__).parent
    digest = hashlib.sha256(f"unicode {unicodedata.unidata_version}, icu4py {version('icu4py')}".encode())
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name in _WORDS or (path.suffix in (".py", ".tsv") and not name.startswith(_ELSEWHERE)):
            digest.update(name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def profile_vintage(profile: Profile) -> str:
    """Return a digest, 16 digits, of all that measures know about a language."""
    digest = hashlib.sha256()
    for field in fields(profile):
        value = getattr(profile, field.name)
        digest.update(f"{field.name}:".encode())
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()[:16]
