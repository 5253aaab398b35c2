"""The step `translate`: derives, from each document in one language, its translations into others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

import numpy as np
import pyarrow as pa
from pydantic import ConfigDict, Field, StrictStr, field_validator, model_validator

from glotmill.core.arrow import booleans, optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash, document_id
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Shape, Spec
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.generator import generator
from glotmill.licensing.lattice import Incompatible, derive
from glotmill.licensing.table import TABLE_FILE, LicenseTable, load_table
from glotmill.mt.backends.opening import Direction as Way
from glotmill.mt.backends.opening import open_backend
from glotmill.mt.cache import Cache, Origin
from glotmill.mt.direction import Direction, Lexicon, direction_between
from glotmill.mt.engines import ENGINES_FILE, Engine, engine_of
from glotmill.mt.opinions import Opinions, RoundTrip, Similarity, opinion_names
from glotmill.mt.pairs import Pairs
from glotmill.mt.rows import DEFAULT_FIELDS, FIELD
from glotmill.mt.rules import BoundCheck, TranslationRules, bind, read_rules, rules_path
from glotmill.mt.shared_cache import open_cache
from glotmill.mt.translating import FAILURES, LostMasks, Reading, Result, Translator, Work
from glotmill.text.identification.opening import open_identifiers
from glotmill.text.quality.embedding import open_embedding
from glotmill.text.rules import language_path
from glotmill.text.tags import canonical

_IDENTIFIERS: Final = ("words", "ngrams")  # they come with the package; a model of the user's has no part in checks
_MAX_CHARACTERS: Final = 2_000  # of a stretch that is identified
_REMEMBERED: Final = 10_000  # license expressions
# What a translation takes over from its source; anything else was said of another text.
_TAKEN_OVER: Final = ("source", "track", "url", "author", "date", "license_state", "license_evidence", "consent", "crawl_time", "warc_ref", "contamination")  # fmt: skip
_NEEDED: Final = ("doc_id", "text", "license", "license_port", "parallel_id", *_TAKEN_OVER)
_OPEN: Final = frozenset({"public-domain", "attribution", "sharealike"})


class TranslateSpec(Spec):
    """Derives a translation into each target of every native document in the source language; the document stays.

    Code, data and markup are not sent (see docs/how-to/translate.md). A translation that cannot be had or fails a check is
    in the ledger with its reason, its source document under `related`.

    Args:
        engine: a name in `manifests/engines.yaml`.
        source: `from` in the file; tag of the language that is translated.
        to: tags of the targets.
        allow: a policy of `manifests/licenses.yaml` that the engine's own terms have to meet. Under one that judges nothing, texts
            of no known license are translated, too, and of no known license stay.
        filters: sets in `filters/translation/`.
        lost_masks: what becomes of a sentence whose code or placeholders come back wrong with every way of writing them:
            the text around them is translated by itself (`split`), or the document is refused (`reject`).
        texts: `documents` are Markdown, HTML-ish or plain text; `rows` are chat or instruction data as JSON, one object each,
            of which the strings named in `fields` are translated and everything else stays byte for byte.
        fields: of rows; paths of names and `[*]`.
        similarity: a second opinion by an embedding; none where it is left out.
        round_trip: a second opinion by an engine that translates back; its terms do not matter, since nothing of it stays.
    """

    # A run's manifest names fields as they are called here, and `update` reads its recipe from there.
    model_config = ConfigDict(populate_by_name=True)
    shape: ClassVar[Shape] = "expand"
    generates: ClassVar[bool] = True

    kind: Literal["translate"]
    engine: StrictStr
    source: StrictStr = Field(alias="from")
    to: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    allow: StrictStr
    filters: tuple[StrictStr, ...] = ("mt",)
    lost_masks: LostMasks = "split"
    texts: Literal["documents", "rows"] = "documents"
    fields: Annotated[tuple[StrictStr, ...], Field(min_length=1)] = DEFAULT_FIELDS
    similarity: Similarity | None = None
    round_trip: RoundTrip | None = None

    @field_validator("source")
    @classmethod
    def _source_tag(cls, tag: str) -> str:
        return _canonical(tag)

    @field_validator("to")
    @classmethod
    def _target_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(_canonical(tag) for tag in tags)
        if len(set(found)) < len(found):
            raise ValueError("names a language twice")
        return found

    @field_validator("fields")
    @classmethod
    def _paths(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        for field in fields:
            if not FIELD.fullmatch(field):
                raise ValueError(f"{field!r} is no path of names and [*], such as messages[*].content")
        return fields

    @model_validator(mode="after")
    def _fields_of_rows(self) -> "TranslateSpec":
        if self.texts == "documents" and self.fields != DEFAULT_FIELDS:
            raise ValueError("fields says nothing about documents: write texts: rows")
        return self

    @model_validator(mode="after")
    def _another_language(self) -> "TranslateSpec":
        if self.source in self.to:
            raise ValueError(f"{self.source} is translated into itself")
        return self

    def files(self, scope: Scope) -> tuple[str, ...]:
        languages = (f"{language_path(tag)}?" for tag in (self.source, *self.to))
        return (ENGINES_FILE, TABLE_FILE, *(rules_path(name) for name in self.filters), *languages)

    def contract(self, resources: Resources) -> Contract:
        table = load_table(resources.files[TABLE_FILE], TABLE_FILE)
        engine = engine_of(self.engine, resources.files[ENGINES_FILE])
        for tag in self.to:
            _check_direction(self.engine, engine, self.source, tag, field="to")
        if self.round_trip is not None:
            back = engine_of(self.round_trip.engine, resources.files[ENGINES_FILE])
            for tag in self.to:
                _check_direction(self.round_trip.engine, back, tag, self.source, field="round_trip.engine")
        _check_terms(self.engine, engine, self.allow, table)
        rules = self._rules(resources)
        reasons = {f"translate.{name}" for name in (*FAILURES, "no_license", "license_forbids", *self._opinion_names())}
        return Contract(
            requires=fields("text", "language", "license", "license_class"),
            provides=pa.schema(
                [
                    *fields("text", "language", "license", "origin", "generator"),
                    *_own_fields(),
                    *(pa.field(name, pa.float64()) for name in _score_columns(rules)),
                    *(pa.field(f"mt_{name}", pa.float64()) for name in self._opinion_names()),
                ]
            ),
            reasons=frozenset(reasons).union(*(one.reasons() for one in rules)),
        )

    def generators(self, resources: Resources) -> Mapping[str, Mapping[str, str]]:
        engine = engine_of(self.engine, resources.files[ENGINES_FILE])
        table = load_table(resources.files[TABLE_FILE], TABLE_FILE)
        made = generator(engine.model, engine.revision, engine.license, table)
        terms = {"license_class": made.license_class, "output_terms": engine.output_terms, "evidence": engine.evidence}
        return {self.engine: {"name": made.name, "revision": made.revision, "license": made.license, **terms}}

    def build(self, resources: Resources) -> "TranslateStep":
        table = load_table(resources.files[TABLE_FILE], TABLE_FILE)
        engine = engine_of(self.engine, resources.files[ENGINES_FILE])
        cache = open_cache(resources.places.translations)
        rules = self._rules(resources)
        ways = {
            tag: _Way(
                self._translator(engine, tag, cache, resources.places.engines.get(self.engine)),
                tuple(bound for one in rules for bound in bind(one, self.source, tag)),
                _direction(rules, self.source, tag, resources.files),
                self._opinions(resources, tag, cache),
            )
            for tag in self.to
        }
        return TranslateStep(self, engine, ways, table, cache)

    def _rules(self, resources: Resources) -> list[TranslationRules]:
        return [read_rules(name, resources.files) for name in self.filters]

    def _opinion_names(self) -> list[str]:
        return opinion_names(self.similarity, self.round_trip)

    def _opinions(self, resources: Resources, tag: str, cache: Cache) -> Opinions:
        similarity = round_trip = None
        if self.similarity is not None:
            similarity = self.similarity, open_embedding(self.similarity.embedding, None, gpu=False, threads=1)
        if self.round_trip is not None:
            name = self.round_trip.engine
            engine = engine_of(name, resources.files[ENGINES_FILE])
            backend = open_backend(name, engine, Way(tag, self.source), location=resources.places.engines.get(name))
            origin = Origin(name, engine.fingerprint(), tag, self.source)
            round_trip = self.round_trip, Translator(backend, cache, origin, lost_masks="reject")
        return Opinions(tag, similarity, round_trip)

    def _translator(self, engine: Engine, tag: str, cache: Cache, location: str | None) -> Translator:
        backend = open_backend(self.engine, engine, Way(self.source, tag), location=location)
        origin = Origin(self.engine, engine.fingerprint(), self.source, tag)
        reading = Reading(self.fields if self.texts == "rows" else ())
        return Translator(backend, cache, origin, lost_masks=self.lost_masks, context=engine.context, reading=reading)


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction: what translates, and by what that is checked."""

    translator: Translator
    checks: tuple[BoundCheck, ...]
    direction: Direction
    opinions: Opinions

    def scores(self, results: Sequence[Result], pairs: Pairs) -> list[dict[str, float | None]]:
        """Return the value of each measure for each document that has a translation."""
        measures = {check.check.name: check.check for check in self.checks}
        columns = {name: check.compute(pairs, self.direction).tolist() for name, check in measures.items()}
        return [
            {
                **{name: round(values[row], 4) for name, values in columns.items()},
                **self.opinions.values(result.segments),
            }
            for row, result in enumerate(results)
        ]

    def verdict(self, scores: Mapping[str, float | None]) -> tuple[str | None, str | None]:
        """Return the first reason against a translation and its evidence; None where there is none."""
        for check in self.checks:
            value = scores[check.check.name]
            if value is not None and check.fails(np.array([value]))[0]:
                return check.reason, check.detail(value)
        opinion = self.opinions.verdict(scores)
        return (None, None) if opinion is None else (f"translate.{opinion[0]}", opinion[1])


