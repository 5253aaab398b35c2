"""Identification by characters: own short texts in many scripts, the veto of the script, hostile strings, the table's build."""

import hashlib
import importlib.util
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.core.errors import DataError
from glotmill.text import hashing, scripts, tags
from glotmill.text.identification import ngram_kernel, ngram_table, ngram_usage
from glotmill.text.identification.ngram_table import NgramTable, pack, unpack
from glotmill.text.identification.ngram_weights import usable
from glotmill.text.identification.ngrams import LONGEST, NgramIdentifier, shipped
from support.effort import done_within

SENTENCES = {
    "eus_Latn": "Bihar goizean mendira joango gara lagunekin, eguraldia ona bada.",
    "deu_Latn": "Morgen früh wandern wir mit Freunden, falls das Wetter schön bleibt.",
    "hin_Deva": "कल सुबह हम दोस्तों के साथ पहाड़ पर जाएँगे, अगर मौसम अच्छा रहा।",
    "mar_Deva": "उद्या सकाळी आम्ही मित्रांबरोबर डोंगरावर जाणार आहोत.",
    "tha_Thai": "พรุ่งนี้เช้าพวกเราจะไปเที่ยวภูเขากับเพื่อน",
    "lao_Laoo": "ມື້ອື່ນເຊົ້າພວກເຮົາຈະໄປທ່ຽວພູກັບໝູ່",
    "khm_Khmr": "ព្រឹកស្អែកយើងនឹងទៅលេងភ្នំជាមួយមិត្តភក្តិ",
    "mya_Mymr": "မနက်ဖြန်မနက် သူငယ်ချင်းတွေနဲ့ တောင်ပေါ်ကို သွားမယ်",
    "cmn_Hani": "如果明天早上天气好，我们就跟朋友去爬山。",
    "jpn_Jpan": "明日の朝、天気がよければ友だちと山に登ります。",
    "kor_Hang": "내일 아침 날씨가 좋으면 친구들과 산에 갈 거예요.",
    "arb_Arab": "سنذهب غدا صباحا إلى الجبل مع الأصدقاء إذا كان الطقس جميلا.",
    "pes_Arab": "اگر هوا خوب باشد فردا صبح با دوستان به کوه می‌رویم.",
    "urd_Arab": "اگر موسم اچھا رہا تو کل صبح ہم دوستوں کے ساتھ پہاڑ پر جائیں گے۔",
    "tur_Latn": "Hava güzel olursa yarın sabah arkadaşlarla dağa çıkacağız.",
    "rus_Cyrl": "Если погода будет хорошая, завтра утром мы пойдём с друзьями в горы.",
    "ukr_Cyrl": "Якщо погода буде гарна, завтра вранці ми підемо з друзями в гори.",
    "ell_Grek": "Αύριο το πρωί θα πάμε στο βουνό με φίλους, αν έχει καλό καιρό.",
    "heb_Hebr": "מחר בבוקר נצא להר עם חברים, אם מזג האוויר יהיה נעים.",
    "amh_Ethi": "ነገ ጠዋት አየሩ ጥሩ ከሆነ ከጓደኞቻችን ጋር ወደ ተራራው እንሄዳለን።",
    "tam_Taml": "நாளை காலை நண்பர்களுடன் மலைக்குப் போகிறோம்.",
    "kat_Geor": "ხვალ დილით მეგობრებთან ერთად მთაში წავალთ.",
    "hye_Armn": "Վաղը առավոտյան ընկերների հետ սար ենք գնալու։",
    "fin_Latn": "Huomenna aamulla lähdemme ystävien kanssa tunturiin, jos sää on hyvä.",
    "hun_Latn": "Holnap reggel a barátokkal felmegyünk a hegyre, ha jó idő lesz.",
    "vie_Latn": "Sáng mai nếu trời đẹp chúng tôi sẽ lên núi với bạn bè.",
    "yor_Latn": "Ní òwúrọ̀ ọ̀la a máa lọ sí orí òkè pẹ̀lú àwọn ọ̀rẹ́ wa.",
}
# Written alike: the table tells the group from all other languages, and its members less well.
CLOSE = {
    "Kusasa ekuseni sizohamba nabangane siye entabeni uma izulu lilihle.": {
        "zul_Latn",
        "xho_Latn",
        "ssw_Latn",
        "nbl_Latn",
        "nde_Latn",
    },
    "Kesho asubuhi tutakwenda mlimani na marafiki kama hali ya hewa itakuwa nzuri.": {"swh_Latn", "swc_Latn"},
    "Sutra ujutro idemo s prijateljima u planinu ako bude lijepo vrijeme.": {
        "hrv_Latn",
        "bos_Latn",
        "hbs_Latn",
        "srp_Latn",
    },
}
# Of three words at most, as headings and captions have them.
SHORT = {
    "eus_Latn": "etxeko ateak",
    "deu_Latn": "die Schlüssel",
    "hin_Deva": "घर की चाबी",
    "tha_Thai": "กุญแจบ้าน",
    "lao_Laoo": "ກະແຈເຮືອນ",
    "khm_Khmr": "កូនសោផ្ទះ",
    "mya_Mymr": "အိမ်သော့",
    "cmn_Hani": "家里的钥匙",
    "jpn_Jpan": "家の鍵",
    "kor_Hang": "집 열쇠",
    "ell_Grek": "τα κλειδιά",
    "heb_Hebr": "המפתחות",
    "tur_Latn": "evin anahtarı",
    "pol_Latn": "klucze do domu",
    "vie_Latn": "chìa khóa nhà",
}
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=120)
HOSTILE = [
    "",
    " \n\t",
    "12 345",
    "\ud800",
    "a\udfffb",
    "a" * 5000,
    "\u0301" * 50,
    "\x00",
    "🙂🙂",
    "่้็",
    "İ",
    "ﬃŉΐ",
    "\u200d" * 9,
]


