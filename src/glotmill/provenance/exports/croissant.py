"""croissant.json: the corpus in Croissant 1.1 (MLCommons) with its vocabulary for responsible AI (RAI 1.0)."""

from collections.abc import Mapping
from typing import Any, Final

from glotmill.provenance.exports import attribution, licenses
from glotmill.provenance.exports.corpus import Corpus, ids, json_text, language_tag
from glotmill.provenance.exports.training import SUMMARY
from glotmill.provenance.histograms import NONE

FILE: Final = "croissant.json"
RECORDS: Final = "documents"  # the record set
_FILES: Final = "parts"
# The JSON-LD context of Croissant 1.1, without which readers warn.
_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# Arrow's names of types -> Croissant's. Lists and structs are left out: a reader finds them in the files.
_TYPES: Final[Mapping[str, str]] = {
    "string": "sc:Text",
    "large_string": "sc:Text",
    "bool": "sc:Boolean",
    "double": "sc:Float",
    "float": "sc:Float",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
}


def text(corpus: Corpus) -> str:
    """Return the JSON-LD document."""
    manifest, totals = corpus.manifest, corpus.manifest["totals"]
    pairs = sorted(
        {(name, port) for expression, port in corpus.under() if expression != NONE for name in ids([expression])}
    )
    named = list(dict.fromkeys(where for name, port in pairs if (where := corpus.address(name, port or None))))
    languages = sorted(_languages(corpus))
    document: dict[str, Any] = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": manifest["name"],
        "description": corpus.description,
        "version": manifest["release"],
        "identifier": f"{corpus.name}, manifest sha256:{corpus.manifest_sha256}",
        "license": named if named and not corpus.unlicensed else [*named, licenses.FILE],
        "inLanguage": languages,
        "isLiveDataset": False,
        "citeAs": f"{corpus.name}, release {manifest['release']}, made with Glotmill {manifest['code']['version']}, "
        f"manifest sha256:{corpus.manifest_sha256}",
        "creditText": f"See {attribution.FILE}.",
        "size": f"{totals['bytes']} B",
        "distribution": _distribution(corpus),
        "recordSet": [_records(corpus)] if manifest["parts"] else [],
        **_published(corpus),
        **_responsible(corpus),
    }
    return json_text(document)


def _published(corpus: Corpus) -> dict[str, Any]:
    """Return who published the corpus, where and when: Croissant asks for it, and only the recipe can say."""
    publisher = corpus.manifest["publisher"]
    if publisher is None:
        return {}
    organization = {"@type": "sc:Organization", "name": publisher["name"], "url": publisher["url"]}
    found: dict[str, Any] = {"url": publisher["url"], "creator": organization, "publisher": organization}
    return {**found, "datePublished": publisher["published"]} if publisher["published"] else found


def _languages(corpus: Corpus) -> set[str]:
    return {language_tag(tag) for tag in corpus.histogram("language") if tag != NONE}


def _distribution(corpus: Corpus) -> list[dict[str, Any]]:
    manifest = {
        "@type": "cr:FileObject",
        "@id": "manifest.json",
        "name": "manifest.json",
        "description": "What the corpus holds and how it was made, with the SHA-256 of every file.",
        "contentUrl": "manifest.json",
        "encodingFormat": "application/json",
        "sha256": corpus.manifest_sha256,
    }
    if not corpus.manifest["parts"]:
        return [manifest]
    parts = {
        "@type": "cr:FileSet",
        "@id": _FILES,
        "name": _FILES,
        "description": "The documents, in files by the recipe's partition.",
        "encodingFormat": "application/x-parquet",
        # Readers match a name as a whole, where ** stands for one folder at least.
        "includes": "data/**/*.parquet" if corpus.manifest["recipe"]["sink"]["partition_by"] else "data/*.parquet",
    }
    return [manifest, parts]


def _records(corpus: Corpus) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{RECORDS}/{column['name']}",
            "name": column["name"],
            "dataType": _TYPES[column["type"]],
            "source": {"fileSet": {"@id": _FILES}, "extract": {"column": column["name"]}},
        }
        for column in corpus.manifest["columns"]
        if column["type"] in _TYPES
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": RECORDS,
        "name": RECORDS,
        "description": "One record for each document. Times, lists and structs stand in the files and not here.",
        "key": {"@id": f"{RECORDS}/doc_id"},
        "field": fields,
    }


def _responsible(corpus: Corpus) -> dict[str, Any]:
    """Return the RAI properties: what the manifest knows, and nothing about what it does not."""
    manifest, totals = corpus.manifest, corpus.manifest["totals"]
    account, crawled = manifest["account"], totals["crawled"]
    sources = [f"{source['name']} ({source['terms']})" for _, source in sorted(manifest["sources"].items())]
    steps = corpus.history
    found: dict[str, Any] = {
        "rai:dataCollection": f"Documents of: {'; '.join(sources) or 'sources that the manifest names'}.",
        "rai:dataCollectionType": sorted({_collected(spec["kind"]) for spec in corpus.source_specs()}),
        "rai:dataPreprocessingProtocol": list(steps),
        "rai:dataCollectionMissingData": f"{account['read'] + account['derived']} documents were read or derived, "
        f"{account['dropped']} dropped with a reason in the ledger, {account['quarantined']} not processed.",
        "rai:dataUseCases": ["Training language models"],
        "rai:dataLimitations": [
            "Licenses are as sure as `license_state` says: " + _shares(corpus.histogram("license_state")),
            "What owners say of training stands in `consent`: " + _shares(corpus.histogram("consent")),
            "Bounds of quality filters per language: "
            + ", ".join(f"{tag} {about['status']}" for tag, about in sorted(manifest["languages"].items())),
        ],
        "rai:personalSensitiveInformation": _personal(steps),
        "rai:dataReleaseMaintenancePlan": "Whatever takes documents out of the corpus raises the first number of `version`. "
        f"What providers of models publish about training content is prepared in {SUMMARY}.",
    }
    if crawled is not None:
        found["rai:dataCollectionTimeFrame"] = [crawled["first"], crawled["last"]]
    return found


def _collected(kind: str) -> str:
    """Return a way of collecting by the list in the RAI vocabulary."""
    return "Web Scraping" if kind in ("crawl", "warc", "commoncrawl") else "Secondary Data Analysis"


def _shares(histogram: Mapping[str, int]) -> str:
    return ", ".join(f"{'none' if name == NONE else name} {rows}" for name, rows in histogram.items())


def _personal(steps: list[str]) -> str:
    redacting = [step for step in steps if step.endswith(" redact")]
    if not redacting:
        return "Nothing was done to find personal data; texts may hold it."
    return f"Replaced by {', '.join(redacting)} as the recipe in manifest.json says; what they do not look for stays."
