"""Labels of a model and a recipe's targets: which speaks for which, and what a text's language is then."""

from glotmill.text.labels import Guess, label_map

LID = ["ar", "arz", "az", "azb", "bs", "de", "et", "eu", "hr", "nn", "no", "sh", "sr", "sw", "zh"]


def test_a_macrolanguage_label_speaks_for_a_member_without_a_label_of_its_own_only():
    speakers = label_map(LID, ["arb_Arab", "arz_Arab", "ary_Arab", "swh_Latn", "ekk_Latn"]).speakers
    assert speakers == {
        "arb_Arab": ("ar",),
        "arz_Arab": ("arz",),
        "ary_Arab": ("ar",),
        "swh_Latn": ("sw",),
        "ekk_Latn": ("et",),
    }


def test_a_target_that_no_label_speaks_for_is_unknown():
    assert label_map(LID, ["hau_Latn", "eus_Latn"]).unknown() == ("hau_Latn",)


def test_a_label_goes_to_the_target_it_names_whatever_the_order_of_targets():
    for targets in (["ary_Arab", "arb_Arab"], ["arb_Arab", "ary_Arab"]):
        guess = label_map(LID, targets).guess([("ar", 0.8), ("arz", 0.1)], "Arab")
        assert guess == Guess("arb_Arab", 0.8, "ar")


def test_probabilities_of_labels_for_one_target_are_summed():
    assert label_map(LID, ["hrv_Latn"]).guess([("de", 0.4), ("hr", 0.35), ("sh", 0.2)], "Latn") == Guess(
        "hrv_Latn", 0.55, "hr"
    )
    assert label_map(LID, ["hbs_Latn"]).guess([("hr", 0.4), ("bs", 0.3), ("sr", 0.2)], "Latn") == Guess(
        "hbs_Latn", 0.9, "hr"
    )


def test_a_shared_label_goes_to_the_target_that_leads_without_it():
    guess = label_map(LID, ["bos_Latn", "hrv_Latn"]).guess([("sh", 0.5), ("hr", 0.3), ("bs", 0.1)], "Latn")
    assert guess is not None
    assert (guess.tag, guess.score) == ("hrv_Latn", 0.8)


def test_the_script_of_the_text_separates_targets_and_foreign_text():
    both = label_map(LID, ["srp_Cyrl", "srp_Latn", "arb_Arab"])
    assert both.guess([("sr", 0.9)], "Cyrl") == Guess("srp_Cyrl", 0.9, "sr")
    assert both.guess([("sr", 0.9)], "Latn") == Guess("srp_Latn", 0.9, "sr")
    assert both.guess([("ar", 0.9)], "Latn") == Guess("arb_Latn", 0.9, "ar")


def test_a_score_is_clipped_and_rounded_before_anything_is_compared():
    targets = label_map(LID, ["eus_Latn"])
    assert targets.guess([("eu", 1.00002)], "Latn") == Guess("eus_Latn", 1.0, "eu")
    assert targets.guess([("de", 0.400004), ("eu", 0.4)], "Latn") == Guess("eus_Latn", 0.4, "eu")


def test_a_label_that_names_no_language_stays_without_a_tag():
    assert label_map(["eu", "junk"], ["eus_Latn"]).guess([("junk", 0.7)], "Latn") == Guess(None, 0.7, "junk")
    assert label_map(LID, ["eus_Latn"]).guess([], "Latn") is None
