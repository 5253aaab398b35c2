"""CLD2 as an identifier: tags out of its old codes, and text that it refuses to read."""

import sys

import numpy as np
import pytest

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.cld2 import open_identifier
from text.identification.sentences import HOSTILE, SENTENCES


@pytest.fixture(scope="module")
def cld2() -> Identifier:
    pytest.importorskip("pycld2", reason="the extra cld2 is not installed")
    return open_identifier()


def first(identifier: Identifier, texts: list[str]) -> list[str | None]:
    places = identifier.identify(texts).labels[:, 0].tolist()
    return [None if place < 0 else identifier.labels[place] for place in places]


def test_each_language_is_named_by_its_tag(cld2: Identifier) -> None:
    assert first(cld2, list(SENTENCES.values())) == list(SENTENCES)


def test_codes_that_iso_has_withdrawn_and_variants_become_tags(cld2: Identifier) -> None:
    texts = [
        "אחר הצהריים אפתה סבתא עוגת תפוחים, והנכדים אכלו את כולה ליד שולחן המטבח.",
        "下午奶奶做了蘋果蛋糕，孫子們坐在廚房的桌子旁把它全吃光了。",
        "После подне је бака испекла колач од јабука, а унуци су га појели за кухињским столом.",
    ]
    assert first(cld2, texts) == ["heb_Hebr", "cmn_Hani", "srp_Cyrl"]
    assert "jav_Latn" in cld2.labels
    assert not [tag for tag in cld2.labels if tag.startswith(("und", "tlh", "xx"))]


def test_every_code_point_and_hostile_text_is_read(cld2: Identifier) -> None:
    guesses = cld2.identify(HOSTILE)
    assert (guesses.labels[:5] == -1).all()
    assert (guesses.scores.sum(axis=1) <= 1.0 + 1e-9).all()
    everything = [
        "kaixo " + "".join(map(chr, range(start, start + 0x400))) + " mundua" for start in range(0, 0x110000, 0x400)
    ]
    assert len(cld2.identify(everything)) == len(everything)


def test_equal_texts_get_equal_guesses_alone_and_beside_others(cld2: Identifier) -> None:
    texts = list(SENTENCES.values())
    together = cld2.identify(texts)
    for row, text in enumerate(texts):
        alone = cld2.identify([text])
        assert np.array_equal(alone.labels[0], together.labels[row])
        assert np.array_equal(alone.scores[0], together.scores[row])


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycld2", None)
    with pytest.raises(SettingsError, match=r"glotmill\[cld2\]"):
        open_identifier()
