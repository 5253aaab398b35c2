"""What people's ratings say of bands of quality: precision by language and band, agreement, and the floors that they bear."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from glotmill.report.quality_sheet import RATINGS, Ratings, Sheet
from glotmill.text.quality.agreement import Estimate, Stratum, kappa, precision
from glotmill.text.quality.card import BANDS, Floor

# Four good of four have a Wilson interval from 0.51, but an exact one from 0.40; ten of ten have 0.72 and 0.69.
LEAST_RATED: Final = 10


def findings(sheet: Sheet, ratings: Sequence[Ratings]) -> dict[str, Any]:
    """Return what one or two people say of a sheet's documents.

    A document is good, or bad, where all who rated it say so, and else unsure; precision is the share of the good among all
    rated. Bands over all languages, and `all` bands of a language, weigh each stratum by its documents in the corpus.

    Args:
        sheet: that was rated.
        ratings: of every row, by one person or two; none gives the sheet's own numbers.

    Returns:
        `languages` -> tag -> band or `all` -> documents, least_score, rated, good, bad, unsure, precision, low, high;
        `bands` -> band, the same over all languages; `annotators`; `agreement`, Cohen's kappa over the three words
        with its interval, and by language, or None without two people.
    """
    said = _joined(ratings)
    counts: dict[tuple[str, str], Counter[str]] = {key: Counter() for key in sheet.strata}
    for row in sheet.rows:
        if said:
            counts[row.language, row.band][said[row.doc_id]] += 1
    tags = sorted({tag for tag, _ in sheet.strata})
    return {
        "sheet": sheet.name,
        "documents": len(sheet.rows),
        "annotators": [
            {"by": one.by, "on": one.on.isoformat(), "file": one.file, **_counted(Counter(one.words.values()))}
            for one in ratings
        ],
        "languages": {
            tag: {
                **{band: _of(sheet, counts, [(tag, band)]) for band in BANDS if (tag, band) in sheet.strata},
                "all": _of(sheet, counts, [key for key in sheet.strata if key[0] == tag]),
            }
            for tag in tags
        },
        "bands": {
            band: _of(sheet, counts, keys)
            for band in BANDS
            if (keys := [(tag, band) for tag in tags if (tag, band) in sheet.strata])
        },
        "agreement": _agreement(sheet, ratings),
    }


def _joined(ratings: Sequence[Ratings]) -> dict[str, str]:
    words = [one.words for one in ratings]
    return {
        doc_id: word if all(other[doc_id] == word for other in words) else "unsure"
        for doc_id, word in (words[0].items() if words else ())
    }


def _counted(words: Counter[str]) -> dict[str, int]:
    return {word: words[word] for word in RATINGS}


def _of(
    sheet: Sheet, counts: Mapping[tuple[str, str], Counter[str]], keys: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    total = sum((counts[key] for key in keys), Counter())
    found = precision([Stratum(sheet.strata[key].documents, counts[key].total(), counts[key]["good"]) for key in keys])
    return {
        "documents": sum(sheet.strata[key].documents for key in keys),
        "least_score": min(sheet.strata[key].least_score for key in keys),
        "drawn": sum((row.language, row.band) in keys for row in sheet.rows),
        "rated": total.total(),
        **_counted(total),
        **_estimate("precision", found),
    }


def _estimate(name: str, found: Estimate | None) -> dict[str, float | None]:
    return {
        name: None if found is None else found.value,
        "low": None if found is None else found.low,
        "high": None if found is None else found.high,
    }


def _agreement(sheet: Sheet, ratings: Sequence[Ratings]) -> dict[str, Any] | None:
    if len(ratings) != 2:
        return None
    first, second = (one.words for one in ratings)

    def of(ids: Sequence[str]) -> dict[str, Any]:
        pairs = [(first[doc_id], second[doc_id]) for doc_id in ids]
        same = sum(one == other for one, other in pairs)
        return {"documents": len(pairs), "same": same, **_estimate("kappa", kappa(pairs))}

    tags = sorted({row.language for row in sheet.rows})
    return {
        **of([row.doc_id for row in sheet.rows]),
        "languages": {tag: of([row.doc_id for row in sheet.rows if row.language == tag]) for tag in tags},
    }


def floor(bands: Mapping[str, Mapping[str, Any]], *, least: float, evidence: str) -> Floor | str:
    """Return the floor that the ratings of a language bear, or why they bear none.

    Bands are asked from the best on, hq, mid, low, and each has to have the lower end of its interval at `least` or above: a
    fixed sequence, which stops at the first that has not, keeps its 95 % over all (Maurer, Hothorn and Lehmacher 1995). The floor
    is the least score in the corpus of the last band that has it.

    Args:
        bands: of the language, as in `findings`.
        least: precision that people have to find, 0 to 1.
        evidence: who rated, when, and how.
    """
    best = bands.get("hq")
    if best is None:
        return "the corpus has no document in hq"
    if best["rated"] < LEAST_RATED:
        return f"{best['rated']} documents in hq are rated, and {LEAST_RATED} are the least: draw a greater sheet"
    if best["low"] < least:
        return (
            f"precision of hq is {best['precision']:.2f} ({best['low']:.2f} to {best['high']:.2f}, {best['rated']} rated), and "
            f"its interval has to begin at {least:g} or above"
        )
    score = best["least_score"]
    for band in BANDS[1:]:
        found = bands.get(band)
        if found is None or found["rated"] < LEAST_RATED or found["low"] < least:
            break
        score = found["least_score"]
    return Floor(
        least_score=score, precision=best["precision"], low=best["low"], rated=best["rated"], evidence=evidence
    )


def evidence(sheet: Sheet, found: Mapping[str, Any], tag: str) -> str:
    """Return in words who rated a language's documents, when, and how, for the card."""
    people = " and ".join(f"{one['by']} on {one['on']}" for one in found["annotators"])
    bands = ", ".join(
        f"{band} {own['good']} good of {own['rated']}" for band, own in found["languages"][tag].items() if band in BANDS
    )
    said = f"Rated by {people}, blind, from the sheet {sheet.name}: {bands}."
    if found["agreement"] is None:
        return said
    own = found["agreement"]["languages"][tag]
    agreed = "undefined" if own["kappa"] is None else f"{own['kappa']:.2f} ({own['low']:.2f} to {own['high']:.2f})"
    return f"{said} Good is what both call good; they agree on {own['same']} of {own['documents']}, kappa {agreed}."
