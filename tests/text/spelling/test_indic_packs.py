"""Spelling of South Asia: vowels in one piece, old sequences, joiners only where they join; conjuncts stay."""

import pytest

from glotmill.text.spelling.packs import PACKS

ZWNJ, ZWJ = "\u200c", "\u200d"
VIRAMA, NUKTA = "\u094d", "\u093c"


@pytest.mark.parametrize(
    ("pack", "before", "after"),
    [
        ("indic_vowels", "अाम अौर एेनक", "आम और ऐनक"),
        ("indic_vowels", "गर्इ", "गई"),
        ("indic_vowels", "अाेस", "ओस"),
        ("indic_vowels", "का\u0947न", "कोन"),
        ("indic_vowels", f"रख{VIRAMA}{ZWJ}\u093e हुआ, श{VIRAMA}\u093eम", "रख हुआ, शम"),
        ("indic_vowels", f"ख{VIRAMA}\u093e{VIRAMA}\u093e", "ख"),
        ("indic_vowels", "অামার মা", "আমার মা"),
        ("indic_vowels", "ਅਾਲੂ ਅਤੇ ਅੌਰਤ", "ਆਲੂ ਅਤੇ ਔਰਤ"),
        ("indic_vowels", "અાપણે અેક", "આપણે એક"),
        ("indic_vowels", "ಉಾಟ", "ಊಟ"),
        ("indic_vowels", "ഇൗ വഴി", "ഈ വഴി"),
        ("indic_vowels", "අාදරය", "ආදරය"),
        ("indic_vowels", "ఒౌషధం", "ఔషధం"),
        ("indic_joiners", f"राम{ZWNJ} घर{ZWJ} गया{ZWNJ}।", "राम घर गया।"),
        ("indic_joiners", f"{ZWNJ}ক্লিক ক{ZWNJ}র", "ক্লিক কর"),
        ("indic_joiners", f"क{VIRAMA}{ZWJ}{ZWJ}ष", f"क{VIRAMA}{ZWJ}ष"),
        ("indic_joiners", f"ఎక్స్{ZWNJ} {ZWJ}మరియు", "ఎక్స్ మరియు"),
        ("bengali_khanda_ta", f"হঠাত্{ZWJ} উত্{ZWJ}সব", "হঠাৎ উৎসব"),
        ("malayalam_chillus", f"അവന്{ZWJ} പാല്{ZWJ} കുടിച്ചു; അവള്{ZWJ}, അവര്{ZWJ}, കണ്{ZWJ}", "അവൻ പാൽ കുടിച്ചു; അവൾ, അവർ, കൺ"),
        ("hindi_nukta", f"बडी{NUKTA} सडक\u094b{NUKTA}", f"बड{NUKTA}ी सडक{NUKTA}\u094b"),
    ],
)
def test_two_spellings_become_one(pack: str, before: str, after: str) -> None:
    assert PACKS[pack](before) == after


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("indic_vowels", "आओ, और ऐनक लगाकर ओस की बूँदें देखो; क्षमा, ज्ञान, श्री"),
        ("indic_vowels", f"क{VIRAMA}\u093e ट{VIRAMA}\u093e"),
        ("indic_vowels", "कोई कौआ, মৌমাছি, ਔਰਤ, ઓરડો, மௌனம், ఔషధం, ಊಟ, കൊച്ചി, කොළඹ"),
        ("indic_joiners", "ශ්‍රී ලංකාවේ ක්‍රීඩා"),
        ("indic_joiners", f"क{VIRAMA}{ZWJ}ष, श{VIRAMA}{ZWNJ}रीमती, गर{VIRAMA}{ZWJ}यो, दर{VIRAMA}{ZWJ} "),
        ("indic_joiners", "র‍্যাব, উদ্‌যাপন, ఎక్స్‌ప్రెస్, സോഫ്റ്റ്‌വെയർ, ರ‍್ಯಾಂಕ್"),
        ("indic_joiners", f"माँ 👩{ZWJ}👧 और می{ZWNJ}خواهم"),
        ("bengali_khanda_ta", f"উৎসব, রাত্রি, ত্{ZWNJ}, সত্য"),
        ("malayalam_chillus", f"അവൻ, നന്മ, ന്{ZWNJ}, കല്ല്, ത്{ZWJ}"),
        ("hindi_nukta", f"बड{NUKTA}ी सड{NUKTA}क, ज{NUKTA}मीन, क{NUKTA}ानून"),
    ],
)
def test_what_is_written_on_purpose_stays(pack: str, text: str) -> None:
    assert PACKS[pack](text) == text
