"""Near-duplicate removal against its peers on the same real documents and one core, and what it finds and lets be.

    make bench-dedup                             # sets up the peers' environments, then runs this
    make bench-dedup BENCH_ARGS="--json"
    make bench-dedup BENCH_ARGS="--largest 1000000"

1. Signatures: shingles and 112 MinHash values of documents of 3 KB (`make prose`) against datatrove with its own tokenizer for the language, and
   against datatrove, datasketch and rensa with the same words, which they get for nothing while our side finds them; and the values alone, from shingles.
2. Planted copies: of each document a copy with words replaced until the Jaccard similarity of the two is just above 0.9, 0.8 and 0.7, or below 0.6, by
   n-grams of strings, not by our hashes. Copies of all languages go through all passes at once.
3. Texts that stay apart: minimal pairs of Hindi, Thai and Vietnamese, bulletins that differ in figures, 20,000 pages from one template.
4. Growth: 10 k to 3 M synthetic sets (`benchmarks/dedup_growth.py`), each size in a process of its own.
5. Whole deduplication on one core, from files of real documents and copies of one in four of them to files of what is kept (`benchmarks/dedup_whole.py`),
   against datatrove's four stages and text-dedup, which has an environment of its own (`.venv-textdedup`) and is left out where that is missing.

Loading and compiling is not timed; passes over documents are the fastest of three.
"""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import dedup_whole
import pyarrow as pa
from dedup_passes import NOTHING, engine
from dedup_texts import COMPARED, FURTHER, SPEC, copy_of, documents_of, grams, length, similarity, tokens_of

from glotmill.core.hashing import document_id
from glotmill.core.steps import COUNTS, Batch
from glotmill.dedup.folds import normalize
from glotmill.dedup.minhash import MinhashDedupSpec
from glotmill.dedup.shingles import shingle
from glotmill.dedup.signatures import signatures

ROOT = Path(__file__).resolve().parent.parent
MOST, BATCH = 100, 256
SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
LEVELS = {
    "0.9": 0.9,
    "0.8": 0.8,
    "0.7": 0.7,
    "below": 0.57,
}  # the last ones end below 0.6, where nothing may be dropped
BELOW = 0.6
# Copies of each language at least; one of each document where nothing is said. Where 300 of 300 are found, a true recall of 0.99 or less has a chance
# below 0.05: 0.99**300.
PAIRS = {"0.9": 300}

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


def run(texts: Sequence[str], spec: MinhashDedupSpec = SPEC) -> tuple[list[int | None], dict[str, int]]:
    """Run all passes as the engine does, with its files, digests and receipts between them.

    Returns:
        For each text the place of the text it was dropped for, or None, and the counts of the step.
    """
    batches = [batch(texts[start : start + BATCH], start) for start in range(0, len(texts), BATCH)]
    with engine(spec) as passes:
        passes.emit(batches)
        table = passes.pass_over()
    step = spec.build(NOTHING)
    places = {name: place for place, name in enumerate(name for each in batches for name in each.texts("doc_id"))}
    found: list[int | None] = []
    for each in batches:
        outcome = step.apply(each, table)
        found += [None if keeper is None else places[keeper] for keeper in outcome.related.to_pylist()]
    return found, json.loads(table.schema.metadata[COUNTS])


def planted() -> dict[str, Any]:
    """Return, per language and level, how many planted pairs lost one of the two for the other.

    A language of few documents is copied in several rounds. Each goes through the passes with the originals alone, so
    that copies of one document never meet.
    """
    source = random.Random(20261127)
    groups = {tag: documents_of(tag, MOST) for tag in (*COMPARED, *FURTHER)}
    vocabularies = {
        tag: sorted({token.text for text in documents for token in tokens_of(normalize(text))})
        for tag, documents in groups.items()
    }
    verdicts, _ = run([text for documents in groups.values() for text in documents])
    alone = iter([keeper is None for keeper in verdicts])
    originals = {tag: [text for text in documents if next(alone)] for tag, documents in groups.items()}
    texts = [text for documents in originals.values() for text in documents]
    found: dict[str, dict[str, Any]] = {tag: {} for tag in groups}
    for level, at_least in LEVELS.items():
        rounds = {tag: math.ceil(PAIRS.get(level, 1) / len(documents)) for tag, documents in originals.items()}
        for number in range(max(rounds.values())):
            copied = [
                (place, tag, copy_of(text, tag, vocabularies[tag], at_least=at_least, source=source))
                for place, (tag, text) in enumerate((tag, text) for tag, own in originals.items() for text in own)
                if number < rounds[tag]
            ]
            verdicts, counts = run([*texts, *[copy.text for _, _, copy in copied]])
            for place, (original, tag, copy) in enumerate(copied, len(texts)):
                if level == "below" and copy.jaccard >= BELOW:
                    continue
                cell = found[tag].setdefault(level, {"of": 0, "dropped": 0, "jaccards": []})
                cell["of"] += 1
                cell["dropped"] += verdicts[place] == original or verdicts[original] == place
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


def lists() -> dict[str, list[str]]:
    """Return the texts that stay apart, by what the table calls them."""
    source = random.Random(7)
    return {f"minimal pair, {name}": list(texts) for name, texts in MINIMAL.items()} | {
        f"bulletins, {name}": [frame.format(*source.choices(range(100), k=4)) for _ in range(500)]
        for name, frame in BULLETINS.items()
    }


