"""Writes the project of the Swahili example: seeds, their wrecks, a crawl with its truth, held-out text, and the recipes.

    python scripts/swahili_example.py FOLDER [--prose .cache/real/prose] [--stories ../shared/data/african_storybook.jsonl.gz]

Everything good was written by people: Swahili stories of the African Storybook and Swahili pages of the Scratch website
(`make prose`; licenses in manifests/prose.yaml). Authors, and on the website pages, are dealt by a hash to seeds (four tenths), the
crawl and held-out text (three tenths each), so that no author is in two of them. Bad text are wrecks of the same
documents (scripts/wrecks.py), in the crawl two of each good document, and the website's menus. So the crawl is made, and what is good in it is known:
`ukweli.json` says it of each address. Nothing of it is committed.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))

from render_storybook import LICENSES, read_stories  # noqa: E402  # not a package
from wrecks import KINDS, Wrecker  # noqa: E402

from glotmill.core.hashing import content_hash  # noqa: E402
from glotmill.text.rules import language_path, read_language  # noqa: E402

TAG = "swh_Latn"
LEAST_WORDS = 40  # of a story: picture books of three sentences are no running text
WRECKS = 2  # of each good document of the crawl
SOURCE = """\
name: Text of the Swahili example ({name})
license:
  expression: per-row
  evidence: Rows of the African Storybook name their own license; those of Scratch have that of scratch-l10n (manifests/prose.yaml).
terms: Attribution, as each row's license asks.
contact: none; the files stay on the machine that made them.
"""
TRAINING = """\
name: ubora-halisi
version: 1.0.0
languages: [swh_Latn]
positives: [{kind: jsonl, of: mbegu}]
negatives: [{kind: jsonl, of: takataka}]
crawl: [{kind: jsonl, of: mtandao}]
steps:
  - {name: clean, kind: normalize}
  - {name: language, kind: identify, identifier: words}
license: AGPL-3.0-only
"""
CORPUS = """\
name: swahili-halisi
version: 1.0.0
languages: [swh_Latn]
source: {kind: jsonl, of: mtandao}
steps:
  - {name: rights, kind: permit, allow: open-definition, consent: record-only}
  - {name: clean, kind: normalize}
  - {name: language, kind: identify, identifier: words}
  - {name: quality, kind: classify, model: ubora-halisi}
sink: {kind: parquet, partition_by: [language, quality_band]}
"""
ABLATION = """\
kind: ablation
name: linganisha
version: 1.0.0
language: swh_Latn
corpora: [swahili-halisi@1.0.0, swahili-halisi@1.0.0-bora]
held_out: {kind: jsonl, of: akiba}
seeds: [1, 2, 3]
"""


@dataclass(frozen=True)
class Text:
    """A document.

    Args:
        text: paragraphs.
        group: author, or page of the website: what is never in two parts.
        url: of it; an author is a site, and so is the website.
        license: as its source says.
    """

    text: str
    group: str
    url: str
    license: str

    @property
    def part(self) -> str:
        """Where it belongs: mbegu (seeds), mtandao (the crawl) or akiba (held out)."""
        place = int(content_hash(self.group)[:8], 16) % 10
        return "mbegu" if place < 4 else "mtandao" if place < 7 else "akiba"


def documents(stories: Path, prose: Path) -> list[Text]:
    """Return the good documents, stories first, in the order of the data."""
    found = []
    for story in read_stories(stories):
        if story.tag == TAG and len(story.text.split()) >= LEAST_WORDS:
            author = story.people[0][0] if story.people else story.number
            site = f"mwandishi-{content_hash(author)[:8]}.example"
            found.append(Text(story.text, author, f"https://{site}/{story.number}", LICENSES[story.family][0]))
    for row in _rows(prose / f"{TAG}.jsonl"):
        page = row["name"].rpartition(" ")[0] or row["name"]
        place = row["name"].replace(" ", "-")
        found.append(Text(row["text"], page, f"https://scratch.example/{place}", "AGPL-3.0-only"))
    return found


def menus(prose: Path) -> list[Text]:
    """Return the menus of the website."""
    rows = _rows(prose / "navigation" / f"{TAG}.jsonl")
    urls = (f"https://scratch.example/menu/{row['name'].replace(' ', '-')}" for row in rows)
    return [Text(row["text"], row["name"], url, "AGPL-3.0-only") for row, url in zip(rows, urls, strict=True)]


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def wrecked(text: Text, wrecker: Wrecker, most: int) -> Iterator[Text]:
    """Yield wrecks of a document, the kinds beginning where its address says."""
    start = int(content_hash(text.url)[:8], 16) % len(KINDS)
    found = 0
    for kind in (*KINDS[start:], *KINDS[:start]):
        wreck = wrecker.wreck(kind, text.text)
        if wreck is not None and found < most:
            found += 1
            yield Text(wreck, text.group, f"{text.url}/{kind}", text.license)


def write(folder: Path, stories: Path, prose: Path) -> dict[str, int]:
    """Write the project; return source -> documents."""
    name = language_path(TAG)
    language = read_language(TAG, {name: (ROOT / name).read_text("utf-8")})
    if language is None:
        raise SystemExit(f"{name} is missing")
    english = [story.text for story in read_stories(stories) if story.tag == "eng_Latn"]
    wrecker = Wrecker(language, english)
    good = documents(stories, prose)
    parts = {name: [text for text in good if text.part == name] for name in ("mbegu", "mtandao", "akiba")}
    bad = [wreck for text in parts["mtandao"] for wreck in wrecked(text, wrecker, WRECKS)]
    bad += [menu for menu in menus(prose) if menu.part == "mtandao"]
    sources = {
        "mbegu": parts["mbegu"],
        "takataka": [
            *(wreck for text in parts["mbegu"] for wreck in wrecked(text, wrecker, len(KINDS))),
            *(menu for menu in menus(prose) if menu.part == "mbegu"),
        ],
        "mtandao": sorted([*parts["mtandao"], *bad], key=lambda text: content_hash(text.url)),
        "akiba": parts["akiba"],
    }
    for name, texts in sources.items():
        _save(folder / "manifests" / "sources" / f"{name}.yaml", SOURCE.format(name=name))
        _save(folder / f"{name}.jsonl", "".join(_lines(texts)))
    truth = {text.url: word for word, texts in (("good", parts["mtandao"]), ("bad", bad)) for text in texts}
    _save(folder / "ukweli.json", json.dumps(truth, indent=1))
    _save(folder / "pipelines" / "quality" / "ubora-halisi.yaml", TRAINING)
    _save(folder / "pipelines" / "swahili-halisi.yaml", CORPUS)
    _save(folder / "pipelines" / "linganisha.yaml", ABLATION)
    return {name: len(texts) for name, texts in sources.items()}


def _lines(texts: Iterable[Text]) -> Iterator[str]:
    for text in texts:
        row: Mapping[str, str] = {"text": text.text, "language": TAG, "license": text.license, "url": text.url}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Write it and say how much there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prose", type=Path, default=ROOT / ".cache/real/prose")
    parser.add_argument("--stories", type=Path, default=ROOT.parent / "shared/data/african_storybook.jsonl.gz")
    arguments = parser.parse_args()
    for name, count in write(arguments.folder, arguments.stories, arguments.prose).items():
        print(f"{name}: {count} documents")


if __name__ == "__main__":
    main()
