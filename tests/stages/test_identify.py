"""The step `identify`: languages in their own script, foreign text out, and models of either kind of label."""

from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import sha256_file
from glotmill.core.models import MODELS_FILE
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.identify import IdentifySpec
from glotmill.text.identification.opening import known_labels

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = {MODELS_FILE: (ROOT / MODELS_FILE).read_text(encoding="utf-8")}
SENTENCES = {
    "eus_Latn": "Igandean familia osoa mendira joan zen, eta gailurrean ogitartekoak jan zituzten eguzkitan.",
    "deu_Latn": "Am Sonntag ging die ganze Familie in die Berge und aß oben auf dem Gipfel belegte Brote.",
    "hin_Deva": "रविवार को पूरा परिवार पहाड़ पर गया और चोटी पर बैठकर सबने धूप में खाना खाया।",
    "tha_Thai": "เมื่อวันอาทิตย์ครอบครัวของเราไปเที่ยวภูเขาและกินข้าวด้วยกันบนยอดเขา",
    "khm_Khmr": "នៅថ្ងៃអាទិត្យ គ្រួសារទាំងមូលបានឡើងភ្នំ ហើយញ៉ាំបាយជាមួយគ្នានៅលើកំពូលភ្នំ។",
    "arb_Arab": "ذهبت العائلة كلها يوم الأحد إلى الجبل وأكلت الطعام على القمة تحت الشمس.",
    "cmn_Hani": "星期天全家人一起去爬山，大家坐在山顶上晒着太阳吃午饭。",
    "swh_Latn": "Siku ya Jumapili familia yote ilikwenda mlimani na kula chakula juu ya kilele wakati wa jua.",
    "tur_Latn": "Pazar günü bütün aile dağa çıktı ve zirvede güneşin altında birlikte yemek yedi.",
}


@pytest.fixture(scope="module")
def lid176(models_dir: Path) -> Path:
    path = models_dir / "lid176" / "lid.176.ftz"
    if not path.is_file():
        pytest.skip(f"{path} is not there; `glotmill models fetch lid176` or `make` fetches it")
    return path


def spec(**changes) -> IdentifySpec:
    return IdentifySpec.model_validate({"name": "language", "kind": "identify", "identifier": "lid176", **changes})


def resources(languages, model: Path | None = None, files=REGISTRY, name="lid176") -> Resources:
    return Resources(Scope(tuple(languages), ("web",)), files, {} if model is None else {name: model})


def identify(texts: list[str | None], languages, model: Path, **changes) -> Outcome:
    batch = Batch(pa.record_batch({"text": pa.array(texts, pa.string())}))
    return spec(**changes).build(resources(languages, model))(batch)


def column(outcome: Outcome, name: str) -> list:
    return outcome.batch.rows.column(name).to_pylist()


@pytest.mark.real
def test_each_language_is_found_in_its_own_script_and_the_others_are_dropped(lid176: Path):
    tags = list(SENTENCES)
    for tag in tags:
        outcome = identify(list(SENTENCES.values()), [tag], lid176)
        wanted = [None if other == tag else "identify.other_language" for other in tags]
        assert outcome.reasons.to_pylist() == wanted, tag
        assert column(outcome, "language") == tags  # also of what is dropped, for the ledger
    assert column(outcome, "script") == [tag.partition("_")[2] for tag in tags]


@pytest.mark.real
def test_a_dropped_row_says_label_script_and_score(lid176: Path):
    outcome = identify([SENTENCES["deu_Latn"]], ["eus_Latn"], lid176)
    [score], [detail] = column(outcome, "language_score"), outcome.details.to_pylist()
    assert detail == f"label de in Latn, score {score}"
    assert column(outcome, "language_alternates")[0][0] == {"label": "de", "score": score}
    assert len(column(outcome, "language_alternates")[0]) == 3


@pytest.mark.real
def test_latin_text_never_passes_as_arabic(lid176: Path):
    arabizi = "Ana rayeh el souq bokra el sobh 3ashan ashteri khodar w fakha lel beit, yalla ya shabab el-arabiya"
    outcome = identify([arabizi, SENTENCES["arb_Arab"]], ["arb_Arab"], lid176, min_score=0.0)
    assert outcome.reasons.to_pylist() == ["identify.other_language", None]


