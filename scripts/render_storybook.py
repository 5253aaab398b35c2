"""Renders the African Storybook into web pages in WARC files, as a site would, with a project that makes a corpus of them.

Run `python scripts/render_storybook.py --data ../shared/data/african_storybook.jsonl.gz --out DIR [--stories N]`, then

    glotmill run storybook --project DIR/project --bind african-storybook=DIR/warc --out DIR/out

It writes

* `warc/*.warc.gz`: a page per story and language. The license stands as a `rel=license` link with badge, in JSON-LD and in words;
  title, author, translator and language in JSON-LD; the story's translations as `hreflang` links;
* `project/`: the recipe `storybook` and the source's manifest;
* `truth.jsonl`: per page what the data says of it: url, story, language, license, license_class, title, credit, text.

The data names licenses without versions ("[CC-BY]"), so the pages do, too: nothing is made up. The manifest says so under
`unversioned_evidence`; without that line every page is refused as too weak. Equal data give equal bytes.
"""

import argparse
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType

from glotmill.demo.warc import Capture, in_pieces, write_warc
from glotmill.text.tags import canonical

SOURCE = "african-storybook"
SITE = f"https://{SOURCE}.example"
PAGES_PER_FILE = 250

# What stands in the data's license lines, without brackets: family -> id in manifests/licenses.yaml and class.
LICENSES = MappingProxyType(
    {
        "by": ("LicenseRef-CC-BY", "attribution"),
        "by-nc": ("LicenseRef-CC-BY-NC", "noncommercial"),
        "by-nc-sa": ("LicenseRef-CC-BY-NC-SA", "noncommercial"),
    }
)
# The data's own codes that BCP 47 has other words for: variants `asante` and `akuapem` of Twi are registered.
_BCP47 = {"ha-ne": "ha-NE", "lgg-official": "lgg-x-official", "tw-asan": "tw-asante", "tw-akua": "tw-akuapem"}
_ETHIOPIC = ("am", "ti")
_TEXT_BY = (
    ("Text", None),
    ("Translation", "translator"),
    ("Translated By", "translator"),
    ("Adaptation", "contributor"),
)
# No list of words or n-grams knows these five, so a recipe cannot ask `identify` for them (17 stories).
UNIDENTIFIED = ("anu_Latn", "bxk_Latn", "lko_Latn", "nle_Latn", "saq_Latn")


@dataclass(frozen=True)
class Story:
    """A story in one language, as the data has it.

    Args:
        number: of the story; translations of one another share it.
        code: the data's language code.
        url: of the page that it becomes.
        title: in that language.
        text: paragraphs, an empty line between them.
        family: `by`, `by-nc` or `by-nc-sa`.
        people: (name, schema.org property) of all whom the text is by.
        illustrators: names, for the page's credits alone.
    """

    number: str
    code: str
    url: str
    title: str
    text: str
    family: str
    people: tuple[tuple[str, str], ...]
    illustrators: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The language's canonical tag."""
        return canonical(self.code.partition("-")[0], "Ethi" if self.code in _ETHIOPIC else "Latn")

    @property
    def credit(self) -> str:
        """Whom to credit for the text, as `metadata` writes it."""
        return "; ".join(name if role == "author" else f"{name} ({role})" for name, role in self.people)


@dataclass(frozen=True)
class Truth:
    """What the data says of a page."""

    url: str
    story: str
    language: str
    license: str
    license_class: str
    title: str
    credit: str
    text: str


def read_stories(data: Path) -> list[Story]:
    """Return the stories in the order of the data; a second one of a story and language gets an address of its own."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            meta, place = row["meta"], (row["story"], row["language"])
            seen[place] += 1
            again = f"-{seen[place]}" if seen[place] > 1 else ""
            found.append(
                Story(
                    number=row["story"],
                    code=row["language"],
                    url=f"{SITE}/{row['language']}/{row['story']}{again}",
                    title=" ".join(row["title"].split()),
                    text=row["text"],
                    family=_family(meta["License"]),
                    people=tuple(_people(meta)),
                    illustrators=tuple(_names(meta["Illustration"])),
                )
            )
    return found


def _family(line: str) -> str:
    family = re.sub(r"[\[\]]", "", line).lower().replace(" ", "-").removeprefix("cc-")
    if family not in LICENSES:
        raise ValueError(f"not a license line that is known: {line!r}")
    return family


def _people(meta: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field, role in _TEXT_BY:
        for name in dict.fromkeys(_names(meta.get(field, ""))):
            yield name, role or "author"


def _names(line: str) -> list[str]:
    return [" ".join(name.replace(";", ",").split()) for name in line.split(", ") if name.strip()]


def page(story: Story, translations: Sequence[Story]) -> bytes:
    """Return a story's page.

    Args:
        story: the story.
        translations: it in all languages, itself among them.
    """
    address = f"https://creativecommons.org/licenses/{story.family}/"
    short = f"CC {story.family.upper()}"
    data = {
        "@context": "https://schema.org",
        "@type": "ShortStory",
        "name": story.title,
        "inLanguage": _BCP47.get(story.code, story.code),
        "license": address,
        **{
            role: [{"@type": "Person", "name": name} for name, own in story.people if own == role]
            for role in dict.fromkeys(role for _, role in story.people)
        },
        "illustrator": [{"@type": "Person", "name": name} for name in story.illustrators],
        "isPartOf": {"@type": "WebSite", "name": "African Storybook"},
    }
    machine = json.dumps(data, ensure_ascii=False, indent=1).replace("</", "<\\/")
    alternates = "\n".join(
        f'<link rel="alternate" hreflang="{_BCP47.get(one.code, one.code)}" href="{one.url}">' for one in translations
    )
    paragraphs = "\n".join(f"<p>{escape(part)}</p>" for part in story.text.split("\n\n") if part.strip())
    by = escape(", ".join(name for name, _ in story.people))
    badge = f"https://mirrors.creativecommons.org/presskit/buttons/88x31/svg/{story.family}.svg"
    return f"""<!DOCTYPE html>
