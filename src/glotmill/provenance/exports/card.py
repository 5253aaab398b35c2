"""README.md: the dataset card of the Hugging Face Hub, with a configuration per language, license class and state."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from glotmill.core.errors import RecipeError
from glotmill.licensing.linting.entries import EACH_ITS_OWN
from glotmill.provenance.exports import attribution, licenses
from glotmill.provenance.exports.corpus import Corpus, ids, language_tag
from glotmill.provenance.exports.escape import link, plain
from glotmill.provenance.histograms import NONE
from glotmill.text.tags import describe

FILE: Final = "README.md"
# Bounds of the Hub's size categories, in documents.
_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")  # readers refuse other names of configurations
_CONFIGURED: Final = ("language", "license_class", "license_state")
_LISTED: Final = 200  # languages, licenses and sources shown in a table; the manifest has all


def text(corpus: Corpus) -> str:
    """Return the card: YAML front matter for machines, and a page for people."""
    head = yaml.safe_dump(_front_matter(corpus), allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{head}---\n\n{_page(corpus)}"


def configurations(corpus: Corpus) -> dict[str, list[str]]:
    """Return configuration -> patterns of its files: `default`, then each language, license class and license state.

    A value has one where no folder holds rows of it and of others. A state has none where all rows are of one state.
    """
    found = {"default": ["data/**/*.parquet"]} if corpus.manifest["parts"] else {}
    folders = _folders(corpus)
    for column in _CONFIGURED:
        values = sorted({value for histograms in folders.values() for value in histograms[column]} - {NONE})
        for value in values:
            holding = {folder for folder, histograms in folders.items() if value in histograms[column]}
            pure = all(set(folders[folder][column]) == {value} for folder in holding)
            useful = column != "license_state" or len(values) > 1
            if pure and useful and _NAME.fullmatch(value) and value not in found:
                found[value] = [f"{folder}/*.parquet" for folder in sorted(holding)]
    return found


def _folders(corpus: Corpus) -> dict[str, dict[str, set[str]]]:
    """Return folder -> column -> values that stand in its parts."""
    found: dict[str, dict[str, set[str]]] = {}
    for part in corpus.manifest["parts"]:
        folder = found.setdefault(str(part["path"]).rpartition("/")[0], {name: set() for name in _CONFIGURED})
        for column, values in folder.items():
            values.update(part["histograms"].get(column, {}))
    return found


def _front_matter(corpus: Corpus) -> dict[str, Any]:
    tags = [tag for tag in corpus.histogram("language") if tag != NONE]
    documents = int(corpus.manifest["totals"]["documents"])
    size = next((name for bound, name in _SIZES if documents < bound), "n>1T")
    return {
        "pretty_name": corpus.name,
        "version": corpus.manifest["release"],
        **({"language": sorted({_hub_language(tag) for tag in tags})} if tags else {}),
        **({"language_bcp47": sorted({language_tag(tag) for tag in tags})} if tags else {}),
        **_license(corpus),
        "multilinguality": "multilingual" if len(tags) > 1 else "monolingual",
        "size_categories": [size],
        "task_categories": ["text-generation"],
        "tags": ["pretraining", "glotmill"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == "default" else {}),
                "data_files": [{"split": "train", "path": patterns}],
            }
            for name, patterns in configurations(corpus).items()
        ],
    }


def _license(corpus: Corpus) -> dict[str, Any]:
    """Return the Hub's license fields: its own ids where it has one for each license, else `other` with name and link."""
    known = [corpus.hub_id(name) for name in ids(corpus.licenses)]
    plain_ids = all(" OR " not in expression for expression in corpus.licenses)
    if known and None not in known and not corpus.unlicensed and plain_ids:
        return {"license": sorted({name for name in known if name is not None})}
    return {"license": "other", "license_name": EACH_ITS_OWN, "license_link": licenses.FILE}