@pytest.mark.real
def test_one_label_becomes_two_tags_by_script(lid176: Path):
    cyrillic = "У недељу је цела породица отишла на планину и ручала на врху под топлим сунцем."
    outcome = identify([cyrillic], ["srp_Cyrl"], lid176)
    assert (column(outcome, "language"), column(outcome, "script")) == (["srp_Cyrl"], ["Cyrl"])
    dropped = identify([cyrillic], ["srp_Latn"], lid176)
    assert dropped.reasons.to_pylist() == ["identify.other_language"]


@pytest.mark.real
def test_serbo_croatian_labels_are_summed_for_a_target_among_them(lid176: Path):
    text = "U nedjelju je cijela obitelj otišla u planinu i ručala na vrhu pod toplim suncem."
    outcome = identify([text], ["hrv_Latn"], lid176, min_score=0.0)
    parts = {entry["label"]: entry["score"] for entry in column(outcome, "language_alternates")[0]}
    assert column(outcome, "language") == ["hrv_Latn"]
    assert column(outcome, "language_score")[0] >= round(parts["hr"] + parts["sh"], 4) - 0.0001


@pytest.mark.real
def test_a_score_below_the_bound_is_a_reason_with_both_numbers(lid176: Path):
    outcome = identify([SENTENCES["swh_Latn"]], ["swh_Latn"], lid176, min_score=1.0)
    [score] = column(outcome, "language_score")
    assert outcome.reasons.to_pylist() == ["identify.low_score"]
    assert outcome.details.to_pylist() == [f"label sw, score {score} < 1.0"]


@pytest.mark.real
def test_text_without_letters_is_empty(lid176: Path):
    outcome = identify([None, "", "12:30 – 14:00 🙂", "\x00\n\t"], ["eus_Latn"], lid176)
    assert outcome.reasons.to_pylist() == ["identify.empty"] * 4
    assert column(outcome, "language") == [None] * 4
    assert column(outcome, "language_alternates") == [None] * 4
    assert outcome.details.to_pylist()[2] == "no letter in the first 15 characters"


@pytest.mark.real
def test_line_breaks_and_batch_size_change_nothing(lid176: Path):
    texts = list(SENTENCES.values())
    whole = identify(texts, list(SENTENCES), lid176)
    alone = [identify([text], list(SENTENCES), lid176) for text in texts]
    assert column(whole, "language_score") == [column(one, "language_score")[0] for one in alone]
    broken = identify([text.replace(" ", "\n") for text in texts], list(SENTENCES), lid176)
    assert column(broken, "language_score") == column(whole, "language_score")


@pytest.mark.real
def test_only_the_first_characters_decide(lid176: Path):
    text = SENTENCES["eus_Latn"] * 3 + SENTENCES["tur_Latn"] * 30
    outcome = identify([text], ["eus_Latn"], lid176, max_characters=len(SENTENCES["eus_Latn"]) * 3)
    assert outcome.reasons.to_pylist() == [None]
    assert identify([text], ["eus_Latn"], lid176).reasons.to_pylist() == ["identify.other_language"]


@pytest.mark.real
def test_opening_the_model_writes_nothing(lid176: Path, capfd):
    identify(["Kaixo"], ["eus_Latn"], lid176)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
def test_the_registry_describes_the_model_that_is_there(lid176: Path):
    import fasttext

    from glotmill.core.models import Models
    from glotmill.core.yamlfile import parse

    entry = parse(REGISTRY[MODELS_FILE], Models, file=MODELS_FILE).models["lid176"]
    labels = fasttext.load_model(str(lid176)).get_labels()
    assert sorted(label.removeprefix("__label__") for label in labels) == sorted(entry.labels)
    assert entry.sha256 == sha256_file(lid176)


@pytest.fixture(scope="module")
def own_model(tmp_path_factory) -> Path:
    """A model of GlotLID's label shape, trained on the sentences above."""
    import fasttext

    folder = tmp_path_factory.mktemp("model")
    lines = [f"__label__{tag} {text}\n" for tag, text in SENTENCES.items() for _ in range(30)]
    (folder / "train.txt").write_text("".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=8, minn=2, maxn=4, bucket=2000, epoch=25, lr=0.5, thread=1, verbose=0
    )
    model.save_model(str(folder / "own.bin"))
    return folder / "own.bin"


