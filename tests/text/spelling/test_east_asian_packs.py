"""Hangul typed letter by letter and radicals for characters; faces, single letters and tables stay."""

import pytest

from glotmill.text.spelling.packs import PACKS


@pytest.mark.parametrize(
    ("pack", "before", "after"),
    [
        ("hangul_jamo", "ㅎㅏㄴㄱㅡㄹ 만세", "한글 만세"),
        ("hangul_jamo", "ㄴㅏㄹㅆㅣㄱㅏ ㅈㅗㅎㄷㅏ", "날씨가 좋다"),
        ("hangul_jamo", "ㅇㅓㅂㅅㅇㅓ", "ㅇㅓㅂㅅㅇㅓ"),
        ("hangul_jamo", "ㅇㅓㅄㅇㅓ", "없어"),
        ("hangul_jamo", "\u110f\u110f\u110f 웃겨 \u1172\u1172", "ㅋㅋㅋ 웃겨 ㅠㅠ"),
        ("hangul_jamo", "\u1112\u1161\u11ab", "한"),
        ("hangul_emoticons", "ㅋㅋㅋㅋㅋㅋ 아 ㅠㅠㅠㅠ", "ㅋㅋㅋ 아 ㅠㅠㅠ"),
        ("hangul_emoticons", "ㅋㅋㅋㅋㅎㅎㅎㅎ", "ㅋㅋㅋㅎㅎㅎ"),
        ("han_radicals", "⽇本で⽣まれた⼦", "日本で生まれた子"),
        ("han_radicals", "中国⼈⺠", "中国人⺠"),
        ("han_radicals", "亀と⻳", "亀と龟"),
        ("hebrew_forms", "ﬡﬣﬥ ﭏ", "אהל אל"),
    ],
)
def test_two_spellings_become_one(pack: str, before: str, after: str) -> None:
    assert PACKS[pack](before) == after


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("hangul_jamo", "오늘은 날씨가 좋아서 바다에 갔다. ㅇㅋ ㄱㄱ ㄱㅅ ㄴㄴ"),
        ("hangul_jamo", "한글 자모 ㄱㄴㄷㄹ, ㅏㅑㅓㅕ, ㄱㅏ"),
        ("hangul_jamo", "ㅋㅠㅋㅠ ㅠㅇㅠ ㅇㅡㅇ ㅎㅗㅎㅗ"),
        ("hangul_jamo", "나랏말\u110a\u119e미 \u1112\u119e\u11ab"),
        ("hangul_jamo", "ﾊﾝ ｶﾅ ﾡ"),
        ("hangul_emoticons", "ㅋㅋㅋ ㅎㅎ ㅠㅠ 하하하하 와아아아아 zzzz"),
        ("han_radicals", "部首：⼀⼁⼂ ⼃ ⼄"),
        ("han_radicals", "⽇ of Latin, (⽉)"),
        ("han_radicals", "日本語と中文、ㄅㄆㄇ、々〆ヵヶ、⺀⺁"),
        ("hebrew_forms", "וואס, ײ, װאס, צ׳ק, צה״ל"),
        ("hebrew_forms", "ﬁ ﬩ ﷲ"),
    ],
)
def test_what_is_written_on_purpose_stays(pack: str, text: str) -> None:
    assert PACKS[pack](text) == text
