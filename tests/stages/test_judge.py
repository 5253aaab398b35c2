"""The step `judge`: reasons by rule and language, annotations, and what happens without bounds."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.core.yamlfile import load
from glotmill.stages.judge import JudgeSpec

ROOT = Path(__file__).resolve().parents[2]
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
LANGUAGES = ("eus_Latn", "deu_Latn", "hin_Deva", "tha_Thai", "khm_Khmr", "arb_Arab", "cmn_Hani", "swh_Latn", "tur_Latn")
# Each long enough for fifty words when it stands five times.
PROSE = {
    "eus_Latn": "Udan amonaren baserrira joaten ginen eta han ez zegoen telebistarik, baina ibaia oso gertu zegoen.",
    "deu_Latn": "Im Winter ist der See zugefroren, und die Kinder laufen nach der Schule mit ihren Schlittschuhen los.",
    "hin_Deva": "गाँव के स्कूल में इस साल एक नया पुस्तकालय खुला है और बच्चे हर शाम वहाँ कहानियाँ पढ़ते हैं।",
    "tha_Thai": "ทุกเย็นคุณตาจะนั่งเล่านิทานให้หลานฟังที่หน้าบ้าน และเด็กๆ ในหมู่บ้านก็มานั่งฟังด้วยกัน",
    "khm_Khmr": "រាល់ព្រឹកជីតារបស់ខ្ញុំទៅស្រែជាមួយគោពីរក្បាល ហើយត្រឡប់មកផ្ទះវិញនៅពេលល្ងាច។",
    "arb_Arab": "في كل صباح يفتح الخباز دكانه قبل طلوع الشمس، ثم يأتي الجيران من كل بيت إلى السوق.",
    "cmn_Hani": "村子里的老人每天早上都在河边散步，他们一边走一边谈论今年的收成和天气。",
    "swh_Latn": "Kila asubuhi mama huenda sokoni na kikapu chake, kisha hurudi nyumbani kabla ya jua kali kwa mguu.",
    "tur_Latn": "Her sabah balıkçılar limana döner ve tuttukları balıkları satmak için küçük bir tezgâh kurar.",
}


def resources(languages=LANGUAGES, files=FILES) -> Resources:
    return Resources(Scope(tuple(languages), ("web",)), files)


def spec(**changes) -> JudgeSpec:
    return JudgeSpec.model_validate({"name": "quality", "kind": "judge", "filters": ["gopher_quality"], **changes})


def judge(rows: list[tuple[str | None, str | None]], *, languages=LANGUAGES, files=FILES, **changes) -> Outcome:
    batch = Batch(
        pa.record_batch(
            {
                "text": pa.array([text for _, text in rows], pa.string()),
                "language": pa.array([language for language, _ in rows], pa.string()),
            }
        )
    )
    return spec(**changes).build(resources(languages, files))(batch)


def verdicts(outcome: Outcome) -> list[str | None]:
    assert outcome.reasons is not None
    return outcome.reasons.to_pylist()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_native_prose_is_kept_and_its_first_sentence_alone_is_too_short(tag: str):
    outcome = judge([(tag, "\n".join([PROSE[tag]] * 5)), (tag, PROSE[tag])])
    assert verdicts(outcome) == [None, "gopher_quality.too_few_words"]
    details = outcome.details.to_pylist()
    assert details[0] is None
    assert details[1].startswith("word_count ")
    assert details[1].endswith(" < 50")


def test_prose_in_another_language_than_its_label_lacks_stop_words():
    assert verdicts(judge([("swh_Latn", "\n".join([PROSE["tur_Latn"]] * 5))])) == ["gopher_quality.too_few_stop_words"]


def test_the_first_rule_in_the_file_is_the_reason_where_several_fail():
    assert verdicts(judge([("eus_Latn", "# # # # a b")])) == ["gopher_quality.too_few_words"]


def test_bounds_are_those_of_the_rows_own_language():
    long_words = "\n".join(
        ["Bundesverfassungsgericht Rechtsprechungsorgane und die Verwaltungsgerichtsbarkeit ist der"] * 8
    )
    outcome = judge([("deu_Latn", long_words), ("eus_Latn", long_words)])
    assert verdicts(outcome) == [None, "gopher_quality.words_too_long"]


def test_a_row_without_language_or_in_one_the_recipe_does_not_name_is_dropped_with_a_reason():
    text = "\n".join([PROSE["eus_Latn"]] * 5)
    outcome = judge([(None, text), ("fin_Latn", text), ("eus_Latn", None)], languages=["eus_Latn"])
    assert verdicts(outcome) == ["judge.no_language", "judge.other_language", "gopher_quality.too_few_words"]
    assert outcome.details.to_pylist() == [None, "language fin_Latn", "word_count 0 < 50"]


def test_judging_rows_together_or_one_by_one_gives_the_same_verdicts():
    rows = [(tag, "\n".join([text] * count)) for tag, text in PROSE.items() for count in (1, 5)]
    together = judge(rows)
    alone = [judge([row]) for row in rows]
    assert verdicts(together) == [verdicts(one)[0] for one in alone]
    assert together.details.to_pylist() == [one.details.to_pylist()[0] for one in alone]


def test_annotate_drops_nothing_and_writes_each_measure():
    outcome = judge([("eus_Latn", "Bat eta bi #hiru"), (None, "Bat eta bi"), ("eus_Latn", None)], mode="annotate")
    assert outcome.reasons is None
    rows = outcome.batch.rows
    assert rows.column("measure_word_count").to_pylist() == [4.0, 3.0, 0.0]
    assert rows.column("measure_hash_ratio").to_pylist() == [0.25, 0.0, 0.0]
    assert rows.column("measure_distinct_stop_words").to_pylist() == [2.0, None, 0.0]


def test_contract_lists_the_reasons_or_the_columns_of_the_mode():
    dropping = spec().contract(resources())
    assert "gopher_quality.too_few_stop_words" in dropping.reasons
    assert {"judge.no_language", "judge.other_language"} <= dropping.reasons
    assert dropping.provides.names == []
    annotating = spec(mode="annotate", without_bounds="keep").contract(resources())
    assert annotating.reasons == frozenset()
    outcome = judge([("eus_Latn", "Bat")], mode="annotate", without_bounds="keep")
    added = [name for name in outcome.batch.rows.schema.names if name not in ("text", "language")]
    assert sorted(added) == sorted(annotating.provides.names)
    for field in annotating.provides:
        assert outcome.batch.rows.schema.field(field.name).type == field.type


def test_every_reason_given_is_promised():
    promised = spec().contract(resources()).reasons
    rows = [*PROSE.items(), (None, "a"), ("fra_Latn", "a"), ("eus_Latn", "#")]
    assert set(verdicts(judge(rows))) - {None} <= promised


def test_a_language_without_a_file_is_refused_with_the_file_to_write():
    with pytest.raises(RecipeError) as caught:
        spec().contract(resources(["hau_Latn"]))
    assert caught.value.file == "filters/languages/hau_Latn.yaml"
    assert "without_bounds: keep" in str(caught.value.remedy)


def test_a_language_file_without_bounds_for_the_set_is_refused_with_the_field_to_write():
    path = "filters/languages/eus_Latn.yaml"
    files = {**FILES, path: FILES[path].replace("gopher_quality", "another_set")}
    with pytest.raises(RecipeError) as caught:
        spec().contract(resources(["eus_Latn"], files))
    assert (caught.value.file, caught.value.field) == (path, "bounds.gopher_quality.mean_word_length.below")


def test_keep_lets_a_language_without_bounds_pass_marked_as_not_judged():
    outcome = judge(
        [("hau_Latn", "Sannu"), ("eus_Latn", "Kaixo"), ("fin_Latn", "Moi")],
        languages=["hau_Latn", "eus_Latn"],
        without_bounds="keep",
    )
    assert verdicts(outcome) == [None, "gopher_quality.too_few_words", None]
    assert outcome.batch.rows.column("judged").to_pylist() == [False, True, False]


def test_an_unknown_set_and_an_empty_list_of_sets_are_refused():
    with pytest.raises(RecipeError, match=r"filters/gopher_qualty\.yaml"):
        spec(filters=["gopher_qualty"]).contract(resources())
    with pytest.raises(ValidationError):
        spec(filters=[])


def test_files_name_the_sets_and_optionally_each_language():
    assert spec().files(Scope(("eus_Latn", "hau_Latn"), ())) == (
        "filters/gopher_quality.yaml",
        "filters/languages/eus_Latn.yaml?",
        "filters/languages/hau_Latn.yaml?",
    )


def test_hostile_texts_get_a_verdict():
    texts = ["", "\x00", "\n" * 1000, "a" * 300_000, "…" * 5000, "# " * 5000, "\u0301" * 500]
    outcome = judge([("eus_Latn", text) for text in texts])
    assert all(reason is not None for reason in verdicts(outcome))


def test_an_empty_batch_is_judged():
    outcome = judge([])
    assert len(outcome.batch) == 0
    assert len(outcome.reasons) == 0


def again(outcome: Outcome, **changes) -> Outcome:
    """Judge what an annotating step wrote."""
    return spec(measures="columns", **changes).build(resources())(Batch(outcome.batch.rows.drop_columns(["text"])))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.none() | st.sampled_from([*LANGUAGES, "fin_Latn"]),
            st.none()
            | st.text(max_size=40)
            | st.sampled_from([f"{text}\n" * count for text in PROSE.values() for count in (1, 3, 4, 5)])
            | st.sampled_from(["#a … " * 30, "- a\n" * 60, "| 1 " * 60]),
        ),
        max_size=6,
    )
)
def test_stored_measures_are_judged_as_the_text_is(rows: list[tuple[str | None, str | None]]) -> None:
    clean = [(tag, None if text is None else text.encode("utf-8", "replace").decode()) for tag, text in rows]
    judged, stored = judge(clean), again(judge(clean, mode="annotate"))
    assert verdicts(stored) == verdicts(judged)
    assert stored.details.to_pylist() == judged.details.to_pylist()


def test_a_row_without_the_measure_that_a_rule_asks_for_is_dropped_with_a_reason_of_its_own() -> None:
    rows = judge([("eus_Latn", "\n".join([PROSE["eus_Latn"]] * 5))] * 2, mode="annotate").batch.rows
    place = rows.schema.get_field_index("measure_hash_ratio")
    emptied = rows.set_column(place, "measure_hash_ratio", pa.array([0.0, None], pa.float64()))
    outcome = again(Outcome(Batch(emptied)))
    assert verdicts(outcome) == [None, "judge.not_measured"]
    assert outcome.details.to_pylist() == [None, "measure_hash_ratio holds nothing"]


def test_columns_are_required_with_their_type_and_without_the_text() -> None:
    contract = spec(measures="columns").contract(resources())
    assert "text" not in contract.requires.names
    assert contract.requires.field("measure_word_count").type == pa.float64()
    assert "judge.not_measured" in contract.reasons
    with pytest.raises(ValidationError, match="give one of the two"):
        spec(measures="columns", mode="annotate")


def test_an_annotation_says_what_its_measures_rest_on() -> None:
    found = spec(mode="annotate", without_bounds="keep").annotation(resources(["eus_Latn", "deu_Latn", "hau_Latn"]))
    assert "distinct_stop_words" in found["measures"]
    assert set(found["profiles"]) == {"eus_Latn", "deu_Latn"}
    assert len(set(found["profiles"].values())) == 2
    path = "filters/languages/eus_Latn.yaml"
    bounds, words = (load(FILES[path], file=path) for _ in range(2))
    bounds["bounds"]["gopher_quality"]["mean_word_length"]["below"] = 2.25
    words["stop_words"].append("zein")
    same, other = (
        spec(mode="annotate").annotation(resources(["eus_Latn"], {**FILES, path: json.dumps(value)}))
        for value in (bounds, words)
    )
    assert same["profiles"]["eus_Latn"] == found["profiles"]["eus_Latn"] != other["profiles"]["eus_Latn"]


TALK = "Wohin fährt der Zug?\nBis an das Meer und dann zurück.\n"  # 10 words, two line breaks


def test_bounds_of_fineweb2_stand_in_the_place_of_the_language_s_own():
    rows = [("deu_Latn", TALK + PROSE["deu_Latn"])]
    line_breaks = {"filters": ["fineweb_quality"], "languages": ("deu_Latn",)}
    assert verdicts(judge(rows, **line_breaks)) == [None]
    config = FILES["filters/fineweb2/deu_Latn.yaml"].replace("new_line_ratio: 0.152", "new_line_ratio: 0.05")
    outcome = judge(rows, files={**FILES, "filters/mine/deu_Latn.yaml": config}, bounds="mine", **line_breaks)
    assert verdicts(outcome) == ["fineweb_quality.too_many_line_breaks"]
    assert outcome.details is not None
    assert outcome.details.to_pylist() == ["line_break_ratio 0.0714 > 0.05"]


def test_stop_words_of_fineweb2_count_in_the_place_of_the_language_s_own():
    config = FILES["filters/fineweb2/swh_Latn.yaml"]
    config = re.sub("stopwords: .*", "stopwords: [asteroidi, sayari, ukanda]", config)
    files = {**FILES, "filters/fineweb2/swh_Latn.yaml": config}
    rows = [("swh_Latn", PROSE["swh_Latn"] * 5)]
    assert verdicts(judge(rows, languages=("swh_Latn",))) == [None]
    found = verdicts(judge(rows, languages=("swh_Latn",), files=files, bounds="fineweb2"))
    assert found == ["gopher_quality.too_few_stop_words"]


def test_a_language_without_configuration_is_refused_or_passes_unjudged():
    with pytest.raises(RecipeError, match=r"filters/fineweb2/cat_Latn\.yaml: no configuration for cat_Latn"):
        judge([("cat_Latn", "Bon dia.")], languages=("cat_Latn",), bounds="fineweb2")
    outcome = judge([("cat_Latn", "Bon dia.")], languages=("cat_Latn",), bounds="fineweb2", without_bounds="keep")
    assert verdicts(outcome) == [None]
    assert outcome.batch.column("judged").to_pylist() == [False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tag: tur_Latn\n", "no configuration of FineWeb-2"),
        ("stopwords: [ve]\ndup_line_frac: much\n", "tur_Latn.dup_line_frac: no configuration of FineWeb-2"),
    ],
)
def test_a_file_that_is_no_configuration_is_named(text: str, message: str):
    files = {**FILES, "filters/fineweb2/tur_Latn.yaml": text}
    with pytest.raises(RecipeError, match=message):
        judge([("tur_Latn", PROSE["tur_Latn"])], languages=("tur_Latn",), files=files, bounds="fineweb2")


def test_n_grams_that_no_measure_counts_are_refused():
    config = FILES["filters/fineweb2/tur_Latn.yaml"].replace("[[2, ", "[[1, 0.1], [2, ")
    with pytest.raises(RecipeError, match="bounds n-grams of 1 words"):
        judge(
            [("tur_Latn", PROSE["tur_Latn"])],
            languages=("tur_Latn",),
            files={**FILES, "filters/fineweb2/tur_Latn.yaml": config},
            bounds="fineweb2",
        )


@pytest.mark.parametrize("change", [{"mode": "annotate"}, {"measures": "columns"}])
def test_columns_are_measured_with_the_language_s_own_stop_words(change):
    with pytest.raises(ValidationError, match="goes with mode: drop and measures: scan"):
        spec(bounds="fineweb2", **change)
