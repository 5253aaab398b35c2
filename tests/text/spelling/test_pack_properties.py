"""What every pack promises: total, done at once, blind to other scripts, linear, and normal text after `normalize`."""

import functools
import re
import sys
import unicodedata
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.stages.normalize import normalize_text
from glotmill.text.scripts import SCRIPT_MASK, SCRIPT_SHIFT, code_points, names, properties
from glotmill.text.spelling import arabic, han, hangul, hebrew, indic, khmer, latin, thai
from glotmill.text.spelling.files import SCRIPTS_FILE, read_script_packs
from glotmill.text.spelling.pack import Pack, spelling
from glotmill.text.spelling.packs import PACKS

ROOT = Path(__file__).resolve().parents[3]
EVERY = tuple(PACKS.values())
COMMON = read_script_packs({SCRIPTS_FILE: (ROOT / SCRIPTS_FILE).read_text(encoding="utf-8")})
INDIC = {"Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh"}
# Module -> the scripts it may touch, and letters that its packs need beside their signs.
FAMILIES = {
    arabic: ({"Arab"}, "سلمهيىکتبپۀۂاآﻻﷲ۵\u064b\u0651\u0654\u0670ـ»"),
    hebrew: ({"Hebr"}, "שלום\u05b8ײ"),
    indic: (INDIC, "कखडढअआएऒरतणা়ড়তরঅണനരഒഎಉಒഓఒෆඑ\u093c\u094d\u093e\u0945\u0947\u09cd\u0d4d\u0d57\u0d46"),
    thai: ({"Thai", "Laoo"}, "กนมเแาำะิัู้่์ํ๊กວນຳາໍ້ເແຽ"),
    khmer: ({"Khmr"}, "កខញប្ីាំះ៉៊េើោ៌អ"),
    hangul: ({"Hang"}, "ㅋㅠㅎㅏㄴㄱㅡㄹㅄ한글가\u1112\u1161\u11ab\u11a8\u119e"),
    han: ({"Hani"}, "日本⽇⼀⺟⺀ぁア々"),
    latin: ({"Latn"}, "eoseéóòaáàâăiıİIlŀşţ\u0329\u0323\u0301\u0302\u0306\u0307"),
}
FAMILY_OF = {
    pack.name: found for module, found in FAMILIES.items() for pack in vars(module).values() if isinstance(pack, Pack)
}
NEIGHBORS = "aZ9 .-\n\u00a0\u200c\u200d👩🔥\ufe0fяω٣〇\x00\ud800"


EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))
# A few characters per pack whose every sequence is tried: what Hypothesis finds by luck.
CORES = {
    "arabic_forms": "ﻻﻶا\u0653ﹰ م",
    "arabic_hamza": "ىئ\u0654\u0650ـ",
    "arabic_tatweel": "سـ\u064e a5",
    "arabic_joiners": "سه\u200c\u200d »",
    "persian_letters": "يكۀىه\u0654",
    "persian_joiners": "سه\u200c\u200d a",
    "urdu_letters": "هہتۀـ\u0654",
    "hebrew_forms": "ﬠשﭏ\u05b7\u05bc",
    "indic_vowels": "खअ\u094d\u200d\u093e\u0947\u093c",
    "bengali_khanda_ta": "তক\u09cd\u200d\u200c",
    "malayalam_chillus": "നക\u0d4d\u200d\u200c",
    "indic_joiners": "क\u093f\u094d\u200c\u200d ",
    "hindi_nukta": "डक\u0940\u093c\u0947",
    "thai_marks": "นเา\u0e4d\u0e49\u0e34\u0e4c",
    "lao_marks": "ນເາ\u0ecd\u0ec9\u0eb4\u0ecc",
    "khmer_marks": "ក\u17c1\u17b8\u17b6\u17c6\u17c9\u17cc",
    "hangul_jamo": "ㄱㅏㅠㄴ가\u1100\u1161",
    "hangul_emoticons": "ㅋㅠ ㄱ",
    "han_radicals": "⽇日⼀ ⺟a",
    "yoruba_dots": "eós\u0329\u0301\u0323",
    "vietnamese_marks": "aáe\u0302\u0306\u0301",
    "turkish_dots": "iıI\u0307\u0301",
    "catalan_ela": "ŀLĿl·",
    "romanian_commas": "şţs\u0327\u0326",
}


