"""The section on the tokenizer tax: how many tokens a language takes for what English says in fewer."""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Cell, Section
from glotmill.report.run_page.sampling import CHARACTERS, Document
from glotmill.stages.count_tokens import Count, open_tokenizer
from glotmill.text.scan import scan

ENGLISH: Final = "eng_Latn"
_PAIRS: Final = 200  # of a language with English
_ENGLISH_PARTS: Final = 20  # files that are looked into for the English sides of pairs
_LEAST: Final = 1_000  # words; a language with fewer is not compared
_SOURCES: Final = (
    "Fertility, tokens per word: Lundin et al. 2026, The Token Tax, AfricaNLP 2026 (arXiv:2509.05486), where it predicts how much "
    "worse models answer, and where twice the tokens are four times the cost of training. Premium, tokens of a text over tokens of the "
    "same text in English: Petrov et al. 2023, Language Model Tokenizers Introduce Unfairness Between Languages "
    "(arXiv:2305.15425); Solatorio et al. 2024, Double Jeopardy and Climate Impact in the Use of Large Language Models "
    "(arXiv:2410.10665). Words are those of Glotmill's scan in every script, bytes are of UTF-8."
)

Samples = Mapping[tuple[str, str], Sequence[Document]]


def section(facts: Facts, samples: Samples) -> Section:
    """Return the section."""
    chosen = facts.options.tokenizers
    if not chosen:
        words = "No tokenizer was named: glotmill report RUN --tokenizer NAME=tokenizer.json compares any."
        return Section("tokenizers", "Tokenizer tax", markup.paragraph(words))
    texts = {
        tag: [one.text for origin in ("native", "mt") for one in samples.get((tag, origin), ())]
        for tag in facts.languages
    }
    if ENGLISH not in texts and facts.options.english is not None:
        texts[ENGLISH] = [facts.options.english]
    sizes = {
        tag: (_words(own), sum(len(text.encode("utf-8", "replace")) for text in own)) for tag, own in texts.items()
    }
    pairs = _pairs(facts, samples)
    body = [markup.paragraph(_SOURCES)]
    if ENGLISH not in texts:
        body.append(
            markup.paragraph("There is no English text in this corpus: --english FILE gives one to compare with.")
        )
    body += [_one(name, open_tokenizer(chosen[name]), texts, sizes, pairs) for name in sorted(chosen)]
    return Section("tokenizers", "Tokenizer tax", "\n".join(body))


def _one(
    name: str,
    count: Count,
    texts: Mapping[str, Sequence[str]],
    sizes: Mapping[str, tuple[int, int]],
    pairs: Mapping[str, Sequence[tuple[str, str]]],
) -> str:
    tokens = {tag: sum(map(count, own)) for tag, own in texts.items()}
    enough = {tag: sizes[tag][0] >= _LEAST for tag in texts}
    english = _rates(tokens[ENGLISH], sizes[ENGLISH]) if enough.get(ENGLISH) else None
    rows: list[tuple[Cell, ...]] = []
    drawn = []
    for tag in texts:
        per_word, per_byte = _rates(tokens[tag], sizes[tag])
        own = pairs.get(tag, ())
        ours, theirs = sum(count(one) for one, _ in own), sum(count(other) for _, other in own)
        rows.append(
            (
                markup.language(tag),
                sizes[tag][0],
                round(per_word, 3) if per_word is not None and enough[tag] else None,
                round(per_byte, 4) if per_byte is not None and enough[tag] else None,
                _over(per_word, english[0] if english else None) if enough[tag] else None,
                _over(per_byte, english[1] if english else None) if enough[tag] else None,
                round(ours / theirs, 3) if theirs else None,
                len(own) or None,
            )
        )
        if enough[tag] and per_word is not None:
            drawn.append((markup.language(tag), (round(100 * per_word),)))
    title = f"Tokens per 100 words, {name}"
    columns = (
        "language", "words", "tokens per word", "tokens per byte", "per word, times English", "per byte, times English",
        "premium on parallel text", "pairs",
    )  # fmt: skip
    ordered = sorted(drawn, key=lambda row: (-row[1][0], row[0]))
    table = markup.table(
        columns, rows, caption=f"Tokenizer tax, {name}; languages with fewer than {_LEAST:,} words are not compared"
    )
    return markup.figure(title, svg.bars(("tokens per 100 words",), ordered, title=title), table)


def _rates(tokens: int, size: tuple[int, int]) -> tuple[float | None, float | None]:
    words, octets = size
    return (tokens / words if words else None, tokens / octets if octets else None)


def _over(value: float | None, english: float | None) -> float | None:
    return round(value / english, 3) if value is not None and english else None


def _words(texts: Sequence[str]) -> int:
    return int(scan(texts).word_counts.sum()) if texts else 0


def _pairs(facts: Facts, samples: Samples) -> dict[str, list[tuple[str, str]]]:
    """Return language -> (text, the same in English), whole texts only, where translation or the pages' own links pair them."""
    wanted: dict[str, list[tuple[str, Document]]] = {}
    for (tag, _), documents in samples.items():
        if tag == ENGLISH:
            continue
        for one in documents:
            for key in (*one.parents, *([one.parallel] if one.parallel else [])):
                wanted.setdefault(key, []).append((tag, one))
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for key, text in _english(facts, frozenset(wanted)):
        for tag, one in wanted[key]:
            own = found.setdefault(tag, {})
            if one.whole and len(own) < _PAIRS:
                own.setdefault(one.doc_id, (one.text, text))
    return {tag: list(own.values()) for tag, own in found.items()}


def _english(facts: Facts, keys: frozenset[str]) -> list[tuple[str, str]]:
    if not keys:
        return []
    found: list[tuple[str, str]] = []
    parts = [part["path"] for part in facts.manifest["parts"] if ENGLISH in part["histograms"].get("language", {})]
    for path in parts[:_ENGLISH_PARTS]:
        with storage.open_read(facts.folder.join(path)) as stream:
            file = pq.ParquetFile(stream)
            columns = ["doc_id", "language", "text", *({"parallel_id"} & set(file.schema_arrow.names))]
            for batch in file.iter_batches(1_000, columns=columns):
                for row in batch.to_pylist():
                    if row["language"] == ENGLISH and row["text"] and len(row["text"]) <= CHARACTERS:
                        found += [(key, row["text"]) for key in (row["doc_id"], row.get("parallel_id")) if key in keys]
    return found
