"""The ensemble: weighted votes of identifiers, with scores that mean what they say."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.ensemble import (
    LENGTHS,
    EnsembleIdentifier,
    Veto,
    Weights,
    ballots,
    lengths_of,
    shipped,
    weights_for,
)

SENTENCES = {
    "eus_Latn": "Auzoko emakumeak lorategian landatzen ditu tomateak eta udazkenean biltzen ditu sagarrak.",
    "deu_Latn": "Die Nachbarin pflanzt im Garten Tomaten und erntet im Herbst die Äpfel.",
    "hin_Deva": "पड़ोसन बगीचे में टमाटर लगाती है और पतझड़ में सेब तोड़ती है।",
    "tha_Thai": "เพื่อนบ้านปลูกมะเขือเทศในสวนและเก็บแอปเปิลในฤดูใบไม้ร่วง",
    "khm_Khmr": "អ្នកជិតខាងដាំប៉េងប៉ោះក្នុងសួន ហើយបេះផ្លែប៉ោមនៅរដូវស្លឹកឈើជ្រុះ។",
    "arb_Arab": "تزرع الجارة الطماطم في الحديقة وتقطف التفاح في الخريف.",
    "pes_Arab": "زن همسایه در باغچه گوجه‌فرنگی می‌کارد و پاییز سیب می‌چیند.",
    "cmn_Hani": "邻居阿姨在院子里种西红柿，秋天的时候摘苹果。",
    "jpn_Jpan": "隣の奥さんは庭でトマトを育て、秋にはりんごを収穫します。",
    "kor_Hang": "이웃집 아주머니는 마당에 토마토를 심고 가을에는 사과를 딴다.",
    "tur_Latn": "Komşu kadın bahçeye domates dikiyor ve sonbaharda elma topluyor.",
    "ell_Grek": "Η γειτόνισσα φυτεύει ντομάτες στον κήπο και το φθινόπωρο μαζεύει μήλα.",
    "rus_Cyrl": "Соседка сажает в саду помидоры, а осенью собирает яблоки.",
    "amh_Ethi": "ጎረቤታችን በአትክልት ቦታዋ ቲማቲም ትተክላለች፤ በመኸርም ፖም ትለቅማለች።",
}


class Fixed:
    """A member that answers by a table."""

    def __init__(self, labels: Sequence[str], answers: dict[str, list[tuple[str, float]]]) -> None:
        self.labels = tuple(labels)
        self._answers = answers

    def identify(self, texts: Sequence[str]) -> Guesses:
        labels, scores = np.full((len(texts), 2), -1, np.int32), np.zeros((len(texts), 2))
        for row, text in enumerate(texts):
            for column, (tag, score) in enumerate(self._answers.get(text, [])):
                labels[row, column], scores[row, column] = self.labels.index(tag), score
        return Guesses(labels, scores)


FIRST = Fixed(["eus_Latn", "spa_Latn"], {"a": [("eus_Latn", 0.5), ("spa_Latn", 0.25)], "b": [("spa_Latn", 1.0)]})
SECOND = Fixed(["fra_Latn", "eus_Latn"], {"a": [("fra_Latn", 0.5)]})


def pool(nobody: float = -9.0, passed: float = -1.0, unknown: float = -0.5) -> EnsembleIdentifier:
    votes = np.tile([1.0, passed, unknown], (len(LENGTHS) + 1, 2, 1))
    return EnsembleIdentifier({"first": FIRST, "second": SECOND}, Weights(votes, np.full(len(LENGTHS) + 1, nobody)))


def test_scores_are_the_softmax_of_the_weighted_votes():
    ensemble = pool()
    found = ensemble.identify(["a"])
    assert [ensemble.labels[label] for label in found.labels[0]] == ["fra_Latn", "eus_Latn", "spa_Latn"]
    # fra: unknown, guessed with 0.5; eus: guessed with 0.5, passed; spa: guessed with 0.25, unknown; nobody.
    evidence = np.array([-0.5 + np.log(0.5), np.log(0.5) - 1.0, np.log(0.25) - 0.5, -9.0])
    expected = np.exp(evidence) / np.exp(evidence).sum()
    assert found.scores[0].tolist() == (np.floor(expected[:3] * 10_000) / 10_000).tolist()


def test_the_votes_say_guessed_passed_or_unknown():
    ensemble = pool()
    candidates, said = ballots(ensemble.votes(["a", "b", "c"]), ensemble.known)
    names = [[ensemble.labels[label] if label >= 0 else None for label in row] for row in candidates.tolist()]
    assert names == [["eus_Latn", "spa_Latn", "fra_Latn", None], ["spa_Latn", None, None, None], [None] * 4]
    by_tag = {tag: said[0, :, column].tolist() for column, tag in enumerate(names[0][:3])}
    assert by_tag == {
        "eus_Latn": [[np.log(0.5), 0, 0], [0, 1, 0]],
        "spa_Latn": [[np.log(0.25), 0, 0], [0, 0, 1]],
        "fra_Latn": [[0, 0, 1], [np.log(0.5), 0, 0]],
    }
    assert said[1, 1].sum() == 0  # the second member has no guess, so it says nothing
    assert said[2].sum() == 0


def test_disagreement_counts_members_with_a_guess():
    ensemble = pool()
    votes = ensemble.votes(["a", "b", "c"])
    apart = ensemble.disagreement(votes, ensemble.pooled(["a", "b", "c"], votes))
    assert apart.tolist() == [0.5, 0.0, 0.0]


def test_a_text_without_guesses_has_none_and_evidence_for_nobody_takes_from_all():
    found = pool().identify(["c", "b"])
    assert found.labels[0].tolist() == [-1, -1, -1]
    assert found.scores[0].tolist() == [0, 0, 0]
    assert pool(nobody=0.0).identify(["b"]).scores[0, 0] == 0.5
    assert pool().identify([]).labels.shape == (0, 3)


def test_a_member_may_decide_within_a_group_if_it_is_sure_and_the_pool_has_the_label():
    labels = ["dan_Latn", "nob_Latn", "eus_Latn"]
    many = Fixed(labels, {text: [("dan_Latn", 0.9), ("nob_Latn", 0.05)] for text in "abc"})
    sure = {"a": [("nob_Latn", 0.8), ("dan_Latn", 0.1)], "b": [("nob_Latn", 0.7)], "c": [("eus_Latn", 0.9)]}
    words = Fixed(labels, sure)
    votes = np.tile([[1.0, -1.0, -0.5], [0.01, -0.01, 0.0]], (len(LENGTHS) + 1, 1, 1))
    weights = Weights(votes, np.full(len(LENGTHS) + 1, -9.0))
    groups = {"dan_Latn": "dan", "nob_Latn": "dan"}
    plain = EnsembleIdentifier({"many": many, "words": words}, weights).identify(["a", "b", "c"])
    decided = EnsembleIdentifier({"many": many, "words": words}, weights, Veto(1, groups)).identify(["a", "b", "c"])
    assert plain.labels[:, 0].tolist() == [0, 0, 0]
    assert decided.labels[:, :2].tolist() == [[1, 0], [0, 1], plain.labels[2, :2].tolist()]
    assert decided.scores.tolist() == plain.scores.tolist()


def test_lengths_are_those_of_the_weights():
    assert lengths_of(["x" * count for count in (0, 44, 45, 89, 90, 179, 180, 9999)]).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
    ]


@pytest.mark.parametrize("tag", SENTENCES)
def test_sentences_are_named_and_surely(tag: str):
    ensemble = shipped()
    found = ensemble.identify([SENTENCES[tag]])
    assert ensemble.labels[found.labels[0, 0]] == tag
    assert found.scores[0, 0] > 0.8


KIN = {
    "hin_Latn": "Aaj subah bahut tez baarish hui, isliye bachche school der se pahunche aur sabko ghar jaldi jana pada.",
    "srp_Cyrl": "Јутрос је падала јака киша, па су деца закаснила у школу.",
    "tsn_Latn": "Mosong ono pula e nele thata, ka jalo bana ba gorogile kwa sekolong thari.",
    "nso_Latn": "Mesong ye pula e nele kudu, ka fao bana ba fihlile sekolong morago ga nako.",
    "sot_Latn": "Hoseng hona pula e nele haholo, ka hoo bana ba fihlile sekolong morao ho nako.",
    "xho_Latn": "Kusasa nje imvula inethe kakhulu, ngoko ke abantwana bafike emva kwexesha esikolweni.",
    "zul_Latn": "Ekuseni namuhla imvula inethe kakhulu, ngakho-ke izingane zifike esikoleni sekwephuzile.",
    "nob_Latn": "I dag tidlig regnet det kraftig, så barna kom for sent til skolen.",
    "nno_Latn": "I dag tidleg regna det kraftig, så barna kom for seint til skulen.",
    "dan_Latn": "I morges regnede det kraftigt, så børnene kom for sent i skole.",
    "glg_Latn": "Esta mañá choveu moito, así que os nenos chegaron tarde á escola.",
    "por_Latn": "Esta manhã choveu muito, por isso as crianças chegaram tarde à escola.",
    "mar_Deva": "आज सकाळी खूप पाऊस पडला, म्हणून मुले शाळेत उशिरा पोहोचली.",
    "npi_Deva": "आज बिहान धेरै पानी पर्\u200dयो, त्यसैले केटाकेटीहरू ढिलो गरी विद्यालय पुगे।",
    "ind_Latn": "Tadi pagi hujan deras sekali, jadi anak-anak terlambat sampai di sekolah karena jalanan macet.",
    "bod_Tibt": "དེ་རིང་ཞོགས་པ་ཆར་པ་ཆེན་པོ་བབས་པས་ཕྲུ་གུ་ཚོ་སློབ་གྲྭར་འཕྱི་པོ་འབྱོར་སོང་།",
}


@pytest.mark.parametrize("tag", KIN)
def test_close_kin_and_romanised_text_are_told_apart(tag: str):
    found = shipped().identify([KIN[tag]])
    assert shipped().labels[found.labels[0, 0]] == tag


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (
            "Jutros je padala jaka kiša, pa su deca zakasnila u školu i svi su morali ranije kući.",
            {"hrv", "bos", "srp"},
        ),
        ("Esta mañana llovió muncho, asina que los neños llegaron tarde a la escuela.", {"spa", "ast"}),
        ("Pagi tadi hujan lebat sangat, jadi budak-budak lambat sampai ke sekolah.", {"zsm", "ind"}),
        ("今朝落好大雨,所以啲細路返學遲到咗,老師都冇鬧佢哋。", {"cmn", "yue"}),
    ],
)
def test_what_is_not_told_apart_stays_within_the_kin_without_being_sure(text: str, tags: set[str]):
    found = shipped().identify([text])
    assert {shipped().labels[label].partition("_")[0] for label in found.labels[0, :2]} <= tags
    assert found.scores[0, 0] < 0.8


def test_latin_letters_never_pass_for_another_script():
    arabizi = "Ana rayeh el souq bokra el sobh 3ashan ashteri khodar w fakha lel beit, yalla ya shabab"
    found = shipped().identify([arabizi])
    assert {shipped().labels[label].partition("_")[2] for label in found.labels[0]} == {"Latn"}


@settings(deadline=None, max_examples=80)
@given(st.lists(st.one_of(st.text(), st.sampled_from(list(SENTENCES.values()))), max_size=4))
def test_a_batch_is_its_texts_alone(texts: list[str]):
    whole = shipped().identify(texts)
    assert (whole.scores.sum(axis=1) <= 1).all()
    assert ((whole.labels >= 0) | (whole.scores == 0)).all()
    for row, text in enumerate(texts):
        alone = shipped().identify([text])
        assert alone.labels[0].tolist() == whole.labels[row].tolist()
        assert alone.scores[0].tolist() == whole.scores[row].tolist()


def test_weights_follow_the_order_of_the_members_and_a_model_of_ones_own_weighs_as_lid176():
    one, other = weights_for(["words", "ngrams"]), weights_for(["ngrams", "words"])
    assert one.votes[:, ::-1].tolist() == other.votes.tolist()
    assert weights_for(["words", "glotlid"]).votes.tolist() == weights_for(["words", "lid176"]).votes.tolist()
    with pytest.raises(SettingsError, match="no weights are fitted for lid176 and glotlid together"):
        weights_for(["lid176", "glotlid"])
