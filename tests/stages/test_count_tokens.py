"""`count_tokens` counts what the named tokenizer gives."""

import sys

import pyarrow as pa
import pytest
import tokenizers

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import sha256_file
from glotmill.core.models import MODELS_FILE
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.count_tokens import CountTokensSpec, open_tokenizer

SCOPE = Scope(("amh_Ethi",), ("web",))
AMHARIC = "ዛሬ ጠዋት ወደ ገበያ ሄድን።"


def counts(spec: CountTokensSpec, resources: Resources, *texts: str | None) -> list[int | None]:
    batch = Batch(pa.record_batch({"text": pa.array(texts, pa.string())}))
    column = spec.build(resources)(batch).batch.column("tokens")
    assert column.type == pa.int64()
    return column.to_pylist()


@pytest.fixture
def trained(tmp_path):
    """A tokenizer.json of words, whose file asks for fixed lengths and marks of beginning and end."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator([AMHARIC], tokenizers.trainers.WordLevelTrainer(special_tokens=["[UNK]", "[CLS]"]))
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [CLS]", special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]"))]
    )
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=64)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    entry = (
        f"models:\n  words:\n    kind: tokenizer\n    from: {{path: {path}}}\n    sha256: {sha256_file(path)}\n"
        f"    bytes: {path.stat().st_size}\n    license: CC0-1.0\n    cites: trained here\n"
    )
    return Resources(SCOPE, {MODELS_FILE: entry}, {"words": path})


def test_bytes_need_no_model():
    spec = CountTokensSpec(name="tokens", kind="count_tokens", tokenizer="utf8-bytes")
    assert (spec.files(SCOPE), spec.models()) == ((), ())
    assert counts(spec, Resources(SCOPE), AMHARIC, "", None) == [len(AMHARIC.encode()), 0, None]
    assert spec.contract(Resources(SCOPE)).provides.names == ["tokens"]


def test_a_tokenizer_file_counts_words_without_marks_and_without_fixed_length(trained):
    spec = CountTokensSpec(name="tokens", kind="count_tokens", tokenizer="words")
    assert spec.models() == ("words",)
    assert spec.contract(trained).reasons == frozenset()
    assert counts(spec, trained, AMHARIC, "ገበያ", "", None, "\0\x00" * 3) == [6, 1, 0, None, 1]


def test_an_unknown_tokenizer_is_named_with_near_matches(trained):
    spec = CountTokensSpec(name="tokens", kind="count_tokens", tokenizer="wrods")
    with pytest.raises(RecipeError, match="Did you mean words"):
        spec.contract(trained)


def test_a_missing_package_is_named(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    open_tokenizer.cache_clear()
    with pytest.raises(RecipeError, match=r"pip install glotmill\[tokens\]"):
        CountTokensSpec(name="tokens", kind="count_tokens", tokenizer="words").build(trained)


def test_a_file_that_is_no_tokenizer_is_a_clear_error(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"tokenizer\.json cannot be opened"):
        open_tokenizer(path)
