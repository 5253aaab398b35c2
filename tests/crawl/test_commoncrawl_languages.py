"""Codes of Common Crawl's index and the languages that they mean."""

import pytest

from glotmill.crawl.commoncrawl.languages import among_of, blind_spots, codes, codes_of, targets
from glotmill.text.tags import split_label


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("eus_Latn", ("eus",)),
        ("deu_Latn", ("deu",)),
        ("hin_Deva", ("hin",)),
        ("tha_Thai", ("tha",)),
        ("khm_Khmr", ("khm",)),
        ("tur_Latn", ("tur",)),
        # Macrolanguages: the index has their code, our tags name the member that is meant.
        ("cmn_Hani", ("zho",)),
        ("arb_Arab", ("ara",)),
        ("swh_Latn", ("swa",)),
        ("nob_Latn", ("nor",)),
        ("nno_Latn", ("nno",)),
        ("zsm_Latn", ("msa",)),
        ("ind_Latn", ("ind",)),
        ("pes_Arab", ("fas",)),
        ("ekk_Latn", ("est",)),
        ("lvs_Latn", ("lav",)),
        ("als_Latn", ("sqi",)),
        ("azj_Latn", ("aze",)),
        ("uzn_Latn", ("uzb",)),
        ("khk_Cyrl", ("mon",)),
        ("plt_Latn", ("mlg",)),
        ("npi_Deva", ("nep",)),
        ("ory_Orya", ("ori",)),
        ("pbt_Arab", ("pus",)),
        ("kmr_Latn", ("kur",)),
        ("ydd_Hebr", ("yid",)),
        ("gaz_Latn", ("orm",)),
        ("fil_Latn", ("tgl",)),
        ("twi_Latn", ("aka",)),
        ("hmn_Latn", ("blu", "hmn")),
        ("hbs_Latn", ("bos", "hrv", "srp")),
        # What CLD2 has no code for.
        ("yue_Hani", ()),
        ("arz_Arab", ()),
        ("ckb_Arab", ()),
        ("bam_Latn", ()),
        ("fuv_Latn", ()),
        ("kon_Latn", ()),
        ("ewe_Latn", ()),
    ],
)
def test_a_tag_is_found_by_the_codes_of_the_index(tag: str, expected: tuple[str, ...]) -> None:
    assert codes_of(tag) == expected


def test_every_language_of_the_table_is_one_and_no_two_codes_of_one_crawl_name_the_same() -> None:
    table = codes()
    assert len(table) == 162
    for one in table.values():
        for language in (*one.named, *one.among):
            assert split_label(f"{language}_Latn") == (language, "Latn"), f"{language} is no code of ISO 639-3"
        assert not set(one.named) & set(one.among), one
    named = [language for one in table.values() if one.code != "blu" for language in one.named]
    assert len(named) == len(set(named))
    among = {language for one in table.values() for language in one.among}
    assert among.isdisjoint(named)


def test_members_of_a_macrolanguage_without_a_code_stand_among_it() -> None:
    assert among_of("yue_Hani") == ("zho",)
    assert among_of("arz_Arab") == ("ara",)
    assert among_of("ckb_Arab") == ("kur",)
    assert among_of("bam_Latn") == among_of("eus_Latn") == ()


def test_targets_are_the_codes_of_all_that_are_known() -> None:
    assert targets(["eus_Latn", "cmn_Hani", "bam_Latn"]) == {"eus", "zho"}


def test_a_plan_says_what_the_index_cannot_find_and_what_to_do_instead() -> None:
    assert blind_spots(["eus_Latn", "deu_Latn", "hin_Deva", "tha_Thai", "khm_Khmr", "arb_Arab", "cmn_Hani"]) == ()
    (unknown,) = blind_spots(["bam_Latn", "eus_Latn", "kon_Latn"])
    assert "does not know bam_Latn, kon_Latn" in unknown
    assert "`seeds`" in unknown
    assert "`tlds`" in unknown
    (among,) = blind_spots(["yue_Hani"])
    assert "`codes: [zho]`" in among
    (script,) = blind_spots(["hin_Latn"])
    assert "knows no scripts" in script
