"""Near-duplicate removal against its peers on the same real documents and one core, and what it finds and lets be.

    make bench-dedup                             # sets up the peers' environment, then runs this
    make bench-dedup BENCH_ARGS="--json"
    make bench-dedup BENCH_ARGS="--largest 1000000"

1. Signatures: shingles and 112 MinHash values of documents of 3 KB (`make prose`) against datatrove with its own tokenizer for the language, and
   against datatrove, datasketch and rensa with the same words, which they get for nothing while our side finds them; and the values alone, from shingles.
2. Planted copies: of each document a copy with words replaced until the Jaccard similarity of the two is just above 0.9, 0.8 and 0.7, or below 0.6, by
   n-grams of strings, not by our hashes. All copies of all languages go through all passes at once.
3. Texts that stay apart: minimal pairs of Hindi, Thai and Vietnamese, bulletins that differ in figures, 20,000 pages from one template.
4. Growth: 10 k to 3 M synthetic sets (`benchmarks/dedup_growth.py`), each size in a process of its own.
5. All passes over real documents, with files between them, against datatrove's four stages.

Loading and compiling is not timed; passes over documents are the fastest of three.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from glotmill.core.hashing import document_id
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.dedup.folds import UNSPACED, normalize
from glotmill.dedup.minhash import BANDS, COUNTS, SHINGLES, MinhashDedupSpec
from glotmill.dedup.shingles import shingle
from glotmill.dedup.signatures import signatures

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / ".cache/real/prose"
SPEC = MinhashDedupSpec(name="near", kind="minhash_dedup")
NOTHING = Resources(Scope((), ()))
BYTES, MOST, BATCH = 3_000, 100, 256
SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
# Languages that datatrove's tokenizers in the peers' environment can read, and others that only our side is measured on.
COMPARED = (
    "eus_Latn",
    "deu_Latn",
    "ell_Grek",
    "rus_Cyrl",
    "arb_Arab",
    "hin_Deva",
    "tha_Thai",
    "jpn_Jpan",
    "cmn_Hani",
)
FURTHER = ("swh_Latn", "tur_Latn", "vie_Latn", "heb_Hebr", "hye_Armn", "ben_Beng", "tam_Taml", "kor_Hang", "khm_Khmr")
CHARACTERS = frozenset(("tha_Thai", "jpn_Jpan", "cmn_Hani", "khm_Khmr"))  # languages whose shingles are of characters
LEVELS = {
    "0.9": 0.9,
    "0.8": 0.8,
    "0.7": 0.7,
    "below": 0.57,
}  # the last ones end below 0.6, where nothing may be dropped
BELOW = 0.6
ROUNDS = {"0.9": 3}  # how often each document is copied, each time in a run of its own; once where nothing is said

# One word differs in each place, by a vowel sign or a tone mark alone.
MINIMAL = {
    "Hindi": ("मेला सेर बेल चुना सुना फुल लुट जुता", "मैला सैर बैल चूना सूना फूल लूट जूता"),
    "Thai": ("เสือ ขาว ปา ใกล มา ไม นา คา ขาวเสือ", "เสื่อ ข่าว ป้า ใกล้ ม้า ไม้ น้า ค่า ข้าวเสื้อ"),
    "Vietnamese": ("ma ba ca la ta cho năm tư bàn", "má bà cá lá tạ chó nằm từ bán"),
}
BULLETINS = {
    "Basque": "Gaurko eguraldia: {} gradu goizean, {} gradu arratsaldean, haizea {} kilometro orduko, euria {} milimetro.",
    "Arabic": "طقس اليوم: {} درجة صباحا، {} درجة مساء، سرعة الرياح {} كيلومترا، الأمطار {} مليمترا.",
    "Hindi": "आज का मौसम: सुबह {} डिग्री, शाम को {} डिग्री, हवा {} किलोमीटर, वर्षा {} मिलीमीटर.",
    "Thai": "อากาศวันนี้ เช้า {} องศา เย็น {} องศา ลม {} กิโลเมตร ฝน {} มิลลิเมตร",
    "Chinese": "今日天气：早晨{}度，傍晚{}度，风速{}公里，降雨{}毫米。",
}


@dataclass(frozen=True)
class Token:
    """A word, or a character of a script without spaces, and where it stands in the normalised text."""

    text: str
    start: int
    end: int


@cache
def kind(character: str) -> str:
    """Return `mark`, `base`, `word`, `nothing` or `gap`, as the shingles' documentation defines them."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return "mark"
    if category == "Cf" and character != "\u200b":
        return "nothing"
    if category[0] in "LN" or category in ("Co", "Cn"):
        return "base" if any(first <= ord(character) <= last for first, last in UNSPACED) else "word"
    return "gap"


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a normalised text; written anew in plain Python, to check the product's by."""
    spans: list[list[int]] = []
    last = "gap"
    for place, character in enumerate(text):
        now = kind(character)
        if now == "nothing":
            continue
        if now == "mark" and last != "gap":
            spans[-1][1] = place + 1
            continue
        if now == "base" or (now in {"word", "mark"} and last != "word"):
            spans.append([place, place + 1])
        elif now == "word":
            spans[-1][1] = place + 1
        last = "word" if now == "mark" else now
    return [Token(text[start:end], start, end) for start, end in spans]