<html lang="{_BCP47.get(story.code, story.code)}">
<head>
<meta charset="utf-8">
<title>{escape(story.title)} | African Storybook</title>
<link rel="canonical" href="{story.url}">
{alternates}
<script type="application/ld+json">
{machine}
</script>
</head>
<body>
<header><nav><a href="/">African Storybook</a> <a href="/{story.code}/">{story.code}</a></nav></header>
<main>
<article>
<h1>{escape(story.title)}</h1>
{paragraphs}
</article>
</main>
<footer>
<p>{by}</p>
<p><a rel="license" href="{address}"><img alt="{short}" src="{badge}"></a></p>
<p>This story is licensed under <a rel="license" href="{address}">{short}</a>.</p>
</footer>
</body>
</html>
""".encode()


def render(data: Path, out: Path, *, most: int | None = None) -> list[Truth]:
    """Write pages, project and truth, and return the truth.

    Args:
        data: the JSON Lines file.
        out: a folder.
        most: stories, with all their translations, that are rendered: evenly spread over the numbers. None for all.
    """
    stories = read_stories(data)
    by_number: dict[str, list[Story]] = defaultdict(list)
    for story in stories:
        by_number[story.number].append(story)
    chosen = _spread(sorted(by_number), most)
    stories = [story for story in stories if story.number in chosen]
    captures = [Capture(one.url, page(one, by_number[one.number]), kind="native") for one in stories]
    (out / "warc").mkdir(parents=True, exist_ok=True)
    for number, piece in enumerate(in_pieces(captures, -(-len(captures) // PAGES_PER_FILE))):
        name = f"storybook-{number:03}.warc.gz"
        (out / "warc" / name).write_bytes(write_warc(name, piece, codec="gzip"))
    truth = [
        Truth(one.url, one.number, one.tag, *LICENSES[one.family], one.title, one.credit, one.text) for one in stories
    ]
    lines = "".join(f"{json.dumps(asdict(one), ensure_ascii=False)}\n" for one in truth)
    (out / "truth.jsonl").write_text(lines, encoding="utf-8")
    write_project(out / "project", sorted({one.language for one in truth} - set(UNIDENTIFIED)))
    return truth


def _spread(numbers: Sequence[str], most: int | None) -> frozenset[str]:
    if most is None or most >= len(numbers):
        return frozenset(numbers)
    # The last ones are under the rarest license, and a sample without it proves less.
    return frozenset([numbers[len(numbers) * place // most] for place in range(most - 1)] + [numbers[-1]])


MANIFEST = """\
name: African Storybook, from the texts that the Global African Storybook Project keeps (asp-source)
license:
  expression: per-page
  evidence: >-
    Each story's last lines name its license: CC BY, CC BY-NC or CC BY-NC-SA; read by the Glotmill developers in
    November 2026.
  unversioned_evidence: >-
    The license lines name no version, and every version has these elements; read by the Glotmill developers in
    November 2026. The lists of asp-source (github.com/global-asp/asp-source, commit 99e0223) link
    version 3.0 for some of the stories and 4.0 for others, so no single version would be right.
terms: Name the authors and translators of each story, its title and African Storybook; say what was changed.
contact: https://africanstorybook.org
homepage: https://africanstorybook.org
track: curated
"""

# Children's stories are short and repeat themselves on purpose: no rule for running prose stands here.
RECIPE = """\
name: storybook
version: 1.0.0
languages: [{languages}]
source: {{kind: warc, of: african-storybook, track: curated}}
steps:
  - {{name: extract, kind: extract, engine: trafilatura}}
  - {{name: rights, kind: permit, allow: nc-research, consent: strictest}}
  - {{name: clean, kind: normalize, packs: script}}
  - {{name: facts, kind: metadata}}
  - {{name: language, kind: identify, identifier: [words, ngrams]}}
  - {{name: exact, kind: exact_dedup}}
sink: {{kind: parquet, partition_by: [language, license_class]}}
shard_mb: 0.5
"""


def write_project(folder: Path, languages: Sequence[str]) -> None:
    """Write the recipe and the source's manifest."""
    for path, text in (
        ("pipelines/storybook.yaml", RECIPE.format(languages=", ".join(languages))),
        (f"manifests/sources/{SOURCE}.yaml", MANIFEST),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def main() -> int:
    """Render; return 1 where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/african_storybook.jsonl.gz"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stories", type=int, help="at most so many, with all their translations")
    given = parser.parse_args()
    if not given.data.is_file():
        print(f"{given.data}: no such file", file=sys.stderr)
        return 1
    truth = render(given.data, given.out, most=given.stories)
    print(f"{len(truth)} pages of {len({one.story for one in truth})} stories in {given.out / 'warc'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