class TranslateStep:
    """The step.

    Args:
        spec: what the recipe says.
        engine: from the registry.
        ways: target tag -> what translates into it.
        table: of licenses.
        cache: of the run.
    """

    def __init__(
        self,
        spec: TranslateSpec,
        engine: Engine,
        ways: Mapping[str, _Way],
        table: LicenseTable,
        cache: Cache,
    ) -> None:
        self._spec, self._engine, self._ways, self._cache = spec, engine, ways, cache
        self._table, self._licensing = table, Licensing(table)
        self._generator = generator(engine.model, engine.revision, engine.license, table).spelled()
        self._judges_nothing = table.policy(spec.allow).record_only
        self._terms: dict[str, str | Incompatible | None] = {}
        self._words = dict.fromkeys(ways, 0)

    def __call__(self, batch: Batch) -> Outcome:
        parents = self._wanted(batch)
        derived: list[dict[str, Any]] = []
        verdicts: list[tuple[str | None, str | None]] = []
        passing: list[bool] = []  # trouble of the engine's: another try may end better
        for tag, way in self._ways.items():
            for parent, result, scores in self._translated(parents, tag, way):
                derived.append(self._row(parent, tag, result, scores))
                verdicts.append(self._verdict(parent, result, way, scores))
                passing.append(result is not None and result.failure is not None and not result.failure.lasting)
        return Outcome(
            Batch(pa.RecordBatch.from_pylist(derived, schema=_derived_schema(batch.rows.schema, self._ways))),
            strings(reason for reason, _ in verdicts),
            strings(detail for _, detail in verdicts),
            strings(row["parent_ids"][0] for row in derived),
            booleans(passing),
        )

    def take_work(self) -> list[dict[str, str | int]]:
        """Return what was done since it was last asked, by target; `words` are the source's, of documents that have a translation.

        What a second engine translated back was asked for, too, and is a direction of its own.
        """
        done: list[dict[str, str | int]] = []
        for tag, way in self._ways.items():
            about = {"engine": self._spec.engine, "source": self._spec.source, "target": tag}
            done.append({**about, "words": self._words[tag], **asdict(way.translator.work)})
            self._words[tag], way.translator.work = 0, Work()
            if way.opinions.round_trip is not None:
                asked, back = way.opinions.round_trip
                about = {"engine": asked.engine, "source": tag, "target": self._spec.source}
                done.append({**about, "words": 0, **asdict(back.work)})
                back.work = Work()
        return done

    def close(self) -> None:
        """Close engines and cache."""
        for way in self._ways.values():
            way.translator.close()
            way.opinions.close()
        self._cache.close()

    def _wanted(self, batch: Batch) -> list[dict[str, Any]]:
        """Return the native rows in the source language, of the tracks that the step is for."""
        tracks = self._spec.tracks
        columns = (optional_texts(batch.column(name)) for name in ("language", "origin", "track"))
        rows = [
            row
            for row, (language, origin, track) in enumerate(zip(*columns, strict=True))
            if language == self._spec.source and origin == "native" and (tracks is None or track in tracks)
        ]
        needed = [name for name in _NEEDED if name in batch.rows.schema.names]
        found: list[dict[str, Any]] = batch.rows.select(needed).take(pa.array(rows, pa.int64())).to_pylist()
        return found

    def _translated(
        self, parents: Sequence[Mapping[str, Any]], tag: str, way: _Way
    ) -> Iterator[tuple[Mapping[str, Any], Result | None, Mapping[str, float | None]]]:
        """Yield each document with its translation and scores; none where its license gives no leave to translate."""
        licensed = [self._has_leave(parent["license"]) for parent in parents]
        texts = [parent["text"] or "" for parent, leave in zip(parents, licensed, strict=True) if leave]
        results = way.translator.translate(texts)
        translated = [result for result in results if result.text is not None]
        pairs = Pairs([result.segments for result in translated])
        self._words[tag] += int(pairs.source_table.word_bounds[-1])
        scores = iter(way.scores(translated, pairs))
        made = iter(results)
        for parent, leave in zip(parents, licensed, strict=True):
            result = next(made) if leave else None
            yield parent, result, next(scores) if result is not None and result.text is not None else {}

    def _has_leave(self, expression: str | None) -> bool:
        """Return whether a text may be translated; one of no known license may where the policy judges nothing."""
        terms = self._license(expression)
        return isinstance(terms, str) or (terms is None and self._judges_nothing)

    def _license(self, expression: str | None) -> str | Incompatible | None:
        """Return under what a translation may be shared, or why it may not; None where no license is known."""
        if expression is None:
            return None
        if expression not in self._terms:
            if len(self._terms) >= _REMEMBERED:  # rows may combine licenses in ever new ways
                self._terms.clear()
            try:
                self._terms[expression] = derive([expression], self._table)
            except ValueError:
                self._terms[expression] = None
        return self._terms[expression]

    def _verdict(
        self, parent: Mapping[str, Any], result: Result | None, way: _Way, scores: Mapping[str, float | None]
    ) -> tuple[str | None, str | None]:
        if result is None:
            terms = self._license(parent["license"])
            if isinstance(terms, Incompatible):
                return "translate.license_forbids", terms.reason
            return "translate.no_license", f"license {parent['license'] or 'unknown'}"
        if result.failure is not None:
            return f"translate.{result.failure.reason}", result.failure.detail
        return way.verdict(scores)

    def _row(
        self, parent: Mapping[str, Any], tag: str, result: Result | None, scores: Mapping[str, float | None]
    ) -> dict[str, Any]:
        terms = self._license(parent["license"])
        expression = terms if isinstance(terms, str) else None
        text = None if result is None else result.text
        return {
            **{name: parent[name] for name in _TAKEN_OVER if name in parent},
            **{f"mt_{name}": value for name, value in scores.items()},
            "doc_id": document_id("translate", parent["doc_id"], self._spec.engine, tag, self._spec.name),
            "text": text,
            "content_hash": None if text is None else content_hash(text),
            "language": tag,
            "script": tag.partition("_")[2],
            "license": expression,
            "license_class": self._licensing.class_of(expression) if expression else "unknown",
            "license_port": parent.get("license_port") if expression == parent["license"] else None,
            "origin": "mt",
            "generator": self._generator,
            "parent_ids": [parent["doc_id"]],
            "parallel_id": parent.get("parallel_id") or parent["doc_id"],
            "mt_segments": None if result is None else len(result.segments.sources),
            "mt_avg_logprob": None if result is None else result.avg_logprob,
        }


