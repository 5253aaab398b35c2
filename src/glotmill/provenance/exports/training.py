"""What a provider of a general-purpose AI model publishes about training content in the EU, as far as this corpus knows it.

The sections are those of the template of the AI Office for Article 53(1)(d) of Regulation (EU) 2024/1689, presented on
24 July 2025 and adopted with its explanatory notice as C(2025) 8311 on 5 December 2025. A corpus is not a model: whatever
only the provider knows is marked as the provider's to fill in, and stays empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any, Final, Literal

from glotmill.core.errors import RecipeError
from glotmill.io import storage
from glotmill.provenance.exports.corpus import Corpus, json_text, language_tag
from glotmill.provenance.exports.escape import plain
from glotmill.provenance.exports.survey import DomainSize, Survey
from glotmill.provenance.histograms import NONE
from glotmill.provenance.lineage import lineage
from glotmill.text.tags import describe

SUMMARY: Final = "training-summary.md"
SUMMARY_JSON: Final = "training-summary.json"
DOMAINS: Final = "training-domains.tsv"
TEMPLATE: Final = "Template for the Public Summary of Training Content for general-purpose AI models"

# Section 2.3: the largest domains by size of the content; small and medium enterprises name fewer.
SHARE: Final = 0.10
SHARE_OF_SMALL: Final = 0.05
MOST_OF_SMALL: Final = 1000
_SHOWN: Final = 1000  # domains on the page itself
_CRAWLED: Final = frozenset({"crawl", "warc"})
# Section 1.3: the ranges of the template, in tokens.
_RANGES: Final = (
    (1_000_000_000, "Less than 1 billion tokens"),
    (10_000_000_000_000, "1 billion to 10 trillion tokens"),
)
_LARGEST: Final = "More than 10 trillion tokens"
_NONE: Final = "none"
Value = str | int | tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One field of the template.

    Args:
        field: what it asks for.
        by: who can answer: the `corpus`, the `provider`, or both, where the corpus answers for its own part.
        value: what the corpus knows; None where the provider has to say it.
    """

    field: str
    by: Literal["corpus", "provider", "both"]
    value: Value = None


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the template; `number` and `title` as there."""

    number: str
    title: str
    answers: tuple[Answer, ...]


def listed(domains: int) -> int:
    """Return how many domains the template asks for: the top tenth, and at least one where there is any."""
    return ceil(domains * SHARE)


def listed_by_small(domains: int) -> int:
    """Return how many a small or medium enterprise names: the top twentieth, and no more than 1,000."""
    return min(MOST_OF_SMALL, ceil(domains * SHARE_OF_SMALL))


def write(corpus: Corpus, found: Survey, out: str) -> list[str]:
    """Write the list of domains, then the summary as a page and as JSON; return their names."""
    shown = _write_domains(found, storage.join(out, DOMAINS))
    sections = _sections(corpus, found)
    value = {
        "template": TEMPLATE,
        "law": "Regulation (EU) 2024/1689, Article 53(1)(d)",
        "corpus": corpus.name,
        "release": corpus.manifest["release"],
        "manifest_sha256": corpus.manifest_sha256,
        "sections": [
            {
                "number": section.number,
                "title": section.title,
                "fields": [
                    {"field": answer.field, "filled_in_by": answer.by, "value": answer.value}
                    for answer in section.answers
                ],
            }
            for section in sections
        ],
        "domains": {
            "file": DOMAINS,
            "all": found.domains,
            "listed": listed(found.domains),
            "listed_by_small_enterprises": listed_by_small(found.domains),
        },
    }
    storage.write_bytes(storage.join(out, SUMMARY_JSON), json_text(value).encode())
    storage.write_bytes(storage.join(out, SUMMARY), _page(corpus, found, sections, shown).encode())
    return [SUMMARY, SUMMARY_JSON, DOMAINS]


def _write_domains(found: Survey, address: str) -> list[DomainSize]:
    """Write the domains that the template asks for, the largest first; return those that the page shows."""
    small, shown = listed_by_small(found.domains), []
    with storage.open_write(address) as stream:
        stream.write(b"rank\tdomain\tbytes\tdocuments\tlisted_by_small_enterprises\n")
        for rank, one in enumerate(islice(found.by_size(), listed(found.domains)), start=1):
            mark = "yes" if rank <= small else "no"
            stream.write(f"{rank}\t{one.domain}\t{one.bytes}\t{one.documents}\t{mark}\n".encode())
            if rank <= _SHOWN:
                shown.append(one)
    return shown


def _sections(corpus: Corpus, found: Survey) -> tuple[Section, ...]:
    return (
        Section("1.1", "Provider identification", _provider("Provider name and contact details", "Authorised representative name and contact details")),
        Section("1.2", "Model identification", _provider("Versioned model name(s)", "Model dependencies", "Date of placement of the model on the Union market")),
        _size(corpus),
        _datasets(corpus),
        Section(
            "2.2.1",
            "Datasets commercially licensed by rightsholders or their representatives",
            _provider("Have you concluded transactional commercial licensing agreements?", "Modalities of the content"),
        ),
        Section(
            "2.2.2",
            "Private datasets obtained from other third parties",
            _provider("Have you obtained private datasets from third parties that are not licensed as in 2.2.1?", "Modalities of the content", "List of private datasets that are publicly known"),
        ),
        _crawled(corpus, found),
        Section(
            "2.4",
            "User data",
            _provider("Was data from user interactions with the AI model used?", "Was data from user interactions with other services or products used?", "Description of those services or products", "Modalities"),
        ),
        _synthetic(corpus),
        Section("2.6", "Other sources of data", _provider("Have data sources other than those of 2.1 to 2.5 been used?", "Description of these sources")),
        _reservations(corpus),
        _illegal(corpus),
        Section("3.3", "Other information (optional)", (Answer("Other relevant information about data processing", "both", _chain(corpus)),)),
    )  # fmt: skip


def _provider(*fields: str) -> tuple[Answer, ...]:
    return tuple(Answer(field, "provider") for field in fields)


def _size(corpus: Corpus) -> Section:
    totals = corpus.manifest["totals"]
    tokens = int(totals["tokens"])
    counted = next((name for bound, name in _RANGES if tokens < bound), _LARGEST) if tokens else None
    known = f"{counted}: {tokens:,} in this corpus" if counted else f"{totals['documents']:,} documents in this corpus"
    return Section(
        "1.3",
        "Modalities, overall training data size and other characteristics",
        (
            Answer("Modality", "both", "Text"),
            Answer("Training data size", "both", known),
            Answer("Types of content", "provider"),
            Answer("Latest date of data acquisition/collection for model training", "both", corpus.last_crawled),
            Answer("Linguistic characteristics of the overall training data", "both", _languages(corpus)),
            Answer(
                "Other relevant characteristics of the overall training data",
                "both",
                tuple(f"{name}: {rows:,} documents" for name, rows in corpus.histogram("license_class").items()),
            ),
        ),
    )


def _datasets(corpus: Corpus) -> Section:
    kinds = {spec["of"]: spec["kind"] for spec in corpus.source_specs()}
    rows = corpus.histogram("source")
    sources = tuple(
        {
            "name": source["name"],
            "documents": rows.get(name, 0),
            "homepage": source.get("homepage"),
            "license": source["license"]["expression"],
            "read_as": kinds.get(name),
        }
        for name, source in sorted(corpus.manifest["sources"].items())
        if kinds.get(name) not in _CRAWLED
    )
    return Section(
        "2.1",
        "Publicly available datasets",
        (
            Answer("Have you used publicly available datasets to train the model?", "provider"),
            Answer("Datasets that this corpus was made from (which are public, and which private, the provider says)", "both", sources or _NONE),
            Answer("General description of other publicly available datasets", "provider"),
        ),
    )  # fmt: skip


def _crawled(corpus: Corpus, found: Survey) -> Section:
    specs = [spec for spec in corpus.source_specs() if spec["kind"] in _CRAWLED]
    crawled = corpus.manifest["totals"]["crawled"]
    period = None if crawled is None else f"{crawled['first'][:10]} to {crawled['last'][:10]}"
    own = any(spec["kind"] == "crawl" for spec in specs)
    behaviour = (
        "Glotmill's crawler: robots.txt by RFC 9309, refusals of training in robots.txt, HTTP headers and pages as the "
        "recipe's consent policy says, a pause between requests to one host."
    )
    archives = tuple(str(spec["of"]) for spec in specs)
    return Section(
        "2.3",
        "Data crawled and scraped from online sources",
        (
            Answer("Were crawlers used by the provider or on behalf of the provider?", "both", _yes(own)),
            Answer("Crawler name(s)/identifier(s)", "provider"),
            Answer("Purposes of the crawler(s)", "provider"),
            Answer("General description of crawler behaviour", "both", behaviour if own else None),
            Answer("Period of data collection", "both", period),
            Answer("Web archives and crawls that this corpus was made from", "both", archives or _NONE),
            Answer("Type of content and online sources crawled", "provider"),
            Answer("Modality", "both", "Text" if specs else None),
            Answer(
                "Summary of the most relevant domain names",
                "both",
                f"{listed(found.domains):,} of {found.domains:,} registered domains of the track web, the top 10 % by bytes of text, stand in "
                f"{DOMAINS}; the first {listed_by_small(found.domains):,} are the top 5 %, at most 1,000, that small and "
                "medium enterprises name",
            ),
        ),
    )


def _synthetic(corpus: Corpus) -> Section:
    made = {name: rows for name, rows in corpus.histogram("origin").items() if name not in ("native", NONE)}
    return Section(
        "2.5",
        "Synthetic data",
        (
            Answer("Was synthetic AI-generated data used to train the model?", "both", _yes(bool(made))),
            Answer("Documents of this corpus that people did not write", "both", tuple(f"{name}: {rows:,}" for name, rows in made.items()) or _NONE),
            Answer("General-purpose AI model(s) that generated them (column `generator`)", "provider"),
        ),
    )  # fmt: skip


def _reservations(corpus: Corpus) -> Section:
    permits = [
        f"step {step['name']} of {one['name']}@{one['version']}: consent {step['consent']}, license policy {step['allow']}"
        for one in reversed(list(lineage(corpus.manifest)))
        for step in one["recipe"]["steps"]
        if step["kind"] == "permit"
    ]
    verdicts = tuple(f"{name}: {rows:,} documents" for name, rows in corpus.histogram("consent").items())
    read = (
        "Signals read: robots.txt, X-Robots-Tag and robots meta tags, TDM Reservation Protocol, AIPREF, Content-Signal."
    )
    return Section(
        "3.1",
        "Respect of reservation of rights from text and data mining exception or limitation",
        (
            Answer("Are you a signatory to the Code of Practice for general-purpose AI models?", "provider"),
            Answer("Measures before model training", "both", (*permits, read) if permits else None),
            Answer("What owners said, in this corpus", "both", verdicts or _NONE),
        ),
    )


def _illegal(corpus: Corpus) -> Section:
    labels: dict[str, int] = {}
    for own in corpus.manifest["totals"]["labels"].values():
        for name, rows in own.items():
            labels[name] = labels.get(name, 0) + rows
    marked = tuple(f"{name}: {rows:,} documents are marked so" for name, rows in sorted(labels.items()))
    return Section(
        "3.2",
        "Removal of illegal content",
        (
            Answer("General description of measures taken", "provider"),
            Answer("Labels of documents in this corpus", "both", marked or "none was looked for, or none found"),
        ),
    )


def _chain(corpus: Corpus) -> tuple[str, ...]:
    return tuple(corpus.history)


def _languages(corpus: Corpus) -> tuple[str, ...]:
    rows = sorted(corpus.histogram("language").items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(f"{_language(tag)}: {documents:,} documents" for tag, documents in rows)


def _language(tag: str) -> str:
    if tag == NONE:
        return "not identified"
    try:
        return f"{describe(tag).name} ({language_tag(tag)})"
    except RecipeError:
        return tag


def _yes(answer: bool) -> str | None:  # noqa: FBT001  # the answer itself
    """Return "Yes" where the corpus knows it; that other data holds none of it only the provider knows."""
    return "Yes" if answer else None


def _page(corpus: Corpus, found: Survey, sections: Iterable[Section], shown: list[DomainSize]) -> str:
    lines = [
        "# Public summary of training content: the part of one corpus",
        "",
        (
            f"Prepared for {plain(corpus.name)}, release {corpus.manifest['release']}, by the sections of the {TEMPLATE} "
            "(Regulation (EU) 2024/1689, Article 53(1)(d)). It describes this corpus, not a model: who trains on it fills in what "
            "is marked, adds other data, and answers for the whole."
        ),
        "",
    ]
    for section in sections:
        lines += [f"## {section.number} {section.title}", ""]
        for answer in section.answers:
            lines += _shown(answer)
        lines.append("")
        if section.number == "2.3" and shown:
            lines += ["| rank | domain | bytes of text | documents |", "|---:|---|---:|---:|"]
            lines += [
                f"| {rank} | {plain(one.domain)} | {one.bytes:,} | {one.documents:,} |"
                for rank, one in enumerate(shown, start=1)
            ]
            rest = listed(found.domains) - len(shown)
            lines += ["", *([f"{rest:,} more stand in {DOMAINS}.", ""] if rest else [])]
    return "\n".join(lines).rstrip() + "\n"


def _shown(answer: Answer) -> list[str]:
    if not answer.value:
        return [f"- **{answer.field}**: _to be filled in by the provider_"]
    if isinstance(answer.value, tuple):
        return [f"- **{answer.field}**:", *(f"  - {_entry(one)}" for one in answer.value)]
    return [f"- **{answer.field}**: {plain(str(answer.value), 1_000)}"]


def _entry(one: Any) -> str:
    if isinstance(one, Mapping):
        return ", ".join(f"{key.replace('_', ' ')}: {plain(str(value))}" for key, value in one.items() if value)
    return plain(str(one), 1_000)
