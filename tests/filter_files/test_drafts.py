"""Drafts: the files are what the script makes of published thresholds, their words are words, nonsense is refused."""

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from glotmill.text.linting.words import lint_words
from glotmill.text.rules import language_path, read_language

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from calibrate_languages import with_bounds  # noqa: E402
from calibrate_ocr import with_bound  # noqa: E402
from confusable_words import with_confusable  # noqa: E402
from draft_language import DRAFTS, Lead, Refused, drafted, leads, on_prose  # noqa: E402
from measure_gates import PROSE, project_files  # noqa: E402
from relative_length import PAGES  # noqa: E402

WORDS = yaml.safe_load(DRAFTS.read_text(encoding="utf-8"))
FILES = project_files()


def published(**fields: object) -> dict[str, object]:
    """The thresholds that FineWeb-2 (configs, Apache-2.0) has for Tajik, some of them replaced."""
    return {
        "dup_line_frac": 0.291,
        "dup_n_grams": [[5, 0.151], [6, 0.142], [7, 0.133], [8, 0.122], [9, 0.113], [10, 0.103]],
        "language_score": 0.766,
        "line_punct_thr": 0.111,
        "max_avg_word_length": 11,
        "max_non_alpha_words_ratio": 0.71,
        "min_avg_word_length": 3,
        "new_line_ratio": 0.316,
        "stopwords": ["ва", "дар"],
        "top_n_grams": [[2, 0.217], [3, 0.183], [4, 0.151]],
        **fields,
    }


# And those that it has for Marathi and Kannada.
MARATHI = published(
    dup_line_frac=0.233,
    dup_n_grams=[[5, 0.145], [6, 0.138], [7, 0.131], [8, 0.122], [9, 0.114], [10, 0.105]],
    line_punct_thr=0.008,
    max_avg_word_length=35,
    min_avg_word_length=2,
    new_line_ratio=0.351,
    top_n_grams=[[2, 0.156], [3, 0.15], [4, 0.137]],
)
KANNADA = published(
    dup_line_frac=0.25,
    dup_n_grams=[[5, 0.135], [6, 0.126], [7, 0.118], [8, 0.11], [9, 0.101], [10, 0.093]],
    line_punct_thr=0.095,
    max_avg_word_length=67,
    new_line_ratio=0.193,
    top_n_grams=[[2, 0.214], [3, 0.183], [4, 0.165]],
)


def lead(folder: Path, tag: str, config: dict[str, object]) -> Lead | Refused:
    path = folder / "configs.json.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({tag: config}, file)
    return dict(leads(path))[tag]


@pytest.fixture
def declarations() -> None:
    if not PAGES.is_dir():
        pytest.skip(f"{PAGES} is not there; `make real-data` fetches it")


def test_more_than_thirty_languages_are_drafted_in_ten_scripts_and_have_their_file():
    assert len(WORDS) >= 32
    assert len({tag.partition("_")[2] for tag in WORDS}) >= 10
    assert [tag for tag in WORDS if language_path(tag) not in FILES] == []


@pytest.mark.parametrize("tag", sorted(WORDS))
def test_words_by_hand_are_words_of_the_scan_in_the_script_of_the_language_and_stand_once(tag: str):
    words = WORDS[tag]["stop_words"].split()
    assert 12 <= len(words) <= 20
    assert lint_words(words, file=tag, field="stop_words", script=tag.partition("_")[2], common={}) == ()


@pytest.mark.real
@pytest.mark.usefixtures("declarations")
@pytest.mark.parametrize(("tag", "config"), [("tgk_Cyrl", published()), ("mar_Deva", MARATHI), ("kan_Knda", KANNADA)])
def test_a_language_drafted_again_is_the_file_byte_by_byte(tag: str, config: dict[str, object], tmp_path: Path):
    found = lead(tmp_path, tag, config)
    assert isinstance(found, Lead)
    manifest = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text(encoding="utf-8"))
    text = with_confusable(drafted(found, FILES), tag, FILES, manifest["languages"])
    text = with_bound(with_bounds(text, tag, FILES, manifest), tag, FILES, manifest)
    assert text.encode() == (ROOT / language_path(tag)).read_bytes()