def own_registry(labels: str) -> dict[str, str]:
    entry = "{kind: fasttext, from: {path: own.bin}, bytes: 1, license: CC0-1.0, cites: here, "
    return {MODELS_FILE: f"models:\n  own: {entry} sha256: {'a' * 64}, labels: [{labels}]}}\n"}


def test_a_model_with_labels_of_code_and_script_works_by_path(own_model: Path):
    found = spec(identifier="own", min_score=0.3).build(
        resources(["tha_Thai", "swh_Latn"], own_model, own_registry(""), "own")
    )
    texts = [SENTENCES["tha_Thai"], SENTENCES["swh_Latn"], SENTENCES["tur_Latn"]]
    outcome = found(Batch(pa.record_batch({"text": pa.array(texts)})))
    assert outcome.reasons.to_pylist() == [None, None, "identify.other_language"]
    assert column(outcome, "language") == ["tha_Thai", "swh_Latn", "tur_Latn"]


def test_a_language_the_model_does_not_know_is_refused_before_the_model_is_opened():
    with pytest.raises(RecipeError) as caught:
        spec().contract(resources(["eus_Latn", "hau_Latn"]))
    assert caught.value.field == "identifier"
    assert "no label for hau_Latn" in caught.value.message
    assert spec(identifier="own").contract(resources(["hau_Latn"], files=own_registry(""))).reasons


def test_a_language_the_model_does_not_know_is_refused_when_it_is_opened_without_registered_labels(own_model: Path):
    with pytest.raises(RecipeError, match="no label for hau_Latn"):
        spec(identifier="own").build(resources(["hau_Latn"], own_model, own_registry(""), "own"))


def test_an_unregistered_model_is_refused_with_near_matches():
    with pytest.raises(RecipeError) as caught:
        spec(identifier="lid167").contract(resources(["eus_Latn"]))
    assert "lid176" in str(caught.value.remedy)


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path):
    (tmp_path / "broken.ftz").write_bytes(b"not a model")
    with pytest.raises(SettingsError, match=r"broken\.ftz cannot be opened as a fastText model"):
        spec().build(resources(["eus_Latn"], tmp_path / "broken.ftz"))


def test_contract_promises_the_columns_and_reasons():
    contract = spec().contract(resources(["eus_Latn"]))
    assert contract.provides.names == ["language", "language_score", "language_alternates", "script"]
    assert contract.reasons == {
        "identify.empty",
        "identify.no_language",
        "identify.other_language",
        "identify.low_score",
    }
    assert spec().models() == ("lid176",)


def test_identifiers_that_come_with_glotmill_need_no_model_and_know_languages_that_lid176_does_not():
    texts = [
        *SENTENCES.values(),
        "Ranar Lahadi duk dangin suka hau dutse, suka ci abinci a saman dutsen cikin rana.",
        "NgeSonto umndeni wonke wakhuphukela entabeni wadla ukudla esicongweni selanga.",
    ]
    tags = [*SENTENCES, "hau_Latn", "zul_Latn"]
    for names in ("ngrams", ["words", "ngrams"]):
        chosen = spec(identifier=names, min_score=0.2)
        assert (chosen.models(), chosen.files(Scope(("hau_Latn",), ()))) == (
            (),
            ("filters/languages/hau_Latn.yaml?", "filters/identification/hau_Latn.yaml?"),
        )
        built = chosen.build(resources(tags, files={}))
        outcome = built(Batch(pa.record_batch({"text": pa.array(texts)})))
        found = dict(zip(tags, column(outcome, "language"), strict=True))
        assert {tag for tag in tags if found[tag] != tag} <= {"swh_Latn", "zul_Latn"}, found  # Congo Swahili, Swati
        assert outcome.reasons.to_pylist().count(None) >= 9


def test_several_identifiers_vote_and_their_disagreement_is_a_column():
    texts = [SENTENCES["eus_Latn"], "Kaixo", None]  # words name it Basque, n-grams Galician
    both = spec(identifier=["words", "ngrams"], min_score=0.0)
    assert "language_disagreement" in both.contract(resources(["eus_Latn"], files={})).provides.names
    outcome = both.build(resources(["eus_Latn"], files={}))(Batch(pa.record_batch({"text": pa.array(texts)})))
    assert column(outcome, "language_disagreement") == [0.0, 0.5, None]
    assert column(outcome, "language_score")[0] > 0.9