def members(inside: str) -> str:
    """The characters that stand inside the brackets of an expression."""
    return "".join(re.findall(f"[{inside}]", EVERY_CHARACTER))


@functools.cache
def drawn(*packs: Pack) -> st.SearchStrategy[str]:
    """Texts in which the packs have something to do."""
    signs = "".join(dict.fromkeys(members("".join(pack.signs for pack in packs))))
    beside = "".join(dict.fromkeys("".join(FAMILY_OF[pack.name][1] for pack in packs)))
    near = st.text(st.sampled_from(signs) | st.sampled_from(beside), max_size=12)
    return near | st.text(st.sampled_from(signs) | st.sampled_from(beside) | st.sampled_from(NEIGHBORS)) | st.text()


def foreign(text: str, scripts: set[str]) -> str:
    """The characters that belong to other scripts, in order."""
    found = properties()[code_points(text)] >> SCRIPT_SHIFT & SCRIPT_MASK
    own = {*scripts, "Zyyy", "Zinh", "Zzzz"}
    return "".join(sign for sign, script in zip(text, found, strict=True) if names()[script] not in own)


@pytest.mark.parametrize("pack", EVERY, ids=lambda pack: pack.name)
def test_a_pack_is_total_done_at_once_and_blind_to_other_scripts(pack: Pack) -> None:
    @settings(max_examples=200, deadline=None)
    @given(drawn(pack))
    @example("")
    @example("\ud800\x00\udfff")
    def holds(text: str) -> None:
        once = pack(text)
        assert pack(once) == once
        scripts = FAMILY_OF[pack.name][0]
        assert foreign(once, scripts) == foreign(text, scripts)

    holds()


@pytest.mark.parametrize("pack", EVERY, ids=lambda pack: pack.name)
def test_no_short_sequence_needs_a_pack_twice(pack: Pack) -> None:
    core = CORES[pack.name]
    texts = ["".join(signs) for length in range(6) for signs in product(core, repeat=length)]
    assert [text for text in texts if pack(pack(text)) != pack(text)] == []
    normal = {text for text in texts if unicodedata.is_normalized("NFC", text)}
    assert any(pack(text) != text for text in normal)


@pytest.mark.parametrize("pack", EVERY, ids=lambda pack: pack.name)
def test_a_text_without_the_signs_of_a_pack_stays_as_it_is(pack: Pack) -> None:
    sign = re.compile(f"[{pack.signs}]")

    @settings(max_examples=100, deadline=None)
    @given(drawn(pack))
    def holds(text: str) -> None:
        unsigned = sign.sub("", text)
        assert pack(unsigned) == unsigned
        assert spelling([pack])(text) == pack(text)

    holds()


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(EVERY).flatmap(drawn)
    | st.lists(st.sampled_from(EVERY), min_size=2, max_size=4).flatmap(lambda packs: drawn(*packs))
)
def test_normal_text_in_all_packs_is_in_nfc_and_changes_no_more(text: str) -> None:
    for packs in (COMMON, EVERY):
        spell = spelling(packs)
        once = normalize_text(text, spell=spell)
        assert unicodedata.is_normalized("NFC", once)
        assert normalize_text(once, spell=spell) == once
        assert spell(once) == once


@pytest.mark.parametrize("pack", EVERY, ids=lambda pack: pack.name)
def test_long_runs_cost_no_more_than_their_length(pack: Pack) -> None:
    """What looks at each pair of 100,000 characters does not come back within hours."""
    for first, second in product(CORES[pack.name], repeat=2):
        runs = [first + second * 100_000] + ([(first + second) * 50_000] if first < second else [])
        for text in runs:
            assert len(pack(text)) <= 2 * len(text)
