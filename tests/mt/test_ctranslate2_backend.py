"""The backend that opens a model: a tiny random transformer, written by CTranslate2's own converter and decoded by it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Request
from glotmill.mt.backends.opening import Direction, open_backend
from glotmill.mt.engines import Engine

ctranslate2 = pytest.importorskip("ctranslate2")
sentencepiece = pytest.importorskip("sentencepiece")

TEXT = [
    "Haurrak plazan jolasean ari dira.",
    "Amonak gazta erosten du azokan.",
    "Watoto wanacheza uwanjani.",
    "Bibi ananunua samaki sokoni.",
    "Çocuklar meydanda oynuyor.",
    "Kinder spielen auf dem Platz, und die Großmutter kauft Käse.",
] * 20
WIDTH = 16


def fill(part, name: str, draw, words: int) -> None:
    """Put random weights into every place of a converter's specification that has none."""
    for key, value in sorted(vars(part).items()):
        for child in value if isinstance(value, list) else [value]:
            if hasattr(child, "variables"):
                place = value.index(child) if isinstance(value, list) else ""
                fill(child, f"{name}.{key}{place}", draw, words)
        if value is None:
            setattr(part, key, draw.normal(size=shape(f"{name}.{key}", words)).astype(np.float32))


def shape(name: str, words: int) -> tuple[int, ...]:
    """How large a tensor is, by its name."""
    if name.endswith(("gamma", "beta")):
        return (WIDTH,)
    if "embeddings" in name or "projection" in name:
        return (words, WIDTH)
    for part, rows, columns in (
        ("self_attention.linear0", 3 * WIDTH, WIDTH),
        ("self_attention.linear1", WIDTH, WIDTH),
        ("attention.linear1", 2 * WIDTH, WIDTH),
        ("ffn.linear_0", 4 * WIDTH, WIDTH),
        ("ffn.linear_1", WIDTH, 4 * WIDTH),
    ):
        if part in name:
            return rows, columns
    return WIDTH, WIDTH


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("model")
    (place / "text.txt").write_text("\n".join(TEXT), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(place / "text.txt"),
        model_prefix=str(place / "sentencepiece"),
        vocab_size=64,
        minloglevel=2,
        num_threads=1,
        user_defined_symbols=["eus_Latn", "swh_Latn"],
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(place / "sentencepiece.model"))
    vocabulary = [pieces.id_to_piece(number) for number in range(len(pieces))]
    spec = ctranslate2.specs.TransformerSpec.from_config((1, 1), 2)

    fill(spec, "", np.random.default_rng(5), len(vocabulary))
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(place))
    return place


def engine(folder: Path, **changes) -> Engine:
    digest = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
    return Engine.model_validate(
        {
            "kind": "ctranslate2",
            "model": "tiny",
            "revision": "1",
            "license": "Apache-2.0",
            "output_terms": "free",
            "evidence": "The test made it.",
            "deterministic": True,
            "before": ["{source}"],
            "prefix": ["{target}"],
            "sha256": {"model.bin": digest},
            **changes,
        }
    )


def backend(folder: Path, **changes):
    direction = Direction("eus_Latn", "swh_Latn")
    return open_backend("tiny", engine(folder, **changes), direction, location=str(folder))


def test_answers_come_in_order_with_their_cost_and_the_same_each_time(folder):
    requests = [Request(text) for text in TEXT[:12]]
    first, second = backend(folder), backend(folder)
    answers = first.translate(requests)
    assert answers == second.translate(requests)
    assert len(answers) == 12
    assert [answer.text for answer in answers[:6]] == [answer.text for answer in answers[6:]]
    assert {answer.finish for answer in answers} <= {"stop", "length", "error"}
    assert all(answer.tokens_in > 3 and (answer.avg_logprob or 0) < 0 for answer in answers)
    assert first.usage.tokens_out == sum(answer.tokens_out for answer in answers)
    assert "swh_Latn" not in "".join(answer.text for answer in answers)


def test_many_small_groups_give_what_one_large_one_gives(folder):
    requests = [Request(text) for text in TEXT[:6]]
    small = backend(folder, batch_tokens=64).translate(requests)
    assert [answer.finish for answer in small] == [answer.finish for answer in backend(folder).translate(requests)]


def test_what_is_longer_than_the_model_reads_is_not_sent(folder):
    short, long = backend(folder).translate([Request("Amonak gazta."), Request("gazta " * 600)])
    assert long.finish == "error"
    assert "the model reads 512" in long.detail
    assert short.finish != "error" or "reads" not in short.detail


def test_another_file_than_the_registry_names_is_refused(folder, tmp_path):
    with pytest.raises(SettingsError, match="by its digest"):
        backend(folder, sha256={"model.bin": "0" * 64})
    with pytest.raises(SettingsError, match=r"has no model\.bin"):
        open_backend("tiny", engine(folder), Direction("eus_Latn", "swh_Latn"), location=str(tmp_path))
    with pytest.raises(SettingsError, match="--engine tiny=LOCATION"):
        open_backend("tiny", engine(folder), Direction("eus_Latn", "swh_Latn"), location=None)
