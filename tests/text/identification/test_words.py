"""Identification by words: own sentences in many scripts, the veto of the script, what has no verdict, hostile strings."""

import hashlib
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.text import scripts, tags
from glotmill.text.hashing import text_hash
from glotmill.text.identification import word_table
from glotmill.text.identification.word_table import Label, WordTable
from glotmill.text.identification.words import WordIdentifier, shipped
from glotmill.text.scan import scan

NATIVE = {
    "eus_Latn": "Amonak sagarrak bildu zituen eta gero denok batera afaldu genuen sukaldean.",
    "deu_Latn": "Gestern hat meine Nachbarin den ganzen Nachmittag im Garten gearbeitet.",
    "hin_Deva": "दादी ने सुबह बाज़ार से ताज़ी सब्ज़ियाँ खरीदीं और घर आकर खाना बनाया।",
    "tha_Thai": "แม่ซื้อปลาที่ตลาดแล้วกลับบ้านมาทำอาหารเย็น",
    "khm_Khmr": "ម្តាយរបស់ខ្ញុំទៅផ្សារទិញត្រីហើយត្រឡប់មកផ្ទះវិញ",
    "arb_Arab": "ذهبت جدتي إلى السوق صباحا واشترت الخبز والزيتون ثم عادت إلى البيت.",
    "cmn_Hani": "我们昨天去市场买了很多水果，晚上一起做饭。",
    "swh_Latn": "Bibi yangu alikwenda sokoni asubuhi akanunua samaki na mboga za majani.",
    "tur_Latn": "Dün akşam komşularımızla birlikte bahçede yemek yedik ve uzun uzun konuştuk.",
    "rus_Cyrl": "Вчера вечером мы с соседями долго сидели во дворе и пили чай.",
    "ukr_Cyrl": "Учора ввечері ми із сусідами довго сиділи на подвір'ї та пили чай.",
    "ell_Grek": "Χθες το απόγευμα η γιαγιά μου πήγε στην αγορά και αγόρασε ψάρια.",
    "heb_Hebr": "סבתא שלי הלכה אתמול לשוק וקנתה דגים וירקות לארוחת הערב.",
    "kat_Geor": "ბებიამ გუშინ ბაზარში თევზი იყიდა და სახლში დაბრუნდა.",
    "hye_Armn": "Տատիկս երեկ շուկայից ձուկ գնեց և վերադարձավ տուն։",
    "jpn_Jpan": "祖母は昨日市場で魚を買って、家に帰って夕食を作りました。",
    "kor_Hang": "할머니는 어제 시장에서 생선을 사서 집으로 돌아오셨습니다.",
    "amh_Ethi": "አያቴ ትናንት ወደ ገበያ ሄዳ ዓሣ ገዝታ ወደ ቤት ተመለሰች።",
    "tam_Taml": "என் பாட்டி நேற்று சந்தைக்குப் போய் மீன் வாங்கி வீட்டுக்கு வந்தார்.",
    "vie_Latn": "Hôm qua bà tôi ra chợ mua cá rồi về nhà nấu bữa tối cho cả gia đình.",
    "fin_Latn": "Eilen isoäitini kävi torilla ostamassa kalaa ja palasi sitten kotiin.",
    "yor_Latn": "Ìyá mi lọ sí ọjà láti ra ẹja, lẹ́yìn náà ó padà sí ilé.",
}
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=120)
HOSTILE = ["", " \n\t", "12 345", "\ud800", "a" * 5000, "\u0301" * 50, "\x00", "🙂🙂", "¿?", "่้็", "a\nb\rc", "İ"]


def first(texts: list[str]) -> list[str | None]:
    identifier = shipped()
    labels = identifier.identify(texts).labels[:, 0].tolist()
    return [None if label < 0 else identifier.labels[label] for label in labels]


@pytest.mark.parametrize("tag", sorted(NATIVE))
def test_a_sentence_is_named_by_its_words(tag: str) -> None:
    guesses = shipped().identify([NATIVE[tag]])
    assert shipped().labels[guesses.labels[0, 0]] == tag
    assert guesses.scores[0, 0] > 0.5


def test_letters_of_another_script_are_never_a_language_of_that_script() -> None:
    identifier = shipped()
    of_script = {script: [tag for tag in NATIVE if tag.endswith(script)] for script in ("Latn", "Arab", "Cyrl", "Deva")}
    for script, members in of_script.items():
        guesses = identifier.identify([NATIVE[tag] for tag in members])
        found = {identifier.labels[label].partition("_")[2] for label in guesses.labels.ravel().tolist() if label >= 0}
        assert found == {script}