def first(texts: list[str]) -> list[str | None]:
    identifier = shipped()
    labels = identifier.identify(texts).labels[:, 0].tolist()
    return [None if label < 0 else identifier.labels[label] for label in labels]


@pytest.mark.parametrize("tag", sorted(SENTENCES))
def test_a_sentence_is_named(tag: str) -> None:
    guesses = shipped().identify([SENTENCES[tag]])
    assert shipped().labels[guesses.labels[0, 0]] == tag
    assert guesses.scores[0, 0] > 0.4


@pytest.mark.parametrize("sentence", sorted(CLOSE))
def test_a_close_language_is_named_by_its_group(sentence: str) -> None:
    guesses = shipped().identify([sentence])
    group = {shipped().labels[label] for label in guesses.labels[0, :2]}
    assert group <= CLOSE[sentence]
    assert guesses.scores[0, :2].sum() > 0.6


@pytest.mark.parametrize("tag", sorted(SHORT))
def test_two_words_are_named(tag: str) -> None:
    assert first([SHORT[tag]]) == [tag]


def test_no_guess_is_of_another_script_than_most_letters() -> None:
    mixed = ["marhaban ya sadiqi", "مرحبا OK", "namaste doston", "привет world", "Tokyo 東京", "Βασιλεία", "ওkay"]
    texts = [*SENTENCES.values(), *SHORT.values(), *mixed]
    guesses = shipped().identify(texts)
    for text, row in zip(texts, guesses.labels, strict=True):
        found = {shipped().labels[label].rpartition("_")[2] for label in row if label >= 0}
        assert found == {scripts.dominant_script(text)}


def test_letters_of_other_scripts_take_their_share_off_the_score() -> None:
    pure, mixed = "τα κλειδιά του σπιτιού", "τα κλειδιά του σπιτιού are here"
    scores = shipped().identify([pure, mixed]).scores[:, 0]
    assert scores[0] > 0.95
    assert scores[1] <= 19 / 26


def test_a_script_of_one_label_is_named_by_the_script_and_others_by_none() -> None:
    assert first(["ഴ", "ઘ", "ଢ଼", "ᎣᏏᏲ", "𐌰𐌱", "ꙮ"])[:2] == ["mal_Mlym", "guj_Gujr"]
    assert first(["𐌰𐌱𐌲"]) == [None]  # Gothic has no label