def peers(groups: Mapping[str, Sequence[str]], whole: Path, *, python: Path, repeat: int) -> dict[str, Any]:
    """Return what `dedup_peer.py` prints for these documents, and for the files of the folder."""
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
    with tempfile.TemporaryDirectory() as scratch:
        documents, pairs = Path(scratch) / "documents.jsonl", Path(scratch) / "pairs.json"
        documents.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        pairs.write_text(json.dumps(list(lists().values())), "utf-8")
        return printed(
            python,
            "dedup_peer.py",
            {"documents": documents, "pairs": pairs, "whole": whole, "repeat": repeat},
        )


def text_dedup(whole: Path, *, python: Path, repeat: int) -> dict[str, Any] | None:
    """Return what `text_dedup_peer.py` prints for the files of the folder, or None without its environment."""
    if not python.exists():
        print(f"text-dedup is left out: there is no {python}; `make .venv-textdedup/.installed`", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory() as scratch:
        texts = Path(scratch) / "texts.json"
        texts.write_text(json.dumps(list(lists().values())), "utf-8")
        return printed(python, "text_dedup_peer.py", {"whole": whole, "texts": texts, "repeat": repeat})


def printed(python: Path, script: str, options: Mapping[str, object]) -> dict[str, Any]:
    """Return the JSON object that a peer's script prints last."""
    command = [str(python), str(ROOT / "benchmarks" / script)]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}, check=False)
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


def measure(*, python: Path, text_dedup_python: Path, repeat: int, largest: int) -> dict[str, Any]:
    """Return the tables and the figures."""
    groups = {tag: documents_of(tag, MOST) for tag in COMPARED}
    documents = dedup_whole.documents()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        dedup_whole.write(documents, folder)
        theirs = peers(groups, folder, python=python, repeat=repeat)
        compared = text_dedup(folder, python=text_dedup_python, repeat=repeat)
        own = dedup_whole.ours(folder, run, repeat=repeat)
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
    whole = dedup_whole.compare(
        documents, {"glotmill": own, "datatrove": theirs["whole"], "text-dedup": compared and compared["whole"]}
    )
    whole["grams"] = {"glotmill": {row["language"]: row["shingles"] / row["documents"] for row in rows}}
    whole["text_dedup"] = compared and {name: compared[name]["seconds"] for name in ("one_document", "pooled")}
    if compared:
        whole["grams"]["text-dedup"] = compared["grams"]
    found = planted()
    stays = apart()
    stays["datatrove_distinct"] = dict(zip(lists(), theirs["one_text"], strict=True))
    stays["text_dedup_distinct"] = compared and dict(zip(lists(), compared["one_text"], strict=True))
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
        "gb_per_core_hour": round(whole["sides"]["glotmill"]["gb_per_core_hour"], 2),
        "gb_per_core_hour_datatrove": round(whole["sides"]["datatrove"]["gb_per_core_hour"], 3),
        "gb_per_core_hour_text_dedup": compared and round(whole["sides"]["text-dedup"]["gb_per_core_hour"], 2),
        "recall_at_090": round(min(recall), 4),
        "dropped_below_060": round(below["dropped"] / below["of"], 4),
        "peak_gb_at_3m": next((row["peak_gb"] for row in grown if row["documents"] == SIZES[-1]), None),
    }
    return {"rows": rows, "planted": found, "apart": stays, "growth": grown, "whole": whole, "figures": figures}


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
    print("\n| texts that stay apart | texts | dropped | datatrove sees | text-dedup sees |\n|---|---|---|---|---|")
    sees = {
        name: f"{distinct} | {(apart_['text_dedup_distinct'] or {}).get(name, '')}"
        for name, distinct in apart_["datatrove_distinct"].items()
    }
    own = {f"minimal pair, {name}": f"2 | {dropped}" for name, dropped in apart_["minimal_pairs_dropped"].items()}
    own |= {f"bulletins, {name}": f"{row['texts']} | {row['dropped']}" for name, row in apart_["bulletins"].items()}
    for name, cells in own.items():
        print(f"| {name} | {cells} | {sees[name]} |")
    page = apart_["template"]
    print(
        f"\n{page['pages']:,} pages from one template, mean Jaccard {page['jaccard']}: {page['dropped']} dropped after {page['refused']:,} "
        f"comparisons, {page['seconds']} s; `linkage: components` drops {page['dropped_by_components']:,}."
    )
    print(
        "\n| documents | copies | dropped | write, s | reduce, s | group, s | gather, s | decide, s | all passes, s | bytes of keys per document | peak, GB |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|"
    )
    for row in found["growth"]:
        cells = [f"{row[name]:,}" for name in ("documents", "copies", "dropped")]
        cells += [str(row[f"seconds_{name}"]) for name in ("write", "reduce", "group", "gather", "decide", "passes")]
        cells += [f"{row['key_bytes_per_document']:,}", str(row["peak_gb"])]
        print(f"| {' | '.join(cells)} |")
    dedup_whole.show(found["whole"])
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
    parser.add_argument(
        "--text-dedup", type=Path, default=ROOT / ".venv-textdedup/bin/python", help="text-dedup's Python"
    )
    arguments = parser.parse_args()
    pa.set_cpu_count(1)
    found = measure(
        python=arguments.peers,
        text_dedup_python=arguments.text_dedup,
        repeat=arguments.repeat,
        largest=arguments.largest,
    )
    print(json.dumps(found)) if arguments.json else show(found)


if __name__ == "__main__":
    main()
