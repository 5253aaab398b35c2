"""The best block of a text for each target: a paragraph is found in whatever surrounds it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.identification import blocks as module
from glotmill.text.identification import word_table
from glotmill.text.identification.blocks import BlockFinder, Blocks
from glotmill.text.scan import scan

TEXTS = {
    "eus_Latn": "Gaur goizean amonarekin joan naiz azokara, eta sagarrak, gazta eta ogia erosi ditugu etxeko afarirako.",
    "swh_Latn": "Leo asubuhi nimekwenda sokoni pamoja na bibi yangu, tumenunua matunda, maziwa na mkate kwa ajili ya chakula. "
    "Jioni babu alitusimulia hadithi kando ya moto, kisha tukala pamoja jikoni na kulala mapema.",
    "hin_Deva": "आज सुबह मैं दादी के साथ बाज़ार गया और हमने शाम के खाने के लिए सेब, पनीर और रोटी खरीदी।",
    "tha_Thai": "เช้านี้เราไปตลาดกับคุณยาย ซื้อผลไม้ ขนม และปลาสด ตอนเย็นคุณตาเล่านิทานให้ฟังข้างเตาไฟ",
    "khm_Khmr": "ព្រឹកនេះ ខ្ញុំបានទៅផ្សារជាមួយជីដូន ហើយយើងបានទិញផ្លែប៉ោម និងនំប៉័ងសម្រាប់អាហារពេលល្ងាច។",
    "arb_Arab": "ذهبت هذا الصباح مع جدتي إلى السوق واشترينا التفاح والجبن والخبز من أجل العشاء في البيت.",
    "cmn_Hani": "今天早上我和奶奶一起去市场，我们买了苹果、奶酪和面包，晚上爷爷在炉火旁给我们讲了一个故事。",
    "tur_Latn": "Bu sabah büyükannemle pazara gittik, akşam yemeği için elma, peynir ve ekmek aldık, sonra eve döndük.",
    "deu_Latn": "Heute früh bin ich mit der Großmutter auf den Markt gegangen, und wir haben Äpfel, Käse und Brot gekauft.",
    "jpn_Jpan": "今朝は祖母と一緒に市場へ行って、りんごとチーズとパンを買いました。夜は祖父が昔話をしてくれました。",
}
SPANISH = (
    "Esta mañana hemos ido con la abuela al mercado y hemos comprado manzanas, queso y pan. Por la tarde el abuelo nos "
    "ha contado un cuento junto al fuego, y después hemos cenado todos juntos en la cocina de casa."
)
TARGETS = tuple(TEXTS)


def bound(targets: int, words: int) -> float:
    """What the gate asks."""
    return 3 + math.log(targets) + math.log(words)


def find(targets: tuple[str, ...], *texts: str) -> Blocks:
    return BlockFinder(targets, word_table.shipped()).find(scan(list(texts)).words)


@pytest.mark.parametrize("tag", TARGETS)
def test_a_text_speaks_for_its_own_language_above_all(tag: str):
    found = find(TARGETS, TEXTS[tag])
    evidence = found.evidence[0]
    assert TARGETS[int(evidence.argmax())] == tag
    assert evidence.max() > bound(len(TARGETS), found.words[0]) > np.sort(evidence)[-2]


@pytest.mark.parametrize("tag", TARGETS)
def test_a_paragraph_is_found_within_eight_times_as_much_spanish(tag: str):
    around = "\n".join([SPANISH] * max(1, 4 * len(TEXTS[tag]) // len(SPANISH)))
    text = f"{around}\n{TEXTS[tag]}\n{around}"
    found = find(TARGETS, text)
    place = TARGETS.index(tag)
    assert found.evidence[0, place] > bound(len(TARGETS), found.words[0])
    block = text[found.starts[0, place] : found.ends[0, place]]
    assert block in TEXTS[tag] or TEXTS[tag][4:-4] in block
    assert len(block) > len(TEXTS[tag]) // 2


def test_text_in_another_language_speaks_for_no_target():
    found = find(TARGETS, SPANISH * 30, "", "1234 5678", "zzqx")
    assert found.evidence.max() < 8
    assert word_table.shipped().records[found.labels[0]].tag == "spa_Latn"
    assert found.labels[1:].tolist() == [-1, -1, -1]
    assert found.words.tolist()[1:] == [0, 0, 1]


def test_the_script_decides_where_a_language_has_it_to_itself():
    modes = dict(zip(TARGETS, BlockFinder(TARGETS, word_table.shipped()).modes, strict=True))
    assert {tag for tag, mode in modes.items() if mode == "script"} == {"tha_Thai", "khm_Khmr", "cmn_Hani", "jpn_Jpan"}
    # A menu of languages names each once, in its own script.
    menu = "Euskara Español ไทย ខ្មែរ 中文 日本語 한국어 Русский English Deutsch العربية"
    assert find(TARGETS, menu).evidence.max() < 6


def test_japanese_is_not_taken_for_chinese_nor_the_other_way_round():
    evidence = find(("cmn_Hani", "jpn_Jpan"), TEXTS["jpn_Jpan"] * 10, TEXTS["cmn_Hani"] * 10).evidence
    assert evidence[0, 0] < 6
    assert evidence[1, 1] == 0


def test_a_language_of_a_shared_script_without_spaces_is_told_by_words_of_the_dictionaries():
    finder = BlockFinder(("yue_Hani", "eus_Latn"), word_table.shipped())
    assert finder.modes == ("words", "words")
    assert not finder.by_script
    yue = "我哋今朝同阿嫲去街市買嘢，佢話啲生果好靚，我哋買咗好多嘢返屋企食。"
    evidence = finder.find(scan([yue, TEXTS["cmn_Hani"]]).words).evidence[:, 0]
    assert evidence[0] > 10
    assert evidence[1] < 5


def test_what_no_language_claims_is_a_question_where_the_table_does_not_know_the_target():
    finder = BlockFinder(("hrv_Latn", "srp_Latn", "eus_Latn"), word_table.shipped())
    assert finder.modes == ("unclaimed", "unclaimed", "words")
    assert finder.independent == 2
    croatian = (
        "Jutros sam s bakom otišla na tržnicu i kupile smo jabuke, sir i kruh za večeru. Poslijepodne nam je djed pričao "
        "priču pokraj vatre, a onda smo svi zajedno večerali u kuhinji i razgovarali o tome što ćemo raditi sutra."
    )
    evidence = finder.find(scan([croatian, SPANISH, TEXTS["hin_Deva"]]).words).evidence
    assert evidence[0, 0] == evidence[0, 1] > 10
    assert evidence[1:, :2].max() < 4
    assert evidence[0, 2] < 4


_VOCABULARY = sorted(
    {word for text in [*TEXTS.values(), SPANISH] for word in text.split()} | {"zzqx", "qqqq", "7", "de", "la"}
)


def slow(finder: BlockFinder, text: str) -> list[float]:
    """Kadane over every word for every target: what the kernel does, without its bookkeeping."""
    words = scan([text]).words
    (buckets, rows), (families, starts, targets, shares) = finder._entries, finder._of_labels
    script_starts, script_targets, gains = finder._of_scripts
    costs, unclaimed, track_families = finder._of_targets
    best, sums = [0.0] * len(costs), [0.0] * len(costs)
    for word in range(len(words.hashes)):
        if not words.alphabetic[word]:
            continue
        script = int(words.scripts[word])
        value = int(words.hashes[word]) >> 32
        bucket = value >> word_table.BUCKET_SHIFT
        claims = {
            int(row) >> 8 & 0xFFFFFF: (int(row) & 0xFF) * word_table.LEVEL
            for row in rows[buckets[bucket] : buckets[bucket + 1]]
            if int(row) >> 32 == value and families[int(row) >> 8 & 0xFFFFFF] == finder._families[script]
        }
        strongest = max(claims.values(), default=0.0)
        for column in range(len(costs)):
            own, other, linked = 0.0, 0.0, False
            for label, weight in claims.items():
                links = dict(
                    zip(
                        targets[starts[label] : starts[label + 1]],
                        shares[starts[label] : starts[label + 1]],
                        strict=True,
                    )
                )
                linked |= column in links
                own = max(own, weight if links.get(column) == 1 else 0.0)
                other = max(other, weight * (1 - float(links.get(column, 0.0))))
            by_script = dict(
                zip(
                    script_targets[script_starts[script] : script_starts[script + 1]],
                    gains[script_starts[script] : script_starts[script + 1]],
                    strict=True,
                )
            )
            if column in by_script:
                step = min(module._LONGEST, float(by_script[column]) * int(words.bases[word]))
            elif linked:
                step = module._GAIN * own - module._LOSS * other
            elif unclaimed[column] and finder._families[script] == track_families[column] and not claims:
                step = float(costs[column])
            elif claims and not (unclaimed[column] and finder._families[script] != track_families[column]):
                step = -module._LOSS * strongest
            else:
                step = -float(costs[column])
            sums[column] = max(0.0, sums[column]) + step
            best[column] = max(best[column], sums[column])
    return [best[column] for column in finder._columns]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_VOCABULARY), max_size=60))
def test_blocks_are_those_of_the_plain_algorithm(pieces: list[str]):
    finder = BlockFinder((*TARGETS, "glg_Latn", "hrv_Latn", "srp_Latn", "ukr_Cyrl"), word_table.shipped())
    text = " ".join(pieces)
    both = finder.find(scan([text, SPANISH, text]).words)
    assert both.evidence[0].tolist() == both.evidence[2].tolist()
    np.testing.assert_allclose(both.evidence[0], slow(finder, text), atol=1e-4)


def test_all_labels_of_the_table_can_be_targets_at_once():
    tags = tuple(record.tag for record in word_table.shipped().records)
    found = BlockFinder(tags, word_table.shipped()).find(scan([TEXTS["eus_Latn"]]).words)
    assert tags[int(found.evidence[0].argmax())] == "eus_Latn"