def test_words_in_a_minor_script_have_no_vote() -> None:
    mixed = "Amonak sagarrak bildu zituen eta gero afaldu genuen. Вчера вечером."
    assert first([mixed]) == ["eus_Latn"]
    guesses = shipped().identify([mixed])
    assert all(shipped().labels[label].endswith("_Latn") for label in guesses.labels[0].tolist() if label >= 0)


def test_casing_and_decomposition_change_nothing() -> None:
    text = NATIVE["vie_Latn"]
    forms = [text, text.upper(), unicodedata.normalize("NFD", text)]
    guesses = shipped().identify(forms)
    assert (guesses.labels == guesses.labels[0]).all()
    assert (guesses.scores == guesses.scores[0]).all()


def test_danish_and_norwegian_get_less_than_certainty() -> None:
    """Where two languages of a group have the same words, neither may be near 1."""
    text = "Det er en god dag."
    guesses = shipped().identify([text])
    assert guesses.scores[0, 0] < 0.9


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_TEXT, max_size=5))
@example(HOSTILE)
def test_every_string_gets_the_same_guesses_alone_and_beside_others(texts: list[str]) -> None:
    identifier = shipped()
    together = identifier.identify(texts)
    assert len(together) == len(texts)
    assert together.labels.dtype == np.int32
    assert ((together.labels >= -1) & (together.labels < len(identifier.labels))).all()
    assert ((together.scores >= 0) & (together.scores <= 1)).all()
    assert (together.scores.sum(axis=1, initial=0) <= 1).all()
    assert (together.scores[together.labels < 0] == 0).all()
    for row, text in enumerate(texts):
        alone = identifier.identify([text])
        assert (alone.labels[0] == together.labels[row]).all()
        assert (alone.scores[0] == together.scores[row]).all()


def test_no_letters_no_verdict() -> None:
    nothing = ["", " \n\t", "12 345", "🙂🙂", "¿?", "่้็"]
    guesses = shipped().identify(nothing)
    assert (guesses.labels == -1).all()
    assert (guesses.scores == 0).all()


def test_native_sentences_in_one_batch_equal_those_alone() -> None:
    texts = [NATIVE[tag] for tag in sorted(NATIVE)]
    together = shipped().identify(texts * 3)
    for row, text in enumerate(texts):
        alone = shipped().identify([text])
        for copy in range(3):
            assert (together.labels[row + copy * len(texts)] == alone.labels[0]).all()
            assert (together.scores[row + copy * len(texts)] == alone.scores[0]).all()


def test_a_scanned_table_gives_what_its_texts_give() -> None:
    texts = [NATIVE[tag] for tag in sorted(NATIVE)]
    scanned, read = shipped().identify_scanned(scan(texts)), shipped().identify(texts)
    assert (scanned.labels == read.labels).all()
    assert (scanned.scores == read.scores).all()


def label(tag: str, **fields: object) -> Label:
    record = {"words": 1, "shared": 0, "documents": 0, "group": "", "coverage": 10.0, "shared_coverage": 0.0}
    return Label(tag, **(record | {"measured_on": "prose", "state": "supported"} | fields))


def small(entries: list[tuple[str, int, float]], records: list[Label]) -> WordIdentifier:
    hashes = np.array([text_hash(word) >> word_table.HASH_SHIFT for word, _, _ in entries], np.uint32)
    labels = np.array([of for _, of, _ in entries], np.int32)
    weights = np.array([weight for _, _, weight in entries])
    return WordIdentifier(word_table.unpack(word_table.pack(hashes, labels, weights), records))


def test_an_unsupported_label_has_no_verdict_and_leaves_none_to_its_neighbor() -> None:
    words = [("kuća", 0, 1.0), ("nebo", 0, 1.0), ("nebo", 1, 0.5)]
    for state, expected in (("supported", [0, 1]), ("unsupported", [-1, -1])):
        identifier = small(words, [label("hrv_Latn", state=state), label("slv_Latn")])
        assert identifier.identify(["kuća nebo"]).labels[0, :2].tolist() == expected
    identifier = small(words, [label("hrv_Latn"), label("slv_Latn", state="unsupported")])
    assert identifier.identify(["kuća nebo"]).labels[0].tolist() == [0, -1, -1]


