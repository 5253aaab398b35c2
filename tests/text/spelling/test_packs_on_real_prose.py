"""Prose that people wrote and reviewed is spelled right: packs touch next to none of it, and never a letter of it."""

import json
import unicodedata
from pathlib import Path

import pytest

from glotmill.stages.normalize import normalize_text
from glotmill.text.rules import read_language
from glotmill.text.spelling.files import packs_of, read_script_packs
from glotmill.text.spelling.pack import spelling

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "real" / "prose"
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
TAGS = (
    *("arb_Arab", "ben_Beng", "cat_Latn", "cmn_Hani", "deu_Latn", "guj_Gujr", "heb_Hebr", "hin_Deva", "jpn_Jpan"),
    *("khm_Khmr", "kor_Hang", "mar_Deva", "pes_Arab", "ron_Latn", "tam_Taml", "tha_Thai", "tur_Latn", "vie_Latn"),
)
# Shares of documents, bounded a little above what was measured in November 2026: 6 of 456 Arabic documents
# (strokes within words, one ﻷ), 1 of 341 Bengali ones (a non-joiner before a word), 57 of 313 Persian ones (77 words,
# of which 68 for non-joiners that stand double or at a word's edge), 11 of 323 Romanian ones (cedillas). All others: none.
CHANGED = {"arb_Arab": 0.02, "ben_Beng": 0.005, "pes_Arab": 0.2, "ron_Latn": 0.04}
# What may differ: joiners and strokes, the letters that Persian writes otherwise, and the cedilla of Romanian.
ALIKE = str.maketrans(
    {
        "ي": "ی", "ى": "ی", "ك": "ک", "\u06d5": "ه", "\u200c": None, "\u200d": None, "ـ": None, "\u0654": None,
        "\u0327": "\u0326",
    }
)  # fmt: skip


def skeleton(text: str) -> str:
    """The letters of a text."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text)).translate(ALIKE)


def texts(tag: str) -> list[str]:
    path = CACHE / f"{tag}.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not there: `make prose` fetches it")
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.real
@pytest.mark.parametrize("tag", TAGS)
def test_well_spelled_prose_stays_but_for_joiners_and_strokes(tag: str) -> None:
    language = read_language(tag, FILES)
    spell = spelling((*read_script_packs(FILES), *packs_of(language.normalize if language else ())))
    plain = [normalize_text(text) for text in texts(tag)]
    spelled = [normalize_text(text, spell=spell) for text in plain]
    changed = [(before, after) for before, after in zip(plain, spelled, strict=True) if before != after]
    assert len(changed) / len(plain) <= CHANGED.get(tag, 0)
    for before, after in changed:
        assert skeleton(before) == skeleton(after)
        assert len(before) - len(after) <= 12