def _derived_schema(schema: pa.Schema, ways: Mapping[str, _Way]) -> pa.Schema:
    names = dict.fromkeys(f"mt_{check.check.name}" for way in ways.values() for check in way.checks)
    names |= {f"mt_{name}": None for way in ways.values() for name in way.opinions.names()}
    own = [*_own_fields(), *(pa.field(name, pa.float64()) for name in names)]
    return pa.schema([*schema, *(column for column in own if column.name not in schema.names)])


def _own_fields() -> list[pa.Field]:
    return [
        *fields("license_class", "parent_ids", "parallel_id"),
        pa.field("mt_segments", pa.int32()),
        pa.field("mt_avg_logprob", pa.float64()),
    ]


def _canonical(tag: str) -> str:
    try:
        return canonical(tag)
    except RecipeError as error:
        raise ValueError(f"{error.message} {error.remedy or ''}".strip()) from error


def _check_direction(name: str, engine: Engine, source: str, target: str, *, field: str) -> None:
    """Refuse an engine for a direction that it does not know."""
    if not engine.translates(source, target):
        known = ", ".join(f"{one} to {two}" for one, two in engine.pairs)
        raise RecipeError(
            f"the engine {name} does not translate {source} into {target}",
            field=field,
            remedy=f"It translates {known}.",
        )


