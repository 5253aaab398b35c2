"""Identification by CLD2, the detector of Chromium: quadgrams of 80 languages and words of as many more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.tagging import Tagging, tagging
from glotmill.text.scripts import dominant_scripts

# What CLD2 refuses to read: controls other than tab and line breaks, lone surrogates, noncharacters.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
# Codes that ISO 639 has withdrawn since.
_OLD_CODES = {"iw": "heb", "jw": "jav"}
_NO_LANGUAGE = re.compile(r"un|xx-.*|zz.|tlh")  # unknown, a mere script, jokes that its tables know


@dataclass(frozen=True, slots=True)
class Cld2Identifier:
    """Identifies texts by CLD2 (https://github.com/CLD2Owners/cld2); built by `open_identifier`.

    A score is the share of the text, in bytes, that CLD2 gives to a language; it says little of how sure it is.

    Args:
        detect: `pycld2.detect`.
        tags: what CLD2's codes mean.
    """

    detect: Any
    tags: Tagging

    @property
    def labels(self) -> tuple[str, ...]:
        """The canonical tags that CLD2's codes can mean."""
        return self.tags.tags

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return the likeliest tags of texts, in order; a text without letters has none."""
        lines = [_REFUSED.sub(" ", text) for text in texts]
        scripts = dominant_scripts(lines)
        found = [self._shares(line) if script is not None else [] for line, script in zip(lines, scripts, strict=True)]
        return self.tags.guesses(found, scripts)

    def _shares(self, line: str) -> list[tuple[str, float]]:
        # Without bestEffort a short text has no answer at all.
        _, _, details = self.detect(line, isPlainText=True, bestEffort=True)
        return [(_label(code), percent / 100) for _, code, percent, _ in details]


def open_identifier() -> Cld2Identifier:
    """Return CLD2 as an identifier.

    Raises:
        SettingsError: the package pycld2, an optional extra, is not installed.
    """
    try:
        import pycld2  # noqa: PLC0415  # optional
    except ImportError as error:
        raise SettingsError(
            "the identifier cld2 needs the package pycld2\n  Run: pip install 'glotmill[cld2]'"
        ) from error
    detected = set(pycld2.DETECTED_LANGUAGES)
    codes = [code for name, code in pycld2.LANGUAGES if name in detected and not _NO_LANGUAGE.fullmatch(code)]
    return Cld2Identifier(pycld2.detect, tagging(map(_label, codes)))


def _label(code: str) -> str:
    return _OLD_CODES.get(code, code)