def test_languages_of_a_group_share_the_score_more_evenly() -> None:
    words = [("hest", 0, 1.0), ("kanskje", 1, 1.0), ("kanskje", 0, 0.6)]
    apart = small(words, [label("dan_Latn"), label("nob_Latn")])
    close = small(words, [label("dan_Latn", group="dan"), label("nob_Latn", group="dan")])
    assert close.identify(["hest kanskje"]).scores[0, 0] < apart.identify(["hest kanskje"]).scores[0, 0]
    assert close.identify(["hest kanskje"]).labels[0, 0] == apart.identify(["hest kanskje"]).labels[0, 0] == 0


def test_a_script_of_one_language_names_it_without_any_word() -> None:
    records = [label("tha_Thai", documents=1_000_000), label("kxm_Thai", documents=20)]
    identifier = small([("ปลา", 1, 1.0)], records)
    assert identifier.identify(["แม่ไปตลาด"]).labels[0].tolist() == [0, -1, -1]


def test_more_text_without_evidence_makes_a_word_count_less() -> None:
    identifier = small([("kuća", 0, 1.0)], [label("hrv_Latn")])
    scores = identifier.identify(["kuća", "kuća " + "lorem ipsum " * 20]).scores[:, 0].tolist()
    assert scores[0] > 0.9
    assert scores[1] < 0.01


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 1917)), st.integers(1, 32), min_size=1, max_size=40
    )
)
@example({(0, 0): 1, (65535, 1): 2, (65536, 1): 3, (131071 + 65536, 0): 4, (2**32 - 1, 7): 32})
def test_entries_come_back_from_disk_as_they_were(entries: dict[tuple[int, int], int]) -> None:
    keys = sorted(entries)
    hashes = np.array([value for value, _ in keys], np.uint32)
    labels = np.array([of for _, of in keys], np.int32)
    weights = np.array([entries[key] * word_table.LEVEL for key in keys])
    table = word_table.unpack(word_table.pack(hashes[::-1], labels[::-1], weights[::-1]), [])
    real = table.labels >= 0
    assert (np.diff(table.hashes.astype(np.int64)) >= 0).all()
    assert table.hashes[real].tolist() == hashes.tolist()
    assert table.labels[real].tolist() == labels.tolist()
    assert np.allclose(table.weights[real], weights)


def test_the_dominant_script_of_a_table_is_that_of_its_texts() -> None:
    texts = [*NATIVE.values(), *HOSTILE, "東京", "カナ漢字", "ab вг", "한 漢字", "ㄅㄆ"]
    places = scripts.dominant_of(scan(texts).scripts).tolist()
    assert [None if place < 0 else scripts.dominant_names()[place] for place in places] == scripts.dominant_scripts(
        texts
    )


def test_the_shipped_table_is_small_and_holds_what_its_manifest_says(root: Path) -> None:
    folder = root / "src/glotmill/text/identification"
    assert sum((folder / name).stat().st_size for name in ("words.npy", "words.tsv")) <= 10_000_000
    manifest = yaml.safe_load((root / "manifests/words.yaml").read_text(encoding="utf-8"))
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, f"{name} was built anew"
    assert {source["license"] for source in manifest["sources"].values()} == {"Apache-2.0"}


def test_every_label_has_a_canonical_tag_and_a_state_that_its_coverage_gives() -> None:
    records = shipped().records
    assert [record.tag for record in records] == sorted({record.tag for record in records})
    for record in records:
        assert tags.canonical(record.tag) == record.tag
        if record.coverage is None:
            assert (record.state, record.measured_on) in {("unmeasured", ""), ("unsupported", "")}
        else:
            assert record.state == ("supported" if record.coverage >= 1 else "unsupported")
            assert record.measured_on in {"prose", "storybook", "udhr"}


def test_coverage_on_record_differs_as_the_lists_do() -> None:
    """Basque and German are well covered; the list of Croatian has next to nothing of Croatian prose."""
    by_tag = {record.tag: record for record in shipped().records}
    assert by_tag["eus_Latn"].coverage > 40
    assert by_tag["deu_Latn"].coverage > 20
    assert by_tag["glg_Latn"].coverage < 15
    assert by_tag["hrv_Latn"].state == "unsupported"
    assert "bos_Latn" not in by_tag


def test_the_table_as_read_is_read_only_and_sorted() -> None:
    table: WordTable = word_table.shipped()
    assert (table.hashes[1:] >= table.hashes[:-1]).all()
    with pytest.raises(ValueError):
        table.weights[0] = 2
