"""Every kind of step and source, written out by hand; modules are imported when a recipe names the kind."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

from glotmill.core.errors import RecipeError
from glotmill.core.inputs import SourceSpec
from glotmill.core.steps import Spec
from glotmill.core.yamlfile import near

STEP_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "classify": "glotmill.stages.classify:ClassifySpec",
        "cap_translations": "glotmill.dedup.translation_share:CapTranslationsSpec",
        "count_tokens": "glotmill.stages.count_tokens:CountTokensSpec",
        "datatrove": "glotmill.stages.datatrove:DatatroveSpec",
        "decontaminate": "glotmill.stages.decontaminate:DecontaminateSpec",
        "exact_dedup": "glotmill.dedup.exact:ExactDedupSpec",
        "extract": "glotmill.stages.extract:ExtractSpec",
        "extract_sites": "glotmill.crawl.extract_sites:ExtractSitesSpec",
        "gate": "glotmill.stages.gate:GateSpec",
        "identify": "glotmill.stages.identify:IdentifySpec",
        "judge": "glotmill.stages.judge:JudgeSpec",
        "label": "glotmill.stages.label:LabelSpec",
        "line_dedup": "glotmill.dedup.lines:LineDedupSpec",
        "metadata": "glotmill.stages.metadata:MetadataSpec",
        "minhash_dedup": "glotmill.dedup.minhash:MinhashDedupSpec",
        "normalize": "glotmill.stages.normalize:NormalizeSpec",
        "permit": "glotmill.stages.permit:PermitSpec",
        "redact": "glotmill.stages.redact:RedactSpec",
        "rehydrate": "glotmill.stages.rehydrate:RehydrateSpec",
        "split_languages": "glotmill.stages.split_languages:SplitLanguagesSpec",
        "suspect_translation": "glotmill.stages.suspect_translation:SuspectTranslationSpec",
        "translate": "glotmill.stages.translate:TranslateSpec",
    }
)

# Column of a document -> the step kinds that provide it, for messages that miss one.
PROVIDERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "content_hash": ("normalize",),
        **dict.fromkeys(("language", "language_score", "language_alternates", "script"), ("identify",)),
        "date": ("metadata", "extract_sites"),
        "parallel_id": ("metadata",),
        **dict.fromkeys(
            ("license", "license_state", "license_class", "license_port", "license_evidence", "consent"), ("permit",)
        ),
        **dict.fromkeys(
            ("cluster_id", "cluster_size", "copies", "possible_laundering"), ("exact_dedup", "minhash_dedup")
        ),
        "tokens": ("count_tokens",),
        **dict.fromkeys(("mt_suspected", "mt_evidence"), ("suspect_translation",)),
        **dict.fromkeys(("quality_score", "quality_probability", "quality_quantile", "quality_band"), ("classify",)),
    }
)

SOURCE_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "commoncrawl": "glotmill.crawl.commoncrawl.source:CommonCrawlSource",
        "crawl": "glotmill.crawl.source:CrawlSource",
        "jsonl": "glotmill.io.jsonl:JsonlSource",
        "parquet": "glotmill.io.parquet:ParquetSource",
        "warc": "glotmill.io.warc:WarcSource",
        "wikimedia": "glotmill.io.wikimedia:WikimediaSource",
    }
)


def step_class(kind: str, *, file: str, field: str, extra: Mapping[str, type[Spec]]) -> type[Spec]:
    """Return the spec class of a step kind, built in or from another package (`extra`)."""
    if kind in extra:
        return extra[kind]
    if kind not in STEP_KINDS:
        known = [*STEP_KINDS, *extra]
        raise RecipeError(f"no such step kind: {kind!r}", file=file, field=f"{field}.kind", remedy=near(kind, known))
    return cast(type[Spec], _load(STEP_KINDS[kind]))


def advice(column: str) -> str:
    """Return which step to add for a column, as a sentence; empty where no kind is known to provide it.

    >>> advice("cluster_size")
    'Add a step of kind exact_dedup or minhash_dedup.'
    """
    return f"Add a step of kind {' or '.join(PROVIDERS[column])}." if column in PROVIDERS else ""


def source_class(kind: str, *, file: str, field: str) -> type[SourceSpec]:
    """Return the spec class of a source kind."""
    if kind not in SOURCE_KINDS:
        remedy = near(kind, SOURCE_KINDS)
        raise RecipeError(f"no such source kind: {kind!r}", file=file, field=f"{field}.kind", remedy=remedy)
    return cast(type[SourceSpec], _load(SOURCE_KINDS[kind]))


def _load(place: str) -> object:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