def test_what_is_known_of_identifiers_refuses_a_language_before_their_tables_are_read():
    with pytest.raises(RecipeError, match="words and ngrams have no label for akk_Xsux") as caught:
        spec(identifier=["words", "ngrams"]).contract(resources(["akk_Xsux"], files={}))
    assert caught.value.field == "identifier"
    # The list of Croatian covers too little to give a verdict; the label of all Serbo-Croatian speaks for it.
    assert "hrv_Latn" not in (known_labels("words") or ())
    assert "hrv_Latn" in (known_labels("ngrams") or ())
    assert spec(identifier="words").contract(resources(["hrv_Latn"], files={})).reasons


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identifier": []}, "identifier"),
        ({"identifier": ["words", "words"]}, "names an identifier twice"),
        ({"identifier": "words", "max_mixed": 0.2}, "needs level: line or level: paragraph"),
        ({"identifier": "words", "level": "word"}, "level"),
    ],
)
def test_what_a_recipe_cannot_ask(changes: dict, message: str):
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


def test_text_on_which_the_identifier_has_no_verdict_is_not_called_empty():
    # Mandaic is in no list of words; n-grams know no label in its script either.
    text = "ࡁࡔࡅࡌࡀࡉࡄࡅࡍ ࡖࡄࡉࡉࡀ ࡓࡁࡉࡀ"
    for names in ("words", ["words", "ngrams"]):
        built = spec(identifier=names).build(resources(["eus_Latn"], files={}))
        outcome = built(Batch(pa.record_batch({"text": pa.array([text])})))
        assert outcome.reasons.to_pylist() == ["identify.no_language"]
        assert outcome.details.to_pylist() == ["no verdict on text in Mand"]
        assert column(outcome, "script") == ["Mand"]


MIXED = [
    "Igandean familia osoa mendira joan zen, eta gailurrean ogitartekoak jan zituzten eguzkitan.",
    "Amonak etxean egindako gazta eraman zuen, eta haurrek ibaian harriak bota zituzten ur-azalera.",
    "El domingo toda la familia subió a la montaña y comió bocadillos al sol en la cumbre.",
]


def test_a_level_gives_the_share_of_each_language_and_drops_what_is_too_mixed():
    texts = ["\n".join(MIXED), "\n".join(MIXED[:2]), "", "12"]
    by_line = spec(identifier=["words", "ngrams"], level="line", max_mixed=0.25)
    contract = by_line.contract(resources(["eus_Latn"], files={}))
    assert {"code_mixed_ratio", "language_shares"} <= set(contract.provides.names)
    assert "identify.mixed" in contract.reasons
    outcome = by_line.build(resources(["eus_Latn"], files={}))(Batch(pa.record_batch({"text": pa.array(texts)})))
    letters = [sum(map(str.isalpha, line)) for line in MIXED]
    share = round(letters[2] / sum(letters), 4)
    assert column(outcome, "code_mixed_ratio") == [pytest.approx(share, abs=1e-4), 0.0, None, None]
    assert [one["label"] for one in column(outcome, "language_shares")[0]] == ["eus_Latn", "spa_Latn"]
    assert outcome.reasons.to_pylist() == ["identify.mixed", None, "identify.empty", "identify.empty"]
    assert outcome.details.to_pylist()[0].endswith(f"> 0.25 in other languages: spa_Latn {share}")


def test_a_language_file_may_ask_less_of_a_model_that_is_unsure_of_the_language(lid176: Path) -> None:
    own = (ROOT / "filters/languages/swh_Latn.yaml").read_text(encoding="utf-8")
    files = {**REGISTRY, "filters/languages/swh_Latn.yaml": own}
    asked = spec(min_score=1.0)
    scope = Scope(("swh_Latn",), ("web",))
    batch = Batch(pa.RecordBatch.from_pydict({"doc_id": ["1"], "text": [SENTENCES["swh_Latn"]]}))
    built = asked.build(Resources(scope, files, {"lid176": lid176}))
    outcome = built(batch)
    assert outcome.reasons.to_pylist() == [None]
    assert outcome.batch.column("language_score").to_pylist()[0] < 1.0
