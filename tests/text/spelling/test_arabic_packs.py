"""Arabic, Persian and Urdu spelling: what becomes one, and what readers of the script write on purpose."""

import pytest

from glotmill.text.spelling.packs import PACKS

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    ("pack", "before", "after"),
    [
        ("arabic_forms", "ﺳﻼﻡ ﻋﻠﻴﻜﻢ", "سلام عليكم"),
        ("arabic_forms", "ﻷننا نحب ﭼﺎي و ﮔﻞ", "لأننا نحب چاي و گل"),
        ("arabic_forms", "ﮨﻢ لوگ", "ہم لوگ"),
        ("arabic_hamza", "رى\u0654يس المى\u0654ة", "رئيس المئة"),
        ("arabic_tatweel", "مرحبــــا يا صديقـــي", "مرحبا يا صديقي"),
        ("arabic_tatweel", "كَتَـبَ الولـد", "كَتَبَ الولد"),
        ("arabic_tatweel", "سنة ١٤٤٥ هـــ", "سنة ١٤٤٥ هـ"),
        ("arabic_joiners", f"می{ZWNJ}{ZWNJ}خواهم", f"می{ZWNJ}خواهم"),
        ("arabic_joiners", f"می{ZWNJ}{ZWJ}{ZWJ}{ZWNJ}دانم", f"می{ZWNJ}دانم"),
        ("arabic_joiners", f"کتاب{ZWNJ} خواندم{ZWNJ}، و {ZWNJ}رفتم", "کتاب خواندم، و رفتم"),
        ("persian_letters", "كتاب خوبي درباره\u0654 موسى", "کتاب خوبی درباره\u0654 موسی"),
        ("persian_letters", "خانۀ ما", "خانه\u0654 ما"),
        ("persian_joiners", f"خانه{ZWNJ} ما و کتاب{ZWNJ}، ", "خانه ما و کتاب، "),
        ("urdu_letters", "يه ميري كتاب اور راه هے", "یہ میری کتاب اور راہ ہے"),
        ("urdu_letters", "جذبۀ عشق و نالہ\u0654 دل", "جذبۂ عشق و نالۂ دل"),
    ],
)
def test_two_spellings_become_one(pack: str, before: str, after: str) -> None:
    assert PACKS[pack](before) == after


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("arabic_forms", "قال النبي ﷺ: ﷽ ﴿اقرأ﴾ بسعر ١٠ ﷼"),
        ("arabic_forms", "علامة \ufc5e وحدها، و\ufe7d، وﷲ أعلم"),
        ("arabic_forms", "ﬁn ＡＢＣ ½ שׁלום"),
        ("arabic_hamza", "ى ئ ی\u0654 یٔ"),
        ("arabic_tatweel", "الـ هـ، في لـ 5 بـ Debian"),
        ("arabic_tatweel", "بسم الله الرحمـٰن الرحيم"),
        ("arabic_tatweel", "ــــــــ\nـ ـ ـ"),
        ("arabic_tatweel", "ܫܠܡـܐ"),
        ("arabic_joiners", f"می{ZWNJ}خواهم به خانه{ZWNJ}ی پدربزرگ بروم."),
        ("arabic_joiners", f"Python{ZWNJ}ها، ۲۰{ZWNJ}ساله، «کتاب»{ZWNJ}ها"),
        ("arabic_joiners", f"ده{ZWNJ} به{ZWNJ} نه{ZWNJ}."),
        ("arabic_joiners", f"ه{ZWJ} و {ZWJ}ه{ZWJ}"),
        ("arabic_joiners", f"خانواده 👨{ZWJ}👩{ZWJ}👧 و دل ❤\ufe0f{ZWJ}🔥"),
        ("arabic_joiners", f"क्{ZWJ}ष Auf{ZWNJ}lage"),
        ("persian_letters", "مسئله، رأی، مؤثر، جزءِ لا یتجزّا، إن‌شاءالله، حیاةً"),
        ("persian_joiners", f"باران{ZWNJ}های بهار، خانه{ZWNJ}ای، ۵{ZWNJ}تا"),
        ("urdu_letters", "ساته بهت کهنا"),
        ("urdu_letters", "۱۴۴۵ه میں، هـ، اللَّه"),
        ("urdu_letters", "یہ ہماری بھاشا ہے، جو سب کو آتی ہے۔"),
    ],
)
def test_what_is_written_on_purpose_stays(pack: str, text: str) -> None:
    assert PACKS[pack](text) == text


def test_arabic_keeps_the_letters_that_persian_writes_otherwise() -> None:
    arabic = "هذا كتاب في بيتي، ومشى موسى إلى المدرسة."
    for name in ("arabic_forms", "arabic_hamza", "arabic_tatweel", "arabic_joiners"):
        assert PACKS[name](arabic) == arabic
