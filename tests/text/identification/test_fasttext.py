"""fastText models as identifiers: labels of every shape become tags, and nothing that a page can hold raises."""

from collections.abc import Mapping
from pathlib import Path

import fasttext
import numpy as np
import pytest

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Guesses, Identifier
from glotmill.text.identification.fasttext import open_identifier
from glotmill.text.identification.tagging import tagging
from text.identification.sentences import HOSTILE, SENTENCES


def train(folder: Path, lines: Mapping[str, str]) -> Path:
    text = "".join(f"__label__{label} {line}\n" for label, line in lines.items() for _ in range(30))
    (folder / "train.txt").write_text(text, encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=8, minn=2, maxn=4, bucket=2000, epoch=25, lr=0.5, thread=1, verbose=0
    )
    model.save_model(str(folder / "own.bin"))
    return folder / "own.bin"


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Identifier:
    return open_identifier(train(tmp_path_factory.mktemp("own"), SENTENCES))


@pytest.fixture(scope="module")
def lid176(models_dir: Path) -> Identifier:
    path = models_dir / "lid176" / "lid.176.ftz"
    if not path.is_file():
        pytest.skip(f"{path} is not there; `glotmill models fetch lid176` or `make` fetches it")
    return open_identifier(path)


def first(identifier: Identifier, guesses: Guesses) -> list[str | None]:
    return [None if place < 0 else identifier.labels[place] for place in guesses.labels[:, 0].tolist()]


@pytest.mark.real
def test_lid176_names_each_language_by_its_tag(lid176: Identifier) -> None:
    assert first(lid176, lid176.identify(list(SENTENCES.values()))) == list(SENTENCES)


@pytest.mark.real
def test_the_script_of_the_text_decides_between_the_tags_of_a_label(lid176: Identifier) -> None:
    cyrillic = "После подне је бака испекла колач од јабука, а унуци су га појели за кухињским столом."
    assert first(lid176, lid176.identify([cyrillic])) == ["srp_Cyrl"]
    assert {"srp_Cyrl", "srp_Latn", "hbs_Latn"} <= set(lid176.labels)


@pytest.mark.real
def test_hostile_text_has_guesses_like_any_other(lid176: Identifier) -> None:
    guesses = lid176.identify(HOSTILE)
    assert len(guesses) == len(HOSTILE)
    assert (guesses.labels[:5] == -1).all()
    assert first(lid176, guesses)[8:] == ["kat_Geor", "kor_Hang"]
    assert (guesses.scores.sum(axis=1) <= 1.0 + 1e-9).all()


def test_a_model_of_labels_with_scripts_knows_its_languages(own: Identifier) -> None:
    guesses = own.identify(list(SENTENCES.values()))
    assert first(own, guesses) == list(SENTENCES)
    assert (guesses.labels.dtype, guesses.labels.shape) == (np.int32, (9, 3))
    assert np.array_equal(guesses.scores, guesses.scores.round(4))
    assert (np.diff(guesses.scores, axis=1) <= 0).all()


def test_equal_texts_get_equal_guesses_alone_and_beside_others(own: Identifier) -> None:
    texts = list(SENTENCES.values())
    together = own.identify(texts)
    for row, text in enumerate(texts):
        alone = own.identify([text])
        assert np.array_equal(alone.labels[0], together.labels[row])
        assert np.array_equal(alone.scores[0], together.scores[row])
    assert len(own.identify([])) == 0


def test_labels_of_three_shapes_mean_the_same_tag() -> None:
    assert tagging(["eu", "eus", "eus_Latn", "eu_Latn"]).tags == ("eus_Latn",)
    assert tagging(["no such label", "xx", "zh-Hant", "als"]).tags == ("cmn_Hani", "gsw_Latn")


def test_shares_of_labels_for_one_tag_are_summed_and_foreign_scripts_count_for_nothing() -> None:
    tags = tagging(["et_Latn", "ekk_Latn", "fin_Latn", "arb_Arab"])
    found = [("arb_Arab", 0.4), ("fin_Latn", 0.25), ("et_Latn", 0.2), ("ekk_Latn", 0.15)]
    guesses = tags.guesses([found, found, found], ["Latn", "Arab", None])
    assert [[tags.tags[place] for place in row if place >= 0] for row in guesses.labels] == [
        ["ekk_Latn", "fin_Latn"],
        ["arb_Arab"],
        [],
    ]
    assert guesses.scores.tolist() == [[0.35, 0.25, 0.0], [0.4, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_rounded_scores_never_add_up_to_more_than_one() -> None:
    tags = tagging(["eus_Latn", "deu_Latn", "tur_Latn"])
    guesses = tags.guesses([[("eus_Latn", 0.33336), ("deu_Latn", 0.33336), ("tur_Latn", 0.33336)]], ["Latn"])
    assert guesses.scores.tolist() == [[0.3334, 0.3334, 0.3332]]


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.ftz").write_bytes(b"not a model")
    with pytest.raises(SettingsError, match=r"broken\.ftz cannot be opened as a fastText model"):
        open_identifier(tmp_path / "broken.ftz")
