"""`count_tokens`: how many tokens a document has for a named tokenizer."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import StrictStr

from glotmill.core.arrow import column, optional_texts
from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.models import MODELS_FILE, Models
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.core.yamlfile import near, parse

UTF8_BYTES = "utf8-bytes"

Count = Callable[[str], int]


class CountTokensSpec(Spec):
    """Counts the tokens of `text`, without those that mark beginning and end; drops nothing.

    Args:
        tokenizer: `utf8-bytes`, or the name of a tokenizer (`tokenizer.json`) in manifests/models.yaml.
    """

    kind: Literal["count_tokens"]
    tokenizer: StrictStr

    def files(self, scope: Scope) -> tuple[str, ...]:
        return () if self.tokenizer == UTF8_BYTES else (MODELS_FILE,)

    def models(self) -> tuple[str, ...]:
        return () if self.tokenizer == UTF8_BYTES else (self.tokenizer,)

    def contract(self, resources: Resources) -> Contract:
        if self.tokenizer != UTF8_BYTES:
            known = parse(resources.files[MODELS_FILE], Models, file=MODELS_FILE).models
            fitting = [name for name, entry in known.items() if entry.kind == "tokenizer"]
            if self.tokenizer not in fitting:
                message = f"no tokenizer {self.tokenizer!r} in {MODELS_FILE}"
                raise RecipeError(message, field="tokenizer", remedy=near(self.tokenizer, [*fitting, UTF8_BYTES]))
        return Contract(fields("text"), fields("tokens"), frozenset())

    def build(self, resources: Resources) -> "CountTokens":
        if self.tokenizer == UTF8_BYTES:
            return CountTokens(_utf8_bytes)
        return CountTokens(open_tokenizer(resources.models[self.tokenizer]))


class CountTokens:
    """The step."""

    def __init__(self, count: Count) -> None:
        self._count = count

    def __call__(self, batch: Batch) -> Outcome:
        counts = [None if text is None else self._count(text) for text in optional_texts(batch.column("text"))]
        return Outcome(batch.with_columns({"tokens": column(counts, pa.int64())}))


def _utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@functools.cache
def open_tokenizer(path: Path) -> Count:
    """Open a `tokenizer.json`, once per process, and return the function that counts.

    Raises:
        RecipeError: the package `tokenizers` is not installed.
        SettingsError: the file is no tokenizer.
    """
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415  # an extra that few recipes need
    except ImportError as error:
        message = "counting with a tokenizer.json needs the package tokenizers"
        raise RecipeError(message, field="tokenizer", remedy="pip install glotmill[tokens]") from error
    try:
        tokenizer: Any = Tokenizer.from_file(str(path))
    except Exception as error:  # the Rust library raises bare Exception for whatever is wrong with the file
        raise SettingsError(f"{path} cannot be opened as a tokenizer.json: {error}") from error
    # A file may ask for a fixed length, which would be the count of every text.
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(text: str) -> int:
        # One by one: a batch would start threads, which a process that forks workers must not have.
        return len(tokenizer.encode(text, add_special_tokens=False))

    return count
