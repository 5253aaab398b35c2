"""A model's card for people, in Markdown."""

from collections.abc import Iterator, Mapping

import idna

from glotmill.provenance.exports.escape import plain
from glotmill.text.quality.card import Figure, LanguagePart, ModelCard, Rate

_MOST_CELL = 2_000  # characters
_CONTROLS = {
    "auc_shuffled_labels": "the same training on shuffled labels",
    "auc_words_alone": "number of words alone",
    "auc_line_breaks_alone": "line breaks per character alone",
}


def markdown(card: ModelCard) -> str:
    """Return the card as a Markdown page: data and licenses, metrics, controls, bands, keep rates."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: ModelCard) -> Iterator[str]:
    yield f"# {card.name} {card.version}"
    yield ""
    if card.description:
        yield from (card.description, "")
    yield f"A model of text quality for {', '.join(card.languages)}: {_kind(card)}. License {card.license}, SHA-256 `{card.sha256}`."
    yield ""
    for warning in card.warnings:
        yield f"- **{warning}**"
    yield from ("", "## Data", "", "| role | source | license | rows | used | left out |", "|---|---|---|---|---|---|")
    for source in card.data:
        refused = ", ".join(f"{reason} {count:,}" for reason, count in source.refused.items()) or "none"
        own = "".join(f"; {name} {count:,}" for name, count in source.licenses.items())
        yield (
            f"| {source.role} | {_cell(source.name)} | {_cell(source.license + own)} | {source.read:,} | {source.used:,} | {_cell(refused)} |"
        )
    counts = ", ".join(f"{what.replace('_', ' ')} {count:,}" for what, count in card.copies.items())
    yield from ("", f"Left out of both classes together: {counts}.")
    for tag, part in card.languages.items():
        yield from _language(card, tag, part)


def _kind(card: ModelCard) -> str:
    if card.embedding is not None and card.network is not None:
        embedding = card.embedding
        return (
            f"a network of {card.network.hidden} units over the embedding {embedding.name} ({embedding.engine}, "
            f"SHA-256 `{embedding.sha256}`)"
        )
    if card.ngrams:
        return f"fastText over words, pairs of words and {card.ngrams[0]} to {card.ngrams[1]} characters"
    return "fastText over words and pairs of words"


def _language(card: ModelCard, tag: str, part: LanguagePart) -> Iterator[str]:
    yield from ("", f"## {tag}", "")
    yield f"{part.positives:,} good and {part.negatives:,} bad documents of {part.domain_count} domains or sources; the largest:"
    yield from ("", "| domain | good | bad |", "|---|---|---|")
    yield from (f"| {_cell(_read_out(name))} | {good:,} | {bad:,} |" for name, (good, bad) in part.domains.items())
    yield from ("", "On domains that the model did not see, with 95 % intervals over domains:", "")
    yield from ("| measure | value | interval |", "|---|---|---|")
    yield from (_row(name.replace("_", " "), figure) for name, figure in part.metrics.items())
    yield from (_row(f"auc, seed {seed}", figure) for seed, figure in part.seeds.items())
    yield from (_row(f"control: {_CONTROLS.get(name, name)}", figure) for name, figure in part.controls.items())
    state = (
        f"an audit by people puts the floor at a score of {part.floor.least_score:g}: they called {part.floor.precision:.1%} of "
        f"hq good ({part.floor.low:.1%} or more, {part.floor.rated:,} rated). {_cell(part.floor.evidence)}"
        if part.floor
        else "nobody has rated them, so they are called unaudited: a quantile says nothing about how good the best are"
    )
    yield from (
        "",
        f"Bands begin at the quantiles {card.bands.hq:g} (hq) and {card.bands.mid:g} (mid) of {part.crawl:,} documents of a crawl; {state.removesuffix('.')}.",
        "",
    )
    yield from _rates("domain of the crawl", {_read_out(name): rate for name, rate in part.by_source.items()})
    kinds = (
        ("words", part.by_length),
        ("genre", part.by_genre),
        ("variety", part.by_variety),
        ("label", part.by_label),
    )
    for what, rates in kinds:
        if rates:
            yield ""
            yield from _rates(what, rates)


def _rates(what: str, rates: Mapping[str, Rate]) -> Iterator[str]:
    yield from (f"| {what} | documents | hq | mid or better |", "|---|---|---|---|")
    yield from (
        f"| {_cell(name)} | {rate.documents:,} | {rate.hq:.1%} | {rate.mid:.1%} |" for name, rate in rates.items()
    )


def _row(name: str, figure: Figure) -> str:
    value = "-" if figure.value is None else f"{figure.value:.3f}"
    between = "" if figure.low is None or figure.high is None else f"{figure.low:.3f} to {figure.high:.3f}"
    return f"| {name} | {value} | {between} |"


def _read_out(domain: str) -> str:
    """Return a domain with the letters that its ASCII form stands for (RFC 5891), beside that form."""
    if "xn--" not in domain:
        return domain
    try:
        return f"{idna.decode(domain)} ({domain})"
    except idna.IDNAError:
        return domain


def _cell(text: str) -> str:
    """Return what rows, hosts and raters say as text of a cell in which nothing is markup."""
    return plain(text, _MOST_CELL)