def grams(words: Sequence[str], n: int) -> set[tuple[str, ...]]:
    """Return the n-grams of words."""
    return {tuple(words[start : start + n]) for start in range(max(len(words) - n + 1, 1))}


def similarity(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    """Return the Jaccard similarity."""
    return len(first & second) / len(first | second)


def length(tag: str) -> int:
    """Return how many tokens a shingle of the language has."""
    return SPEC.n_unspaced if tag in CHARACTERS else SPEC.n


def documents_of(tag: str, most: int) -> list[str]:
    """Return documents of 3 KB, cut between lines, no two of them equal."""
    documents: dict[str, None] = {}
    lines: list[str] = []
    size = 0
    for row in (PROSE / f"{tag}.jsonl").read_text("utf-8").splitlines():
        for line in json.loads(row)["text"].split("\n"):
            lines.append(line)
            size += len(line.encode()) + 1
            if size >= BYTES:
                documents["\n".join(lines)] = None
                lines, size = [], 0
    return list(documents)[:most]


def fastest(work: Callable[[], object], *, repeat: int) -> float:
    """Return the seconds of the fastest of several calls."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def sign(texts: Sequence[str]) -> int:
    """Compute the signatures of all texts and return how many shingles there were."""
    total = 0
    for start in range(0, len(texts), BATCH):
        sets = shingle(texts[start : start + BATCH], n=SPEC.n, n_unspaced=SPEC.n_unspaced)
        signatures(sets, count=SPEC.bands * SPEC.rows, seed=SPEC.seed)
        total += len(sets.hashes)
    return total


def batch(texts: Sequence[str], first: int) -> Batch:
    names = [document_id("benchmark", str(first + place)) for place in range(len(texts))]
    return Batch(pa.RecordBatch.from_pydict({"doc_id": names, "text": list(texts)}))


def through_a_file(folder: Path, name: str, table: pa.Table) -> pa.Table:
    with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write(table)
    with pa.OSFile(str(folder / name)) as file:
        return pa.ipc.open_file(file).read_all()


def run(texts: Sequence[str], spec: MinhashDedupSpec = SPEC) -> tuple[list[int | None], dict[str, int]]:
    """Run all passes, with files between them.

    Returns:
        For each text the place of the text it was dropped for, or None, and the counts of the step.
    """
    step = spec.build(NOTHING)
    batches = [batch(texts[start : start + BATCH], start) for start in range(0, len(texts), BATCH)]
    parts: dict[str, list[pa.RecordBatch]] = {BANDS: [], SHINGLES: []}
    for each in batches:
        for name, keyed in step.emit(each).items():
            parts[name].append(keyed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        written = {
            name: through_a_file(folder, name, pa.Table.from_batches(own, step.tables()[name]))
            for name, own in parts.items()
        }
        reduced = through_a_file(folder, "reduced", step.reduce(written.__getitem__))
        table = through_a_file(folder, "table", step.resolve([reduced], lambda name: [written[name]]))
    places = {name: place for place, name in enumerate(name for each in batches for name in each.texts("doc_id"))}
    found: list[int | None] = []
    for each in batches:
        outcome = step.apply(each, table)
        found += [None if keeper is None else places[keeper] for keeper in outcome.related.to_pylist()]
    return found, json.loads(table.schema.metadata[COUNTS])


@dataclass(frozen=True)
class Copy:
    """An edited document and how similar it is to the original."""

    text: str
    jaccard: float


def copy_of(text: str, tag: str, vocabulary: Sequence[str], *, at_least: float, source: random.Random) -> Copy:
    """Replace as many words as leave the similarity at `at_least` or more."""
    folded = normalize(text)
    tokens = tokens_of(folded)
    words = [token.text for token in tokens]
    original = grams(words, length(tag))
    order = source.sample(range(len(tokens)), len(tokens))
    others = [source.choice(vocabulary) for _ in tokens]

    def edited(edits: int) -> list[str]:
        changed = list(words)
        for place, other in zip(order[:edits], others, strict=False):
            changed[place] = other
        return changed

    low, high = 0, len(tokens)
    while high - low > 1:
        middle = (low + high) // 2
        enough = similarity(original, grams(edited(middle), length(tag))) >= at_least
        low, high = (middle, high) if enough else (low, middle)
    pieces, end = [], 0
    for token, word in zip(tokens, edited(low), strict=True):
        pieces += [folded[end : token.start], word]
        end = token.end
    changed = "".join([*pieces, folded[end:]])
    found = [token.text for token in tokens_of(changed)]
    return Copy(changed, similarity(original, grams(found, length(tag))))


def planted() -> dict[str, Any]:
    """Return, per language and level, how many planted pairs lost one of the two for the other.

    Each round goes through the passes with the originals alone, so that copies of one document never meet.
    """
    source = random.Random(20261127)
    groups = {tag: documents_of(tag, MOST) for tag in (*COMPARED, *FURTHER)}
    texts = [text for documents in groups.values() for text in documents]
    vocabularies = {
        tag: sorted({token.text for text in documents for token in tokens_of(normalize(text))})
        for tag, documents in groups.items()
    }
    owners = [tag for tag, documents in groups.items() for _ in documents]
    alone = {place for place, keeper in enumerate(run(texts)[0]) if keeper is None}
    found: dict[str, dict[str, Any]] = {tag: {} for tag in groups}
    for level, at_least in LEVELS.items():
        for _ in range(ROUNDS.get(level, 1)):
            copies = [
                copy_of(text, tag, vocabularies[tag], at_least=at_least, source=source)
                for text, tag in zip(texts, owners, strict=True)
            ]
            verdicts, counts = run([*texts, *[copy.text for copy in copies]])
            for place, copy in enumerate(copies):
                if place not in alone or (level == "below" and copy.jaccard >= BELOW):
                    continue
                cell = found[owners[place]].setdefault(level, {"of": 0, "dropped": 0, "jaccards": []})
                cell["of"] += 1
                cell["dropped"] += verdicts[len(texts) + place] == place or verdicts[place] == len(texts) + place
                cell["jaccards"].append(copy.jaccard)
    for cells in found.values():
        for cell in cells.values():
            values = cell.pop("jaccards")
            cell["jaccard"] = [round(min(values), 3), round(max(values), 3)]
    total = {
        level: {key: sum(cells[level][key] for cells in found.values() if level in cells) for key in ("of", "dropped")}
        for level in LEVELS
    }
    return {"languages": found, "total": total, "compared_below": counts["refused"]}


def apart() -> dict[str, Any]:
    """Return how many of the texts that should stay apart are dropped."""
    source = random.Random(7)
    minimal = {name: sum(drop is not None for drop in run(texts)[0]) for name, texts in MINIMAL.items()}
    bulletins = {}
    for name, frame in BULLETINS.items():
        texts = list(dict.fromkeys(frame.format(*source.choices(range(100), k=4)) for _ in range(500)))
        bulletins[name] = {"texts": len(texts), "dropped": sum(drop is not None for drop in run(texts)[0])}
    documents = documents_of("eus_Latn", MOST)
    words = [token.text for text in documents for token in tokens_of(normalize(text))]
    frame, vocabulary = words[:200], sorted(set(words))
    pages = [" ".join([*frame, *source.choices(vocabulary, k=100)]) for _ in range(20_000)]
    sets = [grams(page.split(), SPEC.n) for page in pages[:100]]
    jaccards = [similarity(sets[place], sets[place + 1]) for place in range(99)]
    start = time.perf_counter()
    verdicts, counts = run(pages)
    seconds = time.perf_counter() - start
    chained, _ = run(pages, SPEC.model_copy(update={"linkage": "components"}))
    return {
        "minimal_pairs_dropped": minimal,
        "bulletins": bulletins,
        "template": {
            "pages": len(pages),
            "jaccard": round(statistics.mean(jaccards), 3),
            "dropped": sum(drop is not None for drop in verdicts),
            "dropped_by_components": sum(drop is not None for drop in chained),
            "refused": counts["refused"],
            "seconds": round(seconds, 1),
        },
    }


def peers(groups: Mapping[str, Sequence[str]], *, python: Path, repeat: int) -> dict[str, Any]:
    """Return what `dedup_peer.py` prints for these documents."""
    rows = [
        {
            "language": tag,
            "n": length(tag),
            "text": text,
            "words": [token.text for token in tokens_of(normalize(text))],
        }
        for tag, texts in groups.items()
        for text in texts
    ]
    source = random.Random(7)
    lists = [
        *MINIMAL.values(),
        *([frame.format(*source.choices(range(100), k=4)) for _ in range(500)] for frame in BULLETINS.values()),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        documents, pairs = Path(scratch) / "documents.jsonl", Path(scratch) / "pairs.json"
        documents.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        pairs.write_text(json.dumps(lists), "utf-8")
        command = [str(python), str(ROOT / "benchmarks/dedup_peer.py"), "--documents", str(documents)]
        command += ["--pairs", str(pairs), "--repeat", str(repeat)]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}, check=False
        )
    if done.returncode:
        raise SystemExit(f"the peer failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def growth(largest: int) -> list[dict[str, Any]]:
    """Return the figures of each size up to the largest."""
    rows = []
    for size in (size for size in SIZES if size <= largest):
        command = [sys.executable, str(ROOT / "benchmarks/dedup_growth.py"), str(size)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(".", end="", file=sys.stderr, flush=True)
    return rows


def measure(*, python: Path, repeat: int, largest: int) -> dict[str, Any]:
    """Return the tables and the figures."""
    groups = {tag: documents_of(tag, MOST) for tag in COMPARED}
    theirs = peers(groups, python=python, repeat=repeat)
    rows = []
    for tag, texts in groups.items():
        shingles = sign(texts)
        seconds = fastest(partial(sign, texts), repeat=repeat)
        sets = shingle(texts, n=SPEC.n, n_unspaced=SPEC.n_unspaced)
        values = fastest(partial(signatures, sets, count=SPEC.bands * SPEC.rows, seed=SPEC.seed), repeat=repeat)
        peer = theirs["rates"][tag]
        rates = {name: peer[name] for name in ("datatrove", "datatrove_same_words", "datasketch", "rensa")}
        rows.append(
            {
                "language": tag,
                "documents": len(texts),
                "shingles": shingles,
                "shingles_peer": peer["shingles_same_words"],
                "docs_per_s": round(len(texts) / seconds),
                "values_docs_per_s": round(len(texts) / values),
                "ratio_values": round(peer["datatrove_values"] / values, 1),
                **{f"{name}_docs_per_s": round(len(texts) / value, 1) for name, value in rates.items()},
                **{f"ratio_{name}": round(value / seconds, 2) for name, value in rates.items()},
            }
        )
    everything = [text for texts in groups.values() for text in texts]
    gigabytes = sum(len(text.encode()) for text in everything) / 1e9
    seconds = fastest(lambda: run(everything), repeat=repeat)
    found = planted()
    stays = apart()
    names = (*MINIMAL, *BULLETINS)
    stays["datatrove_distinct"] = dict(zip(names, theirs["one_text"], strict=True))
    grown = growth(largest)
    print(file=sys.stderr)
    recall = [cells["0.9"]["dropped"] / cells["0.9"]["of"] for cells in found["languages"].values()]
    below = found["total"]["below"]
    figures = {
        "signature_ratio_vs_datatrove": geometric(rows, "ratio_datatrove"),
        "signature_ratio_same_segmentation": geometric(rows, "ratio_datatrove_same_words"),
        "signature_ratio_vs_datasketch": geometric(rows, "ratio_datasketch"),
        "signature_ratio_vs_rensa": geometric(rows, "ratio_rensa"),
        "values_ratio_vs_datatrove": geometric(rows, "ratio_values"),
        "gb_per_core_hour": round(gigabytes / seconds * 3600, 2),
        "gb_per_core_hour_datatrove": round(gigabytes / theirs["whole"]["seconds"] * 3600, 3),
        "recall_at_090": round(min(recall), 4),
        "dropped_below_060": round(below["dropped"] / below["of"], 4),
        "peak_gb_at_3m": next((row["peak_gb"] for row in grown if row["documents"] == SIZES[-1]), None),
    }
    return {"rows": rows, "planted": found, "apart": stays, "growth": grown, "figures": figures}


def geometric(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return round(statistics.geometric_mean(float(row[name]) for row in rows), 1)


def show(found: Mapping[str, Any]) -> None:
    """Print tables."""
    print(
        "| language | documents | shingles | documents/s | datatrove | same words: datatrove | datasketch | rensa | values alone: datatrove |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in found["rows"]:
        cells = [
            f"{row[f'{name}_docs_per_s']:,} ({row[f'ratio_{name}']})"
            for name in ("datatrove", "datatrove_same_words", "datasketch", "rensa")
        ]
        own = [f"{row[name]:,}" for name in ("documents", "shingles", "docs_per_s")]
        print(
            f"| {row['language']} | {' | '.join([*own, *cells])} | {row['values_docs_per_s']:,} ({row['ratio_values']}) |"
        )
    print("\n| planted copies dropped, of | 0.9 | 0.8 | 0.7 | below 0.6 |\n|---|---|---|---|---|")
    for tag, levels in (*found["planted"]["languages"].items(), ("all", found["planted"]["total"])):
        shares = [f"{levels[level]['dropped']} of {levels[level]['of']}" if level in levels else "" for level in LEVELS]
        print(f"| {tag} | {' | '.join(shares)} |")
    print(
        f"\nCandidates below the threshold that were compared in the last column: {found['planted']['compared_below']}"
    )
    apart_ = found["apart"]
    print("\n| texts that stay apart | texts | dropped | datatrove sees |\n|---|---|---|---|")
    for name, dropped in apart_["minimal_pairs_dropped"].items():
        print(f"| minimal pair, {name} | 2 | {dropped} | {apart_['datatrove_distinct'][name]} |")
    for name, row in apart_["bulletins"].items():
        print(f"| bulletins, {name} | {row['texts']} | {row['dropped']} | {apart_['datatrove_distinct'][name]} |")
    page = apart_["template"]
    print(
        f"\n{page['pages']:,} pages from one template, mean Jaccard {page['jaccard']}: {page['dropped']} dropped after {page['refused']:,} "
        f"comparisons, {page['seconds']} s; `linkage: components` drops {page['dropped_by_components']:,}."
    )
    print(
        "\n| documents | copies | dropped | write, s | reduce, s | resolve, s | peak, GB |\n|---|---|---|---|---|---|---|"
    )
    for row in found["growth"]:
        cells = [f"{row[name]:,}" for name in ("documents", "copies", "dropped")]
        cells += [str(row[name]) for name in ("seconds_write", "seconds_reduce", "seconds_resolve", "peak_gb")]
        print(f"| {' | '.join(cells)} |")
    print("\nfigures:", json.dumps(found["figures"]))


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--largest", type=int, default=SIZES[-1], help="of the sizes of growth; 3 M write 10 GB to disk"
    )
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers/bin/python", help="the peers' Python")
    arguments = parser.parse_args()
    pa.set_cpu_count(1)
    found = measure(python=arguments.peers, repeat=arguments.repeat, largest=arguments.largest)
    print(json.dumps(found)) if arguments.json else show(found)


if __name__ == "__main__":
    main()
