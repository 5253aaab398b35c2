"""Every pack, written out by hand, by name."""

from types import MappingProxyType
from typing import Final

from glotmill.text.spelling import arabic, han, hangul, hebrew, indic, khmer, latin, thai

PACKS: Final = MappingProxyType(
    {
        pack.name: pack
        for pack in (
            arabic.ARABIC_FORMS,
            arabic.ARABIC_HAMZA,
            arabic.ARABIC_TATWEEL,
            arabic.ARABIC_JOINERS,
            arabic.PERSIAN_LETTERS,
            arabic.PERSIAN_JOINERS,
            arabic.URDU_LETTERS,
            hebrew.HEBREW_FORMS,
            indic.INDIC_VOWELS,
            indic.BENGALI_KHANDA_TA,
            indic.MALAYALAM_CHILLUS,
            indic.INDIC_JOINERS,
            indic.HINDI_NUKTA,
            thai.THAI_MARKS,
            thai.LAO_MARKS,
            khmer.KHMER_MARKS,
            hangul.HANGUL_JAMO,
            hangul.HANGUL_EMOTICONS,
            han.HAN_RADICALS,
            latin.YORUBA_DOTS,
            latin.VIETNAMESE_MARKS,
            latin.TURKISH_DOTS,
            latin.CATALAN_ELA,
            latin.ROMANIAN_COMMAS,
        )
    }
)