def test_more_of_a_text_makes_a_right_guess_surer() -> None:
    whole = SENTENCES["fin_Latn"] + " " + "Illalla paistamme makkaraa nuotiolla ja kerromme vanhoja tarinoita."
    identifier = shipped()
    finnish = identifier.labels.index("fin_Latn")
    guesses = identifier.identify([whole[:12], whole])
    assert (guesses.labels[:, 0] == finnish).all()
    assert guesses.scores[1, 0] > guesses.scores[0, 0]


def test_marks_are_letters_of_their_own_and_decomposed_text_is_the_same_text() -> None:
    texts = [SENTENCES[tag] for tag in ("yor_Latn", "vie_Latn", "hin_Deva", "kor_Hang", "deu_Latn")]
    apart = [unicodedata.normalize("NFD", text) for text in texts]
    assert (shipped().identify(texts).scores == shipped().identify(apart).scores).all()
    bare = "".join(sign for sign in SENTENCES["hin_Deva"] if unicodedata.category(sign) not in ("Mn", "Mc"))
    assert shipped().identify([bare]).scores[0, 0] < shipped().identify([SENTENCES["hin_Deva"]]).scores[0, 0]


def test_capitals_joiners_and_soft_hyphens_change_nothing() -> None:
    persian = SENTENCES["pes_Arab"]
    texts = [SENTENCES["deu_Latn"].upper(), "Mor\u00adgen früh wan\u00addern", persian.replace("\u200c", "")]
    plain = [SENTENCES["deu_Latn"], "Morgen früh wandern", persian]
    assert (shipped().identify(texts).scores == shipped().identify(plain).scores).all()


@settings(max_examples=150, deadline=None)
@example(HOSTILE)
@given(st.lists(ANY_TEXT, max_size=6))
def test_every_string_gets_the_same_guesses_alone_and_beside_others(texts: list[str]) -> None:
    identifier = shipped()
    together = identifier.identify(texts)
    assert together.labels.shape == together.scores.shape == (len(texts), 3)
    assert ((together.scores >= 0) & (together.scores <= 1)).all()
    assert (together.scores.sum(axis=1) <= 1 + 1e-9).all()
    assert (together.scores[together.labels < 0] == 0).all()
    assert (np.diff(together.scores, axis=1) <= 0).all()
    for place, text in enumerate(texts):
        alone = identifier.identify([text])
        assert (alone.labels[0] == together.labels[place]).all()
        assert (alone.scores[0] == together.scores[place]).all()


def test_native_sentences_in_one_batch_equal_those_alone() -> None:
    texts = [*SENTENCES.values(), *HOSTILE, *SHORT.values()] * 3
    together = shipped().identify(texts)
    alone = [shipped().identify([text]) for text in texts]
    assert (together.labels == np.concatenate([guess.labels for guess in alone])).all()
    assert (together.scores == np.concatenate([guess.scores for guess in alone])).all()


def test_no_letters_no_guess() -> None:
    texts = ["", "   ", "2026-11-27", "… — !", "🙂", "\ud800"]
    assert (shipped().identify(texts).labels == -1).all()
    assert len(shipped().identify([])) == 0


