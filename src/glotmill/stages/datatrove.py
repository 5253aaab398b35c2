"""`datatrove`: one of datatrove's filters or formatters as a step, with its own language parameter, never a default."""

import ast
import functools
import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue, StrictStr

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.core.yamlfile import near

_PACKAGES = ("datatrove.pipeline.filters", "datatrove.pipeline.formatters")
# What cannot be a step here, and why.
_REFUSED = {
    "SamplerFilter": "its choice depends on the order in which documents arrive",
    "LambdaFilter": "a recipe cannot hold a function",
    "LanguageFilter": "it downloads its model while it runs; the step `identify` reads a registered one",
    "C4BadWordsFilter": "it downloads its word lists while it runs",
    "UnigramLogProbFilter": "it downloads its word counts while it runs",
}
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What a step of ours may not do: write files of its own, or gather documents.
_REFUSED_OPTIONS = frozenset({"exclusion_writer", "batch_size"})
# How the classes call the language of a text.
_LANGUAGE_PARAMETERS = ("language", "default_language")


class DatatroveSpec(Spec):
    """Runs a class of `datatrove.pipeline.filters` or `.formatters` on each document.

    Args:
        filter: name of the class, `GopherQualityFilter`.
        language: as datatrove expects it for this class (`eu`, `eus_Latn`, `english`); classes that take no language
            find it in the metadata of the document.
        options: arguments of the class, as in datatrove, without the language.
    """

    kind: Literal["datatrove"]
    filter: StrictStr
    language: StrictStr
    options: Mapping[StrictStr, JsonValue] = Field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason of what the class drops: `datatrove.gopher_quality_filter`."""
        return "datatrove." + _WORD_BREAK.sub("_", self.filter).lower()

    def contract(self, resources: Resources) -> Contract:
        package = self._package()
        cls = _load(package, self.filter)
        self._check_arguments(cls)
        reasons = {"datatrove.error"} | ({self.reason} if package == _PACKAGES[0] else set())
        return Contract(fields("text"), fields("text", "content_hash"), frozenset(reasons))

    def build(self, resources: Resources) -> "Datatrove":
        package = self._package()
        cls = _load(package, self.filter)
        arguments = self._check_arguments(cls)
        try:
            block = cls(**arguments)
        except (TypeError, ValueError, KeyError, OSError) as error:
            raise self._error(f"datatrove cannot build {self.filter}: {error}", "options") from error
        return Datatrove(block.filter if package == _PACKAGES[0] else _as_filter(block.format), self)

    def _package(self) -> str:
        classes = _classes()
        if self.filter in _REFUSED:
            raise self._error(f"{self.filter} cannot be a step: {_REFUSED[self.filter]}", "filter")
        if self.filter not in classes:
            known = [name for name in classes if name not in _REFUSED]
            raise self._error(
                f"datatrove has no filter or formatter {self.filter!r}", "filter", near(self.filter, known)
            )
        return classes[self.filter]

    def _check_arguments(self, cls: Any) -> dict[str, object]:
        """Return the arguments for the class; what is missing or unknown is an error before any data is read."""
        parameters = [name for name in inspect.signature(cls.__init__).parameters if name != "self"]
        taken = next((name for name in _LANGUAGE_PARAMETERS if name in parameters), None)
        allowed = [name for name in parameters if name not in (*_REFUSED_OPTIONS, *_LANGUAGE_PARAMETERS)]
        for name in self.options:
            if name in _LANGUAGE_PARAMETERS:
                raise self._error("the language stands in `language`, not in `options`", f"options.{name}")
            if name not in allowed:
                raise self._error(f"{self.filter} has no such option here", f"options.{name}", near(name, allowed))
        try:
            _check_dependencies(cls)
            if taken == "language":
                _check_word_tokenizer(self.language)
        except ImportError as error:
            raise self._error(str(error), "filter") from error
        except ValueError as error:
            raise self._error(f"datatrove does not know this language: {error}", "language") from error
        arguments: dict[str, object] = dict(self.options)
        return arguments | ({taken: self.language} if taken else {})

    def _error(self, message: str, field: str, remedy: str | None = None) -> RecipeError:
        return RecipeError(message, field=field, remedy=remedy)


class Datatrove:
    """The step.

    Args:
        judge: takes datatrove's document, may change its text, and returns True, or False with a reason.
        spec: what it was built from.
    """

    def __init__(self, judge: Callable[[Any], object], spec: DatatroveSpec) -> None:
        self._judge = judge
        self._spec = spec

    def __call__(self, batch: Batch) -> Outcome:
        present = set(batch.rows.schema.names)
        nothing: list[str | None] = [None] * len(batch)
        ids, urls, languages = (
            optional_texts(batch.column(name)) if name in present else nothing for name in ("doc_id", "url", "language")
        )
        texts, reasons, details = [], [], []
        for text, doc_id, url, language in zip(optional_texts(batch.column("text")), ids, urls, languages, strict=True):
            metadata = {"url": url or "", "language": self._spec.language, "row_language": language or ""}
            changed, reason, detail = self._document(text or "", doc_id or "", metadata)
            texts.append(None if text is None else changed)
            reasons.append(reason)
            details.append(detail)
        hashes = strings(None if text is None else content_hash(text) for text in texts)
        columns = {"text": strings(texts), "content_hash": hashes}
        return Outcome(batch.with_columns(columns), strings(reasons), strings(details))

    def _document(self, text: str, doc_id: str, metadata: dict[str, str]) -> tuple[str, str | None, str | None]:
        from datatrove.data import Document  # noqa: PLC0415  # loaded by build

        document = Document(text=text, id=doc_id, metadata=metadata)
        try:
            result = self._judge(document)
        except Exception as error:  # noqa: BLE001  # foreign code on foreign text; its class name becomes the evidence
            return text, "datatrove.error", type(error).__name__
        kept, why = result if isinstance(result, tuple) else (result, None)
        if kept:
            return str(document.text), None, None
        return text, self._spec.reason, str(why) if why else "no reason given"


def _as_filter(change: Callable[[str], str]) -> Callable[[Any], bool]:
    def judge(document: Any) -> bool:
        document.text = change(document.text)
        return True

    return judge


@functools.cache
def _classes() -> Mapping[str, str]:
    """Return class name -> package, read off the packages' own lists of names without importing them."""
    found: dict[str, str] = {}
    base = importlib.util.find_spec("datatrove")
    for package in _PACKAGES:
        for folder in (base.submodule_search_locations or ()) if base else ():
            source = Path(folder, *package.split(".")[1:], "__init__.py")
            for node in ast.parse(source.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ImportFrom):
                    found.update({alias.asname or alias.name: package for alias in node.names})
    return found


def _load(package: str, name: str) -> Any:
    return getattr(importlib.import_module(package), name)


def _check_dependencies(cls: Any) -> None:
    """Raise the ImportError that datatrove raises on construction: it names the packages to install."""
    from datatrove.utils._import_utils import check_required_dependencies  # noqa: PLC0415

    needed = [package for base in cls.mro() for package in getattr(base, "_requires_dependencies", ())]
    if needed:
        check_required_dependencies(cls.__name__, needed)


def _check_word_tokenizer(language: str) -> None:
    """Raise ImportError where the language's word tokenizer is not installed, ValueError where there is none."""
    from datatrove.utils.word_tokenizers import load_word_tokenizer  # noqa: PLC0415

    load_word_tokenizer(language)