@pytest.mark.real
@pytest.mark.usefixtures("declarations")
def test_lengths_of_words_that_no_language_has_give_way_to_the_mean_of_the_declaration(tmp_path: Path):
    found = lead(tmp_path, "tgk_Cyrl", published(min_avg_word_length=1, max_avg_word_length=3141))
    assert isinstance(found, Lead)
    text = drafted(found, FILES)
    language = read_language("tgk_Cyrl", {language_path("tgk_Cyrl"): text})
    assert language is not None
    bounds = language.bounds["gopher_quality"]["mean_word_length"]
    assert (bounds.below, bounds.above) == (2.5, 12.7)
    [unused] = [one.text for one in language.evidence if one.text.startswith("Left unused")]
    assert "max_avg_word_length (mean_word_length above 3141 is absurd" in unused


@pytest.mark.real
@pytest.mark.usefixtures("declarations")
def test_bounds_far_from_those_of_the_papers_are_left_to_the_rule_sets(tmp_path: Path):
    far = published(dup_line_frac=0.9, top_n_grams=[[2, 0.535], [3, 0.183], [4, 0.01]], line_punct_thr=0.0)
    found = lead(tmp_path, "tgk_Cyrl", far)
    assert isinstance(found, Lead)
    language = read_language("tgk_Cyrl", {language_path("tgk_Cyrl"): drafted(found, FILES)})
    assert language is not None
    assert [name for name in language.bounds["gopher_repetition"] if not name.startswith("dup")] == [
        "top_3gram_characters"
    ]
    assert "duplicate_line_share" not in language.bounds["gopher_repetition"]
    assert list(language.bounds["fineweb_quality"]) == ["line_break_ratio"]


def test_a_configuration_with_an_absurd_bound_on_repetition_is_refused(tmp_path: Path):
    found = lead(tmp_path, "zul_Latn", published(top_n_grams=[[2, 2.82]]))
    assert isinstance(found, Refused)
    assert str(found).startswith("top_n_grams.2: 2.82 is absurd")


def test_a_language_that_fineweb_2_does_not_have_is_refused(tmp_path: Path):
    lead(tmp_path, "zul_Latn", published())
    others = dict(leads(tmp_path / "configs.json.gz"))
    assert str(others["mal_Mlym"]) == "FineWeb-2 has no configuration mal_Mlym"
    assert str(others["tgl_Latn"]) == "FineWeb-2 has no configuration fil_Latn"


@pytest.mark.real
@pytest.mark.usefixtures("declarations")
def test_a_draft_that_drops_the_declaration_is_refused(tmp_path: Path):
    found = lead(tmp_path, "tgk_Cyrl", published())
    assert isinstance(found, Lead)
    other = replace(found, words={**found.words, "stop_words": "ман ту мо шумо онҷо инҷо кӣ чӣ чаро куҷо кай чанд"})
    with pytest.raises(Refused) as refused:
        drafted(other, FILES)
    assert str(refused.value) == "the declaration does not pass: distinct_stop_words 0 < 2"


@pytest.mark.real
def test_drafts_are_held_against_the_prose_for_calibration_alone():
    if not (PROSE / "srp_Cyrl.jsonl").is_file():
        pytest.skip(f"{PROSE} is not there; `make prose` fetches it")
    language = read_language("srp_Cyrl", FILES)
    assert language is not None
    found = on_prose(language, FILES)
    assert found is not None
    assert "75 of 78 documents of scratch-website, aisleriot pass" in found.text
    assert found.license == "AGPL-3.0-only AND GFDL-1.1-no-invariants-or-later"
    test_alone = read_language("slv_Latn", FILES)
    assert test_alone is not None
    assert on_prose(test_alone, FILES) is None