def _check_terms(name: str, engine: Engine, allow: str, table: LicenseTable) -> None:
    """Refuse an engine whose makers ask more of its output than the corpus's policy does."""
    rule = table.policy(allow, field="allow")
    if rule.record_only:
        return
    allowed = _OPEN | ({"noncommercial"} & set(rule.classes))
    found = Licensing(table).class_of(engine.license)
    if found not in allowed:
        raise RecipeError(
            f"the engine {name} is under {engine.license}, of class {found}, and the policy {allow} is for {', '.join(sorted(allowed))}",
            field="engine",
            remedy="Name another engine, or a policy for corpora that may be under such terms.",
        )
    if engine.output_terms == "restricted" or (
        engine.output_terms == "noncommercial" and "noncommercial" not in allowed
    ):
        raise RecipeError(
            f"the makers of the engine {name} restrict what may be done with translations ({engine.output_terms})",
            field="engine",
            remedy=f"Their terms: {engine.evidence}",
        )


def _direction(rules: Sequence[TranslationRules], source: str, target: str, files: Mapping[str, str]) -> Direction:
    identifier = open_identifiers(_IDENTIFIERS, {}, max_characters=_MAX_CHARACTERS)
    lexicons = [one.lexicon() for one in rules]
    lexicon = Lexicon(
        tuple(phrase for one in lexicons for phrase in one.refusals),
        {tag: words for one in lexicons for tag, words in one.negations.items()},
        {tag: words for one in lexicons for tag, words in one.translated.items()},
    )
    return direction_between(source, target, files, identifier=identifier, lexicon=lexicon)


def _score_columns(rules: Sequence[TranslationRules]) -> list[str]:
    """Return a column for each measure that rules ask for."""
    return list(dict.fromkeys(f"mt_{rule.measure}" for one in rules for rule in one.rules))