def _hub_language(tag: str) -> str:
    """Return the ISO 639 code that the Hub knows: of two letters where there is one, of three otherwise."""
    return language_tag(tag).partition("-")[0]


def _language_name(tag: str) -> str:
    try:
        return describe(tag).name
    except RecipeError:
        return ""


def _page(corpus: Corpus) -> str:
    manifest, totals = corpus.manifest, corpus.manifest["totals"]
    lines = [
        f"# {plain(corpus.name)}",
        "",
        plain(corpus.description, 5_000),
        "",
        (
            f"Release {manifest['release']}: {totals['documents']:,} documents, "
            f"{format(totals['tokens'], ',') + ' tokens, ' if totals['tokens'] else ''}"
            f"{totals['bytes']:,} bytes in {len(manifest['parts']):,} files. Everything on this page is derived from "
            "[manifest.json](manifest.json); `glotmill verify` proves the files against it."
        ),
        "",
        *_publisher(manifest["publisher"]),
        "## Reading it",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'corpus = load_dataset("path/of/this/folder", "default", split="train")',
        "```",
        "",
        _configured(corpus),
        "",
        "## Languages",
        "",
        *_table(corpus.histogram("language"), "language", lambda tag: f"{plain(tag)} {plain(_language_name(tag))}"),
        "",
        "## Licenses",
        "",
        (
            f"Each document keeps its own license, in the column `license`. [{licenses.FILE}]({licenses.FILE}) has them all, "
            f"[{attribution.FILE}]({attribution.FILE}) whom to credit."
        ),
        "",
        *_table(corpus.histogram("license"), "license", plain),
        "",
        *_table(corpus.histogram("license_state"), "how sure", plain),
        "",
        "## Wishes of the owners",
        "",
        "What owners say about training on their pages, in the column `consent`:",
        "",
        *_table(corpus.histogram("consent"), "consent", plain),
        "",
        "## Sources",
        "",
        *_sources(corpus),
        "",
        "## How it was made",
        "",
        *(f"1. {plain(step)}" for step in corpus.history),
        "",
        _account(manifest["account"]),
    ]
    return "\n".join(lines) + "\n"


def _publisher(publisher: Mapping[str, Any] | None) -> list[str]:
    if publisher is None:
        return []
    contact = f", contact: {plain(publisher['contact'])}" if publisher["contact"] else ""
    return [f"Published by {plain(publisher['name'])}, {link(publisher['url'])}{contact}.", ""]


def _configured(corpus: Corpus) -> str:
    names = list(configurations(corpus))
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED])
    return (
        f"Configurations: {listed}{' and more' if len(names) > _LISTED else ''}." if names else "It holds no document."
    )


def _table(histogram: Mapping[str, int], title: str, show: Any) -> list[str]:
    rows = sorted(histogram.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"| {title} | documents |", "|---|---:|"]
    lines += [f"| {'none' if name == NONE else show(name)} | {documents:,} |" for name, documents in rows[:_LISTED]]
    rest = rows[_LISTED:]
    return [*lines, f"| {len(rest):,} others | {sum(documents for _, documents in rest):,} |"] if rest else lines


def _sources(corpus: Corpus) -> list[str]:
    rows = corpus.histogram("source")
    lines = ["| source | documents | homepage | terms |", "|---|---:|---|---|"]
    for name, source in sorted(corpus.manifest["sources"].items())[:_LISTED]:
        homepage = link(source["homepage"]) if source.get("homepage") else ""
        lines.append(f"| {plain(source['name'])} | {rows.get(name, 0):,} | {homepage} | {plain(source['terms'])} |")
    return lines


def _account(account: Mapping[str, Any]) -> str:
    return (
        f"{account['read']:,} documents were read and {account['derived']:,} derived from them; "
        f"{account['kept']:,} are here, {account['dropped']:,} were dropped, each for a reason in the ledger, and "
        f"{account['quarantined']:,} could not be processed."
    )
