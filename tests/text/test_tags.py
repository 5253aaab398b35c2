"""Tags: one spelling per language, errors that help, and labels of models read the way they were meant."""

import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.models import Models
from glotmill.core.yamlfile import parse
from glotmill.text.tags import bcp47, canonical, describe, from_bcp47, from_label, matches, members_of, split_label


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("eu", "eus_Latn"),
        ("baq", "eus_Latn"),
        ("EUS-latn", "eus_Latn"),
        ("est", "ekk_Latn"),
        ("et", "ekk_Latn"),
        ("fas", "pes_Arab"),
        ("swa", "swh_Latn"),
        ("zho_Hant", "cmn_Hani"),
        ("zh-Hans", "cmn_Hani"),
        ("ara", "arb_Arab"),
        ("no", "nob_Latn"),
        ("sh", "hbs_Latn"),
        ("sr", "srp_Cyrl"),
        ("sr_Latn", "srp_Latn"),
        ("ja", "jpn_Jpan"),
        ("jpn_Hira", "jpn_Jpan"),
        ("kor_Kore", "kor_Hang"),
        ("als", "als_Latn"),
        ("hin_Latn", "hin_Latn"),
    ],
)
def test_every_spelling_of_a_language_becomes_one_tag(given: str, tag: str):
    assert canonical(given) == tag
    assert canonical(tag) == tag


def test_a_script_given_apart_overrides_the_usual_one():
    assert canonical("uzn", "Cyrl") == "uzn_Cyrl"
    assert canonical("zh", "Hant") == "cmn_Hani"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("basque", "eus_Latn"),
        ("eux_Latn", "eus_Latn"),
        ("eus_Ltan", "eus_Latn"),
        ("hindi_Deva", "hin_Deva"),
        ("pt-BR", "por_Latn"),
        ("swahili", "swh_Latn"),
        ("", "ISO 639-3"),
        ("🙂", "ISO 639-3"),
    ],
)
def test_an_unknown_language_or_script_is_refused_with_what_was_meant(given: str, hint: str):
    with pytest.raises(RecipeError) as caught:
        canonical(given)
    assert hint in str(caught.value.remedy)


def test_every_label_of_lid176_names_a_language_with_a_usual_script(root):
    text = (root / "manifests/models.yaml").read_text(encoding="utf-8")
    labels = parse(text, Models, file="manifests/models.yaml").models["lid176"].labels
    assert len(labels) == len(set(labels)) == 176
    tags = {label: from_label(label, describe(split_label(label)[0]).scripts[0]) for label in labels}
    assert None not in tags.values()
    # Two labels with one tag would be a mistake in the table.
    assert len(set(tags.values())) == len(labels)


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("__label__eu", "eus_Latn"),
        ("eus_Latn", "eus_Latn"),
        ("ar", "arb_Arab"),
        ("ar", "arz_Arab"),
        ("sw", "swh_Latn"),
        ("zh", "cmn_Hani"),
        ("zho_Hant", "cmn_Hani"),
        ("fa", "pes_Arab"),
        ("no", "nob_Latn"),
        ("no", "nno_Latn"),
        ("sh", "hrv_Latn"),
        ("hr", "hbs_Latn"),
        ("tl", "fil_Latn"),
        ("als", "gsw_Latn"),  # Wikipedia's als is Alemannic
        ("als_Latn", "als_Latn"),  # GlotLID's is Tosk Albanian
        ("sq", "als_Latn"),
        ("jpn_Hira", "jpn_Jpan"),
    ],
)
def test_a_label_matches_the_languages_it_can_mean(label: str, tag: str):
    assert matches(label, tag)


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("nn", "nob_Latn"),
        ("bs", "hrv_Latn"),
        ("als", "als_Latn"),
        ("eus_Cyrl", "eus_Latn"),
        ("id", "zsm_Latn"),
        ("und_Mong", "khk_Cyrl"),
        ("xx", "eus_Latn"),
        ("eus_Nope", "eus_Latn"),
    ],
)
def test_a_label_does_not_match_its_neighbors(label: str, tag: str):
    assert not matches(label, tag)


def test_the_script_of_the_text_has_the_last_word_over_the_label():
    assert from_label("sr", "Cyrl") == "srp_Cyrl"
    assert from_label("sr", "Latn") == "srp_Latn"
    assert from_label("ar", "Latn") == "arb_Latn"
    assert from_label("zh", "Hani") == "cmn_Hani"
    assert from_label("ja", "Hani") == "jpn_Jpan"
    assert from_label("eus_Latn", None) == "eus_Latn"
    assert from_label("eu", None) is None
    assert from_label("nonsense", "Latn") is None


def test_macrolanguages_know_their_members():
    assert {"hrv", "srp", "bos"} <= members_of("hbs")
    assert members_of("eus") == frozenset()


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("eu", "eus_Latn"), ("eu-ES", "eus_Latn"), ("pt_BR", "por_Latn"), ("sr-Latn-RS", "srp_Latn"), ("sr", "srp_Cyrl"),
        ("zh-Hant-TW", "cmn_Hani"), ("zh-HK", "cmn_Hani"), ("de-DE-1996", "deu_Latn"), ("ar-EG", "arb_Arab"),
        ("th-TH-u-nu-thai", "tha_Thai"), (" SW ", "swh_Latn"), ("fa-IR", "pes_Arab"), ("x-klingon", None), ("", None),
        ("english", None), ("en_US.UTF-8", "eng_Latn"), ("und", None), ("hin-Latn", "hin_Latn"),
    ],
)  # fmt: skip
def test_language_tags_of_pages_are_read_without_their_regions(name: str, tag: str | None):
    assert from_bcp47(name) == tag


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("eus_Latn", "eu"), ("arb_Arab", "ar"), ("arz_Arab", "arz"), ("cmn_Hani", "zh"), ("srp_Latn", "sr-Latn"),
        ("srp_Cyrl", "sr"), ("swh_Latn", "sw"), ("hin_Latn", "hi-Latn"), ("ekk_Latn", "et"), ("gsw_Latn", "gsw"),
        ("yue_Hani", "yue"), ("hbs_Latn", "sh"), ("khm_Khmr", "km"),
    ],
)  # fmt: skip
def test_tags_go_out_as_bcp47_with_the_script_only_where_it_is_unusual(tag: str, name: str):
    assert bcp47(tag) == name
    assert from_bcp47(name) == tag