@pytest.mark.parametrize("piece", ["Bihar goizean mendira joango gara. ", "พรุ่งนี้เช้า", "\u0301\u0323", "a"])
def test_fifty_million_characters_are_read_in_windows(piece: str) -> None:
    text = piece * (50_000_000 // len(piece))
    shipped().identify(["warm"])
    assert len(done_within(5, lambda: shipped().identify([text]))) == 1


def test_windows_reach_from_the_start_of_a_long_text_to_its_end() -> None:
    width = LONGEST // 8
    ends = "ก" * width + "a" * (LONGEST - 2 * width) + "ข" * width + "a" * LONGEST
    assert first([ends]) != ["tha_Thai"]
    assert first(["a" * 10 + "ก" * LONGEST * 4]) == ["tha_Thai"]
    assert first(["ก" * (width // 2) + "1" * LONGEST * 9]) == ["tha_Thai"]
    assert first(["1" * LONGEST * 9 + "ก" * (width // 2)]) == ["tha_Thai"]


def symbols(text: str) -> str:
    found = ngram_kernel.symbols(scripts.code_points(text), scripts.properties(), *hashing.folding())
    return "".join({1: "_", 2: "|"}.get(point, chr(point)) for point in found.tolist())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Haus, 3 Türen", "_haus_türen_"),
        ("Straße", "_strasse_"),
        ("کتاب‌ها", "_کتابها_"),
        ("ปลา สด", "_|ปลา|สด"),
        ("ปลา2ตัว", "_|ปลา|ตัว"),
        ("ไป Berlin แล้ว", "_|ไป||_berlin_|แล้ว"),
        ("CPU가", "_cpu가_"),
        ("हिन्दी", "_हिन्दी_"),
        ("\u0301 a\u0301", "_a\u0301_"),
        ("", "_"),
    ],
)
def test_a_text_is_letters_and_marks_with_edges_where_spaces_show_them(text: str, expected: str) -> None:
    assert symbols(text) == expected


def test_ngrams_stay_inside_words() -> None:
    tables = (scripts.properties(), *hashing.folding())

    def keys(text: str) -> list[int]:
        return ngram_kernel.grams(ngram_kernel.symbols(scripts.code_points(text), *tables)).tolist()

    # Of "_ab_": a, b; _a, ab, b_; _ab, ab_; _ab_.
    assert len(keys("ab")) == 8
    assert sorted(keys("ab cd")) == sorted(keys("ab") + keys("cd"))
    assert len(set(keys("ab")) & set(keys("ba"))) == 2
    assert len(keys("กข")) == 3  # without edges


def made_up() -> tuple[dict, dict, dict]:
    eus = ["eta", "etxea", "mendia", "goizean", "lagunak", "sagarra", "ura", "zuhaitza", "kalea", "herria"]
    deu = ["und", "haus", "berg", "morgen", "freunde", "apfel", "wasser", "baum", "straße", "stadt"]
    tha = ["และ", "บ้าน", "ภูเขา", "เช้า", "เพื่อน", "น้ำ", "ต้นไม้", "ถนน", "เมือง", "แอปเปิล"]
    endings = ("", "k", "s", "n")
    words = {
        "eus_Latn": ([], eus[:2], [word + end for end in endings for word in eus]),
        "deu_Latn": ([], deu[:2], [word + end for end in endings for word in deu]),
        "tha_Thai": ([], tha[:2], [word + more for more in ("", "ๆ", "ของ", "ใหม่") for word in tha]),
        "lao_Laoo": ([], [], ["ນ້ຳ", "house"]),
    }
    return words, {"eus_Latn": 50, "deu_Latn": 5_000}, {"eus_Latn": "Isolate"}


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_ngrams", root / "scripts" / "build_ngrams.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_ngrams"] = module
    spec.loader.exec_module(module)
    return module


def test_the_same_words_give_the_same_bytes_and_a_model_that_tells_them_apart(script: ModuleType) -> None:
    words, documents, families = made_up()
    built, usage = script.build(words, documents, families)
    again, usage_again = script.build(dict(reversed(words.items())), documents, families)
    assert pack(built) == pack(again)
    assert ngram_usage.pack(usage) == ngram_usage.pack(usage_again)
    assert built.labels == ("eus_Latn", "deu_Latn", "tha_Thai")  # too few words in Lao
    assert built.documents.tolist() == [50, 5_000, 1_000]
    identifier = NgramIdentifier(built)
    guesses = identifier.identify(["mendiak", "bergs und baum", "ถนน", "ສະບາຍດີ"])
    assert [identifier.labels[label] if label >= 0 else None for label in guesses.labels[:, 0]] == [
        "eus_Latn", "deu_Latn", "tha_Thai", None,
    ]  # fmt: skip


def test_usage_is_read_as_it_was_packed_and_for_its_own_table_alone(script: ModuleType) -> None:
    built, usage = script.build(*made_up())
    read = ngram_usage.unpack(ngram_usage.pack(usage), built)
    assert {name: own.alone for name, own in read.items()} == {"Latn": False, "Thai": True}
    for name, own in read.items():
        assert np.array_equal(own.keys, usage[name].keys)
        assert np.abs(np.log(own.means / usage[name].means)).max() <= 0.051
        assert np.abs(own.medians - usage[name].medians).max() <= 0.026
        assert own.rest == usage[name].rest
    with pytest.raises(DataError, match="that of another table: Latn has"):
        ngram_usage.unpack(ngram_usage.pack(usage), ngram_table.shipped())
    with pytest.raises(DataError, match="cannot be read"):
        ngram_usage.unpack(b"nothing", built)
    with pytest.raises(DataError, match="not in the format"):
        ngram_usage.unpack(pack(built), built)
    assert len(read["Thai"].keys) > 0  # of which the table has none


def test_words_of_other_scripts_are_not_counted_and_of_two_spellings_one(script: ModuleType) -> None:
    listed, weights = script.weighed(([], ["Und"], ["und", "house", "ถนน", "x1", "12", "HOUSE", "e\u0301"]), "Latn")
    assert listed == ["und", "house", "x1", "é"]
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(0.35)
    assert usable("東京タワー", "Jpan") == "東京タワー"
    assert usable("タワー", "Hani") is None


tables = st.dictionaries(
    st.integers(0, 2**26 - 1),
    st.dictionaries(st.integers(0, 1999), st.integers(-127, 127), min_size=1, max_size=5),
    max_size=40,
)


@given(tables)
def test_a_table_comes_back_from_its_bytes_as_it_was(entries: dict[int, dict[int, int]]) -> None:
    keys = sorted(entries)
    table = NgramTable(
        ("eus_Latn", "tha_Thai"),
        np.array([5, 7]),
        np.array(keys, np.uint32),
        np.concatenate([[0], np.cumsum([len(entries[key]) for key in keys])]).astype(np.int64),
        np.array([label for key in keys for label in sorted(entries[key])], np.uint16),
        np.array([entries[key][label] for key in keys for label in sorted(entries[key])], np.int8),
    )
    back = unpack(pack(table))
    assert back.labels == table.labels
    for name in ("documents", "keys", "starts", "entry_labels", "weights"):
        assert (getattr(back, name) == getattr(table, name)).all()


def test_bytes_of_anything_else_are_refused() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        unpack(b"PK\x03\x04")


def test_the_shipped_file_is_small_and_the_list_beside_it_is_its_own(root: Path) -> None:
    folder = root / "src/glotmill/text/identification"
    packed = (folder / "ngrams.xz").read_bytes()
    assert len(packed) <= 6_000_000
    listed = (folder / "ngrams.tsv").read_text(encoding="utf-8")
    digest = hashlib.sha256(packed).hexdigest()
    assert f"# sha256 of ngrams.xz: {digest}\n" in listed
    table = ngram_table.shipped()
    rows = [line.split("\t") for line in listed.splitlines() if not line.startswith("#")][1:]
    sizes = np.bincount(table.entry_labels, minlength=len(table.labels))
    assert rows == [[t, str(d), str(n)] for t, d, n in zip(table.labels, table.documents, sizes, strict=True)]
    manifest = yaml.safe_load((root / "manifests/ngrams.yaml").read_text(encoding="utf-8"))
    assert manifest["files"] == {
        "ngrams.xz": digest,
        "ngrams.tsv": hashlib.sha256(listed.encode()).hexdigest(),
        "ngram_usage.xz": hashlib.sha256((folder / "ngram_usage.xz").read_bytes()).hexdigest(),
    }
    assert all({"license", "from", "sha256", "used_for"} <= source.keys() for source in manifest["sources"].values())


def test_every_language_on_file_has_a_label_and_every_label_a_canonical_tag(root: Path) -> None:
    labels = set(shipped().labels)
    assert {path.stem for path in (root / "filters/languages").glob("*.yaml")} <= labels
    assert all(tags.canonical(label) == label for label in labels)
    written = [label.rpartition("_")[2] for label in shipped().labels]
    assert written == sorted(written)  # labels of one script are beside one another
